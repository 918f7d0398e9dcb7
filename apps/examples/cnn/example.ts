/**
 * Handwritten digits by a convolutional network.
 *
 * A fully connected layer has a weight for every pixel, and has to learn at every place anew what a stroke looks like. A convolution has weights for 3 × 3 pixels, and looks with them everywhere: few weights, and what is
 * learnt at one place is known at all others. Behind each convolution the largest of 2 × 2 pixels is kept, so that the next one sees twice as far: strokes become bows and corners, bows and corners become digits.
 */
import { Option } from 'commander';
import {
  AdamW,
  accuracy,
  classification,
  crossEntropy,
  DataLoader,
  evaluate,
  fit,
  LeNet5,
  oneCycleSchedule,
  ResNet,
  tensor,
  VGG,
  type ArrayDataset,
  type Batch,
  type ImageFields,
  type Module,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits, requireMnist, sectionsWithImages } from '../src/digits.ts';
import { distort } from './distort.ts';
import { lookInside } from './report.ts';

/** Three networks, from 1998, 2015 and 2016, at sizes for small images. */
const networks = {
  vgg: (size: number) =>
    new VGG({
      stages: [[16], [32], [64]],
      channels: 1,
      classes: 10,
      batchNorm: true,
      // Three halvings; what is left of the image goes to the logits without a hidden layer.
      pooled: Math.floor(size / 8),
      hidden: [],
      dropout: 0.2,
    }),
  resnet: () => new ResNet({ blocks: [1, 1, 1], width: 16, stem: 'small', channels: 1, classes: 10 }),
  // For images of 28 × 28 or 32 × 32.
  lenet: () => new LeNet5({ imageSize: 28 }),
} satisfies Record<string, (size: number) => Module>;

type Options = { readonly network: keyof typeof networks };

export interface Build {
  readonly network?: keyof typeof networks;
  readonly train: ArrayDataset<ImageFields>;
  readonly seed: number;
}

/** All that is trained, and with what. */
export function build({ network = 'vgg', train, seed }: Build): {
  model: Module;
  optimizer: AdamW;
  loader: DataLoader<Batch<ImageFields>>;
} {
  const [, , size = 0] = train.field('x').shape;
  const model = networks[network](size);
  return {
    model,
    optimizer: new AdamW(model, { learningRate: 0.01, weightDecay: 0.01 }),
    // Every image is turned, sheared, stretched and shifted a little, another way each time: the network never sees the same one twice, and cannot learn it by heart.
    loader: new DataLoader(train, { batchSize: size < 16 ? 32 : 128, shuffle: true, seed, transform: distort }),
  };
}

export const cnn: Example<Options> = {
  name: 'cnn',
  title: 'Convolutional network',
  line: 'Handwritten digits by a convolutional network, and what it looks at',
  seconds: { quick: 3, normal: 10 },
  data: { carried: '1,797 digits of 8 × 8 pixels', full: 'MNIST', expects: 'a folder with MNIST’s four files' },
  options: (command) =>
    command.addOption(
      new Option('--network <name>', 'the network; lenet reads MNIST alone: --data or --full')
        .choices(Object.keys(networks))
        .default('vgg'),
    ),

  async run(kit) {
    // 1. Data: images, and which digit each is. Those of the test are never learnt from.
    const folder = await kit.folder('mnist');
    if (kit.options.network === 'lenet') requireMnist(folder, '--network lenet');
    const { train, test, classNames } = await loadHandwrittenDigits(folder, kit.carried('digits.csv'));
    const { data, shape } = test.field('x');
    const [, , height = 0, width = 0] = shape;
    kit.say(`${train.length} images of ${height} × ${width} to train on, ${test.length} to test on`);

    // 2. Network
    const { model, optimizer, loader } = build({ network: kit.options.network, train, seed: kit.seed });
    kit.show('network', model, [['batch', 1, height, width]]);

    // 3. Training
    kit.heading('Training');
    await fit(model, loader, {
      loss: crossEntropy,
      optimizer,
      epochs: kit.choose({ quick: 6, normal: 40, full: 10 }),
      // Up to the learning rate in the first quarter, then down to nothing: large steps find the way, small ones the place.
      schedule: oneCycleSchedule({ warmup: 0.25 }),
      // Looked at on the way; nothing is chosen by it.
      validation: test,
      validateEvery: { epochs: kit.choose({ quick: 6, normal: 5, full: 1 }) },
      metrics: { accuracy },
      ...kit.training('network'),
    });

    // 4. Evaluation
    kit.heading('Test');
    const evaluation = await evaluate(model, test, classification({ classNames }));
    kit.say(String(evaluation));
    kit.metric('test accuracy', evaluation.accuracy, {
      format: 'percent',
      target: { quick: { atLeast: 0.95 }, normal: { atLeast: 0.98 }, full: { atLeast: 0.993 } },
    });
    kit.section(...sectionsWithImages(evaluation, test.field('x')));
    kit.section(...(await lookInside(model, test)));

    // 5. ONNX: any number of images; onnxruntime has to give the same logits for all of the test.
    const images = tensor(data, { shape });
    await kit.onnx('model', model, { inputs: { image: ['batch', 1, height, width] }, outputs: ['logits'] }, images);
    await kit.weights('model', model);
  },
};
