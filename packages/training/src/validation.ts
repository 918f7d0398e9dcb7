/** Validation: what a task and its metrics say about a whole set of data, batch by batch, in evaluation mode. */
import type { Batches, LoadedBatch, NumericArray } from '@hebb/data';
import type { Metric, MetricFunction, ShapedValues } from '@hebb/evaluation';
import { modesOf } from '@hebb/layers';
import { compile, dryRun, HebbError, Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { batchTensors, weightOf, type BatchTensors } from './batches.ts';
import { requireMetricValue } from './checks.ts';
import { validationLossError } from './diagnosis.ts';
import { TrainingError } from './errors.ts';
import { modulesOf } from './parts.ts';
import { recorded, requireTensors, type Task } from './task.ts';
import { breather } from './tasks.ts';

type AnyMetric = Metric | MetricFunction;

const batchesInFlight = 3;

/** What is asked of the device for one batch. */
interface Computed {
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** What each metric gets, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Where the task has targets of its own. */
  readonly target: Tensor | undefined;
}

function isStreaming(metric: AnyMetric): metric is Metric {
  return 'start' in metric && typeof metric.start === 'function';
}

/** The goals of those metrics that say which way is better. */
export function goalsOf(metrics: Readonly<Record<string, AnyMetric>>): Record<string, 'min' | 'max'> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, metric]) => (isStreaming(metric) ? [[name, metric.goal]] : [])),
  );
}

/**
 * A function that validates, compiled once: means of the task's scalars (the loss as `loss`, `dLoss` as `validationDLoss`) and the metrics.
 * It rejects with the signal's reason where that comes meanwhile.
 */
export function validator<B>(
  where: string,
  task: Task<B>,
  data: Batches,
  metrics: Readonly<Record<string, AnyMetric>>,
  signal: AbortSignal | undefined,
): { check(): Promise<void>; validate(epoch: number): Promise<Record<string, number>> } {
  const names = Object.keys(metrics);
  const body = (batch: BatchTensors): Computed => {
    const scalars = task.validate === undefined ? {} : requireTensors(where, 'validate', task.validate(batch as B));
    const outputs: Record<string, Tensor> = {};
    let own: Tensor | undefined;
    if (names.length > 0) {
      const { output, target } = outputAndTarget(where, task, batch);
      if (target !== batch['y']) own = target;
      for (const [name, metric] of Object.entries(metrics))
        outputs[name] = (isStreaming(metric) ? metric.reduce?.(output, target) : undefined) ?? output;
    }
    return { scalars, outputs, target: own };
  };
  const step = task.compiled === false ? body : compile((batch: BatchTensors) => recorded(where, () => body(batch)));
  return {
    check: () => requireFitting(where, task, data, body),
    validate: (epoch) =>
      run(`${where}, validation after epoch ${epoch}`, where, data, metrics, step, task.compiled !== false, signal),
  };
}

function outputAndTarget<B>(where: string, task: Task<B>, batch: BatchTensors): { output: Tensor; target: Tensor } {
  const given: unknown = task.output?.(batch as B);
  const { output, target } =
    given instanceof Tensor
      ? { output: given, target: batch['y'] }
      : (Object(given) as { output?: unknown; target?: unknown });
  if (!(output instanceof Tensor))
    throw new TrainingError(`[${where}] output of the task must return a tensor, not ${describe(given)}.`);
  if (target instanceof Tensor) return { output, target };
  throw new TrainingError(
    `[${where}] metrics compare with the field y of a batch; it has ${Object.keys(batch).join(', ')}.`,
    {
      hint: 'Or let output return both: output: (batch) => ({ output, target }).',
    },
  );
}

/**
 * Records the validation of the first batch, without computing anything, so that data that does not fit is found before the training and not
 * after its first epoch.
 */
async function requireFitting<B>(
  where: string,
  task: Task<B>,
  data: Batches,
  body: (batch: BatchTensors) => Computed,
): Promise<void> {
  const place = `${where}, validation`;
  for await (const { batch } of data.batches()) {
    const tensors = batchTensors(place, batch);
    const models = [...modulesOf(task.parts).values()];
    const restoreModes = modesOf(...models);
    for (const model of models) model.eval();
    try {
      dryRun(() => void body(tensors));
    } catch (error) {
      if (!(error instanceof HebbError)) throw error;
      const shapes = Object.entries(tensors).map(([name, { shape }]) => `${name} of shape [${shape.join(', ')}]`);
      const shown = new TrainingError(
        `[${place}] the model or the loss does not take a batch with ${shapes.join(' and ')}:\n  ${error.message}`,
      );
      shown.cause = error;
      throw shown;
    } finally {
      restoreModes();
    }
    return;
  }
  throw new TrainingError(`[${place}] there are no examples.`);
}

