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
  tensor,
  VariationalAutoencoder,
  type AnyModule,
  type ExportOptions,
  type ImageFields,
  type Module,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits } from '../src/digits.ts';
import { mean } from '../src/statistics.ts';
import { filtered } from './filters.ts';
import { decibels, type Images } from './pictures.ts';
import { imagined, pairs, strange, withoutNoise } from './report.ts';

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
export function build(train: ArrayDataset<ImageFields>, seed: number) {
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
  seconds: { quick: 9, normal: 30 },
  data: { carried: '1,797 digits of 8 × 8 pixels', full: 'MNIST', expects: 'a folder with MNIST’s four files' },

  async run(kit) {
    // 1. Data: digits, and nobody says which they are.
    const { train, test, classNames } = await loadHandwrittenDigits(
      await kit.folder('mnist'),
      kit.carried('digits.csv'),
    );
    const { data, shape } = test.field('x');
    const digits: Images = { data: Float32Array.from(data, Number), shape };
    const image = ['batch', ...shape.slice(1)];
    kit.say(`${train.length} images of ${shape.slice(2).join(' × ')} to train on, ${test.length} to test on`);

    // 2. Networks: three, one for each thing that stands in the way.
    const { compact, denoiser, variational, loader } = build(train, kit.seed);
    kit.show('autoencoder', compact.model, [image]);
    kit.show('denoiser', denoiser.model, [image]);
    kit.show('variational autoencoder', variational.model, [image]);

    // 3. Training: the same for all of them. What is asked of each, its loss, is what differs.
    const teach = async (name: string, { task }: Training<unknown>, epochs: number): Promise<void> => {
      kit.heading(`Training: ${name}`);
      await fit(task, loader, {
        epochs,
        schedule: oneCycleSchedule({ warmup: 0.25 }),
        // Looked at on the way; nothing is chosen by it.
        validation: test,
        validateEvery: { epochs: Math.max(1, Math.floor(epochs / 10)) },
        ...kit.training(name),
      });
      // An interrupted run ends here.
      kit.heading(`Test: ${name}`);
    };
    await teach('autoencoder', compact, kit.choose({ quick: 12, normal: 100, full: 5 }));

    // 4. Evaluation, behind the training of each. The narrow place: how much of a pixel is lost, and what is given back badly.
    const scores = await predict(compact.model, test, {
      output: ({ x }) => compact.model.anomalyScore(x as Tensor),
    });
    kit.metric('reconstruction, mean squared error', mean(scores.data), {
      target: { quick: { atMost: 0.02 }, normal: { atMost: 0.01 }, full: { atMost: 0.0085 } },
    });
    const codes = await predict(compact.model, test, { output: ({ x }) => compact.model.encode(x as Tensor) });
    kit.section(pairs(digits, await predict(compact.model, test), codes.shape[1] ?? 0));
    kit.section(...(await strange(compact.model, test, scores.data, classNames)));

    // The noise: how much of it is gone, beside what filters that have learnt nothing take out.
    await teach('denoiser', denoiser, kit.choose({ quick: 10, normal: 60, full: 3 }));
    const noise = randn(shape, { std: sigma, generator: new Generator(kit.seed + 1) });
    const noisy: Images = { data: await tensor(digits.data, { shape }).add(noise).data(), shape };
    const clean = await predict(denoiser.model, new ArrayDataset({ x: { data: noisy.data, shape: shape.slice(1) } }));
    const ratio = (images: Images): number => decibels(images, digits);
    const tried = await filtered(noisy);
    const best = [...tried].sort((a, b) => ratio(b.images) - ratio(a.images))[0] ?? { name: 'none', images: noisy };
    kit.metric('denoising, dB above the noisy image', ratio(clean) - ratio(noisy), {
      target: { quick: { atLeast: 6 }, normal: { atLeast: 7 }, full: { atLeast: 8 } },
    });
    kit.metric('denoising, dB above the best filter', ratio(clean) - ratio(best.images), {
      target: { quick: { atLeast: 1 }, normal: { atLeast: 1.5 }, full: { atLeast: 2 } },
    });
    kit.section(...withoutNoise({ digits, noisy, clean, filtered: tried, best }));

    // The distribution: a bound of how surprising a digit is, and digits of numbers that were drawn.
    await teach('variational', variational, kit.choose({ quick: 12, normal: 100, full: 8 }));
    const { model } = variational;
    const bounds = await predict(model, test, { output: ({ x }) => model.bound(x as Tensor).neg() });
    kit.metric('negative evidence bound, nats', mean(bounds.data), {
      target: { quick: { atMost: 26 }, normal: { atMost: 24.5 }, full: { atMost: 104 } },
    });
    kit.section(...(await imagined(model, test, classNames)));

    // 5. ONNX: each network, and encoders and decoders by themselves, which is how they are used.
    const images = tensor(digits.data, { shape });
    const latents = randn([1000, model.options.latents], { generator: new Generator(kit.seed + 2) });
    const files: readonly [string, AnyModule, ExportOptions, Tensor][] = [
      ['autoencoder', compact.model, { inputs: { image }, outputs: ['reconstruction'] }, images],
      ['encoder', compact.model.encoder, { inputs: { image }, outputs: ['code'] }, images],
      ['decoder', compact.model.decoder, { inputs: { code: ['batch', codes.shape[1] ?? 0] }, outputs: ['image'] }, tensor(codes.data, { shape: codes.shape })], // prettier-ignore
      ['denoiser', denoiser.model, { inputs: { noisy: image }, outputs: ['image'] }, tensor(noisy.data, { shape })],
      ['variational', model, { inputs: { image } }, images],
      ['imagine', model.decoder, { inputs: { latents: ['batch', model.options.latents] }, outputs: ['image'] }, latents], // prettier-ignore
    ];
    for (const [name, each, options, samples] of files) await kit.onnx(name, each, options, samples);
    await kit.weights('autoencoder', compact.model);
    await kit.weights('denoiser', denoiser.model);
    await kit.weights('variational', model);
  },
};
