/** The training loop in one call: a short program over {@link TrainingRun}. */
import type { Metrics } from '@hebb/evaluation';
import { taskOf } from '@hebb/evaluation/internal';
import { Module } from '@hebb/layers';
import { requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { batchSource, type Examples } from './batches.ts';
import type { Callback, History } from './callback.ts';
import { requireCallbacks, requireExamples, requireModel, requireOwnBatches } from './checks.ts';
import { TrainingError } from './errors.ts';
import { evaluationSource } from './evaluation-data.ts';
import type { Every } from './every.ts';
import { requireLastBatch } from './last-batch.ts';
import { details, requireLimit } from './run-options.ts';
import { TrainingRun } from './run.ts';
import type { RunSchedule } from './schedule.ts';
import { supervisedOptions, supervisedTask, type SupervisedOptions } from './supervised.ts';
import { requireTask, stepOf, type Task } from './task.ts';
import { Validator } from './validation.ts';

/** How a task is trained; the same for every task. */
export interface FitTaskOptions {
  /** Number of passes over the training data; a positive integer. Either this or `steps`. */
  epochs?: number;
  /** Number of steps; a positive integer. An epoch ends where the data says so, and the next begins. */
  steps?: number;
  /** Where the data is a dataset: examples per step. Default 32. */
  batchSize?: number;
  /** Where the data is a dataset: seeds the order of its examples. Default: the seed that `manualSeed` set. */
  seed?: number;
  /** Where the data is a dataset: leave out the last batch of an epoch if it is smaller than the others. Default `false`. */
  dropLast?: boolean;
  /**
   * Data for the validation loss and the metrics, computed in evaluation mode: every example once, as `evaluate` reads it (a loader in the
   * order of its dataset, without leaving any out). Default: none.
   */
  validation?: Examples;
  /** When to validate. Default `{ epochs: 1 }`; the end of the run always. */
  validateEvery?: Every;
  /** What else is measured on the validation data, as by `evaluate`: metrics by name, `{ accuracy }`, or a task, `classification()`. Default: nothing. */
  metrics?: Metrics;
  /**
   * What the optimizers' learning rates are multiplied by in a step (from 0) of a run of so many steps, e.g. `cosineSchedule()`; one for all,
   * or by the names of parts. Default: their own factors stay.
   */
  schedule?: RunSchedule;
  /** Default: none. */
  callbacks?: readonly Callback[];
  /** Stops the run before the next step; the history is flagged `interrupted`. */
  signal?: AbortSignal;
  /** `true` shows progress on the terminal's standard error; or a display of your own. Default `false`: nothing is printed. */
  progress?: boolean | Callback;
  /**
   * The folder of a {@link Checkpoint} from whose last save the run goes on: the same bytes as if it had never been cut. Where nothing has been
   * saved yet, a run with a `Checkpoint` of that folder begins anew: the same program is simply started again. `epochs` and `steps` count
   * from the very start; a run that has made them returns its history at once. Default: the run begins anew.
   */
  resume?: string;
}

/** How a model is trained. */
export interface FitOptions extends SupervisedOptions, FitTaskOptions {}

const taskOptions: OptionNames<FitTaskOptions> = {
  epochs: true,
  steps: true,
  batchSize: true,
  seed: true,
  dropLast: true,
  validation: true,
  validateEvery: true,
  metrics: true,
  schedule: true,
  callbacks: true,
  signal: true,
  progress: true,
  resume: true,
};
const fitOptions: OptionNames<FitOptions> = { ...supervisedOptions, ...taskOptions };

/**
 * Trains a model in place.
 *
 * Every epoch takes the batches `{ x, y }` of the data in turn: loss(model.forward(x), y), its gradients, one optimizer step. The model is
 * in training mode meanwhile and in its former mode afterwards. `fit(task, data, options)` trains anything else, see {@link Task}.
 *
 * ```ts
 * const history = await fit(model, train, {
 *   loss: crossEntropy, optimizer, epochs: 10, validation, metrics: { accuracy },
 *   callbacks: [new EarlyStopping({ patience: 3 }), new Checkpoint('runs/mnist')],
 * });
 * history.epochs.at(-1)?.metrics.accuracy;
 * ```
 *
 * @param data a dataset with the fields `x` and `y` (shuffled anew in every epoch), or a `DataLoader`, whose epochs are taken from
 *   `loader.epoch` on; the run leaves it as it is
 * @throws TrainingError for what makes no sense (no loss, an optimizer with parameters that are not the model's, parameters that hold NaN,
 *   validation data that the model does not take), before the first step; for a loss that is not a finite number, a few steps later at
 *   most; also whatever a callback throws
 */
export async function fit<B>(task: Task<B>, data: Examples, options: FitTaskOptions): Promise<History>;
export async function fit(model: Module, data: Examples, options: FitOptions): Promise<History>;
export async function fit(given: unknown, data: Examples, options: FitOptions | FitTaskOptions): Promise<History> {
  const isTask = !(given instanceof Module) && typeof Object(given).step === 'function';
  if (isTask) {
    requireOptions<FitTaskOptions>('fit', options, taskOptions);
    requireTask('fit', given);
    return await fitTask(given, data, options);
  }
  requireOptions<FitOptions>('fit', options as FitOptions, fitOptions);
  requireModel('fit', given);
  requireExamples('fit', 'the training data', data);
  const { loss, optimizer, clipNorm, clipValue, accumulate, compiled, ...rest } = options as FitOptions;
  const own = { loss, optimizer, clipNorm, clipValue, accumulate, compiled } as SupervisedOptions;
  return await fitTask(supervisedTask('fit', given, own) as unknown as Task, data, rest);
}

async function fitTask(task: Task, data: Examples, options: FitTaskOptions): Promise<History> {
  requireExamples('fit', 'the training data', data);
  requireOwnBatches('fit', data, options);
  const { batchSize = 32, seed, dropLast, validation, metrics, validateEvery, ...rest } = options;
  requireLimit('fit', rest.epochs, rest.steps);
  if (validation !== undefined) requireExamples('fit', 'the validation data', validation);
  const evaluation =
    metrics === undefined ? undefined : taskOf('fit', metrics, (form) => `fit(…, { validation, metrics: ${form} })`);
  if (rest.callbacks !== undefined) requireCallbacks('fit', rest.callbacks);
  if (evaluation !== undefined && validation === undefined) {
    throw new TrainingError('[fit] metrics are computed on validation data, and there is none.', {
      hint: 'Give { validation }, or leave the metrics out.',
    });
  }
  const source = batchSource('fit', data, {
    batchSize,
    shuffle: true,
    ...(seed !== undefined && { seed }),
    ...(dropLast !== undefined && { dropLast }),
  });
  const validator =
    validation === undefined
      ? undefined
      : new Validator('fit', task, evaluationSource('fit', validation), evaluation, rest.signal);
  const run = new TrainingRun({
    parts: task.parts,
    data: source,
    ...rest,
    ...(task.callbacks !== undefined && { callbacks: [...task.callbacks, ...(rest.callbacks ?? [])] }),
    ...(validateEvery !== undefined && { validateEvery }),
    ...(validator !== undefined && { validate: ({ epoch }) => validator.validate(epoch) }),
    ...(evaluation?.goals !== undefined && { goals: evaluation.goals }),
    ...{ [details]: { where: 'fit', hasValidationLoss: task.validate !== undefined } },
  });
  const step = stepOf('fit', task);
  await requireLastBatch('fit', task, source);
  await validator?.requireFitting();
  for await (const batch of run) {
    try {
      await run.report(await step(batch));
    } catch (error) {
      run.fail(error);
      throw error;
    }
  }
  return run.history;
}
