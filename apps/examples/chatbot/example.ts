/**
 * A conversation with the characters of Shakespeare's plays.
 *
 * A chatbot is a network that says what comes next in a text, and the text is a conversation: a name, what he or she says, the next name. What is asked is put behind what was said before, and what the network writes until the
 * speaker ends is its answer. It comes token by token, and every token needs the keys and values of all tokens before it: a cache keeps them, so that only the new one is computed.
 */
import { ByteLevelBPE, cosineSchedule, fit, tensor } from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadPlays } from '../src/shakespeare.ts';
import { sum } from '../src/statistics.ts';
import { piecesOf, surpriseOfFrequencies, surprises } from '../src/text.ts';
import { build as buildWriter } from '../transformer/example.ts';
import { loadBot, saveBot } from './bot.ts';
import { compareCaches } from './cache.ts';
import { answers, speeds } from './report.ts';
import { marks, speakersOf, speechesOf, tokensOf, type Speech } from './speeches.ts';
import { addTalkOptions, conversation, requireSpeaker, type TalkOptions } from './talk.ts';

export interface Build {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** How far it looks back, in tokens. */
  readonly contextLength: number;
  readonly learningRate: number;
  readonly vocabularySize: number;
  readonly speeches: readonly Speech[];
  readonly seed: number;
}

/** With a tenth of the steps to rise in, the rate is highest before the network has found its feet: its loss jumps about, and ends higher. */
export const schedule = cosineSchedule({ warmup: 0.2, minimum: 0.1 });

/** All that is trained, and with what. */
export async function build({
  learningRate,
  vocabularySize,
  speeches,
  seed,
  ...sizes
}: Build): Promise<ReturnType<typeof buildWriter> & { readonly tokenizer: ByteLevelBPE }> {
  // All bytes are tokens, so that anything can be asked.
  const tokenizer = await ByteLevelBPE.train(
    speeches.flatMap(({ speaker, text }) => [speaker, text]),
    { vocabularySize, specialTokens: marks },
  );
  const learnt = tokensOf(tokenizer, speeches);
  // A writer, as that of single characters is.
  return {
    tokenizer,
    ...buildWriter({ ...sizes, batchSize: 12, learningRate, vocabulary: tokenizer.vocabularySize, learnt, seed }),
  };
}

export const chatbot: Example<TalkOptions> = {
  name: 'chatbot',
  line: 'Characters of Shakespeare answer, token by token, with a key–value cache',
  seconds: { quick: 12, normal: 180 },
  data: {
    carried: 'tiny Shakespeare, speech by speech',
    full: 'the same',
    expects: 'a folder with input.txt',
  },
  options: addTalkOptions,

  async run(kit) {
    // 1. Data: speeches, a name and what is said. Those of the last tenth of the plays are not learnt from.
    const plays = await loadPlays(await kit.folder('tinyshakespeare'), kit.carried('shakespeare.txt.gz'));
    const [train, validation] = [speechesOf(plays.train), speechesOf(plays.validation)];
    const speakers = speakersOf(train);
    requireSpeaker(kit.options.as, speakers);
    kit.say(`${train.length} speeches to learn from, ${validation.length} to test with`);

    // 2. Network: a decoder of tokens, which are learnt from the speeches as well.
    const sizes = kit.choose({
      quick: { layers: 2, heads: 4, width: 64, contextLength: 64, learningRate: 6e-3, vocabularySize: 512 },
      normal: { layers: 3, heads: 4, width: 96, contextLength: 96, learningRate: 4e-3, vocabularySize: 1024 },
      full: { layers: 4, heads: 4, width: 128, contextLength: 128, learningRate: 3e-3, vocabularySize: 1024 },
    });
    const { tokenizer, model, task, loader } = await build({ ...sizes, speeches: train, seed: kit.seed });
    const [learnt, unseen] = [tokensOf(tokenizer, train), tokensOf(tokenizer, validation)];
    kit.say(`${learnt.length} tokens of ${tokenizer.vocabularySize}, ${(plays.train.length / learnt.length).toFixed(2)} characters each`); // prettier-ignore
    kit.show('network', model, [{ shape: ['batch', model.contextLength], dtype: 'int32' }]);

    // 3. Training: at each token of a piece of the conversation, which one comes next?
    kit.heading('Training');
    const steps = kit.choose({ quick: 160, normal: 400, full: 800 });
    await fit(task, loader, {
      steps,
      schedule,
      validation: piecesOf(unseen.subarray(0, 6000), model.contextLength),
      validateEvery: { steps: steps / 4 },
      ...kit.training('network'),
    });

    // 4. Evaluation: how surprising the unseen speeches are, whether the cache changes a token, and what is answered.
    kit.heading('Test');
    model.eval();
    const tested = kit.level === 'quick' ? unseen.subarray(0, 9000) : unseen;
    // Tokens are of different lengths; characters are the same for every tokenizer.
    const characters = tokenizer.decode(tested).length;
    kit.metric('validation loss, nats per character', sum(await surprises(model, tested)) / characters, {
      target: { quick: { atMost: 2.3 }, normal: { atMost: 1.85 }, full: { atMost: 1.7 } },
    });
    kit.metric('by the frequency of tokens, nats per character', surpriseOfFrequencies(learnt, tested) / characters);

    kit.heading('Cache');
    const comparisons = await compareCaches(model, [...unseen.subarray(0, 8)]);
    for (const { length, withCache, without } of comparisons)
      kit.say(`up to ${length} tokens: ${withCache.toFixed(0)} tokens/s with the cache, ${without.toFixed(0)} without`);
    kit.metric('greedy tokens compared', sum(comparisons.map(({ compared }) => compared)), { format: 'count' });
    kit.metric('greedy tokens that differ without the cache', sum(comparisons.map(({ different }) => different)), {
      format: 'count',
      target: { atMost: 0 },
    });
    kit.section(speeds(comparisons));

    kit.heading('Answers');
    await kit.weights('model', model);
    await saveBot(await kit.file('chatbot.json', 'sizes, tokenizer and speakers, for --ask and --chat'), { model, tokenizer, speakers }); // prettier-ignore
    // By what was saved, as --ask and --chat have it.
    kit.section(await answers(kit, await loadBot(kit.out), validation));

    // 5. ONNX: any number of conversations of any length. The file carries the tokenizer along.
    const { data, shape } = piecesOf(tested, model.contextLength).field('x');
    await kit.onnx(
      'model',
      model,
      {
        inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } },
        outputs: ['logits'],
        metadata: { tokenizer: JSON.stringify(tokenizer) },
      },
      [tensor(data, { shape }), tensor(data.slice(0, 51), { shape: [3, 17] }), tensor(data.slice(0, 1), { shape: [1, 1] })], // prettier-ignore
    );
  },

  use: conversation,
};
