/** Values of the reference interpreter, and strided walks over them. */
import type { PlanPrimitive } from '../graph/attributes.ts';
import type { PlanAttributes } from '../graph/program.ts';
import { sizeOf, type TensorType } from '../graph/types.ts';

/** Row-major elements; int32 as integers, bool as 0 and 1. */
export interface Value {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** Computes one node: its elements from those of its inputs. */
export type Rule<P extends PlanPrimitive> = (
  inputs: readonly Value[],
  attributes: PlanAttributes[P],
  type: TensorType,
) => Float64Array;

export function inputAt(inputs: readonly Value[], position: number): Value {
  const value = inputs[position];
  if (value === undefined) throw new Error(`internal: input ${position} is missing`);
  return value;
}

/** offset + Σ index[axis] · strides[axis] for every index of `shape`, in row-major order. */
export function stridedPositions(shape: readonly number[], strides: readonly number[], offset: number): Int32Array {
  let positions = Int32Array.of(offset);
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis] ?? 1;
    const stride = strides[axis] ?? 0;
    const next = new Int32Array(positions.length * extent);
    let write = 0;
    for (const position of positions) for (let i = 0; i < extent; i++) next[write++] = position + i * stride;
    positions = next;
  }
  return positions;
}

/** The elements of `source` at strided positions. */
export function gather(
  source: Float64Array,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  const positions = stridedPositions(shape, strides, offset);
  for (let i = 0; i < result.length; i++) result[i] = source[positions[i] ?? 0] ?? 0;
  return result;
}

/** Puts `source` (of `shape`) into `target` at strided positions. */
export function scatter(
  target: Float64Array,
  source: Float64Array,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): void {
  const positions = stridedPositions(shape, strides, offset);
  for (let i = 0; i < source.length; i++) target[positions[i] ?? 0] = source[i] ?? 0;
}
