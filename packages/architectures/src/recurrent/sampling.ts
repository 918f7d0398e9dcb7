/** The next token from logits: the likeliest, or drawn. */
import { filterLogits } from '@hebb/layers';
import { Generator, multinomial, softmax, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  listOf,
  requireFinite,
  requireInteger,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';

export interface SamplingOptions {
  /** How many tokens at most. */
  maxTokens: number;
  /** Logits are divided by it: below 1 likely tokens become likelier; 0 takes the likeliest. Default 1. */
  temperature?: number;
  /** Draws from so many of the likeliest alone. Default: all. */
  topK?: number;
  /** Tokens that end the text. Default: none. */
  stop?: readonly number[];
  /** Two texts of one seed are the same, on every device. Default: drawn by the generator that `manualSeed` seeds. */
  seed?: number;
}

const names: OptionNames<SamplingOptions> = {
  maxTokens: true,
  temperature(where, name, value) {
    requireFinite(where, name, value);
    if (value < 0) throw wrongArgument(where, name, 'a number ≥ 0', value);
  },
  topK: size,
  stop: listOf((where, name, value) => requireInteger(where, name, value, 0)),
  seed: (where, name, value) => requireInteger(where, name, value, 0, 2 ** 32 - 1),
};

export interface Sampling {
  readonly maxTokens: number;
  readonly stop: readonly number[];
  /** int32 [...] from logits [..., vocabulary]. */
  readonly pick: (logits: Tensor) => Tensor;
}

/** Throws `ArgumentError` for options out of range. */
export function samplingOf(where: string, options: SamplingOptions): Sampling {
  checkOptions(where, options, names);
  const { maxTokens, temperature = 1, topK: most, stop = [], seed } = options;
  requireInteger(where, 'maxTokens', maxTokens, 0);
  const generator = seed === undefined ? undefined : new Generator(seed);
  return {
    maxTokens,
    stop,
    pick(logits) {
      if (temperature === 0) return logits.argmax(-1);
      const kept = filterLogits(logits, { temperature, ...(most !== undefined && { topK: most }) });
      return multinomial(softmax(kept, -1), 1, generator === undefined ? {} : { generator }).squeeze(-1);
    },
  };
}
