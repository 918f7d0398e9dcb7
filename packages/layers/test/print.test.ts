/** How models print, beside PyTorch's print of the same structure. */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { setDevice, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, expect, it } from 'vitest';
import {
  BatchNorm1d,
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  GELU,
  LazyConv2d,
  LazyLinear,
  Linear,
  Module,
  ModuleDict,
  ModuleList,
  ReLU,
  Residual,
  Sequential,
  Sigmoid,
  Tanh,
} from '../src/index.ts';

beforeAll(() => setDevice('reference'));

class Block extends Module<[x: Tensor]> {
  norm = new Tanh();
  mlp = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 4, { bias: false }));
  forward(x: Tensor): Tensor {
    return this.mlp.forward(this.norm.forward(x));
  }
}

class Model extends Module<[x: Tensor]> {
  stem = new Sequential(new ReLU(), new ReLU());
  blocks = new ModuleList([new Block(), new Block(), new Sigmoid(), new Sigmoid(), new Sigmoid(), new Block()]);
  heads = new ModuleDict({ one: new Linear(4, 1), empty: new Sequential() });
  none = new ModuleList([]);
  single = new ModuleList([new Linear(1, 1)]);
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** PyTorch's names of arguments and its booleans, in ours. */
function inOurNames(text: string): string {
  return text
    .replace(
      /\b([a-z]+)_([a-z]+)(?==)/g,
      (_, first: string, second: string) => first + (second[0] ?? '').toUpperCase() + second.slice(1),
    )
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b/g, 'false');
}

it('prints what PyTorch prints: nested modules, arguments, empty ones, and those that repeat in lists', () => {
  const expected = readFileSync(new URL('golden/print.txt', import.meta.url), 'utf8').trimEnd();
  expect(String(new Model())).toBe(inOurNames(expected));
});

it('says the arguments of each layer as they are now, by the names of its options', () => {
  const model = new Sequential(
    new Conv2d(3, 8, 3, { padding: 'same', bias: false }),
    new BatchNorm1d(8, { affine: false }),
    new Embedding(10, 3, { paddingIndex: 0 }),
    new Dropout(0.25),
    new Flatten(),
    new GELU({ approximate: 'tanh' }),
  );
  Object.assign(model.at(3) ?? {}, { probability: 0.5 });
  expect(String(model).split('\n')).toEqual([
    'Sequential(',
    '  (0): Conv2d(inChannels=3, outChannels=8, kernelSize=[3, 3], stride=[1, 1], padding=same, paddingMode=zeros, dilation=[1, 1], groups=1, bias=false)',
    '  (1): BatchNorm1d(numFeatures=8, eps=0.00001, momentum=0.1, affine=false, trackRunningStats=true)',
    '  (2): Embedding(numEmbeddings=10, embeddingDim=3, paddingIndex=0, normType=2, scaleGradByFrequency=false)',
    '  (3): Dropout(probability=0.5)',
    '  (4): Flatten(startAxis=1, endAxis=-1)',
    '  (5): GELU(approximate=tanh)',
    ')',
  ]);
});

it('prints arrays in fields as lists, wrappers with their own arguments first, and a module that holds itself', () => {
  class Own extends Module<[x: Tensor]> {
    blocks = [new ReLU(), new ReLU(), new Tanh()];
    residual = new Residual(new Linear(2, 2), { scale: 0.5 });
    self: Module<[x: Tensor]> = this;
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  expect(String(new Own()).split('\n')).toEqual([
    'Own(',
    '  (blocks.0-1): 2 x ReLU()',
    '  (blocks.2): Tanh()',
    '  (residual): Residual(',
    '    scale=0.5',
    '    (inner): Linear(inFeatures=2, outFeatures=2, bias=true)',
    '  )',
    '  (self): Own(…)',
    ')',
  ]);
});

it("is what Node's console shows, also inside of other objects", () => {
  const model = new Sequential(new Linear(4, 8), new ReLU());
  expect(inspect(model)).toBe(String(model));
  expect(inspect({ model })).toContain('(0): Linear(inFeatures=4, outFeatures=8, bias=true)');
});

it('leaves the place of a module to errors', () => {
  const model = new Sequential(new Sequential(new Linear(4, 8)));
  expect(() => model.forward(zeros([2, 3]))).toThrow('module: 0.0 (Linear 4 → 8)');
});

it('tells the options of a lazy layer as those of others', () => {
  expect(String(new LazyLinear(3, { bias: false }))).toBe('LazyLinear(outFeatures=3, bias=false)');
  expect(String(new LazyLinear(3))).toBe('LazyLinear(outFeatures=3)');
  expect(String(new LazyConv2d(8, 3, { padding: 1 }))).toBe(
    'LazyConv2d(outChannels=8, kernelSize=[3, 3], stride=[1, 1], dilation=[1, 1], groups=1, bias=true, padding=[1, 1], paddingMode=zeros)',
  );
});
