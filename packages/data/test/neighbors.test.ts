/** Samples of neighbours, and splits of a graph's edges and nodes. */
import { describe, expect, it } from 'vitest';
import { ones, tensor, type Tensor } from '@hebb/tensor';
import { DataError, DataLoader, ArrayDataset, GraphDataset, NeighborSampler, negativeEdges, Random, splitEdges, splitPerClass, type EdgeList, type NumericArray } from '../src/index.ts'; // prettier-ignore

const count = 40;
const draw = new Random(11);
const list = Int32Array.from({ length: 2 * 200 }, () => draw.integer(count));
const columns = ({ data, shape }: NumericArray): string[] => {
  const size = shape[1] ?? 0;
  return Array.from({ length: size }, (_, k) => `${data[k]} ${data[size + k]}`);
};

describe('edges', () => {
  const nodes = 5;
  const flat = Int32Array.of(0, 1, 2, 3, 1, 2, 3, 4);
  const asTensor = (): Tensor => tensor(flat, { shape: [2, 4] });
  const uses: Readonly<Record<string, (edges: EdgeList) => unknown>> = {
    splitEdges: (edges) => splitEdges(edges, { nodes, validation: 0, test: 0.25, seed: 3 }),
    negativeEdges: (edges) => negativeEdges(edges, { nodes, count: 3 }),
    NeighborSampler: (edges) => new NeighborSampler(edges, { nodes, fanOuts: [1, 1] }).sample([4], new Random(0)),
    GraphDataset: (edges) => new GraphDataset([{ nodes: { data: new Float32Array(5), shape: [5, 1] }, edges }]).gather([0]), // prettier-ignore
  };
  it.each(Object.entries(uses))(
    'of %s may be a tensor on the host, also as a view, or values with their shape',
    (_, use) => {
      const expected = use(flat);
      // Edge by edge, as other libraries list them.
      const byEdge = tensor(Int32Array.of(0, 1, 1, 2, 2, 3, 3, 4), { shape: [4, 2] });
      for (const edges of [
        asTensor(),
        byEdge.transpose(0, 1),
        { data: flat, shape: [2, 4] },
        tensor(
          [
            [0, 1, 2, 3],
            [1, 2, 3, 4],
          ],
          { dtype: 'int32' },
        ),
      ])
        // prettier-ignore
        expect(use(edges)).toEqual(expected);
    },
  );

  it.each(Object.entries(uses))('of %s that are something else are refused with what to give', (name, use) => {
    const refused = (edges: unknown, message: RegExp): void => {
      let error: unknown;
      try {
        use(edges as EdgeList);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(DataError);
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain(`[${name}`);
    };
    const what = 'must be an Int32Array of shape \\[2, edges\\], or an int32 tensor of it, got ';
    refused(asTensor().add(1), /int32\[2,4\], whose values are not on the host[^]*await edges\.data\(\)/);
    refused(ones([2, 4]), new RegExp(`${what}.*float32\\[2,4\\]`));
    refused(tensor(flat), new RegExp(`${what}.*int32\\[8\\]`));
    refused(tensor(flat, { shape: [4, 2] }), new RegExp(`${what}.*int32\\[4,2\\]`));
    refused({ data: flat, shape: [4, 2] }, new RegExp(`${what}.*of shape \\[4,2\\]`));
    refused({ data: flat, shape: [2, 3] }, new RegExp(`${what}.*of shape \\[2,3\\]`));
    refused([0, 1], new RegExp(`${what}an array`));
    refused(tensor([[0], [7]], { dtype: 'int32' }), /edge 0 ends at node 7; the graph has 5 nodes/);
  });
});

describe('NeighborSampler', () => {
  it.each([
    [3, 2],
    [1, 4],
    [0, 5],
  ])('with fan-outs of %i and %i draws real edges, each once, and at most so many a node', (first, second) => {
    const sampler = new NeighborSampler(list, { nodes: count, fanOuts: [first, second] });
    const seeds = [5, 30, 12];
    for (let seed = 0; seed < 5; seed++) {
      const { nodes, edges, edgeIds, seeds: places } = sampler.sample(seeds, new Random(seed));
      expect([...nodes.data.subarray(0, 3)]).toEqual(seeds);
      expect([...places.data]).toEqual([0, 1, 2]);
      expect(new Set(nodes.data).size).toBe(nodes.data.length);
      expect(new Set(edgeIds.data).size).toBe(edgeIds.data.length);
      const size = edgeIds.data.length;
      const into = new Map<number, number>();
      edgeIds.data.forEach((edge, k) => {
        const [from, to] = [edges.data[k] ?? -1, edges.data[size + k] ?? -1];
        expect([nodes.data[from], nodes.data[to]]).toEqual([list[edge], list[200 + edge]]);
        into.set(to, (into.get(to) ?? 0) + 1);
      });
      const degree = (node: number): number => list.subarray(200).filter((target) => target === node).length;
      for (let i = 0; i < 3; i++) expect(into.get(i) ?? 0).toBe(Math.min(first, degree(nodes.data[i] ?? 0)));
      for (const [node, found] of into) expect(found).toBeLessThanOrEqual(node < 3 ? first : second);
    }
  });

  it('draws the same for the same random, others for another, and each neighbour as often', () => {
    const star = Int32Array.from({ length: 20 }, (_, i) => (i < 10 ? i + 1 : 0));
    const sampler = new NeighborSampler(star, { nodes: 11, fanOuts: [3] });
    const drawn = (seed: number): number[] => [...sampler.sample([0], new Random(seed)).edgeIds.data];
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 2000; seed++) for (const edge of drawn(seed)) counts[edge] = (counts[edge] ?? 0) + 1;
    // 600 each, standard deviation √(2000 · 0.3 · 0.7) = 20.5.
    for (const each of counts) expect(Math.abs(each - 600)).toBeLessThan(90);
  });

  it('pads to multiples, with at least one node that is nobody', () => {
    const sampler = new NeighborSampler(Int32Array.of(1, 0), { nodes: 3, fanOuts: [1], pad: { nodes: 2, edges: 4 } });
    const { nodes, edges, edgeIds } = sampler.sample([0], new Random(0));
    expect([...nodes.data]).toEqual([0, 1, 0, 0]);
    expect([...edges.data]).toEqual([1, 3, 3, 3, 0, 3, 3, 3]);
    expect([...edgeIds.data]).toEqual([0, -1, -1, -1]);
  });

  it('gives batches by a loader: others in every epoch, the same again for its seed', async () => {
    const sampler = new NeighborSampler(list, { nodes: count, fanOuts: [2, 2] });
    const nodes = new ArrayDataset({ node: { data: Int32Array.from({ length: count }, (_, i) => i), shape: [] } });
    const epoch = async (number: number): Promise<string> => {
      const loader = new DataLoader(nodes, {
        batchSize: 16,
        seed: 3,
        transform: ({ node }, { random }) => ({ ...sampler.sample(node.data, random) }),
      });
      const found: number[][] = [];
      for await (const { batch } of loader.batches({ epoch: number, batch: 0 })) found.push([...batch.edgeIds.data]);
      return JSON.stringify(found);
    };
    expect(await epoch(0)).toBe(await epoch(0));
    expect(await epoch(0)).not.toBe(await epoch(1));
  });

  it('says what is wrong', () => {
    const options = { nodes: 2, fanOuts: [1] };
    expect(() => new NeighborSampler(Int32Array.of(0, 2), options)).toThrow(
      'edge 0 ends at node 2; the graph has 2 nodes',
    );
    expect(() => new NeighborSampler(Int32Array.of(0, 1, 1), options)).toThrow(DataError);
    expect(() => new NeighborSampler(Int32Array.of(0, 1), { nodes: 2, fanOuts: [] })).toThrow(
      'one number for each layer',
    );
    expect(() => new NeighborSampler(Int32Array.of(0, 1), { nodes: 2, fanOuts: [1.5] })).toThrow('fanOuts[0]');
    const sampler = new NeighborSampler(Int32Array.of(0, 1), options);
    expect(() => sampler.sample([2], new Random(0))).toThrow('2');
    expect(() => sampler.sample([0], 3 as never)).toThrow('a Random');
    expect(sampler.sample([], new Random(0)).nodes.data).toHaveLength(0);
  });
});

