/** Initial weights against the closed forms of their distributions. Bounds are five standard errors for the given number of draws. */
import {
  defaultGenerator,
  eye,
  full,
  manualSeed,
  matmul,
  ones,
  setDevice,
  transpose,
  truncatedNormal,
  uniform,
  zeros,
  type Generator,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  BatchNorm2d,
  calculateGain,
  Conv2d,
  dirac,
  initializeByName,
  kaimingNormal,
  kaimingUniform,
  Linear,
  Module,
  MultiheadAttention,
  normal,
  orthogonal,
  parameter,
  PReLU,
  Sequential,
  sparse,
  WeightNorm,
  xavierNormal,
  xavierUniform,
  type AnyModule,
} from '../src/index.ts';

async function moments(x: Tensor): Promise<{ count: number; mean: number; variance: number; largest: number }> {
  const values = [...(await x.data())];
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { count, mean, variance, largest: Math.max(...values.map(Math.abs)) };
}

async function expectUniform(x: Tensor, bound: number): Promise<void> {
  const { count, mean, variance, largest } = await moments(x);
  const expected = bound ** 2 / 3;
  expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
  expect(largest).toBeGreaterThan(bound * (1 - 20 / count));
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(expected / count));
  // Var(x²) = 4 b⁴ / 45.
  expect(Math.abs(variance - expected)).toBeLessThan(5 * Math.sqrt((4 * bound ** 4) / 45 / count));
}

async function expectNormal(x: Tensor, expected: number): Promise<void> {
  const { count, mean, variance } = await moments(x);
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(expected / count));
  expect(Math.abs(variance - expected)).toBeLessThan(5 * expected * Math.sqrt(2 / count));
}

