/** What a run keeps of its steps: every number that was told, and the sums of the epoch that is going on. */
import type { EpochRecord, StepRecord, ValidationRecord } from './callback.ts';
import { TrainingError } from './errors.ts';
import type { RecordedNumbers } from './validation-numbers.ts';

type TimedEpoch = 'seconds' | 'validationSeconds' | 'examplesPerSecond';

/** The log as it is saved. Clock times stand apart: all else is the same whenever and wherever the steps were made. */
export type LogState = {
  readonly lossName: string | undefined;
  /** float64, one number a step. */
  readonly scalars: Readonly<Record<string, Float64Array>>;
  readonly learningRates: Readonly<Record<string, Float64Array>>;
  readonly epochs: readonly Omit<EpochRecord, TimedEpoch>[];
  readonly validations: readonly Omit<ValidationRecord, 'seconds'>[];
  /** Of the epoch that is going on. */
  readonly examples: number;
  readonly sums: Readonly<Record<string, { readonly sum: number; readonly weight: number }>>;
};

export type LogTimes = {
  readonly epochs: readonly Pick<EpochRecord, TimedEpoch>[];
  readonly validations: readonly number[];
};

export class RunLog {
  /** The name of the scalar that is called the loss; undefined before the first step. */
  lossName: string | undefined;
  // Maps, because names are the user's: one may be that of a property that every object has.
  readonly #scalars = new Map<string, number[]>();
  readonly #rates = new Map<string, number[]>();
  readonly #sums = new Map<string, { sum: number; weight: number }>();
  epochs: EpochRecord[] = [];
  validations: ValidationRecord[] = [];
  /** Examples of the epoch so far. */
  examples = 0;

  /** One number a step, by name. */
  get scalars(): Readonly<Record<string, number[]>> {
    return Object.fromEntries(this.#scalars);
  }

  /** One rate a step, by name. */
  get learningRates(): Readonly<Record<string, number[]>> {
    return Object.fromEntries(this.#rates);
  }

  get losses(): number[] {
    return this.#scalars.get(this.lossName ?? '') ?? [];
  }

  /** Whether a scalar must be finite: the loss, and what is called one. */
  isLoss(name: string): boolean {
    return name === this.lossName || /loss$/i.test(name);
  }

  /** The record of a step, whose numbers have come back. Throws TrainingError where the loss is not among them. */
  stepRecord(
    where: string,
    step: Omit<StepRecord, 'loss' | 'scalars'>,
    scalars: Readonly<Record<string, number>>,
  ): StepRecord {
    this.lossName ??= 'loss' in scalars ? 'loss' : Object.keys(scalars)[0];
    const loss = scalars[this.lossName ?? ''];
    if (loss === undefined)
      throw new TrainingError(`[${where}] step ${step.step} reported no ${this.lossName}, as the first did.`);
    return { ...step, loss, scalars };
  }

  /** @param weight of the step in the means of its epoch: the number of its examples, or the sum of their weights */
  add({ scalars, learningRates, examples }: StepRecord, weight: number): void {
    const step = this.losses.length;
    for (const name in scalars) {
      const value = scalars[name] ?? Number.NaN;
      let total = this.#sums.get(name);
      if (total === undefined) this.#sums.set(name, (total = { sum: 0, weight: 0 }));
      total.sum += value * weight;
      total.weight += weight;
    }
    append(this.#scalars, scalars, step);
    append(this.#rates, learningRates, step);
    this.examples += examples;
  }

  /** Means over the epoch so far, by name. */
  means(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, { sum, weight }]) => [name, sum / weight]));
  }

  /** Learning rates of the last step, by name. */
  lastRates(): Record<string, number> {
    return mapValues(this.learningRates, (rates) => rates.at(-1) ?? Number.NaN);
  }

