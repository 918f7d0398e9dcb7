/** Norms over sliding windows. */
import { checkOptions, requireBoolean, wrongArgument, type OptionNames } from '../arguments/index.ts';
import type { Tensor } from '../tensor.ts';
import { avgPool1d, avgPool2d, avgPool3d, requireImage, type AveragePoolingOptions } from './pooling.ts';
import { perAxis } from './convolution.ts';
import { inFloat32 } from './operands.ts';

export interface LpPoolingOptions {
  /** Default: the kernel size, so that windows do not overlap. */
  stride?: number | readonly number[] | undefined;
  /** Whether a last window counts that reaches past the end. Default false. */
  ceilMode?: boolean;
}

const lpPoolOptions: OptionNames<LpPoolingOptions> = { stride: true, ceilMode: requireBoolean };

function lpPool(
  op: string,
  average: (x: Tensor, kernelSize: readonly number[], options: AveragePoolingOptions) => Tensor,
  axes: number,
  x: Tensor,
  p: number,
  kernelSize: number | readonly number[],
  options: LpPoolingOptions,
): Tensor {
  requireImage(op, x, axes);
  if (!Number.isFinite(p) || p <= 0) throw wrongArgument(op, 'p', 'a finite number > 0', p);
  checkOptions(op, options, lpPoolOptions);
  const kernel = perAxis(op, 'kernelSize', kernelSize, axes, 1);
  const { stride = kernel, ceilMode = false } = options;
  perAxis(op, 'stride', stride, axes, 1);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => lpPool(op, average, axes, wide, p, kernelSize, options));
  const mean = average(x.to('float32').pow(p), kernel, { stride, ceilMode });
  const sum = mean.mul(kernel.reduce((product, k) => product * k, 1));
  // The root has an infinite slope at 0; PyTorch takes 0 for it.
  const isZero = sum.equal(0);
  return isZero.where(0, isZero.where(1, sum).pow(1 / p));
}

/**
 * (Σ xᵖ)^(1/p) over sliding windows, float16 of float16, else float32: [n, c, h, w] → [n, c, oh, ow], sizes as in {@link maxPool2d} without padding. Its gradient is 0 where the sum is. With `ceilMode`
 * elements past the end count as the mean of the window's others, as in PyTorch.
 *
 * Throws {@link ShapeError} where x has not four axes or no window fits, {@link ArgumentError} for other p than finite ones > 0 and options out of range.
 *
 * ```ts
 * await lpPool2d(tensor([[[[1, 2], [2, 4]]]]), 2, 2).toArray(); // [[[[5]]]]
 * ```
 */
export function lpPool2d(
  x: Tensor,
  p: number,
  kernelSize: number | readonly number[],
  options: LpPoolingOptions = {},
): Tensor {
  return lpPool('lpPool2d', avgPool2d, 2, x, p, kernelSize, options);
}

/**
 * (Σ xᵖ)^(1/p) over sliding windows: [n, c, l] → [n, c, ol]; as {@link lpPool2d}.
 *
 * ```ts
 * await lpPool1d(tensor([[[3, 4, 6, 8]]]), 2, 2).toArray(); // [[[5, 10]]]
 * ```
 */
export function lpPool1d(
  x: Tensor,
  p: number,
  kernelSize: number | readonly number[],
  options: LpPoolingOptions = {},
): Tensor {
  return lpPool('lpPool1d', avgPool1d, 1, x, p, kernelSize, options);
}

/**
 * (Σ xᵖ)^(1/p) over sliding windows: [n, c, d, h, w] → [n, c, od, oh, ow]; as {@link lpPool2d}.
 *
 * ```ts
 * lpPool3d(zeros([1, 2, 4, 4, 4]), 2, 2).shape; // [1, 2, 2, 2, 2]
 * ```
 */
export function lpPool3d(
  x: Tensor,
  p: number,
  kernelSize: number | readonly number[],
  options: LpPoolingOptions = {},
): Tensor {
  return lpPool('lpPool3d', avgPool3d, 3, x, p, kernelSize, options);
}
