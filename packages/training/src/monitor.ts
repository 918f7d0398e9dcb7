/** Which number of a run decides whether it got better, which way is better, and the best of it so far. */
import type { Goal } from '@hebb/evaluation';
import {
  describe,
  isPlain,
  nearest,
  requireFinite,
  requireOneOf,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { EpochRecord, Run, ValidationRecord } from './callback.ts';
import { TrainingError } from './errors.ts';
import { isCount } from './run-state.ts';
import { numbersOf } from './validation-numbers.ts';

export interface MonitorOptions {
  /**
   * 'loss', 'validationLoss', or the name of a metric or of a scalar that the steps return; of a scalar of validation `validationScalar`: `dLoss` is
   * 'validationDLoss'. Default: the validation loss where there is validation, else the training loss.
   */
  monitor?: string;
  /**
   * Whether smaller or larger is better. Default: what the metric or the evaluation task says; smaller for losses, whose names end in
   * `loss` or `Loss`. For any other name it must be given.
   */
  goal?: Goal;
}

export const monitorOptions: OptionNames<MonitorOptions> = { monitor: true, goal: true };

/** Where and how good the best was. */
export type Best = {
  /** Epoch of the last step before it, from 1. */
  readonly epoch: number;
  /** Steps made before it. */
  readonly step: number;
  readonly value: number;
};

export type MonitorState = {
  readonly name: string;
  readonly goal: Goal;
  readonly best: Best | undefined;
  /** How often the number did not improve since. */
  readonly stale: number;
  /** How often it was looked at. */
  readonly count: number;
};

/**
 * Watches one number, at every validation, or at the end of every epoch where a run has no validation. NaN is never the best, and never an
 * improvement.
 */
export class Monitor {
  readonly #where: string;
  readonly #options: MonitorOptions;
  readonly #minDelta: number;
  #name = '';
  #goal: Goal = 'min';
  #best: Best | undefined;
  #stale = 0;
  #count = 0;

  /** Throws {@link ArgumentError} where the options cannot name a number. */
  constructor(where: string, options: MonitorOptions, minDelta = 0) {
    const { monitor, goal } = options;
    if (monitor !== undefined) requireString(where, 'monitor', monitor);
    if (goal !== undefined) requireOneOf(where, 'goal', goal, ['min', 'max']);
    requireFinite(where, 'minDelta', minDelta);
    this.#where = where;
    this.#options = options;
    this.#minDelta = minDelta;
  }

  /** Begins anew. Throws TrainingError where there will be no such number, or nobody knows which way it is better. */
  start(run: Run): void {
    this.#name = this.#options.monitor ?? (run.hasValidation ? 'validationLoss' : 'loss');
    if (this.#name === 'validationLoss' && !run.hasValidationLoss) throw noValidationLoss(this.#where, run);
    this.#goal = this.#options.goal ?? goalOf(this.#where, this.#name, run);
    this.#best = undefined;
    this.#stale = 0;
    this.#count = 0;
  }

  get name(): string {
    return this.#name;
  }

  get goal(): Goal {
    return this.#goal;
  }

  /** Undefined before the first number, and as long as all are NaN. */
  get best(): Best | undefined {
    return this.#best;
  }

  /** How often the number did not improve since the best, or since the start. */
  get stale(): number {
    return this.#stale;
  }

  /** Looks at a record. Throws TrainingError where it does not have the number. */
  observe(record: ValidationRecord | EpochRecord, run: Run): { readonly value: number; readonly isBest: boolean } {
    const value = this.#valueIn(record, run);
    const best = this.#best?.value;
    const gain = this.#goal === 'min' ? (best ?? 0) - value : value - (best ?? 0);
    const isBest = !Number.isNaN(value) && (best === undefined || gain > this.#minDelta);
    this.#count++;
    this.#stale = isBest ? 0 : this.#stale + 1;
    if (isBest) this.#best = { epoch: record.epoch, step: record.step, value };
    return { value, isBest };
  }

  /** What to say of a run in which nothing was the best; undefined where something was, or nothing was looked at. */
  get complaint(): string | undefined {
    if (this.#best !== undefined || this.#count === 0) return undefined;
    const times = this.#count === 1 ? 'the only time' : `all ${this.#count} times`;
    return `${this.#name} was not a number (NaN) ${times} that it was looked at: there is no best state`;
  }

  stateDict(): MonitorState {
    return { name: this.#name, goal: this.#goal, best: this.#best, stale: this.#stale, count: this.#count };
  }

  differences(state: unknown): readonly string[] {
    const { name, goal, best, stale, count } = Object(state) as Readonly<Record<string, unknown>>;
    if (!isPlain(state) || typeof name !== 'string') return ['its state is that of something else'];
    if (name !== this.#name) return [`it monitors ${this.#name}, in the checkpoint ${name}`];
    if (goal !== this.#goal) return [`its goal is '${this.#goal}', in the checkpoint ${describe(goal)}`];
    const found: string[] = [];
    if (best !== undefined && !isBest(best))
      found.push(
        `best of ${name} must be { epoch, step, value } with a value that is not NaN, or undefined, not ${shown(best)}`,
      );
    for (const [field, value] of Object.entries({ stale, count }))
      if (!isCount(value)) found.push(`${field} of ${name} must be an integer ≥ 0, not ${describe(value)}`);
    if (found.length > 0) return found;
    // Every look that is no improvement is a stale one; where there is a best, one look was none.
    const most = (count as number) - (best === undefined ? 0 : 1);
    if ((stale as number) <= most && (best !== undefined || stale === count)) return [];
    const looked = `${count as number} ${count === 1 ? 'time' : 'times'}`;
    return [
      `${name} was looked at ${looked} and had ${best === undefined ? 'no best' : 'a best'}, and is said to be stale for ${stale as number}`,
    ];
  }

  loadStateDict({ best, stale, count }: MonitorState): void {
    this.#best = best;
    this.#stale = stale;
    this.#count = count;
  }

  #valueIn(record: ValidationRecord | EpochRecord, run: Run): number {
    const name = this.#name;
    const known = numbersOf(record);
    const value = Object.hasOwn(known, name) ? known[name] : undefined;
    if (value !== undefined) return value;
    const names = Object.keys(known);
    throw new TrainingError(`[${this.#where}] there is no '${name}' to monitor; there is ${names.join(', ')}.`, {
      hint: run.hasValidation ? 'Monitor one of those.' : 'Give fit { validation } and the metric, or monitor another.',
    });
  }
}

function isBest(best: unknown): boolean {
  const { epoch, step, value } = Object(best) as { readonly [K in keyof Best]?: unknown };
  return isCount(epoch) && isCount(step) && typeof value === 'number' && !Number.isNaN(value);
}

function shown(best: unknown): string {
  return isPlain(best)
    ? `{ ${Object.entries(best)
        .map(([name, value]) => `${name}: ${describe(value)}`)
        .join(', ')} }`
    : describe(best);
}

function noValidationLoss(where: string, run: Run): TrainingError {
  const [metric] = Object.keys(run.goals);
  return run.hasValidation
    ? new TrainingError(`[${where}] there will be no 'validationLoss' to monitor: the task has no validate.`, {
        hint: `Add it beside output, validate: (batch) => the loss of the batch; or monitor another number${metric === undefined ? '' : `, { monitor: '${metric}' }`}.`,
      })
    : new TrainingError(`[${where}] there will be no 'validationLoss' to monitor: the run has no validation.`, {
        hint: "Give it validation, or monitor the training loss, { monitor: 'loss' }.",
      });
}

function goalOf(where: string, name: string, run: Run): Goal {
  const goal = Object.hasOwn(run.goals, name) ? run.goals[name] : undefined;
  if (goal !== undefined) return goal;
  if (/loss$/i.test(name)) return 'min';
  const names = ['loss', ...(run.hasValidation ? ['validationLoss'] : []), ...run.metricNames];
  const near = nearest(name, names);
  throw new TrainingError(
    `[${where}] nobody says whether a smaller or a larger ${name} is better; known are ${names.join(', ')}.`,
    {
      hint: `${near === undefined || near === name ? 'Say so' : `Did you mean ${near}? Else say so`}: { monitor: '${name}', goal: 'min' }, or 'max'. Metrics and tasks of @hebb/evaluation know it themselves.`,
    },
  );
}
