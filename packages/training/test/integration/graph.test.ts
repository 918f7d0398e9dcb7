/** Layers on graphs: the order of edges and nodes, graphs side by side, what lies at the borders, and errors. Numbers: layer-calls.test.ts. */
import { valueAndGrad } from '@hebb/autograd';
import { GraphDataset, type Graph } from '@hebb/data';
import {
  GATConv,
  GATv2Conv,
  GCNConv,
  gcnNorm,
  GINConv,
  GraphAttentionPool,
  GraphPool,
  joinGraphs,
  Linear,
  MessagePassing,
  Module,
  NNConv,
  Residual,
  SAGEConv,
  Sequential,
  Tanh,
  type Edges,
} from '@hebb/layers';
import { manualSeed, randn, realize, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';

/** With a parameter that every edge meets, and one that is given all there is. */
class Gated extends MessagePassing {
  readonly linear = new Linear(6, 4);
  override message({ source, target, edge }: Edges): Tensor {
    const both = this.linear.forward(source.mul(target));
    return edge === undefined ? both : both.mul(edge.sum(1, { keepDims: true }).tanh());
  }
  override update(aggregated: Tensor, x: Tensor): Tensor {
    return aggregated.add(x.sum(1, { keepDims: true }));
  }
}

/** Sources of six features, targets of three. */
class TwoKinds extends Module<[x: Tensor, edges: Tensor, more?: Tensor]> {
  readonly layer: SAGEConv | GATConv | GATv2Conv;
  constructor(layer: SAGEConv | GATConv | GATv2Conv) {
    super();
    this.layer = layer;
  }
  forward(x: Tensor, edges: Tensor, more?: Tensor): Tensor {
    return this.layer.forward([x, x.narrow(1, 0, 3)], edges, more);
  }
}

type Layer = Module<[x: Tensor, edges: Tensor, more?: Tensor]>;
const [nodes, count, features] = [13, 37, 6];

const layers: Readonly<Record<string, { readonly make: () => Layer; readonly more?: readonly number[] }>> = {
  GCN: { make: () => new GCNConv(features, 4) },
  'GCN with weights': { make: () => new GCNConv(features, 4), more: [count] },
  GAT: { make: () => new GATConv(features, 4, { heads: 2 }) },
  'GAT with features': { make: () => new GATConv(features, 4, { heads: 2, edgeFeatures: 3 }), more: [count, 3] },
  GATv2: { make: () => new GATv2Conv(features, 4, { heads: 2 }) },
  'GATv2 with features': { make: () => new GATv2Conv(features, 4, { heads: 2, edgeFeatures: 3 }), more: [count, 3] },
  'GraphSAGE, mean': { make: () => new SAGEConv(features, 4) },
  'GraphSAGE, mean of a narrow input': { make: () => new SAGEConv(features, 8) },
  'GraphSAGE, pool': { make: () => new SAGEConv(features, 4, { aggregation: 'pool', normalize: true }) },
  'GraphSAGE between two kinds': { make: () => new TwoKinds(new SAGEConv([features, 3], 4)) },
  'GAT between two kinds': {
    make: () => new TwoKinds(new GATConv([features, 3], 4, { edgeFeatures: 3 })),
    more: [count, 3],
  },
  'GATv2 between two kinds': { make: () => new TwoKinds(new GATv2Conv([features, 3], 4, { addSelfLoops: false })) },
  'GCN, improved': { make: () => new GCNConv(features, 4, { improved: true }) },
  GIN: { make: () => new GINConv(new Sequential(new Linear(features, 5), new Tanh()), { trainEps: true }) },
  NNConv: { make: () => new NNConv(features, 4, new Linear(3, features * 4)), more: [count, 3] },
  'message passing, softmax': { make: () => new Gated('softmax'), more: [count, 3] },
  'message passing, max': { make: () => new Gated('max') },
};

const variants = [
  'GCN',
  'GCN, improved',
  'GAT between two kinds',
  'GATv2 between two kinds',
  'GAT',
  'GATv2',
  'GraphSAGE, mean of a narrow input',
  'message passing, max',
];

/** Edges with some that are listed twice, and some from a node to itself; none reaches or leaves the last node. */
function edgeList(): Int32Array {
  const list = Int32Array.from({ length: 2 * count }, (_, i) => (i * i * 5 + 3 * i + (i >> 3)) % (nodes - 1));
  for (let twice = 0; twice < 4; twice++)
    for (const row of [0, 1]) list[row * count + 20 + twice] = list[row * count + twice] ?? 0;
  for (let own = 10; own < 13; own++) list[count + own] = list[own] ?? 0;
  return list;
}

/** A permutation of 0 … n − 1 without pattern. */
function permutation(n: number, seed: number): number[] {
  const key = (i: number): number => (Math.imul(i + seed, 2654435761) >>> 7) % 1009;
  return Array.from({ length: n }, (_, i) => i).sort((a, b) => key(a) - key(b) || a - b);
}

const values = (shape: readonly number[], seed: number): Float32Array => {
  const size = shape.reduce((a, b) => a * b, 1);
  return Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * (seed + 1.7)) + 0.0371 * (i % 11));
};

