/** Single steps of recurrent layers, for loops of one's own. */
import { ShapeError, zeros, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireTensor, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { recurrentWeights } from './parameters.ts';
import { gru, lstm, nextState, projectInput, rnn, type Nonlinearity, type Recurrence } from './recurrence.ts';
import { requireNonlinearity } from './rnn.ts';
import { lstmStateParts, stateParts, type LSTMState, type StatePart } from './state.ts';

export interface CellOptions {
  /** Whether there are biases. Default true. */
  bias?: boolean;
}

export interface RNNCellOptions extends CellOptions {
  /** Default 'tanh'. */
  nonlinearity?: Nonlinearity;
}

const cellOptions: OptionNames<CellOptions> = { bias: requireBoolean };
const rnnCellOptions: OptionNames<RNNCellOptions> = { ...cellOptions, nonlinearity: true };

/** What the cells share. Parameters: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`, uniform in ±1 / √hiddenSize at first. */
export abstract class RecurrentCell<S> extends Module<[x: Tensor, state?: S], S> {
  static override readonly positional: readonly string[] = ['inputSize', 'hiddenSize'];
  static override readonly options: ModuleOptions = cellOptions;

  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  weight_ih: Tensor;
  weight_hh: Tensor;
  bias_ih: Tensor | undefined;
  bias_hh: Tensor | undefined;

  constructor(inputSize: number, hiddenSize: number, gates: number, { bias = true }: CellOptions) {
    super();
    requirePositiveIntegers(typeNameOf(this), { inputSize, hiddenSize });
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.bias = bias;
    const weights = recurrentWeights({ gates, inputSize, hiddenSize, bias });
    this.weight_ih = weights.weight_ih as Tensor;
    this.weight_hh = weights.weight_hh as Tensor;
    this.bias_ih = weights.bias_ih;
    this.bias_hh = weights.bias_hh;
  }

  /** The next state. */
  protected run(
    recurrence: Recurrence,
    x: Tensor,
    state: readonly StatePart[] | undefined,
    nonlinearity: Nonlinearity = 'tanh',
  ): readonly Tensor[] {
    const type = typeNameOf(this);
    const {
      inputSize,
      hiddenSize,
      weight_ih: input,
      weight_hh: hidden,
      bias_ih: inputBias,
      bias_hh: hiddenBias,
    } = this;
    requireTensor(type, 'the input', x);
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape.at(-1) !== inputSize)
      throw new ShapeError(`[${type}] the input must be [batch, ${inputSize}], or [${inputSize}] for one, not ${x}.`, {
        hint: `The last axis is inputSize = ${inputSize}.${x.ndim === 3 ? ' A cell makes one step: give it x[t], or take the layer for all.' : ''}`,
      });
    const shape = [...x.shape.slice(0, -1), hiddenSize];
    const given = state?.map(({ name, value }) => {
      if (value.ndim === shape.length && value.shape.every((extent, i) => extent === shape[i])) return value;
      throw new ShapeError(`[${type}] ${name} must be [${shape.join(', ')}] for the input ${x}, not ${value}.`);
    });
    const before = given ?? Array.from({ length: recurrence.states }, () => zeros(shape));
    const weights = { input, hidden, inputBias, hiddenBias };
    // A row for one example, so that products are those of matrices.
    const rows = (value: Tensor): Tensor => (x.ndim === 1 ? value.unsqueeze(0) : value);
    const next = nextState(
      recurrence,
      projectInput(recurrence, rows(x), weights),
      before.map(rows),
      weights,
      nonlinearity,
    );
    return x.ndim === 1 ? next.map((part) => part.squeeze(0)) : next;
  }

  override describe(): string {
    return `${super.describe()} ${this.inputSize} → ${this.hiddenSize}`;
  }
}

/**
 * One step of an {@link RNN}: h′ = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu.
 *
 * Shape: x [batch, inputSize] or [inputSize], state [batch, hiddenSize] or [hiddenSize] (default zeros) → the next state.
 *
 * ```ts
 * const cell = new RNNCell(4, 8);
 * const first = cell.forward(zeros([3, 4]));
 * cell.forward(zeros([3, 4]), first).shape; // [3, 8]
 * ```
 */
export class RNNCell extends RecurrentCell<Tensor> {
  static override readonly type: string = 'RNNCell';
  static override readonly options: ModuleOptions = rnnCellOptions;

  readonly nonlinearity: Nonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    checkOptions('RNNCell', options, rnnCellOptions);
    const { nonlinearity = 'tanh' } = options;
    requireNonlinearity('RNNCell', nonlinearity);
    super(inputSize, hiddenSize, rnn.gates, options);
    this.nonlinearity = nonlinearity;
  }

  forward(x: Tensor, state?: Tensor): Tensor {
    return this.run(
      rnn,
      x,
      state === undefined ? undefined : stateParts(typeNameOf(this), state),
      this.nonlinearity,
    )[0] as Tensor;
  }
}

/**
 * One step of a {@link GRU}.
 *
 * Shape: x [batch, inputSize] or [inputSize], state [batch, hiddenSize] or [hiddenSize] (default zeros) → the next state.
 *
 * ```ts
 * new GRUCell(4, 8).forward(zeros([3, 4])).shape; // [3, 8]
 * ```
 */
export class GRUCell extends RecurrentCell<Tensor> {
  static override readonly type: string = 'GRUCell';

  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    checkOptions('GRUCell', options, cellOptions);
    super(inputSize, hiddenSize, gru.gates, options);
  }

  forward(x: Tensor, state?: Tensor): Tensor {
    return this.run(gru, x, state === undefined ? undefined : stateParts(typeNameOf(this), state))[0] as Tensor;
  }
}

/**
 * One step of an {@link LSTM} without projections.
 *
 * Shape: x [batch, inputSize] or [inputSize], state { hidden, cell }, each [batch, hiddenSize] or [hiddenSize] (default zeros) → the next state.
 *
 * ```ts
 * const { hidden, cell } = new LSTMCell(4, 8).forward(zeros([3, 4]));
 * [hidden.shape, cell.shape]; // [[3, 8], [3, 8]]
 * ```
 */
export class LSTMCell extends RecurrentCell<LSTMState> {
  static override readonly type: string = 'LSTMCell';

  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    checkOptions('LSTMCell', options, cellOptions);
    super(inputSize, hiddenSize, lstm.gates, options);
  }

  forward(x: Tensor, state?: LSTMState): LSTMState {
    const [hidden, cell] = this.run(
      lstm,
      x,
      state === undefined ? undefined : lstmStateParts(typeNameOf(this), state),
    ) as [Tensor, Tensor];
    return { hidden, cell };
  }
}
