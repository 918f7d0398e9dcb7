/** The task of models that predict a class at every position of a sequence: language models, taggers. */
import { ArgumentError, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireInteger, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { ArrayFields, EvaluationRun, EvaluationState, EvaluationTask, HostValues } from './evaluation.ts';
import { arrayField, requireOneTensor, tensorField, weightsOf } from './fields.ts';
import { formatCount } from './format.ts';
import { MetricsEvaluation } from './metrics-evaluation.ts';
import type { Section } from './section.ts';
import { Sum } from './sum.ts';
import { packTopClasses, unpackTopClasses } from './top-classes.ts';
import { weighting } from './weights.ts';

export interface SequencesOptions {
  /** The field of the data that holds the token at every position. Default 'y'. */
  target?: string;
  /**
   * How many positions ahead the target is: 1 where the outputs at a position are about the next token and the field is the sequence itself. Default 0:
   * the target of a position stands at that position.
   */
  shift?: number;
  /** The field that is true (or 1) at the positions that count, where the data has it. Default 'mask'. */
  mask?: string;
  /** A target that does not count. Default −100, as in the loss. */
  ignoreIndex?: number;
}

const sequencesOptions: OptionNames<SequencesOptions> = {
  target: requireString,
  shift: (where, name, value) => requireInteger(where, name, value, 0),
  mask: requireString,
  ignoreIndex: requireInteger,
};

/** What is read of a batch: of every position the loss and the likeliest token. */
export interface SequencesValues {
  readonly positions: Tensor;
}

/**
 * A token for every position: logits [n, length, tokens] and targets `y` of shape [n, length]. Positions where the field `mask` is false, or the
 * target is −100, do not count; the data may have a `weight` for each sequence. The device picks the likeliest tokens, so that logits are not read.
 *
 * ```ts
 * const task = sequences({ target: 'ids', shift: 1 }); // a language model: each position predicts the next of { ids }
 * // const { metrics } = await evaluate(model, stream, task, { output: ({ ids }) => model.forward(ids) });
 * // metrics.perplexity; metrics.accuracy; metrics.logLoss
 * ```
 */
export function sequences(
  options: SequencesOptions = {},
): EvaluationTask<SequencesEvaluation, Tensor, SequencesValues> {
  checkOptions('sequences', options, sequencesOptions);
  const { target = 'y', shift = 0 } = options;
  return {
    goals: { accuracy: 'max', logLoss: 'min', perplexity: 'min', sequenceAccuracy: 'max' },
    reduce: (logits, batch) => {
      requireOneTensor('sequences', logits);
      const targets = tensorField('sequences', batch, target);
      const [count = 0, length = 0, tokens = 0] = logits.shape;
      if (logits.ndim !== 3 || targets.shape.join() !== [count, length].join() || length <= shift) {
        throw new ShapeError(
          `[sequences] the task takes logits [n, length, tokens] and targets [n, length]${shift > 0 ? ` longer than the shift of ${shift}` : ''}, these are ${logits} and ${targets}.`,
          { hint: 'One logit per token at every position; for one class per sequence use classification().' },
        );
      }
      const steps = length - shift;
      const rows = logits.narrow(1, 0, steps).reshape([count * steps, tokens]);
      return { positions: packTopClasses(rows, targets.narrow(1, shift, steps).reshape([count * steps]), 1) };
    },
    start: () => new SequencesState(options),
  };
}

/** How well the tokens of sequences are predicted. */
export class SequencesEvaluation extends MetricsEvaluation {
  static readonly type: string = 'SequencesEvaluation';

  /** Number of positions that count. */
  readonly tokens: number;
  /** Mean loss at each position of the sequences; NaN where none counts. */
  readonly lossByPosition: Float64Array;

  constructor(metrics: Readonly<Record<string, number>>, run: EvaluationRun, tokens: number, byPosition: Float64Array) {
    super(metrics, run);
    this.tokens = tokens;
    this.lossByPosition = byPosition;
  }

  override toString(): string {
    return `${super.toString()} · ${formatCount(this.tokens)} tokens`;
  }

  override toJSON(): object {
    return { ...super.toJSON(), tokens: this.tokens, lossByPosition: Array.from(this.lossByPosition) };
  }

  override sections(): readonly Section[] {
    return [
      ...super.sections(),
      {
        kind: 'chart',
        title: 'Loss by position',
        text: 'The mean loss at each position of the sequences: how much the tokens before it help.',
        series: [
          { name: 'loss', points: Array.from(this.lossByPosition, (loss, position) => [position, loss] as const) },
        ],
        x: { label: 'position' },
        y: { label: 'mean loss per token' },
      },
    ];
  }
}

class SequencesState implements EvaluationState<SequencesEvaluation, SequencesValues> {
  readonly #options: SequencesOptions;
  readonly #sums = { weight: new Sum(), correct: new Sum(), loss: new Sum(), sequences: new Sum(), right: new Sum() };
  #positions: { loss: Sum; weight: Sum }[] = [];
  #tokens = 0;
  #first = 0;

  constructor(options: SequencesOptions) {
    this.#options = options;
  }

  update({ positions }: HostValues<SequencesValues>, batch: ArrayFields): void {
    const { target = 'y', shift = 0, mask: maskName = 'mask', ignoreIndex = -100 } = this.#options;
    const targets = arrayField('sequences', batch, target);
    const mask = batch[maskName];
    if (mask !== undefined && mask.data.length !== targets.data.length) {
      throw new ShapeError(
        `[sequences] the field ${maskName} has the shape [${mask.shape.join(', ')}], the targets [${targets.shape.join(', ')}].`,
        { hint: 'It says for every position whether it counts.' },
      );
    }
    const [count = 0, length = 0] = targets.shape;
    const weightOf = weighting('sequences', weightsOf('sequences', batch, count), count);
    const found = unpackTopClasses(positions, 1);
    const { weight: total, correct, loss, sequences: all, right } = this.#sums;
    for (let sequence = 0; sequence < count; sequence++) {
      const weight = weightOf(sequence);
      if (weight === 0) continue;
      let counted = 0;
      let hits = 0;
      for (let step = 0; step < length - shift; step++) {
        const at = sequence * length + step + shift;
        const token = targets.data[at] ?? NaN;
        if (token === ignoreIndex || (mask !== undefined && !mask.data[at])) continue;
        if (!Number.isInteger(token) || token < 0 || token >= found.classCount) {
          throw new ArgumentError(
            `[sequences] ${target} of sequence ${this.#first + sequence} at position ${step + shift} is ${token}, not a token from 0 to ${found.classCount - 1}.`,
            { hint: `Padding does not count where the field ${maskName} is false, or the target is ${ignoreIndex}.` },
          );
        }
        const row = sequence * (length - shift) + step;
        const own = found.losses[row] ?? NaN;
        if (Number.isNaN(own)) {
          throw new ArgumentError(
            `[sequences] the logits of sequence ${this.#first + sequence} at position ${step} hold NaN.`,
            { hint: 'The model has diverged: lower the learning rate, or look for NaN in its inputs.' },
          );
        }
        const hit = found.classes[row] === token;
        counted++;
        hits += hit ? 1 : 0;
        total.add(weight);
        correct.add(hit ? weight : 0);
        loss.add(weight * own);
        const position = this.#position(step + shift);
        position.loss.add(weight * own);
        position.weight.add(weight);
      }
      this.#tokens += counted;
      if (counted === 0) continue;
      all.add(weight);
      right.add(hits === counted ? weight : 0);
    }
    this.#first += count;
  }

  merge(other: SequencesState): void {
    for (const name of ['weight', 'correct', 'loss', 'sequences', 'right'] as const)
      this.#sums[name].merge(other.#sums[name]);
    other.#positions.forEach(({ loss, weight }, i) => {
      this.#position(i).loss.merge(loss);
      this.#position(i).weight.merge(weight);
    });
    this.#tokens += other.#tokens;
    this.#first += other.#first;
  }

  result(run: EvaluationRun): SequencesEvaluation {
    const { weight, correct, loss, sequences: all, right } = this.#sums;
    if (weight.value === 0) {
      throw new ArgumentError('[sequences] no position of any sequence counts.', {
        hint: `All are masked out, or have the target ${this.#options.ignoreIndex ?? -100}: look at the field ${this.#options.mask ?? 'mask'}, true where a position counts.`,
      });
    }
    const mean = loss.value / weight.value;
    const metrics = {
      accuracy: correct.value / weight.value,
      logLoss: mean,
      perplexity: Math.exp(mean),
      sequenceAccuracy: right.value / all.value,
    };
    const byPosition = Float64Array.from(this.#positions, (position) => position.loss.value / position.weight.value);
    return new SequencesEvaluation(metrics, run, this.#tokens, byPosition);
  }

  #position(index: number): { loss: Sum; weight: Sum } {
    while (this.#positions.length <= index) this.#positions.push({ loss: new Sum(), weight: new Sum() });
    return this.#positions[index] ?? { loss: new Sum(), weight: new Sum() };
  }
}
