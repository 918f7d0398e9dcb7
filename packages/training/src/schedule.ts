/** Schedules of a run: one for all its optimizers, or one for each of some parts. */
import type { Goal } from '@hebb/evaluation';
import { applySchedule, keepSettings, type Schedule, type TrainingOptimizer } from '@hebb/optimizers';
import { HebbError, type Stateful } from '@hebb/tensor';
import { describe, isPlain } from '@hebb/tensor/arguments';
import { requireRate, wrong } from './checks.ts';
import { messageOf, TrainingError } from './errors.ts';
import { namedStates } from './named-states.ts';
import { isStateful } from './parts.ts';

/** A schedule that follows a value, as `PlateauSchedule` does: the validation loss, or the training loss of epochs where there is none. */
export interface ObservingSchedule {
  /** It is given losses: 'max' is refused. */
  readonly goal?: Goal;
  readonly factor: number;
  observe(value: number): unknown;
}

/** The factor that a schedule gave last, in which step (from 0) of how many (NaN where that was not known). */
type LastFactor = { readonly step: number; readonly totalSteps: number; readonly factor: number };

/**
 * What a save says of schedules that have no state of their own, by the names of optimizers: enough to tell whether a run goes on with the
 * same one.
 */
export type ScheduleRecords = Readonly<Record<string, LastFactor>>;

/** One schedule for all optimizers, or schedules by the names of parts. */
export type RunSchedule = Schedule | ObservingSchedule | Readonly<Record<string, Schedule | ObservingSchedule>>;

const expected = 'a function (step, totalSteps) => factor of the learning rate';

function isObserving(schedule: unknown): schedule is ObservingSchedule {
  return typeof (Object(schedule) as { observe?: unknown }).observe === 'function';
}

function rounded(factor: unknown): string {
  return typeof factor === 'number' ? String(Number(factor.toPrecision(8))) : String(factor);
}

/** What a function returns, or the message of what it throws. */
function outcomeOf(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    return messageOf(error);
  }
}

