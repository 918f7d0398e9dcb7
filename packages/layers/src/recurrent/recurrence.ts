/**
 * What an RNN, an LSTM and a GRU compute: one step, and a layer of steps as one loop a direction, with the product of its inputs outside. A layer is a composite,
 * so that ONNX export writes the operator of the same name; everyone else sees the loop.
 */
import {
  concat,
  compositeResults,
  iota,
  scan,
  stack,
  zeros,
  type CompositeAttributes,
  type SeveralDefinition,
  type Tensor,
} from '@hebb/tensor';

/** The weights of one direction of a layer, or of a cell. */
export interface Weights {
  /** [gates · hiddenSize, inputSize] */
  readonly input: Tensor;
  /** [gates · hiddenSize, outputSize] */
  readonly hidden: Tensor;
  /** [gates · hiddenSize] each; both or none. */
  readonly inputBias: Tensor | undefined;
  readonly hiddenBias: Tensor | undefined;
  /** [projectionSize, hiddenSize], of an LSTM's projections. */
  readonly projection?: Tensor | undefined;
}

/** The state: [..., outputSize], of an LSTM the cell's [..., hiddenSize] behind it. */
export type State = readonly Tensor[];

export type Nonlinearity = 'tanh' | 'relu';

export interface Recurrence {
  readonly name: 'rnn' | 'lstm' | 'gru';
  /** Rows of the weights per hidden unit. */
  readonly gates: number;
  readonly states: 1 | 2;
  /** Which gates' hidden bias may be added to the input's product: all but a GRU's last, which is multiplied. */
  readonly outerGates: number;
  /** The next state from the input's product with biases, the hidden state's product, and the state. */
  step(
    projected: Tensor,
    recurrent: Tensor,
    state: State,
    weights: Weights,
    nonlinearity: Nonlinearity,
  ): readonly Tensor[];
}

/** One gate of [..., gates · hiddenSize]. */
function gate(all: Tensor, position: number, gates: number): Tensor {
  const size = (all.shape.at(-1) ?? 0) / gates;
  return all.narrow(-1, position * size, size);
}

/** h′ = tanh(W x + b + U h + c), or relu. */
export const rnn: Recurrence = {
  name: 'rnn',
  gates: 1,
  outerGates: 1,
  states: 1,
  step: (projected, recurrent, _, __, nonlinearity) => [projected.add(recurrent)[nonlinearity]()],
};

/** Gates i, f, g, o: c′ = σ(f) c + σ(i) tanh(g), h′ = σ(o) tanh(c′), and projected where there is a projection. */
export const lstm: Recurrence = {
  name: 'lstm',
  gates: 4,
  outerGates: 4,
  states: 2,
  step(projected, recurrent, [, cell], { projection }) {
    const all = projected.add(recurrent);
    const [i, f, g, o] = [0, 1, 2, 3].map((position) => gate(all, position, 4)) as [Tensor, Tensor, Tensor, Tensor];
    const next = f
      .sigmoid()
      .mul(cell as Tensor)
      .add(i.sigmoid().mul(g.tanh()));
    const hidden = o.sigmoid().mul(next.tanh());
    return [projection === undefined ? hidden : hidden.matmul(projection.transpose(0, 1)), next];
  },
};

/** Gates r, z, n: n = tanh(W x + b + σ(r) (U h + c)), h′ = n + σ(z) (h − n). */
export const gru: Recurrence = {
  name: 'gru',
  gates: 3,
  outerGates: 2,
  states: 1,
  step(projected, recurrent, [hidden], { hiddenBias }) {
    const [reset, update] = [0, 1].map((position) =>
      gate(projected, position, 3)
        .add(gate(recurrent, position, 3))
        .sigmoid(),
    ) as [Tensor, Tensor];
    const product = gate(recurrent, 2, 3);
    const inner = hiddenBias === undefined ? product : product.add(gate(hiddenBias, 2, 3));
    const candidate = gate(projected, 2, 3).add(reset.mul(inner)).tanh();
    return [candidate.add(update.mul((hidden as Tensor).sub(candidate)))];
  },
};

/** W x with all of the biases that are added to it. */
export function projectInput({ gates, outerGates }: Recurrence, x: Tensor, weights: Weights): Tensor {
  const { input, inputBias, hiddenBias } = weights;
  const product = x.matmul(input.transpose(0, 1));
  if (inputBias === undefined || hiddenBias === undefined) return product;
  const size = (hiddenBias.shape[0] ?? 0) / gates;
  const outer =
    outerGates === gates
      ? hiddenBias
      : concat([hiddenBias.narrow(0, 0, outerGates * size), zeros([(gates - outerGates) * size])], 0);
  return product.add(inputBias.add(outer));
}

/** The next state, from {@link projectInput} of this step. */
export function nextState(
  recurrence: Recurrence,
  projected: Tensor,
  state: State,
  weights: Weights,
  nonlinearity: Nonlinearity,
): readonly Tensor[] {
  const recurrent = (state[0] as Tensor).matmul(weights.hidden.transpose(0, 1));
  return recurrence.step(projected, recurrent, state, weights, nonlinearity);
}

