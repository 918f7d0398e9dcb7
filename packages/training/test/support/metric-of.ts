/** Metrics whose values are known beforehand, one for each validation. */
import { MetricsEvaluation, type EvaluationTask, type Goal, type Metric } from '@hebb/evaluation';

/** NaN when the values are used up. */
function valuesOf(values: readonly number[]): () => number {
  let i = 0;
  return () => values[i++] ?? Number.NaN;
}

export function metricOf(goal: Goal, values: readonly number[]): Metric {
  const value = valuesOf(values);
  return { goal, start: () => ({ update: () => undefined, merge: () => undefined, value }) };
}

/** A task that finds one number, and does not say which way it is better. */
export function taskWithoutGoals(name: string, values: readonly number[]): EvaluationTask {
  const value = valuesOf(values);
  return {
    start: () => ({
      update: () => undefined,
      result: (run) => new MetricsEvaluation({ [name]: value() }, run),
    }),
  };
}
