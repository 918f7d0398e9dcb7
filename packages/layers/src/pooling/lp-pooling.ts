import { lpPool1d, lpPool2d, lpPool3d, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { perAxis, requirePositive } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { withBatch } from '../module/single.ts';

export interface LPPoolOptions {
  /** Default: the kernel size, so that windows do not overlap. */
  stride?: number | readonly number[];
  /** Whether a last window counts that reaches past the end. Default false. */
  ceilMode?: boolean;
}

const lpOptions: OptionNames<LPPoolOptions> = { stride: true, ceilMode: requireBoolean };

const functions = { 1: lpPool1d, 2: lpPool2d, 3: lpPool3d };

/** What LPPool1d, LPPool2d and LPPool3d share. */
abstract class LPPooling extends Module {
  static override readonly positional: readonly string[] = ['normType', 'kernelSize'];
  static override readonly options: ModuleOptions = lpOptions;

  readonly normType: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly ceilMode: boolean;

  constructor(normType: number, kernelSize: number | readonly number[], options: LPPoolOptions = {}) {
    super();
    const layer = typeNameOf(this);
    const axes = this.axes();
    checkOptions(layer, options, lpOptions);
    requirePositive(layer, 'normType', normType);
    const { stride = kernelSize, ceilMode = false } = options;
    this.normType = normType;
    this.kernelSize = perAxis(layer, 'kernelSize', kernelSize, axes, 1);
    this.stride = perAxis(layer, 'stride', stride, axes, 1);
    this.ceilMode = ceilMode;
  }

  /** Number of spatial axes. */
  protected abstract axes(): 1 | 2 | 3;

  forward(x: Tensor): Tensor {
    const { normType, kernelSize, stride, ceilMode } = this;
    const axes = this.axes();
    return withBatch(axes, [x], (batch) => functions[axes](batch, normType, kernelSize, { stride, ceilMode }));
  }

  override describe(): string {
    return `${super.describe()} ${this.normType}, ${this.kernelSize.join('×')}`;
  }
}

/**
 * (Σ xᵖ)^(1/p) over sliding windows, p = `normType`; p = 1 sums, p → ∞ comes near the maximum. The gradient is 0 where the sum is. With `ceilMode` elements past
 * the end count as the mean of the window's others, as in PyTorch.
 *
 * Shape: x [batch, channels, h, w] → [batch, channels, h', w'] with h' = ⌊(h − kernelSize) / stride⌋ + 1.
 *
 * Throws `ShapeError` where the input does not fit, `ArgumentError` for options out of range.
 *
 * ```ts
 * await new LPPool2d(2, 2).forward(tensor([[[[1, 2], [2, 4]]]])).toArray();  // [[[[5]]]]
 * ```
 */
export class LPPool2d extends LPPooling {
  static override readonly type: string = 'LPPool2d';

  protected override axes(): 2 {
    return 2;
  }
}

/**
 * (Σ xᵖ)^(1/p) over sliding windows of sequences: x [batch, channels, length]. As {@link LPPool2d}.
 *
 * ```ts
 * await new LPPool1d(2, 2).forward(tensor([[[3, 4, 6, 8]]])).toArray();  // [[[5, 10]]]
 * ```
 */
export class LPPool1d extends LPPooling {
  static override readonly type: string = 'LPPool1d';

  protected override axes(): 1 {
    return 1;
  }
}

/**
 * (Σ xᵖ)^(1/p) over sliding windows of volumes: x [batch, channels, depth, h, w]. As {@link LPPool2d}.
 *
 * ```ts
 * new LPPool3d(2, 2).forward(zeros([1, 2, 4, 4, 4])).shape;  // [1, 2, 2, 2, 2]
 * ```
 */
export class LPPool3d extends LPPooling {
  static override readonly type: string = 'LPPool3d';

  protected override axes(): 3 {
    return 3;
  }
}
