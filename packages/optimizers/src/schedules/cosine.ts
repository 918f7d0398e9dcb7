import { checkOptions, type OptionNames } from '@hebb/tensor/arguments';
import {
  decay,
  requireLength,
  requireNotNegative,
  stepsOrShare,
  type DecayOptions,
  type Schedule,
} from './schedule.ts';

/** Half a cosine from 1 down to 0. */
const halfCosine = (progress: number): number => (1 + Math.cos(Math.PI * progress)) / 2;

/**
 * Linear warm-up, then half a cosine down (Loshchilov & Hutter 2017, arXiv:1608.03983):
 * minimum + (1 − minimum) · (1 + cos(π · (step − warmup) / (totalSteps − warmup))) / 2. PyTorch's `CosineAnnealingLR`.
 *
 * ```ts
 * const optimizer = new SGD([variable(tensor([1, 2]))], { learningRate: 3e-4 });
 * const schedule = cosineSchedule({ warmup: 500 });
 * optimizer.factor = schedule(optimizer.stepCount, 10_000);  // before each step
 * ```
 */
export function cosineSchedule(options: DecayOptions = {}): Schedule {
  return decay('cosineSchedule', options, halfCosine);
}

export interface CosineRestartsOptions {
  /** Steps from the first start to the next, or below 1 a share of the run. */
  every: number;
  /** How much longer each period is than the one before. Default 1. */
  growth?: number;
  /** The factor at the end of a period. Default 0. */
  minimum?: number;
}

const restartsOptions: OptionNames<CosineRestartsOptions> = { every: true, growth: true, minimum: true };

/** Half a cosine down, again and again (SGDR, arXiv:1608.03983). PyTorch's `CosineAnnealingWarmRestarts`. */
export function cosineRestartsSchedule(options: CosineRestartsOptions): Schedule {
  const op = 'cosineRestartsSchedule';
  checkOptions(op, options, restartsOptions);
  const { every, growth = 1, minimum = 0 } = Object(options) as CosineRestartsOptions;
  requireLength(op, 'every', every);
  requireNotNegative(op, { minimum });
  requireLength(op, 'growth', growth);
  return (step, totalSteps) => {
    let period = stepsOrShare(op, every, totalSteps);
    let rest = step;
    for (; rest >= period && period > 0; period *= growth) rest -= period;
    return minimum + (1 - minimum) * halfCosine(rest / period);
  };
}
