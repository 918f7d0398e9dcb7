import type { Tensor } from '@hebb/tensor';
import { typeNameOf } from '@hebb/tensor/arguments';
import { Module } from '../module/module.ts';
import { aggregate, requireAggregation, type Aggregation } from './aggregate.ts';
import { canonicalOrder, edgesOf, nodesOf, requireEdgeRows, rowsAt } from './edges.ts';

/** What a message is made of, a row for each edge. */
export interface Edges {
  /** Features of the node that the edge comes from. */
  readonly source: Tensor;
  /** Features of the node that it leads to. */
  readonly target: Tensor;
  /** Features of the edge itself, where the graph has them. */
  readonly edge: Tensor | undefined;
}

/**
 * Base of layers on graphs: y_i = update(x_i, aggregate of message(x_j, x_i, e_ji) over all edges from a j to i) (Gilmer et al. 2017, arXiv:1704.01212).
 * A subclass says what a message is, and perhaps the rest.
 *
 * Shape: x [nodes, features], edges int32 [2, edges] (sources, then targets), features of edges [edges, …] where the layer takes them → what `update`
 * makes of the aggregated messages, [nodes, …]. A node that no edge reaches gets 0; an edge that is listed twice counts twice. A graph may have no nodes and no edges.
 *
 * The order of the edges never changes a bit, of the result and of all gradients.
 *
 * Throws `DTypeError` and `ShapeError` for edges of another form, `ArgumentError` naming the first that leads to no node, where edges are known on the host; of computed
 * edges, those that come from nowhere bring NaN, and those that lead nowhere are left out.
 *
 * ```ts
 * class Difference extends MessagePassing {
 *   readonly linear = new Linear(2, 3);
 *   override message({ source, target }: Edges): Tensor { return this.linear.forward(source.sub(target)).relu(); }
 * }
 * const edges = tensor([[0, 1, 2], [1, 2, 0]], { dtype: 'int32' });
 * new Difference('max').forward(ones([3, 2]), edges).shape;  // [3, 3]
 * ```
 */
export abstract class MessagePassing extends Module<[x: Tensor, edges: Tensor, edgeFeatures?: Tensor]> {
  readonly aggregation: Aggregation;

  constructor(aggregation: Aggregation = 'sum') {
    super();
    requireAggregation('MessagePassing', 'aggregation', aggregation);
    this.aggregation = aggregation;
  }

  /** The message along each edge, [edges, …]. Default: the features of the source. */
  message({ source }: Edges): Tensor {
    return source;
  }

  /** What each of `count` nodes makes of the messages to it. Default: as the aggregation says, 0 where there are none. */
  aggregate(messages: Tensor, targets: Tensor, count: number): Tensor {
    return aggregate(this.aggregation, messages, targets, count);
  }

  /** The result, of the aggregated messages [nodes, …] and the nodes' own features. Default: the messages. */
  update(aggregated: Tensor, _x: Tensor): Tensor {
    return aggregated;
  }

  forward(x: Tensor, edges: Tensor, edgeFeatures?: Tensor): Tensor {
    const layer = typeNameOf(this);
    const nodes = nodesOf(layer, x);
    const list = edgesOf(layer, edges, nodes);
    if (edgeFeatures !== undefined) requireEdgeRows(layer, 'features', edgeFeatures, list.count);
    // Parameters that `message` applies to every edge get gradients that are sums over edges.
    const order = canonicalOrder(list, edgeFeatures);
    const [sources, targets] = [rowsAt(list.sources, order), rowsAt(list.targets, order)];
    const messages = this.message({
      source: rowsAt(x, sources),
      target: rowsAt(x, targets),
      edge: edgeFeatures && rowsAt(edgeFeatures, order),
    });
    return this.update(this.aggregate(messages, targets, nodes), x);
  }
}
