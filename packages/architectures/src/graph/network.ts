/** What networks of graph layers share: a list of layers, with an activation and dropout between them. */
import { Dropout, Module } from '@hebb/layers';
import { ShapeError, type Tensor } from '@hebb/tensor';
import { between, requireInteger, requireTensor, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';

export interface GraphNetworkOptions {
  /** Features of each node. */
  inputs: number;
  /** What there is of each node at the end: a logit for each class, or the features of an embedding. */
  outputs: number;
  /** Features of each node between layers. */
  hidden?: number;
  /** Layers; a node sees as many edges far. */
  layers?: number;
  /** Probability of dropout of the features before each layer. */
  dropout?: number;
}

export const networkOptions: OptionNames<GraphNetworkOptions> = {
  inputs: size,
  outputs: size,
  hidden: size,
  // So that a number at the wrong place is an error and not a computer without memory.
  layers: (where, name, value) => requireInteger(where, name, value, 1, 1024),
  dropout: between(0, 1),
};

/** Throws `ArgumentError` where a size that has no default is missing. */
export function requireSizes(where: string, { inputs, outputs }: GraphNetworkOptions): void {
  size(where, 'inputs', inputs);
  size(where, 'outputs', outputs);
}

/** Throws `ShapeError` unless x is [nodes, inputs]. */
export function requireNodes(where: string, x: Tensor, inputs: number): void {
  requireTensor(where, 'x', x);
  if (x.ndim !== 2 || x.shape[1] !== inputs)
    throw new ShapeError(`[${where}] takes features of nodes [nodes, ${inputs}], not ${x}.`);
}

/** Features before, between and behind layers. */
export function widthsOf(
  inputs: number,
  hidden: number,
  outputs: number,
  layers: number,
): [from: number, to: number][] {
  return Array.from({ length: layers }, (_, i) => [i === 0 ? inputs : hidden, i === layers - 1 ? outputs : hidden]);
}

/** A network that goes over a graph: node features [nodes, inputs] and edges int32 [2, edges] → [nodes, outputs]. */
export type GraphEncoder = Module<[x: Tensor, edges: Tensor]>;

/** Dropout, layer, activation, over and over; behind the last layer nothing. */
export abstract class GraphNetwork<Layer extends Module<never>> extends Module<
  [x: Tensor, edges: Tensor, weights?: Tensor]
> {
  static override readonly positional: readonly string[] = ['options'];

  abstract readonly options: Readonly<GraphNetworkOptions>;
  readonly convs: readonly Layer[];
  readonly dropout: Dropout;

  constructor(convs: readonly Layer[], dropout: number) {
    super();
    this.convs = convs;
    this.dropout = new Dropout(dropout);
  }

  /** What one layer makes of the nodes. */
  protected abstract layer(conv: Layer, x: Tensor, edges: Tensor, weights: Tensor | undefined): Tensor;

  /** Between layers. Default: relu. */
  protected activate(x: Tensor): Tensor {
    return x.relu();
  }

  forward(x: Tensor, edges: Tensor, weights?: Tensor): Tensor {
    requireNodes(typeNameOf(this), x, this.options.inputs);
    return this.convs.reduce((nodes, conv, i) => {
      const next = this.layer(conv, this.dropout.forward(nodes), edges, weights);
      return i === this.convs.length - 1 ? next : this.activate(next);
    }, x);
  }
}
