import { Dropout, Embedding, Linear, Module, parameter, type CausalModel } from '@hebb/layers';
import { ArgumentError, ShapeError, Tensor, zeros } from '@hebb/tensor';
import {
  between,
  requireBoolean,
  requireInteger,
  requireOptions,
  requireTensor,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';
import {
  recurrentLayer,
  requireCell,
  runLayer,
  type RecurrentCellName,
  type RecurrentLayer,
  type RecurrentState,
} from './cell.ts';
import { repeatState, StateCache } from './state-cache.ts';

export interface RecurrentLanguageModelOptions {
  /** How many tokens there are. */
  vocabulary: number;
  /** Features that a token becomes. Default: `hidden`. */
  embedding?: number;
  /** Default 'lstm'. */
  cell?: RecurrentCellName;
  /** Units of each layer. Default 650. */
  hidden?: number;
  /** Layers on top of one another. Default 2. */
  layers?: number;
  /** Probability of dropout behind the embedding and every layer. Default 0.5. */
  dropout?: number;
  /** Whether the logits are made by the embedding's own weights (Press & Wolf 2017, arXiv:1608.05859). Default false. */
  tied?: boolean;
}

const modelOptions: OptionNames<RecurrentLanguageModelOptions> = {
  vocabulary: size,
  embedding: size,
  cell: requireCell,
  hidden: size,
  layers: size,
  dropout: between(0, 1),
  tied: requireBoolean,
};

export interface RecurrentLogits {
  /** [batch, length, vocabulary]: of the token that comes next. */
  readonly logits: Tensor;
  /** What the next piece of the same texts begins with. */
  readonly state: RecurrentState;
}

/**
 * Recurrent language model (Mikolov et al. 2010; Zaremba, Sutskever & Vinyals 2014, arXiv:1409.2329, whose medium model are the defaults): embeddings of tokens, recurrent layers, and logits of the token that comes next. Dropout lies behind the
 * embedding, between layers and before the logits, never in the recurrence.
 *
 * Shape: int32[batch, length], the state before (zeros) → `logits` float32[batch, length, vocabulary], `state`, with which the next piece goes on: pieces one after the other give what the whole gives. Logits at t do not depend on tokens after t.
 * Parameters: `encoder.weight`, `rnn.weight_ih_l0`, …, `decoder.weight`, `decoder.bias`; where they are tied the first two of these are one.
 *
 * Throws `ArgumentError` for options out of range, and for tied weights of different widths; `ShapeError` for texts and states of other shapes.
 *
 * ```ts
 * const model = new RecurrentLanguageModel({ vocabulary: 27, cell: 'gru', hidden: 32, layers: 1 });
 * const { logits, state } = model.forward(zeros([4, 10], { dtype: 'int32' }));
 * logits.shape;  // [4, 10, 27]
 * model.forward(zeros([4, 1], { dtype: 'int32' }), state).logits.shape;  // [4, 1, 27]
 * ```
 */
export class RecurrentLanguageModel extends Module<[ids: Tensor, state?: RecurrentState], RecurrentLogits> {
  static override readonly type: string = 'RecurrentLanguageModel';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<RecurrentLanguageModelOptions>>;
  readonly encoder: Embedding;
  readonly rnn: RecurrentLayer;
  readonly decoder: Linear;
  readonly dropout: Dropout;

  constructor(options: RecurrentLanguageModelOptions) {
    super();
    requireOptions('RecurrentLanguageModel', options, modelOptions);
    const { vocabulary, cell = 'lstm', hidden = 650, layers = 2, dropout = 0.5, tied = false } = options;
    const { embedding = hidden } = options;
    size('RecurrentLanguageModel', 'vocabulary', vocabulary);
    if (tied && embedding !== hidden)
      throw new ArgumentError(
        `[RecurrentLanguageModel] tied weights are as wide as the hidden units, ${hidden}; embedding is ${embedding}.`,
        { hint: 'Leave embedding out.' },
      );
    this.options = { vocabulary, embedding, cell, hidden, layers, dropout, tied };
    this.encoder = new Embedding(vocabulary, embedding);
    this.rnn = recurrentLayer(cell, embedding, hidden, { numLayers: layers, dropout: layers === 1 ? 0 : dropout });
    this.decoder = new Linear(hidden, vocabulary);
    if (tied) {
      // Embeddings begin with variance 1, of which logits would be as large as √hidden.
      this.encoder.weight = parameter(this.decoder.weight.detach());
      this.decoder.weight = this.encoder.weight;
    }
    this.dropout = new Dropout(dropout);
  }

  forward(ids: Tensor, before?: RecurrentState): RecurrentLogits {
    return this.#read(ids, before);
  }

  /** With `lengths` int32[batch] the state is that at each text's own end. */
  #read(ids: Tensor, before: RecurrentState | undefined, lengths?: Tensor): RecurrentLogits {
    requireTensor('RecurrentLanguageModel', 'the tokens', ids);
    if (ids.ndim !== 2)
      throw new ShapeError(`[RecurrentLanguageModel] takes texts [batch, length] of numbers of tokens, not ${ids}.`, {
        hint:
          ids.ndim === 1 ? 'A single text needs an axis in front: ids.unsqueeze(0).' : 'Logits are of one axis more.',
      });
    const read = this.dropout.forward(this.encoder.forward(ids));
    const { output, state } = runLayer(this.rnn, read, { state: before, lengths });
    return { logits: this.decoder.forward(this.dropout.forward(output)), state };
  }

  /** The state before a text: zeros. */
  initialState(batch: number): RecurrentState {
    requireInteger('RecurrentLanguageModel', 'batch', batch, 1);
    const { cell, layers, hidden } = this.options;
    const none = (): Tensor => zeros([layers, batch, hidden]);
    return cell === 'lstm' ? { hidden: none(), cell: none() } : none();
  }

  /**
   * The network behind a state, as `generate`, `generateText` and `beamSearch` of `@hebb/layers` take it: they draw with all that they offer, and a new token is one step from the state behind the one before.
   *
   * @param before - of one text. Default: {@link initialState}.
   *
   * Throws `ShapeError` for the state of several texts.
   *
   * ```ts
   * const model = new RecurrentLanguageModel({ vocabulary: 5, cell: 'gru', hidden: 8, layers: 1 }).eval();
   * const written: number[] = [];
   * for await (const token of generate(model.given(), [0], { maxTokens: 6, topP: 0.9, seed: 1 })) written.push(token);
   * written.length;  // 6
   * ```
   */
  given(before: RecurrentState = this.initialState(1)): CausalModel<StateCache> {
    const hidden = before instanceof Tensor ? before : before.hidden;
    if (hidden.shape[1] !== 1)
      throw new ShapeError(`[RecurrentLanguageModel.given] takes the state of one text, [layers, 1, hidden], not ${hidden}.`); // prettier-ignore
    const ofTexts = (batch: number): RecurrentState => repeatState(before, batch, 1);
    return {
      training: this.training,
      forward: (ids, caches) => {
        const [cache] = caches ?? [];
        const { logits, state } = this.#read(ids, cache?.read() ?? ofTexts(ids.shape[0] ?? 1), cache?.lengths);
        cache?.write(state);
        return logits;
      },
      createCaches: ({ batch }) => [new StateCache(ofTexts(batch), 1, true)],
    };
  }
}