async function run(
  where: string,
  caller: string,
  data: Batches,
  metrics: Readonly<Record<string, AnyMetric>>,
  step: (batch: BatchTensors) => Computed,
  /** Whether what the step returns was made by it alone, as by a compiled one. */
  areOurs: boolean,
  signal: AbortSignal | undefined,
): Promise<Record<string, number>> {
  const breathe = breather(30);
  const means = new Map<string, { sum: number; weight: number }>();
  const measures = Object.entries(metrics).map(([name, metric]) => ({
    name,
    measure: measureOf(caller, name, metric),
  }));
  const inFlight: Promise<void>[] = [];
  let batches = 0;
  for await (const { batch, count } of data.batches()) {
    signal?.throwIfAborted();
    const number = ++batches;
    const { scalars, outputs, target } = step(batchTensors(where, batch));
    const weight = weightOf(batch, count);
    const read = Promise.all([
      readAll(scalars),
      readArrays(outputs, areOurs),
      target === undefined ? undefined : readArray(target, areOurs),
    ]);
    const before = inFlight.at(-1);
    const done = read.then(async ([numbers, arrays, own]) => {
      await before; // metrics see the batches in their order
      const [lossName] = Object.keys(numbers);
      for (const [name, value] of Object.entries(numbers)) {
        if (name === lossName && !Number.isFinite(value)) throw validationLossError(where, value, number, batch);
        const total = means.get(name) ?? { sum: 0, weight: 0 };
        means.set(name, { sum: total.sum + value * weight, weight: total.weight + weight });
      }
      const targets = own ?? batch['y'];
      for (const { name, measure } of measures)
        measure.update(arrays[name] as ShapedValues, targets as ShapedValues, weightsOf(batch));
    });
    done.catch(() => undefined); // reported where it is awaited
    inFlight.push(done);
    while (inFlight.length >= batchesInFlight) await inFlight.shift();
    await breathe();
  }
  await Promise.all(inFlight);
  if (batches === 0) throw new TrainingError(`[${where}] there are no examples.`);
  const result: Record<string, number> = {};
  const lossName = means.has('loss') ? 'loss' : [...means.keys()][0];
  for (const [name, { sum, weight }] of means) result[name === lossName ? 'loss' : validationName(name)] = sum / weight;
  for (const { name, measure } of measures) result[name] = await measure.value();
  return result;
}

/** `dLoss` → `validationDLoss`. */
function validationName(name: string): string {
  return `validation${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

function weightsOf(batch: LoadedBatch<object>['batch']): ArrayLike<number> | undefined {
  return (batch as { weight?: NumericArray }).weight?.data;
}

async function readAll(scalars: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
  const entries = Object.entries(scalars);
  const values = await Promise.all(entries.map(([, value]) => value.item()));
  return Object.fromEntries(entries.map(([name], i) => [name, values[i] ?? Number.NaN]));
}

/** Frees the tensor, where it was made for this: a collector would come when memory is full of outputs. */
async function readArray(value: Tensor, isOurs: boolean): Promise<ShapedValues> {
  const { shape } = value;
  try {
    return { data: await value.data(), shape };
  } finally {
    if (isOurs) value.dispose();
  }
}

/** Each tensor once, however many metrics get it. */
async function readArrays(
  outputs: Readonly<Record<string, Tensor>>,
  areOurs: boolean,
): Promise<Record<string, ShapedValues>> {
  const reads = new Map<Tensor, Promise<ShapedValues>>();
  for (const value of Object.values(outputs)) if (!reads.has(value)) reads.set(value, readArray(value, areOurs));
  const entries = await Promise.all(
    Object.entries(outputs).map(async ([name, value]) => [name, await reads.get(value)] as const),
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, value as ShapedValues]));
}

interface Measure {
  update(outputs: ShapedValues, targets: ShapedValues, weights: ArrayLike<number> | undefined): void;
  value(): Promise<number>;
}

function measureOf(where: string, name: string, metric: AnyMetric): Measure {
  if (isStreaming(metric)) {
    const state = metric.start();
    return {
      update: (outputs, targets, weights) => state.update(outputs, targets, weights),
      value: () => Promise.resolve(state.value()),
    };
  }
  const outputs: ShapedValues[] = [];
  const targets: ShapedValues[] = [];
  return {
    update(output, target) {
      outputs.push(output);
      targets.push(target);
    },
    async value() {
      const value: unknown = await metric(join(where, outputs), join(where, targets));
      requireMetricValue(where, name, value);
      return value;
    },
  };
}

/** One array of all batches. */
function join(where: string, parts: readonly ShapedValues[]): ShapedValues {
  const [first] = parts;
  if (first === undefined) throw new TrainingError(`[${where}] there are no examples.`);
  const rest = first.shape.slice(1);
  const odd = parts.find(({ shape }) => shape.slice(1).join() !== rest.join());
  if (odd !== undefined) {
    throw new TrainingError(
      `[${where}] all outputs must have one shape for a metric of all of them; there are [${first.shape.join(', ')}] and [${odd.shape.join(', ')}].`,
      { hint: 'Use a metric that streams, or pad what differs in size.' },
    );
  }
  const total = parts.reduce((sum, { data }) => sum + data.length, 0);
  const data = first.data instanceof Int32Array ? new Int32Array(total) : new Float32Array(total);
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { data, shape: [parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0), ...rest] };
}
