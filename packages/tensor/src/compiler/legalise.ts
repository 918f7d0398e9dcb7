/**
 * Before all other passes: float16 and uint8 are how values are stored, not how they are computed. Every operation on them becomes the same
 * operation in float32 or int32, followed, where its result may lie outside of the dtype, by a `cast` that rounds to half precision or wraps
 * modulo 256 and stays float32 or int32. So a result is the same in whatever kernel it is computed, and everything behind this pass knows three types
 * of numbers. Only parameters and outputs of the program keep their dtype: they are read and written through casts, which the lowering makes
 * conversions of a load and of a store.
 */
import { isElementwise, type BinaryPrimitive, type UnaryPrimitive } from '../graph/elementwise.ts';
import type { Attributes, PlanPrimitive } from '../graph/attributes.ts';
import type { PlanAttributes, Program, ProgramNode } from '../graph/program.ts';
import { computedDType, tensorType, tupleType, type DType, type TensorType } from '../graph/types.ts';
import { roundConstant } from './constants.ts';

/** Where a result computed in the larger dtype may be none of float16, or of uint8: 'never' of what only moves or chooses numbers. */
type Leaves = 'both' | 'float16' | 'uint8' | 'never';

const elementwise: Readonly<Record<UnaryPrimitive | BinaryPrimitive, Leaves>> = {
  neg: 'uint8',
  abs: 'never',
  sign: 'never',
  exp: 'both',
  expm1: 'both',
  exp2: 'both',
  log: 'both',
  log1p: 'both',
  log2: 'both',
  log10: 'both',
  sqrt: 'both',
  sin: 'both',
  cos: 'both',
  asin: 'both',
  acos: 'both',
  atan: 'both',
  tanh: 'both',
  sigmoid: 'both',
  erf: 'both',
  erfc: 'both',
  erfinv: 'both',
  lgamma: 'both',
  digamma: 'both',
  relu: 'never',
  floor: 'never',
  ceil: 'never',
  round: 'never',
  trunc: 'never',
  not: 'uint8',
  add: 'both',
  sub: 'both',
  mul: 'both',
  div: 'both',
  pow: 'both',
  copySign: 'never',
  fmod: 'never',
  floorDivide: 'never',
  maximum: 'never',
  minimum: 'never',
  equal: 'never',
  notEqual: 'never',
  less: 'never',
  lessEqual: 'never',
  and: 'never',
  or: 'never',
  xor: 'never',
  shiftLeft: 'uint8',
  shiftRight: 'never',
};

const others: Readonly<Record<Exclude<PlanPrimitive, UnaryPrimitive | BinaryPrimitive>, Leaves>> = {
  buffer: 'never',
  argument: 'never',
  scalar: 'never',
  // Rounded where they are made.
  constant: 'never',
  iota: 'never',
  random: 'never',
  cast: 'both',
  bitcast: 'never',
  detach: 'never',
  where: 'never',
  reshape: 'never',
  transpose: 'never',
  broadcast: 'never',
  slice: 'never',
  pad: 'never',
  flip: 'never',
  concat: 'never',
  unfold: 'never',
  fold: 'both',
  gather: 'never',
  scatter: 'both',
  sum: 'both',
  prod: 'both',
  max: 'never',
  min: 'never',
  argmax: 'never',
  cumulative: 'both',
  argSort: 'never',
  dot: 'both',
  conv: 'both',
  convInputGradient: 'both',
  convWeightGradient: 'both',
  scan: 'never',
  result: 'never',
};

function leaves(op: PlanPrimitive, dtype: DType): boolean {
  const when = isElementwise(op) ? elementwise[op] : others[op];
  return when === 'both' || when === dtype;
}

function isNarrow(dtype: DType): boolean {
  return computedDType(dtype) !== dtype;
}

function computedType(type: TensorType): TensorType {
  if (type.parts !== undefined) return tupleType(type.parts.map(computedType));
  return isNarrow(type.dtype) ? tensorType(computedDType(type.dtype), type.shape) : type;
}

/** Attributes of the same operation on the larger dtype. */
function computedAttributes({ op, attributes, type }: ProgramNode): ProgramNode['attributes'] {
  switch (op) {
    case 'constant':
    case 'cast':
    case 'buffer':
    case 'argument':
      return { ...(attributes as Attributes['constant']), dtype: computedDType(type.dtype) };
    case 'pad': {
      const pad = attributes as Attributes['pad'];
      return { ...pad, value: roundConstant(pad.value, type.dtype) };
    }
    case 'gather': {
      const gather = attributes as Attributes['gather'];
      return { ...gather, outside: roundConstant(gather.outside, type.dtype) };
    }
    case 'scan': {
      const scan = attributes as PlanAttributes['scan'];
      return { ...scan, type: computedType(type), body: computedBody(scan.body) };
    }
    default:
      return attributes;
  }
}

/** Whether a program has anything to do with the narrow dtypes. */
function hasNarrow({ nodes }: Program): boolean {
  return nodes.some(
    ({ op, attributes, type }) =>
      isNarrow(type.dtype) ||
      type.parts?.some(({ dtype }) => isNarrow(dtype)) === true ||
      (op === 'scan' && hasNarrow((attributes as PlanAttributes['scan']).body)),
  );
}

/** The steps of a loop, all of whose parameters and results are of the larger dtypes. */
function computedBody(body: Program): Program {
  return hasNarrow(body) ? rewritten(body, (node) => ({ ...node, type: computedType(node.type) })) : body;
}

/** An equivalent program in which float16 and uint8 are dtypes of parameters and outputs alone. */
export function legalise(program: Program): Program {
  if (!hasNarrow(program)) return program;
  const computed = rewritten(program, (node) => node);
  const nodes = [...computed.nodes];
  const outputs = computed.outputs.map(({ node, parameter }, i) => {
    const type = program.nodes[program.outputs[i]?.node ?? -1]?.type;
    if (type === undefined || !isNarrow(type.dtype)) return { node, parameter };
    return { node: nodes.push({ op: 'cast', attributes: { dtype: type.dtype }, type, inputs: [node] }) - 1, parameter };
  });
  return { ...computed, nodes, outputs };
}

/** The program with every node computed in its larger dtype; `leaf` says what becomes of parameters, and casts follow those that stay narrow. */
function rewritten(program: Program, leaf: (node: ProgramNode) => ProgramNode): Program {
  const nodes: ProgramNode[] = [];
  /** Where the value of each node is read. */
  const places: number[] = [];
  const parameters = new Map(program.parameters.map((node) => [node, -1]));
  const cast = (input: number, dtype: DType, type: TensorType): number =>
    nodes.push({ op: 'cast', attributes: { dtype }, type, inputs: [input] }) - 1;
  program.nodes.forEach((node, index) => {
    const { op, type } = node;
    const wide = computedType(type);
    if (parameters.has(index)) {
      const kept = leaf(node);
      const place = nodes.push(kept) - 1;
      parameters.set(index, place);
      places[index] = kept.type === wide ? place : cast(place, wide.dtype, wide);
      return;
    }
    const inputs = node.inputs.map((input) => places[input] ?? -1);
    const place = nodes.push({ op, attributes: computedAttributes(node), type: wide, inputs }) - 1;
    places[index] = isNarrow(type.dtype) && leaves(op, type.dtype) ? cast(place, type.dtype, wide) : place;
  });
  const at = (index: number): number => places[index] ?? -1;
  return {
    nodes,
    parameters: program.parameters.map((node) => parameters.get(node) ?? -1),
    scalars: program.scalars.map(at),
    outputs: program.outputs.map(({ node, parameter }) => ({ node: at(node), parameter })),
  };
}
