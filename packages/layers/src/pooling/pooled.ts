import type { Tensor } from '@hebb/tensor';
import { withBatch } from '../module/single.ts';

/** Maxima with the position of each in what was pooled, flat over its spatial axes (int32). */
export interface PooledWithIndices {
  readonly output: Tensor;
  readonly indices: Tensor;
}

/** What a layer returns whose `returnIndices` is `R`. */
export type Pooled<R extends boolean> = R extends true ? PooledWithIndices : Tensor;

/** The result of one of two functions, in the form that `returnIndices` asks for. */
export function withIndices<R extends boolean>(
  axes: number,
  x: Tensor,
  returnIndices: boolean,
  pool: (x: Tensor) => Tensor,
  poolWithIndices: (x: Tensor) => { readonly values: Tensor; readonly indices: Tensor },
): Pooled<R> {
  if (!returnIndices) return withBatch(axes, [x], pool) as Pooled<R>;
  return withBatch(axes, [x], (batch) => {
    const { values: output, indices } = poolWithIndices(batch);
    return { output, indices };
  }) as Pooled<R>;
}
