import { requireArray, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireLength, requireNotNegative, stepsOrShare, type Schedule } from './schedule.ts';

export interface StepScheduleOptions {
  /** Steps after which the rate falls, again and again; below 1 a share of the run. */
  every: number;
  /** What it is multiplied by. Default 0.1. */
  factor?: number;
}

const stepOptions: OptionNames<StepScheduleOptions> = { every: true, factor: true };

/** factor^⌊step / every⌋. PyTorch's `StepLR`. */
export function stepSchedule(options: StepScheduleOptions): Schedule {
  requireOptions('stepSchedule', options, stepOptions);
  const { every, factor = 0.1 } = options;
  requireLength('stepSchedule', 'every', every);
  requireNotNegative('stepSchedule', { factor });
  return (step, totalSteps) => factor ** Math.floor(step / stepsOrShare('stepSchedule', every, totalSteps));
}

export interface MultiStepScheduleOptions {
  /** Steps, or below 1 shares of the run, from which on the rate is lower. */
  milestones: readonly number[];
  /** What it is multiplied by at each. Default 0.1. */
  factor?: number;
}

const multiStepOptions: OptionNames<MultiStepScheduleOptions> = { milestones: true, factor: true };

/** factor to the power of the number of milestones reached. PyTorch's `MultiStepLR`. */
export function multiStepSchedule(options: MultiStepScheduleOptions): Schedule {
  requireOptions('multiStepSchedule', options, multiStepOptions);
  const { milestones, factor = 0.1 } = options;
  requireArray('multiStepSchedule', 'milestones', milestones);
  milestones.forEach((milestone, i) => requireNotNegative('multiStepSchedule', { [`milestones[${i}]`]: milestone }));
  requireNotNegative('multiStepSchedule', { factor });
  return (step, totalSteps) =>
    factor ** milestones.filter((each) => step >= stepsOrShare('multiStepSchedule', each, totalSteps)).length;
}
