/** Running a model over a dataset in evaluation mode. */
import type { ArrayBatch, LoadedBatch, NumericArray, TensorBatch } from '@hebb/data';
import type { Module } from '@hebb/layers';
import { compile, dryRun, HebbError, Tensor, type TensorData } from '@hebb/tensor';
import { checkOptions, describe } from '@hebb/tensor/arguments';
import { batchSource, inputAndTarget, toTensor, type Examples } from './batches.ts';
import { requireModel } from './checks.ts';
import { validationLossError } from './diagnosis.ts';
import { TrainingError } from './errors.ts';
import {
  evaluateOptions,
  evaluationBatches,
  forwardOfX,
  requireOutputs,
  type EvaluateOptions,
  type EvaluationData,
} from './evaluation-data.ts';
import { forwardBatches, type Arrays } from './forward-batches.ts';
import { modesOf } from './modes.ts';
import { breather } from './tasks.ts';

export type LossFunction = (output: Tensor, target: Tensor) => Tensor;

/** The outputs of a model for all examples. */
export interface Predictions {
  /** float32 of shape [examples, …]. */
  readonly outputs: NumericArray<Float32Array>;
  /** The targets in the same order, of shape [examples, …]. */
  readonly targets: NumericArray;
  /** Mean loss over the examples, where a loss function was given. */
  readonly loss: number | undefined;
  /** Wall-clock seconds, compilation included. */
  readonly seconds: number;
  /** Examples per second, without the first batch of each size where there are others: it compiles. */
  readonly examplesPerSecond: number;
}

/** What `model.forward` returns, which must be a tensor. */
export function outputOf(where: string, model: Module, x: Tensor): Tensor {
  const output: unknown = model.forward(x);
  if (output instanceof Tensor) return output;
  throw new TrainingError(`[${where}] the model’s forward must return a tensor, not ${describe(output)}.`, {
    hint:
      output === undefined
        ? 'Does it end with return?'
        : output instanceof Promise
          ? 'It must not be async: it records, and values are read afterwards.'
          : 'Give the model a forward that returns the one output that the loss takes.',
  });
}

/** The loss of a batch, which must be a single number. */
export function lossOf(where: string, loss: LossFunction, output: Tensor, target: Tensor): Tensor {
  const value: unknown = loss(output, target);
  if (value instanceof Tensor && value.size === 1) return value;
  throw new TrainingError(`[${where}] the loss must be a single number per batch, a tensor, not ${describe(value)}.`, {
    hint:
      value instanceof Tensor
        ? 'Take its mean: (output, target) => loss(output, target).mean().'
        : value === undefined
          ? 'Does the function return what it computes?'
          : 'Compute it with tensors, without reading values: (output, target) => output.sub(target).square().mean().',
  });
}

/**
 * Records the model on the first batch, in evaluation mode and without computing anything, so that data that does not fit is found before the
 * training and not after its first epoch.
 */
export async function requireFitting(
  where: string,
  model: Module,
  examples: Examples,
  loss: LossFunction,
  batchSize: number,
): Promise<void> {
  let first: ArrayBatch | undefined;
  for await (const { batch } of batchSource(where, examples, { batchSize }).batches()) {
    first = batch;
    break;
  }
  if (first === undefined) throw new TrainingError(`[${where}] there are no examples.`);
  const { x, y } = inputAndTarget(where, first);
  const restoreModes = modesOf(model);
  model.eval();
  try {
    dryRun(() => void lossOf(where, loss, outputOf(where, model, toTensor(x)), toTensor(y)));
  } catch (error) {
    throw inData(where, error, x, y);
  } finally {
    restoreModes();
  }
}

/** Says on which data an error arose. */
function inData(where: string, error: unknown, x: NumericArray, y: NumericArray): unknown {
  if (!(error instanceof HebbError)) return error;
  const shown = new TrainingError(
    `[${where}] the model or the loss does not take a batch with x of shape [${x.shape.join(', ')}] and y of shape [${y.shape.join(', ')}]:\n  ${error.message}`,
  );
  shown.cause = error;
  return shown;
}

/** A function that runs the model over datasets; it is compiled once and used again. Batches in flight are bounded. */
export function predictor(
  where: string,
  model: Module,
  loss: LossFunction | undefined,
): (examples: Examples, options: { batchSize: number; during?: string }) => Promise<Predictions> {
  const step = compile((x: Tensor, y: Tensor) => {
    const output = outputOf(where, model, x);
    return { output, loss: loss && lossOf(where, loss, output, y) };
  });
  return async (examples, { batchSize, during }) => {
    const place = during === undefined ? where : `${where}, ${during}`;
    const source = batchSource(where, examples, { batchSize });
    const restoreModes = modesOf(model);
    model.eval();
    try {
      return await run(place, source.batches(), step);
    } finally {
      restoreModes();
    }
  };
}

