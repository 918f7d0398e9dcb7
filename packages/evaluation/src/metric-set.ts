/** Several metrics of the same outputs, each read from the device once. */
import { Tensor } from '@hebb/tensor';
import { isPlain, wrongArgument } from '@hebb/tensor/arguments';
import type { Goal, HostValues } from './evaluation.ts';
import type { Metric, MetricState } from './metric.ts';
import type { ShapedValues } from './values.ts';

/** What has to be read: the outputs, where a metric takes them whole, and what the others make of them on the device. */
export interface ReducedOutputs {
  readonly outputs: Tensor | undefined;
  readonly reduced: Readonly<Record<string, Tensor>>;
}

/**
 * Metrics by name, as one. `reduce` belongs into the compiled step; what it returns is read and given to a measurement's `update`.
 *
 * ```ts
 * const set = new MetricSet({ accuracy, top2: topKAccuracy.with({ k: 2 }) });
 * const measurement = set.start();
 * const logits = tensor([[2, 1, 0], [0, 1, 2]]);
 * const { outputs, reduced } = set.reduce(logits, tensor([0, 1]));
 * const read = async (value) => ({ data: await value.data(), shape: value.shape });
 * const values = { outputs: await read(outputs), reduced: { accuracy: await read(reduced.accuracy) } };
 * measurement.update(values, { data: [0, 1], shape: [2] });
 * measurement.values(); // { accuracy: 0.5, top2: 1 }
 * ```
 */
export class MetricSet {
  readonly metrics: Readonly<Record<string, Metric>>;

  /** @throws ArgumentError for what is no metric */
  constructor(metrics: Readonly<Record<string, Metric>>) {
    requireMetrics('MetricSet', 'metrics', metrics);
    this.metrics = metrics;
  }

  /** Which way each is better. */
  get goals(): Record<string, Goal> {
    return Object.fromEntries(Object.entries(this.metrics).map(([name, { goal }]) => [name, goal]));
  }

  reduce(outputs: Tensor, targets: Tensor): ReducedOutputs {
    const reduced: [string, Tensor][] = [];
    let whole = false;
    for (const [name, metric] of Object.entries(this.metrics)) {
      const value = metric.reduce?.(outputs, targets) ?? outputs;
      if (value === outputs) whole = true;
      else reduced.push([name, value]);
    }
    return { outputs: whole ? outputs : undefined, reduced: Object.fromEntries(reduced) };
  }

  start(): MetricSetState {
    return new MetricSetState(this.metrics);
  }
}

/** Measurements of all metrics of a {@link MetricSet}. */
export class MetricSetState {
  readonly #states: ReadonlyMap<string, MetricState>;

  constructor(metrics: Readonly<Record<string, Metric>>) {
    this.#states = new Map(Object.entries(metrics).map(([name, metric]) => [name, metric.start()]));
  }

  update(values: HostValues<ReducedOutputs>, targets: ShapedValues, weights?: ArrayLike<number>): void {
    for (const [name, state] of this.#states) {
      const outputs = Object.hasOwn(values.reduced, name) ? values.reduced[name] : values.outputs;
      if (outputs !== undefined) state.update(outputs, targets, weights);
    }
  }

  merge(other: MetricSetState): void {
    for (const [name, state] of this.#states) {
      const theirs = other.#states.get(name);
      if (theirs !== undefined) state.merge(theirs);
    }
  }

  values(): Record<string, number> {
    return Object.fromEntries([...this.#states].map(([name, state]) => [name, requireValue(name, state.value())]));
  }
}

/** The value of a metric, which must be a number. */
function requireValue(name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  const hint =
    value instanceof Tensor || value instanceof Promise
      ? 'Batches come to update() as arrays: compute with those.'
      : 'Does value() return what it computes?';
  throw wrongArgument('metrics', `the value of the metric ${name}`, 'a number', value, hint);
}

/** Throws ArgumentError unless these are metrics by name. */
export function requireMetrics(
  where: string,
  name: string,
  metrics: unknown,
): asserts metrics is Readonly<Record<string, Metric>> {
  if (!isPlain(metrics)) throw wrongArgument(where, name, 'metrics by name', metrics, 'Write e.g. { accuracy }.');
  for (const [key, metric] of Object.entries(metrics)) {
    const { start, goal } = Object(metric) as { start?: unknown; goal?: unknown };
    if (typeof start === 'function' && (goal === 'min' || goal === 'max')) continue;
    const hint =
      typeof metric === 'function'
        ? `A plain function does not stream: make it a metric with meanMetric({ name: '${key}', goal, score }) or defineMetric. Of what is a loss and a metric, take the metric: from @hebb/evaluation, or, in the package hebb, metrics.meanSquaredError.`
        : undefined;
    throw wrongArgument(where, `${name}.${key}`, 'a metric, with a goal and start()', metric, hint);
  }
}
