/** The example of a transformer encoder that reads sentences. */
import { DataLoader } from '@hebb/data';
import { crossEntropy } from '@hebb/losses';
import { oneCycleSchedule } from '@hebb/optimizers';
import type { Tensor } from '@hebb/tensor';
import { predict, supervised } from '@hebb/training';
import { build } from '../../apps/examples/sentiment/example.ts';
import { encode, loadMessages, loadReviews, readLength, trainedLength } from '../../apps/examples/sentiment/texts.ts';
import { carried, shareRight, type Pair } from './trial.ts';

export const pair: Pair = {
  script: 'sentiment.py',
  set: 'rt-polarity',
  metric: 'test accuracy',
  async prepare(folder) {
    const texts = folder === undefined ? loadMessages(carried('sms-spam.tsv')) : loadReviews(folder);
    const { tokenizer, model, optimizer } = await build(texts.train);
    const test = encode(tokenizer, texts.test, readLength);
    return {
      task: supervised(model, {
        loss: (logits: Tensor, labels: Tensor) => crossEntropy(logits, labels, { labelSmoothing: 0.1 }),
        optimizer,
        clipNorm: 1,
      }),
      batches: new DataLoader(encode(tokenizer, texts.train, trainedLength), { batchSize: 64, shuffle: true, seed: 0 }),
      budget: { epochs: 4 },
      schedule: oneCycleSchedule({ warmup: 0.2 }),
      arrays: { x: test.field('x'), y: test.field('y') },
      settings: { vocabulary: tokenizer.vocabularySize },
      metric: async () => shareRight((await predict(model, test)).data, test.field('y').data),
    };
  },
};
