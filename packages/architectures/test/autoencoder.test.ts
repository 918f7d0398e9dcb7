/** Autoencoders: as modules, beside PyTorch, and what their papers say of them. */
import type { Linear } from '@hebb/layers';
import { type Module } from '@hebb/layers';
import { gaussianKlDivergence } from '@hebb/losses';
import {
  ArgumentError,
  compile,
  manualSeed,
  ones,
  rand,
  randn,
  setDevice,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportOnnx, runOnnx } from '../../onnx/src/index.ts';
import { AdamW, minimize } from '../../optimizers/src/index.ts';
import {
  Autoencoder,
  ConvolutionalAutoencoder,
  VariationalAutoencoder,
  VectorQuantizedAutoencoder,
  VectorQuantizer,
} from '../src/index.ts';
import { autoencoderTypes } from '../src/autoencoder/types.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { of, walk, ways, x } from './support/walk.ts';

const features = x(['batch', 3]);
const image = x(['batch', 1, 4, 4]);
const quantizing = {
  movesItself: 'the codebook follows what is near it',
  byRule: 'the gradient of a vector of the codebook is that of what it stands for',
};

describe('autoencoders', () => {
  walk(
    {
      Autoencoder: ways(
        of(() => new Autoencoder({ inputs: 3, hidden: [4], code: 2, activation: 'tanh', outputActivation: 'sigmoid' }), [features], -1), // prettier-ignore
        of(() => new Autoencoder({ inputs: [2, 3], hidden: [], code: 2, sparsity: { penalty: 'l1', weight: 1 } }), [x(['batch', 2, 3])], -1), // prettier-ignore
      ),
      ConvolutionalAutoencoder: ways(
        of(() => new ConvolutionalAutoencoder({ features: [2, 3], activation: 'tanh', batchNorm: true }), [image], 1),
        of(() => new ConvolutionalAutoencoder({ imageSize: [4, 5], features: [2], hidden: [4], code: 2, activation: 'tanh' }), [x(['batch', 1, 4, 5])], 1), // prettier-ignore
      ),
      VariationalAutoencoder: ways(
        of(() => new VariationalAutoencoder({ inputs: 3, hidden: [4], latents: 2 }), [features, x(['batch', 2])], -1),
        of(() => new VariationalAutoencoder({ inputs: [1, 4, 4], features: [2], hidden: [4], latents: 2, likelihood: 'gaussian' }), [image, x(['batch', 2])], 1), // prettier-ignore
      ),
      VectorQuantizedAutoencoder: ways(
        of(() => new VectorQuantizedAutoencoder({ channels: 1, width: 3, blocks: 1, codes: 4, codeSize: 2 }), [image], 1, quantizing), // prettier-ignore
        of(() => new VectorQuantizedAutoencoder({ channels: 1, width: 2, halvings: 1, blocks: 0, codes: 4, codeSize: 2, codebook: 'loss' }), [image], 1, quantizing), // prettier-ignore
      ),
      VectorQuantizer: of(() => new VectorQuantizer({ codes: 4, codeSize: 3 }), [features], -1, quantizing),
    },
    autoencoderTypes,
  );
});

compareWithGoldens('autoencoder');

beforeEach(() => {
  setDevice('reference');
  manualSeed(1);
});

const numbersOf = async (value: Tensor): Promise<number[]> => Array.from(await value.data(), Number);

const small = {
  Autoencoder: () => new Autoencoder({ inputs: [1, 4, 4], hidden: [6], code: 3, noise: 0.1, masking: 0.1 }),
  ConvolutionalAutoencoder: () => new ConvolutionalAutoencoder({ features: [2, 3] }),
  VariationalAutoencoder: () => new VariationalAutoencoder({ inputs: [1, 4, 4], hidden: [6], latents: 3 }),
  VectorQuantizedAutoencoder: () =>
    new VectorQuantizedAutoencoder({ channels: 1, width: 8, halvings: 1, blocks: 1, codes: 6, codeSize: 2 }),
};

