/** Datasets of several kinds through the whole: loader, training, compiled steps. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AdamW,
  arange,
  ArrayDataset,
  compile,
  crossEntropy,
  DataLoader,
  fit,
  GraphDataset,
  Linear,
  manualSeed,
  mapDataset,
  Random,
  SequenceDataset,
  Sequential,
  setDevice,
  valueAndGrad,
  type Batches,
  type Graph,
  type Tensor,
} from '../src/index.ts';

beforeEach(() => setDevice('wasm'));
afterEach(() => setDevice('reference'));

const random = new Random(1);
const count = 60;
const points = new ArrayDataset({
  x: { data: Float32Array.from({ length: 2 * count }, () => random.float()), shape: [2] },
  y: { data: Int32Array.from({ length: count }, () => random.integer(2)), shape: [] },
});

describe('fit on a dataset that gathers asynchronously', () => {
  const losses = async (data: Batches): Promise<readonly number[]> => {
    manualSeed(3);
    const model = new Sequential(new Linear(2, 2));
    const optimizer = new AdamW(model, { learningRate: 0.01 });
    return (await fit(model, data, { loss: crossEntropy, optimizer, epochs: 2 })).losses;
  };

  it('takes the steps that the arrays in its place give, for any number of workers', async () => {
    const options = { batchSize: 8, shuffle: true, seed: 5 };
    const expected = await losses(new DataLoader(points, options));
    expect(expected).toHaveLength(16);
    const slow = mapDataset(points, async (batch) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      return batch;
    });
    for (const workers of [0, 1, 2, 4])
      expect(await losses(new DataLoader(slow, { ...options, workers }))).toEqual(expected);
  });
});

describe('padded sequences', () => {
  const texts = new SequenceDataset({
    values: {
      sequences: Array.from({ length: 40 }, (_, i) => Float32Array.from({ length: 1 + (i % 9) }, () => random.float())),
    },
  });

  it('give masked means that padding does not change, compiled, one recording a bucket', async () => {
    let recordings = 0;
    const mean = (values: Tensor, mask: Tensor): Tensor => {
      recordings++;
      const weights = mask.to('float32');
      return values.mul(weights).sum(1).div(weights.sum(1));
    };
    const step = compile(mean);
    const loader = new DataLoader(texts, { batchSize: 5, buckets: [3, 9], shuffle: true, seed: 2, dropLast: true });
    const order = loader.order(0);
    let at = 0;
    for (const { values, mask } of loader) {
      expect([values.dtype, mask.dtype]).toEqual(['float32', 'bool']);
      for (const value of await step(values, mask).data()) {
        const sequence = texts.gather([order[at++] ?? 0]).values.data;
        expect(value).toBeCloseTo(sequence.reduce((sum, each) => sum + each, 0) / sequence.length, 5);
      }
    }
    expect(at).toBe(loader.exampleCount);
    expect(recordings).toBe(2);
  });
});

describe('a batch of padded graphs', () => {
  const graphs = Array.from({ length: 30 }, (): Graph => {
    const nodes = 1 + random.integer(6);
    return {
      nodes: { data: Float32Array.from({ length: 2 * nodes }, () => random.float()), shape: [nodes, 2] },
      edges: Int32Array.from({ length: 2 * random.integer(8) }, () => random.integer(nodes)),
    };
  });
  const y = { data: Int32Array.from(graphs, ({ nodes }) => Number((nodes.shape[0] ?? 0) > 3)), shape: [] };
  const dataset = new GraphDataset(graphs, { y }, { pad: { nodes: 16, edges: 32 } });

  it('is learned from by a compiled step, which pools by graph', async () => {
    manualSeed(1);
    const model = new Linear(2, 2);
    const optimizer = new AdamW(model, { learningRate: 0.1 });
    const step = compile(({ nodes, graph, y: target }: { nodes: Tensor; graph: Tensor; y: Tensor }) => {
      const { value, grads } = valueAndGrad(() => {
        const [graphs = 0] = target.shape;
        // Row g is 1 where a node belongs to graph g; padding nodes belong to none of these.
        const members = arange(graphs)
          .reshape([graphs, 1])
          .equal(graph.reshape([1, -1]))
          .to('float32');
        return crossEntropy(model.forward(members.matmul(nodes)), target);
      }, optimizer.parameters);
      optimizer.step(grads);
      return value;
    });
    const losses: number[] = [];
    const loader = new DataLoader(dataset, { batchSize: 10, shuffle: true, seed: 1 });
    for (let epoch = 0; epoch < 30; epoch++)
      for (const { nodes, graph, y: target } of loader) losses.push(await step({ nodes, graph, y: target }).item());
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
  });
});
