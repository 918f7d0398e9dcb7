/** How every primitive works on all examples at once: from inputs with a leading axis of examples, or the same for all, a result with that axis. */
import { ArgumentError } from '@hebb/tensor';
import {
  binaryPrimitives,
  makeNode,
  unaryPrimitives,
  type Attributes,
  type BinaryPrimitive,
  type Node,
  type Primitive,
  type UnaryPrimitive,
} from '@hebb/tensor/graph';
import type { Batched } from './batching.ts';

/** Primitives that have no inputs, and are the same for all examples. */
type Leaf = 'buffer' | 'argument' | 'scalar' | 'constant' | 'iota';
/** Primitives with a rule here; the others look into bodies. */
export type PlainPrimitive = Exclude<Primitive, Leaf | 'scan' | 'result' | 'composite'>;
/** At least one of the inputs has the axis of examples. */
export type Rule<P extends Primitive> = (inputs: readonly Batched[], attributes: Attributes[P], count: number) => Node;

/** A value with a leading axis of examples, also where all are the same. */
export function expand({ node, mapped }: Batched, count: number): Node {
  if (mapped) return node;
  const { dtype, shape } = node.type;
  const all = [count, ...shape];
  if (node.op !== 'constant') return makeNode('broadcast', [node], { shape: all });
  return makeNode('constant', [], { dtype, shape: all, value: (node.attributes as Attributes['constant']).value });
}

const reshape = (node: Node, shape: readonly number[]): Node => makeNode('reshape', [node], { shape });

/** The axis of examples in front of axis 1, which is then that of steps, or back. */
export function swapLeading(node: Node): Node {
  const permutation = [...node.type.shape.keys()];
  [permutation[0], permutation[1]] = [1, 0];
  return makeNode('transpose', [node], { permutation });
}

/** [n, …, c, …] → […, n · c, …]: examples become part of an axis, counted from the first after theirs. */
function merge(node: Node, axis: 0 | 1): Node {
  const inFront = axis === 0 ? node : swapLeading(node);
  const { shape } = inFront.type;
  const merged = (shape[axis] ?? 1) * (shape[axis + 1] ?? 1);
  return reshape(inFront, [...shape.slice(0, axis), merged, ...shape.slice(axis + 2)]);
}

/** The inverse of {@link merge}. */
function part(node: Node, axis: 0 | 1, count: number): Node {
  const { shape } = node.type;
  const parted = reshape(node, [...shape.slice(0, axis), count, (shape[axis] ?? 0) / count, ...shape.slice(axis + 1)]);
  return axis === 0 ? parted : swapLeading(parted);
}

const at = (inputs: readonly Batched[], position: number): Batched => inputs[position] as Batched;
const nodeAt = (inputs: readonly Batched[], position: number): Node => at(inputs, position).node;
const shift = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

/** Works alike whatever axes stand in front. */
const same =
  <P extends Primitive>(op: P): Rule<P> =>
  (inputs, attributes, count) =>
    makeNode(
      op,
      inputs.map((input) => expand(input, count)),
      attributes,
    );

/** Works alike once its attributes count the axis of examples. */
const shifted =
  <P extends Primitive>(op: P, shiftAttributes: (attributes: Attributes[P], count: number) => Attributes[P]): Rule<P> =>
  (inputs, attributes, count) =>
    same(op)(inputs, shiftAttributes(attributes, count), count);

function elementwise<P extends UnaryPrimitive | BinaryPrimitive>(
  table: Readonly<Record<P, unknown>>,
): { readonly [Q in P]: Rule<Q> } {
  return Object.fromEntries((Object.keys(table) as P[]).map((op) => [op, same(op)])) as unknown as {
    [Q in P]: Rule<Q>;
  };
}

const reduction = <P extends 'sum' | 'prod' | 'max' | 'min'>(op: P): Rule<P> =>
  shifted(op, ({ axes }: { readonly axes: readonly number[] }) => ({ axes: shift(axes) }));

const swapLast = (node: Node): Node => {
  const axes = [...node.type.shape.keys()];
  const rank = axes.length;
  return makeNode('transpose', [node], { permutation: [...axes.slice(0, -2), rank - 1, rank - 2] });
};

