/**
 * Digits that nobody wrote, by two networks that compete.
 *
 * The generator makes an image of 64 random numbers. The discriminator is shown real digits and made ones, and learns to tell them apart; the generator learns to make what the discriminator takes for real. Nobody tells it what a digit is:
 * what is wrong with an image it hears from the discriminator, which knows it from the data alone.
 */
import { Option } from 'commander';
import {
  Adam,
  adversarial,
  DataLoader,
  DCGANDiscriminator,
  DCGANGenerator,
  EMA,
  fit,
  tensor,
  updateBatchNorm,
  type AdversarialBatch,
  type AdversarialLossName,
  type ArrayDataset,
  type Batch,
  type ImageFields,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits } from '../src/digits.ts';
import { distanceOf, judgeImages, shares, trainJudge } from './judge.ts';
import { sectionsOf } from './report.ts';
import { drawLatents, make, sample, SampleGrids } from './samples.ts';

/** Numbers that an image is made from. */
export const latent = 64;

type Options = { readonly loss: AdversarialLossName; readonly conditional?: boolean };

export interface Build extends Partial<Options> {
  readonly train: ArrayDataset<ImageFields>;
  readonly seed: number;
  /** Where the numbers of so many images come from. Default: they are drawn. */
  readonly latents?: (count: number) => Tensor;
}

/** All that is trained, and with what. */
export function build({ train, seed, loss = 'non-saturating', conditional = false, latents }: Build): {
  generator: DCGANGenerator;
  discriminator: DCGANDiscriminator;
  task: Task<AdversarialBatch>;
  loader: DataLoader<Batch<ImageFields>>;
} {
  const [, channels = 1, imageSize = 28] = train.field('x').shape;
  const images = { channels, imageSize, ...(conditional && { classes: 10 }) };
  const generator = new DCGANGenerator({ ...images, latent, widths: [64, 32] });
  const discriminator = new DCGANDiscriminator({
    ...images,
    widths: [32, 64],
    // DCGAN has batch normalisation here, too. Where each image is looked at by itself both learn several times as fast.
    normalization: loss === 'hinge' ? 'spectral' : 'none',
  });
  // Nothing of the steps before goes into a step: the other network has moved meanwhile.
  const rates = { learningRate: 1e-3, betas: [0, 0.99] } as const;
  const task = adversarial(generator, discriminator, {
    latent: latents ?? latent,
    loss,
    conditional,
    // The generator walks around what it is looking for; the mean of its last hundred steps is nearer.
    generatorOptimizer: new EMA(new Adam(generator, rates), { decay: 0.99 }),
    discriminatorOptimizer: new Adam(discriminator, rates),
  });
  const loader = new DataLoader(train, {
    // Five steps of the discriminator share a batch.
    batchSize: loss === 'wasserstein' ? 5 * 64 : 64,
    shuffle: true,
    seed,
    dropLast: true,
    transform: (batch) => {
      // Pixels in −1 … 1, where the generator's tanh has its images.
      const { data } = batch.x;
      for (let i = 0; i < data.length; i++) data[i] = 2 * (data[i] ?? 0) - 1;
      return batch;
    },
  });
  return { generator, discriminator, task, loader };
}

/** Whole steps until the middle of the run, then smaller and smaller ones: the two come to rest. */
export const schedule = (step: number, steps: number): number => Math.min(1, 2 * (1 - step / steps));