/** What a layer's composite says of itself. */
export interface LayerAttributes extends CompositeAttributes {
  readonly directions: number;
  readonly hiddenSize: number;
  readonly outputSize: number;
  /** Whether there are biases, projections, an initial state and lengths among the inputs. */
  readonly bias: boolean;
  readonly projection: boolean;
  readonly initial: boolean;
  readonly lengths: boolean;
  /** Of an RNN. */
  readonly nonlinearity: Nonlinearity;
}

/** The inputs of a layer's composite by their names. */
export interface LayerInputs<T> {
  readonly x: T;
  /** [directions, batch, size] each. */
  readonly initial: readonly T[];
  readonly lengths: T | undefined;
  readonly weights: readonly (readonly T[])[];
}

/** How many inputs of a composite each direction has: its weights in the order of {@link Weights}. */
const weightsOf = ({ bias, projection }: LayerAttributes): number => 2 + (bias ? 2 : 0) + (projection ? 1 : 0);

/** x, initial states, lengths, weights of each direction. */
export function readInputs<T>(states: number, attributes: LayerAttributes, inputs: readonly T[]): LayerInputs<T> {
  const { directions, initial, lengths } = attributes;
  const begin = 1 + (initial ? states : 0);
  const first = begin + (lengths ? 1 : 0);
  const count = weightsOf(attributes);
  return {
    x: inputs[0] as T,
    initial: inputs.slice(1, begin),
    lengths: lengths ? inputs[begin] : undefined,
    weights: Array.from({ length: directions }, (_, d) => inputs.slice(first + d * count, first + (d + 1) * count)),
  };
}

function namedWeights({ bias, projection }: LayerAttributes, list: readonly Tensor[]): Weights {
  const [input, hidden, ...rest] = list as [Tensor, Tensor, ...Tensor[]];
  return {
    input,
    hidden,
    inputBias: bias ? rest[0] : undefined,
    hiddenBias: bias ? rest[1] : undefined,
    projection: projection ? rest.at(-1) : undefined,
  };
}

/** The composite of a layer: x [length, batch, inputSize] → output [length, batch, directions · outputSize], and the last states [directions, batch, size]. */
export function layerDefinition(recurrence: Recurrence): SeveralDefinition<LayerAttributes> {
  return {
    name: recurrence.name,
    body(attributes, ...inputs) {
      const { x, initial, lengths, weights } = readInputs(recurrence.states, attributes, inputs);
      const { hiddenSize, outputSize, nonlinearity } = attributes;
      const [length = 0, batch = 0] = x.shape;
      const sizes = [outputSize, hiddenSize].slice(0, recurrence.states);
      // Beyond a sequence's end the state stays and the output is 0; backwards that is before it begins.
      const ends = lengths?.unsqueeze(1);
      const positions = ends === undefined ? undefined : iota([length], 0);
      const loops = weights.map((list, direction) => {
        const own = namedWeights(attributes, list);
        const before = sizes.map((size, i) => initial[i]?.narrow(0, direction, 1).squeeze(0) ?? zeros([batch, size]));
        const projected = projectInput(recurrence, x, own);
        return scan(
          (state: State, { now, position }): readonly [State, Tensor] => {
            const next = nextState(recurrence, now, state, own, nonlinearity);
            const hidden = next[0] as Tensor;
            if (position === undefined || ends === undefined) return [next, hidden];
            const inside = position.less(ends);
            return [next.map((after, i) => inside.where(after, state[i] as Tensor)), inside.where(hidden, 0)];
          },
          before as State,
          { now: projected, ...(positions && { position: positions }) },
          { reverse: direction === 1 },
        );
      });
      const together = (parts: readonly Tensor[], join: (parts: readonly Tensor[]) => Tensor): Tensor =>
        parts.length === 1 ? (parts[0] as Tensor) : join(parts);
      const outputs = loops.map(([, ys]) => ys);
      return [
        together(outputs, (parts) => concat(parts, -1)),
        ...sizes.map((_, i) => stack(loops.map(([last]) => last[i] as Tensor))),
      ];
    },
  };
}

/** By the recurrence, for walkers that have an operator of their own. */
export const layerDefinitions: Readonly<Record<Recurrence['name'], SeveralDefinition<LayerAttributes>>> = {
  rnn: layerDefinition(rnn),
  lstm: layerDefinition(lstm),
  gru: layerDefinition(gru),
};

/** One layer of both directions, or of one: [output, ...last states]. */
export function recordLayer(
  { name }: Recurrence,
  attributes: LayerAttributes,
  { x, initial, lengths, weights }: LayerInputs<Tensor>,
): readonly [Tensor, ...Tensor[]] {
  const inputs = [x, ...initial, ...(lengths === undefined ? [] : [lengths]), ...weights.flat()];
  return compositeResults(layerDefinitions[name], attributes, inputs) as [Tensor, ...Tensor[]];
}