const batchesInFlight = 3;

async function run(
  where: string,
  batches: AsyncIterable<LoadedBatch<ArrayBatch>>,
  step: (x: Tensor, y: Tensor) => { output: Tensor; loss: Tensor | undefined },
): Promise<Predictions> {
  const breathe = breather(30);
  const inFlight: Promise<void>[] = [];
  const parts: { output: Float32Array; loss: number; count: number }[] = [];
  const targets: NumericArray[] = [];
  const sizes = new Set<number>();
  const stopwatch = new Stopwatch();
  let timedExamples = 0;
  let shape: readonly number[] = [];
  let hasLoss = false;
  const start = performance.now();
  for await (const { batch } of batches) {
    const { x, y } = inputAndTarget(where, batch);
    const count = x.shape[0] ?? 0;
    const isFirstOfSize = !sizes.has(count);
    sizes.add(count);
    if (isFirstOfSize) {
      // Compiles; not timed, and nothing else is in flight meanwhile.
      await Promise.all(inFlight.splice(0));
      stopwatch.pause();
    } else timedExamples += count;
    const { output, loss } = step(toTensor(x), toTensor(y));
    if (output.shape[0] !== count) {
      throw new TrainingError(
        `[${where}] the model made ${output} of ${count} examples; its first axis must count them.`,
      );
    }
    if (parts.length > 0 && output.shape.slice(1).join() !== shape.join()) {
      throw new TrainingError(
        `[${where}] all outputs must have one shape; batch ${parts.length + 1} gave ${output}, those before [${['examples', ...shape].join(', ')}].`,
        { hint: 'Outputs are put into one array: pad what differs in size, or evaluate sizes apart.' },
      );
    }
    shape = output.shape.slice(1);
    hasLoss = loss !== undefined;
    targets.push(y);
    const index = parts.length;
    parts.push({ output: new Float32Array(0), loss: 0, count });
    const read = Promise.all([output.data(), loss?.item()]).then(([data, value]) => {
      if (value !== undefined && !Number.isFinite(value)) throw validationLossError(where, value, index + 1, { x, y });
      parts[index] = { output: Float32Array.from(data), loss: value ?? 0, count };
    });
    read.catch(() => undefined); // reported where it is awaited
    inFlight.push(read);
    while (inFlight.length >= batchesInFlight) await inFlight.shift();
    if (isFirstOfSize) {
      await Promise.all(inFlight.splice(0));
      stopwatch.resume();
    }
    await breathe();
  }
  await Promise.all(inFlight);
  stopwatch.pause();
  const seconds = (performance.now() - start) / 1000;
  const examples = parts.reduce((sum, { count }) => sum + count, 0);
  const weighted = parts.reduce((sum, { loss, count }) => sum + loss * count, 0);
  return {
    outputs: { data: joinFloats(parts.map(({ output }) => output)), shape: [examples, ...shape] },
    targets: joinArrays(where, targets, examples),
    loss: hasLoss ? weighted / examples : undefined,
    seconds,
    examplesPerSecond: timedExamples > 0 ? timedExamples / stopwatch.seconds : examples / seconds,
  };
}

class Stopwatch {
  seconds = 0;
  #since: number | undefined;

  resume(): void {
    this.#since = performance.now();
  }

