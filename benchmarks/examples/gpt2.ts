/** The two examples of a small GPT-2: Shakespeare by characters, and a chatbot by tokens. */
import { CharacterTokenizer } from '@hebb/tokenizer';
import type { Schedule } from '@hebb/optimizers';
import { build as buildChatbot, schedule as chatbotSchedule } from '../../apps/examples/chatbot/example.ts';
import { speechesOf, tokensOf } from '../../apps/examples/chatbot/speeches.ts';
import { loadPlays } from '../../apps/examples/src/shakespeare.ts';
import { mean } from '../../apps/examples/src/statistics.ts';
import { piecesOf, surprises } from '../../apps/examples/src/text.ts';
import { build as buildTransformer, schedule as transformerSchedule } from '../../apps/examples/transformer/example.ts';
import { carried, type Pair, type Trial } from './trial.ts';

const common = { script: 'gpt2.py', set: 'tinyshakespeare', isChanged: true } as const;

/** Tokens that the metric is taken of. */
const tested = 12_000;

function trialOf(
  { model, task, loader }: Awaited<ReturnType<typeof buildChatbot>> | ReturnType<typeof buildTransformer>,
  unseen: Int32Array,
  { steps, learningRate, schedule }: { steps: number; learningRate: number; schedule: Schedule },
): Trial {
  const { vocabulary, contextLength, width, layers, heads } = model.options;
  const pieces = piecesOf(unseen.subarray(0, tested), contextLength);
  return {
    task,
    batches: loader,
    budget: { steps },
    schedule,
    arrays: { x: pieces.field('x'), y: pieces.field('y') },
    settings: { vocabulary, contextLength, width, layers, heads, learningRate },
    metric: async () => mean(await surprises(model.eval(), unseen.subarray(0, pieces.length * contextLength + 1))),
  };
}

export const transformer: Pair = {
  ...common,
  metric: 'validation loss, nats per character',
  async prepare(folder) {
    const { train, validation } = await loadPlays(folder, carried('shakespeare.txt.gz'));
    const tokenizer = CharacterTokenizer.train([train, validation]);
    const [learnt, unseen] = [train, validation].map((text) => Int32Array.from(tokenizer.encode(text))) as [Int32Array, Int32Array]; // prettier-ignore
    const learningRate = 4e-3;
    const sizes = { layers: 3, heads: 4, width: 96, contextLength: 64, batchSize: 12, learningRate };
    const built = buildTransformer({ ...sizes, vocabulary: tokenizer.vocabularySize, learnt, seed: 0 });
    return trialOf(built, unseen, { steps: 900, learningRate, schedule: transformerSchedule });
  },
};

export const chatbot: Pair = {
  ...common,
  metric: 'validation loss, nats per token',
  async prepare(folder) {
    const plays = await loadPlays(folder, carried('shakespeare.txt.gz'));
    const learningRate = 4e-3;
    const sizes = { layers: 3, heads: 4, width: 96, contextLength: 96, learningRate, vocabularySize: 1024 };
    const built = await buildChatbot({ ...sizes, speeches: speechesOf(plays.train), seed: 0 });
    return trialOf(built, tokensOf(built.tokenizer, speechesOf(plays.validation)), {
      steps: 400,
      learningRate,
      schedule: chatbotSchedule,
    });
  },
};
