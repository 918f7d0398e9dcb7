/** Activation functions that are straight lines, with bends, as modules. */
import {
  ArgumentError,
  full,
  hardshrink,
  hardtanh,
  leakyRelu,
  prelu,
  relu6,
  rrelu,
  softshrink,
  threshold,
  type HardtanhOptions,
  type LeakyReluOptions,
  type RReluOptions,
  type ShrinkOptions,
  type Tensor,
} from '@hebb/tensor';
import { checkOptions, requireFinite, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { Activation, ConfiguredActivation } from './activation.ts';

/** max(x, 0). The gradient at 0 is 0. */
export class ReLU extends Activation {
  static override readonly type: string = 'ReLU';
  protected apply(x: Tensor): Tensor {
    return x.relu();
  }
}

/** min(max(x, 0), 6) (Krizhevsky 2010). */
export class ReLU6 extends Activation {
  static override readonly type: string = 'ReLU6';
  protected apply(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** x where x > 0, else negativeSlope · x (default 0.01) (Maas, Hannun & Ng 2013). */
export class LeakyReLU extends ConfiguredActivation<LeakyReluOptions> {
  static override readonly type: string = 'LeakyReLU';
  static override readonly options: ModuleOptions = { negativeSlope: requireFinite };
  declare readonly negativeSlope: number;
  constructor(options: LeakyReluOptions = {}) {
    super(options, { negativeSlope: 0.01 });
  }
  protected apply(x: Tensor): Tensor {
    return leakyRelu(x, { negativeSlope: this.negativeSlope });
  }
}

/** What {@link RReLU} takes. */
export type RReLUOptions = Pick<RReluOptions, 'lower' | 'upper'>;

/**
 * x where x > 0, else slope · x. While training the slope of each element is drawn uniformly from lower … upper (default 1/8 … 1/3), in evaluation
 * mode it is their mean (Xu et al. 2015, arXiv:1505.00853).
 *
 * Throws {@link ArgumentError} for lower > upper.
 */
export class RReLU extends ConfiguredActivation<RReLUOptions> {
  static override readonly type: string = 'RReLU';
  static override readonly options: ModuleOptions = { lower: requireFinite, upper: requireFinite };
  declare readonly lower: number;
  declare readonly upper: number;
  constructor(options: RReLUOptions = {}) {
    super(options, { lower: 1 / 8, upper: 1 / 3 });
    if (this.lower > this.upper)
      throw new ArgumentError(`[RReLU] lower must be at most upper, not ${this.lower} and ${this.upper}.`);
  }
  protected apply(x: Tensor): Tensor {
    return rrelu(x, { lower: this.lower, upper: this.upper, training: this.training });
  }
}

export interface PReLUOptions {
  /** How many slopes are learned: 1 (default), or as many as there are channels on axis 1. */
  numParameters?: number;
  /** The slopes at first. Default 0.25. */
  init?: number;
}

const preluOptions: OptionNames<PReLUOptions> = { numParameters: true, init: requireFinite };

/**
 * x where x > 0, else weight · x, with slopes that are learned (He et al. 2015, arXiv:1502.01852). Weight decay would pull them to 0.
 *
 * Shape: x [N, numParameters, …], or any for one slope. Parameter: `weight` [numParameters], `init` at first.
 *
 * Throws {@link ShapeError} where axis 1 of x is not numParameters.
 *
 * ```ts
 * new PReLU({ numParameters: 3 }).forward(ones([2, 3, 4])).shape; // [2, 3, 4]
 * ```
 */
export class PReLU extends Module {
  static override readonly type: string = 'PReLU';
  static override readonly options: ModuleOptions = preluOptions;

  readonly numParameters: number;
  readonly init: number;
  weight: Tensor;

  constructor(options: PReLUOptions = {}) {
    super();
    checkOptions('PReLU', options, preluOptions);
    const { numParameters = 1, init = 0.25 } = options;
    requirePositiveIntegers('PReLU', { numParameters });
    this.numParameters = numParameters;
    this.init = init;
    this.weight = parameter(full([numParameters], init));
  }

  forward(x: Tensor): Tensor {
    requireTensor('PReLU', 'the input', x);
    return prelu(x, this.weight);
  }

  override describe(): string {
    return `${super.describe()} ${this.numParameters}`;
  }
}

/** x where x > threshold, else value. */
export class Threshold extends Activation {
  static override readonly type: string = 'Threshold';
  static override readonly positional: readonly string[] = ['threshold', 'value'];
  readonly threshold: number;
  readonly value: number;
  constructor(limit: number, value: number) {
    super();
    requireFinite('Threshold', 'threshold', limit);
    requireFinite('Threshold', 'value', value);
    this.threshold = limit;
    this.value = value;
  }
  protected apply(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }
}

/**
 * min(max(x, minValue), maxValue), by default −1 … 1. The gradient at the bounds is 0.
 *
 * Throws {@link ArgumentError} unless minValue < maxValue.
 */
export class Hardtanh extends ConfiguredActivation<HardtanhOptions> {
  static override readonly type: string = 'Hardtanh';
  static override readonly options: ModuleOptions = { minValue: requireFinite, maxValue: requireFinite };
  declare readonly minValue: number;
  declare readonly maxValue: number;
  constructor(options: HardtanhOptions = {}) {
    super(options, { minValue: -1, maxValue: 1 });
    const { minValue, maxValue } = this;
    if (!(minValue < maxValue))
      throw new ArgumentError(`[Hardtanh] minValue must be less than maxValue, not ${minValue} and ${maxValue}.`);
  }
  protected apply(x: Tensor): Tensor {
    return hardtanh(x, { minValue: this.minValue, maxValue: this.maxValue });
  }
}

/** What the shrinking functions share: λ ≥ 0. */
abstract class Shrink extends ConfiguredActivation<ShrinkOptions> {
  static override readonly options: ModuleOptions = { lambda: requireNotNegative };
  declare readonly lambda: number;
  constructor(options: ShrinkOptions = {}) {
    super(options, { lambda: 0.5 });
  }
}

function requireNotNegative(where: string, name: string, value: unknown): asserts value is number {
  requireFinite(where, name, value);
  if (value < 0) throw new ArgumentError(`[${where}] ${name} must not be negative, not ${value}.`);
}

/** 0 where |x| ≤ lambda (default 0.5), else x. Throws {@link ArgumentError} for a negative lambda. */
export class Hardshrink extends Shrink {
  static override readonly type: string = 'Hardshrink';
  protected apply(x: Tensor): Tensor {
    return hardshrink(x, { lambda: this.lambda });
  }
}

/** x moved towards 0 by lambda (default 0.5), 0 where that would be past it. Throws {@link ArgumentError} for a negative lambda. */
export class Softshrink extends Shrink {
  static override readonly type: string = 'Softshrink';
  protected apply(x: Tensor): Tensor {
    return softshrink(x, { lambda: this.lambda });
  }
}