  /** The record of a validation, which is not in the log yet. */
  validationRecord(
    moment: Pick<ValidationRecord, 'step' | 'epoch' | 'seconds'>,
    numbers: RecordedNumbers,
  ): ValidationRecord {
    const { step, epoch, seconds } = moment;
    const scalars = this.means();
    return { step, epoch, ...numbers, loss: this.#lossIn(scalars), scalars, seconds };
  }

  addValidation(record: ValidationRecord): void {
    this.validations.push(frozen(record));
  }

  /** Closes the epoch that is going on, with the validation at its end, and gives its record. */
  endEpoch(
    { step, seconds, validationSeconds }: Pick<EpochRecord, 'step' | 'seconds' | 'validationSeconds'>,
    validation: ValidationRecord | undefined,
  ): EpochRecord {
    const scalars = this.means();
    const learningRates = this.lastRates();
    const { validationLoss, validationScalars = {}, metrics = {} } = validation ?? {};
    const record = frozen<EpochRecord>({
      epoch: this.epochs.length + 1,
      step,
      loss: this.#lossIn(scalars),
      scalars,
      ...(validationLoss !== undefined && { validationLoss }),
      validationScalars,
      metrics,
      learningRate: firstOf(learningRates),
      learningRates,
      seconds,
      validationSeconds,
      examplesPerSecond: this.examples / seconds,
    });
    this.epochs.push(record);
    this.#sums.clear();
    this.examples = 0;
    return record;
  }

  #lossIn(means: Readonly<Record<string, number>>): number {
    return means[this.lossName ?? ''] ?? Number.NaN;
  }

  stateDict(): LogState {
    return {
      lossName: this.lossName,
      scalars: mapValues(this.scalars, (values) => Float64Array.from(values)),
      learningRates: mapValues(this.learningRates, (rates) => Float64Array.from(rates)),
      epochs: this.epochs.map(({ seconds: _, validationSeconds: _v, examplesPerSecond: _e, ...rest }) => rest),
      validations: this.validations.map(({ seconds: _, ...rest }) => rest),
      examples: this.examples,
      sums: mapValues(Object.fromEntries(this.#sums), (total) => ({ ...total })),
    };
  }

  times(): LogTimes {
    return {
      epochs: this.epochs.map(({ seconds, validationSeconds, examplesPerSecond }) => ({
        seconds,
        validationSeconds,
        examplesPerSecond,
      })),
      validations: this.validations.map(({ seconds }) => seconds),
    };
  }

  loadStateDict(state: LogState, times: LogTimes): void {
    const noTime = { seconds: 0, validationSeconds: 0, examplesPerSecond: 0 };
    this.lossName = state.lossName;
    restore(this.#scalars, state.scalars, (values) => Array.from(values));
    restore(this.#rates, state.learningRates, (rates) => Array.from(rates));
    this.epochs = state.epochs.map((record, i) => frozen({ ...record, ...(times.epochs[i] ?? noTime) }));
    this.validations = state.validations.map((record, i) => frozen({ ...record, seconds: times.validations[i] ?? 0 }));
    this.examples = state.examples;
    restore(this.#sums, state.sums, (total) => ({ ...total }));
  }
}

function restore<T, R>(map: Map<string, R>, saved: Readonly<Record<string, T>>, copy: (value: T) => R): void {
  map.clear();
  for (const [name, value] of Object.entries(saved)) map.set(name, copy(value));
}

/** Appends the numbers of a step, NaN for names that it has not, or that are new. */
function append(series: Map<string, number[]>, numbers: Readonly<Record<string, number>>, step: number): void {
  for (const name in numbers) {
    let known = series.get(name);
    if (known === undefined) series.set(name, (known = new Array<number>(step).fill(Number.NaN)));
    known.push(numbers[name] ?? Number.NaN);
  }
  for (const known of series.values()) if (known.length === step) known.push(Number.NaN);
}

/** A record as callbacks get it: what one of them wrote into it would be what monitors, checkpoints and the history read. */
export function frozen<R extends object>(record: R): R {
  for (const value of Object.values(record) as unknown[]) if (typeof value === 'object') Object.freeze(value);
  return Object.freeze(record);
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** Of numbers by name; NaN where there are none. */
export function firstOf(numbers: Readonly<Record<string, number>>): number {
  for (const name in numbers) return numbers[name] ?? Number.NaN;
  return Number.NaN;
}
