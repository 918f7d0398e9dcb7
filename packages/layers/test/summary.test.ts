import { concat, defaultGenerator, manualSeed, rand, setDevice, where, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  LayerNorm,
  LearnedPositions,
  Linear,
  MaxPool1d,
  MaxPool2d,
  Module,
  parameter,
  ReLU,
  Sequential,
  summary,
  type SummaryStep,
} from '../src/index.ts';
import { Net } from './support/net.ts';

beforeAll(() => setDevice('reference'));

it('lists layers, output shapes with the names of free extents, and parameters', () => {
  expect(summary(new Net(), ['batch', 1, 28, 28]).toString()).toBe(
    [
      'layer         type                 output               parameters   FLOPs',
      '(model)       Net                  [batch, 10]',
      '  features    Sequential           [batch, 64, 12, 12]',
      '    0         Conv2d 1 → 32, 3×3   [batch, 32, 26, 26]         320   411 K',
      '    1         ReLU                 [batch, 32, 26, 26]           0  21.6 K',
      '    2         Conv2d 32 → 64, 3×3  [batch, 64, 24, 24]      18,496  21.3 M',
      '    3         ReLU                 [batch, 64, 24, 24]           0  36.9 K',
      '    4         MaxPool2d 2×2        [batch, 64, 12, 12]           0  27.6 K',
      '    5         Dropout 0.25         [batch, 64, 12, 12]           0       0',
      '  classifier  Sequential           [batch, 10]',
      '    0         Flatten              [batch, 9216]                 0       0',
      '    1         Linear 9216 → 128    [batch, 128]          1,179,776  2.36 M',
      '    2         ReLU                 [batch, 128]                  0     128',
      '    3         Dropout 0.5          [batch, 128]                  0       0',
      '    4         Linear 128 → 10      [batch, 10]               1,290  2.57 K',
      'total                              [batch, 10]           1,199,882  24.1 M',
      'At batch = 1: 24.1 M FLOPs (a multiply–add is two; 12.0 M multiply–adds).',
      'Memory: parameters 4.6 MiB, for the gradient 0.3 MiB, at most 0.2 MiB in a forward pass.',
    ].join('\n'),
  );
});

it('says how extents follow from several names', () => {
  const model = new Sequential(
    new Conv2d(1, 2, 3, { padding: 1 }),
    new MaxPool2d(2),
    new Flatten(0, 2),
    new Conv2d(1, 1, 1),
  );
  const { rows } = summary(new Sequential(new Conv2d(1, 2, 3, { padding: 1 }), new MaxPool2d(2), new Flatten(0, 1)), [
    'batch',
    1,
    'height',
    28,
  ]);
  expect(rows.map((row) => row.outputShape)).toEqual([
    ['2·batch', 'height/2', 14],
    ['batch', 2, 'height', 28],
    ['batch', 2, 'height/2', 14],
    ['2·batch', 'height/2', 14],
  ]);
  expect(() => summary(model, ['batch', 1, 8, 8])).toThrow('module: 3 (Conv2d 1 → 1, 1×1)');
});

it('counts shared parameters once, shows modules with parameters of their own, and modules never called', () => {
  class Model extends Module {
    scale = parameter(zeros([2]));
    first = new Linear(2, 2);
    second = this.first;
    unused = new Linear(2, 5);
    forward(x: Tensor): Tensor {
      return this.second.forward(this.first.forward(x)).mul(this.scale);
    }
  }
  const { rows, parameters, outputShape } = summary(new Model(), [7, 2]);
  const product = 7 * 2 * 2;
  const none = { frozen: 0, tied: 0, multiplyAdds: 0, flops: 0, activationBytes: 0 };
  expect(rows.map(({ outputs: _, ...row }) => row)).toEqual([
    { ...none, path: '', depth: 0, description: 'Model', calls: 1, outputShape: [7, 2], parameters: 2, flops: 14 },
    {
      ...none,
      path: 'first',
      depth: 1,
      description: 'Linear 2 → 2',
      calls: 2,
      outputShape: [7, 2],
      parameters: 6,
      multiplyAdds: 2 * product,
      flops: 2 * (2 * product + 14),
      // What the second call reads for its weight, and the product with the scale.
      activationBytes: 2 * 14 * 4,
    },
    {
      ...none,
      path: 'unused',
      depth: 1,
      description: 'Linear 2 → 5',
      calls: 0,
      outputShape: undefined,
      parameters: 15,
    },
  ]);
  expect(parameters).toBe(23);
  expect(outputShape).toEqual([7, 2]);
});

