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
  concat,
  Conv2d,
  crossEntropy,
  DataLoader,
  evaluate,
  fit,
  LeNet5,
  oneCycleSchedule,
  relu,
  ResNet,
  tensor,
  VGG,
  type ArrayDataset,
  type Batch,
  type ImageFields,
  type Module,
  type Section,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadHandwrittenDigits } from '../src/digits.ts';
import { distort } from './distort.ts';

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
  seconds: { quick: 3, normal: 10, full: 375 },
  data: { carried: '1,797 digits of 8 × 8 pixels', full: 'MNIST', expects: 'a folder with MNIST’s four files' },
  options: (command) =>
    command.addOption(new Option('--network <name>', 'the network').choices(Object.keys(networks)).default('vgg')),

  async run(kit) {
    const { train, test, classNames } = await loadHandwrittenDigits(
      await kit.folder('mnist'),
      kit.carried('digits.csv'),
    );
    const { data, shape } = test.field('x');
    const [, , height = 0, width = 0] = shape;
    kit.say(`${train.length} images of ${height} × ${width} to train on, ${test.length} to test on`);

    const { model, optimizer, loader } = build({ network: kit.options.network, train, seed: kit.seed });
    kit.show('network', model, [['batch', 1, height, width]]);

    kit.heading('Training');
    await fit(model, loader, {
      loss: crossEntropy,
      optimizer,
      epochs: kit.choose({ quick: 6, normal: 40, full: 10 }),
      // Up to the learning rate in the first quarter, then down to nothing: large steps find the way, small ones the place.
      schedule: oneCycleSchedule({ warmup: 0.25 }),
      validation: test,
      validateEvery: { epochs: kit.choose({ quick: 6, normal: 5, full: 1 }) },
      metrics: { accuracy },
      ...kit.training('network'),
    });

    kit.heading('Test');
    const evaluation = await evaluate(model, test, classification({ classNames }));
    kit.say(String(evaluation));
    kit.metric('test accuracy', evaluation.accuracy, {
      format: 'percent',
      target: { quick: { atLeast: 0.95 }, normal: { atLeast: 0.98 }, full: { atLeast: 0.993 } },
    });
    for (const section of evaluation.sections()) {
      // The accuracy stands there already.
      if (section.kind !== 'figures')
        kit.section(section.kind === 'pictures' ? { ...section, images: { data, shape } } : section);
    }
    for (const section of await lookInside(model, test)) kit.section(section);

    const images = tensor(data, { shape });
    await kit.onnx('model', model, { inputs: { image: ['batch', 1, height, width] }, outputs: ['logits'] }, images);
    await kit.weights('model', model);
  },
};

/** The kernels of the first convolution, and what two convolutions make of one digit. */
async function lookInside(model: Module, test: ArrayDataset<ImageFields>): Promise<Section[]> {
  const convolutions = [...model.namedModules()].filter(
    (entry): entry is [string, Conv2d] => entry[1] instanceof Conv2d,
  );
  const [first, second] = convolutions;
  if (first === undefined || second === undefined) return [];
  // A hook sees what goes through a layer, whatever the network around it.
  const seen: Tensor[] = [];
  const removals = [first, second].map(([, layer]) =>
    layer.registerForwardHook((_, __, output) => void seen.push(output)),
  );
  const { x } = test.gather([0]);
  model.eval().forward(tensor(x.data, { shape: x.shape }));
  for (const remove of removals) remove();

  const kernels = first[1].weight;
  const largest = await kernels.abs().max().item();
  const sections: Section[] = [
    {
      kind: 'pictures',
      title: 'What the first convolution looks for',
      text: 'Its kernels, each a small picture: where they are white a bright pixel counts for them, where they are black against them. Edges and strokes of some direction are what nearly all networks begin with.',
      images: { data: await kernels.data(), shape: kernels.shape },
      range: [-largest, largest],
      pictures: Array.from({ length: kernels.shape[0] ?? 0 }, (_, i) => ({
        example: i,
        caption: [{ value: String(i), tone: 'quiet' as const }],
      })),
    },
  ];
  for (const [i, maps] of seen.entries()) {
    const [, count = 0, height = 0, width = 0] = maps.shape;
    const largest = await relu(maps).max().item();
    const bright = relu(maps.div(largest)).reshape([count, 1, height, width]);
    // The image itself in front, where it has the same size.
    const isFirst = i === 0 && height === x.shape[2];
    const shown = isFirst ? concat([tensor(x.data, { shape: x.shape }), bright], 0) : bright;
    sections.push({
      kind: 'pictures',
      title: i === 0 ? 'Where it finds it' : 'What the second convolution makes of that',
      text:
        i === 0
          ? 'The first test image, and what each kernel makes of it: bright where it fits.'
          : 'The same at half the size, from all of the pictures above together.',
      images: { data: await shown.data(), shape: shown.shape },
      pictures: Array.from({ length: Math.min(shown.shape[0] ?? 0, 17) }, (_, j) => ({
        example: j,
        caption: [{ value: !isFirst ? String(j) : j === 0 ? 'the image' : String(j - 1), tone: 'quiet' }],
      })),
    });
  }
  return sections;
}
