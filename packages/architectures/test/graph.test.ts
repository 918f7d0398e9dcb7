/** Networks on graphs: as modules, beside PyTorch, with edges and nodes in other orders, and by samples of neighbours. */
import { valueAndGrad } from '../../autograd/src/index.ts';
import { GraphDataset, NeighborSampler, Random, toTensors, type NumericArray } from '../../data/src/index.ts';
import { gcnNorm, Linear, type Module } from '@hebb/layers';
import { minimize, SGD } from '../../optimizers/src/index.ts';
import { exportOnnx, verifyOnnx } from '../../onnx/src/index.ts';
import { ArgumentError, compile, DTypeError, indexSelect, manualSeed, randn, setDevice, ShapeError, tensor, where, zeros, type Tensor } from '@hebb/tensor'; // prettier-ignore
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GAT, GCN, GIN, GraphClassifier, GraphSAGE, LinkPredictor, type GraphEncoder } from '../src/index.ts';
import { graphTypes } from '../src/graph/types.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { ids, of, walk, ways, x, type Sample } from './support/walk.ts';

const nodes = x(['nodes', 3]);
const edges = ids([2, 'edges'], 'nodes');
const small = {
  sizes: [
    { nodes: 4, edges: 7 },
    { nodes: 6, edges: 11 },
  ],
} as const;
const withPairs = {
  sizes: [
    { nodes: 4, edges: 7, pairs: 3 },
    { nodes: 6, edges: 11, pairs: 8 },
  ],
} as const;
const network = (make: () => GraphEncoder): readonly Sample[] => of(make, [nodes, edges], 1, small);
const sizes = { inputs: 3, outputs: 2, hidden: 4, dropout: 0 };

describe('graph architectures', () => {
  walk(
    {
      GAT: network(() => new GAT({ ...sizes, hidden: 2, heads: 2, outputHeads: 2 })),
      GCN: ways(
        network(() => new GCN(sizes)),
        of(() => new GCN({ ...sizes, normalize: false }), [nodes, edges, x(['edges'], { low: 0.5 })], 1, small),
      ),
      GIN: ways(
        network(() => new GIN({ ...sizes, layers: 2, trainEps: true, batchNorm: false })),
        network(() => new GIN({ ...sizes, layers: 1, jumping: false })),
      ),
      GraphSAGE: ways(
        network(() => new GraphSAGE(sizes)),
        network(() => new GraphSAGE({ ...sizes, aggregation: 'pool', normalize: false })),
      ),
      GraphClassifier: ways(
        of(
          () => new GraphClassifier(new GCN(sizes), { head: { features: 2, classes: 3 }, dropout: 0 }),
          [nodes, edges, ids(['nodes'], 'graphs'), x(['graphs', 1])],
          1,
          {
            call: (model: GraphClassifier, given: Tensor, list: Tensor, graph?: Tensor, rows?: Tensor) =>
              model.forward(given, list, graph, rows?.shape[0]).add(rows ?? 0),
            sizes: [
              { nodes: 4, edges: 7, graphs: 3 },
              { nodes: 6, edges: 11, graphs: 5 },
            ],
          },
        ),
        network(() => new GraphClassifier(new GIN({ ...sizes, layers: 1, batchNorm: false }), { pooling: 'sum' })),
      ),
      LinkPredictor: ways(
        of(() => new LinkPredictor(new GCN(sizes)), [nodes, edges, ids([2, 'pairs'], 'nodes')], 1, withPairs),
        of(() => new LinkPredictor(new GCN(sizes), { decoder: 'mlp', features: 2 }), [nodes, edges, ids([2, 'pairs'], 'nodes')], 1, withPairs), // prettier-ignore
      ),
    },
    graphTypes,
  );
});

compareWithGoldens('graph');

const int = (values: ArrayLike<number>, shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape, dtype: 'int32' });

