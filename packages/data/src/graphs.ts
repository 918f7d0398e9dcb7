/** Graphs of varying size, batched as one graph of unconnected parts. */
import { checkOptions, requireArray, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import {
  emptyLike,
  format,
  requireArray as requireNumericArray,
  sizeOf,
  type NumericArray,
  type TypedArray,
} from './arrays.ts';
import { ArrayDataset, requireIndices, type Batch, type Dataset, type Fields } from './dataset.ts';
import { edgesIn, type EdgeArray, type EdgeList } from './edges.ts';
import { DataError } from './errors.ts';
import { Subset } from './subset.ts';

/** One graph. */
export interface Graph {
  /** Features of its nodes, of shape [nodes, …]. */
  readonly nodes: NumericArray;
  /** Of shape [2, edges], row by row: first where each edge begins, then where it ends; nodes count from 0. An undirected edge stands there twice. May be an int32 tensor whose values are on the host. */
  readonly edges: EdgeList;
  /** Features of its edges, of shape [edges, …]. */
  readonly edgeFeatures?: NumericArray;
}

type KnownGraph = Graph & { readonly edges: EdgeArray };

/** Graphs as one: their nodes and edges one after the other, the numbers of nodes moved accordingly. */
export interface GraphArrays {
  /** [nodes of all, …] */
  readonly nodes: NumericArray;
  /** int32 of shape [2, edges of all] */
  readonly edges: NumericArray<Int32Array>;
  /** int32 of shape [nodes of all]: the graph of each node, from 0. */
  readonly graph: NumericArray<Int32Array>;
  /** int32 of shape [graphs + 1]: the first node of each graph, and the number of all nodes. */
  readonly offsets: NumericArray<Int32Array>;
}

/** {@link GraphArrays}, `edgeFeatures` [edges of all, …] where the graphs have them, with padding `nodeMask` and `edgeMask`, and the fields per graph. */
export type GraphBatch<F extends Fields = Record<never, never>> = {
  readonly [K in keyof GraphArrays]: GraphArrays[K];
} & Batch<F> &
  Readonly<Record<string, NumericArray>>;

export interface GraphDatasetOptions {
  /**
   * Pads the nodes of a batch to a multiple of `nodes`, its edges to one of `edges`, so that few shapes occur, each of which is compiled once. There is at least one padding
   * node; all are zeros and belong to one more graph (`graph` is the number of graphs), the padding edges lead from the last node to itself, and the bool fields `nodeMask`
   * and `edgeMask` are false for them. Default: no padding.
   */
  pad?: { readonly nodes: number; readonly edges: number };
}

const graphOptions: OptionNames<GraphDatasetOptions> = { pad: true };
const ownNames = ['nodes', 'edges', 'edgeFeatures', 'graph', 'offsets', 'nodeMask', 'edgeMask'];

/**
 * Graphs in memory. A batch is one graph, whose unconnected parts are the graphs: `nodes`, `edges` and `edgeFeatures` one after the other, with `graph`, which says for
 * each node to which graph it belongs (what pooling sums by), and `offsets`. What there is once per graph (targets) are fields as in an {@link ArrayDataset}.
 *
 * ```ts
 * import { GraphDataset } from '@hebb/data';
 *
 * const pair = { nodes: { data: Float32Array.of(1, 2), shape: [2, 1] }, edges: Int32Array.of(0, 1, 1, 0) };
 * const path = { nodes: { data: Float32Array.of(3, 4, 5), shape: [3, 1] }, edges: Int32Array.of(0, 1, 1, 2) };
 * const dataset = new GraphDataset([pair, path], { y: { data: Int32Array.of(0, 1), shape: [] } });
 * const { nodes, edges, graph, y } = dataset.gather([1, 0]);
 * nodes.data; // Float32Array [3, 4, 5, 1, 2]
 * edges.data; // Int32Array [0, 1, 3, 4, 1, 2, 4, 3]
 * graph.data; // Int32Array [0, 0, 0, 1, 1]
 * y.data; // Int32Array [1, 0]
 * ```
 */
export class GraphDataset<F extends Fields = Record<never, never>> implements Dataset<GraphBatch<F>> {
  readonly length: number;
  /** Everything of nodes and edges: their first axis counts these, and not graphs. */
  readonly unaligned: readonly string[] = ownNames;
  readonly #graphs: readonly KnownGraph[];
  readonly #fields: ArrayDataset<F> | undefined;
  readonly #pad: { readonly nodes: number; readonly edges: number } | undefined;

  /**
   * @throws DataError naming the graph whose edges lead to nodes that it does not have, or whose features have another shape than those of the first; for other numbers of
   *   examples in the fields
   */
  constructor(graphs: readonly Graph[], fields?: F, options: GraphDatasetOptions = {}) {
    const where = 'GraphDataset';
    requireArray(where, 'the graphs', graphs);
    checkOptions(where, options, graphOptions);
    if (graphs.length === 0) throw new DataError(`[${where}] expected at least one graph.`);
    const known = graphs.map((graph, i) => knownGraph(graph, i, graphs[0] ?? graph));
    const { pad } = options;
    if (pad !== undefined) {
      requireInteger(where, 'pad.nodes', pad?.nodes, 1);
      requireInteger(where, 'pad.edges', pad?.edges, 1);
    }
    this.#graphs = known;
    this.#fields = fields === undefined ? undefined : new ArrayDataset(fields);
    this.#pad = pad;
    this.length = graphs.length;
    if (this.#fields !== undefined && this.#fields.length !== graphs.length) {
      throw new DataError(
        `[${where}] the fields must hold one example for each graph, got ${this.#fields.length} for ${graphs.length} graphs.`,
      );
    }
    const taken = this.#fields?.names.find((name) => ownNames.includes(name));
    if (taken !== undefined)
      throw new DataError(`[${where}] a field cannot be named '${taken}': a batch has its own of that name.`);
  }

  gather(indices: ArrayLike<number>): GraphBatch<F> {
    const rows = requireIndices('GraphDataset.gather', indices, this.length);
    const graphs = [...rows].flatMap((row) => this.#graphs[row] ?? []);
    const nodeCount = graphs.reduce((sum, graph) => sum + nodesOf(graph), 0);
    const edgeCount = graphs.reduce((sum, graph) => sum + edgesOf(graph), 0);
    const pad = this.#pad;
    // One node more, for the padding edges to lead to.
    const allNodes = pad === undefined ? nodeCount : roundUp(nodeCount + 1, pad.nodes);
    const allEdges = pad === undefined ? edgeCount : roundUp(edgeCount, pad.edges);
    const graphOf = new Int32Array(allNodes).fill(graphs.length, nodeCount);
    const offsets = new Int32Array(graphs.length + 1);
    const edges = new Int32Array(2 * allEdges).fill(allNodes - 1);
    let node = 0;
    let edge = 0;
    graphs.forEach((graph, i) => {
      const count = edgesOf(graph);
      for (let k = 0; k < count; k++) {
        edges[edge + k] = node + (graph.edges[k] ?? 0);
        edges[allEdges + edge + k] = node + (graph.edges[count + k] ?? 0);
      }
      graphOf.fill(i, node, node + nodesOf(graph));
      offsets[i] = node;
      node += nodesOf(graph);
      edge += count;
    });
    offsets[graphs.length] = node;
    const features = graphs.flatMap(({ edgeFeatures }) => edgeFeatures ?? []);
    return {
      nodes: joined(
        graphs.map((graph) => graph.nodes),
        allNodes,
      ),
      edges: { data: edges, shape: [2, allEdges] },
      ...(features.length > 0 && { edgeFeatures: joined(features, allEdges) }),
      graph: { data: graphOf, shape: [allNodes] },
      offsets: { data: offsets, shape: [graphs.length + 1] },
      ...(pad !== undefined && { nodeMask: maskOf(nodeCount, allNodes), edgeMask: maskOf(edgeCount, allEdges) }),
      ...this.#fields?.gather(rows),
    } as unknown as GraphBatch<F>;
  }

  subset(indices: ArrayLike<number>): Subset<GraphBatch<F>> {
    return new Subset<GraphBatch<F>>(this, indices);
  }
}

function nodesOf({ nodes }: Graph): number {
  return nodes.shape[0] ?? 0;
}

function edgesOf({ edges }: KnownGraph): number {
  return edges.length / 2;
}

function roundUp(count: number, multiple: number): number {
  return multiple * Math.ceil(count / multiple);
}

function maskOf(count: number, length: number): NumericArray<Uint8Array> {
  return { data: new Uint8Array(length).fill(1, 0, count), shape: [length], dtype: 'bool' };
}

/** Arrays one after the other along their first axis, with zeros after them. */
function joined(arrays: readonly NumericArray[], length: number): NumericArray {
  const [first = { data: new Float32Array(0), shape: [0] }] = arrays;
  const shape = first.shape.slice(1);
  const data: TypedArray = emptyLike(first.data, length * sizeOf(shape));
  let at = 0;
  for (const array of arrays) {
    data.set(array.data, at);
    at += array.data.length;
  }
  return { ...first, data, shape: [length, ...shape] };
}

/** With its edges row by row, checked. */
function knownGraph(graph: Graph, i: number, first: Graph): KnownGraph {
  const place = `GraphDataset, graph ${i}`;
  const { nodes, edges, edgeFeatures } = Object(graph) as Partial<Graph>;
  requireNumericArray(`${place}, nodes`, nodes as NumericArray);
  if (nodes === undefined || nodes.shape.length === 0)
    throw new DataError(`[${place}] nodes must have the shape [nodes, …], got [].`);
  const list = edgesIn(place, edges, nodes.shape[0] ?? 0);
  const edgeCount = list.length / 2;
  if (edgeFeatures !== undefined) {
    requireNumericArray(`${place}, edgeFeatures`, edgeFeatures);
    if (edgeFeatures.shape[0] !== edgeCount) {
      throw new DataError(
        `[${place}] edgeFeatures of shape [${edgeFeatures.shape.join(', ')}] must have one row for each of the ${edgeCount} edges.`,
      );
    }
  }
  const kind = (array: NumericArray | undefined): string =>
    array === undefined ? 'none' : format({ ...array, shape: array.shape.slice(1) });
  for (const [name, own, other] of [
    ['nodes', nodes, first.nodes],
    ['edgeFeatures', edgeFeatures, first.edgeFeatures],
  ] as const) {
    if (kind(own) === kind(other)) continue;
    throw new DataError(
      `[${place}] ${name} have the features ${kind(own)}, those of graph 0 ${kind(other)}; all must be alike.`,
    );
  }
  return { ...graph, edges: list };
}
