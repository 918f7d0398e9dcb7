import { Dropout, Embedding, GRUCell, Linear, LSTMCell, Module, RNNCell, type CausalModel } from '@hebb/layers';
import { ArgumentError, compile, concat, scan, ShapeError, Tensor } from '@hebb/tensor';
import { between, requireBoolean, requireOptions, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';
import { requireTranslation, writeLikeliest, type TranslateOptions } from '../translate.ts';
import { AdditiveAttention, attendBy, requireAttention, type AttentionName } from './attention.ts';
import {
  lastHiddenOf,
  recurrentLayer,
  requireCell,
  runLayer,
  type RecurrentCellName,
  type RecurrentLayer,
  type RecurrentState,
} from './cell.ts';
import { isInside, packed, requireMask, unpacked } from './lengths.ts';
import { repeatState, StateCache } from './state-cache.ts';

export interface SequenceToSequenceOptions {
  /** How many tokens there are to read. */
  sourceVocabulary: number;
  /** How many tokens there are to write. */
  targetVocabulary: number;
  /** Features that a token becomes. Default 620. */
  embedding?: number;
  /** Default 'gru'. */
  cell?: RecurrentCellName;
  /** Units of each direction of the encoder, and of the decoder. Default 1000. */
  hidden?: number;
  /** 'additive': before each step, by the state before it (Bahdanau). 'general', 'dot': behind the steps (Luong). Default 'additive'. */
  attention?: AttentionName;
  /** Probability of dropout behind the embeddings and before the logits. Default 0. */
  dropout?: number;
  /** Whether the source is read in both directions. Default true. */
  bidirectional?: boolean;
}

const networkOptions: OptionNames<SequenceToSequenceOptions> = {
  sourceVocabulary: size,
  targetVocabulary: size,
  embedding: size,
  cell: requireCell,
  hidden: size,
  attention: requireAttention,
  dropout: between(0, 1),
  bidirectional: requireBoolean,
};

/** What the encoder made of the sources. */
export interface SourceMemory {
  /** [batch, source, directions · hidden]. */
  readonly values: Tensor;
  /** What states are compared with: [batch, source, hidden]. */
  readonly keys: Tensor;
  /** bool [batch, source]: what there is; all, where undefined. */
  readonly inside: Tensor | undefined;
  /** Of the decoder before its first step. */
  readonly state: RecurrentState;
}

export interface Decoded {
  /** [batch, target, targetVocabulary]: of the token that comes next. */
  readonly logits: Tensor;
  /** [batch, target, source]: at which elements each step looked; a row's sum is 1. */
  readonly attention: Tensor;
  /** What the next piece of the same targets begins with. */
  readonly state: RecurrentState;
}

type Cell = RNNCell | GRUCell | LSTMCell;

/**
 * Sequence to sequence with attention: an encoder reads the source in both directions, a decoder writes the target, and looks at each step at all that was read.
 *
 * 'additive' is RNNsearch (Bahdanau, Cho & Bengio 2015, arXiv:1409.0473), whose sizes are the defaults: context c_t = Σ α_tj h_j with α = softmax(vᵀ tanh(W s_{t−1} + U h_j)), s_t = cell([y_{t−1}, c_t], s_{t−1}), logits of [s_t, c_t, y_{t−1}] (a linear
 * layer in the place of its maxout). 'general' and 'dot' are the global attention of Luong, Pham & Manning 2015 (arXiv:1508.04025): s_t = cell(y_{t−1}, s_{t−1}), scores s_tᵀ W h_j or s_tᵀ h_j, logits of tanh(W_c [c_t, s_t]); without input feeding, so that all steps
 * are one recurrent operator. With 'dot' the elements are as wide as states by a linear layer before, where there are two directions. The decoder begins with tanh(W h) of the last states of the encoder.
 *
 * Shape: sources int32[batch, source], what the decoder has written so far int32[batch, target], which begins with a token that begins targets, mask of the sources bool[batch, source] or lengths int32[batch] → `logits` [batch, target, targetVocabulary],
 * `attention` [batch, target, source], `state`. Masks are true at the tokens that there are, wherever they stand; what there is not changes nothing, and of a source without a token all is zeros, the attention too. Logits at t do not depend on later tokens of
 * the target. Sources and targets have at least one place.
 *
 * Throws `ArgumentError` for options out of range, and for sources and targets without a place, `ShapeError` for other shapes and for targets of another number than sources.
 *
 * ```ts
 * const model = new SequenceToSequence({ sourceVocabulary: 20, targetVocabulary: 30, embedding: 8, hidden: 16 });
 * const { logits, attention } = model.forward(zeros([4, 9], { dtype: 'int32' }), zeros([4, 7], { dtype: 'int32' }));
 * [logits.shape, attention.shape];  // [[4, 7, 30], [4, 7, 9]]
 * ```
 */
export class SequenceToSequence extends Module<[source: Tensor, target: Tensor, mask?: Tensor], Decoded> {
  static override readonly type: string = 'SequenceToSequence';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<SequenceToSequenceOptions>>;
  readonly source_embedding: Embedding;
  readonly encoder: RecurrentLayer;
  readonly bridge: Linear;
  readonly target_embedding: Embedding;
  readonly attention: AdditiveAttention | Linear | undefined;
  readonly decoder: RecurrentLayer | Cell;
  readonly combine: Linear | undefined;
  readonly head: Linear;
  readonly dropout: Dropout;

  constructor(options: SequenceToSequenceOptions) {
    super();
    requireOptions('SequenceToSequence', options, networkOptions);
    const { sourceVocabulary, targetVocabulary, embedding = 620, cell = 'gru', hidden = 1000 } = options;
    const { attention = 'additive', dropout = 0, bidirectional = true } = options;
    size('SequenceToSequence', 'sourceVocabulary', sourceVocabulary);
    size('SequenceToSequence', 'targetVocabulary', targetVocabulary);
    this.options = {
      sourceVocabulary,
      targetVocabulary,
      embedding,
      cell,
      hidden,
      attention,
      dropout,
      bidirectional,
    };
    const read = hidden * (bidirectional ? 2 : 1);
    this.source_embedding = new Embedding(sourceVocabulary, embedding);
    this.encoder = recurrentLayer(cell, embedding, hidden, { bidirectional });
    this.bridge = new Linear(read, hidden);
    this.target_embedding = new Embedding(targetVocabulary, embedding);
    if (attention === 'additive') {
      this.attention = new AdditiveAttention(hidden, read, hidden);
      this.decoder = cellNamed(cell, embedding + read, hidden);
      this.combine = undefined;
      this.head = new Linear(hidden + read + embedding, targetVocabulary);
    } else {
      this.attention = attention === 'dot' && read === hidden ? undefined : new Linear(read, hidden, { bias: false });
      this.decoder = recurrentLayer(cell, embedding, hidden);
      this.combine = new Linear(read + hidden, hidden, { bias: false });
      this.head = new Linear(hidden, targetVocabulary);
    }
    this.dropout = new Dropout(dropout);
  }

  /** What was read, once for all that is written. */
  encode(source: Tensor, mask?: Tensor): SourceMemory {
    const where = 'SequenceToSequence';
    requireTexts(where, 'sources', source);
    const [batch = 0, length = 0] = source.shape;
    if (mask !== undefined) requireMask(where, mask, batch, length);
    const { x, lengths } = packed(source, mask);
    const read = this.dropout.forward(this.source_embedding.forward(x));
    const { output: found, state } = runLayer(this.encoder, read, { lengths });
    const output = unpacked(found, mask);
    const hidden = this.bridge.forward(lastHiddenOf(this.encoder, state)).tanh();
    const { attention } = this;
    return {
      values: output,
      keys: attention instanceof AdditiveAttention ? attention.keysOf(output) : (attention?.forward(output) ?? output),
      inside: mask?.dtype === 'int32' ? isInside(mask, length) : mask,
      state: this.options.cell === 'lstm' ? { hidden, cell: hidden.mul(0) } : hidden,
    };
  }

  /** What is written next: logits behind each token of `target`, which comes after what made `state` (default: at the beginning). */
  decode(target: Tensor, memory: SourceMemory, state: RecurrentState = memory.state): Decoded {
    requireTexts('SequenceToSequence', 'targets', target);
    const [batch = 0] = target.shape;
    const [sources = 0] = memory.values.shape;
    if (batch !== sources)
      throw new ShapeError(`[SequenceToSequence] there are ${sources} sources, and targets are ${target}.`);
    const wanted = [batch, this.options.hidden].join(', ');
    for (const part of state instanceof Tensor ? [state] : [state.hidden, state.cell])
      if (part.shape.join(', ') !== wanted)
        throw new ShapeError(`[SequenceToSequence] the state must be [${wanted}] for these targets, not ${part}.`, {
          hint: 'Take the state that was returned for a batch of the same size.',
        });
    const words = this.dropout.forward(this.target_embedding.forward(target));
    return this.attention instanceof AdditiveAttention
      ? this.#before(words, memory, state, this.attention)
      : this.#behind(words, memory, state);
  }

  forward(source: Tensor, target: Tensor, mask?: Tensor): Decoded {
    return this.decode(target, this.encode(source, mask));
  }

  /** Attention before each step, by the state before it: a loop of steps. */
  #before(words: Tensor, memory: SourceMemory, state: RecurrentState, attention: AdditiveAttention): Decoded {
    const cell = this.decoder as unknown as Module<[Tensor, RecurrentState], RecurrentState>;
    const { keys, values, inside } = memory;
    const [last, steps] = scan(
      (before: RecurrentState, word: Tensor): readonly [RecurrentState, Step] => {
        const scores = attention.forward(hiddenOf(before), keys).unsqueeze(1);
        const { context, weights } = attendBy(scores, values, inside);
        const seen = context.squeeze(1);
        const next = cell.forward(concat([word, seen], 1), before);
        return [next, { hidden: hiddenOf(next), context: seen, weights: weights.squeeze(1) }];
      },
      state,
      words.transpose(0, 1),
    );
    const byBatch = (value: Tensor): Tensor => value.transpose(0, 1);
    const all = concat([byBatch(steps.hidden), byBatch(steps.context), words], 2);
    return { logits: this.head.forward(this.dropout.forward(all)), attention: byBatch(steps.weights), state: last };
  }

  /** Attention behind the steps, for all at once. */
  #behind(words: Tensor, { keys, values, inside }: SourceMemory, before: RecurrentState): Decoded {
    const isCell = (value: Tensor): Tensor => value.unsqueeze(0);
    const given =
      before instanceof Tensor ? isCell(before) : { hidden: isCell(before.hidden), cell: isCell(before.cell) };
    const { output, state } = runLayer(this.decoder as RecurrentLayer, words, { state: given });
    const { context, weights } = attendBy(output.matmul(keys.transpose(1, 2)), values, inside);
    const combined = (this.combine as Linear).forward(concat([context, output], 2)).tanh();
    return {
      logits: this.head.forward(this.dropout.forward(combined)),
      attention: weights,
      state:
        state instanceof Tensor ? state.squeeze(0) : { hidden: state.hidden.squeeze(0), cell: state.cell.squeeze(0) },
    };
  }

  /**
   * The decoder for one source [1, length], as `generate` and `beamSearch` of `@hebb/layers` take it.
   *
   * Throws `ShapeError` for several sources.
   *
   * ```ts
   * const model = new SequenceToSequence({ sourceVocabulary: 20, targetVocabulary: 30, embedding: 8, hidden: 16 }).eval();
   * const [best] = await beamSearch(model.given(zeros([1, 9], { dtype: 'int32' })), [0], { maxTokens: 5, stop: [1] });
   * (best?.tokens.length ?? 6) <= 5;  // true
   * ```
   */
  given(source: Tensor, mask?: Tensor): CausalModel<StateCache> {
    const where = 'SequenceToSequence.given';
    requireTexts(where, 'sources', source);
    if (source.shape[0] !== 1) throw new ShapeError(`[${where}] takes one source, not ${source}.`);
    const one = this.encode(source, mask);
    const rows = (x: Tensor, batch: number): Tensor => x.broadcastTo([batch, ...x.shape.slice(1)]);
    const repeated = (batch: number): SourceMemory => ({
      values: rows(one.values, batch),
      keys: rows(one.keys, batch),
      inside: one.inside && rows(one.inside, batch),
      state: repeatState(one.state, batch, 0),
    });
    return {
      training: this.training,
      forward: (ids, caches) => {
        const [cache] = caches ?? [];
        const { logits, state } = this.decode(ids, repeated(ids.shape[0] ?? 1), cache?.read());
        cache?.write(state);
        return logits;
      },
      createCaches: ({ batch }) => [new StateCache(repeatState(one.state, batch, 0), 0)],
    };
  }

  /**
   * The likeliest next token, over and over, for every source: lists of tokens without `end`.
   *
   * Throws `ArgumentError` for tokens that there are not, and while the model is training.
   *
   * ```ts
   * const model = new SequenceToSequence({ sourceVocabulary: 20, targetVocabulary: 30, embedding: 8, hidden: 16 }).eval();
   * const [first] = await model.translate(zeros([2, 9], { dtype: 'int32' }), { begin: 0, end: 1, maxTokens: 5 });
   * (first?.length ?? 6) <= 5;  // true
   * ```
   */
  async translate(source: Tensor, options: TranslateOptions, mask?: Tensor): Promise<number[][]> {
    const where = 'SequenceToSequence.translate';
    requireTranslation(where, this, options, this.options.targetVocabulary);
    const { state: first, ...memory } = this.encode(source, mask);
    const step = compile((ids: Tensor, before: RecurrentState, read: typeof memory) => {
      const { logits, state } = this.decode(ids, { ...read, state: before }, before);
      return { token: logits.argmax(-1), state };
    });
    let before = first;
    return writeLikeliest(source.shape[0] ?? 0, options, (last) => {
      const { token, state } = step(last, before, memory);
      before = state;
      return token;
    });
  }
}

interface Step {
  readonly hidden: Tensor;
  readonly context: Tensor;
  readonly weights: Tensor;
}

const hiddenOf = (state: RecurrentState): Tensor => (state instanceof Tensor ? state : state.hidden);

function cellNamed(cell: RecurrentCellName, inputs: number, hidden: number): Cell {
  if (cell === 'lstm') return new LSTMCell(inputs, hidden);
  return cell === 'gru' ? new GRUCell(inputs, hidden) : new RNNCell(inputs, hidden);
}

function requireTexts(where: string, name: string, ids: Tensor): void {
  requireTensor(where, name, ids);
  if (ids.ndim !== 2) throw new ShapeError(`[${where}] ${name} are [batch, length] of numbers of tokens, not ${ids}.`);
  if (ids.shape[1] === 0)
    throw new ArgumentError(`[${where}] ${name} have no token, ${ids}.`, {
      hint: name === 'targets' ? 'Begin them with a token that begins targets.' : 'Give texts without a word a token, too: one that ends them.', // prettier-ignore
    });
}
