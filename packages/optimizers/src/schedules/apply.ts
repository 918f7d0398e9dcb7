/** Schedules put into effect. */
import { requireFunction, requireInteger, requireNumber } from '@hebb/tensor/arguments';
import { requireOptimizer, type TrainingOptimizer } from '../training-optimizer.ts';
import { momentaOf, setMomenta } from './momentum.ts';
import type { Schedule } from './schedule.ts';

/**
 * Sets the factor of an optimizer's rates, and its momentum where the schedule moves that: `momentum` of SGD, RMSprop and Muon (groups without momentum stay so), β₁ of Adam and its kin. Before
 * each step of a loop of one's own; `fit` does it by itself, and puts both back at its end.
 *
 * ```ts
 * const optimizer = new SGD([variable(tensor([1, 2]))], { learningRate: 0.5, momentum: 0.9 });
 * const schedule = oneCycleSchedule({ momentum: [0.85, 0.95] });
 * applySchedule(optimizer, schedule, 0, 100);
 * [optimizer.factor, optimizer.groups[0].options.momentum]; // [0.04, 0.95]
 * ```
 */
export function applySchedule(
  optimizer: TrainingOptimizer,
  schedule: Schedule,
  step: number,
  totalSteps: number,
): void {
  requireOptimizer('applySchedule', optimizer);
  requireFunction('applySchedule', 'the schedule', schedule);
  requireInteger('applySchedule', 'step', step, 0);
  requireNumber('applySchedule', 'totalSteps', totalSteps);
  optimizer.factor = schedule(step, totalSteps);
  const momentum = schedule.momentum?.(step, totalSteps);
  if (momentum !== undefined)
    setMomenta(
      optimizer,
      (optimizer.groups ?? []).map(() => momentum),
    );
}

/**
 * Remembers an optimizer's factor and momenta; the function that it returns puts them back.
 *
 * ```ts
 * const optimizer = new SGD([variable(tensor([1, 2]))]);
 * const restore = keepSettings(optimizer);
 * applySchedule(optimizer, cosineSchedule(), 50, 100);
 * restore();
 * optimizer.factor; // 1
 * ```
 */
export function keepSettings(optimizer: TrainingOptimizer): () => void {
  requireOptimizer('keepSettings', optimizer);
  const { factor } = optimizer;
  const momenta = momentaOf(optimizer);
  return () => {
    optimizer.factor = factor;
    setMomenta(optimizer, momenta);
  };
}
