/** What recurrent layers share: checks, parameters, layers and directions; what a step does is a `Recurrence`. */
import { ArgumentError, bernoulli, concat, DTypeError, ShapeError, tensor, Tensor, type Positions } from '@hebb/tensor';
import {
  checkOptions,
  describe,
  requireArray,
  requireBoolean,
  requireFinite,
  requireInteger,
  requireTensor,
  requireWithin,
  typeNameOf,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { recurrentWeights, type WeightName } from './parameters.ts';
import type { StatePart } from './state.ts';
import { recordLayer, type Nonlinearity, type Recurrence } from './recurrence.ts';

export interface RecurrentOptions {
  /** Layers on top of one another, each reading the outputs of the one below. Default 1. */
  numLayers?: number;
  /** Whether there are biases. Default true. */
  bias?: boolean;
  /** Whether the batch comes before the sequence: [batch, length, features] instead of [length, batch, features]. States are not concerned. Default false. */
  batchFirst?: boolean;
  /** The probability with which, while training, elements of every layer's output but the last one's are 0. Default 0. */
  dropout?: number;
  /** Whether each layer also reads the sequence backwards; outputs of both directions lie side by side. Default false. */
  bidirectional?: boolean;
}

export const recurrentOptions: OptionNames<RecurrentOptions> = {
  numLayers: requireInteger,
  bias: requireBoolean,
  batchFirst: requireBoolean,
  dropout: requireFinite,
  bidirectional: requireBoolean,
};

/** What `forward` of a recurrent layer takes beside the sequences. */
export interface RecurrentInputs<S> {
  /** The state before the first step. Default: zeros. */
  state?: S | undefined;
  /** How many steps each sequence of the batch has, int32 [batch]; what lies beyond is not read, and of a sequence of 0 steps outputs are 0 and the state stays. Default: all. */
  lengths?: Positions | undefined;
}

const inputNames: OptionNames<RecurrentInputs<unknown>> = { state: true, lengths: true };

/** So that a number at the wrong place is an error and not a computer without memory. */
const mostLayers = 1024;

/** The sequences as [length, batch, features], and how the caller gave them. */
interface Sequences {
  readonly x: Tensor;
  readonly length: number;
  readonly batch: number;
  readonly batched: boolean;
}

/**
 * What recurrent layers share. Parameters of layer k: `weight_ih_lk`, `weight_hh_lk`, `bias_ih_lk`, `bias_hh_lk`, with `_reverse` behind for the other direction,
 * all uniform in ±1 / √hiddenSize at first, as in PyTorch.
 */
export abstract class Recurrent<S, R> extends Module<[x: Tensor, inputs?: RecurrentInputs<S>], R> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  /** May be changed; compiled functions follow. */
  dropout: number;
  readonly bidirectional: boolean;
  [weight: WeightName]: Tensor;

  constructor(inputSize: number, hiddenSize: number, gates: number, options: RecurrentOptions, projectionSize = 0) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false } = options;
    const type = typeNameOf(this);
    requirePositiveIntegers(type, { inputSize, hiddenSize, numLayers });
    if (projectionSize < 0 || (projectionSize > 0 && projectionSize >= hiddenSize)) {
      throw new ArgumentError(
        `[${type}] projectionSize must lie below hiddenSize = ${hiddenSize}, or be 0 for none, not ${projectionSize}.`,
      );
    }
    if (numLayers > mostLayers)
      throw new ArgumentError(
        `[${type}] numLayers is ${numLayers}; more than ${mostLayers} layers are none that train.`,
      );
    if (!(dropout >= 0 && dropout <= 1))
      throw new ArgumentError(`[${type}] dropout must lie in 0 … 1, not ${describe(dropout)}.`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    const outputSize = projectionSize || hiddenSize;
    for (let layer = 0; layer < numLayers; layer++)
      for (const suffix of this.#suffixes(layer)) {
        const inner = layer === 0 ? inputSize : outputSize * this.directions;
        Object.assign(this, recurrentWeights({ gates, inputSize: inner, hiddenSize, bias, projectionSize }, suffix));
      }
  }

  protected get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  #suffixes(layer: number): string[] {
    return this.bidirectional ? [`_l${layer}`, `_l${layer}_reverse`] : [`_l${layer}`];
  }

  /** Sizes of the parts of the state. */
  protected abstract get sizes(): readonly number[];

  /** All layers: the output in the caller's axes, and the parts of the state, [numLayers · directions, batch, size]. */
  protected run(
    recurrence: Recurrence,
    given: Tensor,
    inputs: RecurrentInputs<S>,
    nonlinearity: Nonlinearity = 'tanh',
  ): { output: Tensor; states: readonly Tensor[] } {
    const { numLayers, directions, hiddenSize, sizes } = this;
    checkOptions(`${typeNameOf(this)}.forward`, inputs, inputNames);
    const sequences = this.#sequences(given);
    const { batched } = sequences;
    const lengths = this.#lengths(inputs.lengths, sequences);
    const initial = inputs.state === undefined ? undefined : this.parts(inputs.state);
    const before = initial?.map((part, i) => this.#state(part, sizes[i] ?? 0, sequences));
    const states: Tensor[][] = sizes.map(() => []);
    let { x } = sequences;
    for (let layer = 0; layer < numLayers; layer++) {
      const weights = this.#suffixes(layer).map((suffix) => this.#weights(suffix));
      const [output, ...last] = recordLayer(
        recurrence,
        {
          directions,
          hiddenSize,
          outputSize: sizes[0] ?? 0,
          bias: this.bias,
          projection: (sizes[0] ?? 0) !== hiddenSize,
          initial: before !== undefined,
          lengths: lengths !== undefined,
          nonlinearity,
        },
        {
          x,
          initial: before?.map((part) => part.narrow(0, layer * directions, directions)) ?? [],
          lengths,
          weights,
        },
      );
      x = layer === numLayers - 1 ? output : this.#dropped(output);
      last.forEach((part, i) => states[i]?.push(part));
    }
    const all = states.map((parts) => (parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 0)));
    if (!batched) return { output: x.squeeze(1), states: all.map((part) => part.squeeze(1)) };
    return { output: this.batchFirst ? x.transpose(0, 1) : x, states: all };
  }

  #weights(suffix: string): Tensor[] {
    const names = ['weight_ih', 'weight_hh', ...(this.bias ? ['bias_ih', 'bias_hh'] : []), 'weight_hr'];
    return names.map((name) => this[`${name}${suffix}` as WeightName]).filter((weight) => weight !== undefined);
  }

  #dropped(x: Tensor): Tensor {
    const { dropout } = this;
    if (!this.training || dropout === 0) return x;
    if (dropout === 1) return x.mul(0);
    return bernoulli(x.shape, 1 - dropout).where(x.mul(1 / (1 - dropout)), 0);
  }

  #sequences(x: Tensor): Sequences {
    const type = typeNameOf(this);
    const { inputSize, batchFirst } = this;
    requireTensor(type, 'the input', x);
    const axes = batchFirst ? '[batch, length, inputSize]' : '[length, batch, inputSize]';
    if (x.ndim !== 2 && x.ndim !== 3) {
      throw new ShapeError(`[${type}] the input must be sequences ${axes}, or one, [length, inputSize], not ${x}.`, {
        hint:
          x.ndim === 1
            ? 'Of single values make an axis of one feature: x.unsqueeze(-1).'
            : 'Flatten other axes into the batch.',
      });
    }
    const inner = x.shape.at(-1);
    if (inner !== inputSize) {
      throw new ShapeError(
        `[${type}] the last axis of the input ${x} has ${inner} features; the layer takes inputSize = ${inputSize}.`,
        { hint: `Sequences are ${x.ndim === 2 ? '[length, inputSize] without a batch' : axes}.` },
      );
    }
    const batched = x.ndim === 3;
    const steps = batched && batchFirst ? x.transpose(0, 1) : batched ? x : x.unsqueeze(1);
    const [length = 0, batch = 0] = steps.shape;
    return { x: steps, length, batch, batched };
  }

  #lengths(given: Positions | undefined, { length, batch, batched }: Sequences): Tensor | undefined {
    if (given === undefined) return undefined;
    const type = typeNameOf(this);
    const read = lengthsOf(type, given);
    const lengths = !batched && read.ndim === 0 ? read.reshape([1]) : read;
    if (lengths.ndim !== 1 || lengths.shape[0] !== batch) {
      throw new ShapeError(
        `[${type}] lengths must have one length for each of the ${batch} sequences, [${batch}], not ${lengths}.`,
        { hint: lengths.shape[0] === length ? this.#axesHint() : 'Give one number a sequence.' },
      );
    }
    requireWithin(type, 'lengths', lengths, 0, length, 'length of a sequence');
    return lengths;
  }

  #axesHint(): string {
    return this.batchFirst
      ? 'The layer has batchFirst: the batch is the first axis of the input.'
      : 'The batch is the second axis of the input, unless the layer is made with { batchFirst: true }.';
  }

  #state({ name, value }: StatePart, size: number, { batch, batched }: Sequences): Tensor {
    const type = typeNameOf(this);
    const count = this.numLayers * this.directions;
    const wanted = batched ? [count, batch, size] : [count, size];
    if (value.ndim === wanted.length && value.shape.every((extent, i) => extent === wanted[i]))
      return batched ? value : value.unsqueeze(1);
    const axes = `[${this.bidirectional ? 'numLayers · 2' : 'numLayers'}${batched ? ', batch' : ''}, ${size === this.hiddenSize ? 'hiddenSize' : 'projectionSize'}]`;
    throw new ShapeError(`[${type}] ${name} must be ${axes} = [${wanted.join(', ')}], not ${value}.`, {
      hint:
        this.batchFirst && batched
          ? 'batchFirst does not concern states: their batch is the second axis.'
          : 'Take the state that the layer returned for a batch of the same size.',
    });
  }

  /**
   * The hidden state of the last layer, both directions side by side: [batch, D · size], what a sequence as a whole is read from.
   *
   * Throws {@link ShapeError} for what is no state of this layer.
   */
  lastHidden(state: S): Tensor {
    const { directions, numLayers } = this;
    const [hidden] = this.parts(state);
    const layers = hidden.value.shape[0];
    const { ndim } = hidden.value;
    if (ndim < 2 || ndim > 3 || layers !== numLayers * directions)
      throw new ShapeError(
        `[${typeNameOf(this)}] ${hidden.name} must be one of this layer, ${numLayers * directions} states, not ${hidden.value}.`,
      );
    const last = Array.from({ length: directions }, (_, direction) =>
      hidden.value.narrow(0, (numLayers - 1) * directions + direction, 1).squeeze(0),
    );
    return last.length === 1 ? (last[0] as Tensor) : concat(last, -1);
  }

  /** The parts of a state, the hidden one first. Throws {@link ArgumentError} for anything that is no state. */
  protected abstract parts(state: S): readonly [StatePart, ...StatePart[]];

  override describe(): string {
    const { inputSize, hiddenSize, numLayers, bidirectional } = this;
    const layers = numLayers === 1 ? '' : `, ${numLayers} layers`;
    return `${super.describe()} ${inputSize} → ${hiddenSize}${layers}${bidirectional ? ', bidirectional' : ''}`;
  }
}

/** Lengths as an int32 tensor. */
function lengthsOf(type: string, given: Positions): Tensor {
  if (!(given instanceof Tensor)) {
    requireArray(type, 'lengths', given);
    for (const [i, length] of given.entries()) requireInteger(type, `lengths[${i}]`, length);
    return tensor(Int32Array.from(given), { dtype: 'int32' });
  }
  if (given.dtype === 'int32') return given;
  throw new DTypeError(`[${type}] lengths must be int32, not ${given}.`, { hint: "Convert them with .to('int32')." });
}
