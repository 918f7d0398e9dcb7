/** Which token comes next: the likeliest, or one drawn from what is left of a distribution. */
import { cumsum, Generator, isFinite, multinomial, softmax, sort, topK, where, type Tensor } from '@hebb/tensor';
import {
  between,
  checkOptions,
  requireFinite,
  requireInteger,
  requireTensor,
  wrongArgument,
  type Check,
  type OptionNames,
} from '@hebb/tensor/arguments';

/** What of a distribution is kept. Given together, they apply in this order. */
export interface FilterOptions {
  /** Logits are divided by it: below 1 likely tokens become likelier. Default 1. */
  temperature?: number;
  /** So many of the likeliest; those as likely as the last of them, too. Default: all. */
  topK?: number;
  /** The fewest of the likeliest that have this probability together (nucleus sampling; Holtzman et al. 2020, arXiv:1904.09751); those as likely as the last of them, too. Default 1: all. */
  topP?: number;
  /** Those at least so likely, in shares of the likeliest (Nguyen et al. 2024, arXiv:2407.01082). Default 0: all. */
  minP?: number;
}

export interface SamplingOptions extends FilterOptions {
  /** 0 takes the likeliest. Default 1. */
  temperature?: number;
  /**
   * Logits of tokens that are in the text already are divided by it where they are positive, and multiplied where not (Keskar et al. 2019, arXiv:1909.05858). Above 1 they become less
   * likely. Default 1.
   */
  repetitionPenalty?: number;
  /** Two texts of one seed are the same, on every device. Default: drawn by the generator that `manualSeed` seeds. */
  seed?: number;
}

const positive: Check = (op, name, value) => {
  requireFinite(op, name, value);
  if (value <= 0) throw wrongArgument(op, name, 'a number > 0', value);
};

const notNegative: Check = (op, name, value) => {
  requireFinite(op, name, value);
  if (value < 0) throw wrongArgument(op, name, 'a number ≥ 0', value);
};

const filterOptions: OptionNames<FilterOptions> = {
  temperature: positive,
  topK: (op, name, value) => requireInteger(op, name, value, 1),
  topP: between(0, 1),
  minP: between(0, 1),
};

export const samplingOptions: OptionNames<SamplingOptions> = {
  ...filterOptions,
  temperature: notNegative,
  repetitionPenalty: positive,
  seed: (op, name, value) => requireInteger(op, name, value, 0, 2 ** 32 - 1),
};

/**
 * Logits of the tokens that may be drawn, divided by the temperature, and −∞ for all others; their softmax is what is drawn from. The likeliest token is always kept.
 *
 * Shape: logits float [..., vocabulary] → the same.
 *
 * Throws {@link ArgumentError} for options out of range.
 *
 * ```ts
 * const logits = tensor([2, 1, 0, -1]);
 * await filterLogits(logits, { topK: 2 }).toArray(); // [2, 1, -Infinity, -Infinity]
 * await filterLogits(logits, { minP: 0.1, temperature: 0.5 }).toArray(); // [4, 2, -Infinity, -Infinity]
 * ```
 */
export function filterLogits(logits: Tensor, options: FilterOptions = {}): Tensor {
  requireTensor('filterLogits', 'logits', logits);
  checkOptions('filterLogits', options, filterOptions);
  const { temperature = 1, topK: most, topP = 1, minP = 0 } = options;
  const size = logits.shape.at(-1) ?? 1;
  let kept = temperature === 1 ? logits : logits.div(temperature);
  const keepFrom = (smallest: Tensor): void => {
    kept = where(kept.less(smallest), -Infinity, kept);
  };
  if (most !== undefined && most < size) keepFrom(topK(kept, most).values.min(-1, { keepDims: true }));
  if (topP < 1) {
    const { values } = sort(kept, -1, { descending: true });
    const probabilities = softmax(values, -1);
    // What the likelier ones have together, without the token itself: so the first is always kept, and the one that reaches topP.
    const before = cumsum(probabilities, -1).sub(probabilities);
    const isBeyond = before.greaterEqual(topP).and(before.greater(0));
    keepFrom(where(isBeyond, Infinity, values).min(-1, { keepDims: true }));
  }
  if (minP > 0) keepFrom(kept.max(-1, { keepDims: true }).add(Math.log(minP)));
  return kept;
}

/** int32 [...] from logits [..., vocabulary]; −1 where they are no numbers. */
export function picker({
  temperature = 1,
  seed,
  repetitionPenalty: _,
  ...filters
}: SamplingOptions): (logits: Tensor) => Tensor {
  const generator = seed === undefined ? undefined : new Generator(seed);
  const draw = (logits: Tensor): Tensor => {
    if (temperature === 0) return logits.argmax(-1);
    const kept = filterLogits(logits, { ...filters, temperature });
    return multinomial(softmax(kept, -1), 1, generator === undefined ? {} : { generator }).squeeze(-1);
  };
  return (logits) => {
    // Of ∞ and NaN nothing can be drawn, nor where all are −∞, as those are that are never meant.
    const isBad = isFinite(logits.max(-1)).not();
    return where(isBad, -1, draw(where(isBad.unsqueeze(-1), 0, logits)));
  };
}

/** Logits with what is in the text already, bool [..., vocabulary], made less likely. */
export function penalized(logits: Tensor, isThere: Tensor, penalty: number): Tensor {
  return where(isThere, where(logits.greater(0), logits.div(penalty), logits.mul(penalty)), logits);
}
