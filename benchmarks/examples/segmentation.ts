/** The example of a U-Net. */
import { confusionMatrix } from '@hebb/evaluation';
import { crossEntropy } from '@hebb/losses';
import { oneCycleSchedule } from '@hebb/optimizers';
import type { Tensor } from '@hebb/tensor';
import { predict, supervised } from '@hebb/training';
import { build, overlap } from '../../apps/examples/segmentation/example.ts';
import { classNames, drawScenes } from '../../apps/examples/segmentation/scenes.ts';
import { loadHandwrittenDigits } from '../../apps/examples/src/digits.ts';
import { mean } from '../../apps/examples/src/statistics.ts';
import { carried, type Pair } from './trial.ts';

export const pair: Pair = {
  script: 'segmentation.py',
  set: 'mnist',
  metric: 'mean IoU',
  async prepare(folder) {
    const digits = await loadHandwrittenDigits(folder, carried('digits.csv'));
    const train = drawScenes(digits.train, 6000, 1);
    const test = drawScenes(digits.test, 1000, 0);
    const { model, optimizer, loader } = build(train, 0);
    return {
      task: supervised(model, { loss: crossEntropy, optimizer }),
      batches: loader,
      budget: { epochs: 5 },
      schedule: oneCycleSchedule({ warmup: 0.3 }),
      arrays: { x: test.field('x'), y: test.field('y') },
      async metric() {
        const found = await predict(model, test, { output: ({ x }) => model.forward(x as Tensor).argmax(1) });
        const { counts } = confusionMatrix(test.field('y').data, found.data, classNames.length);
        return mean(counts.map((_, i) => overlap(counts, i)));
      },
    };
  },
};
