/** Rows of ids of one length. */
import { TokenizerError } from '../errors.ts';
import { describe, type OptionNames } from '../options.ts';
import type { DropoutOptions } from './dropout.ts';

/** Ids with the places in the text that they stand for. */
export interface Encoding {
  readonly ids: Uint32Array;
  /**
   * Start and end of each token in the text, `[start, end, start, end, …]`, as indices into the string. A token that is part of a
   * character's bytes has the whole character.
   */
  readonly offsets: Uint32Array;
}

/** Texts as rows of one length. */
export interface BatchEncoding {
  /** Rows and tokens in a row: the shape of `ids` and `attentionMask`. */
  readonly shape: readonly [rows: number, length: number];
  /** Row by row. */
  readonly ids: Uint32Array;
  /** 1 where a token is of the text, 0 where it pads. */
  readonly attentionMask: Uint8Array;
  /** Tokens of each text, padding not among them. */
  readonly lengths: Uint32Array;
  /** Start and end of each token in its text (0, 0 for padding), `[rows, length, 2]`. */
  readonly offsets: Uint32Array;
}

export interface EncodeBatchOptions extends DropoutOptions {
  /** As for `encode`. Default `true`. */
  parseSpecialTokens?: boolean;
  /** Most tokens of a row; longer texts are cut. Default: none. */
  maxLength?: number;
  /** Which end longer texts lose. Default `'end'`. */
  truncate?: 'start' | 'end';
  /** Tokens of a row: so many, or as many as the longest text has. Default `'longest'`. */
  length?: number | 'longest';
  /** The token that fills shorter rows. Default `'<pad>'`. */
  padToken?: string;
  /** Where it is put. Default `'end'`. */
  pad?: 'start' | 'end';
}

export const batchOptions: OptionNames<EncodeBatchOptions> = {
  parseSpecialTokens: true,
  maxLength: true,
  truncate: true,
  length: true,
  padToken: true,
  pad: true,
  mergeDropout: true,
  seed: true,
};

/** @throws TokenizerError for a length that is none, a text longer than `length`, or padding without a token for it */
export function batchOf(
  encodings: readonly Encoding[],
  options: EncodeBatchOptions,
  idOf: (token: string) => number | undefined,
): BatchEncoding {
  const { maxLength = Infinity, truncate = 'end', length = 'longest', padToken = '<pad>', pad = 'end' } = options;
  if (maxLength !== Infinity) requireLength('maxLength', maxLength);
  if (length !== 'longest') requireLength('length', length);
  for (const [name, value] of Object.entries({ truncate, pad })) {
    if (value !== 'start' && value !== 'end')
      throw new TokenizerError(`[encodeBatch] ${name} must be 'start' or 'end', not ${describe(value)}.`);
  }
  const lengths = Uint32Array.from(encodings, ({ ids }) => Math.min(ids.length, maxLength));
  const longest = lengths.reduce((most, count) => Math.max(most, count), 0);
  const columns = length === 'longest' ? longest : length;
  if (columns < longest) {
    throw new TokenizerError(
      `[encodeBatch] text ${lengths.indexOf(longest)} has ${longest} tokens, more than length, ${columns}.`,
      {
        hint: `Cut such texts with maxLength: ${columns}, or give a larger length.`,
      },
    );
  }
  const padId = lengths.some((count) => count < columns) ? idOf(padToken) : 0;
  if (padId === undefined) {
    throw new TokenizerError(
      `[encodeBatch] the texts have unlike lengths, and there is no token ${JSON.stringify(padToken)} to pad with.`,
      {
        hint: "Train with { specialTokens: ['<pad>'] }, or give the padToken of this tokenizer.",
      },
    );
  }
  const rows = encodings.length;
  const ids = new Uint32Array(rows * columns).fill(padId);
  const attentionMask = new Uint8Array(rows * columns);
  const offsets = new Uint32Array(rows * columns * 2);
  for (const [row, encoding] of encodings.entries()) {
    const count = lengths[row] ?? 0;
    const from = truncate === 'end' ? 0 : encoding.ids.length - count;
    const to = row * columns + (pad === 'end' ? 0 : columns - count);
    ids.set(encoding.ids.subarray(from, from + count), to);
    attentionMask.fill(1, to, to + count);
    offsets.set(encoding.offsets.subarray(2 * from, 2 * (from + count)), 2 * to);
  }
  return { shape: [rows, columns], ids, attentionMask, lengths, offsets };
}

function requireLength(name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw new TokenizerError(`[encodeBatch] ${name} must be an integer from 0, got ${describe(value)}.`);
}
