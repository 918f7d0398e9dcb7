/**
 * Autoencoders on handwritten digits: few numbers for an image, noise taken out of it, and digits that nobody wrote.
 *
 * An autoencoder has no labels to learn. It has to give back what it was given, and what it learns depends on what stands in the way: a narrow place, through which only what matters of a digit goes; noise, of which it has to say what is digit and what is not; or a
 * distribution, that latent numbers have to follow, so that numbers drawn from it are digits, too.
 */
import {
  Adam,
  ArrayDataset,
  Autoencoder,
  ConvolutionalAutoencoder,
  DataLoader,
  fit,
  Generator,
  minimize,
  oneCycleSchedule,
  predict,
  randn,
  rocAuc,
  tensor,
  VariationalAutoencoder,
  type Batch,
  type ImageFields,
  type Module,
  type Section,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits } from '../src/digits.ts';
import { gaussianFilter, medianFilter } from './filters.ts';
import { mosaic, pictureOf, quarterTurn, type Images } from './pictures.ts';

/** Standard deviation of the noise, of pixels that are 0 … 1. */
const sigma = 0.5;

interface Training<M> {
  readonly model: M;
  readonly task: Task<{ x: Tensor }>;
}

/** The step is the same for all of them: what the loss is, the model says. */
function training<M extends Module<never, unknown> & { loss(x: Tensor): Tensor }>(
  model: M,
  learningRate: number,
  validate = (x: Tensor): Tensor => model.loss(x),
): Training<M> {
  const optimizer = new Adam(model, { learningRate });
  const step = ({ x }: { x: Tensor }): Tensor => minimize(optimizer, () => model.loss(x));
  return { model, task: { parts: { model, optimizer }, step, validate: ({ x }) => validate(x) } };
}

/** All that is trained, and with what. */
export function build(
  train: ArrayDataset<ImageFields>,
  seed: number,
): {
  compact: Training<Autoencoder>;
  denoiser: Training<ConvolutionalAutoencoder>;
  variational: Training<VariationalAutoencoder>;
  loader: DataLoader<Batch<ImageFields>>;
} {
  const inputs = train.field('x').shape.slice(1);
  const isLarge = (inputs[1] ?? 0) >= 16;
  const denoiser = new ConvolutionalAutoencoder({
    features: [16, 32],
    batchNorm: true,
    outputActivation: 'sigmoid',
    noise: sigma,
  });
  return {
    // 784 → 512 → 32 → 512 → 784.
    compact: training(
      new Autoencoder({ inputs, hidden: [isLarge ? 512 : 256], code: isLarge ? 32 : 16, outputActivation: 'sigmoid' }),
      isLarge ? 0.003 : 0.01,
    ),
    // Without a narrow place: what stands in the way is the noise, another one each time a digit is shown; while testing it sees noise, too.
    denoiser: training(denoiser, 0.01, (x) => denoiser.loss(x, denoiser.corrupt(x))),
    variational: training(
      new VariationalAutoencoder({
        inputs,
        hidden: isLarge ? [512, 256] : [256, 128],
        latents: isLarge ? 20 : 10,
        activation: 'relu',
      }),
      isLarge ? 0.002 : 0.003,
    ),
    loader: new DataLoader(train, { batchSize: isLarge ? 128 : 32, shuffle: true, seed }),
  };
}

