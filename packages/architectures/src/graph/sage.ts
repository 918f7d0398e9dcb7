import { SAGEConv, type SAGEConvOptions } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { oneOf, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { GraphNetwork, networkOptions, requireSizes, widthsOf, type GraphNetworkOptions } from './network.ts';

export interface GraphSAGEOptions extends GraphNetworkOptions {
  /** Default 256. */
  hidden?: number;
  /** Default 2. */
  layers?: number;
  /** Default 0. */
  dropout?: number;
  /** What is made of the neighbours. Default 'mean'. */
  aggregation?: NonNullable<SAGEConvOptions['aggregation']>;
  /** Whether rows between layers are divided by their lengths. Default true. */
  normalize?: boolean;
}

const sageOptions: OptionNames<GraphSAGEOptions> = {
  ...networkOptions,
  aggregation: oneOf('mean', 'max', 'sum', 'pool'),
  normalize: requireBoolean,
};

/**
 * GraphSAGE (Hamilton, Ying & Leskovec 2017, arXiv:1706.02216): each layer adds what a matrix makes of a node and what another makes of the mean of its neighbours; relu between layers, whose rows have length 1. Nodes may be new: nothing belongs to a node of its own, and
 * a sample of neighbours (`NeighborSampler` of `@hebb/data`, fan-outs 25 and 10 in the paper) is enough where a graph does not fit.
 *
 * Shape: x float32[nodes, inputs], edges int32[2, edges] → float32[nodes, outputs]. Parameters, with the names of PyTorch Geometric: `convs.0.lin_l.weight`, `convs.0.lin_l.bias`, `convs.0.lin_r.weight`, ….
 *
 * The order of the edges never changes a bit. A node that nothing reaches sees itself alone. Throws, and treats NaN, as {@link GCN}.
 *
 * ```ts
 * const model = new GraphSAGE({ inputs: 4, outputs: 3, hidden: 8 });
 * model.forward(ones([3, 4]), tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' })).shape;  // [3, 3]
 * ```
 */
export class GraphSAGE extends GraphNetwork<SAGEConv> {
  static override readonly type: string = 'GraphSAGE';

  readonly options: Readonly<Required<GraphSAGEOptions>>;

  constructor(options: GraphSAGEOptions) {
    requireOptions('GraphSAGE', options, sageOptions);
    requireSizes('GraphSAGE', options);
    const { inputs, outputs, hidden = 256, layers = 2, dropout = 0, aggregation = 'mean', normalize = true } = options;
    super(
      widthsOf(inputs, hidden, outputs, layers).map(
        ([from, to], i) => new SAGEConv(from, to, { aggregation, normalize: normalize && i < layers - 1 }),
      ),
      dropout,
    );
    this.options = { inputs, outputs, hidden, layers, dropout, aggregation, normalize };
  }

  protected layer(conv: SAGEConv, x: Tensor, edges: Tensor): Tensor {
    return conv.forward(x, edges);
  }
}
