/** Transposed convolution: the linear map whose matrix is that of a convolution, transposed. */
import { checkOptions, describe, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { makeNode } from '../graph/node.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { perAxis } from './convolution.ts';
import { castNode, commonDType, floatingDType } from './operands.ts';

export interface TransposedConvolutionOptions {
  /** [out]; added to every output channel. */
  bias?: Tensor | undefined;
  /** Distance of the kernel's copies in the output. Default 1. */
  stride?: number | readonly number[];
  /** Elements cut off both sides of each output axis: the padding of the convolution that this is the transpose of. Default 0. */
  padding?: number | readonly number[];
  /** Elements more at the end of each output axis, less than the stride or the dilation: which of the input sizes that a strided convolution maps to one output. Default 0. */
  outputPadding?: number | readonly number[];
  /** Distance between kernel elements. Default 1. */
  dilation?: number | readonly number[];
  /** Number of blocks of channels that do not see each other. Default 1. */
  groups?: number;
}

const transposedOptions: OptionNames<TransposedConvolutionOptions> = {
  bias: true,
  stride: true,
  padding: true,
  outputPadding: true,
  dilation: true,
  groups: true,
};

function transposedConvolution(
  op: string,
  axes: number,
  x: Tensor,
  weight: Tensor,
  options: TransposedConvolutionOptions,
): Tensor {
  requireTensor(op, 'the input', x);
  requireTensor(op, 'the weight', weight);
  checkOptions(op, options, transposedOptions);
  const { bias, groups = 1, stride: strides = 1, dilation: gaps = 1, padding: border = 0, outputPadding = 0 } = options;
  if (bias !== undefined) requireTensor(op, 'the bias', bias);
  const reasons: string[] = [];
  if (x.ndim !== axes + 2) reasons.push(`the input needs ${axes + 2} axes [batch, channels, …], not ${x.ndim}`);
  if (weight.ndim !== axes + 2)
    reasons.push(`the weight needs ${axes + 2} axes [in, out / groups, …], not ${weight.ndim}`);
  const [inChannels = 0, outPerGroup = 0] = weight.shape;
  if (!Number.isInteger(groups) || groups < 1) reasons.push(`groups must be an integer ≥ 1, not ${describe(groups)}`);
  else if (reasons.length === 0) {
    if (x.shape[1] !== inChannels) reasons.push(`the input has ${x.shape[1]} channels, the weight takes ${inChannels}`);
    if (inChannels % groups !== 0) reasons.push(`the ${inChannels} input channels do not divide into ${groups} groups`);
  }
  const outChannels = outPerGroup * (Number.isInteger(groups) ? groups : 1);
  if (bias !== undefined && (bias.ndim !== 1 || bias.shape[0] !== outChannels))
    reasons.push(`the bias must be [${outChannels}], not [${bias.shape.join(', ')}]`);
  if (reasons.length > 0)
    throw new ShapeError(`[${op}] cannot convolve ${x} with weight ${weight}: ${reasons.join('; ')}.`, {
      hint: 'Shapes are [batch, in, …] of the input, [in, out / groups, …] of the weight, [out] of the bias.',
    });

  const stride = perAxis(op, 'stride', strides, axes, 1);
  const dilation = perAxis(op, 'dilation', gaps, axes, 1);
  const padding = perAxis(op, 'padding', border, axes, 0);
  const more = perAxis(op, 'outputPadding', outputPadding, axes, 0);
  if (more.some((n, axis) => n >= Math.max(stride[axis] ?? 1, dilation[axis] ?? 1))) {
    throw new ArgumentError(
      `[${op}] outputPadding [${more.join(', ')}] must be less than the stride [${stride.join(', ')}] or the dilation [${dilation.join(', ')}].`,
    );
  }
  const kernel = weight.shape.slice(2);
  const inputSize = x.shape.slice(2).map((n, axis) => {
    const reach = (dilation[axis] ?? 1) * ((kernel[axis] ?? 1) - 1);
    return (n - 1) * (stride[axis] ?? 1) - 2 * (padding[axis] ?? 0) + reach + (more[axis] ?? 0) + 1;
  });
  if (inputSize.some((n) => n < 1)) {
    throw new ShapeError(
      `[${op}] of ${x} with the kernel [${kernel.join(', ')}] and padding [${padding.join(', ')}] has no elements: its size were [${inputSize.join(', ')}].`,
    );
  }
  // The convolution that this is the transpose of: it must have x's size, also where the output padding is longer than a stride.
  const paddingHigh = padding.map((n, axis) => {
    const extra = more[axis] ?? 0;
    return n - (extra - (extra % (stride[axis] ?? 1)));
  });
  const dtype = floatingDType(commonDType(x.dtype, weight.dtype));
  const operands = [x, weight].map((operand) => castNode(nodeOf(operand), dtype));
  const geometry = { stride, dilation, paddingLow: padding, paddingHigh, groups, inputSize };
  const result = tensorOf(makeNode('convInputGradient', operands, geometry));
  return bias === undefined ? result : result.add(bias.reshape([bias.size, ...kernel.map(() => 1)]));
}

/**
 * Two-dimensional transposed convolution, as `torch.nn.functional.conv_transpose2d`; float16 of float16, else float32: every element of x puts a copy of the kernel, times
 * itself, into the output, `stride` apart; what overlaps adds up:
 *
 * y[b, o, i·s + u·d − p, j·s + v·d − p] += x[b, c, i, j] · w[c, o, u, v].
 *
 * Throws {@link ShapeError} with everything that does not fit, {@link ArgumentError} for options out of range.
 *
 * ```ts
 * await convTranspose2d(tensor([[[[1, 2]]]]), ones([1, 1, 1, 2])).toArray(); // [[[[1, 3, 2]]]]
 * convTranspose2d(zeros([8, 16, 7, 7]), zeros([16, 4, 3, 3]), { stride: 2, padding: 1, outputPadding: 1 }).shape; // [8, 4, 14, 14]
 * ```
 *
 * @param x - [batch, in, height, width]
 * @param weight - [in, out / groups, kernelHeight, kernelWidth]
 * @returns [batch, out, outHeight, outWidth], outHeight = (height − 1)·s − 2·p + d·(kernelHeight − 1) + outputPadding + 1
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: TransposedConvolutionOptions = {}): Tensor {
  return transposedConvolution('convTranspose2d', 2, x, weight, options);
}

/**
 * One-dimensional transposed convolution: x [batch, in, length], weight [in, out / groups, kernel] → [batch, out, outLength]. Sizes, options
 * and errors as in {@link convTranspose2d}.
 *
 * ```ts
 * await convTranspose1d(tensor([[[1, 2]]]), ones([1, 1, 2]), { stride: 2 }).toArray(); // [[[1, 1, 2, 2]]]
 * ```
 */
export function convTranspose1d(x: Tensor, weight: Tensor, options: TransposedConvolutionOptions = {}): Tensor {
  return transposedConvolution('convTranspose1d', 1, x, weight, options);
}

/**
 * Three-dimensional transposed convolution: x [batch, in, depth, height, width], weight [in, out / groups, kernelDepth, kernelHeight,
 * kernelWidth] → [batch, out, outDepth, outHeight, outWidth]. Sizes, options and errors as in {@link convTranspose2d}.
 *
 * ```ts
 * convTranspose3d(zeros([1, 4, 4, 4, 4]), zeros([4, 2, 2, 2, 2]), { stride: 2 }).shape; // [1, 2, 8, 8, 8]
 * ```
 */
export function convTranspose3d(x: Tensor, weight: Tensor, options: TransposedConvolutionOptions = {}): Tensor {
  return transposedConvolution('convTranspose3d', 3, x, weight, options);
}
