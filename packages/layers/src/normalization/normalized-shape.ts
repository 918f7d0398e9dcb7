import { ArgumentError } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

/** A list of extents ≥ 1, of which a single one may be given as a number. */
export function normalizedShapeOf(layer: string, shape: unknown): readonly number[] {
  const list: readonly unknown[] = typeof shape === 'number' ? [shape] : Array.isArray(shape) ? shape : [];
  if (list.length > 0 && list.every((extent) => Number.isInteger(extent) && (extent as number) >= 1))
    return list as readonly number[];
  throw new ArgumentError(
    `[${layer}] the normalised shape is an integer ≥ 1 or a list of them, not ${describe(shape)}.`,
  );
}
