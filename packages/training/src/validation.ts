/** Validation: what a task and its metrics say about a whole set of data, batch by batch, in evaluation mode. */
import type { Batches } from '@hebb/data';
import { MetricSet, type HostValues, type Metric, type MetricFunction, type ReducedOutputs, type ShapedValues } from '@hebb/evaluation'; // prettier-ignore
import { modesOf } from '@hebb/layers';
import { compile, dryRun, HebbError, Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { batchTensors, type BatchTensors } from './batches.ts';
import { untilAborted } from './abort.ts';
import { requireMetricValue } from './checks.ts';
import { validationLossError } from './diagnosis.ts';
import { TrainingError } from './errors.ts';
import { weightOf } from './example-weights.ts';
import { forwardBatches } from './forward-batches.ts';
import { modulesOf } from './parts.ts';
import { recorded, requireTensors, type Task } from './task.ts';

type AnyMetric = Metric | MetricFunction;
type Named<T> = Readonly<Record<string, T>>;

/** What is asked of the device for one batch. */
interface Computed {
  readonly scalars: Named<Tensor>;
  /** What metrics get. */
  readonly values: ReducedOutputs;
  /** Where the task has targets of its own. */
  readonly target: Tensor | undefined;
}

function isStreaming(metric: AnyMetric): metric is Metric {
  return 'start' in metric && typeof metric.start === 'function';
}

/** The goals of those metrics that say which way is better. */
export function goalsOf(metrics: Named<AnyMetric>): Record<string, 'min' | 'max'> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, metric]) => (isStreaming(metric) ? [[name, metric.goal]] : [])),
  );
}

/**
 * A function that validates, compiled once: means of the task's scalars (the loss as `loss`, `dLoss` as `validationDLoss`) and the metrics.
 * It rejects with the signal's reason where that comes meanwhile.
 *
 * @param data every example once; see `evaluationData`
 */
export function validator<B>(
  where: string,
  task: Task<B>,
  data: Batches,
  metrics: Named<AnyMetric>,
  signal: AbortSignal | undefined,
): { check(): Promise<void>; validate(epoch: number): Promise<Record<string, number>> } {
  const entries = Object.entries(metrics);
  const streaming = new MetricSet(Object.fromEntries(entries.filter(([, m]) => isStreaming(m))) as Named<Metric>);
  const plain = Object.fromEntries(entries.filter(([, m]) => !isStreaming(m))) as Named<MetricFunction>;
  const keepsOutputs = Object.keys(plain).length > 0;
  const body = (batch: BatchTensors): Computed => {
    const scalars = task.validate === undefined ? {} : requireScalars(where, task.validate(batch as B));
    if (entries.length === 0) return { scalars, values: { outputs: undefined, reduced: {} }, target: undefined };
    const { output, target } = outputAndTarget(where, task, batch);
    const { outputs, reduced } = streaming.reduce(output, target);
    return {
      scalars,
      values: { outputs: keepsOutputs ? output : outputs, reduced },
      target: target === batch['y'] ? undefined : target,
    };
  };
  const isCompiled = task.compiled !== false;
  const step = isCompiled ? compile((batch: BatchTensors) => recorded(where, () => body(batch))) : body;
  const models = [...modulesOf(task.parts).values()];

  const validate = async (epoch: number): Promise<Record<string, number>> => {
    const place = `${where}, validation after epoch ${epoch}`;
    const means = new Means();
    const measurement = streaming.start();
    const kept: { outputs: ShapedValues[]; targets: ShapedValues[] } = { outputs: [], targets: [] };
    let number = 0;
    let counted = 0;
    const forward = (batch: object): Computed => step(batchTensors(place, batch));
    const batches = untilAborted(data.batches(), signal);
    for await (const each of forwardBatches(models, batches, forward, { isOwner: isCompiled })) {
      const { values: read, batch, count } = each;
      signal?.throwIfAborted();
      number++;
      const { scalars, values, target } = read as unknown as HostValues<Computed>;
      const numbers = Object.entries(scalars).map(([name, { data }]) => [name, data[0] ?? Number.NaN] as const);
      const [loss] = numbers;
      const weight = weightOf(`${place}, batch ${number}`, batch, count);
      counted += weight;
      if (weight > 0 && loss !== undefined && !Number.isFinite(loss[1]))
        throw validationLossError(place, loss[1], number, batch);
      // A batch whose examples do not count has no mean, and the mean over the data no need of it.
      if (weight > 0) for (const [name, value] of numbers) means.add(name, value, weight);
      const targets = target ?? batch['y'];
      if (entries.length === 0 || targets === undefined) continue;
      measurement.update(values, targets, batch['weight']?.data);
      if (!keepsOutputs) continue;
      kept.outputs.push(values.outputs as ShapedValues);
      kept.targets.push(targets);
    }
    if (number === 0) throw new TrainingError(`[${place}] there are no examples.`);
    if (counted === 0) {
      throw new TrainingError(`[${place}] no example of the validation data counts: all their weights are 0.`, {
        hint: 'Validate on examples that count, or without the field weight.',
      });
    }
    return { ...means.values(), ...measurement.values(), ...(await valuesOf(where, plain, kept)) };
  };
  return { check: () => requireFitting(where, task, data, body), validate };
}

/** What `validate` of a task returned: single numbers, by name. */
function requireScalars(where: string, given: unknown): Named<Tensor> {
  const scalars = requireTensors(where, 'validate', given);
  const odd = Object.entries(scalars).find(([, value]) => !(value instanceof Tensor && value.size === 1));
  if (odd === undefined) return scalars;
  throw new TrainingError(`[${where}] ${odd[0]} of the task’s validate must be a single number, a tensor, not ${describe(odd[1])}.`, {
    hint: 'Return a mean, a tensor of one number, or several by name: { loss, accuracy }.',
  }); // prettier-ignore
}

