import { formatMetric, words } from '@hebb/evaluation/format';
import type { Stateful, Tensor } from '@hebb/tensor';
import { checkOptions, isPlain, requireBoolean, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { Callback, EpochRecord, History, Run, ValidationRecord } from './callback.ts';
import { copyOf } from './checkpoint-file.ts';
import { TrainingError } from './errors.ts';
import { Monitor, monitorOptions, type MonitorOptions, type MonitorState } from './monitor.ts';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Validations (epochs, where there is no validation) without improvement before the run ends; a positive integer. Default 3. */
  patience?: number;
  /** An improvement is larger than this. Default 0. */
  minDelta?: number;
  /** Give the modules the state of the best validation at the end. Default true. */
  restoreBest?: boolean;
  /** Tells two of a run apart where it is resumed, in whatever order they then are. Default: they are told apart by their order. */
  name?: string;
}

const earlyStoppingOptions: OptionNames<EarlyStoppingOptions> = {
  ...monitorOptions,
  patience: true,
  minDelta: true,
  restoreBest: true,
  name: requireString,
};

/** State of the modules of a run, by the names of their parts. */
type Weights = Readonly<Record<string, ReadonlyMap<string, Tensor>>>;

/** What {@link EarlyStopping} saves. */
export type EarlyStoppingState = {
  readonly monitor: MonitorState;
  readonly weights: Weights;
};

/**
 * Ends a run that does not improve any more, and takes the modules back to their best state (Prechelt, "Early Stopping – But When?", 1998).
 * With averages (EMA, SWA) the best state is that of the averages, which validation sees.
 *
 * ```ts
 * const model = new Linear(2, 2);
 * const optimizer = new AdamW(model, { learningRate: 0.1 });
 * const data = new ArrayDataset({
 *   x: { data: Float32Array.of(0, 1, 1, 0), shape: [2] },
 *   y: { data: Int32Array.of(0, 1), shape: [] },
 * });
 * const stopping = new EarlyStopping({ patience: 2, minDelta: 10 }); // the loss never falls by 10
 * const history = await fit(model, data, { loss: crossEntropy, optimizer, epochs: 100, callbacks: [stopping] });
 * history.epochs.length; // 3
 * stopping.bestEpoch; // 1
 * ```
 *
 * NaN is no improvement: where the number is NaN from the start, the run ends after `patience` looks, and its `stopReason` says why. A
 * {@link Checkpoint} of the same run saves the last state before it is taken back, whatever the order of the callbacks.
 *
 * Throws TrainingError for a patience that is no positive integer; in the run where there is nothing of the monitored name, or nobody says which way it is better.
 */
export class EarlyStopping implements Callback, Stateful<EarlyStoppingState> {
  static readonly type: string = 'EarlyStopping';

  declare readonly name?: string;

  readonly #patience: number;
  readonly #restoreBest: boolean;
  readonly #monitor: Monitor;
  #run: Run | undefined;
  #weights: Weights = {};
  /** Whether the weights were copied here: those of a state that was loaded may be held elsewhere. */
  #areOwn = false;

  constructor(options: EarlyStoppingOptions = {}) {
    checkOptions('EarlyStopping', options, earlyStoppingOptions);
    const { patience = 3, minDelta = 0, restoreBest = true, name } = options;
    if (name !== undefined) this.name = name;
    requireBoolean('EarlyStopping', 'restoreBest', restoreBest);
    this.#monitor = new Monitor('EarlyStopping', options, minDelta);
    if (!Number.isInteger(patience) || patience < 1)
      throw new TrainingError(`[EarlyStopping] patience must be a positive integer, got ${String(patience)}.`);
    this.#patience = patience;
    this.#restoreBest = restoreBest;
  }

  /** The best epoch so far, from 1; 0 before the first. */
  get bestEpoch(): number {
    return this.#monitor.best?.epoch ?? 0;
  }

  onTrainStart(run: Run): void {
    this.#run = run;
    this.#monitor.start(run);
    this.#keep({}, { areOwn: false });
  }

  async onValidation(record: ValidationRecord, run: Run): Promise<void> {
    await this.#observe(record, run);
  }

  async onEpochEnd(record: EpochRecord, run: Run): Promise<void> {
    if (!run.hasValidation) await this.#observe(record, run);
  }

  async #observe(record: ValidationRecord | EpochRecord, run: Run): Promise<void> {
    const { value, isBest } = this.#monitor.observe(record, run);
    if (isBest && this.#restoreBest) this.#keep(await run.withAverages(() => weightsOf(run)), { areOwn: true });
    if (this.#monitor.stale >= this.#patience) run.stop(this.#reason(value, record.epoch));
  }

  #reason(value: number, epoch: number): string {
    const { name, best, stale, complaint } = this.#monitor;
    if (best === undefined) return complaint ?? '';
    const unit = epoch - best.epoch === stale ? 'epoch' : 'validation';
    const [last, first] = [formatMetric(name, value), formatMetric(name, best.value)];
    return `${words(name)} ${last} has not improved on ${first} of epoch ${best.epoch} for ${stale} ${unit}${stale === 1 ? '' : 's'}`;
  }

  onTrainEnd(_: History, run: Run): void {
    if (this.#monitor.best === undefined || this.#monitor.best.step === run.step) return;
    for (const [name, module] of run.modules) {
      const weights = Object.hasOwn(this.#weights, name) ? this.#weights[name] : undefined;
      if (weights !== undefined) module.loadStateDict(weights);
    }
  }

  stateDict(): EarlyStoppingState {
    return { monitor: this.#monitor.stateDict(), weights: this.#weights };
  }

  differences(state: unknown): readonly string[] {
    const { monitor, weights } = Object(state) as { readonly [K in keyof EarlyStoppingState]?: unknown };
    const differences = this.#monitor.differences(monitor);
    if (differences.length > 0 || !this.#restoreBest || (monitor as MonitorState).best === undefined)
      return differences;
    if (!isPlain(weights) || Object.keys(weights).length === 0)
      return ['restoreBest is true, and the checkpoint has no best state'];
    const best = weights as Readonly<Record<string, unknown>>;
    return [...(this.#run?.modules ?? [])].flatMap(([name, module]) =>
      Object.hasOwn(best, name)
        ? module.differences(best[name] as Weights[string]).map((reason) => `best state of ${name}: ${reason}`)
        : [`the best state has no ${name}`],
    );
  }

  loadStateDict({ monitor, weights }: EarlyStoppingState): void {
    this.#monitor.loadStateDict(monitor);
    this.#keep(this.#restoreBest ? weights : {}, { areOwn: false });
  }

  /** Frees what was kept before: a collector does not see how much of a device a copy of the model holds. */
  #keep(weights: Weights, { areOwn }: { areOwn: boolean }): void {
    if (this.#areOwn)
      for (const tensors of Object.values(this.#weights)) for (const tensor of tensors.values()) tensor.dispose();
    this.#weights = weights;
    this.#areOwn = areOwn;
  }
}

async function weightsOf(run: Run): Promise<Weights> {
  const states = [...run.modules].map(([name, module]) => [name, module.stateDict()] as const);
  return (await copyOf(Object.fromEntries(states))) as Weights;
}
