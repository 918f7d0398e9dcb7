/** How good a model is on data that it has not seen. */
import type { Evaluation, EvaluationTask, Metric, Metrics, MetricsEvaluation } from '@hebb/evaluation';
import { taskOf } from '@hebb/evaluation/internal';
import type { AnyModule } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import type { Examples } from './batches.ts';
import { TrainingError } from './errors.ts';
import { forwardData, type EvaluateOptions } from './evaluation-data.ts';
import { Meter } from './forward-batches.ts';

/**
 * Runs a model over data in evaluation mode and measures its outputs: by metrics by name, `{ accuracy }`, or by a task, {@link classification},
 * {@link regression}, {@link multiLabel}, {@link sequences} of `@hebb/evaluation` or one of your own, whose result is what it finds. `fit` takes both forms, too.
 *
 * ```ts
 * const evaluation = await evaluate(model, test, classification({ classNames }));
 * evaluation.accuracy;
 * console.log(evaluation.toString());
 * const { metrics } = await evaluate(model, test, { accuracy, f1: f1Score });
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
  options?: EvaluateOptions<O>,
): Promise<R>;
export async function evaluate(
  model: AnyModule,
  data: Examples,
  metrics: Readonly<Record<string, Metric>>,
  options?: EvaluateOptions<Tensor>,
): Promise<MetricsEvaluation>;
export async function evaluate(
  model: AnyModule,
  data: Examples,
  metrics: Metrics,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const where = 'evaluate';
  const task = taskOf(where, metrics, (form) => `evaluate(model, data, ${form})`);
  const meter = new Meter();
  const batches = forwardData<unknown, unknown>(where, model, data, options, {
    reduce: task.reduce?.bind(task),
    meter,
  });
  const state = task.start();
  for await (const { values, batch } of batches) state.update(values, batch);
  const run = meter.result;
  if (run.count === 0) throw new TrainingError(`[${where}] there are no examples.`);
  return state.result(run);
}
