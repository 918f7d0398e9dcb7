import type { Tensor } from '@hebb/tensor';

/** Maxima with the position of each in what was pooled, flat over its spatial axes (int32). */
export interface PooledWithIndices {
  readonly output: Tensor;
  readonly indices: Tensor;
}

/** What a layer returns whose `returnIndices` is `R`. */
export type Pooled<R extends boolean> = R extends true ? PooledWithIndices : Tensor;

/** The result of one of two functions, in the form that `returnIndices` asks for. */
export function withIndices<R extends boolean>(
  returnIndices: boolean,
  pool: () => Tensor,
  poolWithIndices: () => { readonly values: Tensor; readonly indices: Tensor },
): Pooled<R> {
  if (!returnIndices) return pool() as Pooled<R>;
  const { values: output, indices } = poolWithIndices();
  return { output, indices } as Pooled<R>;
}
