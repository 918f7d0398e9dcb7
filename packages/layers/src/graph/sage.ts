import { normalize, type Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { aggregate } from './aggregate.ts';
import { bothOf, endsOf, requireFeatureCounts, sayCounts, type FeatureCounts, type NodeFeatures } from './bipartite.ts';
import { edgesOf, rowsAt } from './edges.ts';

export interface SAGEConvOptions {
  /** What is made of the neighbours: their mean, the largest of each feature, their sum; 'pool': the largest of relu(W_p x + b_p). Default 'mean'. */
  aggregation?: 'mean' | 'max' | 'sum' | 'pool';
  /** Whether rows of the result are divided by their lengths. Default false. */
  normalize?: boolean;
  /** Whether the node's own features are added, by a weight of their own. Default true. */
  rootWeight?: boolean;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

const sageOptions: OptionNames<SAGEConvOptions> = {
  aggregation: oneOf('mean', 'max', 'sum', 'pool'),
  normalize: requireBoolean,
  rootWeight: requireBoolean,
  bias: requireBoolean,
};

/**
 * GraphSAGE (Hamilton et al. 2017, arXiv:1706.02216): y_i = W_l · aggregate of x_j + b + W_r x_i over the edges from j to i, divided by its length where the layer normalises.
 *
 * Shape: x [nodes, inFeatures], edges int32 [2, edges] → [nodes, outFeatures]. Parameters, with the names and first values of PyTorch Geometric: `lin_l.weight`
 * [outFeatures, inFeatures], `lin_l.bias`, `lin_r.weight`, with 'pool' `lin.weight` [inFeatures, inFeatures], `lin.bias`.
 *
 * Edges may lead from nodes of one kind to nodes of another (users to items): with `inFeatures` as a pair the input is one, [sources [n, inFeatures₀], targets [m, inFeatures₁]], and the
 * result [m, outFeatures].
 *
 * The paper's aggregation by an LSTM is left out: it reads neighbours in the order of their edges, which changes no result here.
 *
 * A node that no edge reaches aggregates 0. The order of the edges never changes a bit.
 *
 * Throws `ShapeError` where the features are not inFeatures, and for edges as {@link MessagePassing}.
 *
 * ```ts
 * const edges = tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' });
 * new SAGEConv(4, 2, { aggregation: 'max' }).forward(ones([3, 4]), edges).shape;  // [3, 2]
 * new SAGEConv([4, 5], 2).forward([ones([3, 4]), ones([6, 5])], edges).shape;  // [6, 2]
 * ```
 */
export class SAGEConv extends Module<[x: NodeFeatures, edges: Tensor]> {
  static override readonly type: string = 'SAGEConv';
  static override readonly positional: readonly string[] = ['inFeatures', 'outFeatures'];
  static override readonly options: ModuleOptions = sageOptions;

  readonly inFeatures: FeatureCounts;
  readonly outFeatures: number;
  readonly aggregation: 'mean' | 'max' | 'sum' | 'pool';
  readonly normalize: boolean;
  readonly rootWeight: boolean;
  readonly bias: boolean;
  readonly lin: Linear | undefined;
  readonly lin_l: Linear;
  readonly lin_r: Linear | undefined;

  constructor(inFeatures: FeatureCounts, outFeatures: number, options: SAGEConvOptions = {}) {
    super();
    requireFeatureCounts('SAGEConv', inFeatures);
    requirePositiveIntegers('SAGEConv', { outFeatures });
    const [sourceFeatures, targetFeatures] = bothOf(inFeatures);
    checkOptions('SAGEConv', options, sageOptions);
    const { aggregation = 'mean', normalize = false, rootWeight = true, bias = true } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.aggregation = aggregation;
    this.normalize = normalize;
    this.rootWeight = rootWeight;
    this.bias = bias;
    this.lin = aggregation === 'pool' ? new Linear(sourceFeatures, sourceFeatures) : undefined;
    this.lin_l = new Linear(sourceFeatures, outFeatures, { bias });
    this.lin_r = rootWeight ? new Linear(targetFeatures, outFeatures, { bias: false }) : undefined;
  }

  forward(x: NodeFeatures, edges: Tensor): Tensor {
    const { sources: from, targets: to, sourceNodes, targetNodes } = endsOf('SAGEConv', x, this.inFeatures);
    const { sources, targets } = edgesOf('SAGEConv', edges, sourceNodes, targetNodes);
    const gathered = (rows: Tensor, kind: 'mean' | 'max' | 'sum'): Tensor =>
      aggregate(kind, rowsAt(rows, sources), targets, targetNodes);
    const { aggregation, lin_l: left, lin_r: right } = this;
    const neighbours = this.#isNarrow(aggregation)
      ? // A mean of products is the product of the mean, and fewer features are gathered.
        withBias(gathered(from.matmul(left.weight.transpose(0, 1)), aggregation), left.bias)
      : left.forward(
          aggregation === 'pool'
            ? gathered((this.lin as Linear).forward(from).relu(), 'max')
            : gathered(from, aggregation),
        );
    const sum = right === undefined ? neighbours : neighbours.add(right.forward(to));
    return this.normalize ? normalize(sum) : sum;
  }

  #isNarrow(aggregation: SAGEConv['aggregation']): aggregation is 'mean' | 'sum' {
    return (aggregation === 'mean' || aggregation === 'sum') && this.outFeatures < bothOf(this.inFeatures)[0];
  }

  override describe(): string {
    return `${super.describe()} ${sayCounts(this.inFeatures)} → ${this.outFeatures}, ${this.aggregation}`;
  }
}

function withBias(x: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? x : x.add(bias);
}
