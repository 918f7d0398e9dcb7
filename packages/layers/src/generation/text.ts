import {
  listOf,
  requireObject,
  requireOptions,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { generate, generateOptions, type GenerateOptions } from './generate.ts';
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
  requireOptions('generateText', options, textOptions);
  requireString('generateText', 'the prompt', prompt);
  requireObject('generateText', 'the tokenizer', codec);
  if (typeof codec.encode !== 'function' || typeof codec.decode !== 'function')
    throw wrongArgument('generateText', 'the tokenizer', 'an object with encode and decode', codec);
  const { stop = [], ...others } = options;
  const texts = stop.filter((one) => typeof one === 'string');
  const tokens = stop.filter((one) => typeof one === 'number');
  const decoder = codec.decoder?.() ?? simpleDecoder(codec);
  let held = '';
  for await (const token of generate(model, codec.encode(prompt), { ...others, stop: tokens })) {
    held += decoder.push(token);
    const end = firstOf(held, texts);
    if (end !== undefined) {
      if (end > 0) yield held.slice(0, end);
      return;
    }
    const clear = held.length - beginning(held, texts);
    if (clear > 0) yield held.slice(0, clear);
    held = held.slice(clear);
  }
  held += decoder.end();
  const end = firstOf(held, texts) ?? held.length;
  if (end > 0) yield held.slice(0, end);
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
