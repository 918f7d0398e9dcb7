/** What a training run is given, checked before anything is read or computed. */
import type { Batches } from '@hebb/data';
import type { Goal } from '@hebb/evaluation';
import type { Stateful } from '@hebb/tensor';
import { recordOf, requireOneOf, requireOptions, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { Callback, Run } from './callback.ts';
import { requireCallback, requireCallbacks, requireSignal, wrong } from './checks.ts';
import { TrainingError } from './errors.ts';
import { requireEvery, type Every } from './every.ts';
import { requireParts } from './parts.ts';
import type { RunSchedule } from './schedule.ts';
import { requireMetricNames, type ValidationNumbers } from './validation-numbers.ts';

/** What `validate` of a run returns. */
export type Validated = Readonly<Record<string, number>> | ValidationNumbers;

export interface TrainingRunOptions<B> {
  /** What is trained, and whatever else a checkpoint must hold: modules, optimizers, by name. */
  parts: Readonly<Record<string, Stateful>>;
  /** A loader. */
  data: Batches<B>;
  /** Passes over the data; a positive integer. Either this or `steps`. */
  epochs?: number;
  /** Steps to make; a positive integer. */
  steps?: number;
  /** Factors of the learning rates, for all optimizers or by the names of parts. Default: their own factors stay. */
  schedule?: RunSchedule;
  /**
   * Numbers about the model, computed in evaluation mode (and with averages in place of the parameters, where an optimizer keeps some): by name, where
   * `loss` is the validation loss and the others are metrics; or `{ scalars, metrics }`, as `evaluate` returns metrics. Default: none.
   */
  validate?: (run: Run) => Validated | Promise<Validated>;
  /** Which way the metrics are better, by name, for early stopping and checkpoints: `{ accuracy: 'max' }`, `classification().goals`. Default: none says it. */
  goals?: Readonly<Record<string, Goal>>;
  /** When to validate. Default `{ epochs: 1 }`; the end of the run always. */
  validateEvery?: Every;
  /** Default: none. */
  callbacks?: readonly Callback[];
  /** Stops the run before the next step; the history is flagged `interrupted`. */
  signal?: AbortSignal;
  /** `true` shows progress on the terminal's standard error; or a display of your own. Default `false`: nothing is printed. */
  progress?: boolean | Callback;
  /**
   * The folder of a {@link Checkpoint} from whose last save the run goes on, or one of its files. Where nothing has been saved yet, a run with
   * a `Checkpoint` of that folder begins anew: the same program is simply started again. Default: the run begins anew.
   */
  resume?: string;
}

const runOptions: OptionNames<TrainingRunOptions<unknown>> = {
  parts: true,
  data: true,
  epochs: true,
  steps: true,
  schedule: true,
  validate: true,
  goals: recordOf(requireGoal),
  validateEvery: true,
  callbacks: true,
  signal: true,
  progress: true,
  resume: true,
};

function requireGoal(where: string, name: string, value: unknown): void {
  requireOneOf(where, name, value, ['min', 'max']);
}

/** Under which `fit` tells a run about itself. */
export const details: unique symbol = Symbol('details');

/** What `fit` adds to the options of a run. */
export interface RunDetails {
  /** Stands in messages. */
  readonly where: string;
  /** Whether validation may give a loss; else it is of metrics alone. */
  readonly hasValidationLoss: boolean;
}

/** When something is due that says nothing else. */
export const eachEpoch: Every = { epochs: 1 };

/** Throws TrainingError for options that make no sense; returns what `fit` says about the run. */
export function requireRunOptions<B>(options: TrainingRunOptions<B>): RunDetails {
  const { [details]: given = {} } = Object(options) as { [details]?: Partial<RunDetails> };
  const { where = 'TrainingRun', hasValidationLoss = true } = given;
  requireOptions<TrainingRunOptions<unknown>>(where, options, runOptions);
  const { parts, data, epochs, steps, validate, validateEvery = eachEpoch, signal, progress } = options;
  requireParts(where, parts);
  requireBatches(where, data);
  requireLimit(where, epochs, steps);
  if (validate !== undefined && typeof validate !== 'function')
    throw wrong(where, 'validate', 'a function that returns numbers by name', validate);
  requireEvery(where, 'validateEvery', validateEvery);
  if (validate === undefined && options.validateEvery !== undefined) {
    throw new TrainingError(`[${where}] validateEvery says when to validate, and there is nothing to validate with.`, {
      hint: where === 'fit' ? 'Give { validation }, or leave it out.' : 'Give { validate }, or leave it out.',
    });
  }
  requireMetricNames(where, Object.keys(options.goals ?? {}));
  if (options.callbacks !== undefined) requireCallbacks(where, options.callbacks);
  requireSignal(where, signal);
  if (options.resume !== undefined) requireString(where, 'resume', options.resume);
  if (progress !== undefined && typeof progress !== 'boolean') requireCallback(where, 'progress', progress);
  return { where, hasValidationLoss: validate !== undefined && hasValidationLoss };
}

function requireBatches(where: string, data: unknown): void {
  const { batches } = Object(data) as { batches?: unknown };
  if (typeof batches === 'function') return;
  throw wrong(
    where,
    'data',
    'a loader',
    data,
    'Make one of a dataset: new DataLoader(dataset, { batchSize: 32, shuffle: true }).',
  );
}

export function requireLimit(where: string, epochs: unknown, steps: unknown): void {
  if (epochs !== undefined && steps !== undefined) {
    throw new TrainingError(`[${where}] epochs and steps are both given; a run ends by one of them.`, {
      hint: 'Leave one out.',
    });
  }
  const [name, value] = steps === undefined ? ['epochs', epochs] : ['steps', steps];
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw wrong(where, name, 'a positive integer', value);
}
