/** The training loop: forward, backward and update in one compiled step; losses come back while the device computes on. */
import { valueAndGrad } from '@hebb/autograd';
import type { ShapedValues } from '@hebb/evaluation';
import type { Module } from '@hebb/layers';
import { compile, type Tensor } from '@hebb/tensor';
import { requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { batchSource, inputAndTarget, toTensor, type BatchArrays, type Examples } from './batches.ts';
import type { Callback, EpochRecord, History, StepRecord, TrainingOptimizer, TrainingRun } from './callback.ts';
import { TrainingError } from './errors.ts';
import { LossReader } from './loss-reader.ts';
import { modesOf } from './modes.ts';
import { requireParametersOf } from './trainable.ts';
import { predictor, type LossFunction } from './predict.ts';
import { TerminalProgress } from './progress.ts';
import { breather } from './tasks.ts';

/** A number that says how good outputs are, e.g. `accuracy` of `@hebb/evaluation`. */
export type Metric = (outputs: ShapedValues, targets: ShapedValues) => number | Promise<number>;

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
  metrics?: Readonly<Record<string, Metric>>;
  /** Learning rate of a step (from 0) in a run of so many steps. Default: the optimizer's own stays. */
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
 * @throws TrainingError if the optimizer has parameters that are not the model's, if the loss is not a finite number (found at most {@link lossesInFlight} steps later), or for options that make no
 *   sense; also whatever a callback throws
 */
export async function fit(model: Module, train: Examples, options: FitOptions): Promise<History> {
  requireOptions('fit', options, fitOptions);
  const { loss, optimizer, epochs, batchSize = 32, seed, validation, metrics = {}, schedule, signal } = options;
  const isAborted = (): boolean => signal?.aborted === true;
  if (!Number.isSafeInteger(epochs) || epochs < 1) {
    throw new TrainingError(`[fit] epochs must be a positive integer, got ${String(epochs)}.`);
  }
  if (Object.keys(metrics).length > 0 && validation === undefined) {
    throw new TrainingError('[fit] metrics are computed on validation data, and there is none.', {
      hint: 'Give { validation }, or leave the metrics out.',
    });
  }
  const source = batchSource(train, { batchSize, shuffle: true, ...(seed !== undefined && { seed }) });
  const firstEpoch = source.epoch ?? 0;
  const callbacks = [...(options.callbacks ?? []), ...progressOf(options.progress)];
  requireParametersOf(model, optimizer);
  const step = compile((x: Tensor, y: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => loss(model.forward(x), y), optimizer.parameters);
    optimizer.step(grads);
    return value;
  });
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
        batches: source.batches(firstEpoch + epoch - 1),
        step,
        optimizer,
        schedule,
        signal,
        callbacks,
        run,
        log,
      });
      if (log.losses.length < epoch * source.length) break;
      const validationStart = performance.now();
      const checked =
        validation === undefined || isAborted()
          ? undefined
          : await predict(validation, { batchSize: validationBatchSize });
      const values: Record<string, number> = {};
      if (checked !== undefined)
        for (const [name, metric] of Object.entries(metrics))
          values[name] = await metric(checked.outputs, checked.targets);
      const record: EpochRecord = {
        epoch,
        loss: trained.loss,
        ...(checked?.loss !== undefined && { validationLoss: checked.loss }),
        metrics: values,
        learningRate: optimizer.learningRate,
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

interface RunLog {
  readonly losses: number[];
  readonly learningRates: number[];
  readonly epochs: EpochRecord[];
  stopReason: string | undefined;
}

interface EpochJob {
  readonly epoch: number;
  readonly batches: Iterable<BatchArrays>;
  readonly step: (x: Tensor, y: Tensor) => Tensor;
  readonly optimizer: TrainingOptimizer;
  readonly schedule: FitOptions['schedule'];
  readonly signal: AbortSignal | undefined;
  readonly callbacks: readonly Callback[];
  readonly run: TrainingRun;
  readonly log: RunLog;
}

/** One pass over the training data. Ends early, all losses read, where the signal says so. */
async function trainEpoch(job: EpochJob): Promise<{ loss: number; examples: number; seconds: number }> {
  const { epoch, batches, step, optimizer, schedule, signal, callbacks, run, log } = job;
  const totalSteps = run.epochCount * run.stepsPerEpoch;
  const breathe = breather(20);
  const start = performance.now();
  let sum = 0;
  let examples = 0;
  const reader = new LossReader<Omit<StepRecord, 'loss'>>(lossesInFlight, (loss, note) => {
    requireFinite(loss, note, run);
    log.losses.push(loss);
    log.learningRates.push(note.learningRate);
    sum += loss * note.examples;
    examples += note.examples;
    for (const callback of callbacks) callback.onStep?.({ ...note, loss }, run);
  });
  let stepOfEpoch = 0;
  for (const batch of batches) {
    if (signal?.aborted === true) break;
    const { x, y } = inputAndTarget('fit', batch);
    const index = (epoch - 1) * run.stepsPerEpoch + stepOfEpoch++;
    if (schedule !== undefined) optimizer.learningRate = schedule(index, totalSteps);
    const loss = step(toTensor(x), toTensor(y));
    if (loss.size !== 1) {
      throw new TrainingError(`[fit] the loss must be a single number per batch, got ${loss}.`, {
        hint: 'Take its mean: (output, target) => loss(output, target).mean().',
      });
    }
    const note = {
      step: index + 1,
      epoch,
      stepOfEpoch,
      learningRate: optimizer.learningRate,
      examples: x.shape[0] ?? 0,
    };
    await reader.push(loss, note);
    await breathe();
  }
  await reader.drain();
  return { loss: sum / examples, examples, seconds: (performance.now() - start) / 1000 };
}

function requireFinite(loss: number, note: Omit<StepRecord, 'loss'>, run: TrainingRun): void {
  if (Number.isFinite(loss)) return;
  const { step, epoch, stepOfEpoch, learningRate } = note;
  const place = `epoch ${epoch}, step ${stepOfEpoch} of ${run.stepsPerEpoch}`;
  const name = Number.isNaN(loss) ? 'not a number (NaN)' : loss > 0 ? 'infinite' : 'minus infinity';
  throw new TrainingError(
    `[fit] the loss is ${name} at ${place}; the learning rate was ${Number(learningRate.toPrecision(4))}.`,
    {
      epoch,
      step,
      learningRate,
      loss,
      hint:
        step === 1
          ? 'It is so before any update: look for NaN or infinite numbers in the inputs and targets, and for labels out of range.'
          : `Lower the learning rate, e.g. to ${Math.min(0.001, Number((learningRate / 10).toPrecision(2)))}, or clip the gradients; if that does not help, look for NaN in the data.`,
    },
  );
}

function progressOf(progress: FitOptions['progress']): Callback[] {
  if (progress === undefined || progress === false) return [];
  return [progress === true ? new TerminalProgress() : progress];
}