export const gan: Example<Options> = {
  name: 'gan',
  title: 'Generative adversarial network',
  line: 'Handwritten digits that nobody wrote, by two networks that compete',
  seconds: { quick: 12, normal: 35 },
  data: { carried: '1,797 digits of 8 × 8 pixels', full: 'MNIST', expects: 'a folder with MNIST’s four files' },
  options: (command) =>
    command
      .addOption(
        new Option('--loss <name>', 'what the two minimise')
          .choices(['non-saturating', 'least-squares', 'hinge', 'wasserstein'])
          .default('non-saturating'),
      )
      .option('--conditional', 'tell both networks the class'),

  async run(kit) {
    // 1. Data: images; which digits they are only the judge is told.
    const { train, test } = await loadHandwrittenDigits(await kit.folder('mnist'), kit.carried('digits.csv'));
    const [, channels = 1, size = 28] = train.field('x').shape;

    // 2. Networks: the two, and a third that says what their samples are worth.
    const { loss, conditional = false } = kit.options;
    const { generator, discriminator, task, loader } = build({ train, seed: kit.seed, loss, conditional });
    const classes = conditional ? [{ shape: ['batch'], dtype: 'int32' as const }] : [];
    kit.show('generator', generator, [{ shape: ['batch', latent] }, ...classes]);
    kit.show('discriminator', discriminator, [{ shape: ['batch', channels, size, size] }, ...classes]);

    kit.heading('A judge');
    kit.say('A network that knows digits and has no part in what follows: it compares samples with the test images.');
    const epochs = kit.choose({ quick: 8, normal: 30, full: 4 });
    const judge = await trainJudge(train, { seed: kit.seed, epochs, ...kit.training('judge') });
    const real = await judgeImages(judge, test);
    kit.say(`It is right about ${(100 * real.accuracy).toFixed(2)} % of them.`);

    // 3. Training: the two in turns
    kit.heading('Training');
    const steps = kit.choose({ quick: 400, normal: 2000, full: 2500 });
    const grids = new SampleGrids(generator, await drawLatents(10, latent, kit.seed + 1), { steps: steps / 10 });
    const training = kit.training('networks');
    const callbacks = [grids, ...training.callbacks];
    await fit(task, loader, { ...training, callbacks, steps, schedule });
    // The averages are in place now, and the last weights had other means and variances.
    const output = (batch: Parameters<typeof make>[1]): ReturnType<typeof make> => make(generator, batch);
    await updateBatchNorm(generator, await drawLatents(2000, latent, kit.seed + 2), { batchSize: 200, output });

    // 4. Evaluation: no loss says how good samples are, so that the judge looks at them.
    kit.heading('Samples');
    const latents = await drawLatents(kit.choose({ quick: 1000, normal: 2000, full: 10_000 }), latent, kit.seed + 3);
    const samples = await sample(generator, latents);
    const judged = await judgeImages(judge, samples);
    const parts = shares(judged.classes);
    kit.metric('Fréchet distance', distanceOf(judged, real), {
      target: { quick: { atMost: 150 }, normal: { atMost: 40 } },
    });
    kit.metric('classes among the samples', parts.filter((part) => part > 0).length, {
      format: 'count',
      target: { atLeast: 10 },
    });
    kit.metric('smallest share of a class', Math.min(...parts), {
      format: 'percent',
      target: { full: { atLeast: 0.05 } },
    });
    kit.metric('largest share of a class', Math.max(...parts), {
      format: 'percent',
      target: { quick: { atMost: 0.3 }, normal: { atMost: 0.2 }, full: { atMost: 0.15 } },
    });
    kit.metric('accuracy of the judge', real.accuracy, {
      format: 'percent',
      target: { quick: { atLeast: 0.9 }, normal: { atLeast: 0.97 }, full: { atLeast: 0.99 } },
    });
    if (conditional) kit.metric('samples of the class asked for', judged.accuracy, { format: 'percent' });
    kit.section(...sectionsOf(grids, samples, judged.classes));

    // 5. ONNX: the generator, for any number of images.
    const { x, y } = latents.gather(Array.from({ length: 1000 }, (_, i) => i));
    const asked = conditional ? { y: tensor(y.data, { shape: y.shape }) } : {};
    await kit.onnx(
      'generator',
      generator,
      {
        inputs: { z: ['batch', latent], ...(conditional && { y: { shape: ['batch'], dtype: 'int32' } }) },
        outputs: ['image'],
      },
      { z: tensor(x.data, { shape: x.shape }), ...asked },
    );
    await kit.weights('generator', generator);
    await kit.weights('judge', judge);
  },
};