export const autoencoder: Example = {
  name: 'autoencoder',
  line: 'Digits by few numbers, without their noise, and ones that nobody wrote',
  seconds: { quick: 9, normal: 30, full: 720 },
  data: { carried: '1,797 digits of 8 × 8 pixels', full: 'MNIST', expects: 'a folder with MNIST’s four files' },

  async run(kit) {
    const { train, test, classNames } = await loadHandwrittenDigits(
      await kit.folder('mnist'),
      kit.carried('digits.csv'),
    );
    const { data, shape } = test.field('x');
    const digits: Images = { data: Float32Array.from(data, Number), shape };
    const image = ['batch', ...shape.slice(1)];
    kit.say(`${train.length} images of ${shape.slice(2).join(' × ')} to train on, ${test.length} to test on`);

    const { compact, denoiser, variational, loader } = build(train, kit.seed);
    kit.show('autoencoder', compact.model, [image]);
    kit.show('denoiser', denoiser.model, [image]);
    kit.show('variational autoencoder', variational.model, [image]);
    const teach = async (name: string, { task }: Training<unknown>, epochs: number): Promise<void> => {
      kit.heading(`Training: ${name}`);
      await fit(task, loader, {
        epochs,
        schedule: oneCycleSchedule({ warmup: 0.25 }),
        validation: test,
        validateEvery: { epochs: Math.max(1, Math.floor(epochs / 10)) },
        ...kit.training(name),
      });
      // An interrupted run ends here.
      kit.heading(`Test: ${name}`);
    };

    await teach('autoencoder', compact, kit.choose({ quick: 12, normal: 100, full: 5 }));
    const scores = await predict(compact.model, test, {
      output: ({ x }) => compact.model.anomalyScore(x as Tensor),
    });
    kit.metric('reconstruction, mean squared error', mean(scores.data), {
      target: { quick: { atMost: 0.02 }, normal: { atMost: 0.01 }, full: { atMost: 0.0085 } },
    });
    const rebuilt = await predict(compact.model, test);
    kit.section({
      kind: 'pictures',
      title: `Digits, and what ${String(compact.model.options.code)} numbers say of them`,
      text: 'Each picture is two digits of the test, left, and right of each what the decoder made of its code.',
      ...mosaic(
        digits,
        Array.from({ length: 12 }, (_, i) => [2 * i, 2 * i + 1]),
        (each) => each.flatMap((i) => [pictureOf(digits, i), pictureOf(rebuilt, i)]),
      ),
    });
    for (const section of await strange(compact.model, test, scores.data, classNames)) kit.section(section);

    await teach('denoiser', denoiser, kit.choose({ quick: 10, normal: 60, full: 3 }));
    const noise = randn(shape, { std: sigma, generator: new Generator(kit.seed + 1) });
    const noisy: Images = { data: await tensor(digits.data, { shape }).add(noise).data(), shape };
    const clean = await predict(denoiser.model, new ArrayDataset({ x: { data: noisy.data, shape: shape.slice(1) } }));
    const tried = await filtered(noisy);
    const ratio = (images: Images): number => decibels(images, digits);
    const best = [...tried].sort(([, a], [, b]) => ratio(b) - ratio(a))[0] ?? ['none', noisy];
    const gain = ratio(clean) - ratio(noisy);
    kit.section({
      kind: 'table',
      title: 'Noise',
      text: 'The peak signal-to-noise ratio over the whole test, 10 · log₁₀(1 / mean squared error), in decibels. Filters are cut off at black and white, as the network is.',
      columns: [{ title: 'Image' }, { title: 'dB' }],
      rows: [['with noise', ratio(noisy)], ...tried.map(([name, images]) => [name, ratio(images)]), ['denoising autoencoder', ratio(clean)]], // prettier-ignore
    });
    kit.metric('denoising, dB above the noisy image', gain, {
      target: { quick: { atLeast: 6 }, normal: { atLeast: 7 }, full: { atLeast: 8 } },
    });
    kit.metric('denoising, dB above the best filter', ratio(clean) - ratio(best[1]), {
      target: { quick: { atLeast: 1 }, normal: { atLeast: 1.5 }, full: { atLeast: 2 } },
    });
    kit.section({
      kind: 'pictures',
      title: 'Noise, and without it',
      text: `Each picture is one digit of the test, four times. Above: with noise, and what the network makes of that. Below: what the best filter makes of it (${best[0]}), and what it was.`,
      ...mosaic(
        digits,
        Array.from({ length: 16 }, (_, i) => [i]),
        ([i = 0]) => [noisy, clean, best[1], digits].map((images) => pictureOf(images, i)),
      ),
    });

    await teach('variational', variational, kit.choose({ quick: 12, normal: 100, full: 8 }));
    const { model } = variational;
    const bounds = await predict(model, test, { output: ({ x }) => model.bound(x as Tensor).neg() });
    kit.metric('negative evidence bound, nats', mean(bounds.data), {
      target: { quick: { atMost: 26 }, normal: { atMost: 24.5 }, full: { atMost: 104 } },
    });
    for (const section of await imagined(model, test, classNames)) kit.section(section);

    const images = tensor(digits.data, { shape });
    await kit.onnx('autoencoder', compact.model, { inputs: { image }, outputs: ['reconstruction'] }, images);
    await kit.onnx('encoder', compact.model.encoder, { inputs: { image }, outputs: ['code'] }, images);
    const codes = await predict(compact.model, test, { output: ({ x }) => compact.model.encode(x as Tensor) });
    await kit.onnx(
      'decoder',
      compact.model.decoder,
      { inputs: { code: ['batch', codes.shape[1] ?? 0] }, outputs: ['image'] },
      tensor(codes.data, { shape: codes.shape }),
    );
    await kit.onnx(
      'denoiser',
      denoiser.model,
      { inputs: { noisy: image }, outputs: ['image'] },
      tensor(noisy.data, { shape }),
    );
    await kit.onnx('variational', model, { inputs: { image } }, images);
    const latents = randn([1000, model.options.latents], { generator: new Generator(kit.seed + 2) });
    await kit.onnx(
      'imagine',
      model.decoder,
      { inputs: { latents: ['batch', model.options.latents] }, outputs: ['image'] },
      latents,
    );
    await kit.weights('autoencoder', compact.model);
    await kit.weights('denoiser', denoiser.model);
    await kit.weights('variational', model);
  },
};

