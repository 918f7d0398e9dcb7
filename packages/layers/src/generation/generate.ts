import { ArgumentError, scatter, variable, assign, zeros, type Tensor } from '@hebb/tensor';
import { listOf, requireBoolean, requireInteger, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import type { KeyValueCache } from '../attention/key-value-cache.ts';
import { Continuation, requireModel, roomBehind, type CausalModel, type TextCache } from './model.ts';
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
  requireOptions('generate', options, generateOptions);
  requireInteger('generate', 'maxTokens', options.maxTokens, 0);
  requireModel('generate', model);
  const { maxTokens, stop = [], cache = true, repetitionPenalty = 1 } = options;
  const room = roomBehind('generate', model, prompt, maxTokens);
  if (room === 0) return;
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
  const text = new Continuation('generate', model, choose, {
    batch: 1,
    capacity: prompt.length + room - 1,
    useCache: cache,
  });
  let piece: readonly number[] = Array.from(prompt);
  for (let count = 0; count < room; count++) {
    const token = await text.next([piece]).token.item();
    if (token < 0)
      throw new ArgumentError('[generate] the logits of the next token are NaN or ∞: nothing can be drawn from them.', {
        hint: 'Are the weights those of a training that diverged? nanCount of describe() says where they are.',
      });
    if (stop.includes(token)) return;
    yield token;
    piece = [token];
  }
}
