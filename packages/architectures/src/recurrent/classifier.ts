import { Dropout, Embedding, Linear, Module } from '@hebb/layers';
import { ShapeError, zeros, type Tensor } from '@hebb/tensor';
import {
  between,
  oneOf,
  requireBoolean,
  requireOptions,
  requireTensor,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { refuseUnread } from '../conflicts.ts';
import { size } from '../convolutional/checks.ts';
import {
  lastHiddenOf,
  recurrentLayer,
  requireCell,
  runLayer,
  type RecurrentCellName,
  type RecurrentLayer,
} from './cell.ts';
import { isInside, packed, requireMask } from './lengths.ts';

export interface RecurrentClassifierOptions {
  /** Number of classes: the logits. */
  classes: number;
  /** How many tokens there are, for sequences of their numbers. Either this or `inputs`. */
  vocabulary?: number;
  /** Features of each element, for sequences of numbers. */
  inputs?: number;
  /** Features that a token becomes. Default 128. */
  embedding?: number;
  /** Default 'lstm'. */
  cell?: RecurrentCellName;
  /** Units of each layer and direction. Default 128. */
  hidden?: number;
  /** Layers on top of one another. Default 1. */
  layers?: number;
  /** Whether sequences are read in both directions. Default true. */
  bidirectional?: boolean;
  /** What stands for the whole: the state behind the last element, the mean of all outputs, the largest of each. Default 'last'. */
  pooling?: 'last' | 'mean' | 'max';
  /** Probability of dropout behind the embedding, between layers and before the logits. Default 0.2. */
  dropout?: number;
}

const classifierOptions: OptionNames<RecurrentClassifierOptions> = {
  classes: size,
  vocabulary: size,
  inputs: size,
  embedding: size,
  cell: requireCell,
  hidden: size,
  layers: size,
  bidirectional: requireBoolean,
  pooling: oneOf('last', 'mean', 'max'),
  dropout: between(0, 1),
};

/**
 * A class for a whole sequence, of tokens or of numbers: what recurrent layers (Elman 1990; Hochreiter & Schmidhuber 1997; Cho et al. 2014) made of it when they had read it in both directions, and a linear layer.
 *
 * Shape: int32[batch, length] with `vocabulary`, float32[batch, length, inputs] with `inputs` → float32[batch, classes]. As the second input a mask bool[batch, length], true for the elements that there are,
 * wherever they stand (padding may lie behind, in front or between), or lengths int32[batch]: what there is not changes nothing, the rest is read as if it stood together, and the backward direction begins at the last element. Of a sequence
 * without elements state and outputs are zeros. A mask costs a sorting of its rows more than lengths. Parameters: `embedding.weight`, `rnn.weight_ih_l0`, … with
 * PyTorch's names, `head.weight`, `head.bias`.
 *
 * NaN at a step makes the logits of its sequence NaN, and of no other; where the mask leaves the step out, of none.
 *
 * Throws `ArgumentError` for options out of range and for tokens that there are not, `ShapeError` for sequences and masks of other shapes.
 *
 * ```ts
 * const model = new RecurrentClassifier({ vocabulary: 100, classes: 2, cell: 'gru', hidden: 16 });
 * const ids = zeros([4, 12], { dtype: 'int32' });
 * model.forward(ids, tensor([12, 3, 7, 1], { dtype: 'int32' })).shape;  // [4, 2]
 * ```
 */
export class RecurrentClassifier extends Module<[x: Tensor, mask?: Tensor]> {
  static override readonly type: string = 'RecurrentClassifier';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<RecurrentClassifierOptions>;
  readonly embedding: Embedding | undefined;
  readonly rnn: RecurrentLayer;
  readonly dropout: Dropout;
  readonly head: Linear;

  constructor(options: RecurrentClassifierOptions) {
    super();
    requireOptions('RecurrentClassifier', options, classifierOptions);
    const { classes, vocabulary, inputs, embedding = 128, cell = 'lstm', hidden = 128, layers = 1 } = options;
    const { bidirectional = true, pooling = 'last', dropout = 0.2 } = options;
    if ((vocabulary === undefined) === (inputs === undefined))
      throw wrongArgument(
        'RecurrentClassifier',
        'options',
        'either vocabulary, for tokens, or inputs, for numbers',
        options,
      );
    if (vocabulary === undefined)
      refuseUnread('RecurrentClassifier', 'embedding', options.embedding, 'tokens: vocabulary');
    size('RecurrentClassifier', 'classes', classes);
    this.options = {
      classes,
      ...(vocabulary === undefined ? { inputs: inputs as number } : { vocabulary, embedding }),
      cell,
      hidden,
      layers,
      bidirectional,
      pooling,
      dropout,
    };
    this.embedding = vocabulary === undefined ? undefined : new Embedding(vocabulary, embedding);
    this.rnn = recurrentLayer(cell, inputs ?? embedding, hidden, {
      numLayers: layers,
      bidirectional,
      // Between layers: of one there is nothing to drop.
      dropout: layers === 1 ? 0 : dropout,
    });
    this.dropout = new Dropout(dropout);
    this.head = new Linear(hidden * (bidirectional ? 2 : 1), classes);
  }

  /** What stands for a sequence, [batch, directions · hidden], before the linear layer. */
  encode(x: Tensor, mask?: Tensor): Tensor {
    const where = 'RecurrentClassifier';
    const { pooling, inputs } = this.options;
    requireTensor(where, 'the sequences', x);
    if (this.embedding === undefined ? x.ndim !== 3 || x.shape[2] !== inputs : x.ndim !== 2)
      throw new ShapeError(
        `[${where}] takes sequences ${this.embedding === undefined ? `[batch, length, ${inputs}]` : '[batch, length] of numbers of tokens'}, not ${x}.`,
      );
    const [batch = 0, length = 0] = x.shape;
    if (mask !== undefined) requireMask(where, mask, batch, length);
    // Neither a mean nor a maximum is there of nothing.
    if (length === 0) return zeros([batch, this.head.inFeatures]);
    const { x: given, lengths } = packed(x, mask);
    const read = this.embedding === undefined ? given : this.dropout.forward(this.embedding.forward(given));
    const { output, state } = runLayer(this.rnn, read, { lengths });
    if (pooling === 'last') return lastHiddenOf(this.rnn, state);
    if (lengths === undefined) return pooling === 'mean' ? output.mean(1) : output.max(1);
    // Beyond the end outputs are 0.
    if (pooling === 'mean') return output.sum(1).div(lengths.maximum(1).to('float32').unsqueeze(1));
    const largest = isInside(lengths, length).unsqueeze(2).where(output, -Infinity).max(1);
    return lengths.greater(0).unsqueeze(1).where(largest, 0);
  }

  forward(x: Tensor, mask?: Tensor): Tensor {
    return this.head.forward(this.dropout.forward(this.encode(x, mask)));
  }
}