function outputAndTarget<B>(where: string, task: Task<B>, batch: BatchTensors): { output: Tensor; target: Tensor } {
  if (task.output === undefined) {
    throw new TrainingError(`[${where}] metrics need the outputs of a batch, and the task has no method output.`, {
      hint: 'Add it beside step: output: (batch) => model.forward(batch.x). Or leave the metrics out, and return their numbers from validate.',
    });
  }
  const given: unknown = task.output(batch as B);
  const { output, target } =
    given instanceof Tensor
      ? { output: given, target: batch['y'] }
      : (Object(given) as { output?: unknown; target?: unknown });
  if (!(output instanceof Tensor))
    throw new TrainingError(`[${where}] output of the task must return a tensor, not ${describe(given)}.`);
  if (target instanceof Tensor) return { output, target };
  throw new TrainingError(
    `[${where}] metrics compare with the field y of a batch; it has ${Object.keys(batch).join(', ')}.`,
    {
      hint: 'Or let output return both: output: (batch) => ({ output, target }).',
    },
  );
}

/**
 * Records the validation of the first batch, without computing anything, so that data that does not fit is found before the training and not
 * after its first epoch.
 */
async function requireFitting<B>(
  where: string,
  task: Task<B>,
  data: Batches,
  body: (batch: BatchTensors) => Computed,
): Promise<void> {
  const place = `${where}, validation`;
  for await (const { batch } of data.batches()) {
    const tensors = batchTensors(place, batch);
    const models = [...modulesOf(task.parts).values()];
    const restoreModes = modesOf(...models);
    for (const model of models) model.eval();
    try {
      dryRun(() => void body(tensors));
    } catch (error) {
      if (!(error instanceof HebbError)) throw error;
      const shapes = Object.entries(tensors).map(([name, { shape }]) => `${name} of shape [${shape.join(', ')}]`);
      const shown = new TrainingError(
        `[${place}] the model or the loss does not take a batch with ${shapes.join(' and ')}:\n  ${error.message}`,
      );
      shown.cause = error;
      throw shown;
    } finally {
      restoreModes();
    }
    return;
  }
  throw new TrainingError(`[${place}] there are no examples.`);
}

/** Means over batches, by name. */
class Means {
  readonly #totals = new Map<string, { sum: number; weight: number }>();

  add(name: string, value: number, weight: number): void {
    const total = this.#totals.get(name) ?? { sum: 0, weight: 0 };
    this.#totals.set(name, { sum: total.sum + value * weight, weight: total.weight + weight });
  }

  /** The loss as `loss`, the others as `validationName`. */
  values(): Record<string, number> {
    const lossName = this.#totals.has('loss') ? 'loss' : [...this.#totals.keys()][0];
    return Object.fromEntries(
      [...this.#totals].map(([name, { sum, weight }]) => [
        name === lossName ? 'loss' : validationName(name),
        sum / weight,
      ]),
    );
  }
}

/** `dLoss` → `validationDLoss`. */
function validationName(name: string): string {
  return `validation${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}

/** What plain functions say about all outputs together. */
async function valuesOf(
  where: string,
  metrics: Named<MetricFunction>,
  { outputs, targets }: { readonly outputs: readonly ShapedValues[]; readonly targets: readonly ShapedValues[] },
): Promise<Record<string, number>> {
  const result: Record<string, number> = {};
  for (const [name, metric] of Object.entries(metrics)) {
    const [output, target] = [join(where, outputs), join(where, targets)];
    const value: unknown = await Promise.resolve()
      .then(() => metric(output, target))
      .catch((error: unknown) => {
        throw lossAsMetric(where, name, error) ?? error;
      });
    requireMetricValue(where, name, value);
    result[name] = value;
  }
  return result;
}

/** What to say where a loss, which takes tensors, was given as a metric, which takes arrays. */
function lossAsMetric(where: string, name: string, error: unknown): TrainingError | undefined {
  if (!(error instanceof HebbError) || !error.message.includes(' must be a tensor, not { data, shape }'))
    return undefined;
  const shown = new TrainingError(
    `[${where}] the metric ${name} takes tensors, as a loss does; metrics get arrays, { data, shape }:\n  ${error.message.split('\n')[0]}`,
    {
      hint: 'Of what is a loss and a metric, take the metric: from @hebb/evaluation, or, in the package hebb, metrics.meanSquaredError.',
    },
  );
  shown.cause = error;
  return shown;
}

/** One array of all batches. */
function join(where: string, parts: readonly ShapedValues[]): ShapedValues {
  const [first] = parts;
  if (first === undefined) throw new TrainingError(`[${where}] there are no examples.`);
  const rest = first.shape.slice(1);
  const odd = parts.find(({ shape }) => shape.slice(1).join() !== rest.join());
  if (odd !== undefined) {
    throw new TrainingError(
      `[${where}] all outputs must have one shape for a metric of all of them; there are [${first.shape.join(', ')}] and [${odd.shape.join(', ')}].`,
      { hint: 'Use a metric that streams, or pad what differs in size.' },
    );
  }
  const total = parts.reduce((sum, { data }) => sum + data.length, 0);
  const data = first.data instanceof Int32Array ? new Int32Array(total) : new Float32Array(total);
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { data, shape: [parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0), ...rest] };
}
