/**
 * The gradient of every primitive: from the cotangent of its output the cotangents of its inputs, in Tensor operations, so that a
 * gradient is a graph and has gradients itself.
 */
import { digamma, fold, polygamma, trunc, unfold, type Tensor } from '@hebb/tensor';
import { makeNode, nodeOf, tensorOf, type Attributes, type Primitive, isFloat, type Node } from '@hebb/tensor/graph';
import { ungather, unscatter } from './indexing.ts';
import { uncumulate } from './order.ts';
import { productOfOthers } from './product.ts';

/** What a rule looks at, beside the cotangent. */
export interface Operation<P extends Primitive> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly attributes: Attributes[P];
}

/** Makes one input's cotangent; only called where it is wanted. Undefined: zero. */
export type Cotangent = () => Tensor | undefined;
/** One cotangent per input; fewer where the rest has none. */
export type Rule<P extends Primitive> = (cotangent: Tensor, operation: Operation<P>) => readonly Cotangent[];

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** Primitives with several results, whose rules take a cotangent for each, and `result`, which only picks one. */
export type SeveralResults = 'scan' | 'result';

/** No gradient flows: integers, booleans, sources, and `detach`. */
const none = (): readonly Cotangent[] => [];
/** Piecewise constant: the gradient is zero wherever it exists. */
const zero = (): readonly Cotangent[] => [() => undefined];

function one(
  derivative: (cotangent: Tensor, x: Tensor, y: Tensor) => Tensor,
): (cotangent: Tensor, operation: Operation<Primitive>) => readonly Cotangent[] {
  return (dy, { inputs, output }) => [() => derivative(dy, inputAt(inputs, 0), output)];
}

function two(
  left: (cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
  right: (cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
): (cotangent: Tensor, operation: Operation<Primitive>) => readonly Cotangent[] {
  return (dy, { inputs, output }) => [
    () => left(dy, inputAt(inputs, 0), inputAt(inputs, 1), output),
    () => right(dy, inputAt(inputs, 0), inputAt(inputs, 1), output),
  ];
}

function inputAt(inputs: readonly Tensor[], position: number): Tensor {
  const input = inputs[position];
  if (input === undefined) throw new Error(`internal: input ${position} is missing`);
  return input;
}

/** The cotangent where the input wins, half of it at a tie, as PyTorch's `maximum`; NaN passes it on. */
const toWinner = (dy: Tensor, loses: Tensor, ties: Tensor): Tensor => loses.where(0, ties.where(dy.mul(0.5), dy));

/** Puts axes that a reduction dropped back, with extent 1, and repeats along them. */
function unreduce(reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reduced.reshape(x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n))).broadcastTo(x.shape);
}

/** Equal shares to all elements that attain the extremum; NaN to all where it is NaN, which none attains. As PyTorch's `amax`. */
const toExtrema =
  (op: 'max' | 'min'): Rule<typeof op> =>
  (dy, { inputs, output, attributes: { axes } }) => [
    () => {
      const x = inputAt(inputs, 0);
      // Not the output, which somebody may have read: x is then computed again, and a device may round it otherwise than what is stored.
      const extremum = tensorOf(makeNode(op, [nodeOf(x)], { axes }));
      const attains = x.equal(unreduce(extremum, x, axes));
      const shares = dy.div(attains.where(1, 0).sum(axes));
      const others = output.notEqual(output).where(Number.NaN, 0);
      return attains.where(unreduce(shares, x, axes), unreduce(others, x, axes));
    },
  ];

/** Sums over the axes that a broadcast repeated. */
function sumToShape(dy: Tensor, shape: readonly number[]): Tensor {
  const missing = dy.ndim - shape.length;
  const repeated = dy.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < missing || (shape[axis - missing] === 1 && dy.shape[axis] !== 1));
  return dy.sum(repeated).reshape(shape);
}

