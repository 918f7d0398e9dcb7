/** FLOPs and memory of summaries, beside closed forms and published figures. */
import {
  assign,
  compile,
  defaultGenerator,
  device,
  manualSeed,
  rand,
  scan,
  setDevice,
  softmax,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BatchNorm1d,
  Conv2d,
  ConvTranspose2d,
  Embedding,
  LayerNorm,
  LazyLinear,
  LearnedPositions,
  Linear,
  LSTM,
  Module,
  MultiheadAttention,
  Sequential,
  summary,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '../src/index.ts';
import { ResNet } from '../../architectures/src/index.ts';

beforeAll(() => setDevice('wasm'));

it('a linear layer: batch · in · out multiply–adds, and an addition for each output with a bias', () => {
  const { multiplyAdds, flops } = summary(new Linear(30, 20), [7, 30]);
  expect([multiplyAdds, flops]).toEqual([7 * 30 * 20, 2 * 7 * 30 * 20 + 7 * 20]);
  expect(summary(new Linear(30, 20, { bias: false }), [7, 30]).flops).toBe(2 * 7 * 30 * 20);
  expect(summary(new Linear(30, 20), ['batch', 30], { sizes: { batch: 7 } }).flops).toBe(flops);
});

it('a convolution: outputs · channels of a group · kernel, whatever its stride, dilation and padding', () => {
  const plain = summary(new Conv2d(6, 8, [3, 5], { bias: false, padding: 2 }), [2, 6, 16, 16]);
  expect(plain.flops).toBe(2 * (2 * 8 * 18 * 16) * (6 * 15));
  const grouped = summary(new Conv2d(6, 8, 3, { groups: 2, dilation: 2, stride: 2, bias: false }), [2, 6, 16, 16]);
  expect(grouped.multiplyAdds).toBe(2 * 8 * 6 * 6 * ((6 / 2) * 9));
  const biased = summary(new Conv2d(6, 8, 3), [1, 6, 5, 5]);
  expect(biased.flops).toBe(2 * 8 * 9 * (6 * 9) + 8 * 9);
  // The transpose meets every input with the kernel of each of its outputs.
  const transposed = summary(new ConvTranspose2d(6, 8, 3, { stride: 2, bias: false }), [2, 6, 5, 5]);
  expect(transposed.multiplyAdds).toBe(2 * 6 * 25 * (8 * 9));
});

it('a recurrent layer: the body of its loop once for each step', () => {
  const [length, batch, inputs, hidden] = [11, 3, 5, 4];
  const { multiplyAdds, flops } = summary(new LSTM(inputs, hidden), [length, batch, inputs]);
  expect(multiplyAdds).toBe(length * batch * 4 * hidden * (inputs + hidden));
  // Beside the products for each hidden number: 4 gates with their sum of two products and two biases, four nonlinearities, c = f c + i g, o tanh c.
  const elementwise = flops - 2 * multiplyAdds;
  expect(elementwise / (length * batch * hidden)).toBeGreaterThanOrEqual(4 + 4 + 3 + 2);
  expect(elementwise / (length * batch * hidden)).toBeLessThanOrEqual(4 * 3 + 4 + 3 + 2);
  const twice = summary(new LSTM(inputs, hidden, { bidirectional: true }), [length, batch, inputs]);
  expect(twice.flops).toBe(2 * flops);
});

it('attention: four projections, and scores and sums of every pair', () => {
  const [batch, queries, keys, width] = [2, 6, 9, 16];
  class Cross extends Module<[q: Tensor, kv: Tensor]> {
    attention = new MultiheadAttention(width, 4, { batchFirst: true });
    forward(q: Tensor, kv: Tensor): Tensor {
      return this.attention.forward(q, kv, kv).output;
    }
  }
  const { multiplyAdds } = summary(new Cross(), [
    [batch, queries, width],
    [batch, keys, width],
  ]);
  const projections = 2 * queries * width * width + 2 * keys * width * width;
  expect(multiplyAdds).toBe(batch * (projections + 2 * queries * keys * width));
});

it('ResNet-18: 11.69 M parameters and 1.82 G multiply–adds for an image of 224 × 224', () => {
  const { parameters, multiplyAdds, flops, memory } = summary(new ResNet({ depth: 18 }), ['batch', 3, 224, 224]);
  expect(parameters).toBe(11_689_512);
  expect(memory.parameters).toBe(4 * 11_689_512);
  const stage = (inner: number, size: number, outer: number): number =>
    size * size * (inner * outer * 9 + 3 * outer * outer * 9 + (inner === outer ? 0 : inner * outer));
  const stages = stage(64, 56, 64) + stage(64, 28, 128) + stage(128, 14, 256) + stage(256, 7, 512);
  expect(multiplyAdds).toBe(112 * 112 * 64 * 3 * 49 + stages + 512 * 1000);
  // Published is what a tool counts that takes normalisation and activations for half a multiply–add an operation.
  expect(flops / 2 / 1.82e9).toBeGreaterThan(0.995);
  expect(flops / 2 / 1.82e9).toBeLessThan(1.005);
});

describe('what is counted', () => {
  it('functions, as much as layers, and loops and modules of your own', () => {
    class Own extends Module<[x: Tensor]> {
      cell = new Linear(4, 4, { bias: false });
      forward(x: Tensor): Tensor {
        const [last] = scan((h: Tensor, at: Tensor) => [this.cell.forward(h).add(at), []], zeros([3, 4]), x);
        return softmax(last.matmul(this.cell.weight), -1);
      }
    }
    const { rows } = summary(new Own(), [5, 3, 4]);
    // In the loop: five steps of the layer, and an addition for each; then a product and a softmax of 4 numbers, 3 + 4 + 4 + 3 + 4 operations.
    expect(rows.map(({ path, flops }) => [path, flops])).toEqual([
      ['', 5 * 12 + 2 * 3 * 4 * 4 + 3 * 18],
      ['cell', 5 * 2 * 3 * 4 * 4],
    ]);
  });

  it('nothing of what no result needs, and nothing of constants', () => {
    class Wasteful extends Module<[x: Tensor]> {
      forward(x: Tensor): Tensor {
        x.exp().matmul(x);
        return x.add(zeros([4, 4]).exp().add(1));
      }
    }
    expect(summary(new Wasteful(), [4, 4]).flops).toBe(16);
  });

  it('in a body with several results, a shared weight once in parameters and each call in FLOPs', () => {
    const shared = new Linear(8, 8, { bias: false });
    const once = summary(new Sequential(shared), [2, 8]);
    const twice = summary(new Sequential(shared, shared), [2, 8]);
    expect([twice.parameters, twice.flops]).toEqual([once.parameters, 2 * once.flops]);
    expect(twice.toString()).toContain('called 2 times');
  });
});

it('computes nothing, and leaves modules, hooks, statistics and draws as they were', async () => {
  class Noisy extends Module<[x: Tensor]> {
    norm = new BatchNorm1d(4);
    forward(x: Tensor): Tensor {
      return this.norm.forward(x.add(rand(x.shape)));
    }
  }
  const model = new Noisy();
  const calls: string[] = [];
  model.norm.registerForwardHook(() => void calls.push('hook'));
  await device.ready();
  manualSeed(3);
  // An update that waits goes on waiting.
  assign(model.norm.weight as Tensor, zeros([4]));
  const before = [device.stats().runs, defaultGenerator.draws, [...model.stateDict().values()].map(String)];
  summary(model, ['batch', 4], { training: true });
  summary(model, ['batch', 4]);
  expect([device.stats().runs, defaultGenerator.draws, [...model.stateDict().values()].map(String)]).toEqual(before);
  expect(await model.norm.num_batches_tracked?.item()).toBe(0);
  expect([model.training, model.norm.training]).toEqual([true, true]);
  expect(() => compile(() => summary(model, [2, 4]).flops as never)()).toThrow('inside a compiled function');
});

it('says the sizes at which it counted, and refuses names that there are not', () => {
  const model = new Linear(4, 4);
  expect(summary(model, ['batch', 'length', 4]).sizes).toEqual({ batch: 1, length: 64 });
  expect(summary(model, ['batch', 'length', 4], { sizes: { length: 2 } }).toString()).toContain(
    'At batch = 1, length = 2:',
  );
  expect(() => summary(model, ['batch', 4], { sizes: { bach: 2 } })).toThrow(
    "[summary] sizes has 'bach'; the inputs name batch.",
  );
  expect(() => summary(model, ['batch', 4], { sizes: { batch: 0 } })).toThrow("the size of 'batch'");
});

it('makes no lazy layer: that takes a call of initialize', () => {
  expect(() => summary(new Sequential(new LazyLinear(3)), [2, 4])).toThrow('initialize');
});

it('fits a terminal of 100 columns however long its texts are', () => {
  class WithNames extends Module<[x: Tensor], Record<string, Tensor>> {
    aVeryLongNameOfAModuleThatGoesOnAndOn = new Sequential(new Conv2d(3, 8, 3, { padding: 1 }));
    forward(x: Tensor): Record<string, Tensor> {
      const y = this.aVeryLongNameOfAModuleThatGoesOnAndOn.forward(x);
      return { theFirstOfAllResults: y, theSecondOfAllResults: y };
    }
  }
  const lines = summary(new WithNames(), ['batch', 3, 'height', 'width']).toString().split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
});

// The last, since what makes its blocks alike waits for the next value that is read, and would be computed with it.
it('GPT-2 small: 124 M parameters, the tied head once, and 2 N FLOPs a token beside attention', () => {
  const [width, layers, words, length] = [768, 12, 50257, 64];
  class GPT2 extends Module<[ids: Tensor]> {
    wte = new Embedding(words, width);
    wpe = new LearnedPositions(1024, width);
    blocks = new TransformerEncoder(
      new TransformerEncoderLayer(width, 12, {
        dimFeedforward: 4 * width,
        activation: 'gelu',
        batchFirst: true,
        normFirst: true,
      }),
      layers,
      { norm: new LayerNorm(width) },
    );
    head = new Linear(width, words, { bias: false });
    constructor() {
      super();
      this.setMember('head.weight', this.wte.weight);
    }
    forward(ids: Tensor): Tensor {
      return this.head.forward(this.blocks.forward(this.wpe.forward(this.wte.forward(ids)), { isCausal: true }));
    }
  }
  const found = summary(new GPT2(), [{ shape: ['batch', length], dtype: 'int32' }]);
  expect(found.parameters).toBe(124_439_808);
  expect(found.rows.find(({ path }) => path === 'head')).toMatchObject({ parameters: 0, tied: width * words });
  const matrices = layers * 12 * width * width + width * words;
  const attention = layers * 2 * length * length * width;
  expect(found.multiplyAdds).toBe(length * matrices + attention);
  // N of the rule: all parameters but the positions, of which each token reads a row.
  const parameters = found.parameters - 1024 * width;
  expect((found.flops - 2 * attention) / length / (2 * parameters)).toBeGreaterThan(1);
  expect((found.flops - 2 * attention) / length / (2 * parameters)).toBeLessThan(1.01);
});
