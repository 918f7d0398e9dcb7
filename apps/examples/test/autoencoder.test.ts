/** What is beside the networks: filters, decibels, pictures. */
import { ArrayDataset, randn, setDevice, tensor, zeros, type ImageFields } from 'hebb';
import { beforeAll, describe, expect, it } from 'vitest';
import { build } from '../autoencoder/example.ts';
import { gaussianFilter, medianFilter } from '../autoencoder/filters.ts';
import { decibels, mosaic, pictureOf, quarterTurn } from '../autoencoder/pictures.ts';

beforeAll(() => setDevice('wasm'));

describe('filters', () => {
  it('a Gaussian leaves even areas as they are, and makes a bell of a point', async () => {
    const even = await gaussianFilter(tensor([3]).add(zeros([1, 1, 5, 6])), 1).data();
    for (const value of even) expect(value).toBeCloseTo(3, 5);
    const point = new Float32Array(81);
    point[40] = 1;
    const bell = await gaussianFilter(tensor(point, { shape: [1, 1, 9, 9] }), 1).data();
    // The value at distance d along an axis is e^(−d²/2) of that in the middle.
    expect((bell[41] ?? 0) / (bell[40] ?? 0)).toBeCloseTo(Math.exp(-1 / 2), 5);
    expect((bell[42] ?? 0) / (bell[40] ?? 0)).toBeCloseTo(Math.exp(-2), 5);
    expect((bell[50] ?? 0) / (bell[40] ?? 0)).toBeCloseTo(Math.exp(-1), 5);
    expect(Array.from(bell, Number).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
  });

  it('a median removes a speck, and the noise of an even area falls as that of a median of nine', async () => {
    const speck = new Float32Array(25);
    speck[12] = 1;
    expect([...medianFilter({ data: speck, shape: [1, 1, 5, 5] }, 3)]).toEqual(Array.from({ length: 25 }, () => 0));
    const noise = { data: await randn([1, 1, 100, 100]).data(), shape: [1, 1, 100, 100] };
    const left = medianFilter(noise, 3).reduce((sum, value) => sum + value ** 2, 0) / 10_000;
    // Of nine normal numbers the median has variance 0.166.
    expect(left).toBeGreaterThan(0.14);
    expect(left).toBeLessThan(0.19);
  });
});

it('noise of deviation ½ is 6.02 dB, an error of a tenth 20 dB', () => {
  const [shape, data] = [[1, 1, 2, 2], new Float32Array(4)];
  expect(decibels({ data: new Float32Array(4).fill(0.5), shape }, { data, shape })).toBeCloseTo(6.0206, 3);
  expect(decibels({ data: new Float32Array(4).fill(0.1), shape }, { data, shape })).toBeCloseTo(20, 5);
});

it('puts four images into one, and turns them', () => {
  const images = { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [2, 1, 2, 2] };
  const { images: made, pictures } = mosaic(images, [[0, 1]], () => [0, 1, 1, 0].map((i) => pictureOf(images, i)));
  expect(made.shape).toEqual([1, 1, 5, 5]);
  const line = Math.fround(0.4);
  expect([...made.data]).toEqual([
    ...[1, 2, line, 5, 6, 3, 4, line, 7, 8],
    ...[line, line, line, line, line],
    ...[5, 6, line, 1, 2, 7, 8, line, 3, 4],
  ]);
  expect(pictures).toEqual([{ example: 0, caption: [] }]);
  // Against the clock: the right column becomes the upper row.
  expect([...quarterTurn(images)]).toEqual([2, 4, 1, 3, 6, 8, 5, 7]);
});

it('is built for images of 28 × 28 with 32 numbers and 20 latents', () => {
  const side = 28;
  const train = new ArrayDataset<ImageFields>({
    x: { data: new Float32Array(side * side), shape: [1, side, side] },
    y: { data: Int32Array.of(0), shape: [] },
  });
  const { compact, denoiser, variational } = build(train, 0);
  const x = zeros([2, 1, side, side]);
  expect(compact.model.encode(x).shape).toEqual([2, 32]);
  expect(variational.model.encode(x).shape).toEqual([2, 20]);
  expect(denoiser.model.reconstruct(zeros([1, 1, 40, 24])).shape).toEqual([1, 1, 40, 24]);
});
