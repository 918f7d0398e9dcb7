import { Linear, Module } from '@hebb/layers';
import { ArgumentError, concat, ShapeError, type Tensor } from '@hebb/tensor';
import { between, requireInteger, requireOptions, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';
import {
  recurrentLayer,
  requireCell,
  runLayer,
  type RecurrentCellName,
  type RecurrentLayer,
  type RecurrentState,
} from './cell.ts';

export interface RecurrentForecasterOptions {
  /** Features at each time of the past. Default 1. */
  inputs?: number;
  /** Features that are forecast. Default: `inputs`. */
  outputs?: number;
  /** How many times ahead are forecast at once. Default 1. */
  horizon?: number;
  /** Default 'lstm'. */
  cell?: RecurrentCellName;
  /** Units of each layer. Default 64. */
  hidden?: number;
  /** Layers on top of one another. Default 1. */
  layers?: number;
  /** Probability of dropout between layers. Default 0. */
  dropout?: number;
}

const forecasterOptions: OptionNames<RecurrentForecasterOptions> = {
  inputs: size,
  outputs: size,
  horizon: size,
  cell: requireCell,
  hidden: size,
  layers: size,
  dropout: between(0, 1),
};

export interface Forecast {
  /** [batch, time, horizon, outputs]: at each time what comes 1 … horizon times later. */
  readonly output: Tensor;
  /** What the next piece of the same series begins with. */
  readonly state: RecurrentState;
}

/**
 * Forecasts of series by recurrent layers: at every time, from all that came before, what comes next, one time ahead or several at once.
 *
 * Shape: float32[batch, time, inputs], the state before (zeros) → `output` float32[batch, time, horizon, outputs] and `state`, with which the next piece goes on. The forecast at time t depends on nothing after t. Parameters: `rnn.weight_ih_l0`, …, `head.weight`
 * [horizon · outputs, hidden], `head.bias`.
 *
 * NaN at a time makes what is forecast from then on NaN, of that series alone. A series without a time gives outputs without one.
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for series and states of other shapes.
 *
 * ```ts
 * const model = new RecurrentForecaster({ horizon: 12, hidden: 16 });
 * const { output, state } = model.forward(zeros([4, 48, 1]));
 * output.shape;  // [4, 48, 12, 1]
 * model.forecast(zeros([4, 48, 1]), 30).shape;  // [4, 30, 1]
 * ```
 */
export class RecurrentForecaster extends Module<[x: Tensor, state?: RecurrentState], Forecast> {
  static override readonly type: string = 'RecurrentForecaster';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<RecurrentForecasterOptions>>;
  readonly rnn: RecurrentLayer;
  readonly head: Linear;

  constructor(options: RecurrentForecasterOptions = {}) {
    super();
    requireOptions('RecurrentForecaster', options, forecasterOptions);
    const { inputs = 1, horizon = 1, cell = 'lstm', hidden = 64, layers = 1, dropout = 0 } = options;
    const { outputs = inputs } = options;
    this.options = { inputs, outputs, horizon, cell, hidden, layers, dropout };
    this.rnn = recurrentLayer(cell, inputs, hidden, { numLayers: layers, dropout });
    this.head = new Linear(hidden, horizon * outputs);
  }

  forward(x: Tensor, before?: RecurrentState): Forecast {
    const { inputs, outputs, horizon } = this.options;
    requireTensor('RecurrentForecaster', 'the series', x);
    if (x.ndim !== 3 || x.shape[2] !== inputs)
      throw new ShapeError(`[RecurrentForecaster] takes series [batch, time, ${inputs}], not ${x}.`, {
        hint: x.ndim === 2 ? 'Single series need axes: x.unsqueeze(-1) of [batch, time].' : 'The features come last.',
      });
    const [batch = 0, time = 0] = x.shape;
    const { output, state } = runLayer(this.rnn, x, { state: before });
    return { output: this.head.forward(output).reshape([batch, time, horizon, outputs]), state };
  }

  /**
   * What comes after `x`, [batch, time, inputs] → [batch, steps, outputs]. Beyond the horizon forecasts are read as if they had happened, and more are made from there.
   *
   * Throws {@link ArgumentError} for more steps than the horizon where what is forecast is not what is read, and for series without a time.
   */
  forecast(x: Tensor, steps: number): Tensor {
    requireInteger('RecurrentForecaster.forecast', 'steps', steps, 1);
    const { inputs, outputs, horizon } = this.options;
    if (steps > horizon && inputs !== outputs)
      throw new ArgumentError(
        `[RecurrentForecaster.forecast] ${steps} steps are beyond the horizon of ${horizon}, and the ${outputs} features that are forecast are not the ${inputs} that are read.`,
        { hint: `Make it with { horizon: ${steps} }.` },
      );
    requireTensor('RecurrentForecaster.forecast', 'the series', x);
    if (x.ndim === 3 && x.shape[1] === 0)
      throw new ArgumentError(`[RecurrentForecaster.forecast] the series have no time to go on from, ${x}.`);
    const pieces: Tensor[] = [];
    let piece = x;
    let state: RecurrentState | undefined;
    for (let made = 0; made < steps; made += horizon) {
      const next: Forecast = this.forward(piece, state);
      state = next.state;
      piece = next.output.narrow(1, (piece.shape[1] ?? 1) - 1, 1).squeeze(1);
      pieces.push(piece.narrow(1, 0, Math.min(horizon, steps - made)));
    }
    return pieces.length === 1 ? (pieces[0] as Tensor) : concat(pieces, 1);
  }
}
