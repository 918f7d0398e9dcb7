/**
 * Learning rates that change with the steps: pure functions from the number of steps taken to the rate of the next one.
 *
 * ```ts
 * const optimizer = new SGD([variable(tensor([1, 2]))]);
 * const schedule = cosineSchedule({ peak: 3e-4, steps: 10_000, warmup: 500 });
 * optimizer.learningRate = schedule(optimizer.stepCount);  // before each step
 * ```
 */
import { ArgumentError } from '@hebb/tensor';
import { requireFinite, requireOptions, type OptionNames } from '@hebb/tensor/arguments';

/** The rate after `step` steps. */
export type Schedule = (step: number) => number;

export interface CosineScheduleOptions {
  /** The highest rate. */
  peak: number;
  /** Steps of the whole run; the rate stays at `minimum` behind them. */
  steps: number;
  /** Steps in which the rate rises linearly from peak / warmup to the peak. Default 0. */
  warmup?: number;
  /** The rate at the end. Default 0. */
  minimum?: number;
}

const cosineOptions: OptionNames<CosineScheduleOptions> = { peak: true, steps: true, warmup: true, minimum: true };

/**
 * Linear warm-up, then half a cosine down (Loshchilov & Hutter 2017, arXiv:1608.03983):
 * minimum + (peak − minimum) · (1 + cos(π · (step − warmup) / (steps − warmup))) / 2.
 */
export function cosineSchedule(options: CosineScheduleOptions): Schedule {
  requireOptions('cosineSchedule', options, cosineOptions);
  const { peak, steps, warmup = 0, minimum = 0 } = options;
  for (const [name, value] of Object.entries({ peak, steps, warmup, minimum }))
    requireFinite('cosineSchedule', name, value);
  if (!(steps > warmup && warmup >= 0))
    throw new ArgumentError(`[cosineSchedule] needs 0 ≤ warmup < steps, not warmup ${warmup} and steps ${steps}.`);
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup;
    const progress = Math.min((step - warmup) / (steps - warmup), 1);
    return minimum + ((peak - minimum) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}

export interface StepScheduleOptions {
  /** The rate at first. */
  initial: number;
  /** Steps after which the rate falls, again and again. */
  every: number;
  /** What the rate is multiplied by. Default 0.1. */
  factor?: number;
}

const stepOptions: OptionNames<StepScheduleOptions> = { initial: true, every: true, factor: true };

/** initial · factor^⌊step / every⌋. */
export function stepSchedule(options: StepScheduleOptions): Schedule {
  requireOptions('stepSchedule', options, stepOptions);
  const { initial, every, factor = 0.1 } = options;
  for (const [name, value] of Object.entries({ initial, every, factor })) requireFinite('stepSchedule', name, value);
  if (!(every >= 1)) throw new ArgumentError(`[stepSchedule] every must be ≥ 1, not ${every}.`);
  return (step) => initial * factor ** Math.floor(step / every);
}