/** Sets the factors of a run's optimizers. */
export class Schedules {
  readonly #where: string;
  readonly #pairs: readonly {
    readonly name: string;
    readonly optimizer: TrainingOptimizer;
    readonly schedule: Schedule | ObservingSchedule;
  }[];
  readonly #observing: ReadonlyMap<string, ObservingSchedule>;
  #before: readonly (() => void)[] = [];
  #records: ScheduleRecords = {};

  /** Throws TrainingError for what is no schedule, and for names of parts that are no optimizers. */
  constructor(where: string, schedule: RunSchedule | undefined, optimizers: ReadonlyMap<string, TrainingOptimizer>) {
    this.#where = where;
    const isOne = typeof schedule === 'function' || isObserving(schedule);
    if (schedule !== undefined && !isOne && !isPlain(schedule)) throw wrong(where, 'schedule', expected, schedule);
    const named: [string, Schedule | ObservingSchedule][] = isOne ? [] : Object.entries(schedule ?? {});
    this.#pairs = isOne
      ? [...optimizers].map(([name, optimizer]) => ({ name, optimizer, schedule }))
      : named.map(([name, own]) => {
          const optimizer = optimizers.get(name);
          if (optimizer === undefined) {
            throw new TrainingError(`[${where}] there is a schedule for ${name}, which is no optimizer of this run.`, {
              hint: `Optimizers are ${[...optimizers.keys()].join(', ') || 'none'}.`,
            });
          }
          if (typeof own !== 'function' && !isObserving(own))
            throw wrong(where, `the schedule of ${name}`, expected, own);
          return { name, optimizer, schedule: own };
        });
    this.#observing = new Map(
      (isOne ? [['all', schedule] as const] : named).filter((entry): entry is [string, ObservingSchedule] =>
        isObserving(entry[1]),
      ),
    );
    for (const [, { goal }] of this.#observing) {
      if (goal !== 'max') continue;
      throw new TrainingError(
        `[${where}] the schedule’s goal is 'max', and it follows a loss, of which less is better.`,
        {
          hint: "Leave { goal: 'max' } out. To follow a metric, observe it in a callback: onValidation: ({ metrics }) => optimizer.factor = plateau.observe(metrics.accuracy).",
        },
      );
    }
  }

  /** Throws TrainingError where a schedule follows the loss of a validation that gives none. */
  requireValidationLoss(): void {
    if (this.#observing.size === 0) return;
    throw new TrainingError(`[${this.#where}] the schedule follows the validation loss, and validation gives none.`, {
      hint: 'Give the task validate: (batch) => the loss of the batch, or TrainingRun’s validate a loss. To follow a metric, observe it in a callback: onValidation: ({ metrics }) => optimizer.factor = plateau.observe(metrics.accuracy).',
    });
  }

  /** The states of schedules that have one; undefined where none has. */
  get state(): Stateful | undefined {
    return namedStates(
      'schedule',
      [...this.#observing].filter((entry): entry is [string, ObservingSchedule & Stateful] => isStateful(entry[1])),
    );
  }

  /** Remembers the factors and momenta of the optimizers that have a schedule. */
  remember(): void {
    this.#before = this.#pairs.map(({ optimizer }) => keepSettings(optimizer));
  }

  /** Puts them back: a run's last factor (0, often) is nothing that a checkpoint should hold or the next run begin with. */
  restore(): void {
    for (const restore of this.#before) restore();
  }

  /** @param totalSteps of the run; undefined where the data does not know its length */
  apply(step: number, totalSteps: number = Number.NaN): void {
    const records: [string, LastFactor][] = [];
    for (const { name, optimizer, schedule } of this.#pairs) {
      const factor: unknown = isObserving(schedule) ? schedule.factor : this.#factorOf(schedule, step, totalSteps);
      requireRate(this.#where, factor, step, totalSteps);
      optimizer.factor = factor;
      const { momentum } = schedule as Partial<Schedule>;
      if (momentum !== undefined)
        applySchedule(
          optimizer,
          Object.assign(() => factor, { momentum }),
          step,
          totalSteps,
        );
      if (!isStateful(schedule)) records.push([name, { step, totalSteps, factor }]);
    }
    this.#records = Object.fromEntries(records);
  }

  get records(): ScheduleRecords {
    return this.#records;
  }

  /** Why a run with these records is not to go on without its schedules. */
  differences(given: unknown): readonly string[] {
    if (!isPlain(given)) return [`schedules must be the last factors by optimizer, not ${describe(given)}`];
    return Object.entries(given as Readonly<Record<string, unknown>>).flatMap(([name, record]) => {
      const { step, totalSteps, factor } = Object(record) as { readonly [K in keyof LastFactor]?: unknown };
      if (![step, totalSteps, factor].every((value) => typeof value === 'number'))
        return [`schedules.${name} must be { step, totalSteps, factor }, not ${describe(record)}`];
      if (this.#pairs.some((pair) => pair.name === name)) return [];
      return [`${name} had a schedule, and has none here; constantSchedule() goes on without`];
    });
  }

  /** Takes over records without differences; says what the schedules here would have done in another way. */
  load(records: ScheduleRecords): readonly string[] {
    this.#records = records;
    return this.#pairs.flatMap(({ name, schedule }) => {
      if (isStateful(schedule)) return [];
      const before = Object.hasOwn(records, name) ? records[name] : undefined;
      if (before === undefined) return [`${name} has a schedule here, and had none when it was saved.`];
      if (isObserving(schedule)) return [];
      const { step, totalSteps, factor } = before;
      const here = outcomeOf(() => schedule(step, totalSteps));
      // Cosines and powers may differ in their last bits from one processor to the next.
      if (typeof here === 'number' && Math.abs(here - factor) <= 1e-9 * Math.max(factor, here)) return [];
      return [
        `the schedule of ${name} is another than it was: in step ${step + 1} it gave the factor ${rounded(factor)}, here ${rounded(here)}.`,
      ];
    });
  }

  #factorOf(schedule: Schedule, step: number, totalSteps: number): unknown {
    if (!Number.isNaN(totalSteps)) return schedule(step, totalSteps);
    let cause: unknown;
    try {
      const factor: unknown = schedule(step, totalSteps);
      if (!Number.isNaN(factor)) return factor;
    } catch (error) {
      if (!(error instanceof HebbError)) throw error;
      cause = error;
    }
    const unknown = new TrainingError(`[${this.#where}] the schedule needs the number of steps, which is not known.`, {
      hint: 'The data does not say how many batches an epoch has: give { steps } instead of epochs.',
    });
    if (cause !== undefined) unknown.cause = cause;
    throw unknown;
  }

  observe(value: number): void {
    for (const schedule of this.#observing.values()) schedule.observe(value);
  }
}
