/** Texts as windows of tokens: what language models are trained on. */
import { requireInteger, requireOptions, requireString, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { JsonValue } from '../batches.ts';
import { DataError, messageOf, show } from '../errors.ts';
import type { Source } from '../files.ts';
import { ByteSource } from './bytes.ts';
import { ChunkReader, endOfText } from './chunks.ts';
import { linesOf } from './lines-stream.ts';
import { end, partsOf, requireCount, type Reader, type Step } from './reader.ts';
import { stream, type Stream } from './stream.ts';

/** The numbers of the tokens of a text. */
export type Encode = (text: string) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface TextStreamOptions {
  /** Tokens in a window. */
  length: number;
  /** From the start of a window to that of the next. Default: `length`, so that each token comes once. */
  stride?: number;
  /** A function, or an object with `encode`, as tokenizers are. Default: the bytes of the text as UTF-8, 0 to 255. */
  tokenizer?: Encode | { readonly encode: Encode };
  /** A label of the Encoding standard. Default `'utf-8'`; others are read from their start to come to a cursor. */
  encoding?: string;
}

const textOptions: OptionNames<TextStreamOptions> = {
  length: true,
  stride: true,
  tokenizer: true,
  encoding: requireString,
};

/** A window of a text. */
export interface TextWindow {
  /** `int32[length]` */
  readonly ids: Int32Array;
}

/** Bytes that are given to a tokenizer at a time. */
const textBytes = 2 ** 16;

/**
 * Windows of `length` tokens of a text, as `{ ids }` without labels: what comes next is in the window itself, so `length` is one more than the tokens
 * that a model sees. The source is a path (Node), an http(s) URL, a `Blob`/`File`, or bytes, gzipped or not; a cursor holds the byte to go on at.
 *
 * The tokenizer is given some 64 KiB at a time, cut behind a line (where a line is longer, in front of a word). Tokens at the end that fill no window are
 * left out.
 *
 * ```ts
 * import { textStream } from '@hebb/data';
 *
 * const text = new TextEncoder().encode('to be or not to be');
 * const windows = textStream(text, { length: 6 });
 * (await windows.toArray()).map(({ ids }) => String.fromCharCode(...ids)); // ['to be ', 'or not', ' to be']
 *
 * const vocabulary = [...' benort'];
 * const encode = (piece: string) => [...piece].map((character) => vocabulary.indexOf(character));
 * const batches = textStream(text, { length: 5, stride: 4, tokenizer: encode }).shuffle({ buffer: 100, seed: 1 }).batch(2);
 * for await (const { ids } of batches) ids.shape; // [2, 5], [2, 5]
 * ```
 *
 * While it is read it throws DataError: where it cannot be read, for text that is not in the encoding, with the line, and for what a tokenizer gives that
 * are no ids.
 */
export function textStream(source: Source, options: TextStreamOptions): Stream<TextWindow> {
  requireOptions('textStream', options, textOptions);
  const { length, stride = length, tokenizer = encodeBytes, encoding } = options;
  requireInteger('textStream', 'length', length, 1);
  requireInteger('textStream', 'stride', stride, 1);
  const encode = encodeOf(tokenizer);
  const bytes = new ByteSource('textStream', source, encoding);
  return stream({
    type: `textStream(length ${length}, stride ${stride})`,
    open: (_, position) => new TextReader(bytes, { length, stride, encode }, position),
  });
}

const encodeBytes: Encode = (text) => new TextEncoder().encode(text);

function encodeOf(tokenizer: unknown): Encode {
  if (typeof tokenizer === 'function') return tokenizer as Encode;
  const { encode } = Object(tokenizer) as { encode?: unknown };
  if (typeof encode === 'function') return (text) => (tokenizer as { readonly encode: Encode }).encode(text);
  throw wrongArgument('textStream', 'tokenizer', 'a function or an object with encode', tokenizer);
}

interface Piece {
  readonly start: number;
  readonly line: number;
  readonly ids: Int32Array;
}

interface Windows {
  readonly length: number;
  readonly stride: number;
  readonly encode: Encode;
}

class TextReader implements Reader<TextWindow> {
  readonly #bytes: ByteSource;
  readonly #windows: Windows;
  readonly #chunks: ChunkReader;
  /** Pieces that the next window begins in or reaches into; it begins at token `at` of the first. */
  #pieces: Piece[] = [];
  #available = 0;
  #at = 0;
  /** Where the next piece begins. */
  #byte = 0;
  #line = 1;
  #isEnded = false;

  constructor(bytes: ByteSource, windows: Windows, position: JsonValue | undefined) {
    this.#bytes = bytes;
    this.#windows = windows;
    if (position !== undefined) {
      const { byte, line, token } = partsOf('textStream', position, ['byte', 'line', 'token']);
      this.#byte = requireCount('textStream', byte);
      this.#line = requireCount('textStream', line);
      this.#at = requireCount('textStream', token);
    }
    this.#chunks = new ChunkReader('textStream', bytes, this.#byte, endOfText, textBytes);
  }

  next(): Step<TextWindow> | Promise<Step<TextWindow>> {
    const { length, stride } = this.#windows;
    if (this.#available < this.#at + length) return this.#isEnded ? end : this.#load().then(() => this.next());
    const ids = new Int32Array(length);
    let filled = 0;
    let from = this.#at;
    for (const piece of this.#pieces) {
      const part = piece.ids.subarray(from, from + length - filled);
      ids.set(part, filled);
      filled += part.length;
      from = Math.max(0, from - piece.ids.length);
      if (filled === length) break;
    }
    this.#at += stride;
    for (let first = this.#pieces[0]; first !== undefined && this.#at >= first.ids.length; [first] = this.#pieces) {
      this.#pieces.shift();
      this.#at -= first.ids.length;
      this.#available -= first.ids.length;
    }
    return { ids };
  }

  position(): JsonValue {
    const [first] = this.#pieces;
    return { byte: first?.start ?? this.#byte, line: first?.line ?? this.#line, token: this.#at };
  }

  place(): string {
    return `${this.#bytes.name}, from line ${this.#pieces[0]?.line ?? this.#line} on`;
  }

  close(): Promise<void> {
    return this.#chunks.close();
  }

  async #load(): Promise<void> {
    const chunk = await this.#chunks.next(this.#line);
    if (chunk === undefined) {
      this.#isEnded = true;
      return;
    }
    const ids = await this.#encode(chunk.text, chunk.line);
    this.#pieces.push({ start: chunk.start, line: chunk.line, ids });
    this.#available += ids.length;
    this.#byte = chunk.end;
    this.#line += linesOf(chunk.text).length - (/[\r\n]$/.test(chunk.text) ? 0 : 1);
  }

  async #encode(text: string, line: number): Promise<Int32Array> {
    const place = `${this.#bytes.name}, from line ${line} on`;
    let ids: unknown;
    try {
      ids = await this.#windows.encode(text);
    } catch (cause) {
      throw new DataError(`[textStream] ${place}: ${messageOf(cause)}.`, { source: this.#bytes.name, cause });
    }
    const list = ids as ArrayLike<number>;
    if (typeof ids !== 'object' || ids === null || !Number.isSafeInteger(list.length)) {
      throw new DataError(`[textStream] ${place}: the tokenizer must give an array of ids, got ${show(ids)}.`);
    }
    const checked = Int32Array.from(list);
    const wrong = checked.findIndex((id, i) => id !== list[i] || id < 0);
    if (wrong === -1) return checked;
    throw new DataError(
      `[textStream] ${place}: the tokenizer gave ${show(list[wrong])} (id ${wrong} of ${list.length}); ids are integers from 0 to 2³¹ − 1.`,
      { source: this.#bytes.name, hint: 'What the vocabulary does not have needs an id of its own, too.' },
    );
  }
}