describe.each(Object.entries(small))('%s', (_name, make) => {
  it('reconstructs what forward gives in evaluation mode, each example whatever the others are', async () => {
    const model = make().eval();
    const given = rand([3, 1, 4, 4]);
    const whole = model.reconstruct(given);
    expect(whole.shape).toEqual(given.shape);
    const forward = model.forward(given);
    const output = 'reconstruction' in forward ? forward['reconstruction'] : forward;
    expect(await output.toArray()).toEqual(await whole.toArray());
    expect(await model.reconstruct(given.narrow(0, 1, 1)).toArray()).toEqual(await whole.narrow(0, 1, 1).toArray());
  });

  it('goes from one code to the other', async () => {
    const model = make().eval();
    const [from, to] = [model.encode(rand([2, 1, 4, 4])), model.encode(rand([2, 1, 4, 4]))];
    const walked = model.interpolate(from, to, { steps: 5 });
    expect(walked.shape).toEqual([2, 5, 1, 4, 4]);
    expect(await walked.narrow(1, 0, 1).squeeze(1).toArray()).toEqual(await model.decode(from).toArray());
    expect(await walked.narrow(1, 4, 1).squeeze(1).toArray()).toEqual(await model.decode(to).toArray());
    expect(() => model.interpolate(from, to.narrow(0, 0, 1))).toThrow(ShapeError);
    expect(() => model.interpolate(from, to, { steps: 1 })).toThrow(ArgumentError);
  });

  it('scores what it has learnt below what it has not', async () => {
    setDevice('wasm');
    const model = make();
    const optimizer = new AdamW(model, { learningRate: 0.02, weightDecay: 0 });
    // The upper half of the image is bright.
    const known = tensor(
      Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 1 : 0)),
      { shape: [1, 1, 4, 4] },
    );
    const batch = known.add(zeros([8, 1, 4, 4]));
    const step = compile((given: Tensor) => minimize(optimizer, () => model.loss(given)));
    for (let i = 0; i < 60; i++) await step(batch).item();
    model.eval();
    const [usual = NaN, strange = NaN] = await numbersOf(
      model.anomalyScore(known.add(zeros([2, 1, 4, 4])).sub(tensor([0, 1]).reshape([2, 1, 1, 1])).abs()), // prettier-ignore
    );
    expect(strange).toBeGreaterThan(4 * usual);
  });

  it('is exported whole, as encoder and as decoder, with a free batch', async () => {
    const model = make().eval();
    const given = rand([3, 1, 4, 4]);
    const code = model.encode(given);
    const codeShape = ['batch', ...code.shape.slice(1)];
    const encoder = await exportOnnx((value: Tensor) => model.encode(value), { inputs: { x: ['batch', 1, 4, 4] } });
    const decoder = await exportOnnx((value: Tensor) => model.decode(value), {
      inputs: { code: { shape: codeShape, dtype: code.dtype } },
    });
    const near = async (found: Tensor, expected: Tensor): Promise<void> => {
      expect(found.shape).toEqual(expected.shape);
      const wanted = await numbersOf(expected);
      (await numbersOf(found)).forEach((value, i) => expect(value).toBeCloseTo(wanted[i] ?? NaN, 5));
    };
    const found = Object.values(await runOnnx(encoder, { x: given }))[0] as Tensor;
    await near(found, code);
    await near(Object.values(await runOnnx(decoder, { code }))[0] as Tensor, model.decode(code));
  });
});

const hasGraphics = process.env['HEBB_TEST_WEBGPU'] === '1' || process.env['HEBB_REQUIRE_WEBGPU'] === '1';

describe.each(hasGraphics ? (['wasm', 'webgpu'] as const) : (['wasm'] as const))('on %s', (device) => {
  it.each(Object.entries(small))(
    'two steps of %s draw the same, and end where the reference does',
    async (_name, make) => {
      const lossesOn = async (name: 'reference' | typeof device): Promise<number[]> => {
        setDevice(name);
        manualSeed(5);
        const model = make();
        const given = rand([6, 1, 4, 4]);
        const optimizer = new AdamW(model, { learningRate: 0.01 });
        const step = compile((batch: Tensor) => minimize(optimizer, () => model.loss(batch)));
        return [await step(given).item(), await step(given).item()];
      };
      const expected = await lossesOn('reference');
      (await lossesOn(device)).forEach((loss, i) => expect(loss).toBeCloseTo(expected[i] ?? NaN, 4));
    },
  );
});

