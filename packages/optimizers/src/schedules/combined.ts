/** Schedules made of schedules. */
import { ArgumentError } from '@hebb/tensor';
import { requireArray, requireFunction } from '@hebb/tensor/arguments';
import { lengthOfRun, requireNotNegative, stepsOrShare, type Schedule } from './schedule.ts';

/**
 * The product of schedules: a warm-up times a decay. PyTorch's `ChainedScheduler`. The momentum is that of the last which has one.
 *
 * ```ts
 * const schedule = chainedSchedule(constantSchedule({ warmup: 4 }), stepSchedule({ every: 4, factor: 0.5 }));
 * [0, 3, 4, 8].map((step) => schedule(step, 10)); // [0.25, 1, 0.5, 0.25]
 * ```
 */
export function chainedSchedule(...schedules: Schedule[]): Schedule {
  requireSchedules('chainedSchedule', schedules);
  const product: Schedule = (step, totalSteps) =>
    schedules.reduce((factor, schedule) => factor * schedule(step, totalSteps), 1);
  const last = schedules.filter(({ momentum }) => momentum !== undefined).at(-1);
  return last?.momentum === undefined ? product : Object.assign(product, { momentum: last.momentum });
}

/**
 * One schedule after the other: each begins at its milestone, as at the step 0 of a run as long as its stretch. PyTorch's `SequentialLR`.
 *
 * Throws {@link ArgumentError} unless there is one milestone fewer than schedules, in ascending order.
 *
 * ```ts
 * const schedule = sequentialSchedule([constantSchedule({ warmup: 2 }), cosineSchedule()], [4]);
 * [0, 1, 3, 4, 6, 8].map((step) => schedule(step, 8).toFixed(2)); // ['0.50', '1.00', '1.00', '1.00', '0.50', '0.00']
 * ```
 *
 * @param milestones - steps, or below 1 shares of the run.
 */
export function sequentialSchedule(schedules: readonly Schedule[], milestones: readonly number[]): Schedule {
  const op = 'sequentialSchedule';
  requireArray(op, 'schedules', schedules);
  requireSchedules(op, schedules);
  requireArray(op, 'milestones', milestones);
  milestones.forEach((milestone, i) => requireNotNegative(op, { [`milestones[${i}]`]: milestone }));
  if (milestones.length !== schedules.length - 1) {
    throw new ArgumentError(
      `[${op}] ${schedules.length} schedules need ${schedules.length - 1} milestones, not ${milestones.length}.`,
    );
  }
  /** The schedule of a step, the step in its stretch, and the stretch's length. */
  const at = (step: number, totalSteps: number): [Schedule, number, number] => {
    const begins = [0, ...milestones.map((milestone) => stepsOrShare(op, milestone, totalSteps))];
    const unordered = begins.findIndex((begin, i) => begin < (begins[i - 1] ?? 0));
    if (unordered > 0)
      throw new ArgumentError(
        `[${op}] milestones must be in ascending order; steps are ${begins.slice(1).join(', ')}.`,
      );
    const position = Math.max(0, begins.filter((begin) => step >= begin).length - 1);
    const begin = begins[position] ?? 0;
    const end = begins[position + 1] ?? (Number.isNaN(totalSteps) ? totalSteps : lengthOfRun(op, totalSteps));
    return [schedules[position] as Schedule, step - begin, end - begin];
  };
  const sequence: Schedule = (step, totalSteps) => {
    const [schedule, own, length] = at(step, totalSteps);
    return schedule(own, length);
  };
  if (!schedules.some(({ momentum }) => momentum !== undefined)) return sequence;
  return Object.assign(sequence, {
    momentum: (step: number, totalSteps: number): number | undefined => {
      const [{ momentum }, own, length] = at(step, totalSteps);
      return momentum?.(own, length);
    },
  });
}

function requireSchedules(op: string, schedules: readonly unknown[]): void {
  if (schedules.length === 0) throw new ArgumentError(`[${op}] there are no schedules.`);
  schedules.forEach((schedule, i) => requireFunction(op, `schedule ${i}`, schedule));
}
