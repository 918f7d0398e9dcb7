/** The example of tunes. */
import { crossEntropy } from '@hebb/losses';
import { oneCycleSchedule } from '@hebb/optimizers';
import { tensor, type Tensor } from '@hebb/tensor';
import { composeTunes } from '../../apps/examples/music/compose.ts';
import { mostBars, mostLeft } from '../../apps/examples/music/count.ts';
import { build } from '../../apps/examples/music/example.ts';
import { asDataset, loadTunes, split } from '../../apps/examples/music/tunes.ts';
import type { Pair } from './trial.ts';

export const pair: Pair = {
  script: 'music.py',
  set: 'nottingham',
  metric: 'test loss, nats per word',
  // Padded to the lengths of buckets.
  isChanged: true,
  async prepare(folder) {
    const all = folder === undefined ? composeTunes({ count: 500, parts: 2, seed: 1 }) : loadTunes(folder, () => {});
    const tunes = split(all);
    const { model, task, loader } = build(tunes, { width: 96, layers: 2 }, 0);
    const test = asDataset(tunes.test, tunes.vocabulary);
    const arrays = test.gather(Uint32Array.from({ length: Math.min(32, test.length) }, (_, i) => i));
    const { vocabularySize: vocabulary, width, heads, layers, contextLength } = model.options;
    return {
      task,
      batches: loader,
      budget: { epochs: 8 },
      schedule: oneCycleSchedule({ warmup: 0.1 }),
      arrays,
      settings: { vocabulary, width, heads, layers, contextLength, left: mostLeft + 2, bars: mostBars + 1 },
      metric() {
        model.eval();
        const given = (name: keyof typeof arrays): Tensor => tensor(Int32Array.from(arrays[name].data), { shape: arrays[name].shape }); // prettier-ignore
        const logits = model.forward(given('words'), given('left'), given('bar'));
        return crossEntropy(logits.flatten(0, 1), given('next').flatten(), { ignoreIndex: -1 }).item();
      },
    };
  },
};