describe('splitEdges', () => {
  const undirected = (pair: string): string => pair.split(' ').map(Number).sort((a, b) => a - b).join(' '); // prettier-ignore
  const known = new Set(
    columns({ data: list, shape: [2, 200] }).filter((pair) => pair.split(' ')[0] !== pair.split(' ')[1]).map(undirected), // prettier-ignore
  );

  it('has every edge in one part, none of the others in any, and goes over those of the training part alone', () => {
    const { edges, train, validation, test } = splitEdges(list, { nodes: count, validation: 0.1, test: 0.2, seed: 2 });
    const positives = [train, validation, test].flatMap(({ positive }) => columns(positive));
    expect(new Set(positives)).toEqual(known);
    expect(positives).toHaveLength(known.size);
    expect(validation.positive.shape[1]).toBe(Math.round(known.size * 0.1));
    expect(test.positive.shape[1]).toBe(Math.round(known.size * 0.2));
    const negatives = [train, validation, test].flatMap(({ negative }) => columns(negative));
    expect(negatives).toHaveLength(known.size);
    expect(new Set(negatives.map(undirected)).size).toBe(known.size);
    expect(negatives.filter((pair) => known.has(undirected(pair)))).toEqual([]);
    expect(new Set(columns(edges).map(undirected))).toEqual(new Set(columns(train.positive)));
    expect(edges.shape[1]).toBe(2 * (train.positive.shape[1] ?? 0));
  });

  it('is the same for its seed, another for another', () => {
    const of = (seed: number): string => columns(splitEdges(list, { nodes: count, seed }).test.positive).join();
    expect(of(1)).toBe(of(1));
    expect(of(1)).not.toBe(of(2));
  });

  it('of directed edges keeps their direction', () => {
    const ring = Int32Array.from({ length: 40 }, (_, i) => (i < 20 ? i : (i + 1) % 20));
    const { edges, test } = splitEdges(ring, { nodes: 20, undirected: false, validation: 0, test: 0.25 });
    expect([edges.shape, test.positive.shape]).toEqual([
      [2, 15],
      [2, 5],
    ]);
    for (const pair of columns(edges)) expect((Number(pair.split(' ')[0]) + 1) % 20).toBe(Number(pair.split(' ')[1]));
  });

  it('says where there is not enough', () => {
    const complete = Int32Array.of(0, 0, 1, 1, 2, 2);
    expect(() => splitEdges(complete, { nodes: 3 })).toThrow('0 pairs that are no edges, not 3');
    expect(() => splitEdges(Int32Array.of(0, 1), { nodes: 9, validation: 0.5, test: 0.5 })).toThrow('none is left');
  });
});

