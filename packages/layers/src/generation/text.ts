import {
  listOf,
  requireArray,
  requireObject,
  requireOptions,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { generateOptions, writtenTokens, type GenerateOptions } from './generate.ts';
import type { KeyValueCache } from '../attention/key-value-cache.ts';
import type { CausalModel, TextCache } from './model.ts';

/** Text to ids and back: the tokenizers of `@hebb/tokenizer` are such. */
export interface TextCodec {
  encode(text: string): ArrayLike<number>;
  decode(ids: ArrayLike<number> & Iterable<number>): string;
  /** Text of tokens that come one by one; without it a character that is spread over several tokens comes when the next one is whole. */
  decoder?(): { push(id: number): string; end(): string };
}

export interface GenerateTextOptions extends Omit<GenerateOptions, 'stop'> {
  /** Tokens, and pieces of text, that end the text; they are not given. Default: none. */
  stop?: readonly (number | string)[];
}

const textOptions: OptionNames<GenerateTextOptions> = {
  ...generateOptions,
  stop: listOf((op, name, value) => {
    const isToken = Number.isInteger(value) && (value as number) >= 0;
    if (!isToken && !(typeof value === 'string' && value !== ''))
      throw wrongArgument(op, name, 'a token or a text', value);
  }),
};

/**
 * {@link generate} for text: pieces as they come, which together are what is written. What may be the beginning of a piece that ends the text is held back until it is clear.
 *
 * Throws as {@link generate}, and what the tokenizer throws.
 *
 * ```ts
 * const letters = 'abcdefghij';
 * const codec = {
 *   encode: (text: string) => Array.from(text, (letter) => letters.indexOf(letter)),
 *   decode: (ids: Iterable<number>) => Array.from(ids, (id) => letters[id]).join(''),
 * };
 * const alphabet = { forward: (ids: Tensor) => oneHot(remainder(ids.add(1), 10), 10).mul(20) };
 * let text = '';
 * for await (const piece of generateText(alphabet, codec, 'abc', { maxTokens: 9, temperature: 0, stop: ['hi'] })) text += piece;
 * text; // 'defg'
 * ```
 */
export async function* generateText<C extends TextCache = KeyValueCache>(
  model: CausalModel<C>,
  codec: TextCodec,
  prompt: string,
  options: GenerateTextOptions,
): AsyncGenerator<string, void, void> {
  requireString('generateText', 'the prompt', prompt);
  for await (const { text } of writtenTexts('generateText', model, codec, [prompt], options, () => 'prompt'))
    yield text;
}

/** A piece of one of several texts. */
export interface BatchText {
  /** Which text: the number of its prompt. */
  readonly row: number;
  readonly text: string;
}

/**
 * {@link generateBatch} for text: pieces of all texts as they come, each with the number of its prompt. What ends a text, `stop` too, ends that one alone.
 *
 * Throws as {@link generateBatch}, and what the tokenizer throws.
 *
 * ```ts
 * const letters = 'abcdefghij';
 * const codec = {
 *   encode: (text: string) => Array.from(text, (letter) => letters.indexOf(letter)),
 *   decode: (ids: Iterable<number>) => Array.from(ids, (id) => letters[id]).join(''),
 * };
 * const alphabet = { forward: (ids: Tensor) => oneHot(remainder(ids.add(1), 10), 10).mul(20) };
 * const texts = ['abc', 'f'];
 * for await (const { row, text } of generateTextBatch(alphabet, codec, ['abc', 'f'], { maxTokens: 4, temperature: 0, stop: ['hi'] })) texts[row] += text;
 * texts; // ['abcdefg', 'fg']
 * ```
 */
export async function* generateTextBatch<C extends TextCache = KeyValueCache>(
  model: CausalModel<C>,
  codec: TextCodec,
  prompts: readonly string[],
  options: GenerateTextOptions,
): AsyncGenerator<BatchText, void, void> {
  const where = 'generateTextBatch';
  requireArray(where, 'prompts', prompts);
  prompts.forEach((prompt, row) => requireString(where, `prompts[${row}]`, prompt));
  yield* writtenTexts(where, model, codec, prompts, options);
}

async function* writtenTexts<C extends TextCache>(
  op: string,
  model: CausalModel<C>,
  codec: TextCodec,
  prompts: readonly string[],
  options: GenerateTextOptions,
  nameOf?: (row: number) => string,
): AsyncGenerator<BatchText, void, void> {
  requireOptions(op, options, textOptions);
  requireObject(op, 'the tokenizer', codec);
  if (typeof codec.encode !== 'function' || typeof codec.decode !== 'function')
    throw wrongArgument(op, 'the tokenizer', 'an object with encode and decode', codec);
  const { stop = [], ...others } = options;
  const stops = stop.filter((one) => typeof one === 'string');
  const tokens = stop.filter((one) => typeof one === 'number');
  const ids = prompts.map((prompt) => codec.encode(prompt));
  const writers = prompts.map(() => new TextWriter(codec, stops));
  const ended = new Set<number>();
  // Characters are no tokens: the end of a text is that of its tokens.
  const lastOf = (count: number, name: string): string =>
    `tokenizer.decode(tokenizer.encode(${name}).slice(-${count}))`;
  const given = { ...others, stop: tokens };
  for await (const { row, token } of writtenTokens(op, model, ids, given, nameOf, ended, lastOf)) {
    const writer = writers[row];
    const text = (token === undefined ? writer?.end() : writer?.push(token)) ?? '';
    if (text !== '') yield { row, text };
    if (writer?.isEnded === true) ended.add(row);
  }
}

/** Makes text of the tokens of one text, until a text of `stops`. */
class TextWriter {
  readonly #decoder: { push(id: number): string; end(): string };
  readonly #stops: readonly string[];
  #held = '';
  /** Whether a text that ends it has come. */
  isEnded = false;

  constructor(codec: TextCodec, stops: readonly string[]) {
    this.#decoder = codec.decoder?.() ?? simpleDecoder(codec);
    this.#stops = stops;
  }

  /** What is clear now. */
  push(token: number): string {
    this.#held += this.#decoder.push(token);
    const end = firstOf(this.#held, this.#stops);
    this.isEnded = end !== undefined;
    const clear = end ?? this.#held.length - beginning(this.#held, this.#stops);
    const text = this.#held.slice(0, clear);
    this.#held = this.#held.slice(clear);
    return text;
  }

  /** What is left, where no more comes. */
  end(): string {
    const left = this.#held + this.#decoder.end();
    return left.slice(0, firstOf(left, this.#stops) ?? left.length);
  }
}

/** Where the first of the texts begins. */
function firstOf(held: string, texts: readonly string[]): number | undefined {
  const places = texts.map((text) => held.indexOf(text)).filter((place) => place >= 0);
  return places.length === 0 ? undefined : Math.min(...places);
}

/** How many characters at the end may be the beginning of one of the texts. */
function beginning(held: string, texts: readonly string[]): number {
  for (let length = Math.min(held.length, Math.max(0, ...texts.map((text) => text.length - 1))); length > 0; length--)
    if (texts.some((text) => text.startsWith(held.slice(-length)))) return length;
  return 0;
}

function simpleDecoder(codec: TextCodec): { push(id: number): string; end(): string } {
  let ids: number[] = [];
  const whole = (): string => {
    const text = codec.decode(ids);
    ids = [];
    return text;
  };
  return {
    push(id) {
      ids.push(id);
      return codec.decode(ids).endsWith('\uFFFD') ? '' : whole();
    },
    end: () => (ids.length === 0 ? '' : whole()),
  };
}
