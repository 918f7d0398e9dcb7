/** What convolutions and their transposes are alike in: channels, kernels between them, and the extents of windows. */
import type { Tensor } from '@hebb/tensor';
import { typeNameOf } from '@hebb/tensor/arguments';
import { defaultWeights } from '../initialization/fans.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { requireDivisible, type ConvSettings, type ConvTransposeSettings } from './settings.ts';

/** `3 → 8, 3×3`. */
export function kernelsInWords(layer: {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
}): string {
  return `${layer.inChannels} → ${layer.outChannels}, ${layer.kernelSize.join('×')}`;
}

/** A layer with a kernel for each pair of channels in a group. */
export abstract class KernelLayer<
  S extends ConvSettings | ConvTransposeSettings,
  Inputs extends readonly unknown[] = Tensor[],
> extends Module<Inputs> {
  static override readonly positional: readonly string[] = ['inChannels', 'outChannels', 'kernelSize'];

  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: S['padding'];
  readonly dilation: readonly number[];
  readonly groups: number;
  weight: Tensor;
  bias: Tensor | undefined;

  /** @param isTransposed - whether the weight has an entry for each of the inputs' channels, with those of the outputs in it. */
  constructor(
    inChannels: number,
    outChannels: number,
    settingsOf: (layer: string, axes: number) => S,
    isTransposed: boolean,
  ) {
    super();
    const layer = typeNameOf(this);
    requirePositiveIntegers(layer, { inChannels, outChannels });
    const { kernelSize, stride, padding, dilation, groups, bias } = settingsOf(layer, this.axes());
    requireDivisible(layer, `${inChannels} input and ${outChannels} output`, inChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.groups = groups;
    const channels = isTransposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
    const initial = defaultWeights([...channels, ...kernelSize], bias, outChannels);
    this.weight = parameter(initial.weight);
    this.bias = initial.bias && parameter(initial.bias);
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  override describe(): string {
    return `${super.describe()} ${kernelsInWords(this)}`;
  }
}
