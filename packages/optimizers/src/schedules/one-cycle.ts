import { ArgumentError } from '@hebb/tensor';
import { checkOptions, requireOneOf, type OptionNames } from '@hebb/tensor/arguments';
import { requireMomenta, withMomentum, type CycledMomentum } from './momentum.ts';
import { lengthOfRun, requireLength, requireNotNegative, stepsOf, type Schedule } from './schedule.ts';

export interface OneCycleScheduleOptions {
  /** Steps in which the factor rises to 1, or below 1 a share of the run. Default 0.3. */
  warmup?: number;
  /** The factor at the start. Default 1 / 25. */
  start?: number;
  /** The factor at the end. Default start / 10,000. */
  minimum?: number;
  /** The curve of both halves. Default 'cosine'. */
  shape?: 'cosine' | 'linear';
  /** Momentum (of Adam and its kin β₁) that falls while the rate rises, as [at the top of the rate, at its bottom]. Default: it is left alone. PyTorch's is [0.85, 0.95]. */
  momentum?: CycledMomentum;
  /** Steps of the run. Default: those that the schedule is called with. */
  steps?: number;
}

const oneCycleOptions: OptionNames<OneCycleScheduleOptions> = {
  warmup: true,
  start: true,
  minimum: true,
  shape: true,
  momentum: true,
  steps: true,
};

/**
 * Up from `start` to 1 and down to `minimum` (Smith & Topin 2018, arXiv:1708.07120). PyTorch's `OneCycleLR`, where the optimizer's learning rate is its
 * `max_lr`.
 */
export function oneCycleSchedule(options: OneCycleScheduleOptions = {}): Schedule {
  const op = 'oneCycleSchedule';
  checkOptions(op, options, oneCycleOptions);
  const { warmup = 0.3, start = 1 / 25, minimum = start / 1e4, shape = 'cosine', momentum, steps } = options;
  requireNotNegative(op, { warmup, start, minimum });
  requireOneOf(op, 'shape', shape, ['cosine', 'linear']);
  requireMomenta(op, momentum);
  if (steps !== undefined) requireLength(op, 'steps', steps);
  const between = (from: number, to: number, progress: number): number =>
    shape === 'linear' ? from + (to - from) * progress : to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
  const along = (
    step: number,
    totalSteps: number,
    [first, highest, last]: readonly [number, number, number],
  ): number => {
    const total = lengthOfRun(op, steps ?? totalSteps);
    // The highest factor is that of the last step of the rise, as PyTorch counts.
    const top = (warmup < 1 ? warmup * total : stepsOf(warmup, total)) - 1;
    if (top >= total - 1)
      throw new ArgumentError(`[${op}] the warm-up of ${top + 1} steps must be shorter than the run, ${total} steps.`);
    if (step <= top) return between(first, highest, top <= 0 ? 1 : step / top);
    return between(highest, last, Math.min((step - Math.max(top, 0)) / (total - 1 - Math.max(top, 0)), 1));
  };
  const values = [start, 1, minimum] as const;
  return withMomentum(
    (step, totalSteps) => along(step, totalSteps, values),
    momentum,
    (step, totalSteps) => along(step, totalSteps, [0, 1, 0]),
  );
}
