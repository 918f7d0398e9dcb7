/** What operations along an axis take that have two directions: the axis, and an option that turns them round. */
import { checkOptions, requireBoolean } from '../arguments/index.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { normalizeAxis } from './movement.ts';

/** The axis from 0 on, also of a scalar, and whether `option` is set. */
export function directedAxis<Name extends 'reverse' | 'descending'>(
  op: string,
  x: Tensor,
  axis: number,
  options: { readonly [option in Name]?: boolean },
  option: Name,
): readonly [axis: number, isTurned: boolean] {
  requireTensor(op, 'x', x);
  checkOptions<Readonly<Record<string, unknown>>>(op, options, { [option]: true });
  const { [option]: isTurned = false } = options as Readonly<Record<Name, boolean | undefined>>;
  requireBoolean(op, option, isTurned);
  return [normalizeAxis(op, axis, x.ndim || 1), isTurned];
}
