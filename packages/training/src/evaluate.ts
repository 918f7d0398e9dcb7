/** How good a model is on data that it has not seen. */
import type { Evaluation, EvaluationTask, HostValues } from '@hebb/evaluation';
import type { AnyModule } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import type { Examples } from './batches.ts';
import { TrainingError } from './errors.ts';
import { forwardData, type EvaluateOptions } from './evaluation-data.ts';
import { Meter } from './forward-batches.ts';

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
  requireTask(where, task);
  const meter = new Meter();
  const batches = forwardData<O, V>(where, model, data, options, { reduce: task.reduce?.bind(task), meter });
  const state = task.start();
  for await (const { values, batch } of batches) state.update(values as unknown as HostValues<V>, batch);
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