describe('denoising', () => {
  it('adds noise while training alone, anew for each call', async () => {
    const model = new Autoencoder({ inputs: 4, hidden: [], code: 4, noise: 0.5 });
    const given = ones([2000, 4]);
    const [first, second] = [model.corrupt(given).sub(1), model.corrupt(given).sub(1)];
    expect(Math.abs(await first.mean().item())).toBeLessThan(0.02);
    expect(await first.square().mean().sqrt().item()).toBeCloseTo(0.5, 1);
    expect(Math.abs(await first.mul(second).mean().item())).toBeLessThan(0.02);
    expect(await model.forward(given).sub(model.reconstruct(given)).abs().max().item()).toBeGreaterThan(0.1);
    model.eval();
    expect(await model.forward(given).sub(model.reconstruct(given)).abs().max().item()).toBe(0);
    // Compiled, too, no two draws are the same.
    const draw = compile((value: Tensor) => model.corrupt(value));
    expect(await draw(given).sub(draw(given)).abs().max().item()).toBeGreaterThan(0.1);
  });

  it('masks: zeros in the place of so many elements, the others as they are', async () => {
    const model = new Autoencoder({ inputs: 4, hidden: [], code: 4, masking: 0.25 });
    const masked = await numbersOf(model.corrupt(ones([1000, 4]).mul(3)));
    expect(new Set(masked.map((value) => Math.round(value * 1e5) / 1e5))).toEqual(new Set([0, 3]));
    expect(masked.filter((value) => value === 0).length / masked.length).toBeCloseTo(0.25, 1);
  });
});

describe('sparse codes', () => {
  it("need 0 … 1 for 'kl', and cost nothing where means are as they should be", async () => {
    const options = { inputs: 3, hidden: [], code: 2, codeActivation: 'sigmoid' } as const;
    const sparsity = { penalty: 'kl', weight: 2, mean: 0.5 } as const;
    expect(() => new Autoencoder({ inputs: 3, sparsity })).toThrow(/codeActivation: 'sigmoid'/);
    const model = new Autoencoder({ ...options, sparsity });
    const plain = new Autoencoder(options);
    plain.loadStateDict(model.stateDict());
    const difference = async (given: Tensor): Promise<number> => model.loss(given).sub(plain.loss(given)).item();
    // The code of 0 is sigmoid(bias): one half where the bias is 0.
    const bias = model.encoder.getMember('1.bias') as Tensor;
    model.loadStateDict(new Map([['encoder.1.bias', bias.mul(0)]]), { strict: false });
    plain.loadStateDict(new Map([['encoder.1.bias', bias.mul(0)]]), { strict: false });
    expect(await difference(zeros([4, 3]))).toBeCloseTo(0, 6);
    // Saturated at 0 and 1, the divergence is finite.
    const saturated = bias.mul(0).add(tensor([200, -200]));
    for (const each of [model, plain]) each.loadStateDict(new Map([['encoder.1.bias', saturated]]), { strict: false });
    const cost = await difference(zeros([4, 3]));
    expect(cost).toBeGreaterThan(10);
    expect(cost).toBeLessThan(100);
  });
});

