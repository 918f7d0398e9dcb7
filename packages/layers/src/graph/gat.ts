import { arange, ArgumentError, bernoulli, concat, segmentSoftmax, segmentSum, type Tensor } from '@hebb/tensor';
import {
  between,
  checkOptions,
  requireBoolean,
  requireFinite,
  requireInteger,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import {
  endsOf,
  requireFeatureCounts,
  sayCounts,
  type BothEnds,
  type FeatureCounts,
  type NodeFeatures,
} from './bipartite.ts';
import { canonicalOrder, edgesOf, requireEdgeRows, rowsAt } from './edges.ts';
import { attentionWeights, glorotLinear, zeroBias } from './parameters.ts';

export interface GATConvOptions {
  /** How many attentions there are side by side. Default 1. */
  heads?: number;
  /** Whether the results of the heads stand one after the other; else their mean is taken. Default true. */
  concat?: boolean;
  /** Slope of the leaky rectifier of the scores where they are negative. Default 0.2. */
  negativeSlope?: number;
  /** Probability with which an edge's share of attention is dropped while training. Default 0. */
  dropout?: number;
  /** Whether every node attends to itself; edges that lead from a node to itself are left out then, as in PyTorch Geometric. Default true. */
  addSelfLoops?: boolean;
  /** How many features edges have. Default: none are looked at. */
  edgeFeatures?: number | undefined;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

export const attentionOptions: OptionNames<GATConvOptions> = {
  heads: (where, name, value) => requireInteger(where, name, value, 1),
  concat: requireBoolean,
  negativeSlope: requireFinite,
  dropout: between(0, 1),
  addSelfLoops: requireBoolean,
  edgeFeatures: (where, name, value) => requireInteger(where, name, value, 1),
  bias: requireBoolean,
};

/** Edges over which nodes attend, with the features they have. */
interface AttendedEdges {
  readonly sources: Tensor;
  readonly targets: Tensor;
  /** bool [edges]: which of them count; all, where undefined. */
  readonly counted: Tensor | undefined;
  readonly features: Tensor | undefined;
}

/** What GATConv and GATv2Conv share: options, edges of nodes to themselves, and what follows from the scores. */
export abstract class GraphAttention extends Module<[x: NodeFeatures, edges: Tensor, edgeFeatures?: Tensor]> {
  static override readonly positional: readonly string[] = ['inFeatures', 'outFeatures'];
  static override readonly options: ModuleOptions = attentionOptions;

  readonly inFeatures: FeatureCounts;
  readonly outFeatures: number;
  readonly heads: number;
  readonly concat: boolean;
  readonly negativeSlope: number;
  readonly dropout: number;
  readonly addSelfLoops: boolean;
  readonly edgeFeatures: number | undefined;
  bias: Tensor | undefined;
  readonly lin_edge: Linear | undefined;

  constructor(layer: string, inFeatures: FeatureCounts, outFeatures: number, options: GATConvOptions) {
    super();
    requireFeatureCounts(layer, inFeatures);
    requirePositiveIntegers(layer, { outFeatures });
    const { heads = 1, negativeSlope = 0.2, dropout = 0, addSelfLoops = true, edgeFeatures, bias = true } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.heads = heads;
    this.concat = options.concat ?? true;
    this.negativeSlope = negativeSlope;
    this.dropout = dropout;
    this.addSelfLoops = addSelfLoops;
    this.edgeFeatures = edgeFeatures;
    this.bias = zeroBias(this.concat ? heads * outFeatures : outFeatures, bias);
    this.lin_edge = edgeFeatures === undefined ? undefined : glorotLinear(edgeFeatures, heads * outFeatures);
  }

  /** [rows, heads · outFeatures] as [rows, heads, outFeatures]. */
  protected byHead(rows: Tensor): Tensor {
    return rows.reshape([rows.shape[0] ?? 0, this.heads, this.outFeatures]);
  }

  /** The edges, in an order of their own where a parameter meets every edge; edges of nodes to themselves are those that are added, with the mean of the features that come in. */
  protected edgesFor(
    layer: string,
    { sourceNodes, targetNodes: nodes }: BothEnds,
    edges: Tensor,
    features: Tensor | undefined,
    ordered: boolean,
  ): AttendedEdges {
    const list = edgesOf(layer, edges, sourceNodes, nodes);
    if (this.edgeFeatures !== undefined) {
      if (features === undefined)
        throw new ArgumentError(`[${layer}] takes ${this.edgeFeatures} features of each edge, as the third input.`);
      requireEdgeRows(layer, 'features', features, list.count, this.edgeFeatures);
    } else if (features !== undefined)
      throw new ArgumentError(`[${layer}] looks at no features of edges, and was given ${features}.`, {
        hint: `Say how many there are: new ${layer}(inFeatures, outFeatures, { edgeFeatures: ${features.shape[1] ?? 1} }).`,
      });
    const order = ordered || features !== undefined ? canonicalOrder(list, features) : undefined;
    const sources = order === undefined ? list.sources : rowsAt(list.sources, order);
    const targets = order === undefined ? list.targets : rowsAt(list.targets, order);
    const sorted = features === undefined || order === undefined ? features : rowsAt(features, order);
    if (!this.addSelfLoops) return { sources, targets, counted: undefined, features: sorted };
    // Between nodes of two kinds those of one number are taken for one, as PyTorch Geometric does.
    const own = arange(Math.min(sourceNodes, nodes)).to('int32');
    const isOther = sources.notEqual(targets);
    return {
      sources: concat([sources, own]),
      targets: concat([targets, own]),
      counted: concat([isOther, own.greaterEqual(0)]),
      features: sorted && concat([sorted, meanOf(sorted, isOther, targets, nodes).narrow(0, 0, own.size)]),
    };
  }

  /** Of scores [edges, heads] and what the sources give, [edges, heads, outFeatures], each node's mean by attention. */
  protected attend({ targets, counted }: AttendedEdges, scores: Tensor, values: Tensor, nodes: number): Tensor {
    const { heads, outFeatures, dropout, bias } = this;
    const valid = counted === undefined ? scores : counted.reshape([targets.size, 1]).where(scores, -Infinity);
    const shares = segmentSoftmax(valid, targets, nodes);
    const kept =
      this.training && dropout > 0
        ? bernoulli(shares.shape, 1 - dropout).where(shares.mul(dropout === 1 ? 0 : 1 / (1 - dropout)), 0)
        : shares;
    const sums = segmentSum(kept.reshape([targets.size, heads, 1]).mul(values), targets, nodes);
    const joined = this.concat ? sums.reshape([nodes, heads * outFeatures]) : sums.mean(1);
    return bias === undefined ? joined : joined.add(bias);
  }

  /** x where it is positive, else the slope times x. */
  protected leaky(x: Tensor): Tensor {
    return x.greater(0).where(x, x.mul(this.negativeSlope));
  }

  override describe(): string {
    return `${super.describe()} ${sayCounts(this.inFeatures)} → ${this.heads === 1 ? '' : `${this.heads} × `}${this.outFeatures}`;
  }
}

/** For each node the mean of the features of those edges to it that are chosen, 0 where there are none. */
function meanOf(features: Tensor, chosen: Tensor, targets: Tensor, nodes: number): Tensor {
  const factors = chosen.where(1, 0).to('float32');
  const counts = segmentSum(factors, targets, nodes).maximum(1);
  return segmentSum(features.mul(factors.reshape([targets.size, 1])), targets, nodes).div(counts.reshape([nodes, 1]));
}

/**
 * Graph attention (Veličković et al. 2018, arXiv:1710.10903): y_i = Σ_j α_ji W x_j + b over the edges from j to i, with the softmax α over these edges of
 * leaky(a_s · W x_j + a_t · W x_i + a_e · W_e e_ji), for each of the heads.
 *
 * Shape: x [nodes, inFeatures], edges int32 [2, edges], features of edges [edges, edgeFeatures] where the layer takes them → [nodes, heads · outFeatures], without `concat`
 * [nodes, outFeatures]. Parameters, with the names and first values of PyTorch Geometric: `lin.weight` [heads · outFeatures, inFeatures], `att_src`, `att_dst` [1, heads, outFeatures],
 * of edges `lin_edge.weight` and `att_edge`, `bias`.
 *
 * Edges may lead from nodes of one kind to nodes of another: with `inFeatures` as a pair the input is one, [sources [n, inFeatures₀], targets [m, inFeatures₁]], the result has m rows, and there
 * are `lin_src` and `lin_dst` in the place of `lin`. Edges of nodes to themselves rarely make sense then: `addSelfLoops: false`.
 *
 * A node that nothing reaches gives the bias. An edge that is listed twice is attended to twice. The order of the edges never changes a bit, but for which shares a dropout drops.
 *
 * Throws `ShapeError` where features are of another number, `ArgumentError` for options out of range and features of edges that are missing or too many, and for edges as
 * {@link MessagePassing}.
 *
 * ```ts
 * const edges = tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' });
 * new GATConv(4, 8, { heads: 2 }).forward(ones([3, 4]), edges).shape;  // [3, 16]
 * new GATConv([4, 5], 8, { addSelfLoops: false }).forward([ones([3, 4]), ones([6, 5])], edges).shape;  // [6, 8]
 * ```
 */
export class GATConv extends GraphAttention {
  static override readonly type: string = 'GATConv';

  readonly att_src: Tensor;
  readonly att_dst: Tensor;
  readonly att_edge: Tensor | undefined;
  readonly lin: Linear | undefined;
  readonly lin_src: Linear | undefined;
  readonly lin_dst: Linear | undefined;

  constructor(inFeatures: FeatureCounts, outFeatures: number, options: GATConvOptions = {}) {
    checkOptions('GATConv', options, attentionOptions);
    super('GATConv', inFeatures, outFeatures, options);
    const { heads } = this;
    this.att_src = attentionWeights(heads, outFeatures);
    this.att_dst = attentionWeights(heads, outFeatures);
    this.att_edge = this.edgeFeatures === undefined ? undefined : attentionWeights(heads, outFeatures);
    const isOne = typeof inFeatures === 'number';
    this.lin = isOne ? glorotLinear(inFeatures, heads * outFeatures) : undefined;
    this.lin_src = isOne ? undefined : glorotLinear(inFeatures[0], heads * outFeatures);
    this.lin_dst = isOne ? undefined : glorotLinear(inFeatures[1], heads * outFeatures);
  }

  forward(x: NodeFeatures, edges: Tensor, edgeFeatures?: Tensor): Tensor {
    const ends = endsOf('GATConv', x, this.inFeatures);
    const list = this.edgesFor('GATConv', ends, edges, edgeFeatures, false);
    const { lin_edge: edgeLinear, att_edge: edgeAttention, lin } = this;
    const values = this.byHead(((lin ?? this.lin_src) as Linear).forward(ends.sources));
    const seekers =
      ends.isOne && lin !== undefined ? values : this.byHead(((lin ?? this.lin_dst) as Linear).forward(ends.targets));
    // Scores are sums of parts that nodes have by themselves: no features of both ends are gathered.
    const bySource = rowsAt(values.mul(this.att_src).sum(2), list.sources);
    const byTarget = rowsAt(seekers.mul(this.att_dst).sum(2), list.targets);
    let scores = bySource.add(byTarget);
    if (edgeLinear !== undefined && edgeAttention !== undefined && list.features !== undefined)
      scores = scores.add(this.byHead(edgeLinear.forward(list.features)).mul(edgeAttention).sum(2));
    return this.attend(list, this.leaky(scores), rowsAt(values, list.sources), ends.targetNodes);
  }
}
