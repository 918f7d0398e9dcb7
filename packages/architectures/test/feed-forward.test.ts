/** Feed-forward networks: as modules, beside PyTorch, and what their papers say of them. */
import type { Embedding, Linear } from '@hebb/layers';
import { ArgumentError, compile, manualSeed, randn, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor'; // prettier-ignore
import { beforeEach, describe, expect, it } from 'vitest';
import * as layers from '@hebb/layers';
import { activations, MultilayerPerceptron, SelfNormalizingNetwork, WideAndDeep, type ActivationName } from '../src/index.ts'; // prettier-ignore
import { feedForwardTypes } from '../src/feed-forward/types.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { ids, of, walk, ways, x } from './support/walk.ts';

const features = x(['batch', 3]);
const [categories, columns] = [ids(['batch', 2], 3), x(['batch', 2])];

describe('feed-forward architectures', () => {
  walk(
    {
      MultilayerPerceptron: ways(
        of(() => new MultilayerPerceptron({ inputs: 3, hidden: [4, 5], outputs: 2, activation: 'tanh' }), [features], -1), // prettier-ignore
        of(() => new MultilayerPerceptron({ inputs: 3, hidden: [3, 3, 4], outputs: 2, activation: 'gelu', normalization: 'layer', residual: true }), [features], -1), // prettier-ignore
        of(() => new MultilayerPerceptron({ inputs: 3, hidden: [4], outputs: 2, activation: 'silu', normalization: 'rms' }), [features], -1), // prettier-ignore
      ),
      SelfNormalizingNetwork: ways(
        of(() => new SelfNormalizingNetwork({ inputs: 3, hidden: [4, 4], outputs: 2 }), [features], -1),
      ),
      WideAndDeep: ways(
        of(() => new WideAndDeep({ categories: [3, 3], numbers: 2, outputs: 2, crosses: [[0, 1]], embedding: 2, hidden: [4], activation: 'tanh' }), [categories, columns], 'any'), // prettier-ignore
        of(() => new WideAndDeep({ categories: [3, 4], outputs: 1, embedding: 2, hidden: [4], activation: 'tanh' }), [categories], 'any'), // prettier-ignore
      ),
    },
    feedForwardTypes,
  );
});

compareWithGoldens('feed-forward');

beforeEach(() => {
  setDevice('reference');
  manualSeed(1);
});

describe('MultilayerPerceptron', () => {
  it('has normalisation, activation and dropout behind each hidden layer', () => {
    const model = new MultilayerPerceptron({
      inputs: 4,
      hidden: [8, 6],
      outputs: 3,
      activation: 'tanh',
      normalization: 'batch',
      dropout: 0.2,
    });
    expect([...model.layers].map((layer) => layer.describe())).toEqual([
      'Linear 4 → 8',
      'BatchNorm1d 8',
      'Tanh',
      'Dropout 0.2',
      'Linear 8 → 6',
      'BatchNorm1d 6',
      'Tanh',
      'Dropout 0.2',
      'Linear 6 → 3',
    ]);
    expect(model.forward(randn([5, 4])).shape).toEqual([5, 3]);
  });

  it('without hidden layers is linear', () => {
    expect(new MultilayerPerceptron({ inputs: 4, hidden: [], outputs: 3 }).parameterCount).toBe(4 * 3 + 3);
    const residual = new MultilayerPerceptron({ inputs: 4, hidden: [], outputs: 3, residual: true });
    expect(residual.forward(zeros([2, 4])).shape).toEqual([2, 3]);
  });

  it('knows every activation without parameters that the layers have', () => {
    // Those that go along an axis, those with parameters, and the one whose numbers must be given.
    const others = ['Softmax', 'Softmax2d', 'Softmin', 'LogSoftmax', 'GLU', 'PReLU', 'Threshold'];
    const source = Object.keys(layers).filter((name) => {
      const type = (layers as Readonly<Record<string, unknown>>)[name];
      if (typeof type !== 'function' || !/(LU|elu|shrink|Shrink|anh|igmoid|wish|ish|oft\w+|Threshold)6?$/.test(name)) return false; // prettier-ignore
      return (type.prototype as unknown) instanceof layers.Module && !others.includes(name);
    });
    const known = Object.values(activations).map((make) => make().constructor.name);
    for (const name of source.filter((each) => !/Cell|Loss|Embed|GLU|Adaptive/.test(each)))
      expect(known).toContain(name);
    expect(known).toHaveLength(22);
  });

  it('names an activation that does not exist, and sizes that are none', () => {
    expect(
      () => new MultilayerPerceptron({ inputs: 4, hidden: [3], outputs: 3, activation: 'rellu' as ActivationName }),
    ).toThrow(
      /activation must be the name of an activation, not 'rellu'\.\n.*Did you mean 'relu'\? Known are relu, gelu/,
    );
    expect(() => new MultilayerPerceptron({ inputs: 0, hidden: [], outputs: 3 })).toThrow(ArgumentError);
    expect(() => new MultilayerPerceptron({ inputs: 2, hidden: [0], outputs: 3 })).toThrow('hidden[0]');
    expect(() => new MultilayerPerceptron({ inputs: 2, hidden: [1], outputs: 3, dropout: 2 })).toThrow('dropout');
  });
});

describe('SelfNormalizingNetwork', () => {
  it('keeps mean 0 and variance 1 through 24 layers, with dropout too', async () => {
    setDevice('wasm');
    const hidden = Array.from({ length: 24 }, () => 256);
    const moments = async (dropout: number): Promise<[mean: number, variance: number]> => {
      const model = new SelfNormalizingNetwork({ inputs: 256, hidden, outputs: 2, dropout });
      let value = randn([256, 256]);
      for (const layer of [...model.layers].slice(0, -1)) value = (layer as Linear).forward(value);
      const mean = await value.mean().item();
      return [mean, (await value.square().mean().item()) - mean ** 2];
    };
    for (const dropout of [0, 0.05]) {
      const [mean, variance] = await moments(dropout);
      expect(Math.abs(mean)).toBeLessThan(0.15);
      expect(Math.abs(variance - 1)).toBeLessThan(0.3);
    }
    // The same with relu and PyTorch's first weights is as good as nothing.
    const plain = new MultilayerPerceptron({ inputs: 256, hidden, outputs: 2 });
    let value = randn([256, 256]);
    for (const layer of [...plain.layers].slice(0, -1)) value = (layer as Linear).forward(value);
    expect(await value.square().mean().item()).toBeLessThan(0.01);
  });
});

describe('WideAndDeep', () => {
  const model = (): WideAndDeep =>
    new WideAndDeep({ categories: [2, 3], numbers: 1, outputs: 1, crosses: [[0, 1]], embedding: 2, hidden: [4] });
  const given = tensor(Int32Array.of(0, 0, 1, 2), { shape: [2, 2] });

  it('gives each combination of a cross a weight of its own', async () => {
    const crossed = model();
    const before = await crossed.forward(given, zeros([2, 1])).toArray();
    const state = crossed.stateDict();
    // The combination (1, 2) is row 1 · 3 + 2.
    const weights = tensor([[0], [0], [0], [0], [0], [7]]);
    crossed.loadStateDict(new Map([...state].map(([name, value]) => [name, name === 'crossed.0.weight' ? weights : value]))); // prettier-ignore
    const after = (await crossed.forward(given, zeros([2, 1])).toArray()) as number[][];
    const change = after.map(([value = NaN], i) => value - ((before as number[][])[i]?.[0] ?? NaN));
    expect(change[0]).toBeCloseTo(0, 6);
    expect(change[1]).toBeCloseTo(7, 5);
  });

  it('refuses categories that there are not, eager and compiled', async () => {
    const of = (...values: number[]): Tensor => tensor(values, { shape: [2, 2], dtype: 'int32' });
    const wrong = model();
    const compiled = compile((x: Tensor, numbers: Tensor) => wrong.forward(x, numbers));
    for (const forward of [(x: Tensor, numbers: Tensor) => wrong.forward(x, numbers), compiled]) {
      expect(() => forward(of(0, 0, 1, 3), zeros([2, 1]))).toThrow(
        /ids\[1\]\[0\] is 3, which is no position here: there are 0 to 2/,
      );
      expect(() => forward(of(-1, 0, 1, 2), zeros([2, 1]))).toThrow(/ids\[0\]\[0\] is -1/);
      expect((await forward(of(0, 0, 1, 2), zeros([2, 1])).data()).every(Number.isFinite)).toBe(true);
    }
  });

  it('begins with nothing learnt by heart', async () => {
    for (const table of [...model().wide, ...model().crossed] as Embedding[])
      expect(await table.weight.abs().sum().item()).toBe(0);
  });

  it('says which input it lacks', () => {
    expect(() => model().forward(given)).toThrow(/numbers/);
    expect(() => model().forward(given, zeros([2, 3]))).toThrow(ShapeError);
    expect(() => model().forward(zeros([2, 3], { dtype: 'int32' }), zeros([2, 1]))).toThrow('categories [batch, 2]');
    expect(() => new WideAndDeep({ categories: [2], outputs: 1, crosses: [[0, 1]] })).toThrow('crosses');
    expect(() => new WideAndDeep({ categories: [2, 2], outputs: 1, crosses: [[0, 0]] })).toThrow('crosses[0] is of column 0 with itself'); // prettier-ignore
    expect(() => new WideAndDeep({ categories: [2, 2], outputs: 1, crosses: [[0, 1], [1, 0]] })).toThrow('crosses[1] is of the columns 1 and 0, and so is crosses[0]'); // prettier-ignore
    expect(() => model().forward(given, zeros([3, 1]))).toThrow('[WideAndDeep] categories and numbers are of one batch, not int32[2,2] and float32[3,1]'); // prettier-ignore
  });
});