describe('VariationalAutoencoder', () => {
  it('has a bound that no posterior can lift above ln p(x), which is known where the decoder ignores z', async () => {
    const model = new VariationalAutoencoder({
      inputs: 3,
      hidden: [],
      latents: 2,
      likelihood: 'gaussian',
      deviation: 2,
    });
    const decoder = model.decoder.getMember('0') as Linear;
    decoder.loadStateDict(new Map([['weight', zeros([3, 2])], ['bias', zeros([3])]])); // prettier-ignore
    const given = randn([4, 3]);
    // ln N(x; 0, 4) of each example.
    const evidence = given.square().div(8).add(Math.log(2) + 0.5 * Math.log(2 * Math.PI)).sum(1).neg(); // prettier-ignore
    const { mean, logVariance } = model.distribution(given);
    const gap = await numbersOf(evidence.sub(model.bound(given)));
    const divergence = await numbersOf(gaussianKlDivergence(mean, logVariance, { reduction: 'none' }));
    gap.forEach((value, i) => expect(value).toBeCloseTo(divergence[i] ?? NaN, 4));
    expect(Math.min(...gap)).toBeGreaterThan(0);
  });

  it('draws μ + σ ε anew for each example and call, also where it is compiled', async () => {
    const model = new VariationalAutoencoder({ inputs: 3, hidden: [], latents: 2 });
    const given = ones([50, 3]);
    const drawn = compile((value: Tensor) => model.bound(value));
    const [first, second] = [await numbersOf(drawn(given)), await numbersOf(drawn(given))];
    expect(new Set([...first, ...second]).size).toBe(100);
    const noise = zeros([50, 2]);
    expect(await model.bound(given, noise).toArray()).toEqual(await model.anomalyScore(given).neg().toArray());
    expect(() => model.bound(given, zeros([50, 3]))).toThrow('draws [batch, 2]');
    expect(model.sample(7).shape).toEqual([7, 3]);
  });

  it('takes no pixels of 0 … 255 for probabilities', () => {
    const model = new VariationalAutoencoder({ inputs: 2, hidden: [], latents: 1 });
    const pixels = tensor([[0, 255]]);
    expect(() => model.loss(pixels)).toThrow('targets[0][1] is 255, which is no probability');
    expect(() => model.bound(pixels)).toThrow(ArgumentError);
    expect(model.loss(pixels.div(255)).shape).toEqual([]);
  });

  it('with beta weighs the divergence in the loss alone', async () => {
    const make = (beta: number) => new VariationalAutoencoder({ inputs: 3, hidden: [], latents: 2, beta });
    const [plain, strict] = [make(1), make(5)];
    strict.loadStateDict(plain.stateDict());
    const [given, noise] = [rand([6, 3]), randn([6, 2])];
    expect(await strict.bound(given, noise).toArray()).toEqual(await plain.bound(given, noise).toArray());
    const { mean, logVariance } = plain.distribution(given);
    const more = await strict.loss(given, noise).sub(plain.loss(given, noise)).item();
    expect(more).toBeCloseTo(4 * (await gaussianKlDivergence(mean, logVariance).item()), 4);
  });

  it('learns how far off a gaussian decoder is', async () => {
    setDevice('wasm');
    // Nothing of the noise can be said in no latents' worth of decoder: what is left is its deviation.
    const model = new VariationalAutoencoder({ inputs: 8, hidden: [], latents: 1, likelihood: 'gaussian' });
    const optimizer = new AdamW(model, { learningRate: 0.05, weightDecay: 0 });
    const step = compile((given: Tensor) => minimize(optimizer, () => model.loss(given)));
    const given = randn([256, 8], { std: 0.1 });
    for (let i = 0; i < 150; i++) await step(given).item();
    expect(await (model.log_deviation as Tensor).exp().item()).toBeGreaterThan(0.085);
    expect(await (model.log_deviation as Tensor).exp().item()).toBeLessThan(0.11);
  });
});

