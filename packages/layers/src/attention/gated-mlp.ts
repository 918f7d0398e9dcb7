import type { Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireBoolean, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';

export type GateActivation = 'silu' | 'gelu' | 'relu' | 'sigmoid' | 'identity';

export interface GatedMLPOptions {
  /** What the gate goes through: 'silu' (SwiGLU), 'gelu' (GEGLU), 'relu' (ReGLU), 'sigmoid' (GLU), 'identity' (bilinear). Default 'silu'. */
  activation?: GateActivation;
  /** Features of the result. Default: those of the input. */
  outFeatures?: number;
  /** Whether the three layers add biases. Default false. */
  bias?: boolean;
}

const gatedOptions: OptionNames<GatedMLPOptions> = {
  activation: oneOf('silu', 'gelu', 'relu', 'sigmoid', 'identity'),
  outFeatures: (where, name, value) => requireInteger(where, name, value, 1),
  bias: requireBoolean,
};
const { activation: _, ...swigluOptions } = gatedOptions;

const activations: Readonly<Record<GateActivation, (x: Tensor) => Tensor>> = {
  silu: (x) => x.mul(x.sigmoid()),
  gelu: (x) => x.gelu(),
  relu: (x) => x.relu(),
  sigmoid: (x) => x.sigmoid(),
  identity: (x) => x,
};

/**
 * A feed-forward block with a gate (Shazeer 2020, arXiv:2002.05202): y = down(activation(gate(x)) · up(x)), the three of them linear.
 *
 * Shape: x [..., inFeatures] → [..., outFeatures]. Layers, named as in files of LLaMA: `gate_proj` and `up_proj` inFeatures → hiddenFeatures, `down_proj` hiddenFeatures → outFeatures.
 *
 * Throws {@link ShapeError} where the last axis of x is not inFeatures.
 *
 * ```ts
 * new GatedMLP(16, 44, { activation: 'gelu' }).forward(zeros([2, 5, 16])).shape; // [2, 5, 16]
 * ```
 */
export class GatedMLP extends Module {
  static override readonly type: string = 'GatedMLP';
  static override readonly positional: readonly string[] = ['inFeatures', 'hiddenFeatures'];
  static override readonly options: ModuleOptions = gatedOptions;

  readonly inFeatures: number;
  readonly hiddenFeatures: number;
  readonly outFeatures: number;
  readonly activation: GateActivation;
  readonly bias: boolean;
  gate_proj: Linear;
  up_proj: Linear;
  down_proj: Linear;

  constructor(inFeatures: number, hiddenFeatures: number, options: GatedMLPOptions = {}) {
    super();
    checkOptions('GatedMLP', options, gatedOptions);
    const { activation = 'silu', outFeatures = inFeatures, bias = false } = options;
    requirePositiveIntegers('GatedMLP', { inFeatures, hiddenFeatures, outFeatures });
    this.inFeatures = inFeatures;
    this.hiddenFeatures = hiddenFeatures;
    this.outFeatures = outFeatures;
    this.activation = activation;
    this.bias = bias;
    this.gate_proj = new Linear(inFeatures, hiddenFeatures, { bias });
    this.up_proj = new Linear(inFeatures, hiddenFeatures, { bias });
    this.down_proj = new Linear(hiddenFeatures, outFeatures, { bias });
  }

  forward(x: Tensor): Tensor {
    const gate = activations[this.activation](this.gate_proj.forward(x));
    return this.down_proj.forward(gate.mul(this.up_proj.forward(x)));
  }

  override describe(): string {
    return `${super.describe()} ${this.inFeatures} → ${this.hiddenFeatures} → ${this.outFeatures}`;
  }
}

/**
 * The gated block of LLaMA (Shazeer 2020, arXiv:2002.05202): y = down(silu(gate(x)) · up(x)), a {@link GatedMLP} with the gate `silu`.
 *
 * ```ts
 * new SwiGLU(16, 44).forward(zeros([2, 5, 16])).shape; // [2, 5, 16]
 * ```
 */
export class SwiGLU extends GatedMLP {
  static override readonly type: string = 'SwiGLU';
  static override readonly options: ModuleOptions = swigluOptions;

  constructor(inFeatures: number, hiddenFeatures: number, options: Omit<GatedMLPOptions, 'activation'> = {}) {
    checkOptions('SwiGLU', options, swigluOptions);
    super(inFeatures, hiddenFeatures, options);
  }
}
