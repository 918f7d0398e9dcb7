import { ArgumentError } from '@hebb/tensor';
import { requireOneOf, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireMomenta, withMomentum, type CycledMomentum } from './momentum.ts';
import { requireLength, requireNotNegative, stepsOrShare, type Schedule } from './schedule.ts';

export interface CyclicScheduleOptions {
  /** Steps in which the factor rises from `minimum` to 1, or below 1 a share of the run. */
  up: number;
  /** Steps in which it falls again. Default: as many. */
  down?: number;
  /** The factor at the bottom. Default 0.1. */
  minimum?: number;
  /** 'triangular': every cycle is as high as the first; 'triangular2': half as high as the one before; 'exp_range': gamma^step as high. Default 'triangular'. */
  mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** Of 'exp_range'. Default 1. */
  gamma?: number;
  /** Momentum (of Adam and its kin β₁) that falls while the rate rises, as [at the top of the rate, at its bottom]. Default: it is left alone. PyTorch's is [0.8, 0.9]. */
  momentum?: CycledMomentum;
}

const cyclicOptions: OptionNames<CyclicScheduleOptions> = {
  up: true,
  down: true,
  minimum: true,
  mode: true,
  gamma: true,
  momentum: true,
};

/**
 * Up and down in straight lines, again and again (Smith 2017, arXiv:1506.01186). PyTorch's `CyclicLR`, where the optimizer's learning rate is its `max_lr`.
 *
 * ```ts
 * const schedule = cyclicSchedule({ up: 2, minimum: 0.5, mode: 'triangular2' });
 * [0, 1, 2, 3, 4, 6].map((step) => schedule(step, 8)); // [0.5, 0.75, 1, 0.75, 0.5, 0.75]
 * ```
 */
export function cyclicSchedule(options: CyclicScheduleOptions): Schedule {
  const op = 'cyclicSchedule';
  requireOptions(op, options, cyclicOptions);
  const { up, down = up, minimum = 0.1, mode = 'triangular', gamma = 1, momentum } = options;
  requireLength(op, 'up', up);
  requireLength(op, 'down', down);
  requireNotNegative(op, { minimum, gamma });
  requireOneOf(op, 'mode', mode, ['triangular', 'triangular2', 'exp_range']);
  if (minimum > 1) throw new ArgumentError(`[${op}] minimum must be ≤ 1, the factor at the top, not ${minimum}.`);
  requireMomenta(op, momentum);
  /** From 0 at the bottom to 1 at the top of the first cycle. */
  const height = (step: number, totalSteps: number): number => {
    const [rise, fall] = [stepsOrShare(op, up, totalSteps), stepsOrShare(op, down, totalSteps)];
    const cycle = Math.floor(step / (rise + fall));
    const within = step - cycle * (rise + fall);
    const triangle = within <= rise ? within / rise : (rise + fall - within) / fall;
    return triangle * (mode === 'triangular2' ? 0.5 ** cycle : mode === 'exp_range' ? gamma ** step : 1);
  };
  return withMomentum((step, totalSteps) => minimum + (1 - minimum) * height(step, totalSteps), momentum, height);
}