  pause(): void {
    if (this.#since !== undefined) this.seconds += (performance.now() - this.#since) / 1000;
    this.#since = undefined;
  }
}

function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function joinArrays(where: string, arrays: readonly NumericArray[], examples: number): NumericArray {
  const [first] = arrays;
  if (first === undefined) throw new TrainingError(`[${where}] there are no examples.`);
  const total = arrays.reduce((sum, { data }) => sum + data.length, 0);
  const data = first.data instanceof Int32Array ? new Int32Array(total) : new Float32Array(total);
  let offset = 0;
  for (const part of arrays) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { data, shape: [examples, ...first.shape.slice(1)] };
}

/** A batch of outputs, and the batch that they are of. */
export interface PredictedBatch<O> {
  readonly outputs: Arrays<O>;
  readonly batch: ArrayBatch;
  /** Number of examples. */
  readonly count: number;
}

/**
 * The outputs of a model for all examples, in the order of the data: float32 [examples, …], or in the structure in which the model returns
 * several. Runs in evaluation mode, and leaves modes, loaders and the default generator as they were.
 *
 * ```ts
 * const logits = await predict(model, test);
 * logits.shape; // [examples, classes]
 * const { mean, variance } = await predict(model, test, { output: ({ x }) => model.distribution(x) });
 * ```
 *
 * Outputs that do not fit in memory come one batch at a time from {@link predictBatches}.
 *
 * @param data a dataset, a loader (read in the order of its dataset, without leaving any example out), or a stream of batches, with the field `x`
 * @throws TrainingError for what is no model or data, for no examples, and for outputs of different shapes
 */
export async function predict<O = Tensor>(
  model: Module,
  data: EvaluationData,
  options: EvaluateOptions<O> = {},
): Promise<Arrays<O>> {
  const where = 'predict';
  const parts: Arrays<O>[] = [];
  const counts: number[] = [];
  for await (const { outputs, count } of predicted<O>(where, model, data, options)) {
    parts.push(outputs);
    counts.push(count);
  }
  return joined(where, parts, counts);
}

/**
 * As {@link predict}, one batch at a time, with the batch itself; up to three batches are computed ahead. Breaking off is fine.
 *
 * ```ts
 * for await (const { outputs, batch } of predictBatches(model, images)) {
 *   await store(batch.id.data, outputs.data);
 * }
 * ```
 */
export function predictBatches<O = Tensor>(
  model: Module,
  data: EvaluationData,
  options: EvaluateOptions<O> = {},
): AsyncGenerator<PredictedBatch<O>, void, undefined> {
  return predicted<O>('predictBatches', model, data, options);
}

/** Checks at once, and computes when the first batch is asked for. */
function predicted<O>(
  where: string,
  model: Module,
  data: EvaluationData,
  options: EvaluateOptions<O>,
): AsyncGenerator<PredictedBatch<O>, void, undefined> {
  requireModel(where, model);
  checkOptions(where, options, evaluateOptions);
  const batches = evaluationBatches(where, data, options.batchSize);
  const output = options.output ?? (forwardOfX(where, model) as (batch: TensorBatch) => O);
  const step = compile((batch: TensorBatch): never => {
    const outputs = output(batch);
    requireOutputs(where, outputs);
    return outputs as never;
  }) as unknown as (batch: TensorBatch) => O;
  return (async function* () {
    for await (const { values, batch, count } of forwardBatches(model, batches, step))
      yield { outputs: values, batch, count };
  })();
}

/** Structures of arrays, put together along the first axis of every array. */
function joined<O>(where: string, parts: readonly Arrays<O>[], counts: readonly number[]): Arrays<O> {
  const leaves = parts.map((part) => {
    const found: [path: string, array: NumericArray][] = [];
    walkArrays(part, (array, path) => void found.push([path, array]));
    return new Map(found);
  });
  const [first] = parts;
  if (first === undefined) throw new TrainingError(`[${where}] there are no examples.`);
  return walkArrays(first, (array, path) => {
    const all = leaves.map((leaf) => leaf.get(path));
    const rest = array.shape.slice(1);
    const arrays = all.map((other, i): NumericArray => {
      const shown = path.replace('the outputs', 'output');
      if (other === undefined || other.shape.length === 0 || other.shape[0] !== counts[i]) {
        throw new TrainingError(
          `[${where}] the model made ${shown} of shape [${other?.shape.join(', ') ?? ''}] of ${counts[i]} examples; its first axis must count them.`,
          { hint: 'predictBatches takes outputs as they are.' },
        );
      }
      if (other.shape.slice(1).join() === rest.join()) return other;
      throw new TrainingError(
        `[${where}] all outputs must have one shape; batch ${i + 1} gave [${other.shape.join(', ')}], those before [${['examples', ...rest].join(', ')}].`,
        { hint: 'Outputs are put into one array: pad what differs in size, or take them by predictBatches.' },
      );
    });
    const data = new (array.data.constructor as new (length: number) => TensorData)(
      arrays.reduce((sum, other) => sum + other.data.length, 0),
    );
    let offset = 0;
    for (const other of arrays) {
      data.set(other.data, offset);
      offset += other.data.length;
    }
    const { dtype } = array;
    const count = arrays.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    return { data, shape: [count, ...rest], ...(dtype !== undefined && { dtype }) };
  }) as Arrays<O>;
}

/** The same structure with every `{ data, shape }` replaced. */
function walkArrays(
  structure: unknown,
  leaf: (array: NumericArray, path: string) => unknown,
  path = 'the outputs',
): unknown {
  if (typeof structure !== 'object' || structure === null) return structure;
  const { data, shape } = structure as Partial<NumericArray>;
  if (ArrayBuffer.isView(data) && Array.isArray(shape)) return leaf(structure as NumericArray, path);
  if (Array.isArray(structure)) return structure.map((part, i) => walkArrays(part, leaf, `${path}[${i}]`));
  if (structure instanceof Map)
    return new Map([...structure].map(([key, part]) => [key, walkArrays(part, leaf, `${path}.${String(key)}`)]));
  return Object.fromEntries(
    Object.entries(structure).map(([key, part]) => [key, walkArrays(part, leaf, `${path}.${key}`)]),
  );
}
