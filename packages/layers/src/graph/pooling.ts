/** From nodes to graphs. */
import { ArgumentError, segmentSoftmax, segmentSum, ShapeError, zeros, type Tensor } from '@hebb/tensor';
import { requireInteger, requireTensor } from '@hebb/tensor/arguments';
import { Module, requireModule } from '../module/module.ts';
import { aggregate, requireAggregation, type Aggregation } from './aggregate.ts';
import { nodesOf } from './edges.ts';

interface Membership {
  /** int32 [nodes]. */
  readonly graph: Tensor;
  readonly count: number;
}

/** To which of `count` graphs each node belongs; without ids all are one. */
function membershipOf(layer: string, x: Tensor, graph: Tensor | undefined, count: number | undefined): Membership {
  const nodes = nodesOf(layer, x);
  if (graph === undefined) return { graph: zeros([nodes], { dtype: 'int32' }), count: count ?? 1 };
  requireTensor(layer, 'graph', graph);
  if (graph.ndim !== 1 || graph.shape[0] !== nodes)
    throw new ShapeError(`[${layer}] takes the number of its graph for each node, int32 [${nodes}], not ${graph}.`);
  if (count === undefined)
    throw new ArgumentError(`[${layer}] takes the number of graphs as the third input.`, {
      hint: 'joinGraphs gives it as count; of a GraphDataset it is offsets.shape[0] - 1. For a file of any number of graphs export a function of x, edges, graph and offsets that says so.',
    });
  requireInteger(layer, 'the number of graphs', count, 0);
  return { graph, count };
}

/**
 * Σ, mean or largest of the nodes of each graph, feature by feature; 0 for a graph without nodes.
 *
 * Shape: x [nodes, features], graph int32 [nodes], the graph of each node in any order, and how many graphs there are → [graphs, features]. Without the last two all nodes are of one
 * graph, [1, features]. Of a batch of a `GraphDataset` there are `offsets.shape[0] - 1`, one more where it is padded.
 *
 * Throws {@link ShapeError} where there is not one id a node, {@link ArgumentError} for an id outside, where ids are known on the host.
 *
 * ```ts
 * const graph = tensor([0, 0, 1], { dtype: 'int32' });
 * await new GraphPool('mean').forward(tensor([[1], [3], [5]]), graph, 2).toArray();  // [[2], [5]]
 * ```
 */
export class GraphPool extends Module<[x: Tensor, graph?: Tensor, count?: number]> {
  static override readonly type: string = 'GraphPool';
  static override readonly positional: readonly string[] = ['aggregation'];

  readonly aggregation: Aggregation;

  constructor(aggregation: Aggregation) {
    super();
    requireAggregation('GraphPool', 'aggregation', aggregation);
    this.aggregation = aggregation;
  }

  forward(x: Tensor, graph?: Tensor, count?: number): Tensor {
    const of = membershipOf('GraphPool', x, graph, count);
    return aggregate(this.aggregation, x, of.graph, of.count);
  }

  override describe(): string {
    return `${super.describe()} ${this.aggregation}`;
  }
}

/**
 * Attention over the nodes of each graph (Li et al. 2016, arXiv:1511.05493): Σ softmax(g(x)) · h(x), with the module g, `gate_nn`, that gives one score a node (or one for each feature)
 * and the module h, `nn`; without it h(x) = x. 0 for a graph without nodes.
 *
 * Shape: as of {@link GraphPool}, with the features of h(x). Parameters, with the names of PyTorch Geometric: those of `gate_nn` and `nn`.
 *
 * Throws as {@link GraphPool}, and {@link ShapeError} where g gives another number of scores.
 *
 * ```ts
 * const pool = new GraphAttentionPool(new Linear(4, 1), new Linear(4, 8));
 * pool.forward(ones([3, 4]), tensor([0, 1, 1], { dtype: 'int32' }), 2).shape;  // [2, 8]
 * ```
 */
export class GraphAttentionPool extends Module<[x: Tensor, graph?: Tensor, count?: number]> {
  static override readonly type: string = 'GraphAttentionPool';
  static override readonly positional: readonly string[] = ['gate_nn', 'nn'];

  readonly gate_nn: Module<[x: Tensor]>;
  readonly nn: Module<[x: Tensor]> | undefined;

  constructor(gate: Module<[x: Tensor]>, nn?: Module<[x: Tensor]>) {
    super();
    requireModule('GraphAttentionPool', 'the gate', gate);
    if (nn !== undefined) requireModule('GraphAttentionPool', 'nn', nn);
    this.gate_nn = gate;
    this.nn = nn;
  }

  forward(x: Tensor, graph?: Tensor, count?: number): Tensor {
    const of = membershipOf('GraphAttentionPool', x, graph, count);
    const scores = this.gate_nn.forward(x);
    const values = this.nn === undefined ? x : this.nn.forward(x);
    const width = scores.shape[1];
    if (scores.ndim !== 2 || (width !== 1 && width !== values.shape[1]))
      throw new ShapeError(
        `[GraphAttentionPool] ${this.gate_nn.describe()} gives one score a node, or one for each feature; it gave ${scores} beside ${values}.`,
      );
    return segmentSum(segmentSoftmax(scores, of.graph, of.count).mul(values), of.graph, of.count);
  }
}
