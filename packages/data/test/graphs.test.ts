import { describe, expect, it } from 'vitest';
import { DataLoader, GraphDataset, mapDataset, Random, readField, type Graph } from '../src/index.ts';
import { read } from './support/read.ts';

const pair = {
  nodes: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
  edges: Int32Array.of(0, 1, 1, 0),
  edgeFeatures: { data: Float32Array.of(0.5, 0.6), shape: [2] },
} satisfies Graph;
const alone: Graph = {
  nodes: { data: Float32Array.of(5, 6), shape: [1, 2] },
  edges: new Uint32Array(0),
  edgeFeatures: { data: new Float32Array(0), shape: [0] },
};
const path: Graph = {
  nodes: { data: Float32Array.of(7, 8, 9, 10, 11, 12), shape: [3, 2] },
  edges: Int32Array.of(0, 1, 1, 2),
  edgeFeatures: { data: Float32Array.of(0.7, 0.8), shape: [2] },
};
const fields = { y: { data: Int32Array.of(3, 4, 5), shape: [] } };

describe('GraphDataset', () => {
  it('puts graphs into one, whose nodes and edges know where they belong', () => {
    const batch = new GraphDataset([pair, alone, path], fields).gather([2, 1, 0]);
    expect(batch).toEqual({
      nodes: { data: Float32Array.of(7, 8, 9, 10, 11, 12, 5, 6, 1, 2, 3, 4), shape: [6, 2] },
      edges: { data: Int32Array.of(0, 1, 4, 5, 1, 2, 5, 4), shape: [2, 4] },
      edgeFeatures: { data: Float32Array.of(0.7, 0.8, 0.5, 0.6), shape: [4] },
      graph: { data: Int32Array.of(0, 0, 0, 1, 2, 2), shape: [6] },
      offsets: { data: Int32Array.of(0, 3, 4, 6), shape: [4] },
      y: { data: Int32Array.of(5, 4, 3), shape: [3] },
    });
  });

  it('keeps every graph whole: what is done along its edges is what is done to it alone', () => {
    const random = new Random(5);
    const graphs = Array.from({ length: 40 }, () => {
      const count = 1 + random.integer(9);
      return {
        nodes: { data: Float32Array.from({ length: count }, () => random.float()), shape: [count] },
        edges: Int32Array.from({ length: 2 * random.integer(20) }, () => random.integer(count)),
      };
    });
    /** For each node the sum of the nodes from which edges lead to it. */
    const received = ({ nodes, edges }: { nodes: Graph['nodes']; edges: Int32Array | Uint32Array }): number[] => {
      const sums = new Array<number>(nodes.data.length).fill(0);
      const count = edges.length / 2;
      for (let k = 0; k < count; k++)
        sums[edges[count + k] ?? 0] = (sums[edges[count + k] ?? 0] ?? 0) + (nodes.data[edges[k] ?? 0] ?? 0);
      return sums;
    };
    const order = random.permutation(40);
    for (const pad of [undefined, { nodes: 64, edges: 128 }]) {
      const { nodes, edges, graph, offsets } = new GraphDataset(
        graphs,
        undefined,
        pad === undefined ? {} : { pad },
      ).gather(order);
      const whole = received({ nodes, edges: edges.data });
      order.forEach((index, i) => {
        const [from = 0, to = 0] = offsets.data.slice(i, i + 2);
        expect(whole.slice(from, to)).toEqual(received(graphs[index] ?? pair));
        expect(new Set(graph.data.slice(from, to))).toEqual(new Set([i]));
      });
      if (pad !== undefined) expect([nodes.data.length % 64, edges.shape[1] ?? 1].map((n) => n % 64)).toEqual([0, 0]);
    }
  });

  it('pads to few shapes, with one graph more for what is padding', () => {
    const batch = new GraphDataset([pair, alone, path], fields, { pad: { nodes: 4, edges: 3 } }).gather([0, 1]);
    expect(batch).toEqual({
      nodes: { data: Float32Array.of(1, 2, 3, 4, 5, 6, 0, 0), shape: [4, 2] },
      edges: { data: Int32Array.of(0, 1, 3, 1, 0, 3), shape: [2, 3] },
      edgeFeatures: { data: Float32Array.of(0.5, 0.6, 0), shape: [3] },
      graph: { data: Int32Array.of(0, 0, 1, 2), shape: [4] },
      offsets: { data: Int32Array.of(0, 2, 3), shape: [3] },
      nodeMask: { data: Uint8Array.of(1, 1, 1, 0), shape: [4], dtype: 'bool' },
      edgeMask: { data: Uint8Array.of(1, 1, 0), shape: [3], dtype: 'bool' },
      y: { data: Int32Array.of(3, 4), shape: [2] },
    });
    // Full without a padding node: there is one all the same.
    expect(
      new GraphDataset([path, alone], undefined, { pad: { nodes: 4, edges: 1 } }).gather([0, 1]).nodes.shape,
    ).toEqual([8, 2]);
  });

  it('goes through loaders, subsets and maps, counted by graphs', async () => {
    const dataset = new GraphDataset([pair, alone, path], fields);
    const batches = await read(new DataLoader(dataset.subset([2, 0]), { batchSize: 2 }));
    expect(batches.map(({ count }) => count)).toEqual([2]);
    expect(batches[0]?.batch).toEqual(dataset.gather([2, 0]));
    const renamed = mapDataset(dataset, ({ nodes, y }) => ({ x: nodes, y }), { unaligned: ['x'] });
    expect((await read(new DataLoader(renamed)))[0]?.batch.x.shape).toEqual([6, 2]);
    await expect(read(new DataLoader(mapDataset(dataset, ({ nodes }) => ({ x: nodes }))))).rejects.toThrow(
      /asked for 3 examples, and its field 'x' has the shape \[6, 2\][^]*unaligned/,
    );
    expect([...(await readField(dataset, 'y')).data]).toEqual([3, 4, 5]);
    const [tensors] = new DataLoader(dataset);
    expect(tensors?.edges.dtype).toBe('int32');
  });

  it('names the graph that does not fit', () => {
    const make =
      (graphs: unknown, ...rest: unknown[]): (() => unknown) =>
      () =>
        new GraphDataset(graphs as Graph[], ...(rest as []));
    for (const [given, message] of [
      [make([]), /at least one graph/],
      [make([pair, null]), /\[GraphDataset, graph 1, nodes\] expected \{ data/],
      [
        make([pair, { ...path, edges: [0, 1] }]),
        /graph 1\] edges must be an Int32Array of shape \[2, edges\], or an int32 tensor of it, got an array[^]*0 → 1/,
      ],
      [make([{ ...path, edges: Int32Array.of(0, 1, 2) }]), /got a.* Int32Array.* of 3 values/],
      [
        make([pair, { ...path, edges: Int32Array.of(0, 1, 1, 3) }]),
        /graph 1\] edge 1 ends at node 3; the graph has 3 nodes/,
      ],
      [make([pair, { ...path, edges: Int32Array.of(-1, 1, 1, 2) }]), /edge 0 begins at node -1/],
      [
        make([{ ...pair, edgeFeatures: { data: new Float32Array(3), shape: [3] } }]),
        /edgeFeatures of shape \[3\] must have one row for each of the 2 edges/,
      ],
      [
        make([pair, { nodes: path.nodes, edges: path.edges }]),
        /graph 1\] edgeFeatures have the features none, those of graph 0 float32\[\]/,
      ],
      [
        make([pair, { ...path, nodes: { data: new Float32Array(3), shape: [3] } }]),
        /graph 1\] nodes have the features float32\[\], those of graph 0 float32\[2\]/,
      ],
      [
        make([{ ...pair, nodes: { data: new Float32Array(1), shape: [] } }]),
        /nodes must have the shape \[nodes, …\], got \[\]/,
      ],
      [make([pair], { y: { data: new Int32Array(2), shape: [] } }), /one example for each graph, got 2 for 1 graphs/],
      [make([pair], { graph: { data: new Int32Array(1), shape: [] } }), /a field cannot be named 'graph'/],
      [make([pair], undefined, { pad: { nodes: 0, edges: 1 } }), /pad\.nodes/],
      [make([pair], undefined, { pad: 3 }), /pad\.nodes/],
    ] as const)
      expect(given).toThrow(message);
    expect(() => new GraphDataset([pair]).gather([1])).toThrow(/index 1 is not an integer from 0 to 0/);
  });
});
