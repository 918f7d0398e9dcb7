/** Running a model over a dataset in evaluation mode. */
import type { NumericArray } from '@hebb/data';
import type { Module } from '@hebb/layers';
import { compile, type Tensor } from '@hebb/tensor';
import { batchSource, inputAndTarget, toTensor, type Examples } from './batches.ts';
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

/** A function that runs the model over datasets; it is compiled once and used again. Batches in flight are bounded. */
export function predictor(
  where: string,
  model: Module,
  loss: LossFunction | undefined,
): (examples: Examples, options: { batchSize: number }) => Promise<Predictions> {
  const step = compile((x: Tensor, y: Tensor) => {
    const output = model.forward(x);
    return { output, loss: loss?.(output, y) };
  });
  return async (examples, { batchSize }) => {
    const source = batchSource(examples, { batchSize });
    const restoreModes = modesOf(model);
    model.eval();
    try {
      return await run(where, source.batches(0), step);
    } finally {
      restoreModes();
    }
  };
}

const batchesInFlight = 3;

async function run(
  where: string,
  batches: Iterable<Readonly<Record<string, NumericArray>>>,
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
  for (const batch of batches) {
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
    shape = output.shape.slice(1);
    hasLoss = loss !== undefined;
    targets.push(y);
    const index = parts.length;
    parts.push({ output: new Float32Array(0), loss: 0, count });
    const read = Promise.all([output.data(), loss?.item()]).then(([data, value]) => {
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
    targets: joinArrays(targets, examples),
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

function joinArrays(arrays: readonly NumericArray[], examples: number): NumericArray {
  const [first] = arrays;
  if (first === undefined) throw new TrainingError('[predict] there are no examples.');
  const total = arrays.reduce((sum, { data }) => sum + data.length, 0);
  const data = first.data instanceof Int32Array ? new Int32Array(total) : new Float32Array(total);
  let offset = 0;
  for (const part of arrays) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { data, shape: [examples, ...first.shape.slice(1)] };
}
