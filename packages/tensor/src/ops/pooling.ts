/** Sliding windows and what is computed over them. */
import { checkOptions, describe, wrongArgument, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { windowCount } from '../graph/primitives.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { composite, type CompositeDefinition } from './composite.ts';
import { perAxis } from './convolution.ts';
import { pad } from './padding.ts';

export interface WindowOptions {
  /** Default: 1. */
  stride?: number | readonly number[];
  /** Default: 1. */
  dilation?: number | readonly number[];
}

export interface PoolingOptions {
  /** Default: the kernel size, so that windows do not overlap. */
  stride?: number | readonly number[] | undefined;
  /** Border on both sides of each axis; at most half of the kernel size. Default 0. */
  padding?: number | readonly number[];
  /** Distance between the elements of a window (maximum pooling only). Default 1. */
  dilation?: number | readonly number[];
}

const windowOptions: OptionNames<WindowOptions> = { stride: true, dilation: true };
const maxPoolOptions: OptionNames<PoolingOptions> = { stride: true, padding: true, dilation: true };
const averagePoolOptions: OptionNames<Omit<PoolingOptions, 'dilation'>> = { stride: true, padding: true };

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

type Pooling = {
  readonly kernel: number[];
  readonly stride: number[];
  readonly padding: number[];
  readonly dilation: number[];
};

function resolvePooling(
  op: string,
  x: Tensor,
  kernelSize: number | readonly number[],
  options: PoolingOptions,
): Pooling {
  requireTensor(op, 'x', x);
  if (x.ndim !== 4) throw new ShapeError(`[${op}] takes [batch, channels, height, width], not ${x}.`);
  const kernel = perAxis(op, 'kernelSize', kernelSize, 2, 1);
  const { stride: strides = kernel, padding: border = 0, dilation: gaps = 1 } = options;
  const stride = perAxis(op, 'stride', strides, 2, 1);
  const padding = perAxis(op, 'padding', border, 2, 0);
  const dilation = perAxis(op, 'dilation', gaps, 2, 1);
  if (padding.some((n, axis) => n > (kernel[axis] ?? 0) / 2)) {
    throw new ArgumentError(
      `[${op}] padding [${padding.join(', ')}] is more than half of the kernel size [${kernel.join(', ')}].`,
    );
  }
  const counts = kernel.map((k, axis) =>
    windowCount((x.shape[axis + 2] ?? 0) + 2 * (padding[axis] ?? 0), k, stride[axis] ?? 1, dilation[axis] ?? 1),
  );
  if (counts.some((n) => n < 1))
    throw new ShapeError(
      `[${op}] a window of [${kernel.join(', ')}] does not fit into ${x} with padding [${padding.join(', ')}].`,
    );
  return { kernel, stride, padding, dilation };
}

/** Windows of a padded image as one last axis: [n, c, oh, ow, kh·kw]. */
function windowsOf(x: Tensor, { kernel, stride, padding, dilation }: Pooling, value: number): Tensor {
  const padded = pad(x, [[0, 0], [0, 0], ...padding.map((n) => [n, n] as const)], { value });
  const windows = unfold(padded, kernel, { stride, dilation });
  return windows.reshape([...windows.shape.slice(0, 4), (kernel[0] ?? 1) * (kernel[1] ?? 1)]);
}

export const maxPoolDefinition: CompositeDefinition<Pooling> = {
  name: 'maxPool',
  body: (pooling, x) => windowsOf(x, pooling, -Infinity).max(-1),
  gradient(pooling, cotangent, _output, x) {
    const { kernel, stride, padding, dilation } = pooling;
    const windows = windowsOf(x, pooling, -Infinity);
    const winner = windows.detach().argmax(-1, { keepDims: true });
    const routed = tensorOf(makeNode('iota', [], { shape: windows.shape, axis: windows.ndim - 1 }))
      .equal(winner)
      .where(cotangent.unsqueeze(-1), 0);
    const split = routed.reshape([...windows.shape.slice(0, 4), ...kernel]);
    const [height = 0, width = 0] = x.shape.slice(2);
    const [top = 0, left = 0] = padding;
    const spread = fold(split, [height + 2 * top, width + 2 * left], { stride, dilation });
    return [
      pad(spread, [
        [0, 0],
        [0, 0],
        [-top, -top],
        [-left, -left],
      ]),
    ];
  },
};

/**
 * The maximum over sliding windows: [n, c, h, w] → [n, c, oh, ow], oh = ⌊(h + 2·padding − dilation·(k − 1) − 1) /
 * stride⌋ + 1. Padding counts as −∞. The gradient goes to the first maximum of each window, as in PyTorch.
 *
 * Throws {@link ShapeError} where x has not four axes or no window fits, {@link ArgumentError} for options out of
 * range.
 *
 * ```ts
 * await maxPool2d(tensor([[[[1, 2], [3, 4]]]]), 2).toArray(); // [[[[4]]]]
 * maxPool2d(zeros([8, 16, 28, 28]), 2).shape; // [8, 16, 14, 14]
 * ```
 */
export function maxPool2d(x: Tensor, kernelSize: number | readonly number[], options: PoolingOptions = {}): Tensor {
  checkOptions('maxPool2d', options, maxPoolOptions);
  return composite(maxPoolDefinition, resolvePooling('maxPool2d', x, kernelSize, options), [x]);
}

export const averagePoolDefinition: CompositeDefinition<Pooling> = {
  name: 'averagePool',
  body: (pooling, x) => windowsOf(x, pooling, 0).mean(-1),
};

/**
 * The mean over sliding windows: [n, c, h, w] → [n, c, oh, ow], sizes as in {@link maxPool2d}. Padding counts as zeros
 * that are part of the mean (PyTorch's `count_include_pad`).
 *
 * Throws {@link ShapeError} where x has not four axes or no window fits, {@link ArgumentError} for options out of
 * range.
 *
 * ```ts
 * await avgPool2d(tensor([[[[1, 2], [3, 4]]]]), 2).toArray(); // [[[[2.5]]]]
 * ```
 */
export function avgPool2d(
  x: Tensor,
  kernelSize: number | readonly number[],
  options: Omit<PoolingOptions, 'dilation'> = {},
): Tensor {
  checkOptions('avgPool2d', options, averagePoolOptions);
  return composite(averagePoolDefinition, resolvePooling('avgPool2d', x, kernelSize, options), [x]);
}