const permuteRows = (data: Float32Array, order: readonly number[]): Float32Array => {
  const width = data.length / order.length;
  return Float32Array.from(order.flatMap((row) => [...data.slice(row * width, (row + 1) * width)]));
};

interface Given {
  readonly x: Float32Array;
  readonly edges: Int32Array;
  readonly more: Float32Array | undefined;
}

/** The output, and the gradients by name. */
async function run(
  layer: Layer,
  given: Given,
  shape: readonly number[] | undefined,
): Promise<Map<string, Float32Array>> {
  const x = variable(tensor(given.x, { shape: [nodes, features] }), { requiresGrad: true });
  const more = given.more && shape && variable(tensor(given.more, { shape }), { requiresGrad: true });
  const edges = tensor(given.edges, { shape: [2, count] });
  const moving = new Map([
    ...layer.namedParameters(),
    ['x', x],
    ...(more === undefined ? [] : ([['more', more]] as const)),
  ]);
  let output: Tensor | undefined;
  const { grads } = valueAndGrad(() => {
    output = more === undefined ? layer.forward(x, edges) : layer.forward(x, edges, more);
    return output.mul(output.sin()).sum();
  }, moving);
  const named = new Map([...grads, ['output', output as Tensor]]);
  await realize(...named.values());
  const result = new Map<string, Float32Array>();
  for (const [name, value] of named) result.set(name, Float32Array.from(await value.data()));
  return result;
}

const bytes = (data: Float32Array | undefined): string =>
  Buffer.from(data?.buffer ?? new ArrayBuffer()).toString('hex');

describe.each(devices)('layers on graphs on %s', (device) => {
  beforeAll(() => setDevice(device));

  // Shaders take a second a layer to compile on a software adapter: one configuration of each there.
  const tried = Object.entries(layers).filter(([name]) => device !== 'webgpu' || !variants.includes(name));
  describe.each(tried)('%s', (_, { make, more }) => {
    const given: Given = {
      x: values([nodes, features], 1),
      edges: edgeList(),
      more: more && values(more, 2).map((v) => 0.5 + Math.abs(v)),
    };

    it('gives the same bytes for edges in another order, and so do all gradients', async () => {
      manualSeed(5);
      const layer = make();
      const expected = await run(layer, given, more);
      for (const seed of [3, 8]) {
        const order = permutation(count, seed);
        const edges = Int32Array.from([0, 1].flatMap((row) => order.map((e) => given.edges[row * count + e] ?? 0)));
        const actual = await run(layer, { ...given, edges, more: given.more && permuteRows(given.more, order) }, more);
        for (const [name, value] of expected)
          expect(bytes(actual.get(name)), name).toBe(bytes(name === 'more' ? permuteRows(value, order) : value));
      }
    });

    it('gives permuted outputs and gradients for permuted nodes', async () => {
      manualSeed(5);
      const layer = make();
      const expected = await run(layer, given, more);
      const order = permutation(nodes, 4);
      const place = order.map((_, node) => order.indexOf(node));
      const actual = await run(
        layer,
        { ...given, x: permuteRows(given.x, order), edges: given.edges.map((node) => place[node] ?? 0) },
        more,
      );
      for (const [name, value] of expected) {
        const permuted = name === 'x' || name === 'output' ? permuteRows(value, order) : value;
        const largest = permuted.reduce(
          (most, number, i) =>
            Math.max(most, Math.abs(number - (actual.get(name)?.[i] ?? NaN)) / (1 + Math.abs(number))),
          0,
        );
        expect(largest, name).toBeLessThan(name === 'output' ? 1e-6 : 1e-5);
      }
    });
  });
});

