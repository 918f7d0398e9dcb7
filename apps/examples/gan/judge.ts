/** A network that knows digits: what it makes of samples says whether they are some. */
import {
  accuracy,
  AdamW,
  crossEntropy,
  DataLoader,
  featureStatistics,
  fit,
  frechetDistance,
  oneCycleSchedule,
  predict,
  VGG,
  type ArrayDataset,
  type Callback,
  type FeatureStatistics,
  type Field,
  type ImageFields,
  type Tensor,
} from 'hebb';

export interface JudgeTraining {
  readonly seed: number;
  readonly epochs: number;
  readonly progress: Callback;
  readonly signal: AbortSignal;
  readonly callbacks: readonly Callback[];
  readonly resume: string;
}

/** A small convolutional network, trained on the digits. */
export async function trainJudge(train: ArrayDataset<ImageFields>, options: JudgeTraining): Promise<VGG> {
  const { seed, ...fitting } = options;
  const [, channels = 1, , size = 28] = train.field('x').shape;
  const judge = new VGG({
    stages: [[16], [32]],
    channels,
    classes: 10,
    batchNorm: true,
    pooled: size / 4,
    hidden: [64],
    dropout: 0.2,
  });
  const loader = new DataLoader(train, { batchSize: size < 16 ? 32 : 128, shuffle: true, seed });
  const optimizer = new AdamW(judge, { learningRate: 0.01, weightDecay: 0.01 });
  await fit(judge, loader, { loss: crossEntropy, optimizer, schedule: oneCycleSchedule({ warmup: 0.25 }), ...fitting });
  return judge.eval();
}

/** Images, and what belongs to each. */
export type Images = ArrayDataset<{ x: Field<Float32Array>; y: Field<Int32Array> }>;

export interface Judged {
  /** How many are of the class that `y` says. */
  readonly accuracy: number;
  /** What each is taken for. */
  readonly classes: Int32Array;
  /** Of the 64 numbers in front of the logits: what matters of an image for telling digits apart, and not its pixels. */
  readonly features: FeatureStatistics;
}

export async function judgeImages(judge: VGG, images: Images): Promise<Judged> {
  const head = [...judge.classifier];
  const { features, logits } = await predict(judge, images, {
    batchSize: 500,
    output: ({ x }) => {
      const seen = judge.avgpool.forward(judge.features.forward(x as Tensor)).flatten(1);
      const features = head.slice(0, -1).reduce((value, layer) => layer.forward(value), seen);
      return { features, logits: head.at(-1)?.forward(features) ?? features };
    },
  });
  const classes = Int32Array.from({ length: images.length }, (_, i) => {
    const row = logits.data.subarray(10 * i, 10 * (i + 1));
    return row.indexOf(Math.max(...row));
  });
  return {
    accuracy: accuracy(logits, images.field('y').data),
    classes,
    features: featureStatistics(features),
  };
}

/** Of each class, the share of the images that are taken for it. */
export function shares(classes: Int32Array): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const each of classes) counts[each] = (counts[each] ?? 0) + 1;
  return counts.map((count) => count / classes.length);
}

/** How far samples are from real images, as the judge sees them: 0 where it cannot tell. */
export function distanceOf(samples: Judged, real: Judged): number {
  return frechetDistance(samples.features, real.features);
}
