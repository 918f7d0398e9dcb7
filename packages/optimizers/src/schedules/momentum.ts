/** Schedules that move the momentum against the rate. */
import { ArgumentError } from '@hebb/tensor';
import { requireArray } from '@hebb/tensor/arguments';
import type { TrainingOptimizer } from '../training-optimizer.ts';
import { requireNotNegative, type Schedule } from './schedule.ts';

/** Where the rate is highest, and where it is lowest. */
export type CycledMomentum = readonly [atTop: number, atBottom: number];

/** Throws {@link ArgumentError} for what are no two numbers ≥ 0 and < 1. */
export function requireMomenta(op: string, momentum: CycledMomentum | undefined): void {
  if (momentum === undefined) return;
  requireArray(op, 'momentum', momentum);
  const [top, bottom] = momentum;
  requireNotNegative(op, { 'momentum[0]': top, 'momentum[1]': bottom });
  if ((momentum as readonly unknown[]).length !== 2 || top >= 1 || bottom >= 1)
    throw new ArgumentError(`[${op}] momentum must be two numbers < 1, not [${momentum.join(', ')}].`);
}

/** The schedule, with a momentum where there is one. @param height - of the rate, from 0 to 1. */
export function withMomentum(schedule: Schedule, momentum: CycledMomentum | undefined, height: Schedule): Schedule {
  if (momentum === undefined) return schedule;
  const [top, bottom] = momentum;
  return Object.assign((step: number, totalSteps: number): number => schedule(step, totalSteps), {
    momentum: (step: number, totalSteps: number): number => bottom + (top - bottom) * height(step, totalSteps),
  });
}

/** Options that hold a momentum: of SGD, RMSprop and Muon, or of Adam and its kin. */
interface MomentumOptions {
  momentum?: number;
  betas?: readonly [number, number];
}

/** The momentum of each group: `momentum`, or β₁; undefined where it has none. */
export function momentaOf({ groups = [] }: Pick<TrainingOptimizer, 'groups'>): readonly (number | undefined)[] {
  return groups.map(({ options }) => {
    const { momentum, betas } = options as MomentumOptions;
    return momentum ?? betas?.[0];
  });
}

/** Sets the momentum of each group that has one, 0 excepted: groups without momentum stay so. */
export function setMomenta(
  { groups = [] }: Pick<TrainingOptimizer, 'groups'>,
  momenta: readonly (number | undefined)[],
): void {
  for (const [i, { options }] of groups.entries()) {
    const value = momenta[i];
    const own = options as MomentumOptions;
    if (value === undefined) continue;
    if (own.momentum !== undefined) {
      if (own.momentum !== 0) own.momentum = value;
    } else if (own.betas !== undefined) own.betas = [value, own.betas[1]];
  }
}
