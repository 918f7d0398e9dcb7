/** Text from tokens, as they come. */
import { TokenizerError } from '../errors.ts';
import { describe } from '../options.ts';
import { utf8Decoder } from './bytes.ts';

/** The bytes of all tokens, one behind the other. */
export interface TokenBytes {
  readonly bytes: Uint8Array;
  /** Where each begins, and where the last one ends. */
  readonly starts: Int32Array;
}

/**
 * Text from tokens that come one by one, as a language model writes them. A character may be spread over several tokens: its bytes are held back
 * until it is whole, so that the pieces, joined, are what {@link ByteLevelBPE.decode} gives for all tokens.
 *
 * ```ts
 * import { ByteLevelBPE } from '@hebb/tokenizer';
 *
 * const tokenizer = await ByteLevelBPE.train('', { vocabularySize: 256 });
 * const decoder = tokenizer.decoder();
 * [...tokenizer.encode('né!')].map((id) => decoder.push(id)); // ['n', '', 'é', '!']
 * decoder.end(); // ''
 * ```
 */
export class StreamDecoder {
  readonly #tokens: TokenBytes;
  readonly #skip: ReadonlySet<number>;
  readonly #decoder = utf8Decoder();
  #position = 0;

  /** Made by {@link ByteLevelBPE.decoder}. */
  constructor(tokens: TokenBytes, skip: ReadonlySet<number>) {
    this.#tokens = tokens;
    this.#skip = skip;
  }

  /**
   * The text that a token, or several, complete: `''` where a character goes on in the next one.
   *
   * @throws TokenizerError for an id that is not an integer from 0 to `vocabularySize - 1`.
   */
  push(ids: number | Iterable<number>): string {
    return this.#decoder.decode(this.#bytesOf(typeof ids === 'number' ? [ids] : ids), { stream: true });
  }

  /** The text of bytes that are held back, U+FFFD, or `''`; the next token begins a new text. */
  end(): string {
    this.#position = 0;
    return this.#decoder.decode();
  }

  #bytesOf(ids: Iterable<number>): Uint8Array {
    if (typeof ids !== 'object' || ids === null || typeof ids[Symbol.iterator] !== 'function')
      throw new TokenizerError(`[decode] expected ids, an array of integers, got ${describe(ids)}.`);
    const { bytes, starts } = this.#tokens;
    let text = new Uint8Array(256);
    let length = 0;
    for (const id of ids) {
      const [start, end] = [starts[id], starts[id + 1]];
      if (start === undefined || end === undefined) {
        throw new TokenizerError(
          `[decode] id ${String(id)} at position ${this.#position} is not in the vocabulary: ` +
            `ids are integers from 0 to ${starts.length - 2}.`,
          { hint: 'Check that the ids come from this tokenizer and that the model has vocabularySize outputs.' },
        );
      }
      this.#position++;
      if (this.#skip.has(id)) continue;
      if (length + end - start > text.length) {
        const longer = new Uint8Array(Math.max(text.length * 2, length + end - start));
        longer.set(text);
        text = longer;
      }
      text.set(bytes.subarray(start, end), length);
      length += end - start;
    }
    return text.subarray(0, length);
  }
}
