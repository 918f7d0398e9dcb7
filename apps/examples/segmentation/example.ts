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
  type Section,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits } from '../src/digits.ts';
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
  seconds: { quick: 12, normal: 90, full: 270 },
  data: {
    carried: '1,797 digits, shapes drawn over them',
    full: 'MNIST, shapes drawn over it',
    expects: 'a folder with MNIST’s four files',
  },

  async run(kit) {
    const digits = await loadHandwrittenDigits(await kit.folder('mnist'), kit.carried('digits.csv'));
    const train = drawScenes(digits.train, kit.choose({ quick: 1200, normal: 6000, full: 20_000 }), kit.seed + 1);
    const test = drawScenes(digits.test, kit.choose({ quick: 200, normal: 1000, full: digits.test.length }), 0);
    const { data, shape } = test.field('x');
    kit.say(`${train.length} scenes of ${shape.slice(2).join(' × ')} to train on, ${test.length} to test on`);

    const { model, optimizer, loader } = build(train, kit.seed, kit.choose({ quick: 8, normal: 16, full: 16 }));
    kit.show('network', model, [['batch', ...shape.slice(1)]]);

    kit.heading('Training');
    await fit(model, loader, {
      // The cross-entropy of the classes at each pixel, its mean over all.
      loss: crossEntropy,
      optimizer,
      epochs: kit.choose({ quick: 3, normal: 5, full: 5 }),
      schedule: oneCycleSchedule({ warmup: 0.3 }),
      ...kit.training('network'),
    });

    kit.heading('Test');
    // [scenes, side, side]: at every pixel the class with the largest logit.
    const found = await predict(model, test, {
      output: ({ x }) => model.forward(x as Tensor).argmax(1),
    });
    const { counts } = confusionMatrix(test.field('y').data, found.data, classNames.length);
    const scores = counts.map((row, i) => overlap(counts, row, i));
    for (const [i, name] of classNames.entries()) kit.say(`  ${name.padEnd(12)}${percent(scores[i])}`);
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    kit.metric('mean IoU', mean, {
      format: 'percent',
      target: { quick: { atLeast: 0.5 }, normal: { atLeast: 0.85 }, full: { atLeast: 0.95 } },
    });
    kit.section({
      kind: 'table',
      title: 'Intersection over union',
      text: 'Of the pixels that are of a class, or were taken for it, the share that are both.',
      columns: [{ title: 'Class' }, { title: 'IoU', format: 'percent' }],
      rows: scores.map((score, i) => [classNames[i], score]),
      footer: [['mean', mean]],
    });
    for (const section of pictures(test, found.data)) kit.section(section);

    await kit.onnx(
      'model',
      model,
      { inputs: { image: ['batch', ...shape.slice(1)] }, outputs: ['logits'] },
      tensor(data, { shape }),
    );
    await kit.weights('model', model);
  },
};

/** Intersection over union of class i: the pixels that are of it and were found to be, of those that are or were. */
function overlap(counts: readonly (readonly number[])[], row: readonly number[], i: number): number {
  const both = row[i] ?? 0;
  const real = row.reduce((sum, count) => sum + count, 0);
  const found = counts.reduce((sum, other) => sum + (other[i] ?? 0), 0);
  return both / (real + found - both);
}

const percent = (share = NaN): string => `${(100 * share).toFixed(1)} %`;

/** Red, green and blue of each class. */
const colors = [
  [0.08, 0.08, 0.1],
  [0.95, 0.95, 0.95],
  [0.9, 0.6, 0],
  [0, 0.62, 0.45],
  [0.8, 0.47, 0.65],
];

/** Some scenes, and those in which most pixels are wrong: what the network saw, what is there, what it found. */
function pictures(test: ArrayDataset<SceneFields>, found: ArrayLike<number>): Section[] {
  const { data: x, shape } = test.field('x');
  const y = test.field('y').data;
  const [count = 0, , side = 0] = shape;
  const pixels = side * side;
  const wrong = Array.from({ length: count }, (_, scene) => {
    let sum = 0;
    for (let p = scene * pixels; p < (scene + 1) * pixels; p++) if (y[p] !== found[p]) sum++;
    return sum;
  });
  // One picture a scene, of four: it, what is there; what was found, where that is wrong.
  const section = (title: string, text: string, scenes: readonly number[]): Section => {
    const images = new Float32Array(scenes.length * 3 * 4 * pixels);
    for (const [i, scene] of scenes.entries())
      for (let p = 0; p < pixels; p++) {
        const at = scene * pixels + p;
        const [grey = 0, real = 0, taken = 0] = [x[at], y[at], found[at]];
        const shown = [[grey, grey, grey], colors[real], colors[taken], real === taken ? colors[0] : [1, 0.2, 0.2]];
        for (const [j, color] of shown.entries())
          for (const [channel, value] of (color ?? []).entries()) {
            const row = Math.floor(p / side) + (j < 2 ? 0 : side);
            const column = (p % side) + (j % 2) * side;
            images[((3 * i + channel) * 2 * side + row) * 2 * side + column] = value;
          }
      }
    return {
      kind: 'pictures',
      title,
      text,
      images: { data: images, shape: [scenes.length, 3, 2 * side, 2 * side] },
      pictures: scenes.map((scene, i) => ({
        example: i,
        caption: [{ value: `${wrong[scene]} of ${pixels} pixels wrong`, tone: 'quiet' }],
      })),
    };
  };
  const worst = wrong.map((_, scene) => scene).sort((a, b) => (wrong[b] ?? 0) - (wrong[a] ?? 0));
  return [
    section(
      'Scenes, and what was found',
      'Each picture is four: above the scene and what is there, below what was found and, red, where that is wrong. Digits are white, discs orange, squares green, triangles pink.',
      Array.from({ length: Math.min(16, count) }, (_, i) => i),
    ),
    section('The worst', 'The scenes of the test with the most wrong pixels.', worst.slice(0, 8)),
  ];
}
