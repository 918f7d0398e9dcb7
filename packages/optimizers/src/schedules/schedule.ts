/** What schedules share: how long a run is, the rise at its start, and where in the rest a step lies. */
import { ArgumentError } from '@hebb/tensor';
import { checkOptions, requireFinite, type OptionNames } from '@hebb/tensor/arguments';

/**
 * What the learning rates are multiplied by in a step (from 0) of a run of so many steps: `optimizer.factor = schedule(step, totalSteps)`.
 * The rate itself is said once, in the optimizer, and groups keep their proportions.
 *
 * ```ts
 * const halving: Schedule = (step) => 0.5 ** step;
 * halving(2, 10); // 0.25
 * ```
 */
export interface Schedule {
  (step: number, totalSteps: number): number;
  /** What becomes of the momentum of groups that have one (of Adam and its kin β₁), where the schedule moves it: see {@link applySchedule}. */
  readonly momentum?: (step: number, totalSteps: number) => number | undefined;
}

export interface WarmupOptions {
  /** Steps in which the factor rises in equal parts to 1, from 1 / warmup; below 1: a share of the run. Default 0. */
  warmup?: number;
  /** The factor of the first step of the warm-up, from which it rises in equal parts to 1 behind its last. Default 1 / warmup. */
  startFactor?: number;
}

export interface DecayOptions extends WarmupOptions {
  /** The factor at the end of the run. Default 0. */
  minimum?: number;
  /** Steps of the run, behind which the factor stays. Default: those that the schedule is called with. */
  steps?: number;
}

const decayOptions: OptionNames<DecayOptions> = { warmup: true, startFactor: true, minimum: true, steps: true };

/** A schedule that falls from 1 to the minimum in the part of the run behind the warm-up, in the given shape over progress from 0 to 1. */
export function decay(op: string, options: DecayOptions, shape: (progress: number) => number): Schedule {
  checkOptions(op, options, decayOptions);
  const { warmup = 0, startFactor, minimum = 0, steps } = options;
  requireNotNegative(op, { warmup, minimum, ...(startFactor === undefined ? {} : { startFactor }) });
  if (steps !== undefined) requireLength(op, 'steps', steps);
  return (step, totalSteps) => {
    const total = lengthOfRun(op, steps ?? totalSteps);
    const rise = stepsOf(warmup, total);
    if (rise >= total)
      throw new ArgumentError(`[${op}] the warm-up of ${rise} steps must be shorter than the run, ${total} steps.`);
    if (step < rise) return risen(step, rise, startFactor);
    return minimum + (1 - minimum) * shape(Math.min((step - rise) / (total - rise), 1));
  };
}

/** The factor in a step of a warm-up of so many. With a start it is 1 in the step behind, PyTorch's `LinearLR`; without, in the last. */
export function risen(step: number, rise: number, startFactor: number | undefined): number {
  return startFactor === undefined ? (step + 1) / rise : startFactor + ((1 - startFactor) * step) / rise;
}

/** A number of steps, or a share of the run where it is below 1. */
export function stepsOf(length: number, totalSteps: number): number {
  return length < 1 ? Math.round(length * totalSteps) : length;
}

/** As {@link stepsOf}, where only a share needs to know the length of the run. */
export function stepsOrShare(op: string, length: number, totalSteps: number): number {
  return length > 0 && length < 1 ? stepsOf(length, lengthOfRun(op, totalSteps)) : length;
}

/** Throws {@link ArgumentError} where nobody has said how long the run is. */
export function lengthOfRun(op: string, totalSteps: number): number {
  if (typeof totalSteps === 'number' && totalSteps > 0 && totalSteps < Infinity) return totalSteps;
  throw new ArgumentError(
    `[${op}] the schedule must know the number of steps of the run, and got ${String(totalSteps)}.`,
    { hint: 'Call it with the step and the number of steps, or say how many there are in its options, where it has { steps }.' }, // prettier-ignore
  );
}

export function requireNotNegative(op: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    requireFinite(op, name, value);
    if (value < 0) throw new ArgumentError(`[${op}] ${name} must be a number ≥ 0, not ${value}.`);
  }
}

/** A number of steps, or a share of the run, that is not 0. */
export function requireLength(op: string, name: string, value: number): void {
  requireFinite(op, name, value);
  if (!(value > 0)) throw new ArgumentError(`[${op}] ${name} must be a number > 0, not ${value}.`);
}
