import { requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireNonNegative } from '../checks.ts';
import type { TrainingOptimizer } from '../training-optimizer.ts';
import { AveragingWrapper } from './averaging.ts';

export interface EMAOptions {
  /** Share of the average that is kept at each update; ≥ 0 and < 1. Default 0.999. */
  decay?: number;
}

const emaOptions: OptionNames<EMAOptions> = { decay: true };

/**
 * Keeps an exponential moving average of the parameters: a ← decay · a + (1 − decay) · p after each update, and a ← p after the first
 * (Polyak & Juditsky 1992; PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`). `apply()` puts the averages into the parameters,
 * `restore()` the trained values back. Running statistics of batch normalisation are no parameters and stay the newest.
 *
 * ```ts
 * const weight = variable(tensor([8]), { requiresGrad: true });
 * const optimizer = new EMA(new SGD([weight], { learningRate: 1 }), { decay: 0.5 });
 * for (const gradient of [4, 2]) optimizer.step([tensor([gradient])]);  // weight 4, then 2
 * optimizer.apply();
 * await weight.toArray();  // [3]
 * optimizer.restore();
 * await weight.toArray();  // [2]
 * ```
 */
export class EMA<T extends TrainingOptimizer = TrainingOptimizer> extends AveragingWrapper<T> {
  static override readonly type: string = 'EMA';

  readonly decay: number;

  constructor(optimizer: T, options: EMAOptions = {}) {
    requireOptions('EMA', options, emaOptions);
    const { decay = 0.999 } = options;
    requireNonNegative('EMA', { decay }, 1);
    super(optimizer);
    this.decay = decay;
  }

  protected takes(): boolean {
    return true;
  }

  protected share(count: number): number {
    return count === 1 ? 1 : 1 - this.decay;
  }
}