describe.each(devices)('initial weights on %s', (device) => {
  beforeAll(() => {
    setDevice(device);
    manualSeed(1);
  });

  it('Linear: weight and bias uniform in ±1/√inFeatures', async () => {
    const { weight, bias } = new Linear(300, 400);
    await expectUniform(weight, 1 / Math.sqrt(300));
    await expectUniform(bias as Tensor, 1 / Math.sqrt(300));
  });

  it('Conv2d: weight and bias uniform in ±1/√(in/groups · kernel)', async () => {
    const { weight, bias } = new Conv2d(32, 512, 3, { groups: 2 });
    expect(weight.shape).toEqual([512, 16, 3, 3]);
    await expectUniform(weight, 1 / Math.sqrt(16 * 9));
    await expectUniform(bias as Tensor, 1 / Math.sqrt(16 * 9));
  });

  it('BatchNorm2d: ones and zeros', async () => {
    const state = new BatchNorm2d(3).stateDict();
    const values = await Promise.all([...state].map(async ([name, value]) => [name, await value.toArray()]));
    expect(Object.fromEntries(values)).toEqual({
      weight: [1, 1, 1],
      bias: [0, 0, 0],
      running_mean: [0, 0, 0],
      running_var: [1, 1, 1],
      num_batches_tracked: 0,
    });
  });

  it('Kaiming and Xavier distributions', async () => {
    await expectUniform(kaimingUniform([200, 300]), Math.sqrt(6 / 300));
    await expectUniform(kaimingUniform([64, 30, 5, 2], { slope: 2 }), Math.sqrt(6 / (5 * 300)));
    await expectNormal(kaimingNormal([200, 300]), 2 / 300);
    await expectUniform(xavierUniform([100, 300]), Math.sqrt(6 / 400));
    await expectNormal(xavierNormal([100, 30, 5, 2]), 2 / (300 + 1000));
  });

  it('Kaiming and Xavier distributions with modes and gains', async () => {
    await expectUniform(kaimingUniform([80, 50, 3], { mode: 'fanOut' }), Math.sqrt(6 / 240));
    await expectUniform(kaimingUniform([80, 100], { nonlinearity: 'tanh' }), (5 / 3) * Math.sqrt(3 / 100));
    await expectNormal(kaimingNormal([80, 100], { mode: 'fanOut', nonlinearity: 'relu' }), 2 / 80);
    await expectNormal(kaimingNormal([80, 100], { nonlinearity: 'linear' }), 1 / 100);
    await expectUniform(xavierUniform([80, 120], { gain: 2 }), 2 * Math.sqrt(6 / 200));
    await expectNormal(xavierNormal([80, 120], { gain: calculateGain('tanh') }), (25 / 9) * (2 / 200));
  });

  it('normal, uniform and truncated normal distributions', async () => {
    await expectNormal(normal([80, 100], { std: 0.02 }), 0.0004);
    await expectNormal(normal([80, 100], { mean: 3 }).sub(3), 1);
    await expectUniform(uniform([80, 100], -0.1, 0.1), 0.1);
    const values = [...(await truncatedNormal([10_000], { mean: 1, std: 2, low: -1, high: 2 }).data())];
    expect(values.every((value) => value >= -1 && value <= 2)).toBe(true);
    // (α, β) = (−1, ½): the mean is μ + σ (φ(α) − φ(β)) / (Φ(β) − Φ(α)).
    const expected = 1 + (2 * (0.24197072 - 0.35206533)) / (0.69146246 - 0.15865525);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length - expected)).toBeLessThan(0.04);
  });

  it('constants: ones, zeros, a number, the identity', async () => {
    expect(await Promise.all([ones([2]), zeros([2]), full([2], 0.5)].map((x) => x.toArray()))).toEqual([
      [1, 1],
      [0, 0],
      [0.5, 0.5],
    ]);
    expect(await eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  it.each([
    [[6, 4], 1],
    [[4, 6], 2],
    [[5, 5], 1],
    [[4, 2, 3, 2], 0.5],
    [[6, 2, 2], 1],
  ])('orthogonal of %j times %d: rows or columns are orthonormal', async (shape, gain) => {
    const [rows = 0] = shape;
    const matrix = orthogonal(shape, { gain }).reshape([rows, -1]);
    const columns = matrix.shape[1] ?? 0;
    const product = rows <= columns ? matmul(matrix, transpose(matrix, 0, 1)) : matmul(transpose(matrix, 0, 1), matrix);
    const difference = product.sub(eye(Math.min(rows, columns)).mul(gain * gain)).abs();
    expect(await difference.max().item()).toBeLessThan(2e-6);
  });

  it('orthogonal matrices are spread evenly: a first element has mean 0 and variance 1 / n', async () => {
    const firsts = await Promise.all(
      Array.from({ length: 50 }, async () => (await orthogonal([4, 4]).data())[0] ?? NaN),
    );
    const mean = firsts.reduce((sum, value) => sum + value, 0) / 50;
    const variance = firsts.reduce((sum, value) => sum + value ** 2, 0) / 50;
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / 4 / 50));
    // Var(x²) of a coordinate on the sphere in four dimensions is 1/8 − 1/16.
    expect(Math.abs(variance - 1 / 4)).toBeLessThan(5 * Math.sqrt(1 / 16 / 50));
  });

  it('sparse: every column has as many zeros, at places of its own; the rest is normal', async () => {
    const weight = sparse([50, 400], 0.3, { std: 0.5 });
    expect(new Set(await weight.equal(0).sum(0).data())).toEqual(new Set([15]));
    // Zeros of a row: binomial, 400 draws of 0.3.
    const rows = await weight.equal(0).sum(1).data();
    for (const count of rows) expect(Math.abs(count - 120)).toBeLessThan(5 * Math.sqrt(400 * 0.3 * 0.7));
    const kept = [...(await weight.data())].filter((value) => value !== 0);
    const variance = kept.reduce((sum, value) => sum + value ** 2, 0) / kept.length;
    expect(Math.abs(variance - 0.25)).toBeLessThan(5 * 0.25 * Math.sqrt(2 / kept.length));
  });

  it('dirac: a convolution passes on its input, in groups, too', async () => {
    for (const [groups, outputs] of [
      [1, 4],
      [2, 4],
      [1, 6],
    ] as const) {
      const layer = new Conv2d(4, outputs, 3, { padding: 1, groups, bias: false });
      layer.weight = parameter(dirac([outputs, 4 / groups, 3, 3], { groups }));
      const x = uniform([2, 4, 5, 5], -1, 1);
      const y = layer.forward(x);
      // Of a group's outputs there are as many as there are inputs, in order.
      const perGroup = outputs / groups;
      for (let output = 0; output < outputs; output++) {
        const [group, place] = [Math.floor(output / perGroup), output % perGroup];
        const expected = place < 4 / groups ? x.narrow(1, group * (4 / groups) + place, 1) : zeros([2, 1, 5, 5]);
        expect(await y.narrow(1, output, 1).data()).toEqual(await expected.data());
      }
    }
  });

  it("gains are PyTorch's", () => {
    expect(
      ['linear', 'conv2d', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu'].map((name) => calculateGain(name as 'selu')),
    ).toEqual([1, 1, 1, 5 / 3, Math.SQRT2, Math.sqrt(2 / (1 + 0.01 ** 2)), 3 / 4]);
    expect(calculateGain('leakyRelu', 2)).toBe(Math.sqrt(2 / 5));
  });

  it('the same seed gives the same model', async () => {
    const values = async (): Promise<unknown> => {
      manualSeed(9);
      return Promise.all(new Linear(5, 4).parameters().map((p) => p.toArray()));
    };
    expect(await values()).toEqual(await values());
  });
});

