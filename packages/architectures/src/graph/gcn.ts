import { GCNConv } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { GraphNetwork, networkOptions, requireSizes, widthsOf, type GraphNetworkOptions } from './network.ts';

export interface GCNOptions extends GraphNetworkOptions {
  /** Default 16. */
  hidden?: number;
  /** Default 2. */
  layers?: number;
  /** Default 0.5. */
  dropout?: number;
  /** Whether layers normalise by degrees. False: edges have the weights of `gcnNorm`, which was called once. Default true. */
  normalize?: boolean;
}

const gcnOptions: OptionNames<GCNOptions> = { ...networkOptions, normalize: requireBoolean };

/**
 * Graph convolutional network (Kipf & Welling 2017, arXiv:1609.02907), with the paper's sizes for Cora: each layer gives every node the mean of its neighbours and of itself, weighted by their degrees, times a matrix; relu and dropout between them.
 *
 * Shape: x float32[nodes, inputs], edges int32[2, edges] (an undirected edge stands there twice), perhaps weights float32[edges] → float32[nodes, outputs]. Parameters, with the names of PyTorch Geometric: `convs.0.bias`, `convs.0.lin.weight`, ….
 *
 * The order of the edges never changes a bit, of the result and of all gradients; nodes in another order give the same rows in that order, to rounding. A node without edges sees itself alone; a graph may have no edges and no nodes.
 *
 * NaN in features of a node reaches those to which at most as many edges lead from it as there are layers, and no other; a step of training makes all parameters NaN that such a row is multiplied with, also where the loss does not ask for the node. So do networks of the other layers.
 *
 * Throws `ArgumentError` for options out of range and for edges that lead to no node, where they are known on the host (in each call of a compiled function, too; of computed edges, those that come from nowhere bring NaN, and those that lead nowhere are left out), `ShapeError` for other features.
 *
 * ```ts
 * const model = new GCN({ inputs: 4, outputs: 3 });
 * model.forward(ones([3, 4]), tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' })).shape;  // [3, 3]
 * ```
 */
export class GCN extends GraphNetwork<GCNConv> {
  static override readonly type: string = 'GCN';

  readonly options: Readonly<Required<GCNOptions>>;

  constructor(options: GCNOptions) {
    requireOptions('GCN', options, gcnOptions);
    requireSizes('GCN', options);
    const { inputs, outputs, hidden = 16, layers = 2, dropout = 0.5, normalize = true } = options;
    super(
      widthsOf(inputs, hidden, outputs, layers).map(([from, to]) => new GCNConv(from, to, { normalize })),
      dropout,
    );
    this.options = { inputs, outputs, hidden, layers, dropout, normalize };
  }

  protected layer(conv: GCNConv, x: Tensor, edges: Tensor, weights: Tensor | undefined): Tensor {
    return conv.forward(x, edges, weights);
  }
}
