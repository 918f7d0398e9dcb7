/** What `@hebb/training` needs beside the entry (subpath `@hebb/evaluation/internal`). Not for users. */
import { isPlain, wrongArgument } from '@hebb/tensor/arguments';
import type { Evaluation, EvaluationTask } from './evaluation.ts';
import { requireMetrics } from './metric-set.ts';
import type { Metric } from './metric.ts';
import { scores } from './scores.ts';

/**
 * The task that is given, or that of the metrics that are.
 *
 * @param place where the two forms stand, for hints: `(form) => fit(…, { metrics: ${form} })`
 * @throws ArgumentError for what is neither
 */
export function taskOf(
  where: string,
  given: unknown,
  place: (form: string) => string,
): EvaluationTask<Evaluation, unknown, unknown> {
  if (isTask(given)) return requireTask(where, given);
  if (isMetric(given)) {
    const { name = 'mine' } = given as { name?: string };
    throw wrongArgument(where, 'metrics', 'metrics by name, or a task', given, `Name it: ${place(`{ ${name} }`)}.`);
  }
  if (!isPlain(given)) {
    const isCalled = typeof given === 'function' ? 'Is it called? ' : '';
    const hint = `${isCalled}Say what to measure: ${place('{ accuracy }')}, or what the model does: ${place('classification()')}, regression(), multiLabel(), sequences().`;
    throw wrongArgument(where, 'metrics', 'metrics by name, or a task', given, hint);
  }
  requireMetrics(where, 'metrics', given);
  return scores(given);
}

function isMetric(given: unknown): given is Metric {
  const { start, goal } = Object(given) as { start?: unknown; goal?: unknown };
  return typeof start === 'function' && goal !== undefined;
}

/** Metrics are named, and one may be named start: that has a goal. */
function isTask(given: unknown): given is EvaluationTask<Evaluation, unknown, unknown> {
  const { start } = Object(given) as { start?: unknown };
  return typeof start === 'function' && !isMetric(given) && !isMetric(start);
}

function requireTask(
  where: string,
  task: EvaluationTask<Evaluation, unknown, unknown>,
): EvaluationTask<Evaluation, unknown, unknown> {
  const { reduce, goals = {} } = task as { reduce?: unknown; goals?: unknown };
  if (reduce !== undefined && typeof reduce !== 'function')
    throw wrongArgument(where, 'reduce of the task', 'a function (outputs, batch) of tensors', reduce);
  if (!isPlain(goals)) throw wrongArgument(where, 'goals of the task', "'min' or 'max' by the names of numbers", goals);
  for (const [name, goal] of Object.entries(goals))
    if (goal !== 'min' && goal !== 'max')
      throw wrongArgument(where, `goals.${name} of the task`, `'min' or 'max'`, goal);
  return task;
}
