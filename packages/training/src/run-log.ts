/** What a run keeps of its steps: every number that was told, and the sums of the epoch that is going on. */
import type { EpochRecord, StepRecord, ValidationRecord } from './callback.ts';

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
  scalars: Record<string, number[]> = {};
  learningRates: Record<string, number[]> = {};
  epochs: EpochRecord[] = [];
  validations: ValidationRecord[] = [];
  /** Examples of the epoch so far. */
  examples = 0;
  #sums: Record<string, { sum: number; weight: number }> = {};

  get losses(): number[] {
    return this.lossName === undefined ? [] : (this.scalars[this.lossName] ?? []);
  }

  /** @param weight of the step in the means of its epoch: the number of its examples, or the sum of their weights */
  add({ scalars, learningRates, examples }: StepRecord, weight: number): void {
    const step = this.losses.length;
    for (const name in scalars) {
      const value = scalars[name] ?? Number.NaN;
      const known = (this.scalars[name] ??= new Array<number>(step).fill(Number.NaN));
      known[step] = value;
      const total = (this.#sums[name] ??= { sum: 0, weight: 0 });
      total.sum += value * weight;
      total.weight += weight;
    }
    for (const name in this.scalars) if (!(name in scalars)) this.scalars[name]?.push(Number.NaN);
    for (const name in learningRates)
      (this.learningRates[name] ??= new Array<number>(step).fill(Number.NaN))[step] = learningRates[name] ?? Number.NaN;
    this.examples += examples;
  }

  /** Means over the epoch so far, by name. */
  means(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#sums).map(([name, { sum, weight }]) => [name, sum / weight]));
  }

  /** Learning rates of the last step, by name. */
  lastRates(): Record<string, number> {
    return mapValues(this.learningRates, (rates) => rates.at(-1) ?? Number.NaN);
  }

  addValidation(record: ValidationRecord): void {
    this.validations.push(frozen(record));
  }

  endEpoch(record: EpochRecord): void {
    this.epochs.push(frozen(record));
    this.#sums = {};
    this.examples = 0;
  }

  stateDict(): LogState {
    return {
      lossName: this.lossName,
      scalars: mapValues(this.scalars, (values) => Float64Array.from(values)),
      learningRates: mapValues(this.learningRates, (rates) => Float64Array.from(rates)),
      epochs: this.epochs.map(({ seconds: _, validationSeconds: _v, examplesPerSecond: _e, ...rest }) => rest),
      validations: this.validations.map(({ seconds: _, ...rest }) => rest),
      examples: this.examples,
      sums: mapValues(this.#sums, (total) => ({ ...total })),
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
    this.scalars = mapValues(state.scalars, (values) => Array.from(values));
    this.learningRates = mapValues(state.learningRates, (rates) => Array.from(rates));
    this.epochs = state.epochs.map((record, i) => frozen({ ...record, ...(times.epochs[i] ?? noTime) }));
    this.validations = state.validations.map((record, i) => frozen({ ...record, seconds: times.validations[i] ?? 0 }));
    this.examples = state.examples;
    this.#sums = mapValues(state.sums, (total) => ({ ...total }));
  }
}

/** A record as callbacks get it: what one of them wrote into it would be what monitors, checkpoints and the history read. */
export function frozen<R extends object>(record: R): R {
  for (const value of Object.values(record) as unknown[]) if (typeof value === 'object') Object.freeze(value);
  return Object.freeze(record);
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