/** What filters make of noisy images, by their names; several sizes of each, so that the comparison is with the best. */
async function filtered(noisy: Images): Promise<[name: string, images: Images][]> {
  const { shape } = noisy;
  const given = tensor(noisy.data, { shape });
  const cut = async (images: Tensor): Promise<Images> => ({ data: await images.clamp(0, 1).data(), shape });
  const found: [string, Images][] = [['cut off', await cut(given)]];
  for (const size of [3, 5])
    found.push([`median of ${size} × ${size}`, await cut(tensor(medianFilter(noisy, size), { shape }))]);
  for (const width of [0.5, 0.75, 1, 1.5])
    found.push([`Gaussian, σ ${width} px`, await cut(gaussianFilter(given, width))]);
  return found;
}

/** How large the error is of digits as they are, turned by a quarter, and of noise; and the digits with the largest. */
async function strange(
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
      columns: [{ title: 'Images' }, { title: 'Median of the error' }, { title: 'Found', format: 'percent' }],
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
async function imagined(
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
      pictures: pairs.flatMap(([a, b], row) =>
        Array.from({ length: steps }, (_, i) => ({
          example: row * steps + i,
          caption: [{ value: `${nameOf(a)} → ${nameOf(b)}: ${Math.round((100 * i) / (steps - 1))} %`, tone: 'quiet' as const }], // prettier-ignore
        })),
      ),
    },
    {
      kind: 'pictures',
      title: 'Digits that nobody wrote',
      text: 'What the decoder makes of latent numbers that were drawn: at each pixel the probability of ink.',
      images: { data: await samples.data(), shape: samples.shape },
      pictures: Array.from({ length: 32 }, (_, i) => ({
        example: i,
        caption: [{ value: String(i + 1), tone: 'quiet' as const }],
      })),
    },
  ];
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Peak signal-to-noise ratio of images beside what they should be; the peak is 1. */
export function decibels(found: Images, wanted: Images): number {
  let sum = 0;
  for (let i = 0; i < wanted.data.length; i++) sum += ((found.data[i] ?? 0) - (wanted.data[i] ?? 0)) ** 2;
  return -10 * Math.log10(sum / wanted.data.length);
}
