/** The batches that evaluation and prediction read: every example once, in the order of the data, and nobody's place moved. */
import { DataLoader, toTensors, type Batches, type TensorBatch } from '@hebb/data';
import type { AnyModule, Module } from '@hebb/layers';
import { compile, Tensor } from '@hebb/tensor';
import { checkOptions, describe, requireFunction, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import type { Examples } from './batches.ts';
import { requireExamples, requireModel, requireOwnBatches } from './checks.ts';
import { TrainingError } from './errors.ts';
import { forwardBatches, type ForwardBatch, type Meter } from './forward-batches.ts';

export interface EvaluateOptions<O = unknown> {
  /** Examples at a time, where the data is a dataset. Default 128. */
  batchSize?: number;
  /** What is computed of a batch. Default: `({ x }) => model.forward(x)`. */
  output?: (batch: TensorBatch) => O;
}

const evaluateOptions: OptionNames<EvaluateOptions> = {
  batchSize: (where, name, value) => requireInteger(where, name, value, 1),
  output: requireFunction,
};

const defaultBatchSize = 128;

/**
 * Of a loader, its batches in the order of its dataset, the last one too: an evaluation that shuffles, or leaves examples out, is never meant.
 *
 * @throws TrainingError for what is no data
 */
export function evaluationSource(where: string, data: Examples, batchSize?: number): Batches {
  requireExamples(where, 'the data', data);
  requireOwnBatches(where, data, batchSize === undefined ? {} : { batchSize });
  if (!('batches' in data)) return new DataLoader(data, { batchSize: batchSize ?? defaultBatchSize });
  return data.inOrder?.() ?? data;
}

/**
 * The outputs of a model for data, or what `reduce` makes of them, batch by batch: checked at once, computed when the first batch is asked for.
 *
 * @throws TrainingError for what is no model or data
 */
export function forwardData<O, V = O>(
  where: string,
  model: AnyModule,
  data: Examples,
  options: EvaluateOptions<O>,
  { reduce, meter }: { reduce?: ((outputs: O, batch: TensorBatch) => V) | undefined; meter?: Meter } = {},
): AsyncGenerator<ForwardBatch<V>, void, undefined> {
  requireModel(where, model);
  checkOptions(where, options, evaluateOptions);
  const batches = evaluationSource(where, data, options.batchSize).batches();
  const output = options.output ?? (forwardOfX(where, model) as (batch: TensorBatch) => O);
  const step = compile((batch: TensorBatch): never => {
    const outputs = output(batch);
    requireOutputs(where, 'the model’s forward', outputs);
    return (reduce?.(outputs, batch) ?? outputs) as never;
  }) as unknown as (batch: TensorBatch) => V;
  return forwardBatches([model], batches, (arrays) => step(toTensors(arrays)), meter === undefined ? {} : { meter });
}

/** Names of the fields, for messages. */
function fieldsOf(batch: object): string {
  return Object.keys(batch).join(', ') || 'none';
}

/** `({ x }) => model.forward(x)`, checked. */
export function forwardOfX(where: string, model: AnyModule): (batch: TensorBatch) => unknown {
  return (batch) => {
    const { x } = batch;
    if (x === undefined) {
      throw new TrainingError(`[${where}] a batch must have the field x, the input; it has ${fieldsOf(batch)}.`, {
        hint: `Name it x, in the dataset or in the loader’s transform, or say what to compute: { output: (batch) => model.forward(batch.${Object.keys(batch)[0] ?? 'input'}) }.`,
      });
    }
    return (model as Module).forward(x);
  };
}

/** Throws TrainingError for what a model, or `output` of a task, returns that is neither a tensor nor several. */
export function requireOutputs(where: string, name: string, output: unknown): void {
  if (output instanceof Tensor) return;
  if (output instanceof Promise) output.catch(() => undefined); // what follows says more
  const isSeveral = typeof output === 'object' && output !== null && !(output instanceof Promise);
  if (isSeveral) return;
  throw new TrainingError(
    `[${where}] ${name} must return a tensor, or several in an object or array, not ${describe(output)}.`,
    {
      hint:
        output === undefined
          ? 'Does it end with return?'
          : output instanceof Promise
            ? 'It must not be async: it records, and values are read afterwards.'
            : 'Values are read afterwards: return tensors.',
    },
  );
}
