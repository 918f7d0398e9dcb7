/** The schedules of tools/golden/schedules.py, by its names. */
import * as optimizers from '../../src/index.ts';
import type { PlateauScheduleOptions, Schedule } from '../../src/index.ts';

export const schedules: Readonly<Record<string, Schedule>> = {
  constant: optimizers.constantSchedule({ warmup: 6 }),
  start: optimizers.constantSchedule({ warmup: 6, startFactor: 0.375 }),
  linear: optimizers.linearSchedule({ minimum: 0.25 }),
  cosine: optimizers.cosineSchedule({ minimum: 0.125 }),
  restarts: optimizers.cosineRestartsSchedule({ every: 0.125, growth: 2, minimum: 0.125 }),
  polynomial: optimizers.polynomialSchedule({ power: 2 }),
  exponential: optimizers.exponentialSchedule({ factor: 0.875 }),
  step: optimizers.stepSchedule({ every: 5, factor: 0.5 }),
  multiStep: optimizers.multiStepSchedule({ milestones: [3, 0.5, 0.75], factor: 0.25 }),
  constantUntil: optimizers.constantSchedule({ factor: 0.375, until: 7 }),
  inverseSquareRoot: optimizers.inverseSquareRootSchedule({ warmup: 4 }),
  lambda: (step) => 1 / Math.sqrt(1 + step),
  multiplicative: (step) => 0.9 ** step,
  sequential: optimizers.sequentialSchedule(
    [
      optimizers.constantSchedule({ warmup: 4 }),
      optimizers.stepSchedule({ every: 3, factor: 0.5 }),
      optimizers.cosineSchedule({ minimum: 0.125 }),
    ],
    [4, 13],
  ),
  chained: optimizers.chainedSchedule(
    optimizers.constantSchedule({ factor: 0.25, until: 4 }),
    optimizers.exponentialSchedule({ factor: 0.875 }),
  ),
  cyclic: optimizers.cyclicSchedule({ up: 3, down: 5, minimum: 0.125, momentum: [0.8, 0.9] }),
  cyclic2: optimizers.cyclicSchedule({ up: 4, minimum: 0.125, mode: 'triangular2', momentum: [0.75, 0.9] }),
  cyclicRange: optimizers.cyclicSchedule({ up: 4, down: 2, minimum: 0.125, mode: 'exp_range', gamma: 0.9375 }),
  oneCycle: optimizers.oneCycleSchedule({ momentum: [0.85, 0.95] }),
  oneCycleLinear: optimizers.oneCycleSchedule({
    warmup: 0.25,
    shape: 'linear',
    start: 0.1,
    minimum: 0.1 / 50,
    momentum: [0.5, 0.875],
  }),
};

export const plateauOptions: Readonly<Record<string, PlateauScheduleOptions>> = {
  default: { patience: 2 },
  cooldown: { patience: 1, factor: 0.5, cooldown: 2, threshold: 0.05, minimum: 0.125 },
  max: { goal: 'max', patience: 1, factor: 0.5 },
  maxPositive: { goal: 'max', patience: 1, factor: 0.5 },
};