/** Places the elements of a slice back where they came from, zeros elsewhere. */
function unslice(dy: Tensor, { starts, steps, shape }: Attributes['slice'], extents: readonly number[]): Tensor {
  // An empty or single element has no neighbour from which its step would keep it apart.
  const span = shape.map((n, axis) => (n === 0 ? 0 : (n - 1) * (steps[axis] ?? 1) + 1));
  const low = shape.map((n, axis) => (n === 0 ? 0 : (starts[axis] ?? 0)));
  const high = extents.map((n, axis) => n - (low[axis] ?? 0) - (span[axis] ?? 0));
  return tensorOf(makeNode('pad', [nodeOf(dy)], { low, high, interior: steps.map((step) => step - 1), value: 0 }));
}

function unpad(dy: Tensor, { low, interior }: Attributes['pad'], shape: readonly number[]): Tensor {
  return tensorOf(makeNode('slice', [nodeOf(dy)], { starts: low, steps: interior.map((n) => n + 1), shape }));
}

/** Parts from which on a cotangent is turned for them, so that those of a stack are contiguous: many are then copied by one kernel. */
const manyParts = 9;

function unconcat(dy: Tensor, inputs: readonly Tensor[], axis: number): Cotangent[] {
  const turns = inputs.length >= manyParts && inputs.every((input) => input.shape[axis] === 1);
  const axes = [...dy.shape.keys()].filter((other) => other !== axis);
  const cut = turns ? dy.permute([axis, ...axes]) : dy;
  let start = 0;
  return inputs.map((input) => {
    const length = input.shape[axis] ?? 0;
    const from = start;
    start += length;
    return () => (turns ? cut.narrow(0, from, 1).reshape(input.shape) : dy.narrow(axis, from, length));
  });
}

const dot = (a: Tensor, b: Tensor): Tensor => tensorOf(makeNode('dot', [nodeOf(a), nodeOf(b)], {}));
const swap = (x: Tensor): Tensor => x.transpose(-1, -2);

// The three convolutions are the three partial derivatives of one trilinear form ⟨conv(x, w), y⟩, so that each is the others' gradient.
function conv(x: Tensor, w: Tensor, { stride, dilation, paddingLow, paddingHigh, groups }: Attributes['conv']): Tensor {
  return tensorOf(makeNode('conv', [nodeOf(x), nodeOf(w)], { stride, dilation, paddingLow, paddingHigh, groups }));
}

function convInput(
  y: Tensor,
  w: Tensor,
  { stride, dilation, paddingLow, paddingHigh, groups }: Attributes['conv'],
  inputSize: readonly number[],
): Tensor {
  return tensorOf(
    makeNode('convInputGradient', [nodeOf(y), nodeOf(w)], {
      stride,
      dilation,
      paddingLow,
      paddingHigh,
      groups,
      inputSize,
    }),
  );
}

function convWeight(
  x: Tensor,
  y: Tensor,
  { stride, dilation, paddingLow, paddingHigh, groups }: Attributes['conv'],
  kernelSize: readonly number[],
): Tensor {
  return tensorOf(
    makeNode('convWeightGradient', [nodeOf(x), nodeOf(y)], {
      stride,
      dilation,
      paddingLow,
      paddingHigh,
      groups,
      kernelSize,
    }),
  );
}

const spatial = (x: Tensor): readonly number[] => x.shape.slice(2);

