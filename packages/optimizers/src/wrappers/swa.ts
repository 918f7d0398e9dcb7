import { checkOptions, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import type { TrainingOptimizer } from '../training-optimizer.ts';
import { AveragingWrapper } from './averaging.ts';

export interface SWAOptions {
  /** The first update, counted from 1, whose weights are averaged; those before are for getting near. Default 1. */
  from?: number;
  /** Updates from one that is averaged to the next: an epoch, say. Default 1. */
  every?: number;
}

const swaOptions: OptionNames<SWAOptions> = { from: true, every: true };

/**
 * Stochastic weight averaging (Izmailov et al. 2018, arXiv:1803.05407): the mean of the parameters after the updates `from`, `from + every`, …,
 * as PyTorch's `AveragedModel`. `apply()` puts the mean into the parameters, `restore()` the trained values back; before the first is
 * taken, both change nothing. Running statistics of batch normalisation are no parameters and stay those of the trained weights: once the mean is
 * applied, compute them anew, `await updateBatchNorm(model, data)` of `@hebb/training`.
 *
 * ```ts
 * const weight = variable(tensor([8]), { requiresGrad: true });
 * const optimizer = new SWA(new SGD([weight], { learningRate: 1 }), { from: 2 });
 * for (const gradient of [1, 3, 2]) optimizer.step([tensor([gradient])]);  // weight 7, 4, 2
 * optimizer.apply();
 * await weight.toArray();  // [3]
 * ```
 */
export class SWA<T extends TrainingOptimizer = TrainingOptimizer> extends AveragingWrapper<T> {
  static override readonly type: string = 'SWA';

  readonly from: number;
  readonly every: number;

  constructor(optimizer: T, options: SWAOptions = {}) {
    checkOptions('SWA', options, swaOptions);
    const { from = 1, every = 1 } = options;
    requireInteger('SWA', 'from', from, 0);
    requireInteger('SWA', 'every', every, 1);
    super(optimizer);
    this.from = from;
    this.every = every;
  }

  protected takes(update: number): boolean {
    return update >= this.from && (update - this.from) % this.every === 0;
  }

  protected share(count: number): number {
    return 1 / count;
  }
}
