/** From a word to its tokens: bytes, merged; words that were seen are remembered. */
import type { TokenizerError } from '../errors.ts';
import { utf8 } from './bytes.ts';
import { mergeWord, type Merges } from './merge.ts';
import { endOfWord, lengthAt } from './words.ts';

/** Longest word that is remembered, and how many are. */
const longestRemembered = 32;
const mostRemembered = 1 << 16;

/** Ids that grow. */
export class Ids {
  values: Uint32Array = new Uint32Array(64);
  length = 0;

  push(ids: Uint32Array): void {
    if (this.length + ids.length > this.values.length) {
      const longer = new Uint32Array(Math.max(this.values.length * 2, this.length + ids.length));
      longer.set(this.values);
      this.values = longer;
    }
    // Most words are one token.
    if (ids.length === 1) this.values[this.length] = ids[0] ?? 0;
    else this.values.set(ids, this.length);
    this.length += ids.length;
  }

  slice(): Uint32Array {
    return this.values.slice(0, this.length);
  }
}

export class WordEncoder {
  readonly #merges: Merges;
  readonly #idOfByte: Int32Array;
  readonly #remembered = new Map<string, Uint32Array>();

  /** @param idOfByte the ids of the 256 bytes, −1 where the vocabulary has none */
  constructor(merges: Merges, idOfByte: Int32Array) {
    this.#merges = merges;
    this.#idOfByte = idOfByte;
  }

  /**
   * Calls `found` with the ids of each word of a part of the text, and with the place where it begins.
   *
   * @param unknown makes the error for a byte without an id
   * @param isDropped as for `mergeWord`
   */
  forEachWord(
    text: string,
    start: number,
    end: number,
    found: (ids: Uint32Array, start: number, end: number) => void,
    unknown: (at: number) => TokenizerError,
    isDropped?: () => boolean,
  ): void {
    for (let at = start; at < end;) {
      const wordEnd = endOfWord(text, at, end);
      const ids = this.#idsOf(text.slice(at, wordEnd), isDropped);
      if (ids === undefined) throw unknown(this.#firstUnknown(text, at));
      found(ids, at, wordEnd);
      at = wordEnd;
    }
  }

  #idsOf(word: string, isDropped: (() => boolean) | undefined): Uint32Array | undefined {
    const known = isDropped === undefined ? this.#remembered.get(word) : undefined;
    if (known !== undefined) return known;
    const bytes = utf8(word);
    const symbols = new Int32Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      const id = this.#idOfByte[bytes[i] ?? 0] ?? -1;
      if (id < 0) return undefined;
      symbols[i] = id;
    }
    const ids = Uint32Array.from(symbols.subarray(0, mergeWord(symbols, symbols.length, this.#merges, isDropped)));
    if (isDropped === undefined && word.length <= longestRemembered) {
      if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
      this.#remembered.set(word, ids);
    }
    return ids;
  }

  #firstUnknown(text: string, from: number): number {
    let at = from;
    while (utf8(text.slice(at, at + lengthAt(text, at))).every((byte) => (this.#idOfByte[byte] ?? -1) >= 0)) {
      at += lengthAt(text, at);
    }
    return at;
  }
}