export const rules: { readonly [P in Exclude<Primitive, SeveralResults>]: Rule<P> } = {
  buffer: none,
  argument: none,
  scalar: none,
  constant: none,
  iota: none,
  random: none,

  neg: one((dy) => dy.neg()),
  abs: one((dy, x) => dy.mul(x.sign())),
  sign: zero,
  exp: one((dy, _, y) => dy.mul(y)),
  // Not y + 1, which has no digits left where eˣ is small.
  expm1: one((dy, x) => dy.mul(x.exp())),
  exp2: one((dy, _, y) => dy.mul(y.mul(Math.LN2))),
  log: one((dy, x) => dy.div(x)),
  log1p: one((dy, x) => dy.div(x.add(1))),
  log2: one((dy, x) => dy.div(x.mul(Math.LN2))),
  log10: one((dy, x) => dy.div(x.mul(Math.LN10))),
  sqrt: one((dy, _, y) => dy.div(y.mul(2))),
  sin: one((dy, x) => dy.mul(x.cos())),
  cos: one((dy, x) => dy.mul(x.sin().neg())),
  // 1 − x² as a product, in which no digits cancel.
  asin: one((dy, x) => dy.div(x.neg().add(1).mul(x.add(1)).sqrt())),
  acos: one((dy, x) => dy.div(x.neg().add(1).mul(x.add(1)).sqrt()).neg()),
  atan: one((dy, x) => dy.div(x.square().add(1))),
  tanh: one((dy, _, y) => dy.mul(y.square().neg().add(1))),
  sigmoid: one((dy, _, y) => dy.mul(y.mul(y.neg().add(1)))),
  erf: one((dy, x) => dy.mul(x.square().neg().exp().mul(twoOverRootPi))),
  erfc: one((dy, x) => dy.mul(x.square().neg().exp().mul(-twoOverRootPi))),
  normalCdf: one((dy, x) =>
    dy.mul(
      x
        .mul(x)
        .mul(-0.5)
        .exp()
        .mul(1 / Math.sqrt(2 * Math.PI)),
    ),
  ),
  log1pExp: one((dy, x) => dy.mul(x.sigmoid())),
  erfinv: one((dy, _, y) =>
    dy.mul(
      y
        .square()
        .exp()
        .mul(1 / twoOverRootPi),
    ),
  ),
  lgamma: one((dy, x) => dy.mul(digamma(x))),
  digamma: one((dy, x) => dy.mul(polygamma(1, x))),
  relu: one((dy, _, y) => y.lessEqual(0).where(0, dy)),
  floor: zero,
  ceil: zero,
  round: zero,
  trunc: zero,
  not: none,
  // Between floating numbers of different precision.
  cast: (dy, { inputs }) => {
    const { dtype } = inputAt(inputs, 0);
    return isFloat(dtype) && isFloat(dy.dtype) ? [() => dy.to(dtype)] : [];
  },
  bitcast: none,
  detach: none,

  add: two(
    (dy) => dy,
    (dy) => dy,
  ),
  sub: two(
    (dy) => dy,
    (dy) => dy.neg(),
  ),
  mul: two(
    (dy, _a, b) => dy.mul(b),
    (dy, a) => dy.mul(a),
  ),
  div: two(
    (dy, _a, b) => dy.div(b),
    (dy, _a, b, y) => dy.mul(y.div(b)).neg(),
  ),
  pow: two(
    (dy, a, b) => {
      const isOne = b.equal(0);
      // Where y is 1 whatever a is, a⁰ in place of a⁻¹: its derivative of 0 is a number.
      return isOne.where(0, dy.mul(b.mul(a.pow(isOne.where(0, b.sub(1))))));
    },
    (dy, a, b, y) =>
      a
        .equal(0)
        .and(b.greaterEqual(0))
        .where(0, dy.mul(y.mul(a.log()))),
  ),
  fmod: two(
    (dy) => dy,
    (dy, a, b) => dy.mul(trunc(a.div(b))).neg(),
  ),
  floorDivide: none,
  // As PyTorch's: 0 where a is.
  copySign: (dy, { inputs, output }) => [
    () => {
      const a = inputAt(inputs, 0);
      return a.equal(0).where(0, dy.mul(output.div(a)));
    },
    () => undefined,
  ],
  maximum: two(
    (dy, a, b) => toWinner(dy, a.less(b), a.equal(b)),
    (dy, a, b) => toWinner(dy, b.less(a), a.equal(b)),
  ),
  minimum: two(
    (dy, a, b) => toWinner(dy, b.less(a), a.equal(b)),
    (dy, a, b) => toWinner(dy, a.less(b), a.equal(b)),
  ),
  equal: none,
  notEqual: none,
  less: none,
  lessEqual: none,
  and: none,
  or: none,
  xor: none,
  shiftLeft: none,
  shiftRight: none,
  where: (dy, { inputs }) => [
    () => undefined,
    () => inputAt(inputs, 0).where(dy, 0),
    () => inputAt(inputs, 0).where(0, dy),
  ],

  reshape: one((dy, x) => dy.reshape(x.shape)),
  transpose: (dy, { attributes: { permutation } }) => [
    () => dy.permute(permutation.map((_, axis) => permutation.indexOf(axis))),
  ],
  broadcast: one((dy, x) => sumToShape(dy, x.shape)),
  slice: (dy, { inputs, attributes }) => [() => unslice(dy, attributes, inputAt(inputs, 0).shape)],
  pad: (dy, { inputs, attributes }) => [() => unpad(dy, attributes, inputAt(inputs, 0).shape)],
  flip: (dy, { attributes: { axes } }) => [() => dy.flip(axes)],
  concat: (dy, { inputs, attributes: { axis } }) => unconcat(dy, inputs, axis),
  unfold: (dy, { inputs, attributes: { kernel, stride, dilation } }) => [
    () => fold(dy, inputAt(inputs, 0).shape.slice(-kernel.length), { stride, dilation }),
  ],
  fold: (dy, { attributes: { kernel, stride, dilation } }) => [() => unfold(dy, kernel, { stride, dilation })],

  gather: ungather,
  scatter: unscatter,

  cumulative: uncumulate,
  argSort: none,

  sum: (dy, { inputs, attributes: { axes } }) => [() => unreduce(dy, inputAt(inputs, 0), axes)],
  prod: (dy, { inputs, attributes: { axes } }) => [
    () => {
      const x = inputAt(inputs, 0);
      return unreduce(dy, x, axes).mul(productOfOthers(x, axes));
    },
  ],
  max: toExtrema('max'),
  min: toExtrema('min'),
  argmax: none,

  dot: two(
    (dy, _a, b) => dot(dy, swap(b)),
    (dy, a) => dot(swap(a), dy),
  ),
  conv: (dy, { inputs: [x, w], attributes }) =>
    x === undefined || w === undefined
      ? []
      : [() => convInput(dy, w, attributes, spatial(x)), () => convWeight(x, dy, attributes, spatial(w))],
  convInputGradient: (dx, { inputs: [y, w], attributes }) =>
    y === undefined || w === undefined
      ? []
      : [() => conv(dx, w, attributes), () => convWeight(dx, y, attributes, spatial(w))],
  convWeightGradient: (dw, { inputs: [x, y], attributes }) =>
    x === undefined || y === undefined
      ? []
      : [() => convInput(y, dw, attributes, spatial(x)), () => conv(x, dw, attributes)],

  // Only those with a gradient of their own; the walk follows the bodies of the others.
  composite: (dy, { inputs, output, attributes: { gradient } }) => {
    const cotangents = gradient?.(nodeOf(dy), nodeOf(output), inputs.map(nodeOf)) ?? [];
    return cotangents.map((node) => () => (node === undefined ? undefined : tensorOf(node)));
  },
};

/** Whether a gradient flows through an operation, be it zero. */
export function hasGradient({ op, type, inputs }: Node): boolean {
  if (op === 'cast') return isFloat(type.dtype) && isFloat(inputs[0]?.type.dtype ?? 'bool');
  return isDifferentiable(op);
}

/** Whether an operation has a rule that gives a cotangent, be it zero. */
export function isDifferentiable(op: Primitive): boolean {
  return op === 'scan' || op === 'result' || rules[op] !== none;
}
