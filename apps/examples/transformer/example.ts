/**
 * Shakespeare, character by character: a decoder, shaped as GPT-2 is.
 *
 * A recurrent network carries what it has read along in a state of fixed size. A transformer keeps all of it, and at each place looks back: it asks a question (its query), every place before it has something to answer by (its
 * key), and what those that fit have to say (their values) is added to what it knows. Four heads ask four questions at once, four layers one after the other. Nobody looks ahead, so that one pass over 64 characters asks 64
 * times what comes next.
 */
import {
  AdamW,
  CharacterTokenizer,
  cosineSchedule,
  crossEntropy,
  DataLoader,
  fit,
  generateText,
  GPT2,
  isBiasOrNorm,
  minimize,
  tensor,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadPlays } from '../src/shakespeare.ts';
import { mean } from '../src/statistics.ts';
import { everyWindow, piecesOf, surpriseOfPairs, surprises, type TextBatch } from '../src/text.ts';
import { attentionOf, surprisesOf } from './report.ts';
import { addOptions, sizesOf, type Options } from './sizes.ts';

export interface Build {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** How far it looks back, in characters. */
  readonly contextLength: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly vocabulary: number;
  /** The text to learn from. */
  readonly learnt: Int32Array;
  readonly seed: number;
}

type Ids = { readonly x: Tensor; readonly y: Tensor };

/** Up, and half a cosine down to a tenth. */
export const schedule = cosineSchedule({ warmup: 0.1, minimum: 0.1 });

/** All that is trained, and with what. */
export function build({ batchSize, learningRate, learnt, seed, ...sizes }: Build): {
  model: GPT2;
  task: Task<Ids>;
  loader: DataLoader<TextBatch>;
} {
  const model = new GPT2({ ...sizes, dropout: 0 });
  const optimizer = new AdamW(model, {
    learningRate,
    betas: [0.9, 0.99],
    weightDecay: 0.1,
    groups: [{ match: isBiasOrNorm, weightDecay: 0 }],
  });
  const loss = ({ x, y }: Ids): Tensor =>
    crossEntropy(model.forward(x).reshape([-1, sizes.vocabulary]), y.reshape([-1]));
  return {
    model,
    task: {
      parts: { model, optimizer },
      step: (batch) => minimize(optimizer, () => loss(batch), { clipNorm: 1 }),
      validate: loss,
    },
    loader: new DataLoader(everyWindow(learnt, sizes.contextLength), { batchSize, shuffle: true, seed }),
  };
}

export const transformer: Example<Options> = {
  name: 'transformer',
  line: 'Shakespeare, character by character, by a decoder shaped as GPT-2 is',
  seconds: { quick: 10, normal: 105 },
  data: { carried: 'tiny Shakespeare, 1,115,394 characters', full: 'the same', expects: 'a folder with input.txt' },
  options: addOptions,

  async run(kit) {
    // 1. Data: the plays, a number for each character. The last tenth is not learnt from.
    const { train, validation } = await loadPlays(await kit.folder('tinyshakespeare'), kit.carried('shakespeare.txt.gz')); // prettier-ignore
    const tokenizer = CharacterTokenizer.train([train, validation]);
    // A prompt of unknown characters is told of before anything is learnt.
    const { prompt } = kit.options;
    tokenizer.encode(prompt);
    const [learnt, unseen] = [train, validation].map((text) => Int32Array.from(tokenizer.encode(text))) as [Int32Array, Int32Array]; // prettier-ignore
    kit.say(`${learnt.length} characters to learn from, ${unseen.length} to test with, ${tokenizer.vocabularySize} different ones`); // prettier-ignore

    // 2. Network
    const { context: contextLength, batch: batchSize, steps, isOwn, ...sizes } = sizesOf(kit);
    const { model, task, loader } = build({
      ...sizes,
      contextLength,
      batchSize,
      vocabulary: tokenizer.vocabularySize,
      learnt,
      seed: kit.seed,
    });
    kit.show('network', model, [{ shape: ['batch', contextLength], dtype: 'int32' }]);

    // 3. Training: at each character of a piece, which one comes next?
    kit.heading('Training');
    await fit(task, loader, {
      steps,
      schedule,
      validation: piecesOf(unseen.subarray(0, 12_000), contextLength),
      validateEvery: { steps: Math.ceil(steps / 4) },
      ...kit.training('network'),
    });

    // 4. Evaluation: how surprising the last tenth is, and a page of its own.
    kit.heading('Test');
    model.eval();
    const tested = kit.level === 'quick' ? unseen.subarray(0, 24_000) : unseen;
    const surprise = mean(await surprises(model, tested, contextLength));
    // A table of how often each character follows each other one is all that can be known by looking back a single step.
    kit.metric('validation loss, nats per character', surprise, {
      // Of sizes of one's own nobody knows what they reach.
      ...(!isOwn && { target: { quick: { atMost: 2.4 }, normal: { atMost: 2.06 }, full: { atMost: 1.88 } } }),
    });
    kit.metric(
      'by counts of pairs of characters, nats per character',
      surpriseOfPairs(learnt, tested, tokenizer.vocabularySize),
    );

    kit.heading('A page of its own');
    const page = await write(model, tokenizer, prompt, kit.choose({ quick: 300, normal: 1200, full: 2000 }), kit.seed);
    kit.say(page);
    const own = await surprises(model, Int32Array.from(tokenizer.encode(page)), contextLength / 2);
    kit.section({
      kind: 'passage',
      title: 'A page of its own',
      text: 'Drawn character by character at a temperature of 0.8. The darker a character, the less likely it was. The longer the network learns, the more is decided by the first letters of a word.',
      passages: [{ tokens: [...page], weights: [0, ...own] }],
    });
    // From the first speech that begins there.
    kit.section(await surprisesOf(model, tokenizer, unseen.subarray(validation.indexOf('\n\n') + 2)));
    kit.section(...(await attentionOf(model, tokenizer)));

    // 5. ONNX, proven on the whole validation text and on pieces of other lengths.
    const { data, shape } = piecesOf(tested, contextLength).field('x');
    const short = Math.min(17, contextLength);
    await kit.onnx(
      'model',
      model,
      {
        inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } },
        outputs: ['logits'],
        metadata: { tokenizer: JSON.stringify(tokenizer) },
      },
      [tensor(data, { shape }), tensor(data.slice(0, 3 * short), { shape: [3, short] }), tensor(data.slice(0, 1), { shape: [1, 1] })], // prettier-ignore
    );
    await kit.weights('model', model);
  },
};

/** Writes so many characters on, beyond what it can look back on: after each half of it, the half written last is read anew. */
export async function write(
  model: GPT2,
  tokenizer: CharacterTokenizer,
  beginning: string,
  characters: number,
  seed: number,
): Promise<string> {
  const half = model.contextLength / 2;
  let text = beginning;
  for (let piece = 0; text.length < beginning.length + characters; piece++) {
    const options = { maxTokens: half, temperature: 0.8, seed: seed * 1000 + piece };
    for await (const written of generateText(model, tokenizer, text.slice(-half), options)) text += written;
  }
  return text.slice(0, beginning.length + characters);
}