class Forward extends Module {
  static override readonly type: string = 'Forward';
  readonly a = new Linear(6, 5);
  readonly b = new Linear(5, 4);
  forward(x: Tensor): Tensor {
    return this.b.forward(this.a.forward(x));
  }
}

/** The same names in another order, and more of them. */
class Backward extends Module {
  static override readonly type: string = 'Backward';
  readonly b = new Linear(5, 4);
  readonly slope = new PReLU();
  readonly more = new Conv2d(2, 3, 3);
  readonly a = new Linear(6, 5);
  forward(x: Tensor): Tensor {
    return this.b.forward(this.a.forward(x));
  }
}

const valuesOf = async (model: AnyModule): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(
    await Promise.all(
      [...model.namedParameters()].map(async ([name, x]) => [name, (await x.data()) as Float32Array] as const),
    ),
  );

describe.each(devices)('initial values by name on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('follow from the seed and the name alone, whatever else the model holds, in whatever order', async () => {
    const first = await valuesOf(initializeByName(new Forward(), 3));
    const second = await valuesOf(initializeByName(new Backward(), 3));
    for (const [name, values] of Object.entries(first)) expect(second[name], name).toEqual(values);
    const other = await valuesOf(initializeByName(new Forward(), 4));
    for (const [name, values] of Object.entries(first)) expect(other[name], name).not.toEqual(values);
    expect(first['a.weight']?.slice(0, 5)).not.toEqual(first['b.weight']?.slice(0, 5));
  });

  it('of a parameter stay what they are where its layer gets another one before it, or loses one', async () => {
    class Small extends Module {
      static override readonly type: string = 'Small';
      readonly weight = parameter(uniform([3, 2], 0, 1));
      readonly bias = parameter(uniform([2], 0, 1));
      forward(x: Tensor): Tensor {
        return x.matmul(this.weight).add(this.bias);
      }
    }
    class Large extends Module {
      static override readonly type: string = 'Large';
      readonly scale = parameter(uniform([5], 0, 1));
      readonly bias = parameter(uniform([2], 0, 1));
      readonly weight = parameter(uniform([3, 2], 0, 1));
      forward(x: Tensor): Tensor {
        return x.matmul(this.weight).add(this.bias);
      }
    }
    const [small, large] = await Promise.all([
      valuesOf(initializeByName(new Small(), 3, { types: { Small } })),
      valuesOf(initializeByName(new Large(), 3, { types: { Large } })),
    ]);
    expect([large['weight'], large['bias']]).toEqual([small['weight'], small['bias']]);
    expect(large['scale']?.slice(0, 2)).not.toEqual(large['bias']);
    const attention = await valuesOf(initializeByName(new MultiheadAttention(8, 2), 3));
    const without = await valuesOf(initializeByName(new MultiheadAttention(8, 2, { bias: false }), 3));
    for (const name of ['in_proj_weight', 'out_proj.weight']) expect(without[name], name).toEqual(attention[name]);
  });

  it("are those that the layers begin with: Linear's uniform in ±1/√inFeatures, PReLU's constant", async () => {
    const model = initializeByName(new Sequential(new Linear(60, 90), new PReLU({ init: 0.5 })), 5);
    const { weight, bias } = model.at(0) as Linear;
    await expectUniform(weight, 1 / Math.sqrt(60));
    await expectUniform(bias as Tensor, 1 / Math.sqrt(60));
    expect(await (model.at(1) as PReLU).weight.toArray()).toEqual([0.5]);
  });

  it('come from a scheme where one is given, and stay where it gives none', async () => {
    const model = new Sequential(new Linear(60, 90), new Linear(90, 2));
    const bias = await (model.at(0) as Linear).bias?.data();
    const scheme = (name: string, { shape }: Tensor, generator: Generator): Tensor | undefined =>
      name.endsWith('weight') ? normal(shape, { std: 0.02, generator }) : undefined;
    initializeByName(model, 6, { scheme });
    await expectNormal((model.at(0) as Linear).weight, 0.0004);
    expect(await (model.at(0) as Linear).bias?.data()).toEqual(bias);
    const again = initializeByName(new Sequential(new Linear(60, 90)), 6, { scheme });
    expect(await (again.at(0) as Linear).weight.data()).toEqual(await (model.at(0) as Linear).weight.data());
  });

  it('leave the default generator, tied weights, frozen ones and buffers as they are', async () => {
    const model = new Sequential(new Linear(4, 4), new BatchNorm2d(4), new Linear(4, 4));
    model.setMember('2.weight', model.getMember('0.weight'));
    model.at(0)?.freeze();
    const before = defaultGenerator.stateDict();
    initializeByName(model, 1);
    expect(defaultGenerator.stateDict()).toEqual(before);
    expect(model.getMember('2.weight')).toBe(model.getMember('0.weight'));
    expect([...model.trainableParameters().keys()]).toEqual(['1.weight', '1.bias', '2.bias']);
  });

  it('of a layer made of layers are what it makes of them, and what it was given has its own', async () => {
    const attention = initializeByName(new MultiheadAttention(8, 2), 1);
    expect(new Set(await (attention.out_proj.bias as Tensor).data())).toEqual(new Set([0]));
    const inner = async (model: Module, name: string): Promise<unknown> => (model.getMember(name) as Tensor).toArray();
    const normed = initializeByName(new Sequential(new WeightNorm(new Linear(3, 2))), 2);
    const plain = initializeByName(new Sequential(new Linear(3, 2)), 2);
    expect(await inner(normed, '0.weight_v')).toEqual(await inner(plain, '0.weight'));
    // The lengths are those of what was drawn.
    const [weight, drawn] = [(normed.at(0) as WeightNorm).weight, plain.getMember('0.weight') as Tensor];
    expect(await weight.sub(drawn).abs().max().item()).toBeLessThan(1e-6);
  });

  it('are refused of a wrong shape, and of parameters of a class that is not known', () => {
    expect(() => initializeByName(new Linear(2, 2), 1, { scheme: () => zeros([3]) })).toThrow(/float32\[3\]/);
    class Scale extends Module {
      static override readonly type: string = 'Scale';
      readonly weight = parameter(ones([2]));
      forward(x: Tensor): Tensor {
        return x.mul(this.weight);
      }
    }
    expect(() => initializeByName(new Scale(), 1)).toThrow(/no module type 'Scale'/);
    expect(initializeByName(new Scale(), 1, { types: { Scale } })).toBeInstanceOf(Scale);
  });
});

describe('normal schemes', () => {
  // The factor is no number of float32: one that rounds once more than another differs in some of 4,000 weights.
  it.each(Object.entries({ kaimingNormal, xavierNormal }))(
    '%s gives the same bits on every device',
    async (_, scheme) => {
      const drawn: unknown[] = [];
      for (const device of devices) {
        setDevice(device);
        manualSeed(1);
        drawn.push([...(await scheme([64, 7, 3, 3]).data())]);
      }
      for (const weights of drawn) expect(weights).toEqual(drawn[0]);
    },
  );

  it('take a negative gain for its size', async () => {
    const drawn = [1, -1].map((gain) => {
      manualSeed(1);
      return xavierNormal([4, 3], { gain });
    });
    expect(await drawn[0]?.toArray()).toEqual(await drawn[1]?.toArray());
  });
});
