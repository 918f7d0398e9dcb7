import { norm, type Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { aggregate } from './aggregate.ts';
import { edgesOf, nodesOf, rowsAt } from './edges.ts';

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
 * A node that no edge reaches aggregates 0. The order of the edges never changes a bit.
 *
 * Throws `ShapeError` where the features are not inFeatures, and for edges as {@link MessagePassing}.
 *
 * ```ts
 * const edges = tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' });
 * new SAGEConv(4, 2, { aggregation: 'max' }).forward(ones([3, 4]), edges).shape;  // [3, 2]
 * ```
 */
export class SAGEConv extends Module<[x: Tensor, edges: Tensor]> {
  static override readonly type: string = 'SAGEConv';
  static override readonly positional: readonly string[] = ['inFeatures', 'outFeatures'];
  static override readonly options: ModuleOptions = sageOptions;

  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly aggregation: 'mean' | 'max' | 'sum' | 'pool';
  readonly normalize: boolean;
  readonly rootWeight: boolean;
  readonly bias: boolean;
  readonly lin: Linear | undefined;
  readonly lin_l: Linear;
  readonly lin_r: Linear | undefined;

  constructor(inFeatures: number, outFeatures: number, options: SAGEConvOptions = {}) {
    super();
    requirePositiveIntegers('SAGEConv', { inFeatures, outFeatures });
    checkOptions('SAGEConv', options, sageOptions);
    const { aggregation = 'mean', normalize = false, rootWeight = true, bias = true } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.aggregation = aggregation;
    this.normalize = normalize;
    this.rootWeight = rootWeight;
    this.bias = bias;
    this.lin = aggregation === 'pool' ? new Linear(inFeatures, inFeatures) : undefined;
    this.lin_l = new Linear(inFeatures, outFeatures, { bias });
    this.lin_r = rootWeight ? new Linear(inFeatures, outFeatures, { bias: false }) : undefined;
  }

  forward(x: Tensor, edges: Tensor): Tensor {
    const nodes = nodesOf('SAGEConv', x, this.inFeatures);
    const { sources, targets } = edgesOf('SAGEConv', edges, nodes);
    const gathered = (rows: Tensor, kind: 'mean' | 'max' | 'sum'): Tensor =>
      aggregate(kind, rowsAt(rows, sources), targets, nodes);
    const { aggregation, lin_l: left, lin_r: right } = this;
    const neighbours = this.#isNarrow(aggregation)
      ? // A mean of products is the product of the mean, and fewer features are gathered.
        withBias(gathered(x.matmul(left.weight.transpose(0, 1)), aggregation), left.bias)
      : left.forward(
          aggregation === 'pool' ? gathered((this.lin as Linear).forward(x).relu(), 'max') : gathered(x, aggregation),
        );
    const sum = right === undefined ? neighbours : neighbours.add(right.forward(x));
    return this.normalize ? sum.div(norm(sum, 1, { keepDims: true }).maximum(1e-12)) : sum;
  }

  #isNarrow(aggregation: SAGEConv['aggregation']): aggregation is 'mean' | 'sum' {
    return (aggregation === 'mean' || aggregation === 'sum') && this.outFeatures < this.inFeatures;
  }

  override describe(): string {
    return `${super.describe()} ${this.inFeatures} → ${this.outFeatures}, ${this.aggregation}`;
  }
}

function withBias(x: Tensor, bias: Tensor | undefined): Tensor {
  return bias === undefined ? x : x.add(bias);
}
