/** Convolution in PyTorch's layout: images [batch, channels, ...spatial], weights [out, in / groups, ...kernel]. */
import { checkOptions, describe, requireOneOf, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { largestSize } from '../graph/types.ts';
import type { ConvolutionAttributes } from '../graph/attributes.ts';
import { convolutionOutputSize } from '../graph/primitives.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { castNode, commonDType, floatingDType } from './operands.ts';
import { pad } from './padding.ts';

export interface ConvolutionOptions {
  /** [out]; added to every output channel. */
  bias?: Tensor | undefined;
  /** Default 1. */
  stride?: number | readonly number[];
  /** Elements added on both sides of each axis, or 'same' (output extent = input extent; stride 1 only), or 'valid'. Default 0. */
  padding?: number | readonly number[] | 'same' | 'valid';
  /** What is added: 'zeros' (default), or elements of the input as by the modes of {@link pad}. */
  paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
  /** Distance between kernel elements. Default 1. */
  dilation?: number | readonly number[];
  /** Number of blocks of channels that do not see each other. Default 1. */
  groups?: number;
}

const convolutionOptions: OptionNames<ConvolutionOptions> = {
  bias: true,
  stride: true,
  padding: true,
  paddingMode: true,
  dilation: true,
  groups: true,
};

/** One positive (or, where `zero` is allowed, non-negative) integer per spatial axis. */
export function perAxis(
  op: string,
  name: string,
  value: number | readonly number[],
  axes: number,
  minimum: number,
): number[] {
  const list = typeof value === 'number' ? new Array<number>(axes).fill(value) : Array.isArray(value) ? [...value] : [];
  if (list.length !== axes || list.some((n) => !Number.isInteger(n) || n < minimum || n > largestSize)) {
    throw new ArgumentError(
      `[${op}] ${name} takes one integer ≥ ${minimum} and ≤ ${largestSize} or ${axes} of them, not ${describe(value)}.`,
    );
  }
  return list;
}

type Geometry = { readonly [K in keyof ConvolutionAttributes]: ConvolutionAttributes[K] };

export const convDefinition: CompositeDefinition<Geometry> = {
  name: 'conv',
  body(geometry, x, weight, bias) {
    const dtype = floatingDType(commonDType(x.dtype, weight.dtype));
    const operands = [x, weight].map((operand) => castNode(nodeOf(operand), dtype));
    const result = tensorOf(makeNode('conv', operands, geometry));
    return bias === undefined ? result : result.add(bias.reshape([bias.size, ...geometry.stride.map(() => 1)]));
  },
};

function convolution(op: string, axes: number, x: Tensor, weight: Tensor, options: ConvolutionOptions): Tensor {
  requireTensor(op, 'the input', x);
  requireTensor(op, 'the weight', weight);
  checkOptions(op, options, convolutionOptions);
  const reasons: string[] = [];
  const { bias, stride: strides = 1, dilation: gaps = 1, groups = 1 } = options;
  if (bias !== undefined) requireTensor(op, 'the bias', bias);
  if (x.ndim !== axes + 2) reasons.push(`the input needs ${axes + 2} axes [batch, channels, …], not ${x.ndim}`);
  if (weight.ndim !== axes + 2)
    reasons.push(`the weight needs ${axes + 2} axes [out, in / groups, …], not ${weight.ndim}`);
  const outChannels = weight.shape[0] ?? 0;
  if (!Number.isInteger(groups) || groups < 1) reasons.push(`groups must be an integer ≥ 1, not ${describe(groups)}`);
  else if (reasons.length === 0) {
    const expected = (weight.shape[1] ?? 0) * groups;
    if (x.shape[1] !== expected) reasons.push(`the input has ${x.shape[1]} channels, the weight takes ${expected}`);
    if (outChannels % groups !== 0)
      reasons.push(`the ${outChannels} output channels do not divide into ${groups} groups`);
  }
  if (bias !== undefined && (bias.ndim !== 1 || bias.shape[0] !== outChannels))
    reasons.push(`the bias must be [${outChannels}], not [${bias.shape.join(', ')}]`);
  if (reasons.length > 0)
    throw new ShapeError(`[${op}] cannot convolve ${x} with weight ${weight}: ${reasons.join('; ')}.`, {
      hint: 'Shapes are [batch, in, …] of the input, [out, in / groups, …] of the weight, [out] of the bias.',
    });

  const kernel = weight.shape.slice(2);
  const stride = perAxis(op, 'stride', strides, axes, 1);
  const dilation = perAxis(op, 'dilation', gaps, axes, 1);
  const { padding = 0 } = options;
  let paddingLow: number[];
  let paddingHigh: number[];
  if (padding === 'same') {
    if (stride.some((n) => n !== 1))
      throw new ArgumentError(`[${op}] padding 'same' needs stride 1, not ${JSON.stringify(options.stride)}.`);
    const total = kernel.map((k, axis) => (dilation[axis] ?? 1) * (k - 1));
    paddingLow = total.map((n) => Math.floor(n / 2));
    paddingHigh = total.map((n) => n - Math.floor(n / 2));
  } else {
    paddingLow = perAxis(op, 'padding', padding === 'valid' ? 0 : padding, axes, 0);
    paddingHigh = paddingLow;
  }
  const { paddingMode = 'zeros' } = options;
  requireOneOf(op, 'paddingMode', paddingMode, ['zeros', 'reflect', 'replicate', 'circular']);
  if (paddingMode !== 'zeros') {
    const border = paddingLow.map((low, axis) => [low, paddingHigh[axis] ?? 0] as const);
    const bordered = pad(x, [[0, 0], [0, 0], ...border], { mode: paddingMode });
    return convolution(op, axes, bordered, weight, { bias, stride: strides, dilation: gaps, groups });
  }
  const attributes: ConvolutionAttributes = { stride, dilation, paddingLow, paddingHigh, groups };
  const size = convolutionOutputSize(x.shape.slice(2), kernel, attributes);
  if (size.some((n) => n < 1)) {
    throw new ShapeError(
      `[${op}] the kernel [${kernel.join(', ')}] (dilation [${dilation.join(', ')}]) is larger than the padded input ${x} (padding [${paddingLow.join(', ')}]).`,
      { hint: 'Use more padding, a smaller kernel or a larger input.' },
    );
  }
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return compose(convDefinition, { stride, dilation, paddingLow, paddingHigh, groups }, inputs);
}

/**
 * Two-dimensional cross-correlation, as `torch.nn.functional.conv2d`; float16 of float16, else float32: with stride s, dilation d and padding p
 *
 * y[b, o, i, j] = bias[o] + Σ over c, u, v of x[b, c, i·s + u·d − p, j·s + v·d − p] · w[o, c, u, v].
 *
 * Throws {@link ShapeError} with everything that does not fit, {@link ArgumentError} for options out of range.
 *
 * ```ts
 * const image = tensor([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]);
 * await conv2d(image, ones([1, 1, 2, 2])).toArray(); // [[[[12, 16], [24, 28]]]]
 * conv2d(zeros([8, 3, 32, 32]), zeros([16, 3, 3, 3]), { stride: 2, padding: 1 }).shape; // [8, 16, 16, 16]
 * ```
 *
 * @param x - [batch, in, height, width]
 * @param weight - [out, in / groups, kernelHeight, kernelWidth]
 * @returns [batch, out, outHeight, outWidth], outHeight = ⌊(height + 2·p − d·(kernelHeight − 1) − 1) / s⌋ + 1
 */
export function conv2d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution('conv2d', 2, x, weight, options);
}

/**
 * One-dimensional cross-correlation: x [batch, in, length], weight [out, in / groups, kernel] → [batch, out,
 * outLength]. Sizes, options and errors as in {@link conv2d}.
 *
 * ```ts
 * await conv1d(tensor([[[1, 2, 3, 4]]]), tensor([[[1, -1]]])).toArray(); // [[[-1, -1, -1]]]
 * ```
 */
export function conv1d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution('conv1d', 1, x, weight, options);
}

/**
 * Three-dimensional cross-correlation: x [batch, in, depth, height, width], weight [out, in / groups, kernelDepth, kernelHeight,
 * kernelWidth] → [batch, out, outDepth, outHeight, outWidth]. Sizes, options and errors as in {@link conv2d}.
 *
 * ```ts
 * conv3d(zeros([1, 2, 8, 8, 8]), zeros([4, 2, 3, 3, 3]), { padding: 'same' }).shape; // [1, 4, 8, 8, 8]
 * ```
 */
export function conv3d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution('conv3d', 3, x, weight, options);
}