describe('VectorQuantizer', () => {
  const codebook = tensor([[0, 0], [1, 0], [0, 2]]); // prettier-ignore
  const given = tensor([[0.9, 0.1], [0.8, -0.1], [0.1, 0.2]]); // prettier-ignore

  const make = (options: { codebook: 'average' | 'loss' }): VectorQuantizer => {
    const quantizer = new VectorQuantizer({ codes: 3, codeSize: 2, decay: 0.5, ...options });
    const sums = quantizer.sums === undefined ? [] : ([['sums', codebook]] as const);
    quantizer.loadStateDict(new Map([['codebook', codebook], ['counts', ones([3])], ...sums])); // prettier-ignore
    return quantizer;
  };

  it.each(['average', 'loss'] as const)('takes the nearest vectors, exactly (%s)', async (kind) => {
    const { quantized, indices } = make({ codebook: kind }).eval().forward(given);
    expect(await indices.toArray()).toEqual([1, 1, 0]);
    expect(await quantized.toArray()).toEqual([[1, 0], [1, 0], [0, 0]]); // prettier-ignore
  });

  it('moves vectors to the means of what is nearest to them', async () => {
    const quantizer = make({ codebook: 'average' });
    const { quantized } = quantizer.forward(given);
    expect(await quantized.toArray()).toEqual([[1, 0], [1, 0], [0, 0]]); // prettier-ignore
    // Counts ½ · 1 + ½ · n, sums ½ e + ½ Σ z; the smoothing of 10⁻⁵ moves the last digits.
    expect(await quantizer.counts.toArray()).toEqual([1, 1.5, 0.5]);
    const moved = (await quantizer.codebook.toArray()) as number[][];
    const expected = [[0.05, 0.1], [(0.5 + 0.85) / 1.5, 0], [0, 2]]; // prettier-ignore
    expected.forEach((row, i) => row.forEach((value, j) => expect(moved[i]?.[j]).toBeCloseTo(value, 4)));
    quantizer.eval();
    const before = await quantizer.codebook.toArray();
    await quantizer.forward(given).quantized.data();
    expect(await quantizer.codebook.toArray()).toEqual(before);
  });

  it('reports vectors that are never the nearest', async () => {
    const quantizer = make({ codebook: 'loss' });
    const step = compile((value: Tensor) => quantizer.forward(value).penalty);
    for (let i = 0; i < 12; i++) await step(given).item();
    const { dead, shares, perplexity } = await quantizer.usage();
    expect(dead).toEqual([2]);
    expect(shares[1]).toBeCloseTo(2 / 3, 2);
    // e to the entropy of (⅓, ⅔).
    expect(perplexity).toBeCloseTo(3 / 2 ** (2 / 3), 1);
  });

  it('a line between two codes goes over vectors of the codebook', async () => {
    const model = new VectorQuantizedAutoencoder({
      channels: 1,
      width: 3,
      halvings: 1,
      blocks: 0,
      codes: 6,
      codeSize: 2,
    });
    const [from, to] = [tensor([[[0]]], { dtype: 'int32' }), tensor([[[5]]], { dtype: 'int32' })];
    const walked = model.eval().interpolate(from, to, { steps: 6 });
    const known = new Set<string>();
    for (let code = 0; code < 6; code++)
      known.add(JSON.stringify(await model.decode(tensor([[[code]]], { dtype: 'int32' })).squeeze(0).toArray())); // prettier-ignore
    for (const picture of (await walked.squeeze(0).toArray()) as number[][][][])
      expect(known).toContain(JSON.stringify(picture));
  });
});

describe('what does not fit', () => {
  it.each<[string, () => unknown, string]>([
    ['examples of another shape', () => small.Autoencoder().forward(zeros([2, 16])), '[Autoencoder] takes examples [batch, 1, 4, 4], not float32[2,16]'], // prettier-ignore
    ['a single example', () => small.Autoencoder().encode(zeros([1, 4, 4])), 'x.unsqueeze(0)'],
    ['codes of another length', () => small.VariationalAutoencoder().decode(zeros([2, 4])), 'codes [batch, 3], not float32[2,4]'], // prettier-ignore
    ['images that cannot be halved so often', () => small.ConvolutionalAutoencoder().forward(zeros([1, 1, 6, 8])), 'multiples of 4'], // prettier-ignore
    ['vectors of another length', () => new VectorQuantizer({ codes: 2, codeSize: 3 }).forward(zeros([2, 4])), 'vectors [batch, 3, ...]'], // prettier-ignore
  ])('%s', (_name, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  it.each<[string, () => Module<never, unknown>, string]>([
    ['a code without an image size', () => new ConvolutionalAutoencoder({ code: 4 }), 'imageSize'],
    ['hidden layers without a code', () => new ConvolutionalAutoencoder({ hidden: [4] }), 'hidden layers'],
    ['convolutions of lists', () => new VariationalAutoencoder({ inputs: 9, features: [2] }), '[channels, height, width]'], // prettier-ignore
    ['a negative noise', () => new Autoencoder({ inputs: 3, noise: -1 }), 'noise'],
    ['a penalty that there is not', () => new Autoencoder({ inputs: 3, sparsity: { penalty: 'l2' as 'l1', weight: 1 } }), "'l1'"], // prettier-ignore
    ['no features', () => new Autoencoder({ inputs: [] }), 'the length of inputs'],
  ])('%s', (_name, make, message) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});
