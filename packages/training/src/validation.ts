/** Validation: what a task and its metrics say about a whole set of data, batch by batch, in evaluation mode. */
import type { ArrayBatch, Batches, LoadedBatch } from '@hebb/data';
import type { Evaluation, EvaluationTask, HostValues } from '@hebb/evaluation';
import { compile, HebbError, Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { batchTensors, type BatchTensors } from './batches.ts';
import { untilAborted } from './abort.ts';
import { validationLossError } from './diagnosis.ts';
import { TrainingError } from './errors.ts';
import { requireOutputs } from './evaluation-data.ts';
import { weightOf } from './example-weights.ts';
import { forwardBatches, Meter, type ForwardBatch } from './forward-batches.ts';
import { modulesOf } from './parts.ts';
import { recorded, requireTensors, type Task } from './task.ts';
import type { ValidationNumbers } from './validation-numbers.ts';

type Named<T> = Readonly<Record<string, T>>;

/** What is asked of the device for one batch. */
interface Computed {
  readonly scalars: Named<Tensor>;
  /** What the evaluation task made of the outputs. */
  readonly values: unknown;
}

/**
 * Validates: means of the scalars that `validate` of a task returns, and the numbers of an evaluation task. Compiled once.
 *
 * @param data every example once; see `evaluationSource`
 * @param evaluation default: no metrics
 */
export class Validator<B> {
  readonly #where: string;
  readonly #task: Task<B>;
  readonly #data: Batches;
  readonly #evaluation: EvaluationTask<Evaluation, unknown, unknown> | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #step: (batch: BatchTensors) => Computed;

  constructor(
    where: string,
    task: Task<B>,
    data: Batches,
    evaluation: EvaluationTask<Evaluation, unknown, unknown> | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#where = where;
    this.#task = task;
    this.#data = data;
    this.#evaluation = evaluation;
    this.#signal = signal;
    const body = (batch: BatchTensors): Computed => this.#compute(batch);
    this.#step = task.compiled === false ? body : (compile((batch: BatchTensors) => recorded(where, () => body(batch)) as never) as typeof body); // prettier-ignore
  }

  #compute(batch: BatchTensors): Computed {
    const task = this.#task;
    const scalars = task.validate === undefined ? {} : requireScalars(this.#where, task.validate(batch as B));
    if (this.#evaluation === undefined) return { scalars, values: undefined };
    if (task.output === undefined) {
      throw new TrainingError(
        `[${this.#where}] metrics need the outputs of a batch, and the task has no method output.`,
        {
          hint: 'Add it beside step: output: (batch) => model.forward(batch.x). Or leave the metrics out, and return their numbers from validate.',
        },
      );
    }
    const outputs = task.output(batch as B);
    requireOutputs(this.#where, 'output of the task', outputs);
    return { scalars, values: this.#evaluation.reduce?.(outputs, batch) ?? outputs };
  }

  #forward(place: string, data: AsyncIterable<LoadedBatch<ArrayBatch>>, meter?: Meter): AsyncGenerator<ForwardBatch<Computed>, void, undefined> {
    const models = modulesOf(this.#task.parts).values();
    const step = (batch: object): Computed => this.#step(batchTensors(place, batch));
    const isOwner = this.#task.compiled !== false;
    return forwardBatches([...models], untilAborted(data, this.#signal), step, { isOwner, ...(meter !== undefined && { meter }) });
  } // prettier-ignore

  /**
   * Validates the first batch, and forgets what came out: what does not fit (data, loss, outputs, metrics, labels) is found before the training and
   * not after its first epoch.
   */
  async requireFitting(): Promise<void> {
    const place = `${this.#where}, validation`;
    const batches = firstOf(this.#data.batches());
    try {
      for await (const { values, batch } of this.#forward(place, batches)) {
        const state = this.#evaluation?.start();
        if (state === undefined) return;
        state.update((values as unknown as HostValues<Computed>).values, batch);
        return;
      }
    } catch (error) {
      if (this.#signal?.aborted === true && error === this.#signal.reason) return; // the run ends before its first step
      if (batches.first === undefined || !(error instanceof HebbError)) throw error;
      const shapes = Object.entries(batchTensors(place, batches.first)).map(
        ([name, { shape }]) => `${name} of shape [${shape.join(', ')}]`,
      );
      const shown = new TrainingError(
        `[${place}] the model${this.#evaluation === undefined ? ' or the loss does' : ', the loss or the metrics do'} not take a batch with ${shapes.join(' and ')}:\n  ${error.message}`,
      );
      shown.cause = error;
      throw shown;
    }
    throw new TrainingError(`[${place}] there are no examples.`);
  }

  /** Validates all of the data. Rejects with the signal's reason where that comes meanwhile. */
  async validate(epoch: number): Promise<ValidationNumbers> {
    const place = `${this.#where}, validation after epoch ${epoch}`;
    const means = new Means();
    const state = this.#evaluation?.start();
    const meter = new Meter();
    let number = 0;
    let counted = 0;
    for await (const { values: read, batch, count } of this.#forward(place, this.#data.batches(), meter)) {
      this.#signal?.throwIfAborted();
      number++;
      const { scalars, values } = read as unknown as HostValues<Computed>;
      const numbers = Object.entries(scalars).map(([name, { data }]) => [name, data[0] ?? Number.NaN] as const);
      const [loss] = numbers;
      const weight = weightOf(`${place}, batch ${number}`, batch, count);
      counted += weight;
      if (weight > 0 && loss !== undefined && !Number.isFinite(loss[1]))
        throw validationLossError(place, loss[1], number, batch);
      // A batch whose examples do not count has no mean, and the mean over the data no need of it.
      if (weight > 0) for (const [name, value] of numbers) means.add(name, value, weight);
      state?.update(values, batch);
    }
    if (number === 0) throw new TrainingError(`[${place}] there are no examples.`);
    if (counted === 0) {
      throw new TrainingError(`[${place}] no example of the validation data counts: all their weights are 0.`, {
        hint: 'Validate on examples that count, or without the field weight.',
      });
    }
    return { scalars: means.values(), metrics: state?.result(meter.result).metrics ?? {} };
  }
}

/** The first of the batches; it is kept for messages. */
function firstOf(
  batches: AsyncIterable<LoadedBatch<ArrayBatch>>,
): AsyncIterable<LoadedBatch<ArrayBatch>> & { first: object | undefined } {
  return {
    first: undefined,
    async *[Symbol.asyncIterator]() {
      for await (const loaded of batches) {
        this.first = loaded.batch;
        yield loaded;
        return;
      }
    },
  };
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

/** Means over batches, by name. */
class Means {
  readonly #totals = new Map<string, { sum: number; weight: number }>();

  add(name: string, value: number, weight: number): void {
    const total = this.#totals.get(name) ?? { sum: 0, weight: 0 };
    this.#totals.set(name, { sum: total.sum + value * weight, weight: total.weight + weight });
  }

  values(): Record<string, number> {
    return Object.fromEntries([...this.#totals].map(([name, { sum, weight }]) => [name, sum / weight]));
  }
}
