/** Generators and discriminators: as modules, beside PyTorch, at their papers' sizes, conditional and not. */
import { ArgumentError, manualSeed, randn, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { DCGANDiscriminator, DCGANGenerator } from '../src/index.ts';
import { adversarialTypes } from '../src/adversarial/types.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { ids, of, walk, ways, x } from './support/walk.ts';

const small = { channels: 1, imageSize: 8, widths: [2, 3] } as const;
const image = x(['batch', 1, 8, 8]);
const movesItself = 'a power iteration follows singular vectors at each call, of which gradients know nothing';

// Singular vectors that a formula fills have not length 1, and scores would be large numbers, of which differences have no digits.
const scaled = (model: DCGANDiscriminator, ...given: Tensor[]): Tensor =>
  model.forward(...(given as [Tensor, Tensor])).mul(1e-8);

describe('adversarial architectures', () => {
  walk(
    {
      DCGANDiscriminator: ways(
        of(() => new DCGANDiscriminator(small), [image], 1),
        of(() => new DCGANDiscriminator({ ...small, normalization: 'layer' }), [image], 1),
        of(() => new DCGANDiscriminator({ ...small, normalization: 'spectral', classes: 3 }), [image, ids(['batch'], 3)], 1, { movesItself, call: scaled }), // prettier-ignore
      ),
      DCGANGenerator: ways(
        of(() => new DCGANGenerator({ ...small, latent: 3 }), [x(['batch', 3])], 1),
        of(() => new DCGANGenerator({ ...small, latent: 3, classes: 3, embedding: 2 }), [x(['batch', 3]), ids(['batch'], 3)], 1), // prettier-ignore
      ),
    },
    adversarialTypes,
  );
});

compareWithGoldens('adversarial');

describe('sizes', () => {
  beforeAll(() => {
    setDevice('wasm');
    manualSeed(1);
  });

  // As PyTorch counts them in its tutorial of DCGAN, of 64 channels at the image.
  it('have the parameters of PyTorch’s tutorial', () => {
    expect(new DCGANGenerator({ widths: [512, 256, 128, 64] }).parameterCount).toBe(3_576_704);
    expect(new DCGANDiscriminator({ widths: [64, 128, 256, 512] }).parameterCount).toBe(2_765_568);
  });

  it('begin normal with standard deviation 0.02', async () => {
    const weights = new DCGANGenerator({ ...small, widths: [64, 64] }).getMember('main.3.weight') as Tensor;
    expect(Math.sqrt(await weights.square().mean().item()) / 0.02).toBeCloseTo(1, 1);
    const scales = new DCGANDiscriminator({ ...small, widths: [4, 512] }).getMember('main.3.weight') as Tensor;
    expect(await scales.mean().item()).toBeCloseTo(1, 2);
    expect(Math.sqrt(await scales.sub(1).square().mean().item()) / 0.02).toBeCloseTo(1, 0);
  });

  it('a score without normalisation has the size of the image’s numbers', async () => {
    const model = new DCGANDiscriminator({ channels: 1, imageSize: 32, widths: [32, 64, 64], normalization: 'none' });
    const size = Math.sqrt(await model.forward(randn([32, 1, 32, 32])).square().mean().item()); // prettier-ignore
    expect(size).toBeGreaterThan(0.4);
    expect(size).toBeLessThan(2.5);
  });

  it('images are in −1 … 1', async () => {
    const images = new DCGANGenerator({ ...small, latent: 3 }).forward(randn([16, 3]).mul(100));
    expect(await images.abs().max().item()).toBeLessThanOrEqual(1);
  });
});

it('classes change what is made and what is scored', async () => {
  setDevice('wasm');
  manualSeed(1);
  const generator = new DCGANGenerator({ ...small, latent: 3, classes: 3 }).eval();
  const discriminator = new DCGANDiscriminator({ ...small, classes: 3 }).eval();
  const [z, image] = [randn([1, 3]), randn([1, 1, 8, 8])];
  const of = (y: number): Tensor => tensor([y], { dtype: 'int32' });
  for (const [model, input] of [
    [generator, z],
    [discriminator, image],
  ] as const)
    // prettier-ignore
    expect(await model.forward(input, of(0)).toArray()).not.toEqual(await model.forward(input, of(2)).toArray());
});

it.each<[string, () => unknown, new (...given: never[]) => Error, string]>([
  ['an image that cannot be halved', () => new DCGANGenerator({ imageSize: 30, widths: [4, 2] }), ArgumentError, '30 × 30 cannot be halved 2 times'], // prettier-ignore
  ['no widths', () => new DCGANDiscriminator({ widths: [] }), ArgumentError, 'the length of widths'],
  ['a normalisation that there is not', () => new DCGANDiscriminator({ normalization: 'bacth' as 'batch' }), ArgumentError, 'normalization'], // prettier-ignore
  ['other numbers', () => new DCGANGenerator({ ...small, latent: 3 }).forward(zeros([2, 4])), ShapeError, 'takes z [batch, 3], not float32[2,4]'], // prettier-ignore
  ['other images', () => new DCGANDiscriminator(small).forward(zeros([2, 1, 9, 9])), ShapeError, 'takes images [batch, 1, 8, 8], not float32[2,1,9,9]'], // prettier-ignore
  ['classes that are missing', () => new DCGANGenerator({ ...small, latent: 3, classes: 3 }).forward(zeros([2, 3])), ArgumentError, 'was given no classes'], // prettier-ignore
  ['classes that are not asked for', () => new DCGANDiscriminator(small).forward(zeros([1, 1, 8, 8]), zeros([1], { dtype: 'int32' })), ArgumentError, 'takes no classes'], // prettier-ignore
])('says what is wrong with %s', (_name, make, type, message) => {
  expect(make).toThrow(type);
  expect(make).toThrow(message);
});
