/** The feed-forward example. */
import { crossEntropy } from '@hebb/losses';
import { oneCycleSchedule } from '@hebb/optimizers';
import { predict, supervised } from '@hebb/training';
import { build } from '../../apps/examples/feed-forward/example.ts';
import { loadHandwrittenDigits } from '../../apps/examples/src/digits.ts';
import { carried, shareRight, type Pair } from './trial.ts';

export const pair: Pair = {
  script: 'feed_forward.py',
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
};