/** A graph without pattern: 24 nodes, 90 edges; nothing reaches the last two nodes, and nothing begins there. */
const count = 24;
const random = new Random(4);
const list = Int32Array.from({ length: 180 }, () => random.integer(count - 2));
const wide = { inputs: 5, outputs: 3, hidden: 8 };
const networks: readonly (readonly [string, () => GraphEncoder])[] = [
  ['GCN', () => new GCN(wide)],
  ['GraphSAGE', () => new GraphSAGE({ ...wide, dropout: 0.2 })],
  ['GraphSAGE, max', () => new GraphSAGE({ ...wide, aggregation: 'max' })],
  ['GAT', () => new GAT({ ...wide, hidden: 4, heads: 2 })],
  ['GIN', () => new GIN({ ...wide, layers: 3 })],
];

const permuteColumns = (edges: Int32Array, order: ArrayLike<number>): Int32Array =>
  Int32Array.from(edges, (_, i) => {
    const size = edges.length / 2;
    return edges[(i < size ? 0 : size) + (order[i % size] ?? 0)] ?? 0;
  });

describe.each(networks)('%s', (_name, make) => {
  beforeAll(() => setDevice('wasm'));
  beforeEach(() => manualSeed(6));

  it('gives the same bits, and all gradients the same bits, for edges in another order', async () => {
    const model = make().eval();
    const features = randn([count, 5]);
    const of = async (edges: Int32Array): Promise<unknown[]> => {
      const { value, grads } = valueAndGrad(
        () => model.forward(features, int(edges, [2, 90])).square().sum(), // prettier-ignore
        model.namedParameters(),
      );
      const all = [model.forward(features, int(edges, [2, 90])), value, ...grads.values()];
      return Promise.all(all.map(async (each) => [...(await each.data())]));
    };
    const expected = await of(list);
    for (const seed of [1, 2])
      expect(await of(permuteColumns(list, new Random(seed).permutation(90)))).toEqual(expected);
  });

  it('gives NaN for a node of NaN and for those to which edges lead from it, and the same bits for all others', async () => {
    const model = make().eval();
    const features = randn([count, 5]);
    // Two parts: a path of six from node 0 on, and what is left of the other edges.
    const path = [0, 1, 2, 3, 4];
    const others = Array.from({ length: 90 }, (_, k) => [list[k] ?? 0, list[90 + k] ?? 0] as const).filter(([a, b]) => a > 5 && b > 5); // prettier-ignore
    const edges = int([...path, ...others.map(([a]) => a), ...path.map((i) => i + 1), ...others.map(([, b]) => b)], [2, 5 + others.length]); // prettier-ignore
    const odd = where(
      tensor(
        Array.from({ length: count }, (_, i) => [i === 0]),
        { dtype: 'bool' },
      ),
      NaN,
      features,
    );
    const rows = async (x: Tensor): Promise<number[][]> => (await model.forward(x, edges).toArray()) as number[][];
    const [before, after] = [await rows(features), await rows(odd)];
    // As many edges far as there are layers.
    const far = (model as unknown as { readonly convs: readonly unknown[] }).convs.length;
    after.forEach((row, node) => {
      if (node <= far) expect(row.some(Number.isNaN), `node ${node}`).toBe(true);
      else expect(row, `node ${node}`).toEqual(before[node]);
    });
  });

  it('is moved to NaN by a step with a node of NaN, also where the loss does not ask for it', async () => {
    const model = make().eval();
    const features = where(tensor(Array.from({ length: count }, (_, i) => [i === count - 1]), { dtype: 'bool' }), NaN, randn([count, 5])); // prettier-ignore
    const asked = int([0, 1, 2]);
    const step = (): Tensor => minimize(new SGD(model, { learningRate: 0.1 }), () => indexSelect(model.forward(features, int(list, [2, 90])), 0, asked).square().mean()); // prettier-ignore
    expect(await step().item()).toBeGreaterThan(0);
    expect(await step().item()).toBeNaN();
  });

  it('gives permuted rows for permuted nodes', async () => {
    const model = make().eval();
    const features = randn([count, 5]);
    const order = new Random(9).permutation(count);
    const placeOf = new Int32Array(count);
    order.forEach((node, place) => (placeOf[node] = place));
    const moved = model.forward(indexSelect(features, 0, int(order)), int(list.map((node) => placeOf[node] ?? 0), [2, 90])); // prettier-ignore
    const expected = indexSelect(model.forward(features, int(list, [2, 90])), 0, int(order));
    expect(await moved.sub(expected).abs().max().item()).toBeLessThan(1e-5);
  });

  it('a node without edges depends on itself alone, a graph may have no edges and no nodes', async () => {
    const model = make().eval();
    const features = randn([count, 5]);
    const whole = model.forward(features, int(list, [2, 90]));
    const alone = model.forward(features.narrow(0, count - 1, 1), zeros([2, 0], { dtype: 'int32' }));
    expect(await whole.narrow(0, count - 1, 1).sub(alone).abs().max().item()).toBeLessThan(1e-6); // prettier-ignore
    expect(Array.from(await alone.data(), Number).every(Number.isFinite)).toBe(true);
    expect(model.forward(zeros([0, 5]), zeros([2, 0], { dtype: 'int32' })).shape).toEqual([0, 3]);
  });

  it('says where an edge leads to no node, and what edges and features are', () => {
    const model = make();
    expect(() => model.forward(zeros([3, 5]), int([0, 3], [2, 1]))).toThrow(ArgumentError);
    expect(() => model.forward(zeros([3, 5]), int([0, 3], [2, 1]))).toThrow('3');
    expect(() => model.forward(zeros([3, 5]), int([-1, 1], [2, 1]))).toThrow('-1');
    expect(() => model.forward(zeros([3, 5]), zeros([2, 1]))).toThrow(DTypeError);
    expect(() => model.forward(zeros([3, 5]), zeros([4, 2], { dtype: 'int32' }))).toThrow(ShapeError);
    expect(() => model.forward(zeros([3, 4]), int([0, 1], [2, 1]))).toThrow(ShapeError);
  });

  it('a batch of graphs gives what each gives alone, padded or not', async () => {
    const model = new GraphClassifier(make(), { pooling: 'mean' }).eval();
    const graphs = [3, 1, 6].map((size, i) => ({
      nodes: { data: Float32Array.from({ length: 5 * size }, (_, k) => Math.sin(k * (i + 2))), shape: [size, 5] },
      edges: Int32Array.from({ length: size === 1 ? 0 : 4 * size }, (_, k) => (k * k + i) % size),
    }));
    const read = async (given: {
      nodes: NumericArray;
      edges: NumericArray;
      graph: NumericArray;
      offsets: NumericArray;
    }) => {
      // prettier-ignore
      const batch = toTensors(given);
      const graphCount = (given.offsets.shape[0] ?? 1) - 1;
      const isPadded = given.nodes.shape[0] !== 10;
      return model.forward(batch.nodes, batch.edges, batch.graph, graphCount + Number(isPadded)).narrow(0, 0, graphCount).toArray() as Promise<number[][]>; // prettier-ignore
    };
    const together = await read(new GraphDataset(graphs).gather([0, 1, 2]));
    const padded = await read(new GraphDataset(graphs, undefined, { pad: { nodes: 16, edges: 64 } }).gather([0, 1, 2]));
    for (const [i, { nodes: own, edges: between }] of graphs.entries()) {
      const { size } = model.forward(zeros([1, 5]), zeros([2, 0], { dtype: 'int32' }));
      const [alone] = (await model.forward(tensor(own.data, { shape: own.shape }), int(between, [2, between.length / 2])).toArray()) as number[][]; // prettier-ignore
      for (let k = 0; k < size; k++) {
        expect(together[i]?.[k]).toBeCloseTo(alone?.[k] ?? NaN, 5);
        expect(padded[i]?.[k]).toBeCloseTo(alone?.[k] ?? NaN, 5);
      }
    }
  });
});

