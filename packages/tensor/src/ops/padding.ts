/** Borders around tensors. */
import {
  checkOptions,
  requireArray,
  requireNumber,
  requireOneOf,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { concat, flip, narrow, slice } from './movement.ts';

/** What a border is made of. */
export type PaddingMode = 'constant' | 'reflect' | 'replicate' | 'circular';

export interface PadOptions {
  /**
   * 'constant' (default): `value`. 'reflect': the elements in mirror image, without the one at the edge. 'replicate': the one at the edge. 'circular': those of
   * the other side, of what negative numbers leave.
   */
  mode?: PaddingMode;
  /** What to fill with where the mode is 'constant'. Default 0. */
  value?: number;
}

const padOptions: OptionNames<PadOptions> = { mode: true, value: true };

/**
 * Adds `padding[axis] = [before, after]` elements around; negative numbers crop. Axes not named are left alone.
 *
 * Throws {@link ShapeError} for more pairs than axes, for more elements to crop than there are, and where an axis is too short: a reflection repeats less than
 * its extent, a circle at most what is left of the extent after cropping. {@link ArgumentError} for numbers that are no integers, and a value beside another mode than 'constant'.
 *
 * ```ts
 * await pad(tensor([1, 2]), [[1, 2]], { value: 9 }).toArray(); // [9, 1, 2, 9, 9]
 * await pad(tensor([1, 2, 3]), [[2, -1]], { mode: 'reflect' }).toArray(); // [3, 2, 1, 2]
 * await pad(tensor([1, 2, 3]), [[1, 1]], { mode: 'circular' }).toArray(); // [3, 1, 2, 3, 1]
 * await pad(tensor([1, 2, 3]), [[-1, 2]], { mode: 'circular' }).toArray(); // [2, 3, 2, 3]
 * ```
 */
export function pad(x: Tensor, padding: readonly (readonly [number, number])[], options: PadOptions = {}): Tensor {
  requireTensor('pad', 'x', x);
  checkOptions('pad', options, padOptions);
  const { mode = 'constant', value = 0 } = options;
  requireOneOf('pad', 'mode', mode, ['constant', 'reflect', 'replicate', 'circular']);
  requireNumber('pad', 'value', value);
  if (mode !== 'constant' && options.value !== undefined)
    throw new ArgumentError(`[pad] a value fills in mode 'constant'; mode '${mode}' takes none.`);
  requireArray('pad', 'padding', padding);
  for (const pair of padding) {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(Number.isInteger))
      throw wrongArgument('pad', 'padding', 'a list of pairs of integers, [before, after] for each axis', padding);
  }
  if (padding.length > x.ndim)
    throw new ShapeError(`[pad] has ${padding.length} pairs for the ${x.ndim} axes of ${x}.`);
  const pairs = x.shape.map((_, axis) => padding[axis] ?? ([0, 0] as const));
  pairs.forEach(([low, high], axis) => {
    if ((x.shape[axis] ?? 0) + low + high < 0)
      throw new ShapeError(`[pad] cannot crop ${-low - high} elements of axis ${axis} of ${x}.`);
  });
  const low = pairs.map(([n]) => Math.max(n, 0));
  const high = pairs.map(([, n]) => Math.max(n, 0));
  const cropped = (tensor: Tensor): Tensor =>
    slice(
      tensor,
      pairs.map(([n]) => Math.max(-n, 0)),
      pairs.map(([, n], axis) => (tensor.shape[axis] ?? 0) - Math.max(-n, 0)),
    );
  // As PyTorch does, a circle closes over what is left; the other borders are made of all of x.
  let padded = mode === 'circular' ? cropped(x) : x;
  if ([...low, ...high].some((n) => n > 0)) {
    if (mode === 'constant')
      padded = tensorOf(makeNode('pad', [nodeOf(x)], { low, high, interior: low.map(() => 0), value }));
    else
      for (let axis = 0; axis < x.ndim; axis++) padded = bordered(padded, axis, low[axis] ?? 0, high[axis] ?? 0, mode);
  }
  return mode === 'circular' ? padded : cropped(padded);
}

/** Borders of elements of x itself, along one axis. */
function bordered(x: Tensor, axis: number, low: number, high: number, mode: Exclude<PaddingMode, 'constant'>): Tensor {
  if (low === 0 && high === 0) return x;
  const extent = x.shape[axis] ?? 0;
  const most = mode === 'reflect' ? extent - 1 : mode === 'circular' ? extent : extent === 0 ? 0 : Infinity;
  if (Math.max(low, high) > most) {
    throw new ShapeError(
      `[pad] mode '${mode}' can add at most ${Math.max(most, 0)} elements to a side of axis ${axis} of ${x}, not ${Math.max(low, high)}.`,
    );
  }
  const repeated = (start: number, count: number): Tensor => {
    const edge = narrow(x, axis, start, 1);
    return edge.broadcastTo(edge.shape.map((n, i) => (i === axis ? count : n)));
  };
  const [before, after] =
    mode === 'reflect'
      ? [flip(narrow(x, axis, 1, low), axis), flip(narrow(x, axis, extent - 1 - high, high), axis)]
      : mode === 'circular'
        ? [narrow(x, axis, extent - low, low), narrow(x, axis, 0, high)]
        : [repeated(0, low), repeated(extent - 1, high)];
  return concat([...(low > 0 ? [before] : []), x, ...(high > 0 ? [after] : [])], axis);
}
