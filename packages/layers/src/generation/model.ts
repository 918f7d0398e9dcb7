/** Models that say what comes next, step by step: with caches of what they have read, or reading everything again. */
import { ArgumentError, compile, indexSelect, ShapeError, tensor, Tensor } from '@hebb/tensor';
import { describe, requireArray, requireInteger, requireObject, wrongArgument } from '@hebb/tensor/arguments';
import type { KeyValueCache } from '../attention/key-value-cache.ts';

/** What a model keeps of the texts it has read, one a layer or one for all: a {@link KeyValueCache}, or the state of a recurrent network. */
export interface TextCache {
  /** Text i goes on from what text `from[i]` has been so far. */
  reorder(from: readonly number[]): void;
  /**
   * Reads a piece of texts of different lengths: calls `read`, in which the model is given them, text i filled up behind its `lengths[i]` tokens; of the fillers nothing is kept. Without it, texts of different lengths are read again for every token.
   */
  padded?<T>(lengths: readonly number[], read: () => T): T;
}

/**
 * What can be asked for the next token: ids int32 [batch, length] → logits float [batch, length, vocabulary], those at a place of what comes after it, which later tokens do not change.
 * A module with such a `forward` is one.
 */
export interface CausalModel<C extends TextCache = KeyValueCache> {
  forward(ids: Tensor, caches?: readonly C[]): Tensor;
  /** Caches of texts of which nothing is read, such as one for each attention layer, which `forward` takes and fills; without it every token is computed from the whole text. */
  createCaches?(sizes: { readonly batch: number; readonly capacity: number }): readonly C[];
  /** How many tokens it can look back on, where it is bounded. */
  readonly contextLength?: number;
  /** Whether it draws (dropout). */
  readonly training?: boolean;
}

/** Lengths that texts are filled up to where everything is read again, so that there are few plans. */
const filledTo = 64;

/** What is said of a step: the last logits [batch, vocabulary] of each text, and the ids that were read, int32 [batch, length], filled up with the last one of each. */
export type Choose<R extends Readonly<Record<string, Tensor>>> = (logits: Tensor, ids: Tensor) => R;

export interface StepOptions {
  readonly batch: number;
  /** Tokens of the longest text. */
  readonly capacity: number;
  readonly useCache: boolean;
  /** Whether texts begin with pieces of different lengths. Default false. */
  readonly padded?: boolean;
}

/** How the last so many tokens of a prompt are written in a program. */
export type LastOf = (tokens: number, name: string) => string;

/** Throws {@link ArgumentError} for what is no model, and for one that trains. */
export function requireModel<C extends TextCache>(op: string, model: CausalModel<C>): void {
  requireObject(op, 'the model', model);
  if (typeof model.forward !== 'function') throw wrongArgument(op, 'the model', 'a module that takes ids', model);
  requireEvaluating(op, model);
}

/** Throws {@link ArgumentError} for a model that trains. */
export function requireEvaluating(op: string, { training }: { readonly training?: boolean }): void {
  if (training === true)
    throw new ArgumentError(`[${op}] the model is training, so that dropout would draw.`, { hint: 'model.eval().' });
}

/**
 * Throws {@link ArgumentError} for a prompt without a token, of what are no ids, or longer than what the model can look back on.
 *
 * @param lastOf - how the last so many tokens of the prompt of that name are written, for a hint. Default: of a list of tokens.
 * @returns how many tokens may follow, `maxTokens` at most
 */
export function roomBehind<C extends TextCache>(
  op: string,
  model: CausalModel<C>,
  prompt: ArrayLike<number>,
  maxTokens: number,
  name = 'prompt',
  lastOf: LastOf = (tokens) => `${name}.slice(-${tokens})`,
): number {
  const named = name === 'prompt' ? 'the prompt' : name;
  if (!(ArrayBuffer.isView(prompt) && !(prompt instanceof DataView))) requireArray(op, named, prompt);
  requireInteger(op, 'maxTokens', maxTokens, 0);
  if (prompt.length === 0)
    throw new ArgumentError(`[${op}] ${named} has no token.`, { hint: 'Begin with a token that begins texts.' });
  for (let i = 0; i < prompt.length; i++) requireInteger(op, `${name}[${i}]`, prompt[i], 0, 2 ** 31 - 1);
  const { contextLength = Infinity } = model;
  if (prompt.length > contextLength)
    throw new ArgumentError(`[${op}] ${named} has ${prompt.length} tokens; the model looks back on ${contextLength}.`, {
      hint: `Leave its beginning out: ${lastOf(Math.max(1, contextLength - maxTokens), name)}.`,
    });
  // The last token that is written need not be read again.
  return Math.min(maxTokens, contextLength - prompt.length + 1);
}