/** Rows of all examples meet one matrix in one large product. */
const product: Rule<'dot'> = (inputs, attributes, count) => {
  const [a, b] = [at(inputs, 0), at(inputs, 1)];
  const times = (left: Node, matrix: Node): Node => {
    const rows = makeNode('dot', [merge(left, 0), matrix], attributes);
    return part(rows, 0, count);
  };
  const isMatrix = nodeAt(inputs, a.mapped ? 1 : 0).type.shape.length === 2;
  if (!b.mapped && isMatrix) return times(a.node, b.node);
  if (!a.mapped && isMatrix) return swapLast(times(swapLast(b.node), swapLast(a.node)));
  return same('dot')(inputs, attributes, count);
};

// Convolutions: examples are more examples of the batch where one weight serves all, else groups of channels, which know nothing of one another.
type Convolution = 'conv' | 'convInputGradient' | 'convWeightGradient';

function convolution<P extends Convolution>(op: P, resultAxis: 0 | 1, axes: readonly [0 | 1, 0 | 1]): Rule<P> {
  return (inputs, attributes, count) => {
    const [left, right] = inputs.map(({ mapped }) => mapped);
    // x, or the cotangent of the result, with one weight.
    if (op !== 'convWeightGradient' && left === true && right !== true)
      return part(makeNode(op, [merge(nodeAt(inputs, 0), 0), nodeAt(inputs, 1)], attributes), 0, count);
    // Without groups, channels of the result can be more without those of x.
    if (op !== 'convInputGradient' && left !== true && attributes.groups === 1) {
      const wide = makeNode(op, [nodeAt(inputs, 0), merge(nodeAt(inputs, 1), axes[1])], attributes);
      return part(wide, resultAxis, count);
    }
    const merged = inputs.map((input, i) => merge(expand(input, count), axes[i] as 0 | 1));
    const grouped = { ...attributes, groups: attributes.groups * count };
    return part(makeNode(op, merged, grouped), resultAxis, count);
  };
}

export const batchingRules: { readonly [P in PlainPrimitive]: Rule<P> } = {
  random: () => {
    throw new ArgumentError('[vmap] the seed of random numbers cannot depend on the example.', {
      hint: 'Draw the numbers for all examples outside, and pass them as an argument that is mapped over.',
    });
  },

  ...elementwise(unaryPrimitives),
  ...elementwise(binaryPrimitives),
  cast: same('cast'),
  bitcast: same('bitcast'),
  detach: same('detach'),
  where: same('where'),

  reshape: shifted('reshape', ({ shape }, count) => ({ shape: [count, ...shape] })),
  transpose: shifted('transpose', ({ permutation }) => ({ permutation: [0, ...shift(permutation)] })),
  broadcast: (inputs, { shape }, count) => {
    const x = nodeAt(inputs, 0);
    const [, ...own] = x.type.shape;
    const aligned = [count, ...new Array<number>(shape.length - own.length).fill(1), ...own];
    return makeNode('broadcast', [reshape(x, aligned)], { shape: [count, ...shape] });
  },
  slice: shifted('slice', ({ starts, steps, shape }, count) => ({
    starts: [0, ...starts],
    steps: [1, ...steps],
    shape: [count, ...shape],
  })),
  pad: shifted('pad', ({ low, high, interior, value }) => ({
    low: [0, ...low],
    high: [0, ...high],
    interior: [0, ...interior],
    value,
  })),
  flip: shifted('flip', ({ axes }) => ({ axes: shift(axes) })),
  concat: shifted('concat', ({ axis }) => ({ axis: axis + 1 })),
  unfold: same('unfold'),
  fold: same('fold'),

  gather: shifted('gather', ({ axis, outside }) => ({ axis: axis + 1, outside })),
  scatter: shifted('scatter', ({ axis, combine }) => ({ axis: axis + 1, combine })),

  sum: reduction('sum'),
  prod: reduction('prod'),
  max: reduction('max'),
  min: reduction('min'),
  argmax: shifted('argmax', ({ axis }) => ({ axis: axis + 1 })),
  argSort: shifted('argSort', (attributes) => ({ ...attributes, axis: attributes.axis + 1 })),
  cumulative: shifted('cumulative', ({ axis, operator, reverse }) => ({ axis: axis + 1, operator, reverse })),

  dot: product,
  conv: convolution('conv', 1, [1, 0]),
  convInputGradient: convolution('convInputGradient', 1, [1, 0]),
  convWeightGradient: convolution('convWeightGradient', 0, [1, 1]),
};