describe('samples of neighbours', () => {
  beforeAll(() => {
    setDevice('wasm');
    manualSeed(6);
  });

  const asked = [3, 17, 3, count - 1];

  it.each([
    ['GraphSAGE', () => new GraphSAGE(wide), 2, undefined],
    ['GraphSAGE of three layers', () => new GraphSAGE({ ...wide, layers: 3 }), 3, undefined],
    ['GAT', () => new GAT({ ...wide, hidden: 4, heads: 2 }), 2, undefined],
    ['GIN, padded', () => new GIN({ ...wide, layers: 2 }), 2, { nodes: 64, edges: 128 }],
  ] as const)('%s: fan-outs above all degrees give what the whole graph gives', async (_name, make, layers, pad) => {
    const model: GraphEncoder = make().eval();
    const features = randn([count, 5]);
    const expected = indexSelect(model.forward(features, int(list, [2, 90])), 0, int(asked));
    const sampler = new NeighborSampler(list, { nodes: count, fanOuts: new Array<number>(layers).fill(90), ...(pad && { pad }) }); // prettier-ignore
    const part = toTensors({ ...sampler.sample(asked, new Random(1)) });
    const rows = model.forward(indexSelect(features, 0, part.nodes), part.edges);
    const found = indexSelect(rows, 0, part.seeds);
    expect(await found.sub(expected).abs().max().item()).toBeLessThan(1e-5);
  });

  it('a GCN by the weights of the whole graph gives what the whole graph gives', async () => {
    const model = new GCN({ ...wide, normalize: false }).eval();
    const features = randn([count, 5]);
    const normed = gcnNorm(int(list, [2, 90]), count);
    const [edgesOf, weights] = [Int32Array.from(await normed.edges.data(), Number), normed.weights];
    const expected = indexSelect(model.forward(features, normed.edges, weights), 0, int(asked));
    const part = new NeighborSampler(edgesOf, { nodes: count, fanOuts: [Infinity, Infinity] }).sample(
      asked,
      new Random(1),
    );
    const given = toTensors({ ...part });
    const rows = model.forward(indexSelect(features, 0, given.nodes), given.edges, indexSelect(weights, 0, given.edgeIds)); // prettier-ignore
    expect(await indexSelect(rows, 0, given.seeds).sub(expected).abs().max().item()).toBeLessThan(1e-5); // prettier-ignore
  });
});

