import { GATConv } from '@hebb/layers';
import { elu, type Tensor } from '@hebb/tensor';
import { requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { size } from '../convolutional/checks.ts';
import { GraphNetwork, networkOptions, requireSizes, type GraphNetworkOptions } from './network.ts';

export interface GATOptions extends GraphNetworkOptions {
  /** Features of each head between layers. Default 8. */
  hidden?: number;
  /** Default 2. */
  layers?: number;
  /** Of features and of shares of attention. Default 0.6. */
  dropout?: number;
  /** Attentions side by side. Default 8. */
  heads?: number;
  /** Attentions of the last layer, whose mean is taken. Default 1. */
  outputHeads?: number;
}

const gatOptions: OptionNames<GATOptions> = { ...networkOptions, heads: size, outputHeads: size };

/**
 * Graph attention network (Veličković et al. 2018, arXiv:1710.10903), with the paper's sizes for Cora: each layer gives every node a mean of its neighbours and of itself by shares that they themselves decide, by several heads side by side; elu and dropout between them.
 *
 * Shape: x float32[nodes, inputs], edges int32[2, edges] → float32[nodes, outputs]. Parameters, with the names of PyTorch Geometric: `convs.0.att_src`, `convs.0.att_dst`, `convs.0.bias`, `convs.0.lin.weight`, ….
 *
 * The order of the edges never changes a bit, but for which shares a dropout drops. A node without edges sees itself alone. Throws, and treats NaN, as {@link GCN}.
 *
 * ```ts
 * const model = new GAT({ inputs: 4, outputs: 3 });
 * model.forward(ones([3, 4]), tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' })).shape;  // [3, 3]
 * ```
 */
export class GAT extends GraphNetwork<GATConv> {
  static override readonly type: string = 'GAT';

  readonly options: Readonly<Required<GATOptions>>;

  constructor(options: GATOptions) {
    requireOptions('GAT', options, gatOptions);
    requireSizes('GAT', options);
    const { inputs, outputs, hidden = 8, layers = 2, dropout = 0.6, heads = 8, outputHeads = 1 } = options;
    super(
      Array.from({ length: layers }, (_, i) => {
        const from = i === 0 ? inputs : hidden * heads;
        return i === layers - 1
          ? new GATConv(from, outputs, { heads: outputHeads, concat: false, dropout })
          : new GATConv(from, hidden, { heads, dropout });
      }),
      dropout,
    );
    this.options = { inputs, outputs, hidden, layers, dropout, heads, outputHeads };
  }

  protected layer(conv: GATConv, x: Tensor, edges: Tensor): Tensor {
    return conv.forward(x, edges);
  }

  protected override activate(x: Tensor): Tensor {
    return elu(x);
  }
}
