/**
 * Floating-point operations of one node, from its shapes alone. A multiply–add of a product or a convolution is two; an elementwise operation of numbers
 * is one an element, whatever its function; a reduction of n numbers to one is n − 1. Movement, choices, casts, comparisons of integers and arithmetic on
 * them are none.
 */
import type { Attributes, PlanPrimitive } from '../graph/attributes.ts';
import { isElementwise, type BinaryPrimitive, type UnaryPrimitive } from '../graph/elementwise.ts';
import type { Node } from '../graph/node.ts';
import { isFloat, type TensorType } from '../graph/types.ts';

export interface Operations {
  /** Multiplications, each with the addition that follows it, of products and convolutions. */
  readonly multiplyAdds: number;
  /** All operations, two for each multiply–add. */
  readonly flops: number;
}

const none: Operations = { multiplyAdds: 0, flops: 0 };

/** Operations apart from multiply–adds, of the result's type and the inputs'. */
type Count = (inputs: readonly TensorType[], result: TensorType, attributes: never) => number;

const nothing: Count = () => 0;
const sizeAt = (inputs: readonly TensorType[], position: number): number => inputs[position]?.size ?? 0;
const eachResult: Count = (_, { size }) => size;
const toFewer: Count = (inputs, { size }) => Math.max(sizeAt(inputs, 0) - size, 0);

const counts: Readonly<Record<Exclude<PlanPrimitive, UnaryPrimitive | BinaryPrimitive | Product>, Count>> = {
  buffer: nothing,
  argument: nothing,
  scalar: nothing,
  constant: nothing,
  iota: nothing,
  random: eachResult,
  cast: nothing,
  bitcast: nothing,
  detach: nothing,
  where: nothing,
  reshape: nothing,
  transpose: nothing,
  broadcast: nothing,
  slice: nothing,
  pad: nothing,
  flip: nothing,
  concat: nothing,
  unfold: nothing,
  // Overlapping elements are added to those that are there.
  fold: (inputs) => sizeAt(inputs, 0),
  gather: nothing,
  scatter: (inputs, _, { combine }: Attributes['scatter']) => (combine === 'set' ? 0 : sizeAt(inputs, 2)),
  sum: toFewer,
  prod: toFewer,
  max: toFewer,
  min: toFewer,
  argmax: toFewer,
  cumulative: eachResult,
  argSort: (inputs, { shape }, { axis }: Attributes['argSort']) =>
    Math.ceil(sizeAt(inputs, 0) * Math.log2(Math.max(shape[axis] ?? 1, 1))),
  // What their bodies do, as often as they do it, is counted by whoever walks them.
  scan: nothing,
  result: nothing,
};

type Product = 'dot' | 'conv' | 'convInputGradient' | 'convWeightGradient';

/** Multiply–adds: for each element of one tensor the extent of what is summed. */
const products: Readonly<Record<Product, (inputs: readonly TensorType[], result: TensorType) => number>> = {
  dot: ([a], { size }) => size * (a?.shape.at(-1) ?? 0),
  conv: ([, w], { size }) => size * perOutput(w),
  // The transpose of a convolution: each element of the cotangent meets what it was made with.
  convInputGradient: ([dy, w]) => (dy?.size ?? 0) * perOutput(w),
  convWeightGradient: ([, dy], result) => (dy?.size ?? 0) * perOutput(result),
};

/** Elements of a convolution's weight for each of its outputs: channels of a group, and the kernel. */
function perOutput(weight: TensorType | undefined): number {
  return weight === undefined ? 0 : weight.size / Math.max(weight.shape[0] ?? 1, 1);
}

function isProduct(op: PlanPrimitive): op is Product {
  return op in products;
}

/** What computing a node takes, without what it is computed from. */
export function operationsOf({ op, inputs, type, attributes }: Node): Operations {
  if (op === 'composite') return none;
  const types = inputs.map((input) => input.type);
  if (isProduct(op)) {
    const multiplyAdds = products[op](types, type);
    return { multiplyAdds, flops: 2 * multiplyAdds };
  }
  if (!isFloat(type.dtype) && !types.some(({ dtype }) => isFloat(dtype))) return none;
  const count = isElementwise(op) ? eachResult : counts[op];
  return { multiplyAdds: 0, flops: count(types, type, attributes as never) };
}
