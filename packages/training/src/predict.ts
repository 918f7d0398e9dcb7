/** Running a model over a dataset in evaluation mode. */
import type { ArrayBatch, LoadedBatch, NumericArray } from '@hebb/data';
import type { Module } from '@hebb/layers';
import { compile, dryRun, HebbError, Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { batchSource, inputAndTarget, toTensor, type Examples } from './batches.ts';
import { validationLossError } from './diagnosis.ts';
import { TrainingError } from './errors.ts';
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