it('a file of graphs may have any number of them, as the hint says', async () => {
  const model = new GraphClassifier(new GCN({ inputs: 3, outputs: 2 })).eval();
  const shapes = { x: ['nodes', 3], edges: { shape: [2, 'edges'], dtype: 'int32' }, graph: { shape: ['nodes'], dtype: 'int32' } } as const; // prettier-ignore
  const told =
    /number of graphs[^]*\n {2}hint: joinGraphs[^]*export a function of x, edges, graph and offsets that says so\.$/;
  await expect(exportOnnx(model, { inputs: shapes })).rejects.toThrow(told);
  const whole = (x: Tensor, edges: Tensor, graph: Tensor, offsets: Tensor): Tensor =>
    model.forward(x, edges, graph, (offsets.shape[0] ?? 1) - 1);
  const bytes = await exportOnnx(whole, { inputs: { ...shapes, offsets: { shape: ['offsets'], dtype: 'int32' } } });
  for (const offsets of [
    [0, 2, 5],
    [0, 5],
    [0, 1, 1, 5],
  ]) {
    // prettier-ignore
    const graph = offsets.slice(1).flatMap((end, i) => new Array<number>(end - (offsets[i] ?? 0)).fill(i));
    const given = { x: randn([5, 3]), edges: tensor([[0, 1, 3], [1, 0, 4]], { dtype: 'int32' }), graph: tensor(graph, { dtype: 'int32' }), offsets: tensor(offsets, { dtype: 'int32' }) }; // prettier-ignore
    expect((await verifyOnnx(bytes, whole, given, { batchSize: Infinity })).ok).toBe(true);
  }
});

