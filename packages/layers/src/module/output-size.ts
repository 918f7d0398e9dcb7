import { ArgumentError, Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

/** How large a result is to be: its spatial extents, its whole shape, or a tensor of that shape. */
export type OutputSize = readonly number[] | Tensor;

/** The spatial extents that are meant. Throws {@link ArgumentError} for anything else. */
export function spatialExtents(layer: string, size: OutputSize, axes: number): readonly number[] {
  const list: readonly unknown[] = size instanceof Tensor ? size.shape : Array.isArray(size) ? size : [];
  // What stands before them counts examples and channels, or channels alone.
  const extents = list.length > axes ? list.slice(list.length - axes) : list;
  if (
    list.length <= axes + 2 &&
    extents.length === axes &&
    extents.every((n) => Number.isInteger(n) && (n as number) >= 1)
  )
    return extents as readonly number[];
  throw new ArgumentError(
    `[${layer}] the output size is ${axes} integers ≥ 1, a shape [batch, channels, …] or a tensor of it, not ${size instanceof Tensor ? String(size) : describe(size)}.`,
  );
}
