/**
 * Handwritten digits by a feed-forward network.
 *
 * The image is a list of 784 numbers, and every neuron of the first layer weighs all of them: its weights are a picture, and it is loud where the image resembles that. The second layer weighs the neurons of the first, the last one gives each digit a number. Nothing here
 * knows that some pixels are neighbours; what a stroke is has to be learnt from examples alone, and most of what is learnt by heart has to be kept from happening. That is what dropout and weight decay are for.
 */
import {
  accuracy,
  AdamW,
  classification,
  crossEntropy,
  DataLoader,
  evaluate,
  fit,
  Flatten,
  MultilayerPerceptron,
  oneCycleSchedule,
  Sequential,
  tensor,
  type ArrayDataset,
  type Batch,
  type ImageFields,
  type Module,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits, sectionsWithImages } from '../src/digits.ts';
import { neurons } from './report.ts';

export interface Build {
  readonly train: ArrayDataset<ImageFields>;
  readonly seed: number;
}

/** All that is trained, and with what. */
export function build({ train, seed }: Build): {
  model: Module;
  optimizer: AdamW;
  loader: DataLoader<Batch<ImageFields>>;
} {
  const [, , height = 0, width = 0] = train.field('x').shape;
  const isSmall = width < 16;
  const hidden = isSmall ? [128, 128] : [512, 512];
  const model = new Sequential(
    new Flatten(),
    // While it learns, a third of the neurons are silent, others in every step: none can rely on another one's mistakes.
    new MultilayerPerceptron({ inputs: height * width, hidden, outputs: 10, activation: 'relu', dropout: 0.3 }),
  );
  return {
    model,
    optimizer: new AdamW(model, { learningRate: isSmall ? 0.005 : 0.002, weightDecay: 0.01 }),
    loader: new DataLoader(train, { batchSize: isSmall ? 32 : 128, shuffle: true, seed }),
  };
}

export const feedForward: Example = {
  name: 'feed-forward',
  title: 'Feed-forward network',
  line: 'Handwritten digits by a multilayer perceptron, and what its neurons see',
  seconds: { quick: 2, normal: 6 },
  data: { carried: '1,797 digits of 8 × 8 pixels', full: 'MNIST', expects: 'a folder with MNIST’s four files' },

  async run(kit) {
    // 1. Data: images, and which digit each is. Those of the test are never learnt from.
    const { train, test, classNames } = await loadHandwrittenDigits(
      await kit.folder('mnist'),
      kit.carried('digits.csv'),
    );
    const { data, shape } = test.field('x');
    const [, , height = 0, width = 0] = shape;
    kit.say(`${train.length} images of ${height} × ${width} to train on, ${test.length} to test on`);

    // 2. Network
    const { model, optimizer, loader } = build({ train, seed: kit.seed });
    kit.show('network', model, [['batch', 1, height, width]]);

    // 3. Training
    kit.heading('Training');
    await fit(model, loader, {
      loss: crossEntropy,
      optimizer,
      epochs: kit.choose({ quick: 8, normal: 40, full: 8 }),
      // Up to the learning rate in the first quarter, then down to nothing along a cosine.
      schedule: oneCycleSchedule({ warmup: 0.25 }),
      // Looked at on the way; nothing is chosen by it.
      validation: test,
      validateEvery: { epochs: kit.choose({ quick: 8, normal: 5, full: 1 }) },
      metrics: { accuracy },
      ...kit.training('network'),
    });

    // 4. Evaluation
    kit.heading('Test');
    const evaluation = await evaluate(model, test, classification({ classNames }));
    kit.say(String(evaluation));
    kit.metric('test accuracy', evaluation.accuracy, {
      format: 'percent',
      target: { quick: { atLeast: 0.93 }, normal: { atLeast: 0.965 }, full: { atLeast: 0.983 } },
    });
    kit.section(...sectionsWithImages(evaluation, test.field('x')));
    kit.section(await neurons(model, height, width));

    // 5. ONNX: any number of images; onnxruntime has to give the same logits for all of the test.
    const images = tensor(data, { shape });
    await kit.onnx('model', model, { inputs: { image: ['batch', 1, height, width] }, outputs: ['logits'] }, images);
    await kit.weights('model', model);
  },
};