/** Texts that go on: `next` reads what is new and says what `choose` makes of the logits behind it. */
export class Continuation<R extends Readonly<Record<string, Tensor>>, C extends TextCache> {
  readonly #batch: number;
  /** What the model can look back on. */
  readonly #longest: number;
  readonly #caches: readonly C[] | undefined;
  readonly #step: (ids: Tensor, last: Tensor) => R;
  readonly #op: string;
  /** Known once a step was recorded. */
  #vocabulary = Infinity;
  #rows: number[][];
  /** Whether texts are filled up, so that not every length is recorded. */
  #isFilled = true;

  constructor(op: string, model: CausalModel<C>, choose: Choose<R>, options: StepOptions) {
    const { batch, capacity, useCache, padded = false } = options;
    this.#op = op;
    this.#batch = batch;
    this.#longest = model.contextLength ?? Infinity;
    const caches = useCache ? model.createCaches?.({ batch, capacity }) : undefined;
    this.#caches = padded && caches?.some((cache) => cache.padded === undefined) === true ? undefined : caches;
    this.#rows = Array.from({ length: batch }, () => []);
    this.#step = compile((ids: Tensor, last: Tensor) => {
      const logits = this.#caches === undefined ? model.forward(ids) : model.forward(ids, this.#caches);
      requireLogits(op, ids, logits);
      const vocabulary = logits.shape[2] ?? 0;
      this.#vocabulary = vocabulary;
      return choose(indexSelect(logits.reshape([-1, vocabulary]), 0, last), ids);
    });
  }

  /** Reads the new tokens of every row; of a row that has none its last one, of which nothing is asked any more. */
  next(tokens: readonly (readonly number[])[]): R {
    this.#rows = this.#rows.map((row, i) => [...row, ...(tokens[i] ?? [])]);
    if (this.#caches === undefined) {
      const needed = longestOf(this.#rows);
      // What comes later changes nothing of what comes before.
      const filled = Math.min(Math.ceil(needed / filledTo) * filledTo, this.#longest);
      if (!this.#isFilled || filled === needed) return this.#run(this.#rows, needed);
      try {
        return this.#run(this.#rows, filled);
      } catch (error) {
        // Of a model that does not say what it can look back on, perhaps too much: what it says of the text itself counts.
        if (!(error instanceof ShapeError)) throw error;
        this.#isFilled = false;
        return this.#run(this.#rows, needed);
      }
    }
    const pieces = tokens.map((row, i) => (row.length > 0 ? row : (this.#rows[i] ?? []).slice(-1)));
    const length = longestOf(pieces);
    const lengths = pieces.map((row) => row.length);
    const read = (): R => this.#run(pieces, length);
    if (lengths.every((each) => each === length)) return read();
    return this.#caches.reduce<() => R>((inner, cache) => () => cache.padded?.(lengths, inner) ?? inner(), read)();
  }

  /** Row i goes on from what row `from[i]` has been. */
  reorder(from: readonly number[]): void {
    for (const cache of this.#caches ?? []) cache.reorder(from);
    this.#rows = from.map((i) => [...(this.#rows[i] ?? [])]);
  }

  /** Of rows that are filled up to `length`, each with its last token. */
  #run(rows: readonly (readonly number[])[], length: number): R {
    const filled = rows.flatMap((row) => [...row, ...Array<number>(length - row.length).fill(row.at(-1) ?? 0)]);
    const ids = tensor(Int32Array.from(filled), { shape: [this.#batch, length] });
    const last = tensor(Int32Array.from(rows, (row, i) => i * length + row.length - 1));
    const result = this.#read(ids, last);
    const unknown = filled.find((token) => token >= this.#vocabulary);
    if (unknown !== undefined)
      throw new ArgumentError(
        `[${this.#op}] the text has the token ${unknown}; the model knows ${this.#vocabulary}, from 0 on.`,
        { hint: tokenizerHint },
      );
    return result;
  }

  #read(ids: Tensor, last: Tensor): R {
    try {
      return this.#step(ids, last);
    } catch (error) {
      // An embedding looks at the tokens before there are logits that would tell how many the model knows.
      const isUnknown = error instanceof ArgumentError && error.message.startsWith('[embedding]');
      throw isUnknown ? error.advise(tokenizerHint) : error;
    }
  }
}

const tokenizerHint = 'Is the tokenizer that of the model?';

const longestOf = (rows: readonly (readonly number[])[]): number => Math.max(...rows.map((row) => row.length));

function requireLogits(op: string, ids: Tensor, logits: unknown): asserts logits is Tensor {
  if (!(logits instanceof Tensor))
    throw new ArgumentError(`[${op}] the model must give logits, not ${describe(logits)}.`, {
      hint: 'Where it gives more, pass { forward: (ids, caches) => model.forward(ids, caches).logits, createCaches: … }.',
    });
  if (logits.ndim !== 3 || logits.shape[0] !== ids.shape[0] || logits.shape[1] !== ids.shape[1])
    throw new ShapeError(
      `[${op}] of ids ${ids} the model must give logits [batch, length, vocabulary], not ${logits}.`,
    );
}
