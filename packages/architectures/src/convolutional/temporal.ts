import { Conv1d, Dropout, Linear, Module, ReLU, WeightNorm } from '@hebb/layers';
import { ArgumentError, concat, narrow, pad, ShapeError, type Tensor } from '@hebb/tensor';
import {
  between,
  requireArray,
  requireBoolean,
  requireOptions,
  requireTensor,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { size, sizes } from './checks.ts';

export interface TemporalConvolutionalNetworkOptions {
  /** Features at each time of the input. */
  inputs: number;
  /** Features at each time of the output. */
  outputs: number;
  /** Channels of each block; the kernels of block i are 2^i steps wide-meshed. Default [25, 25, 25, 25, 25, 25, 25, 25]. */
  hidden?: readonly number[];
  /** Elements of a kernel. Default 7. */
  kernelSize?: number;
  /** Probability of dropout behind each convolution. Default 0.2. */
  dropout?: number;
  /** Whether weights are lengths and directions (Salimans & Kingma 2016). Default true. */
  weightNorm?: boolean;
}

const networkOptions: OptionNames<TemporalConvolutionalNetworkOptions> = {
  inputs: size,
  outputs: size,
  hidden: sizes,
  kernelSize: size,
  dropout: between(0, 1),
  weightNorm: requireBoolean,
};

/** What the next piece of a sequence needs of those before it: for each convolution its last inputs, [batch, channels, (kernelSize − 1) · dilation]. */
export type TemporalState = readonly Tensor[];

type Convolution = Conv1d | WeightNorm;

export interface TemporalOutput {
  readonly output: Tensor;
  readonly state: TemporalState;
}

/** Two causal convolutions with relu and dropout, x around them, relu. */
class TemporalBlock extends Module<[x: Tensor, state?: TemporalState], TemporalOutput> {
  static override readonly type: string = 'TemporalBlock';

  readonly conv1: Convolution;
  readonly conv2: Convolution;
  readonly downsample: Conv1d | undefined;
  readonly relu: ReLU = new ReLU();
  readonly dropout: Dropout;
  /** How far back a convolution looks. */
  readonly reach: number;

  constructor(inputs: number, width: number, kernelSize: number, dilation: number, dropout: number, isNormed: boolean) {
    super();
    const convolution = (from: number): Convolution => {
      const layer = new Conv1d(from, width, kernelSize, { dilation });
      return isNormed ? new WeightNorm(layer) : layer;
    };
    this.conv1 = convolution(inputs);
    this.conv2 = convolution(width);
    this.downsample = inputs === width ? undefined : new Conv1d(inputs, width, 1);
    this.dropout = new Dropout(dropout);
    this.reach = (kernelSize - 1) * dilation;
  }

  forward(x: Tensor, [first, second]: TemporalState = []): TemporalOutput {
    const before = this.#with(first, x);
    const inner = this.#with(second, this.dropout.forward(this.relu.forward(this.conv1.forward(before))));
    const change = this.dropout.forward(this.relu.forward(this.conv2.forward(inner)));
    const output = this.relu.forward(change.add(this.downsample?.forward(x) ?? x));
    return { output, state: [this.#last(before), this.#last(inner)] };
  }

  /** What came before x in front of it, zeros at the beginning. */
  #with(past: Tensor | undefined, x: Tensor): Tensor {
    return past === undefined ? pad(x, [[0, 0], [0, 0], [this.reach, 0]]) : concat([past, x], 2); // prettier-ignore
  }

  #last(x: Tensor): Tensor {
    return narrow(x, 2, (x.shape[2] ?? 0) - this.reach, this.reach);
  }
}

/**
 * Temporal convolutional network (Bai, Kolter & Koltun 2018, arXiv:1803.01271): a sequence to a sequence of the same length by convolutions that look back alone. Block i has kernels with 2^i − 1 steps between their elements, so that n blocks
 * see 1 + 2 (kernelSize − 1)(2^n − 1) steps (`receptiveField`), and the output at time t depends on no input after t.
 *
 * Shape: float32[batch, time, inputs] → float32[batch, time, outputs]; any time ≥ 1. Parameters: `network.0.conv1.bias`, `network.0.conv1.weight_g`, `network.0.conv1.weight_v`, … `network.0.downsample.weight` where the channels change,
 * `linear.weight`, `linear.bias`; as PyTorch's layers begin.
 *
 * NaN at a time makes the outputs that see it NaN, of that sequence alone.
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for other features, sequences without a step, and states of others.
 *
 * ```ts
 * const model = new TemporalConvolutionalNetwork({ inputs: 2, outputs: 3, hidden: [8, 8], kernelSize: 3 });
 * model.forward(zeros([4, 100, 2])).shape;  // [4, 100, 3]
 * model.receptiveField;  // 13
 * ```
 */
export class TemporalConvolutionalNetwork extends Module {
  static override readonly type: string = 'TemporalConvolutionalNetwork';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<TemporalConvolutionalNetworkOptions>>;
  readonly network: readonly TemporalBlock[];
  readonly linear: Linear;

  constructor(options: TemporalConvolutionalNetworkOptions) {
    super();
    requireOptions('TemporalConvolutionalNetwork', options, networkOptions);
    const { inputs, outputs, hidden = new Array<number>(8).fill(25), kernelSize = 7, dropout = 0.2 } = options;
    const { weightNorm = true } = options;
    size('TemporalConvolutionalNetwork', 'inputs', inputs);
    size('TemporalConvolutionalNetwork', 'outputs', outputs);
    this.options = { inputs, outputs, hidden, kernelSize, dropout, weightNorm };
    this.network = hidden.map(
      (width, i) => new TemporalBlock(hidden[i - 1] ?? inputs, width, kernelSize, 2 ** i, dropout, weightNorm),
    );
    this.linear = new Linear(hidden.at(-1) ?? inputs, outputs);
  }

  /** How many steps an output sees, its own included. */
  get receptiveField(): number {
    return this.network.reduce((steps, { reach }) => steps + 2 * reach, 1);
  }

  forward(x: Tensor): Tensor {
    return this.advance(x).output;
  }

  /**
   * A sequence in pieces: the output of `x`, which comes after the pieces that made `state`, and the state for the next piece. All pieces together give what the whole gives at once.
   *
   * ```ts
   * const model = new TemporalConvolutionalNetwork({ inputs: 1, outputs: 1, hidden: [4], kernelSize: 3 });
   * const first = model.advance(zeros([1, 5, 1]));
   * model.advance(zeros([1, 1, 1]), first.state).output.shape;  // [1, 1, 1]
   * ```
   */
  advance(x: Tensor, state?: TemporalState): TemporalOutput {
    const { inputs } = this.options;
    requireTensor('TemporalConvolutionalNetwork', 'the sequences', x);
    if (x.ndim !== 3 || x.shape[2] !== inputs)
      throw new ShapeError(`[TemporalConvolutionalNetwork] takes sequences [batch, time, ${inputs}], not ${x}.`, {
        hint: 'The features come last, as in a recurrent network: x.transpose(1, 2) of [batch, features, time].',
      });
    const [batch = 0, time = 0] = x.shape;
    if (time === 0)
      throw new ShapeError(`[TemporalConvolutionalNetwork] sequences have no step, ${x}.`, {
        hint: 'It takes at least one: leave such pieces out.',
      });
    if (state !== undefined) {
      requireArray('TemporalConvolutionalNetwork', 'state', state);
      if (state.length !== 2 * this.network.length)
        throw new ArgumentError(
          `[TemporalConvolutionalNetwork] the state has a tensor for each of ${2 * this.network.length} convolutions, not ${state.length}.`,
          { hint: 'Pass on what the last call of advance returned.' },
        );
      this.#stateShapes(batch).forEach((wanted, i) => {
        const part = state[i] as Tensor;
        requireTensor('TemporalConvolutionalNetwork', `state[${i}]`, part);
        if (part.shape.join() !== wanted.join())
          throw new ShapeError(
            `[TemporalConvolutionalNetwork] state[${i}] must be [${wanted.join(', ')}] for these sequences, not ${part}.`,
            { hint: 'Pass on what the last call of advance returned for as many sequences.' },
          );
      });
    }
    let y = x.transpose(1, 2);
    const next: Tensor[] = [];
    for (const [i, block] of this.network.entries()) {
      const { output, state: kept } = block.forward(y, state?.slice(2 * i, 2 * i + 2));
      y = output;
      next.push(...kept);
    }
    return { output: this.linear.forward(y.transpose(1, 2)), state: next };
  }

  /** Of what `advance` returns for so many sequences. */
  #stateShapes(batch: number): number[][] {
    const { inputs, hidden } = this.options;
    return this.network.flatMap(({ reach }, i) => [
      [batch, hidden[i - 1] ?? inputs, reach],
      [batch, hidden[i] ?? inputs, reach],
    ]);
  }
}
