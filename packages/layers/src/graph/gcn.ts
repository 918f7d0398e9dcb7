import { arange, concat, ones, rsqrt, segmentSum, stack, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import type { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { edgesOf, nodesOf, requireEdgeWeights, rowsAt, type EdgeList } from './edges.ts';
import { glorotLinear, zeroBias } from './parameters.ts';

export interface GCNConvOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Whether the layer normalises by degrees. False: edges have the weights of {@link gcnNorm}, which was called once. Default true. */
  normalize?: boolean;
  /** Whether nodes without an edge to themselves get one of weight 1. Default: where the layer normalises. */
  addSelfLoops?: boolean;
  /** Whether the edges that nodes get to themselves have weight 2 instead of 1: A + 2I. Default false. */
  improved?: boolean;
}

const gcnOptions: OptionNames<GCNConvOptions> = {
  bias: requireBoolean,
  normalize: requireBoolean,
  addSelfLoops: requireBoolean,
  improved: requireBoolean,
};

/** The weights of edges to themselves that nodes are given: 1 (2 where `improved`) for those without one, else 0. */
function missingLoops({ sources, targets }: EdgeList, nodes: number, improved: boolean): Tensor {
  const loops = sources.equal(targets).where(1, 0).to('float32');
  return segmentSum(loops, targets, nodes)
    .equal(0)
    .where(improved ? 2 : 1, 0)
    .to('float32');
}

/** 1 / √degree, 0 where the degree is not positive. */
function inverseRoots({ targets, count }: EdgeList, nodes: number, weights?: Tensor, loops?: Tensor): Tensor {
  const degrees = segmentSum(weights ?? ones([count]), targets, nodes);
  const all = loops === undefined ? degrees : degrees.add(loops);
  const isPositive = all.greater(0);
  return isPositive.where(rsqrt(isPositive.where(all, 1)), 0);
}

/**
 * Graph convolution (Kipf & Welling 2017, arXiv:1609.02907): Y = D^−½ (A + I) D^−½ X Wᵀ + b, with the degrees D of A + I: y_i = Σ_j w_ji / √(d_i d_j) · W x_j + b over
 * the edges from j to i.
 *
 * Shape: x [nodes, inFeatures], edges int32 [2, edges], weights [edges] (default 1) → [nodes, outFeatures]. Parameters: `lin.weight` [outFeatures, inFeatures], uniform
 * in ±√(6 / (in + out)), `bias` [outFeatures], 0 at first; names and defaults as in PyTorch Geometric.
 *
 * Edges that are listed several times add up. Edges from a node to itself keep their weights, and such a node gets no further one. A node of degree 0, or whose weights add up to a
 * negative degree, gets and gives nothing. The order of the edges never changes a bit.
 *
 * The features are multiplied by W first, so that what is gathered along edges is as narrow as the result.
 *
 * Throws `ShapeError` where the features are not inFeatures or the weights not one an edge, and for edges as {@link MessagePassing}.
 *
 * ```ts
 * const edges = tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' });
 * new GCNConv(4, 2).forward(ones([3, 4]), edges).shape;  // [3, 2]
 * ```
 */
export class GCNConv extends Module<[x: Tensor, edges: Tensor, weights?: Tensor]> {
  static override readonly type: string = 'GCNConv';
  static override readonly positional: readonly string[] = ['inFeatures', 'outFeatures'];
  static override readonly options: ModuleOptions = gcnOptions;

  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly normalize: boolean;
  readonly addSelfLoops: boolean;
  readonly improved: boolean;
  bias: Tensor | undefined;
  readonly lin: Linear;

  constructor(inFeatures: number, outFeatures: number, options: GCNConvOptions = {}) {
    super();
    requirePositiveIntegers('GCNConv', { inFeatures, outFeatures });
    checkOptions('GCNConv', options, gcnOptions);
    const { bias = true, normalize = true, addSelfLoops = normalize, improved = false } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.normalize = normalize;
    this.addSelfLoops = addSelfLoops;
    this.improved = improved;
    this.bias = zeroBias(outFeatures, bias);
    this.lin = glorotLinear(inFeatures, outFeatures);
  }

  forward(x: Tensor, edges: Tensor, weights?: Tensor): Tensor {
    const { bias, lin, normalize, addSelfLoops, improved, inFeatures } = this;
    const nodes = nodesOf('GCNConv', x, inFeatures);
    const list = edgesOf('GCNConv', edges, nodes);
    if (weights !== undefined) requireEdgeWeights('GCNConv', weights, list.count);
    const loops = addSelfLoops ? missingLoops(list, nodes, improved) : undefined;
    const roots = normalize ? inverseRoots(list, nodes, weights, loops).reshape([nodes, 1]) : undefined;
    // Both roots of an edge's factor belong to nodes: rows are scaled before and after, and loops need no edges.
    const product = lin.forward(x);
    const rows = roots === undefined ? product : product.mul(roots);
    const messages = rowsAt(rows, list.sources);
    const sums = segmentSum(
      weights === undefined ? messages : messages.mul(weights.reshape([list.count, 1])),
      list.targets,
      nodes,
    );
    const withLoops = loops === undefined ? sums : sums.add(rows.mul(loops.reshape([nodes, 1])));
    const scaled = roots === undefined ? withLoops : withLoops.mul(roots);
    return bias === undefined ? scaled : scaled.add(bias);
  }

  override describe(): string {
    return `${super.describe()} ${this.inFeatures} → ${this.outFeatures}`;
  }
}

export interface GcnNormOptions {
  /** A weight for each edge. Default 1. */
  weights?: Tensor;
  /** Whether nodes without an edge to themselves get one of weight 1. Default true. */
  addSelfLoops?: boolean;
  /** Whether these have weight 2. Default false. */
  improved?: boolean;
}

const normOptions: OptionNames<GcnNormOptions> = {
  weights: true,
  addSelfLoops: requireBoolean,
  improved: requireBoolean,
};

/**
 * The edges of D^−½ (A + I) D^−½ with their weights, for layers with `normalize: false`: of a graph that stays the same they are computed once, for all layers and
 * steps. One edge for each node is added, of weight 0 where it has one to itself.
 *
 * Shape: edges int32 [2, edges] of a graph of so many nodes → `edges` int32 [2, edges + nodes], `weights` float32 [edges + nodes], also for weights of
 * float16, since degrees are sums; without self-loops as many as before.
 *
 * Throws as {@link GCNConv}.
 *
 * ```ts
 * const { edges, weights } = gcnNorm(tensor([[0, 1], [1, 0]], { dtype: 'int32' }), 2);
 * const layer = new GCNConv(4, 2, { normalize: false });
 * layer.forward(ones([2, 4]), edges, weights).shape;  // [2, 2]
 * await weights.toArray(); // [0.5, 0.5, 0.5, 0.5]
 * ```
 */
export function gcnNorm(
  edges: Tensor,
  nodes: number,
  options: GcnNormOptions = {},
): { readonly edges: Tensor; readonly weights: Tensor } {
  requireInteger('gcnNorm', 'the number of nodes', nodes, 0);
  checkOptions('gcnNorm', options, normOptions);
  const { weights, addSelfLoops = true, improved = false } = options;
  const list = edgesOf('gcnNorm', edges, nodes);
  if (weights !== undefined) requireEdgeWeights('gcnNorm', weights, list.count);
  const loops = addSelfLoops ? missingLoops(list, nodes, improved) : undefined;
  const given = weights?.to('float32');
  const roots = inverseRoots(list, nodes, given, loops);
  const factors = rowsAt(roots, list.sources).mul(rowsAt(roots, list.targets));
  const own = given === undefined ? factors : factors.mul(given);
  if (loops === undefined) return { edges, weights: own };
  const numbers = arange(nodes).to('int32');
  return {
    edges: concat([edges, stack([numbers, numbers])], 1),
    weights: concat([own, loops.mul(roots).mul(roots)]),
  };
}
