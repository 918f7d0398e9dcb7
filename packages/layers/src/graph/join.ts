import { ArgumentError, concat, ShapeError, tensor, type Tensor } from '@hebb/tensor';
import { checkOptions, requireArray, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import { edgesOf, nodesOf, requireEdgeRows } from './edges.ts';

/** A graph as tensors; `Graph` of `@hebb/data` is one as arrays. */
export interface GraphTensors {
  /** [nodes, features]. */
  readonly nodes: Tensor;
  /** int32 [2, edges]: sources, then targets. */
  readonly edges: Tensor;
  /** [edges, …]. All graphs have them, or none. */
  readonly edgeFeatures?: Tensor | undefined;
}

export interface JoinedGraphs extends GraphTensors {
  /** int32 [nodes]: the graph of each node. */
  readonly graph: Tensor;
  /** How many graphs there are. */
  readonly count: number;
}

const names: OptionNames<GraphTensors> = { nodes: requireTensor, edges: requireTensor, edgeFeatures: requireTensor };

/**
 * Graphs as one, whose unconnected parts they are: what a layer does to it, it does to each alone. `GraphDataset` of `@hebb/data` gives batches of the same form.
 *
 * Throws {@link ArgumentError} for none, and where some have features of edges and others not, {@link ShapeError} where features differ in number.
 *
 * ```ts
 * const one = { nodes: ones([2, 3]), edges: tensor([[0], [1]], { dtype: 'int32' }) };
 * const { nodes, edges, graph, count } = joinGraphs([one, one]);
 * [nodes.shape, count];  // [[4, 3], 2]
 * await edges.toArray();  // [[0, 2], [1, 3]]
 * await graph.toArray();  // [0, 0, 1, 1]
 * ```
 */
export function joinGraphs(graphs: readonly GraphTensors[]): JoinedGraphs {
  requireArray('joinGraphs', 'the graphs', graphs);
  const [first] = graphs;
  if (first === undefined) throw new ArgumentError('[joinGraphs] takes at least one graph.');
  let offset = 0;
  const parts = graphs.map((graph, i) => {
    checkOptions(`joinGraphs, graphs[${i}]`, graph, names);
    const { nodes, edges, edgeFeatures } = graph;
    const where = `joinGraphs, graphs[${i}]`;
    const count = nodesOf(where, nodes);
    const list = edgesOf(where, edges, count);
    if (nodes.shape[1] !== first.nodes.shape[1])
      throw new ShapeError(`[${where}] its nodes are ${nodes}, those of the first graph ${first.nodes}.`);
    if ((edgeFeatures === undefined) !== (first.edgeFeatures === undefined))
      throw new ArgumentError(`[${where}] all graphs have edgeFeatures, or none.`);
    if (edgeFeatures !== undefined) requireEdgeRows(where, 'features', edgeFeatures, list.count);
    const before = offset;
    offset += count;
    return { nodes, edges: edges.add(before), edgeFeatures, count };
  });
  const features = parts.flatMap(({ edgeFeatures }) => (edgeFeatures === undefined ? [] : [edgeFeatures]));
  return {
    nodes: concat(parts.map(({ nodes }) => nodes)),
    edges: concat(
      parts.map(({ edges }) => edges),
      1,
    ),
    ...(features.length === 0 ? {} : { edgeFeatures: concat(features) }),
    graph: tensor(Int32Array.from(parts.flatMap(({ count }, i) => new Array<number>(count).fill(i)))),
    count: graphs.length,
  };
}
