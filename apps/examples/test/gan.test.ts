/** Samples of the example: the same for the same numbers, in 0 … 1, of classes that are asked for; what the judge makes of them. */
import { ArrayDataset, DCGANGenerator, manualSeed, setDevice, VGG, type ImageFields } from 'hebb';
import { beforeEach, expect, it } from 'vitest';
import { build } from '../gan/example.ts';
import { distanceOf, judgeImages, shares } from '../gan/judge.ts';
import { drawLatents, sample, SampleGrids } from '../gan/samples.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

const small = (classes?: number): DCGANGenerator =>
  new DCGANGenerator({
    latent: 4,
    channels: 1,
    imageSize: 8,
    widths: [4, 2],
    ...(classes !== undefined && { classes }),
  });
const noPause = { step: 7, withAverages: (body: () => unknown) => Promise.resolve(body()) } as never;

it('draws the same numbers for a seed, and classes in turns', async () => {
  const [first, again, other] = [await drawLatents(12, 4, 3), await drawLatents(12, 4, 3), await drawLatents(12, 4, 5)];
  expect(first.field('x').data).toEqual(again.field('x').data);
  expect(first.field('x').data).not.toEqual(other.field('x').data);
  expect([...first.field('y').data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
});

it('makes images in 0 … 1, and keeps pictures of nine with a line between them', async () => {
  const latents = await drawLatents(12, 4, 3);
  const generator = small(10);
  const { data, shape } = (await sample(generator, latents)).field('x');
  expect(shape).toEqual([12, 1, 8, 8]);
  expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...data)).toBeLessThanOrEqual(1);

  const grids = new SampleGrids(generator, latents, { steps: 1 });
  await grids.onPause(noPause);
  const { images, steps } = grids;
  expect([steps, images.shape]).toEqual([[7], [1, 1, 26, 26]]);
  // The second pixel of the fifth image, in the middle; and the line above it.
  expect(images.data[9 * 26 + 10]).toBe(data[4 * 64 + 1]);
  expect(images.data[8 * 26 + 10]).toBe(0.5);

  const resumed = new SampleGrids(generator, latents, { steps: 1 });
  resumed.loadStateDict(grids.stateDict());
  expect(resumed.images).toEqual(images);
});

it('trains on pixels in −1 … 1', async () => {
  const train = new ArrayDataset<ImageFields>({
    x: { data: Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 2 === 0 ? 0 : 1)), shape: [1, 8, 8] },
    y: { data: new Int32Array(64), shape: [] },
  });
  const { loader } = build({ train, seed: 0 });
  for await (const { batch } of loader.batches()) expect([...batch.x.data.subarray(0, 4)]).toEqual([-1, 1, -1, 1]);
});

it('the judge says what images are taken for, and finds the same images no distance apart', async () => {
  const judge = new VGG({ stages: [[2]], channels: 1, classes: 10, pooled: 2, hidden: [3], dropout: 0 }).eval();
  const images = await sample(small(), await drawLatents(20, 4, 1));
  const judged = await judgeImages(judge, images);
  expect(judged.classes).toHaveLength(20);
  expect(judged.features.mean).toHaveLength(3);
  expect(distanceOf(judged, judged)).toBeCloseTo(0, 9);
  expect(shares(Int32Array.of(3, 3, 3, 7))).toEqual([0, 0, 0, 0.75, 0, 0, 0, 0.25, 0, 0]);
});
