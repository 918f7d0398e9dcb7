/** Sliding windows over the last axes. */
import { checkOptions, describe, wrongArgument, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { windowCount } from '../graph/primitives.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { perAxis } from './convolution.ts';

export interface WindowOptions {
  /** Default: 1. */
  stride?: number | readonly number[];
  /** Default: 1. */
  dilation?: number | readonly number[];
}

const windowOptions: OptionNames<WindowOptions> = { stride: true, dilation: true };

/** One extent for each of the last axes of x. */
function requireExtents(op: string, name: string, extents: readonly number[], minimum: number): void {
  if (Array.isArray(extents) && extents.length > 0 && extents.every((n) => Number.isInteger(n) && n >= minimum)) return;
  const hint = typeof extents === 'number' ? `Write [${extents}] for the last axis alone.` : undefined;
  throw wrongArgument(op, name, `a list of integers ≥ ${minimum}, one for each of the last axes`, extents, hint);
}

/**
 * All windows over the last `kernelSize.length` axes: [..., S] → [..., O, K] with O = ⌊(S − dilation·(K − 1) − 1) /
 * stride⌋ + 1. The dtype of x.
 *
 * Throws {@link ArgumentError} for options out of range, {@link ShapeError} where no window fits.
 *
 * ```ts
 * await unfold(tensor([1, 2, 3, 4]), [2]).toArray(); // [[1, 2], [2, 3], [3, 4]]
 * ```
 *
 * PyTorch's `unfold(x, [ky, kx], padding=[py, px])` of images [n, c, h, w] gives the windows as columns, [n, c·ky·kx, L]. Those are these windows with the kernel's
 * axes first, of images with a border of zeros; {@link fold} has the way back:
 *
 * ```ts
 * const images = tensor([[[[1, 2], [3, 4]]]]);
 * const bordered = pad(images, [[0, 0], [0, 0], [0, 0], [1, 1]]); // PyTorch's padding=[0, 1]
 * const windows = unfold(bordered, [2, 2]);
 * const [n = 0, c = 0, oy = 0, ox = 0, ky = 0, kx = 0] = windows.shape; // [1, 1, 1, 3, 2, 2]
 * const columns = windows.permute([0, 1, 4, 5, 2, 3]).reshape([n, c * ky * kx, oy * ox]);
 * await columns.toArray(); // [[[0, 1, 2], [1, 2, 0], [0, 3, 4], [3, 4, 0]]]
 * ```
 */
export function unfold(x: Tensor, kernelSize: readonly number[], options: WindowOptions = {}): Tensor {
  requireTensor('unfold', 'x', x);
  requireExtents('unfold', 'kernelSize', kernelSize, 1);
  checkOptions('unfold', options, windowOptions);
  const { stride = 1, dilation = 1 } = options;
  const axes = kernelSize.length;
  if (axes > x.ndim)
    throw new ShapeError(`[unfold] windows of ${axes} axes, ${describe(kernelSize)}, do not fit into ${x}.`);
  return tensorOf(
    makeNode('unfold', [nodeOf(x)], {
      kernel: perAxis('unfold', 'kernelSize', kernelSize, axes, 1),
      stride: perAxis('unfold', 'stride', stride, axes, 1),
      dilation: perAxis('unfold', 'dilation', dilation, axes, 1),
    }),
  );
}

/**
 * The transpose of {@link unfold}: [..., O, K] → [..., size], where overlapping windows add up.
 *
 * Throws {@link ShapeError} where x does not hold the windows of an input of that size.
 *
 * ```ts
 * await fold(tensor([[1, 2], [3, 4]]), [3]).toArray(); // [1, 5, 4]
 * ```
 *
 * Of PyTorch's columns [n, c·ky·kx, L] the windows are a reshape and a permutation, and what was added as a border is cropped at the end:
 *
 * ```ts
 * const columns = tensor([[[0, 1, 2], [1, 2, 0], [0, 3, 4], [3, 4, 0]]]); // of windows of [2, 2], padding=[0, 1]
 * const windows = columns.reshape([1, 1, 2, 2, 1, 3]).permute([0, 1, 4, 5, 2, 3]); // what unfold gives
 * const images = pad(fold(windows, [2, 4]), [[0, 0], [0, 0], [0, 0], [-1, -1]]);
 * await images.toArray(); // [[[[2, 4], [6, 8]]]]
 * ```
 */
export function fold(x: Tensor, size: readonly number[], options: WindowOptions = {}): Tensor {
  requireTensor('fold', 'x', x);
  requireExtents('fold', 'size', size, 0);
  checkOptions('fold', options, windowOptions);
  const { stride = 1, dilation = 1 } = options;
  const axes = size.length;
  const steps = perAxis('fold', 'stride', stride, axes, 1);
  const gaps = perAxis('fold', 'dilation', dilation, axes, 1);
  const kernel = x.shape.slice(x.ndim - axes);
  const counts = x.shape.slice(x.ndim - 2 * axes, x.ndim - axes);
  if (
    x.ndim < 2 * axes ||
    size.some((n, axis) => windowCount(n, kernel[axis] ?? 1, steps[axis] ?? 1, gaps[axis] ?? 1) !== counts[axis])
  ) {
    throw new ShapeError(
      `[fold] ${x} does not hold the windows [${kernel.join(', ')}] of an input of size [${size.join(', ')}] at stride [${steps.join(', ')}].`,
    );
  }
  return tensorOf(makeNode('fold', [nodeOf(x)], { size, kernel, stride: steps, dilation: gaps }));
}
