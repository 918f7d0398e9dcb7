/** The two examples that tell digits apart: feed-forward, and convolutional (its VGG). */
import type { ArrayDataset, ImageFields } from '@hebb/data';
import { crossEntropy } from '@hebb/losses';
import { oneCycleSchedule } from '@hebb/optimizers';
import { predict, supervised } from '@hebb/training';
import { build as buildConvolutional } from '../../apps/examples/cnn/example.ts';
import { build as buildFeedForward } from '../../apps/examples/feed-forward/example.ts';
import { loadHandwrittenDigits } from '../../apps/examples/src/digits.ts';
import { carried, shareRight, type Pair } from './trial.ts';

type Build = (given: { train: ArrayDataset<ImageFields>; seed: number }) => ReturnType<typeof buildFeedForward>;

const pairOf = (build: Build, about: Pick<Pair, 'script' | 'isChanged'>): Pair => ({
  ...about,
  set: 'mnist',
  metric: 'test accuracy',
  async prepare(folder) {
    const { train, test } = await loadHandwrittenDigits(folder, carried('digits.csv'));
    const { model, optimizer, loader } = build({ train, seed: 0 });
    return {
      task: supervised(model, { loss: crossEntropy, optimizer }),
      batches: loader,
      budget: { epochs: 40 },
      schedule: oneCycleSchedule({ warmup: 0.25 }),
      arrays: { x: test.field('x'), y: test.field('y') },
      metric: async () => shareRight((await predict(model, test)).data, test.field('y').data),
    };
  },
});

export const feedForward = pairOf(buildFeedForward, { script: 'feed_forward.py' });
export const convolutional = pairOf(buildConvolutional, { script: 'cnn.py', isChanged: true });