describe('graphs', () => {
  beforeAll(() => setDevice('wasm'));
  const int = (data: readonly (readonly number[])[]): Tensor => tensor(data as number[][], { dtype: 'int32' });
  const path = int([
    [0, 1, 1, 2],
    [1, 0, 2, 1],
  ]);

  it('side by side are what each is alone, their pools too', async () => {
    manualSeed(3);
    const graphs = [4, 1, 6].map((size, i) => ({
      nodes: tensor(values([size, features], i), { shape: [size, features] }),
      edges: int([0, 1].map((row) => Array.from({ length: 2 * i }, (_, e) => (e * 3 + row * (e + 1)) % size))),
      edgeFeatures: tensor(values([2 * i, 3], i + 5), { shape: [2 * i, 3] }),
    }));
    const joined = joinGraphs(graphs);
    const layer = new NNConv(features, 4, new Linear(3, features * 4));
    const pools = [
      new GraphPool('sum'),
      new GraphPool('mean'),
      new GraphPool('max'),
      new GraphAttentionPool(new Linear(4, 1), new Linear(4, 2)),
    ];
    const hidden = layer.forward(joined.nodes, joined.edges, joined.edgeFeatures);
    for (const pool of pools) {
      const together = (await pool.forward(hidden, joined.graph, joined.count).toArray()) as number[][];
      for (const [i, graph] of graphs.entries()) {
        const [alone] = (await pool
          .forward(layer.forward(graph.nodes, graph.edges, graph.edgeFeatures))
          .toArray()) as number[][];
        alone?.forEach((value, j) => expect(together[i]?.[j]).toBeCloseTo(value, 5));
      }
    }
  });

  it('of a padded batch of a GraphDataset are what each is alone', async () => {
    manualSeed(3);
    const graphs: Graph[] = [4, 1, 6].map((size, i) => ({
      nodes: { data: values([size, features], i), shape: [size, features] },
      edges: Int32Array.from({ length: 4 * i }, (_, e) => (e * 3 + (e >> 1)) % size),
    }));
    const [layer, pool] = [new GATConv(features, 4, { heads: 2 }), new GraphPool('max')];
    const read = (nodes: Graph['nodes'], edges: Int32Array): [Tensor, Tensor] => [
      tensor(nodes.data, { shape: [...nodes.shape] }),
      tensor(edges, { shape: [2, edges.length / 2] }),
    ];
    const batch = new GraphDataset(graphs, undefined, { pad: { nodes: 8, edges: 8 } }).gather([0, 1, 2]);
    const hidden = layer.forward(...read(batch.nodes, batch.edges.data));
    // What is padding belongs to one graph more.
    const count = batch.offsets.data.length;
    const together = (await pool.forward(hidden, tensor(batch.graph.data), count).toArray()) as number[][];
    for (const [i, graph] of graphs.entries()) {
      const [alone] = (await pool
        .forward(layer.forward(...read(graph.nodes, graph.edges as Int32Array)))
        .toArray()) as number[][];
      alone?.forEach((value, j) => expect(together[i]?.[j]).toBeCloseTo(value, 5));
    }
  });

  it('normalised once are convolved as by a layer that normalises each time', async () => {
    const [layer, edges] = [new GCNConv(features, 4), tensor(edgeList(), { shape: [2, count] })];
    const x = tensor(values([nodes, features], 2), { shape: [nodes, features] });
    const weights = tensor(values([count], 4).map(Math.abs));
    for (const options of [{}, { weights }]) {
      const once = gcnNorm(edges, nodes, options);
      const plain = new GCNConv(features, 4, { normalize: false });
      plain.loadStateDict(layer.stateDict());
      const expected = await layer.forward(x, edges, 'weights' in options ? weights : undefined).data();
      const actual = await plain.forward(x, once.edges, once.weights).data();
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
    }
    const without = gcnNorm(edges, nodes, { addSelfLoops: false });
    expect([without.edges, without.weights.shape]).toEqual([edges, [count]]);
  });

  it.each(Object.entries(layers))(
    'without edges, and without nodes, give what there is: %s',
    async (_, { make, more }) => {
      const layer = make();
      const none = zeros([2, 0], { dtype: 'int32' });
      const rest = more === undefined ? [] : [zeros([0, ...more.slice(1)])];
      const alone = layer.forward(randn([3, features]), none, ...rest);
      expect((await alone.data()).every(Number.isFinite)).toBe(true);
      const empty = layer.forward(zeros([0, features]), none, ...rest);
      expect([empty.shape[0], (await empty.data()).length]).toEqual([0, 0]);
    },
  );

  it('with an edge twice hear it twice, and nothing reaches a node without edges', async () => {
    const sum = new GINConv(new Linear(1, 1, { bias: false }));
    sum.loadStateDict({ eps: tensor([-1]), 'nn.weight': tensor([[1]]) });
    const x = tensor([[1], [10], [100]]);
    expect(await sum.forward(x, int([[0, 0, 1], [1, 1, 1]])).toArray()).toEqual([[0], [12], [0]]); // prettier-ignore
  });

  it('work in a Residual and in models of their own', async () => {
    const block = new Residual(new GCNConv(features, features));
    expect((await block.forward(randn([3, features]), path).data()).length).toBe(3 * features);
  });

  it.each<[string, (x: Tensor) => unknown, RegExp]>([
    [
      'of another form',
      (x) => new GCNConv(features, 2).forward(x, path.transpose(0, 1)),
      /\[2, edges\], sources and targets, not int32\[4,2\][^]*transpose/,
    ],
    [
      'that are no integers',
      (x) => new GINConv(new Linear(features, 2)).forward(x, path.to('float32')),
      /int32, not float32\[2,4\]/,
    ],
    [
      'to nodes that there are not',
      (x) =>
        new SAGEConv(features, 2).forward(
          x,
          int([
            [0, 1],
            [2, 3],
          ]),
        ),
      /\[SAGEConv\] edges\[1\]\[1\] is 3, which is no position here: there are 0 to 2/,
    ],
    ['from nodes below 0', (x) => new GATConv(features, 2).forward(x, int([[-1], [0]])), /edges\[0\]\[0\] is -1/],
    ['in a graph without nodes', () => new GATConv(features, 2).forward(zeros([0, features]), path), /there are none/],
    [
      'with weights that are not one each',
      (x) => new GCNConv(features, 2).forward(x, path, zeros([3])),
      /the weight of each edge, \[4\], not float32\[3\]/,
    ],
    [
      'with weights of two axes',
      (x) => new GCNConv(features, 2).forward(x, path, zeros([4, 1])),
      /a weight for each edge, \[4\]/,
    ],
    [
      'without their features',
      (x) => new GATv2Conv(features, 2, { edgeFeatures: 3 }).forward(x, path),
      /takes 3 features of each edge/,
    ],
    [
      'with features that nobody asked for',
      (x) => new GATConv(features, 2).forward(x, path, zeros([4, 3])),
      /edgeFeatures: 3/,
    ],
    [
      'with too few features',
      (x) => new GATConv(features, 2, { edgeFeatures: 3 }).forward(x, path, zeros([4, 2])),
      /features of each edge, \[4, 3\], not float32\[4,2\]/,
    ],
    [
      'with a network for another number of features',
      (x) => new NNConv(features, 2, new Linear(3, 5)).forward(x, path, zeros([4, 3])),
      /Linear 3 → 5 gives float32\[4,5\], not a matrix 6 × 2/,
    ],
  ])('with edges %s say so', (_, call, message) => {
    expect(() => call(randn([3, features]))).toThrow(message);
  });

  it('without the number of graphs, or an id for each node, are refused', () => {
    const x = randn([3, 2]);
    const ids = tensor([0, 1, 1], { dtype: 'int32' });
    expect(() => new GraphPool('sum').forward(x, ids)).toThrow(/number of graphs[^]*joinGraphs/);
    expect(() => new GraphPool('sum').forward(x, ids.narrow(0, 0, 2), 2)).toThrow(/int32 \[3\], not int32\[2\]/);
    expect(() => new GraphPool('sum').forward(x, tensor([0, 1, 2], { dtype: 'int32' }), 2)).toThrow(/is 2/);
    expect(() => new GraphAttentionPool(new Linear(2, 3)).forward(x)).toThrow(/one score a node/);
    expect(() => joinGraphs([])).toThrow(/at least one graph/);
    const plain = { nodes: x, edges: path };
    expect(() => joinGraphs([plain, { ...plain, edgeFeatures: zeros([4, 1]) }])).toThrow(
      /graphs\[1\]\] all graphs have/,
    );
  });

  it('drop shares of attention while training alone', async () => {
    const layer = new GATConv(features, 3, { dropout: 0.5 });
    const x = randn([3, features]);
    const run = async (): Promise<number[]> => [...(await layer.forward(x, path).data())];
    manualSeed(1);
    expect(await run()).not.toEqual(await run());
    layer.eval();
    expect(await run()).toEqual(await run());
    const all = new GATConv(features, 3, { dropout: 1 });
    expect(new Set(await all.forward(x, path).data())).toEqual(new Set([0]));
  });
});
