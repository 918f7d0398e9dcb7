/** The wrappers of the golden runs, by their names there. */
import type { Tensor } from '@hebb/tensor';
import {
  Accumulation,
  EMA,
  Lookahead,
  minimize,
  SGD,
  SWA,
  type OptimizerWrapper,
  type TrainingOptimizer,
} from '../../src/index.ts';

export const sgd = (weight: Tensor): SGD => new SGD({ weight }, { learningRate: 0.125, momentum: 0.5 });
export const makers: Readonly<Record<string, (weight: Tensor) => OptimizerWrapper>> = {
  ema: (weight) => new EMA(sgd(weight), { decay: 0.75 }),
  swa: (weight) => new SWA(sgd(weight), { from: 4, every: 3 }),
  lookahead: (weight) => new Lookahead(sgd(weight), { steps: 3, alpha: 0.25 }),
  accumulation: (weight) => new Accumulation(sgd(weight), { steps: 4 }),
  clippedAccumulation: (weight) => new Accumulation(sgd(weight), { steps: 4 }),
};
/** A step by a given gradient: that of weight · gradient. */
export function stepOf(name: string, optimizer: TrainingOptimizer, weight: Tensor): (gradient: Tensor) => void {
  const clip = name === 'clippedAccumulation' ? { clipNorm: 0.5 } : {};
  return (gradient) => void minimize(optimizer, () => weight.mul(gradient).sum(), clip);
}
