/** What the derivative of each operation reads of what was computed forwards, beside the cotangent: the rules of reverse-mode differentiation, by what they read. */
import type { Attributes, PlanPrimitive } from '../graph/attributes.ts';
import { makeLeaf, type Node } from '../graph/node.ts';
import { traceSources } from './walk.ts';

/** The nodes that are read where the inputs at `wanted` are to have cotangents. */
type Saved = (node: Node, wanted: (position: number) => boolean) => readonly (Node | undefined)[];

const nothing: Saved = () => [];
const input: Saved = ({ inputs }) => [inputs[0]];
const output: Saved = (node) => [node];
const operands: Saved = ({ inputs: [a, b] }) => [a, b];
const factors: Saved = ({ inputs: [a, b] }, wanted) => [wanted(0) ? b : undefined, wanted(1) ? a : undefined];
const extremum: Saved = (node) => [node.inputs[0], node];

const saved: Readonly<Record<Exclude<PlanPrimitive, 'scan'>, Saved>> = {
  buffer: nothing,
  argument: nothing,
  scalar: nothing,
  constant: nothing,
  iota: nothing,
  random: nothing,

  neg: nothing,
  abs: input,
  sign: nothing,
  exp: output,
  expm1: input,
  exp2: output,
  log: input,
  log1p: input,
  log2: input,
  log10: input,
  sqrt: output,
  sin: input,
  cos: input,
  asin: input,
  acos: input,
  atan: input,
  tanh: output,
  sigmoid: output,
  erf: input,
  erfc: input,
  normalCdf: input,
  log1pExp: input,
  erfinv: output,
  lgamma: input,
  digamma: input,
  relu: output,
  floor: nothing,
  ceil: nothing,
  round: nothing,
  trunc: nothing,
  not: nothing,

  add: nothing,
  sub: nothing,
  mul: factors,
  div: (node, wanted) => [node.inputs[1], wanted(1) ? node : undefined],
  pow: (node, wanted) => [...node.inputs, wanted(1) ? node : undefined],
  copySign: extremum,
  fmod: (node, wanted) => (wanted(1) ? node.inputs : []),
  floorDivide: nothing,
  maximum: operands,
  minimum: operands,
  equal: nothing,
  notEqual: nothing,
  less: nothing,
  lessEqual: nothing,
  and: nothing,
  or: nothing,
  xor: nothing,
  shiftLeft: nothing,
  shiftRight: nothing,

  cast: nothing,
  bitcast: nothing,
  detach: nothing,
  where: ({ inputs }) => [inputs[0]],

  reshape: nothing,
  transpose: nothing,
  broadcast: nothing,
  slice: nothing,
  pad: nothing,
  flip: nothing,
  concat: nothing,
  unfold: nothing,
  fold: nothing,

  gather: ({ inputs }) => [inputs[1]],
  scatter: (node) => {
    const { combine } = node.attributes as Attributes['scatter'];
    if (combine === 'add' || combine === 'set') return [node.inputs[1]];
    return combine === 'mul' ? node.inputs : [...node.inputs, node];
  },

  sum: nothing,
  prod: input,
  max: extremum,
  min: extremum,
  argmax: nothing,
  cumulative: (node) =>
    (node.attributes as Attributes['cumulative']).operator === 'sum' ? [] : extremum(node, () => true),
  argSort: nothing,
  result: nothing,

  dot: factors,
  conv: factors,
  convInputGradient: factors,
  convWeightGradient: factors,
};

/** What the gradient of a node reads; of a loop, what {@link savedByLoop} says. */
export function savedFor(node: Node, wanted: (position: number) => boolean): readonly Node[] {
  const { op } = node;
  if (op === 'scan') return [];
  const read = op === 'composite' ? savedByComposite(node, wanted) : saved[op](node, wanted);
  return read.filter((each) => each !== undefined);
}

/** Of a composite with a gradient of its own, that gradient is recorded, and says by itself what it reads. */
function savedByComposite(node: Node, wanted: (position: number) => boolean): readonly Node[] {
  const { gradient } = node.attributes as Attributes['composite'];
  if (gradient === undefined) return [];
  return traceSources(() => {
    const cotangents = gradient(makeLeaf('argument', node.type), node, node.inputs);
    return cotangents.filter((cotangent, position) => cotangent !== undefined && wanted(position));
  });
}