it('shows several inputs, and outputs by name', () => {
  class Cell extends Module<[x: Tensor, ids: Tensor], { output: Tensor; state: { h: Tensor; list: Tensor[] } }> {
    inner = new Linear(2, 3);
    forward(x: Tensor, ids: Tensor): { output: Tensor; state: { h: Tensor; list: Tensor[] } } {
      const h = this.inner.forward(x);
      return { output: h.sum(-1), state: { h, list: [ids.add(1)] } };
    }
  }
  const described = summary(new Cell(), [['batch', 2], { shape: ['batch', 'length'], dtype: 'int32' }]);
  expect(described.outputShape).toBeUndefined();
  expect([...described.outputs]).toEqual([
    ['output', ['batch']],
    ['state.h', ['batch', 3]],
    ['state.list.0', ['batch', 'length']],
  ]);
  // Each has a line; numbers stand in the first.
  expect(described.toString().split('\n').slice(-5, -2)).toEqual([
    'total                  output: [batch]                         9     17',
    '                       state.h: [batch, 3]',
    '                       state.list.0: [batch, length]',
  ]);
  expect(() => summary(new Cell(), [['batch', 2], { shape: [1], dtypes: 'int32' } as never])).toThrow(
    "no option 'dtypes'",
  );
});

it('is as wide as the terminal, and lists few of many outputs', () => {
  class Wide extends Module<[x: Tensor], Tensor[]> {
    withAVeryLongName = new Sequential(new Linear(2, 3), new Linear(3, 3));
    forward(x: Tensor): Tensor[] {
      const y = this.withAVeryLongName.forward(x);
      return Array.from({ length: 30 }, (_, i) => y.mul(i));
    }
  }
  for (const columns of [60, 80, 100]) {
    const lines = String(summary(new Wide(), ['batch', 2], { columns })).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines.filter((line) => /and 27 othe(rs|…)$/.test(line))).toHaveLength(2);
  }
  expect(() => summary(new Wide(), ['batch', 2], { columns: 0 })).toThrow('columns');
});

it('says under the type what has no room at the end of a line', () => {
  class Twice extends Module<[x: Tensor], { first: Tensor; second: Tensor }> {
    layer = new Linear(2, 2);
    forward(x: Tensor): { first: Tensor; second: Tensor } {
      const first = this.layer.forward(x);
      return { first, second: this.layer.forward(first) };
    }
  }
  const lines = (columns: number): string[] => String(summary(new Twice(), ['batch', 2], { columns })).split('\n');
  expect(lines(80)[3]).toBe('  layer  Linear 2 → 2  [batch, 2]                   6     20  called 2 times');
  expect(lines(70).slice(1, 6)).toEqual([
    '(model)  Twice           first: [batch, 2]',
    '                         second: [batch, 2]',
    '  layer  Linear 2 → 2    [batch, 2]                   6     20',
    '         called 2 times',
    'total                    first: [batch, 2]            6     20',
  ]);
});

it('shows what is frozen', () => {
  const model = new Sequential(new Linear(2, 3), new Linear(3, 4), new Linear(4, 1));
  model.at(0)?.freeze();
  for (const [name, parameter] of model.namedParameters()) if (name === '1.bias') parameter.trainable = false;
  expect(summary(model, ['batch', 2]).toString()).toBe(
    [
      'layer    type          output      parameters  FLOPs',
      '(model)  Sequential    [batch, 1]',
      '  0      Linear 2 → 3  [batch, 3]           9     15  frozen',
      '  1      Linear 3 → 4  [batch, 4]          16     28  4 frozen',
      '  2      Linear 4 → 1  [batch, 1]           5      9',
      'total                  [batch, 1]          30     52  13 frozen',
      'At batch = 1: 52 FLOPs (a multiply–add is two; 22 multiply–adds).',
      'Memory: parameters 120 bytes, for the gradient 28 bytes, at most 32 bytes in a forward pass.',
    ].join('\n'),
  );
  const { rows, frozen } = summary(model.freeze(), [1, 2]);
  expect([frozen, ...rows.map((row) => row.frozen)]).toEqual([30, 0, 9, 16, 5]);
});

it('leaves no trace: modes, running statistics, random draws, updates', async () => {
  class Noisy extends Module {
    norm = new BatchNorm2d(1);
    forward(x: Tensor): Tensor {
      return this.norm.train().forward(x.add(rand(x.shape)));
    }
  }
  const model = new Sequential(new Noisy(), new Dropout(0.5).eval(), new ReLU());
  const { norm } = model.at(0) as Noisy;
  const forward: unknown = Reflect.get(model, 'forward');
  manualSeed(4);
  const { draws } = defaultGenerator;
  summary(model, ['batch', 1, 4, 4]);
  expect(defaultGenerator.draws).toBe(draws);
  expect(await norm.num_batches_tracked?.item()).toBe(0);
  expect(await norm.running_mean?.toArray()).toEqual([0]);
  expect([...model.namedModules().values()].map((module) => module.training)).toEqual([true, true, true, false, true]);
  expect(Reflect.get(model, 'forward')).toBe(forward);
  expect(() => summary(model, [3])).toThrow('[BatchNorm2d] takes');
  expect(model.training).toBe(true);
  expect(Reflect.get(model, 'forward')).toBe(forward);
});

