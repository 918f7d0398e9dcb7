/** The training loop: forward, backward and update in one compiled step; losses come back while the device computes on. */
import { valueAndGrad } from '@hebb/autograd';
import type { Metric, MetricFunction, ShapedValues } from '@hebb/evaluation';
import type { Module } from '@hebb/layers';
import { compile, type Tensor } from '@hebb/tensor';
import { requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import type { ArrayBatch, LoadedBatch } from '@hebb/data';
import { batchSource, inputAndTarget, toTensor, type Examples } from './batches.ts';
import type { Callback, EpochRecord, History, StepRecord, TrainingOptimizer, TrainingRun } from './callback.ts';
import {
  requireCallback,
  requireCallbacks,
  requireExamples,
  requireLossFunction,
  requireMetrics,
  requireMetricValue,
  requireModel,
  requireOptimizer,
  requireOwnBatches,
  requireRate,
  requireSignal,
  wrong,
} from './checks.ts';
import { lossError, requireNumbers, type BatchFields } from './diagnosis.ts';
import { TrainingError } from './errors.ts';
import { LossReader } from './loss-reader.ts';
import { modesOf } from './modes.ts';
import { requireParametersOf } from './trainable.ts';
import { lossOf, outputOf, predictor, requireFitting, type LossFunction } from './predict.ts';
import { TerminalProgress } from './progress.ts';
import { breather } from './tasks.ts';

export interface FitOptions {
  /** The mean loss of a batch, a single number, e.g. `crossEntropy`. */
  loss: LossFunction;
  /** Made for the model, or for some of its parameters: the others stay as they are. */
  optimizer: TrainingOptimizer;
  /** Number of passes over the training data; a positive integer. */
  epochs: number;
  /** Where `train` is a dataset: examples per step. Default 32. */
  batchSize?: number;
  /** Where `train` is a dataset: seeds the order of its examples. Default: the seed that `manualSeed` set. */
  seed?: number;
  /** Data for the validation loss and the metrics, computed in evaluation mode after every epoch. Default: none. */
  validation?: Examples;
  /** Metrics on the validation data by name, e.g. `{ accuracy }`. Default: none. */
  metrics?: Readonly<Record<string, Metric | MetricFunction>>;
  /** What the optimizer's learning rates are multiplied by in a step (from 0) of a run of so many steps, e.g. `cosineSchedule()`. Default: its own factor stays. */
  schedule?: (step: number, totalSteps: number) => number;
  /** Default: none. */
  callbacks?: readonly Callback[];
  /** Stops the run at the next step; the history is flagged `interrupted`. */
  signal?: AbortSignal;
  /** `true` shows progress on the terminal's standard error; or a display of your own. Default `false`: nothing is printed. */
  progress?: boolean | Callback;
}

const fitOptions: OptionNames<FitOptions> = {
  loss: true,
  optimizer: true,
  epochs: true,
  batchSize: true,
  seed: true,
  validation: true,
  metrics: true,
  schedule: true,
  callbacks: true,
  signal: true,
  progress: true,
};

/** Losses in flight between the device and the loop: enough to keep a GPU busy, few enough to find NaN soon. */
const lossesInFlight = 4;
const validationBatchSize = 256;

/**
 * Trains a model in place.
 *
 * Every epoch takes the batches `{ x, y }` of `train` in turn: loss(model.forward(x), y), its gradients, one optimizer step. The model is
 * in training mode meanwhile and in its former mode afterwards.
 *
 * ```ts
 * const history = await fit(model, train, {
 *   loss: crossEntropy, optimizer, epochs: 10, validation, metrics: { accuracy },
 *   callbacks: [new EarlyStopping({ patience: 3 }), new Checkpoint('runs/mnist')],
 * });
 * history.epochs.at(-1)?.metrics.accuracy;
 * ```
 *
 * @param train a dataset with the fields `x` and `y` (shuffled anew in every epoch), or a `DataLoader`, whose epochs are taken from
 *   `loader.epoch` on; the run leaves it as it is
 * @throws TrainingError for what makes no sense (no loss, an optimizer with parameters that are not the model's, parameters that hold NaN,
 *   validation data that the model does not take), before the first step; for a loss that is not a finite number, at most
 *   {@link lossesInFlight} steps later; also whatever a callback throws
 */
export async function fit(model: Module, train: Examples, options: FitOptions): Promise<History> {
  requireOptions('fit', options, fitOptions);
  requireGiven(model, train, options);
  const { loss, optimizer, epochs, batchSize = 32, seed, validation, metrics = {}, schedule, signal } = options;
  const isAborted = (): boolean => signal?.aborted === true;
  const source = batchSource('fit', train, { batchSize, shuffle: true, ...(seed !== undefined && { seed }) });
  const firstEpoch = source.epoch ?? 0;
  const callbacks = [...(options.callbacks ?? []), ...progressOf(options.progress)];
  requireParametersOf(model, optimizer);
  const step = compile((x: Tensor, y: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(
      () => lossOf('fit', loss, outputOf('fit', model, x), y),
      optimizer.parameters,
    );
    optimizer.step(grads);
    return value;
  });
  if (validation !== undefined) await requireFitting('fit, validation', model, validation, loss, validationBatchSize);
  const odd = await requireNumbers(model);
  const predict = predictor('fit', model, loss);

  const log: RunLog = { losses: [], learningRates: [], epochs: [], stopReason: undefined };
  const run: TrainingRun = {
    model,
    optimizer,
    epochCount: epochs,
    stepsPerEpoch: source.length,
    metricNames: Object.keys(metrics),
    hasValidation: validation !== undefined,
    epochs: log.epochs,
    stop: (reason) => (log.stopReason ??= reason),
  };
  const start = performance.now();
  const restoreModes = modesOf(model);
  try {
    for (const callback of callbacks) await callback.onTrainStart?.(run);
    for (let epoch = 1; epoch <= epochs && log.stopReason === undefined && !isAborted(); epoch++) {
      requireParametersOf(model, optimizer); // a callback may have changed the model
      model.train();
      const trained = await trainEpoch({
        epoch,
        batches: source.batches({ epoch: firstEpoch + epoch - 1, batch: 0 }),
        step,
        optimizer,
        schedule,
        signal,
        callbacks,
        run,
        log,
        odd,
      });
      if (log.losses.length < epoch * source.length) break;
      const validationStart = performance.now();
      const checked =
        validation === undefined || isAborted()
          ? undefined
          : await predict(validation, { batchSize: validationBatchSize, during: `validation after epoch ${epoch}` });
      const values: Record<string, number> = {};
      if (checked !== undefined)
        for (const [name, metric] of Object.entries(metrics)) {
          const value: unknown =
            typeof metric === 'function'
              ? await metric(checked.outputs, checked.targets)
              : measure(metric, checked.outputs, checked.targets);
          requireMetricValue('fit', name, value);
          values[name] = value;
        }
      const record: EpochRecord = {
        epoch,
        loss: trained.loss,
        ...(checked?.loss !== undefined && { validationLoss: checked.loss }),
        metrics: values,
        learningRate: optimizer.learningRate * optimizer.factor,
        seconds: trained.seconds,
        validationSeconds: (performance.now() - validationStart) / 1000,
        examplesPerSecond: trained.examples / trained.seconds,
      };
      log.epochs.push(record);
      for (const callback of callbacks) await callback.onEpochEnd?.(record, run);
    }
    const history: History = {
      losses: log.losses,
      learningRates: log.learningRates,
      epochs: log.epochs,
      stepsPerEpoch: source.length,
      seconds: (performance.now() - start) / 1000,
      interrupted: isAborted() && log.losses.length < epochs * source.length,
      ...(log.stopReason !== undefined && log.epochs.length < epochs && { stopReason: log.stopReason }),
    };
    for (const callback of callbacks) await callback.onTrainEnd?.(history, run);
    return history;
  } catch (error) {
    for (const callback of callbacks) await callback.onTrainError?.(error, run);
    throw error;
  } finally {
    restoreModes();
  }
}

function measure(metric: Metric, outputs: ShapedValues, targets: ShapedValues): number {
  const state = metric.start();
  state.update(outputs, targets);
  return state.value();
}

interface RunLog {
  readonly losses: number[];
  readonly learningRates: number[];
  readonly epochs: EpochRecord[];
  stopReason: string | undefined;
}

interface EpochJob {
  readonly epoch: number;
  readonly batches: AsyncIterable<LoadedBatch<ArrayBatch>>;
  readonly step: (x: Tensor, y: Tensor) => Tensor;
  readonly optimizer: TrainingOptimizer;
  readonly schedule: FitOptions['schedule'];
  readonly signal: AbortSignal | undefined;
  readonly callbacks: readonly Callback[];
  readonly run: TrainingRun;
  readonly log: RunLog;
  /** Names of the state that held infinities at the start. */
  readonly odd: readonly string[];
}

/** One pass over the training data. Ends early, all losses read, where the signal says so. */
async function trainEpoch(job: EpochJob): Promise<{ loss: number; examples: number; seconds: number }> {
  const { epoch, batches, step, optimizer, schedule, signal, callbacks, run, log, odd } = job;
  const totalSteps = run.epochCount * run.stepsPerEpoch;
  const breathe = breather(20);
  const start = performance.now();
  let sum = 0;
  let examples = 0;
  const reader = new LossReader<{ note: Omit<StepRecord, 'loss'>; batch: BatchFields }>(
    lossesInFlight,
    (loss, read) => {
      const { note, batch } = read;
      if (!Number.isFinite(loss)) throw lossError({ ...note, loss }, batch, run.stepsPerEpoch, odd);
      log.losses.push(loss);
      log.learningRates.push(note.learningRate);
      sum += loss * note.examples;
      examples += note.examples;
      for (const callback of callbacks) callback.onStep?.({ ...note, loss }, run);
    },
  );
  let stepOfEpoch = 0;
  for await (const { batch } of batches) {
    if (signal?.aborted === true) break;
    if (stepOfEpoch === run.stepsPerEpoch) throw lengthError(epoch, `more than ${stepOfEpoch}`, run);
    const { x, y } = inputAndTarget('fit', batch);
    const index = (epoch - 1) * run.stepsPerEpoch + stepOfEpoch++;
    if (schedule !== undefined) {
      const factor: unknown = schedule(index, totalSteps);
      requireRate('fit', factor, index, totalSteps);
      optimizer.factor = factor;
    }
    const loss = step(toTensor(x), toTensor(y));
    const note = {
      step: index + 1,
      epoch,
      stepOfEpoch,
      learningRate: optimizer.learningRate * optimizer.factor,
      examples: x.shape[0] ?? 0,
    };
    await reader.push(loss, { note, batch: { x, y } });
    await breathe();
  }
  await reader.drain();
  if (stepOfEpoch < run.stepsPerEpoch && signal?.aborted !== true) throw lengthError(epoch, String(stepOfEpoch), run);
  return { loss: sum / examples, examples, seconds: (performance.now() - start) / 1000 };
}

function lengthError(epoch: number, given: string, run: TrainingRun): TrainingError {
  return new TrainingError(
    `[fit] the training data gave ${given} batches in epoch ${epoch}; its length says ${run.stepsPerEpoch}.`,
    {
      hint: 'The length of a source is the number of batches that batches({ epoch, batch: 0 }) gives, the same for every epoch.',
    },
  );
}

/** Throws TrainingError for whatever makes no sense, before anything is computed. */
function requireGiven(model: unknown, train: unknown, options: FitOptions): void {
  const { epochs, validation, metrics, schedule, callbacks, signal, progress } = options;
  requireModel('fit', model);
  requireExamples('fit', 'the training data', train);
  requireLossFunction('fit', options.loss);
  requireOptimizer('fit', options.optimizer);
  requireOwnBatches('fit', train, options);
  if (!Number.isSafeInteger(epochs) || epochs < 1) throw wrong('fit', 'epochs', 'a positive integer', epochs);
  if (validation !== undefined) requireExamples('fit', 'the validation data', validation);
  if (metrics !== undefined) requireMetrics('fit', metrics);
  if (metrics !== undefined && Object.keys(metrics).length > 0 && validation === undefined) {
    throw new TrainingError('[fit] metrics are computed on validation data, and there is none.', {
      hint: 'Give { validation }, or leave the metrics out.',
    });
  }
  if (schedule !== undefined && typeof schedule !== 'function')
    throw wrong('fit', 'schedule', 'a function (step, totalSteps) => factor of the learning rate', schedule);
  if (callbacks !== undefined) requireCallbacks('fit', callbacks);
  requireSignal('fit', signal);
  if (progress !== undefined && typeof progress !== 'boolean') requireCallback('fit', 'progress', progress);
}

function progressOf(progress: FitOptions['progress']): Callback[] {
  if (progress === undefined || progress === false) return [];
  return [progress === true ? new TerminalProgress() : progress];
}
