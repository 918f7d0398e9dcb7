import type { Tensor } from '@hebb/tensor';
import { realize } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireFinite, type OptionNames } from '@hebb/tensor/arguments';
import type { Callback, EpochRecord, History, Run } from './callback.ts';
import { TrainingError } from './errors.ts';
import { formatMetric } from '@hebb/evaluation/format';
import { monitored, monitorOptions, requireMonitor, type MonitorOptions } from './monitor.ts';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement before the run ends; a positive integer. Default 3. */
  patience?: number;
  /** An improvement is larger than this. Default 0. */
  minDelta?: number;
  /** Give the model the state of its best epoch at the end. Default true. */
  restoreBest?: boolean;
}

const earlyStoppingOptions: OptionNames<EarlyStoppingOptions> = {
  ...monitorOptions,
  patience: true,
  minDelta: true,
  restoreBest: true,
};

/**
 * Ends a run that does not improve any more, and takes the model back to its best epoch (Prechelt, "Early Stopping – But When?", 1998).
 *
 * ```ts
 * await fit(model, train, { loss, optimizer, epochs: 100, validation, callbacks: [new EarlyStopping({ patience: 5 })] });
 * ```
 *
 * Throws TrainingError for a patience that is no positive integer, and in the run where there is nothing of the monitored name.
 */
export class EarlyStopping implements Callback {
  readonly #options: EarlyStoppingOptions;
  readonly #patience: number;
  #best: { epoch: number; score: number; state: Map<string, Tensor> } | undefined;

  constructor(options: EarlyStoppingOptions = {}) {
    checkOptions('EarlyStopping', options, earlyStoppingOptions);
    const { patience = 3, minDelta = 0, restoreBest = true } = options;
    requireFinite('EarlyStopping', 'minDelta', minDelta);
    requireBoolean('EarlyStopping', 'restoreBest', restoreBest);
    requireMonitor('EarlyStopping', options);
    if (!Number.isInteger(patience) || patience < 1)
      throw new TrainingError(`[EarlyStopping] patience must be a positive integer, got ${String(patience)}.`);
    this.#options = options;
    this.#patience = patience;
  }

  /** The best epoch so far, from 1; 0 before the first. */
  get bestEpoch(): number {
    return this.#best?.epoch ?? 0;
  }

  onTrainStart(): void {
    this.#best = undefined;
  }

  async onEpochEnd(record: EpochRecord, run: Run): Promise<void> {
    const { minDelta = 0, restoreBest = true } = this.#options;
    const { name, value, score } = monitored('EarlyStopping', record, run, this.#options);
    if (this.#best === undefined || score > this.#best.score + minDelta) {
      const state = new Map<string, Tensor>();
      if (restoreBest) for (const [key, tensor] of run.model.stateDict()) state.set(key, tensor.detach());
      await realize(...state.values());
      this.#best = { epoch: record.epoch, score, state };
    } else if (record.epoch - this.#best.epoch >= this.#patience) {
      const best = formatMetric(name, Math.abs(this.#best.score));
      run.stop(
        `${name} ${formatMetric(name, value)} has not improved on ${best} of epoch ${this.#best.epoch} for ${this.#patience} ${this.#patience === 1 ? 'epoch' : 'epochs'}`,
      );
    }
  }

  onTrainEnd(history: History, run: Run): void {
    const best = this.#best;
    if (best === undefined || best.epoch === history.epochs.length || best.state.size === 0) return;
    run.model.loadStateDict(best.state);
  }
}