it('names lengths of a model that has few positions, and says why where it takes none', () => {
  const model = new LearnedPositions(32, 4);
  const { outputShape, sizes } = summary(model, ['batch', 'length', 4]);
  expect([outputShape, sizes]).toEqual([['batch', 'length', 4], { batch: 1, length: 8 }]); // prettier-ignore
  expect(() => summary(new LearnedPositions(1, 4), ['batch', 'length', 4])).toThrow('64,64,4');
});

describe('the flow of a summary', () => {
  class Block extends Module {
    readonly norm = new LayerNorm(4);
    readonly first = new Linear(4, 8);
    readonly act = new ReLU();
    readonly drop = new Dropout(0.5);
    readonly second = new Linear(8, 4);

    forward(x: Tensor, mask: Tensor): Tensor {
      const y = this.second.forward(this.drop.forward(this.act.forward(this.first.forward(this.norm.forward(x)))));
      return x.add(where(mask, y, 0)).mul(2);
    }
  }
  class Twice extends Module {
    readonly act = new ReLU();
    readonly block = new Block();

    forward(x: Tensor, mask: Tensor): Tensor {
      const seen = this.act.forward(x);
      const y = this.block.forward(seen, mask);
      return concat([this.act.forward(y), seen], 1);
    }
  }
  const { flow } = summary(new Twice(), [{ shape: ['batch', 4] }, { shape: ['batch', 4], dtype: 'bool' }]);
  const said = (steps: readonly SummaryStep[]): (readonly [string, number, readonly number[]])[] =>
    steps.map(({ path, operation, call, reads }) => [path ?? operation, call, reads]);

  it('has calls in their order, with what each reads, and where values meet', () => {
    expect(said([flow])).toEqual([['', 0, [-1]]]);
    expect(said(flow.steps)).toEqual([
      ['act', 0, [-1]],
      ['block', 0, [0]],
      ['act', 1, [1]],
      ['concat', 0, [0, 2]],
    ]);
  });

  it('passes through what returns what it was given, and leaves masks and constants out', () => {
    expect(said(flow.steps[1]?.steps ?? [])).toEqual([
      ['block.norm', 0, [-1]],
      ['block.first', 0, [0]],
      ['block.act', 0, [1]],
      ['block.drop', 0, [2]],
      ['block.second', 0, [3]],
      ['add', 0, [-1, 4]],
    ]);
  });

  it('has the shapes of each call', () => {
    const pool = new MaxPool1d(2);
    const model = new Sequential(pool, new ReLU(), pool);
    const shapes = summary(model, ['batch', 1, 16]).flow.steps.map(({ outputs }) => outputs.get(''));
    expect(shapes).toEqual([['batch', 1, 8], ['batch', 1, 8], ['batch', 1, 4]]); // prettier-ignore
  });
});

describe('names that a model has few positions for', () => {
  const few = new LearnedPositions(8, 4);

  it('are tried smaller until they fit', () => {
    const { outputShape, sizes } = summary(few, ['batch', 'length', 4]);
    expect(outputShape).toEqual(['batch', 'length', 4]);
    expect(sizes).toEqual({ batch: 1, length: 8 });
    expect(summary(new LearnedPositions(3, 4), ['batch', 'length', 4]).outputShape).toEqual(['batch', 'length', 4]);
  });

  it('or the error says what was tried', () => {
    expect(() => summary(few, ['batch', 'length', 5])).toThrow(
      /hint: .*'batch', 'length' were tried as 64, 8, 4, 2, and this is what the model said of 64/,
    );
  });
});

it('an element type that the model does not take is to be said, not converted', () => {
  const table = new Embedding(5, 2);
  expect(() => summary(table, ['batch', 'length'])).toThrow(
    "hint: Inputs are float32 unless you say what they are: summary(model, ['batch', 'length'], { dtype: 'int32' }).",
  );
  expect(summary(table, ['batch', 'length'], { dtype: 'int32' }).outputShape).toEqual(['batch', 'length', 2]);
  class Two extends Module<[ids: Tensor, x: Tensor]> {
    readonly table = table;
    forward(ids: Tensor, x: Tensor): Tensor {
      return this.table.forward(ids).add(x);
    }
  }
  expect(() => summary(new Two(), [['batch'], ['batch', 2]])).toThrow("summary(model, [{ shape: ['batch'], dtype: 'int32' }, …])"); // prettier-ignore
});
