/** How good a model is on data that it has not seen. */
import { toTensors, type TensorBatch } from '@hebb/data';
import type { Evaluation, EvaluationTask, HostValues } from '@hebb/evaluation';
import type { AnyModule } from '@hebb/layers';
import { compile, type Tensor } from '@hebb/tensor';
import { checkOptions, describe } from '@hebb/tensor/arguments';
import type { Examples } from './batches.ts';
import { requireModel } from './checks.ts';
import { TrainingError } from './errors.ts';
import {
  evaluateOptions,
  evaluationSource,
  forwardOfX,
  requireOutputs,
  type EvaluateOptions,
} from './evaluation-data.ts';
import { forwardBatches, Meter } from './forward-batches.ts';

/**
 * Runs a model over data in evaluation mode and gives every batch of outputs to a task: {@link classification}, {@link regression},
 * {@link multiLabel}, {@link sequences}, {@link scores} of `@hebb/evaluation`, or one of your own. The result is what that task finds.
 *
 * ```ts
 * const evaluation = await evaluate(model, test, classification({ classNames }));
 * evaluation.accuracy;
 * console.log(evaluation.toString());
 * ```
 *
 * Batches of outputs are dropped when the task has seen them: memory does not grow with their size. The modes of the model, the order of a loader
 * and the default generator are as they were, and a loader's batches are taken in the order of its dataset, without leaving any out.
 *
 * @param data a dataset, a loader, or a stream of batches, with the field `x` and what the task asks for, `y` for most; a field `weight` weights the examples
 * @throws TrainingError for what is no model, data or task, and for data without examples; whatever the task throws for outputs and targets that do not fit
 */
export async function evaluate<R extends Evaluation, O = Tensor, V = O>(
  model: AnyModule,
  data: Examples,
  task: EvaluationTask<R, O, V>,
  options: EvaluateOptions<O> = {},
): Promise<R> {
  const where = 'evaluate';
  requireModel(where, model);
  requireTask(where, task);
  checkOptions(where, options, evaluateOptions);
  const batches = evaluationSource(where, data, options.batchSize).batches();
  const output = options.output ?? (forwardOfX(where, model) as (batch: TensorBatch) => O);
  const step = compile((batch: TensorBatch): never => {
    const outputs = output(batch);
    requireOutputs(where, outputs);
    return (task.reduce?.(outputs, batch) ?? outputs) as never;
  }) as unknown as (batch: TensorBatch) => V;
  const state = task.start();
  const meter = new Meter();
  for await (const { values, batch } of forwardBatches([model], batches, (arrays) => step(toTensors(arrays)), {
    meter,
  }))
    state.update(values as unknown as HostValues<V>, batch);
  const run = meter.result;
  if (run.count === 0) throw new TrainingError(`[${where}] there are no examples.`);
  return state.result(run);
}

function requireTask(where: string, task: unknown): void {
  const { start, reduce } = Object(task) as { start?: unknown; reduce?: unknown };
  if (typeof start === 'function' && (reduce === undefined || typeof reduce === 'function')) return;
  const hint =
    'Say what the model does: evaluate(model, data, classification({ classNames })), or regression(), multiLabel(), sequences(), scores({ accuracy }).';
  throw new TrainingError(
    typeof task === 'function'
      ? `[${where}] the task must be one, not ${describe(task)}: is it called?`
      : `[${where}] the task must be an object with start(), not ${describe(task)}.`,
    { hint },
  );
}
