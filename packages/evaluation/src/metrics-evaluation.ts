/** An evaluation that is numbers by name; those with more in them extend it. */
import { recordOf, requireNumber, requirePlain } from '@hebb/tensor/arguments';
import type { Evaluation, EvaluationRun } from './evaluation.ts';
import { formatCount, formatMetric, words } from './format.ts';
import type { Section } from './section.ts';

/**
 * An evaluation that is numbers by name, and what a task of your own returns:
 *
 * ```ts
 * const evaluation = new MetricsEvaluation({ accuracy: 0.75 }, { count: 4, seconds: 0.5, examplesPerSecond: 8 });
 * evaluation.toString(); // 'accuracy 75.00 % · 4 examples · 8 examples/s'
 * ```
 */
export class MetricsEvaluation implements Evaluation {
  readonly metrics: Readonly<Record<string, number>>;
  readonly count: number;
  readonly seconds: number;
  readonly examplesPerSecond: number;

  constructor(metrics: Readonly<Record<string, number>>, run: EvaluationRun) {
    const where = 'MetricsEvaluation';
    recordOf(requireNumber)(where, 'metrics', metrics);
    requirePlain(where, 'run', run);
    const { count, seconds, examplesPerSecond } = run;
    for (const [name, value] of Object.entries({ count, seconds, examplesPerSecond }))
      requireNumber(where, `run.${name}`, value);
    this.metrics = metrics;
    this.count = count;
    this.seconds = seconds;
    this.examplesPerSecond = examplesPerSecond;
  }

  /** The metrics, the number of examples and the throughput in one line. */
  toString(): string {
    const values = Object.entries(this.metrics).map(([name, value]) => `${words(name)} ${formatMetric(name, value)}`);
    const examples = `${formatCount(this.count)} example${this.count === 1 ? '' : 's'}`;
    return [...values, examples, `${formatCount(this.examplesPerSecond)} examples/s`].join(' · ');
  }

  toJSON(): object {
    const { metrics, count, seconds, examplesPerSecond } = this;
    return { metrics, count, seconds, examplesPerSecond };
  }

  /** The numbers. */
  sections(): readonly Section[] {
    const named = Object.entries(this.metrics).map(([name, value]) => ({
      name: words(name).replace(/^./, (first) => first.toUpperCase()),
      value: formatMetric(name, value),
    }));
    return [
      {
        kind: 'figures',
        title: 'Evaluation',
        figures: [
          ...named,
          { name: 'Examples', value: this.count, format: 'count' },
          { name: 'Examples per second', value: this.examplesPerSecond, format: 'count' },
        ],
      },
    ];
  }
}
