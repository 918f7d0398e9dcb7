import { ArgumentError, scatter, variable, assign, zeros, type Tensor } from '@hebb/tensor';
import {
  listOf,
  requireArray,
  requireBoolean,
  requireInteger,
  requireOptions,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { KeyValueCache } from '../attention/key-value-cache.ts';
import { Continuation, requireModel, roomBehind, type CausalModel, type LastOf, type TextCache } from './model.ts';
import { penalized, picker, samplingOptions, type SamplingOptions } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  /** How many tokens at most. */
  maxTokens: number;
  /** Tokens that end the text; they are not given. Default: none. */
  stop?: readonly number[];
  /** Whether a model that has caches uses them. Default true. */
  cache?: boolean;
}

export const generateOptions: OptionNames<GenerateOptions> = {
  ...samplingOptions,
  maxTokens: (op, name, value) => requireInteger(op, name, value, 0),
  stop: listOf((op, name, value) => requireInteger(op, name, value, 0)),
  cache: requireBoolean,
};

/**
 * Goes on with a text, token by token, as they come: drawn from the model's distribution, or with `temperature: 0` the likeliest each. The model must not be training. A step reads one number of the device; where the
 * model has caches, it computes the new token alone, and all steps are one plan. Ends after `maxTokens`, at a token of `stop`, and where the model has no more room (`contextLength`).
 *
 * Throws {@link ArgumentError} for a prompt without a token or longer than what the model looks back on, for options out of range, and for logits that are no numbers; {@link ShapeError} for logits that do not fit.
 *
 * ```ts
 * // After each number the next one, of ten.
 * const counts = { forward: (ids: Tensor) => oneHot(remainder(ids.add(1), 10), 10).mul(20) };
 * const written: number[] = [];
 * for await (const token of generate(counts, [7], { maxTokens: 4, temperature: 0 })) written.push(token);
 * written; // [8, 9, 0, 1]
 * ```
 */
export async function* generate<C extends TextCache = KeyValueCache>(
  model: CausalModel<C>,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): AsyncGenerator<number, void, void> {
  for await (const { token } of writtenTokens('generate', model, [prompt], options, () => 'prompt'))
    if (token !== undefined) yield token;
}

/** A token of one of several texts. */
export interface BatchToken {
  /** Which text: the number of its prompt. */
  readonly row: number;
  readonly token: number;
}

/**
 * {@link generate} for several prompts at once, of any lengths: tokens of all texts as they come, each with the number of its prompt. A step computes one token of every text and reads the weights once. Positions, what each
 * token sees and where a text ends are those of the prompt alone: with `temperature: 0` each text is the one that {@link generate} writes. Draws are one stream for all texts, so that equal prompts become different texts.
 *
 * Texts of different lengths need caches that can be {@link TextCache.padded}, as {@link KeyValueCache} and the states of recurrent language models; with others, and without, all is read again for every token.
 *
 * Throws as {@link generate}, with the number of the prompt.
 *
 * ```ts
 * const counts = { forward: (ids: Tensor) => oneHot(remainder(ids.add(1), 10), 10).mul(20) };
 * const texts: number[][] = [[7], [1, 2, 3]];
 * for await (const { row, token } of generateBatch(counts, texts.map((prompt) => [...prompt]), { maxTokens: 3, temperature: 0, stop: [0] })) texts[row]?.push(token);
 * texts; // [[7, 8, 9], [1, 2, 3, 4, 5, 6]]
 * ```
 */
export async function* generateBatch<C extends TextCache = KeyValueCache>(
  model: CausalModel<C>,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
): AsyncGenerator<BatchToken, void, void> {
  for await (const { row, token } of writtenTokens('generateBatch', model, prompts, options))
    if (token !== undefined) yield { row, token };
}

/** A token of a text, or undefined where it has come to its end. */
export interface WrittenToken {
  readonly row: number;
  readonly token: number | undefined;
}

/**
 * @param ended - texts that the reader wants no more of.
 * @param lastOf - how the end of a prompt is written. Default: of a list of tokens.
 */
export async function* writtenTokens<C extends TextCache>(
  op: string,
  model: CausalModel<C>,
  prompts: readonly ArrayLike<number>[],
  options: GenerateOptions,
  nameOf: (row: number) => string = (row) => `prompts[${row}]`,
  ended: ReadonlySet<number> = new Set(),
  lastOf?: LastOf,
): AsyncGenerator<WrittenToken, void, void> {
  requireOptions(op, options, generateOptions);
  requireInteger(op, 'maxTokens', options.maxTokens, 0);
  requireModel(op, model);
  requireArray(op, 'prompts', prompts);
  const { maxTokens, stop = [], cache = true, repetitionPenalty = 1 } = options;
  // Of a list with holes, too.
  const rooms = Array.from(prompts, (prompt, row) => roomBehind(op, model, prompt, maxTokens, nameOf(row), lastOf));
  const { maxTokens: _, stop: __, cache: ___, ...sampling } = options;
  const pick = picker(sampling);
  let seen: Tensor | undefined;
  const choose = (logits: Tensor, ids: Tensor): { token: Tensor } => {
    if (repetitionPenalty === 1) return { token: pick(logits) };
    seen ??= variable(zeros(logits.shape));
    const now = scatter(seen, 1, ids, 1);
    assign(seen, now);
    return { token: pick(penalized(logits, now.greater(0), repetitionPenalty)) };
  };
  const isOver = rooms.map((room) => room === 0);
  const open = (): boolean => isOver.some((over, row) => !over && !ended.has(row));
  if (!open()) return;
  const texts = new Continuation(op, model, choose, {
    batch: prompts.length,
    capacity: Math.max(...prompts.map(({ length }, row) => length + (rooms[row] ?? 0) - 1)),
    useCache: cache,
    padded: prompts.some(({ length }) => length !== prompts[0]?.length),
  });
  let pieces: readonly (readonly number[])[] = prompts.map((prompt) => Array.from(prompt));
  for (let count = 1; open(); count++) {
    const tokens = await texts.next(pieces).token.data();
    const next: number[][] = prompts.map(() => []);
    for (const [row, room] of rooms.entries()) {
      if (isOver[row] === true || ended.has(row)) continue;
      const token = Number(tokens[row]);
      if (token < 0)
        throw new ArgumentError(`[${op}] the logits of the next token${prompts.length === 1 ? '' : ` of ${nameOf(row)}`} are NaN or ∞: nothing can be drawn from them.`, {
          hint: 'Are the weights those of a training that diverged? nanCount of describe() says where they are.',
        }); // prettier-ignore
      const isEnd = stop.includes(token);
      if (!isEnd) yield { row, token };
      isOver[row] = isEnd || count === room;
      if (isOver[row]) yield { row, token: undefined };
      else next[row] = [token];
    }
    pieces = next;
  }
}
