import { writeSafetensors } from '@hebb/layers';
import { Optimizer, type OptimizerState } from '@hebb/optimizers';
import { checkOptions, requireBoolean, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { Callback, EpochRecord, History, Run } from './callback.ts';
import { TrainingError } from './errors.ts';
import { requireWritableFolder, writeFile } from './files.ts';
import { monitored, monitorOptions, requireMonitor, type MonitorOptions } from './monitor.ts';

export interface CheckpointOptions extends MonitorOptions {
  /** Epochs from one checkpoint to the next; a positive integer. Default 1. The end of the run is always saved. */
  every?: number;
  /** Keep the best epoch besides, as best.safetensors and best.json. Default true. */
  saveBest?: boolean;
}

const checkpointOptions: OptionNames<CheckpointOptions> = { ...monitorOptions, every: true, saveBest: true };

/** What the JSON beside a checkpoint holds. */
export interface CheckpointInfo {
  /** Epochs finished. */
  readonly epoch: number;
  /** The last finished epoch; undefined before the first. */
  readonly record: EpochRecord | undefined;
  readonly learningRate: number;
  readonly interrupted: boolean;
  /** The optimizer's state without its tensors, which are in last.optimizer.safetensors; only in last.json. */
  readonly optimizer?: { readonly name: string; readonly stepCount: number; readonly learningRate: number };
}

/**
 * Saves the model while it trains: `last.safetensors` and `last.json` after every epoch and at the end, `best.safetensors` and `best.json`
 * for the best epoch. The weights carry PyTorch's names; an optimizer that has a state adds `last.optimizer.safetensors`. Files are written
 * beside their places and renamed, so a run that dies leaves the last whole checkpoint.
 *
 * ```ts
 * await fit(model, train, { loss, optimizer, epochs: 10, callbacks: [new Checkpoint('runs/mnist')] });
 * model.loadStateDict(await readSafetensors('runs/mnist/best.safetensors'));
 * ```
 *
 * Throws TrainingError, at the start of the run, where the folder cannot be made or written to. Node only.
 */
export class Checkpoint implements Callback {
  readonly folder: string;
  readonly #options: CheckpointOptions;
  readonly #every: number;
  #bestScore = -Infinity;
  #savedEpoch = -1;

  constructor(folder: string, options: CheckpointOptions = {}) {
    requireString('Checkpoint', 'folder', folder);
    checkOptions('Checkpoint', options, checkpointOptions);
    const { every = 1, saveBest = true } = options;
    requireBoolean('Checkpoint', 'saveBest', saveBest);
    requireMonitor('Checkpoint', options);
    if (!Number.isInteger(every) || every < 1)
      throw new TrainingError(`[Checkpoint] every must be a positive integer, got ${String(every)}.`);
    this.folder = folder;
    this.#options = options;
    this.#every = every;
  }

  async onTrainStart(): Promise<void> {
    this.#bestScore = -Infinity;
    this.#savedEpoch = -1;
    await requireWritableFolder('Checkpoint', this.folder);
  }

  async onEpochEnd(record: EpochRecord, run: Run): Promise<void> {
    const info = { epoch: record.epoch, record, learningRate: run.optimizer.learningRate, interrupted: false };
    if (record.epoch % this.#every === 0) await this.#save('last', info, run);
    if (this.#options.saveBest === false) return;
    const { score } = monitored('Checkpoint', record, run, this.#options);
    if (score <= this.#bestScore) return;
    this.#bestScore = score;
    await this.#save('best', info, run);
  }

  async onTrainEnd(history: History, run: Run): Promise<void> {
    const epoch = history.epochs.length;
    if (this.#savedEpoch === epoch && !history.interrupted) return;
    await this.#save(
      'last',
      {
        epoch,
        record: history.epochs.at(-1),
        learningRate: run.optimizer.learningRate,
        interrupted: history.interrupted,
      },
      run,
    );
  }

  async #save(name: 'last' | 'best', info: CheckpointInfo, run: Run): Promise<void> {
    await writeSafetensors(`${this.folder}/${name}.safetensors`, run.model.stateDict());
    const state = name === 'last' ? stateOf(run.optimizer) : undefined;
    const tensors = new Map(
      [...(state?.state ?? [])].flatMap(([parameter, entry]) =>
        Object.entries(entry).flatMap(([slot, value]) =>
          typeof value === 'number' ? [] : [[`${parameter}.${slot}`, value] as const],
        ),
      ),
    );
    if (tensors.size > 0) await writeSafetensors(`${this.folder}/${name}.optimizer.safetensors`, tensors);
    const optimizer = state && {
      optimizer: { name: state.optimizer, stepCount: state.stepCount, learningRate: run.optimizer.learningRate },
    };
    await writeFile(
      'Checkpoint',
      `${this.folder}/${name}.json`,
      `${JSON.stringify({ ...info, ...optimizer }, null, 2)}\n`,
    );
    if (name === 'last') this.#savedEpoch = info.epoch;
  }
}

/** What an optimizer of `@hebb/optimizers` says of itself; one of the user's own may have no state. */
function stateOf(optimizer: object): OptimizerState | undefined {
  return optimizer instanceof Optimizer ? optimizer.stateDict() : undefined;
}
