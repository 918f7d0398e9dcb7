/**
 * Every pixel told what it belongs to, by a U-Net.
 *
 * A classifier makes an image smaller and smaller until one answer is left; where things were is lost on the way. Here an answer is wanted at every pixel. The left side of the U looks further and further, and knows in the end that there is a
 * triangle; the right side makes the image large again, and at each size is handed what the left side saw there, which knows where its edges are.
 */
import {
  AdamW,
  confusionMatrix,
  crossEntropy,
  DataLoader,
  fit,
  oneCycleSchedule,
  predict,
  tensor,
  UNet,
  type ArrayDataset,
  type Batch,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits } from '../src/digits.ts';
import { mean, sum } from '../src/statistics.ts';
import { pictures } from './report.ts';
import { classNames, drawScenes, type SceneFields } from './scenes.ts';

/** All that is trained, and with what. */
export function build(
  train: ArrayDataset<SceneFields>,
  seed: number,
  batchSize = 16,
): {
  model: UNet;
  optimizer: AdamW;
  loader: DataLoader<Batch<SceneFields>>;
} {
  const model = new UNet({
    channels: 1,
    classes: classNames.length,
    widths: [8, 16, 32, 64],
    batchNorm: true,
    dropout: 0,
  });
  return {
    model,
    optimizer: new AdamW(model, { learningRate: 0.01, weightDecay: 0.01 }),
    loader: new DataLoader<Batch<SceneFields>>(train, { batchSize, shuffle: true, seed }),
  };
}

export const segmentation: Example = {
  name: 'segmentation',
  line: 'Which pixels are digit, disc, square, triangle: a U-Net on drawn scenes',
  seconds: { quick: 12, normal: 90 },
  data: {
    carried: '1,797 digits, shapes drawn over them',
    full: 'MNIST, shapes drawn over it',
    expects: 'a folder with MNIST’s four files',
  },

  async run(kit) {
    // 1. Data: scenes are drawn, so that it is known what every pixel belongs to. Those of the test are of digits that the others do not have.
    const digits = await loadHandwrittenDigits(await kit.folder('mnist'), kit.carried('digits.csv'));
    const train = drawScenes(digits.train, kit.choose({ quick: 1200, normal: 6000, full: 20_000 }), kit.seed + 1);
    const test = drawScenes(digits.test, kit.choose({ quick: 200, normal: 1000, full: digits.test.length }), 0);
    const { data, shape } = test.field('x');
    kit.say(`${train.length} scenes of ${shape.slice(2).join(' × ')} to train on, ${test.length} to test on`);

    // 2. Network
    const { model, optimizer, loader } = build(train, kit.seed, kit.choose({ quick: 8, normal: 16, full: 16 }));
    kit.show('network', model, [['batch', ...shape.slice(1)]]);

    // 3. Training
    kit.heading('Training');
    await fit(model, loader, {
      // The cross-entropy of the classes at each pixel, its mean over all.
      loss: crossEntropy,
      optimizer,
      epochs: kit.choose({ quick: 3, normal: 5, full: 5 }),
      schedule: oneCycleSchedule({ warmup: 0.3 }),
      ...kit.training('network'),
    });

    // 4. Evaluation
    kit.heading('Test');
    // [scenes, side, side]: at every pixel the class with the largest logit.
    const found = await predict(model, test, {
      output: ({ x }) => model.forward(x as Tensor).argmax(1),
    });
    const { counts } = confusionMatrix(test.field('y').data, found.data, classNames.length);
    const scores = counts.map((_, i) => overlap(counts, i));
    for (const [i, name] of classNames.entries()) kit.say(`  ${name.padEnd(12)}${percent(scores[i])}`);
    kit.metric('mean IoU', mean(scores), {
      format: 'percent',
      target: { quick: { atLeast: 0.5 }, normal: { atLeast: 0.85 }, full: { atLeast: 0.95 } },
    });
    kit.section({
      kind: 'table',
      title: 'Intersection over union',
      text: 'Of the pixels that are of a class, or were taken for it, the share that are both.',
      columns: [{ title: 'class' }, { title: 'IoU', format: 'percent' }],
      rows: scores.map((score, i) => [classNames[i], score]),
      footer: [['mean', mean(scores)]],
    });
    kit.section(...pictures(test, found.data));

    // 5. ONNX
    await kit.onnx(
      'model',
      model,
      { inputs: { image: ['batch', ...shape.slice(1)] }, outputs: ['logits'] },
      tensor(data, { shape }),
    );
    await kit.weights('model', model);
  },
};

/** Intersection over union of class i: the pixels that are of it and were found to be, of those that are or were. `counts` has a row for each real class. */
export function overlap(counts: readonly (readonly number[])[], i: number): number {
  const both = counts[i]?.[i] ?? 0;
  return both / (sum(counts[i] ?? []) + sum(counts.map((row) => row[i] ?? 0)) - both);
}

const percent = (share = NaN): string => `${(100 * share).toFixed(1)} %`;
