/** The outputs of a model for data, all at once or batch by batch. */
import type { ArrayBatch, NumericArray, TensorBatch } from '@hebb/data';
import type { AnyModule, Module } from '@hebb/layers';
import type { TensorData } from '@hebb/tensor';
import type { Examples } from './batches.ts';
import { TrainingError } from './errors.ts';
import { forwardData, type EvaluateOptions } from './evaluation-data.ts';
import type { Arrays } from './forward-batches.ts';

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
export function predict<O>(
  model: AnyModule,
  data: Examples,
  options: EvaluateOptions<O> & { output: (batch: TensorBatch) => O },
): Promise<Arrays<O>>;
export function predict<O>(model: Module<never, O>, data: Examples, options?: EvaluateOptions<O>): Promise<Arrays<O>>;
export async function predict<O>(
  model: AnyModule,
  data: Examples,
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
export function predictBatches<O>(
  model: AnyModule,
  data: Examples,
  options: EvaluateOptions<O> & { output: (batch: TensorBatch) => O },
): AsyncGenerator<PredictedBatch<O>, void, undefined>;
export function predictBatches<O>(
  model: Module<never, O>,
  data: Examples,
  options?: EvaluateOptions<O>,
): AsyncGenerator<PredictedBatch<O>, void, undefined>;
export function predictBatches<O>(
  model: AnyModule,
  data: Examples,
  options: EvaluateOptions<O> = {},
): AsyncGenerator<PredictedBatch<O>, void, undefined> {
  return predicted<O>('predictBatches', model, data, options);
}

/** Checks at once, and computes when the first batch is asked for. */
function predicted<O>(
  where: string,
  model: AnyModule,
  data: Examples,
  options: EvaluateOptions<O>,
): AsyncGenerator<PredictedBatch<O>, void, undefined> {
  const batches = forwardData<O>(where, model, data, options);
  return (async function* () {
    for await (const { values, batch, count } of batches) yield { outputs: values, batch, count };
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
