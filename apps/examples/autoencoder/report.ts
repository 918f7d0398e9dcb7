/** What the report shows beside the figures: digits given back, without their noise, strange ones, and ones that nobody wrote. */
import {
  ArrayDataset,
  Generator,
  predict,
  randn,
  rocAuc,
  tensor,
  type Autoencoder,
  type ImageFields,
  type Section,
  type Tensor,
  type VariationalAutoencoder,
} from 'hebb';
import { median } from '../src/statistics.ts';
import type { Filtered } from './filters.ts';
import { decibels, mosaic, pictureOf, quarterTurn, type Images } from './pictures.ts';

/** Digits side by side with what the decoder made of their codes. */
export function pairs(digits: Images, rebuilt: Images, code: number): Section {
  return {
    kind: 'pictures',
    title: `Digits, and what ${code} numbers say of them`,
    text: 'Each picture is two digits of the test, left, and right of each what the decoder made of its code.',
    ...mosaic(
      digits,
      Array.from({ length: 12 }, (_, i) => [2 * i, 2 * i + 1]),
      (each) => each.flatMap((i) => [pictureOf(digits, i), pictureOf(rebuilt, i)]),
    ),
  };
}

/** What is left of the noise: in decibels, and digits without it. */
export function withoutNoise(images: {
  readonly digits: Images;
  readonly noisy: Images;
  readonly clean: Images;
  readonly filtered: readonly Filtered[];
  readonly best: Filtered;
}): Section[] {
  const { digits, noisy, clean, filtered, best } = images;
  const compared = [
    { name: 'with noise', images: noisy },
    ...filtered,
    { name: 'denoising autoencoder', images: clean },
  ];
  return [
    {
      kind: 'table',
      title: 'Noise',
      text: 'The peak signal-to-noise ratio over the whole test, 10 · log₁₀(1 / mean squared error), in decibels. Filters are cut off at black and white, as the network is.',
      columns: [{ title: 'image' }, { title: 'dB' }],
      rows: compared.map(({ name, images }) => [name, decibels(images, digits)]),
    },
    {
      kind: 'pictures',
      title: 'Noise, and without it',
      text: `Each picture is one digit of the test, four times. Above: with noise, and what the network makes of that. Below: what the best filter makes of it (${best.name}), and what it was.`,
      ...mosaic(
        digits,
        Array.from({ length: 16 }, (_, i) => [i]),
        ([i = 0]) => [noisy, clean, best.images, digits].map((each) => pictureOf(each, i)),
      ),
    },
  ];
}

/** How large the error is of digits as they are, turned by a quarter, and of noise; and the digits with the largest. */
export async function strange(
  model: Autoencoder,
  test: ArrayDataset<ImageFields>,
  scores: ArrayLike<number>,
  classNames: readonly string[],
): Promise<Section[]> {
  const { data, shape } = test.field('x');
  const scoresOf = async (images: Float32Array): Promise<readonly number[]> => {
    const { data: found } = await predict(model, new ArrayDataset({ x: { data: images, shape: shape.slice(1) } }), {
      output: ({ x }) => model.anomalyScore(x as Tensor),
    });
    return Array.from(found, Number);
  };
  const upright = Array.from({ length: test.length }, (_, i) => scores[i] ?? NaN);
  const turned = await scoresOf(quarterTurn({ data: Float32Array.from(data, Number), shape }));
  const speckled = randn(shape, { mean: 0.2, std: 0.3, generator: new Generator(1) }).clamp(0, 1);
  const drawn = await scoresOf(Float32Array.from(await speckled.data())); // prettier-ignore
  const found = (others: readonly number[]): number =>
    rocAuc([...upright, ...others], [...upright.map(() => 0), ...others.map(() => 1)]);
  const order = upright.map((_, i) => i).sort((a, b) => (upright[b] ?? 0) - (upright[a] ?? 0));
  return [
    {
      kind: 'table',
      title: 'What the autoencoder finds strange',
      text: 'It was trained to give back digits. What it gives back badly is none, or none that stands upright. The last column: how likely it is that such an image has a larger error than a digit of the test.',
      columns: [{ title: 'images' }, { title: 'median of the error' }, { title: 'found', format: 'percent' }],
      rows: [
        ['digits of the test', median(upright), ''],
        ['the same, turned by a quarter', median(turned), found(turned)],
        ['noise', median(drawn), found(drawn)],
      ],
    },
    {
      kind: 'pictures',
      title: 'The strangest digits of the test',
      text: 'Those with the largest errors.',
      pictures: order.slice(0, 16).map((i) => ({
        example: i,
        caption: [
          { value: classNames[test.field('y').data[i] ?? 0] ?? '' },
          { label: 'error', value: (upright[i] ?? NaN).toFixed(3), tone: 'quiet' },
        ],
      })),
      images: { data, shape },
    },
  ];
}

/** The way from one digit to another through the latent numbers, and digits of drawn ones. */
export async function imagined(
  model: VariationalAutoencoder,
  test: ArrayDataset<ImageFields>,
  classNames: readonly string[],
): Promise<Section[]> {
  const { shape } = test.field('x');
  const labels = test.field('y').data;
  model.eval();
  const steps = 8;
  const nameOf = (i: number): string => classNames[labels[i] ?? 0] ?? '';
  const first = (label: number): number => labels.findIndex((each) => each === label);
  const pairs = [[4, 9], [3, 8], [1, 7], [0, 6]].map(([a = 0, b = 0]) => [first(a), first(b)] as const); // prettier-ignore
  const codeOf = (ends: readonly number[]): Tensor => {
    const x = test.gather(Uint32Array.from(ends)).x;
    return model.encode(tensor(x.data, { shape: x.shape }));
  };
  const between = model.interpolate(codeOf(pairs.map(([a]) => a)), codeOf(pairs.map(([, b]) => b)), { steps });
  const walk = between.reshape([pairs.length * steps, ...shape.slice(1)]);
  const samples = model.sample(32);
  return [
    {
      kind: 'pictures',
      title: 'From one digit to another',
      text: 'Two digits of the test, the latent numbers of both, and what the decoder makes of what lies between them, in equal steps on a straight line.',
      images: { data: await walk.data(), shape: walk.shape },
      columns: steps,
      pictures: pairs.flatMap(([a, b], row) =>
        Array.from({ length: steps }, (_, i) => ({
          example: row * steps + i,
          caption: [{ value: i === 0 ? nameOf(a) : i === steps - 1 ? nameOf(b) : `${Math.round((100 * i) / (steps - 1))} %`, tone: 'quiet' as const }], // prettier-ignore
        })),
      ),
    },
    {
      kind: 'pictures',
      title: 'Digits that nobody wrote',
      text: 'What the decoder makes of latent numbers that were drawn: at each pixel the probability of ink.',
      images: { data: await samples.data(), shape: samples.shape },
      columns: 8,
      pictures: Array.from({ length: 32 }, (_, example) => ({ example, caption: [] })),
    },
  ];
}
