import { ArgumentError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import type { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { rowsAt } from './edges.ts';
import { bothOf, endsOf, type FeatureCounts, type NodeFeatures } from './bipartite.ts';
import { attentionOptions, GraphAttention, type GATConvOptions } from './gat.ts';
import { attentionWeights, glorotLinear } from './parameters.ts';

export interface GATv2ConvOptions extends GATConvOptions {
  /** Whether sources and targets are multiplied by one weight. Default false. */
  shareWeights?: boolean;
}

const v2Options: OptionNames<GATv2ConvOptions> = { ...attentionOptions, shareWeights: requireBoolean };

/**
 * Graph attention whose order of neighbours depends on who looks (Brody et al. 2022, arXiv:2105.14491): y_i = Σ_j α_ji W_l x_j + b, with the softmax α over the edges to i of
 * a · leaky(W_l x_j + W_r x_i + W_e e_ji), for each of the heads.
 *
 * Shape, options and errors: as of {@link GATConv}, with `shareWeights`. Parameters, with the names and first values of PyTorch Geometric: `lin_l`, `lin_r` with weights
 * [heads · outFeatures, inFeatures] and biases (one layer, where they are shared), `att` [1, heads, outFeatures], of edges `lin_edge.weight`, `bias`.
 *
 * The order of the edges never changes a bit: they are sorted first, since the gradients of `att` and `lin_edge` are sums over edges.
 *
 * ```ts
 * const edges = tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' });
 * new GATv2Conv(4, 8, { heads: 2, concat: false }).forward(ones([3, 4]), edges).shape;  // [3, 8]
 * ```
 */
export class GATv2Conv extends GraphAttention {
  static override readonly type: string = 'GATv2Conv';
  static override readonly options: ModuleOptions = v2Options;

  readonly shareWeights: boolean;
  readonly att: Tensor;
  readonly lin_l: Linear;
  readonly lin_r: Linear;

  constructor(inFeatures: FeatureCounts, outFeatures: number, options: GATv2ConvOptions = {}) {
    checkOptions('GATv2Conv', options, v2Options);
    super('GATv2Conv', inFeatures, outFeatures, options);
    const { heads } = this;
    const { bias = true, shareWeights = false } = options;
    this.shareWeights = shareWeights;
    this.att = attentionWeights(heads, outFeatures);
    const [sourceFeatures, targetFeatures] = bothOf(inFeatures);
    if (shareWeights && sourceFeatures !== targetFeatures)
      throw new ArgumentError(
        `[GATv2Conv] sources of ${sourceFeatures} features and targets of ${targetFeatures} cannot share a weight.`,
      );
    this.lin_l = glorotLinear(sourceFeatures, heads * outFeatures, bias);
    this.lin_r = shareWeights ? this.lin_l : glorotLinear(targetFeatures, heads * outFeatures, bias);
  }

  forward(x: NodeFeatures, edges: Tensor, edgeFeatures?: Tensor): Tensor {
    const ends = endsOf('GATv2Conv', x, this.inFeatures);
    const list = this.edgesFor('GATv2Conv', ends, edges, edgeFeatures, true);
    const left = this.byHead(this.lin_l.forward(ends.sources));
    const right = ends.isOne && this.lin_r === this.lin_l ? left : this.byHead(this.lin_r.forward(ends.targets));
    const values = rowsAt(left, list.sources);
    let sum = values.add(rowsAt(right, list.targets));
    if (this.lin_edge !== undefined && list.features !== undefined)
      sum = sum.add(this.byHead(this.lin_edge.forward(list.features)));
    const scores = this.leaky(sum).mul(this.att).sum(2);
    return this.attend(list, scores, values, ends.targetNodes);
  }
}
