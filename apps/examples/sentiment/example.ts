/**
 * Is a sentence of a film review for or against the film? A transformer encoder, from nothing: its tokenizer is learnt from the same sentences.
 *
 * A network that reads words one after the other has forgotten the first when it meets the last. In an encoder every word looks at every other one at once, and decides by itself which of them matter to it: `not` finds
 * the `good` that it turns around, however far away. How much each word mattered in the end is a number, which the report draws.
 */
import {
  accuracy,
  AdamW,
  ByteLevelBPE,
  classification,
  crossEntropy,
  EMA,
  evaluate,
  fit,
  oneCycleSchedule,
  tensor,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { Reader } from './model.ts';
import { attentionSections } from './report.ts';
import { encode, loadMessages, loadReviews, readLength, trainedLength, type Labelled } from './texts.ts';

/** All that is trained, and with what. */
export async function build(train: readonly Labelled[], { vocabularySize = 4096 } = {}) {
  const tokenizer = await ByteLevelBPE.train(
    train.map(({ text }) => text),
    // With a space in front the first word of a sentence is the same token as it is elsewhere.
    { vocabularySize, specialTokens: ['<pad>'], addPrefixSpace: true },
  );
  const model = new Reader({ vocabularySize: tokenizer.vocabularySize, width: 64, heads: 4, layers: 1, classes: 2 });
  return { tokenizer, model, optimizer: new AdamW(model, { learningRate: 3e-3, weightDecay: 0.1 }) };
}

export const sentiment: Example = {
  name: 'sentiment',
  line: 'For or against (without --data spam or not), and the words that are weighed',
  seconds: { quick: 15, normal: 60 },
  data: {
    carried: '5,160 text messages, some of them spam',
    full: '10,662 sentences of film reviews',
    expects: 'a folder with rt-polarity.neg and rt-polarity.pos',
  },

  async run(kit) {
    // 1. Data: sentences, and which of two things each is.
    const folder = await kit.folder('rt-polarity');
    const texts = folder === undefined ? loadMessages(kit.carried('sms-spam.tsv')) : loadReviews(folder);
    const isReviews = folder !== undefined;
    // A word of spam is known by a few messages; whether one praises a film takes more sentences.
    const train = kit.level === 'quick' ? texts.train.slice(0, isReviews ? 4000 : 1200) : texts.train;
    kit.say(`${train.length} ${texts.name} to train on, ${texts.validation.length} to validate, ${texts.test.length} to test`); // prettier-ignore

    // 2. Network: tokens that are learnt from the sentences to train on, and an encoder of them.
    const { tokenizer, model, optimizer } = await build(train, { vocabularySize: kit.choose({ quick: 1024, normal: 4096, full: 12_000 }) }); // prettier-ignore
    const [first] = texts.train;
    kit.say(`A text in tokens: ${Array.from(tokenizer.encode(first?.text ?? ''), (id) => tokenizer.decode([id])).join('|')}`); // prettier-ignore
    kit.show('network', model, [{ shape: ['batch', 'length'], dtype: 'int32' }]);

    // 3. Training
    kit.heading('Training');
    // The texts so many times, one after the other, and each time cut in another way: a tenth of the merges is passed over. What a rare word says is learnt by its parts, too. All of that is one epoch.
    const passes = kit.choose({ quick: 4, normal: 4, full: 12 });
    const cuts = encode(tokenizer, Array.from({ length: passes }, () => train).flat(), trainedLength, { mergeDropout: 0.1, seed: kit.seed }); // prettier-ignore
    await fit(model, cuts, {
      // Nobody is sure of every sentence: a network that is asked for 95 % and not for 100 % stops earlier to learn single ones by heart.
      loss: (logits: Tensor, labels: Tensor) => crossEntropy(logits, labels, { labelSmoothing: 0.1 }),
      // The mean of the last steps, about a hundred, is what is tested, not where the last of them led to.
      optimizer: new EMA(optimizer, { decay: kit.choose({ quick: 0.9, normal: 0.99, full: 0.99 }) }),
      epochs: 1,
      batchSize: 64,
      validateEvery: { steps: Math.ceil(train.length / 64) },
      seed: kit.seed,
      clipNorm: 1,
      schedule: oneCycleSchedule({ warmup: 0.2 }),
      validation: encode(tokenizer, texts.validation, readLength),
      metrics: { accuracy },
      ...kit.training('network'),
    });

    // 4. Evaluation
    kit.heading('Test');
    const test = encode(tokenizer, texts.test, readLength);
    const evaluation = await evaluate(model, test, classification({ classNames: texts.classNames }));
    kit.say(String(evaluation));
    kit.metric('test accuracy', evaluation.accuracy, {
      format: 'percent',
      // Of the messages 87 % are no spam: more than that has to be learnt.
      target: isReviews
        ? { quick: { atLeast: 0.55 }, normal: { atLeast: 0.7 }, full: { atLeast: 0.76 } }
        : { quick: { atLeast: 0.92 }, normal: { atLeast: 0.97 }, full: { atLeast: 0.97 } },
    });
    const ones = texts.test.filter(({ label }) => label === 1).length / texts.test.length;
    kit.metric('by always saying what is more frequent', Math.max(ones, 1 - ones), { format: 'percent' });
    // The report of mistakes is made of words below, not of numbers of examples.
    kit.section(...evaluation.sections().filter(({ kind }) => kind !== 'figures' && kind !== 'pictures'));
    kit.section(...(await attentionSections(model, tokenizer, texts, evaluation)));

    // 5. ONNX: any number of sentences of any length. The file carries the tokenizer along.
    const ids = tensor(test.field('x').data, { shape: test.field('x').shape });
    await kit.onnx('model', model, { inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } }, outputs: ['logits'], metadata: { tokenizer: JSON.stringify(tokenizer) } }, ids); // prettier-ignore
    await kit.weights('model', model);
  },
};
