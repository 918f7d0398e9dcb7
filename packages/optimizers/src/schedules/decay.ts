import { checkOptions, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import {
  decay,
  requireLength,
  requireNotNegative,
  risen,
  stepsOrShare,
  type DecayOptions,
  type Schedule,
  type WarmupOptions,
} from './schedule.ts';

export interface ConstantScheduleOptions extends WarmupOptions {
  /** The factor before `until`. Default 1. */
  factor?: number;
  /** Steps of that factor, or below 1 a share of the run, after which it is 1. Default: all. */
  until?: number;
}

const constantOptions: OptionNames<ConstantScheduleOptions> = {
  warmup: true,
  startFactor: true,
  factor: true,
  until: true,
};

/** `factor` (1) up to the step `until` and 1 from there on, PyTorch's `ConstantLR`; times a linear warm-up: (step + 1) / warmup in its steps. With `warmup` and `startFactor`: PyTorch's `LinearLR` up to 1. */
export function constantSchedule(options: ConstantScheduleOptions = {}): Schedule {
  checkOptions('constantSchedule', options, constantOptions);
  const { warmup = 0, startFactor, factor = 1, until } = options;
  requireNotNegative('constantSchedule', {
    warmup,
    factor,
    ...(startFactor === undefined ? {} : { startFactor }),
    ...(until === undefined ? {} : { until }),
  });
  return (step, totalSteps) => {
    const rise = stepsOrShare('constantSchedule', warmup, totalSteps);
    const own = until === undefined || step < stepsOrShare('constantSchedule', until, totalSteps) ? factor : 1;
    return step < rise ? own * risen(step, rise, startFactor) : own;
  };
}

/** Linear warm-up, then a straight line down: 1 + (minimum − 1) · (step − warmup) / (totalSteps − warmup). PyTorch's `LinearLR`. */
export function linearSchedule(options: DecayOptions = {}): Schedule {
  return decay('linearSchedule', options, (progress) => 1 - progress);
}

export interface PolynomialScheduleOptions extends DecayOptions {
  /** Default 1, a straight line. */
  power?: number;
}

/** Linear warm-up, then minimum + (1 − minimum) · (1 − progress)^power. PyTorch's `PolynomialLR`. */
export function polynomialSchedule(options: PolynomialScheduleOptions = {}): Schedule {
  const names: OptionNames<PolynomialScheduleOptions> = {
    warmup: true,
    startFactor: true,
    minimum: true,
    steps: true,
    power: true,
  };
  checkOptions('polynomialSchedule', options, names);
  const { power = 1, ...others } = options;
  requireNotNegative('polynomialSchedule', { power });
  return decay('polynomialSchedule', others, (progress) => (1 - progress) ** power);
}

export interface ExponentialScheduleOptions {
  /** What the factor is multiplied by. */
  factor: number;
  /** Steps in which that happens, or below 1 a share of the run. Default 1. */
  every?: number;
}

const exponentialOptions: OptionNames<ExponentialScheduleOptions> = { factor: true, every: true };

/** factor^(step / every). PyTorch's `ExponentialLR`. */
export function exponentialSchedule(options: ExponentialScheduleOptions): Schedule {
  requireOptions('exponentialSchedule', options, exponentialOptions);
  const { factor, every = 1 } = options;
  requireNotNegative('exponentialSchedule', { factor });
  requireLength('exponentialSchedule', 'every', every);
  return (step, totalSteps) => factor ** (step / stepsOrShare('exponentialSchedule', every, totalSteps));
}

export interface InverseSquareRootScheduleOptions {
  /** Steps in which the factor rises in equal parts to 1, from 1 / warmup; below 1: a share of the run. */
  warmup: number;
}

/** Linear warm-up to 1, then √(warmup / (step + 1)) (Vaswani et al. 2017, arXiv:1706.03762, with the factor 1 at the top). */
export function inverseSquareRootSchedule(options: InverseSquareRootScheduleOptions): Schedule {
  requireOptions<InverseSquareRootScheduleOptions>('inverseSquareRootSchedule', options, { warmup: true });
  const { warmup } = options;
  requireLength('inverseSquareRootSchedule', 'warmup', warmup);
  return (step, totalSteps) => {
    const rise = Math.max(1, stepsOrShare('inverseSquareRootSchedule', warmup, totalSteps));
    return Math.min((step + 1) / rise, Math.sqrt(rise / (step + 1)));
  };
}