describe('negativeEdges', () => {
  it('are all there are, where all are asked for', () => {
    const path = Int32Array.of(0, 1, 2, 1, 2, 3);
    expect(columns(negativeEdges(path, { nodes: 4, count: 3 })).sort()).toEqual(['0 2', '0 3', '1 3']);
    expect(columns(negativeEdges(path, { nodes: 4, count: 9, undirected: false }))).toHaveLength(9);
  });

  it('are equally likely', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3000; seed++)
      for (const pair of columns(negativeEdges(Int32Array.of(0, 1), { nodes: 5, count: 1, seed })))
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
    // 3000 / 9, standard deviation 17.
    expect(counts.size).toBe(9);
    for (const each of counts.values()) expect(Math.abs(each - 333)).toBeLessThan(80);
  });
});

describe('splitPerClass', () => {
  const labels = Array.from({ length: 300 }, (_, i) => (i * i) % 3);

  it('has so many of each class, and all others in the test', () => {
    const { train, validation, test } = splitPerClass(labels, { train: 20, validation: 30, seed: 1 });
    const byClass = (part: Int32Array): number[] =>
      [0, 1].map((label) => [...part].filter((i) => labels[i] === label).length);
    expect(byClass(train)).toEqual([20, 20]);
    expect(byClass(validation)).toEqual([30, 30]);
    expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
    expect(splitPerClass(labels, { seed: 1 }).train).toEqual(train);
    expect(splitPerClass(labels, { seed: 2 }).train).not.toEqual(train);
  });

  it('says which class has too few', () => {
    expect(() => splitPerClass([0, 0, 1], { train: 1, validation: 1 })).toThrow('class 1 has 1 examples');
  });
});
