/** Arguments of convolutions, checked as far as they can be without the input's channels. */
import { ArgumentError } from '@hebb/tensor';
import { checkOptions, describe, oneOf, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import { perAxis, requirePositiveIntegers } from '../module/checks.ts';

/** Extents of a layer's windows: one for all axes, or one for each. */
export type Extents = number | readonly number[];

export interface ConvOptions {
  /** Default 1. */
  stride?: Extents;
  /** Elements added on both sides of each axis, or 'same' (the output is as large as the input; stride 1 only), or 'valid'. Default 0. */
  padding?: Extents | 'same' | 'valid';
  /** What is added: zeros, or elements of the input. Default 'zeros'. */
  paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
  /** Distance between kernel elements. Default 1. */
  dilation?: Extents;
  /** Number of blocks of channels that do not see each other. Default 1. */
  groups?: number;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

export interface ConvTransposeOptions {
  /** Distance of the kernel's copies in the output. Default 1. */
  stride?: Extents;
  /** Elements cut off both sides of each output axis. Default 0. */
  padding?: Extents;
  /** Elements more at the end of each output axis, less than the stride or the dilation. Default 0. */
  outputPadding?: Extents;
  /** Distance between kernel elements. Default 1. */
  dilation?: Extents;
  /** Number of blocks of channels that do not see each other. Default 1. */
  groups?: number;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

export const convOptions: OptionNames<ConvOptions> = {
  stride: true,
  padding: true,
  paddingMode: oneOf('zeros', 'reflect', 'replicate', 'circular'),
  dilation: true,
  groups: true,
  bias: requireBoolean,
};

export const convTransposeOptions: OptionNames<ConvTransposeOptions> = {
  stride: true,
  padding: true,
  outputPadding: true,
  dilation: true,
  groups: true,
  bias: requireBoolean,
};

interface Common {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly bias: boolean;
}

export interface ConvSettings extends Common {
  readonly padding: readonly number[] | 'same' | 'valid';
  readonly paddingMode: NonNullable<ConvOptions['paddingMode']>;
}

export interface ConvTransposeSettings extends Common {
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
}

function commonSettings(
  layer: string,
  axes: number,
  outChannels: number,
  kernelSize: Extents,
  { stride = 1, dilation = 1, groups = 1, bias = true }: ConvOptions | ConvTransposeOptions,
): Common {
  requirePositiveIntegers(layer, { groups });
  requireDivisible(layer, `${outChannels} output`, outChannels, groups);
  return {
    kernelSize: perAxis(layer, 'kernelSize', kernelSize, axes, 1),
    stride: perAxis(layer, 'stride', stride, axes, 1),
    dilation: perAxis(layer, 'dilation', dilation, axes, 1),
    groups,
    bias,
  };
}

export function convSettings(
  layer: string,
  axes: number,
  outChannels: number,
  kernelSize: Extents,
  options: ConvOptions,
): ConvSettings {
  checkOptions(layer, options, convOptions);
  const common = commonSettings(layer, axes, outChannels, kernelSize, options);
  const { padding = 0, paddingMode = 'zeros', stride } = options;
  if (padding === 'same' && common.stride.some((n) => n !== 1))
    throw new ArgumentError(`[${layer}] padding 'same' needs stride 1, not ${describe(stride)}.`);
  const border = padding === 'same' || padding === 'valid' ? padding : perAxis(layer, 'padding', padding, axes, 0);
  return { ...common, padding: border, paddingMode };
}

export function convTransposeSettings(
  layer: string,
  axes: number,
  outChannels: number,
  kernelSize: Extents,
  options: ConvTransposeOptions,
): ConvTransposeSettings {
  checkOptions(layer, options, convTransposeOptions);
  const common = commonSettings(layer, axes, outChannels, kernelSize, options);
  const { padding = 0, outputPadding = 0 } = options;
  const more = perAxis(layer, 'outputPadding', outputPadding, axes, 0);
  if (more.some((n, axis) => n >= Math.max(common.stride[axis] ?? 1, common.dilation[axis] ?? 1)))
    throw new ArgumentError(
      `[${layer}] outputPadding [${more.join(', ')}] must be less than the stride [${common.stride.join(', ')}] or the dilation [${common.dilation.join(', ')}].`,
    );
  return { ...common, padding: perAxis(layer, 'padding', padding, axes, 0), outputPadding: more };
}

/** Throws {@link ArgumentError} unless the channels divide into the groups. */
export function requireDivisible(layer: string, said: string, channels: number, groups: number): void {
  if (channels % groups !== 0)
    throw new ArgumentError(`[${layer}] ${said} channels do not divide into ${groups} groups.`);
}