describe('links', () => {
  beforeAll(() => setDevice('wasm'));

  it.each<[string, () => LinkPredictor]>([
    ['dot', () => new LinkPredictor(new GCN(wide))],
    ['mlp', () => new LinkPredictor(new GCN(wide), { decoder: 'mlp', features: 3, hidden: 4 })],
  ])('%s: a pair and its reverse have the same logit', async (_name, make) => {
    const model = make().eval();
    const features = randn([count, 5]);
    const logits = async (pairs: readonly number[]): Promise<unknown> =>
      await model.forward(features, int(list, [2, 90]), int(pairs, [2, 3])).toArray();
    expect(await logits([1, 4, 5, 9, 0, 5])).toEqual(await logits([9, 0, 5, 1, 4, 5]));
  });

  it.each<[string, () => GraphEncoder]>([
    ['GCN', () => new GCN(sizes)],
    ['GAT', () => new GAT({ ...sizes, heads: 1 })],
    ['GIN', () => new GIN(sizes)],
    ['GraphSAGE', () => new GraphSAGE(sizes)],
  ])('%s refuses edges that lead to no node in every call of a compiled function', async (_name, make) => {
    const model = make().eval();
    const forward = compile((features: Tensor, list: Tensor) => model.forward(features, list));
    const list = (...nodesOf: number[]): Tensor => tensor(nodesOf, { dtype: 'int32', shape: [2, nodesOf.length / 2] });
    const features = randn([3, 3]);
    expect((await forward(features, list(0, 1, 1, 2)).data()).every(Number.isFinite)).toBe(true);
    expect(() => forward(features, list(0, 9, 1, 2))).toThrow(
      /edges\[0\]\[1\] is 9, which is no position here: there are 0 to 2/,
    );
    expect((await forward(features, list(2, 1, 1, 2)).data()).every(Number.isFinite)).toBe(true);
  });

  it('says what is wrong with pairs and options', () => {
    const model = new LinkPredictor(new GCN(wide));
    const given = (pairs: Tensor) => () => model.forward(zeros([3, 5]), int([0, 1], [2, 1]), pairs);
    expect(given(zeros([2, 1]))).toThrow(DTypeError);
    expect(given(int([0, 1, 2], [3, 1]))).toThrow('pairs are [2, pairs]');
    expect(given(int([0, 3], [2, 1]))).toThrow(ArgumentError);
    expect(() => new LinkPredictor(new GCN(wide), { decoder: 'mlp' })).toThrow('features');
    // What the encoder gives is not what the options say.
    const line = int([0, 1], [2, 1]);
    const [outputs, x] = [wide.outputs, zeros([3, wide.inputs])];
    const other = new LinkPredictor(new GCN(wide), { decoder: 'mlp', features: outputs + 1 });
    const said = (given: () => unknown): string => {
      try {
        return String(given());
      } catch (error) {
        return (error as Error).message;
      }
    };
    const names = (count: number): string => `takes embeddings [nodes, ${outputs + 1}] of the encoder, which gives float32[${count},${outputs}].`; // prettier-ignore
    const links = said(() => other.forward(x, line, line));
    expect(links).toContain(`[LinkPredictor] ${names(3)}`);
    expect(links).toContain('hint: Say so by features');
    const head = { features: outputs + 1, classes: 2 };
    const graphs = said(() => new GraphClassifier(new GCN(wide), { head }).forward(x, line));
    expect(graphs).toContain(`[GraphClassifier] ${names(1)}`);
    expect(graphs).toContain('hint: Say so by head.features');
    expect(() => other.score(zeros([3]), line)).toThrow('[LinkPredictor] takes embeddings [nodes,');
    expect(() => new LinkPredictor({} as Module)).toThrow('the encoder');
    expect(() => new GraphClassifier(new Linear(2, 2), { head: { features: 0, classes: 2 } })).toThrow('head.features');
    expect(() => new GCN({ inputs: 3 } as never)).toThrow('outputs');
  });
});
