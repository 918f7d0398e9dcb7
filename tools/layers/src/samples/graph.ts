import * as api from '../../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../../packages/tensor/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { ids, of, ways, x } from '../sample.ts';

const nodes = x(['nodes', 3]);
const edges = ids([2, 'edges'], 'nodes');
const features = x(['edges', 2]);
const sizes = [
  { nodes: 4, edges: 7 },
  { nodes: 6, edges: 11 },
] as const;
/** Numbers of graphs for nodes, and rows for as many graphs as there are. */
const pooled = [nodes, ids(['nodes'], 'graphs'), x(['graphs', 1])];
const pool = {
  call: (layer: api.GraphPool | api.GraphAttentionPool, input: Tensor, graph?: Tensor, rows?: Tensor) =>
    layer.forward(input, graph, rows?.shape[0]).add(rows ?? 0),
  sizes: [
    { nodes: 4, graphs: 3 },
    { nodes: 7, graphs: 5 },
  ],
} as const;
const distances = x(['edges'], { low: 0.5 });
const small = { sizes };
/** Nodes of another kind, and edges to them. */
const others = x(['others', 2]);
const between = ids([2, 'edges'], 'others');
const kinds = {
  call: (layer: api.SAGEConv | api.GATConv | api.GATv2Conv, from: Tensor, to: Tensor, list: Tensor, more?: Tensor) =>
    layer.forward([from, to], list, more),
  sizes: [
    { nodes: 5, others: 4, edges: 7 },
    { nodes: 8, others: 6, edges: 11 },
  ],
} as const;

export const graph = {
  GCNConv: ways(
    of(() => new api.GCNConv(3, 2), [nodes, edges], 1, small),
    of(() => new api.GCNConv(3, 2, { bias: false }), [nodes, edges, distances], 1, small),
    of(() => new api.GCNConv(3, 2, { normalize: false }), [nodes, edges, distances], 1, small),
    of(() => new api.GCNConv(3, 2, { improved: true }), [nodes, edges], 1, small),
  ),
  GATConv: ways(
    of(() => new api.GATConv(3, 2, { heads: 2 }), [nodes, edges], 1, small),
    of(
      () => new api.GATConv(3, 2, { heads: 2, concat: false, edgeFeatures: 2, dropout: 0.5 }),
      [nodes, edges, features],
      1,
      small,
    ),
    of(
      () => new api.GATConv([3, 2], 2, { heads: 2, edgeFeatures: 2, addSelfLoops: false }),
      [nodes, others, between, features],
      1,
      kinds,
    ),
  ),
  GATv2Conv: ways(
    of(() => new api.GATv2Conv(3, 2, { heads: 2 }), [nodes, edges], 1, small),
    of(
      () => new api.GATv2Conv(3, 2, { shareWeights: true, edgeFeatures: 2, addSelfLoops: false }),
      [nodes, edges, features],
      1,
      small,
    ),
    of(() => new api.GATv2Conv([3, 2], 2, { addSelfLoops: false }), [nodes, others, between], 1, kinds),
  ),
  SAGEConv: ways(
    of(() => new api.SAGEConv(3, 2), [nodes, edges], 1, small),
    of(() => new api.SAGEConv(3, 4, { aggregation: 'max', normalize: true }), [nodes, edges], 1, small),
    of(() => new api.SAGEConv(3, 2, { aggregation: 'pool', rootWeight: false }), [nodes, edges], 1, small),
    of(() => new api.SAGEConv([3, 2], 2), [nodes, others, between], 1, kinds),
  ),
  GINConv: of(
    () => new api.GINConv(new api.Sequential(new api.Linear(3, 4), new api.Tanh()), { eps: 0.5, trainEps: true }),
    [nodes, edges],
    1,
    small,
  ),
  NNConv: of(() => new api.NNConv(3, 2, new api.Linear(2, 6)), [nodes, edges, features], 1, small),
  GraphPool: ways(
    of(() => new api.GraphPool('sum'), pooled, 'any', pool),
    of(() => new api.GraphPool('mean'), pooled, 'any', pool),
    of(() => new api.GraphPool('max'), pooled, 'any', pool),
    of(() => new api.GraphPool('softmax'), [nodes], 'any'),
  ),
  GraphAttentionPool: of(() => new api.GraphAttentionPool(new api.Linear(3, 1), new api.Linear(3, 1)), pooled, 1, pool),
} satisfies Partial<Samples>;
