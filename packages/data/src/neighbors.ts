/** Parts of a graph that does not fit: some nodes, and a sample of those that they depend on. */
import {
  requireArray,
  requireInteger,
  requireObject,
  requireOptions,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { NumericArray } from './arrays.ts';
import { requireIndices } from './dataset.ts';
import { edgesIn, type EdgeArray, type EdgeList } from './edges.ts';
import { Random } from './random.ts';

export interface NeighborSamplerOptions {
  /** How many nodes the graph has, up to 2²⁷. */
  nodes: number;
  /** How many edges are taken at most that lead to a node, layer by layer: first those to the nodes asked for, then those to their neighbours, …; Infinity for all. GraphSAGE has [25, 10]. */
  fanOuts: readonly number[];
  /** Pads nodes and edges to multiples of these, so that few shapes occur, each of which is compiled once; see {@link SampledGraph}. Default: no padding. */
  pad?: { readonly nodes: number; readonly edges: number };
}

const samplerOptions: OptionNames<NeighborSamplerOptions> = {
  nodes: true,
  fanOuts: true,
  pad(where, name, value) {
    requireObject(where, name, value);
    const { nodes, edges } = value as { nodes: unknown; edges: unknown };
    requireInteger(where, 'pad.nodes', nodes, 1);
    requireInteger(where, 'pad.edges', edges, 1);
  },
};

/** A part of a graph, its nodes counted anew from 0. With padding there is at least one node more; padding edges lead from the last node to itself, and padding nodes stand for node 0. */
export interface SampledGraph {
  /** int32 of shape [nodes]: their numbers in the whole graph, those that were asked for first. */
  readonly nodes: NumericArray<Int32Array>;
  /** int32 of shape [2, edges]: sources and targets by the new numbers. */
  readonly edges: NumericArray<Int32Array>;
  /** int32 of shape [edges]: the positions of these edges in the whole graph; −1 for padding. */
  readonly edgeIds: NumericArray<Int32Array>;
  /** int32 of shape [asked]: where each node that was asked for stands in `nodes`. */
  readonly seeds: NumericArray<Int32Array>;
}

/**
 * Samples of neighbours (Hamilton, Ying & Leskovec 2017, arXiv:1706.02216): what a network of as many layers as there are fan-outs makes of some nodes depends on the edges that lead to them, on those that lead to the nodes where these begin, and so on. Of each node's edges
 * at most the fan-out is drawn, without replacement. Where no node has more, the rows of the nodes asked for are those of the whole graph (of layers that look at what reaches a node alone: GraphSAGE, GAT, GIN; a GCN needs the weights of `gcnNorm` of the whole graph).
 *
 * ```ts
 * import { ArrayDataset, DataLoader, NeighborSampler, Random } from '@hebb/data';
 *
 * const edges = Int32Array.of(0, 1, 2, 3, 4, 1, 2, 3, 4, 0); // a ring: 0 → 1 → 2 → 3 → 4 → 0
 * const sampler = new NeighborSampler(edges, { nodes: 5, fanOuts: [10, 10] });
 * const part = sampler.sample([3], new Random(0));
 * part.nodes.data; // Int32Array [3, 2, 1]
 * part.edges.data; // Int32Array [1, 2, 0, 1]
 *
 * const train = new ArrayDataset({ node: { data: Int32Array.of(0, 1, 2, 3, 4), shape: [] } });
 * const loader = new DataLoader(train, {
 *   batchSize: 2,
 *   shuffle: true,
 *   transform: ({ node }, { random }) => ({ ...sampler.sample(node.data, random) }),
 * });
 * ```
 */
export class NeighborSampler {
  readonly nodes: number;
  readonly fanOuts: readonly number[];
  readonly #pad: { readonly nodes: number; readonly edges: number } | undefined;
  readonly #sources: EdgeArray;
  /** Edges to node i are `#order` from `#first[i]` to below `#first[i + 1]`, in their order. */
  readonly #first: Int32Array;
  readonly #order: Int32Array;

  /**
   * @param list edges [2, edges]: an Int32Array row by row, the same with its shape, or an int32 tensor whose values are on the host
   * @throws DataError naming the first edge that leads to no node, and for a tensor that is still to be computed; ArgumentError for options out of range
   */
  constructor(list: EdgeList, options: NeighborSamplerOptions) {
    const where = 'NeighborSampler';
    requireOptions(where, options, samplerOptions);
    const { nodes, fanOuts, pad } = options;
    requireInteger(where, 'nodes', nodes, 1, 2 ** 27);
    requireArray(where, 'fanOuts', fanOuts);
    if (fanOuts.length === 0) throw wrongArgument(where, 'fanOuts', 'one number for each layer', fanOuts);
    fanOuts.forEach((fanOut, i) => {
      if (fanOut !== Infinity) requireInteger(where, `fanOuts[${i}]`, fanOut, 0);
    });
    const edges = edgesIn(where, list, nodes);
    const count = edges.length / 2;
    this.nodes = nodes;
    this.fanOuts = [...fanOuts];
    this.#pad = pad;
    this.#sources = edges.slice(0, count);
    this.#first = new Int32Array(nodes + 1);
    const targets = edges.subarray(count);
    for (const target of targets) this.#first[target + 1] = (this.#first[target + 1] ?? 0) + 1;
    for (let i = 0; i < nodes; i++) this.#first[i + 1] = (this.#first[i + 1] ?? 0) + (this.#first[i] ?? 0);
    this.#order = new Int32Array(count);
    const next = this.#first.slice(0, nodes);
    targets.forEach((target, edge) => {
      const at = next[target] ?? 0;
      this.#order[at] = edge;
      next[target] = at + 1;
    });
  }

  /**
   * The nodes, and what a network makes them of. The same `random` gives the same sample.
   *
   * @throws DataError for a node that the graph does not have
   */
  sample(seeds: ArrayLike<number>, random: Random): SampledGraph {
    const where = 'NeighborSampler.sample';
    const asked = requireIndices(where, seeds, this.nodes);
    if (!(random instanceof Random)) throw wrongArgument(where, 'random', 'a Random, of a seed or of a loader', random);
    const seen = new Map<number, number>();
    const nodes: number[] = [];
    const place = (node: number): number => {
      const known = seen.get(node);
      if (known !== undefined) return known;
      seen.set(node, nodes.length);
      return nodes.push(node) - 1;
    };
    const positions = Int32Array.from(asked, place);
    const [from, to, ids]: [number[], number[], number[]] = [[], [], []];
    let begin = 0;
    for (const fanOut of this.fanOuts) {
      const end = nodes.length;
      for (let i = begin; i < end; i++) {
        for (const edge of this.#edgesTo(nodes[i] ?? 0, fanOut, random)) {
          from.push(place(this.#sources[edge] ?? 0));
          to.push(i);
          ids.push(edge);
        }
      }
      begin = end;
    }
    return this.#padded(nodes, from, to, ids, positions);
  }

  /** At most so many edges that lead to the node: all in their order, or a sample by a partial shuffle of theirs. */
  #edgesTo(node: number, fanOut: number, random: Random): Int32Array {
    const all = this.#order.subarray(this.#first[node], this.#first[node + 1]);
    if (all.length <= fanOut) return all;
    const edges = all.slice();
    for (let i = 0; i < fanOut; i++) {
      const j = i + random.integer(edges.length - i);
      const edge = edges[i] ?? 0;
      edges[i] = edges[j] ?? 0;
      edges[j] = edge;
    }
    return edges.subarray(0, fanOut);
  }

  #padded(nodes: number[], from: number[], to: number[], ids: number[], seeds: Int32Array): SampledGraph {
    const pad = this.#pad;
    const nodeCount = pad === undefined ? nodes.length : pad.nodes * Math.ceil((nodes.length + 1) / pad.nodes);
    const edgeCount = pad === undefined ? ids.length : pad.edges * Math.ceil(ids.length / pad.edges);
    const numbers = new Int32Array(nodeCount);
    numbers.set(nodes);
    const edges = new Int32Array(2 * edgeCount).fill(nodeCount - 1);
    edges.set(from);
    edges.set(to, edgeCount);
    const edgeIds = new Int32Array(edgeCount).fill(-1);
    edgeIds.set(ids);
    return {
      nodes: { data: numbers, shape: [nodeCount] },
      edges: { data: edges, shape: [2, edgeCount] },
      edgeIds: { data: edgeIds, shape: [edgeCount] },
      seeds: { data: seeds, shape: [seeds.length] },
    };
  }
}
