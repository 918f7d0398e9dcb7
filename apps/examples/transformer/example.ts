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
  type Section,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example } from '@hebb/app-support';
import { loadPlays } from '../src/shakespeare.ts';
import { everyWindow, mean, piecesOf, surprises, type TextBatch } from '../src/text.ts';

interface Options {
  readonly prompt: string;
}

export const transformer: Example<Options> = {
  name: 'transformer',
  line: 'Shakespeare, character by character, by a decoder shaped as GPT-2 is',
  seconds: { quick: 10, normal: 75, full: 600 },
  data: {
    carried: 'tiny Shakespeare, 1,115,394 characters',
    full: 'the same',
    expects: 'a folder with input.txt',
  },
  options: (command) => command.option('--prompt <text>', 'how the page that it writes begins', 'ROMEO:\n'),

  async run(kit) {
    const { train, validation } = await loadPlays(await kit.folder('tinyshakespeare'), kit.carried('shakespeare.txt.gz')); // prettier-ignore
    const tokenizer = CharacterTokenizer.train([train, validation]);
    // A prompt of unknown characters is told of before anything is learnt.
    const prompt = kit.options.prompt === '' ? '\n' : kit.options.prompt;
    tokenizer.encode(prompt);
    const [learnt, unseen] = [train, validation].map((text) => Int32Array.from(tokenizer.encode(text))) as [Int32Array, Int32Array]; // prettier-ignore
    kit.say(`${learnt.length} characters to learn from, ${unseen.length} to test with, ${tokenizer.vocabularySize} different ones`); // prettier-ignore

    const sizes = kit.choose({
      quick: { layers: 2, heads: 4, width: 64, contextLength: 32, learningRate: 5e-3 },
      normal: { layers: 3, heads: 4, width: 96, contextLength: 64, learningRate: 4e-3 },
      full: { layers: 4, heads: 4, width: 128, contextLength: 64, learningRate: 3e-3 },
    });
    const { model, task, loader } = build({ ...sizes, vocabulary: tokenizer.vocabularySize, learnt, seed: kit.seed });
    const { contextLength } = model;
    kit.show('network', model, [{ shape: ['batch', contextLength], dtype: 'int32' }]);

    kit.heading('Training');
    const steps = kit.choose({ quick: 400, normal: 900, full: 2000 });
    await fit(task, loader, {
      steps,
      // Up, and half a cosine down to a tenth.
      schedule,
      validation: piecesOf(unseen.subarray(0, 12_000), contextLength),
      validateEvery: { steps: steps / 4 },
      ...kit.training('network'),
    });

    kit.heading('Test');
    model.eval();
    const tested = kit.level === 'quick' ? unseen.subarray(0, 24_000) : unseen;
    const surprise = mean(await surprises(model, tested, contextLength));
    // A table of how often each character follows each other one is all that can be known by looking back a single step.
    kit.metric('validation loss, nats per character', surprise, {
      target: { quick: { atMost: 2.4 }, normal: { atMost: 2.06 }, full: { atMost: 1.88 } },
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
    for (const section of await attentionOf(model, tokenizer, sample)) kit.section(section);

    // The whole validation text, and pieces of other lengths.
    const { data, shape } = piecesOf(tested, contextLength).field('x');
    await kit.onnx(
      'model',
      model,
      {
        inputs: { ids: { shape: ['batch', 'length'], dtype: 'int32' } },
        outputs: ['logits'],
        metadata: { tokenizer: JSON.stringify(tokenizer) },
      },
      [
        tensor(data, { shape }),
        tensor(data.slice(0, 3 * 17), { shape: [3, 17] }),
        tensor(data.slice(0, 1), { shape: [1, 1] }),
      ],
    );
    await kit.weights('model', model);
  },
};

export interface Build {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** How far it looks back, in characters. */
  readonly contextLength: number;
  readonly learningRate: number;
  readonly vocabulary: number;
  /** The text to learn from. */
  readonly learnt: Int32Array;
  readonly seed: number;
}

type Ids = { readonly x: Tensor; readonly y: Tensor };

export const schedule = cosineSchedule({ warmup: 0.1, minimum: 0.1 });

/** All that is trained, and with what. */
export function build({ learningRate, learnt, seed, ...sizes }: Build): {
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
    loader: new DataLoader(everyWindow(learnt, sizes.contextLength), { batchSize: 12, shuffle: true, seed }),
  };
}

/** The surprise at `tested` of whoever knows how often each token follows each other one in `learnt`, and one more time each. */
export function surpriseOfPairs(learnt: Int32Array, tested: Int32Array, vocabulary: number): number {
  const pairs = new Float64Array(vocabulary * vocabulary).fill(1);
  const firsts = new Float64Array(vocabulary).fill(vocabulary);
  learnt.subarray(1).forEach((token, i) => {
    const before = learnt[i] ?? 0;
    const at = before * vocabulary + token;
    pairs[at] = (pairs[at] ?? 0) + 1;
    firsts[before] = (firsts[before] ?? 0) + 1;
  });
  let sum = 0;
  tested.subarray(1).forEach((token, i) => {
    const before = tested[i] ?? 0;
    sum -= Math.log((pairs[before * vocabulary + token] ?? 1) / (firsts[before] ?? 1));
  });
  return sum / (tested.length - 1);
}

/** Writes on, beyond what it can look back on: after each half of it, the half written last is read anew. */
export async function write(
  model: GPT2,
  tokenizer: CharacterTokenizer,
  beginning: string,
  characters: number,
  seed: number,
): Promise<string> {
  const half = model.contextLength / 2;
  let text = beginning;
  for (let piece = 0; text.length < characters; piece++) {
    const options = { maxTokens: half, temperature: 0.8, seed: seed * 1000 + piece };
    for await (const written of generateText(model, tokenizer, text.slice(-half), options)) text += written;
  }
  return text.slice(0, Math.max(characters, beginning.length));
}

/** What surprised it in the text that it has not seen. */
async function surprisesOf(model: GPT2, tokenizer: CharacterTokenizer, unseen: Int32Array): Promise<Section> {
  const tokens = unseen.subarray(0, 900);
  const weights = await surprises(model, tokens, model.contextLength / 2);
  return {
    kind: 'passage',
    title: 'What it did not expect',
    text: 'The beginning of the text that it was not shown, each character as dark as it was surprising. Once words are known their first letters are dark, and what follows from them is pale.',
    passages: [{ tokens: Array.from(tokens, (id) => tokenizer.decode([id])), weights: [0, ...weights] }], // prettier-ignore
  };
}

/** As long as the shortest context. */
const sample = 'ROMEO:\nGood night, gentle lady!';

/** Of each layer the head that is most decided. */
async function attentionOf(model: GPT2, tokenizer: CharacterTokenizer, text: string): Promise<Section[]> {
  const ids = tokenizer.encode(text);
  const names = Array.from(ids, (id) => tokenizer.decode([id]).replace('\n', '⏎').replace(' ', '␣'));
  const layers = model.attentionWeights(tensor(Int32Array.from(ids), { shape: [1, ids.length] }));
  const sections: Section[] = [];
  for (const [layer, weights] of layers.entries()) {
    const heads = (await weights.squeeze(0).toArray()) as number[][][];
    // Σ of squares: 1 where a place looks at one other only.
    const decided = heads.map((rows) => mean(rows.map((row) => row.reduce((sum, weight) => sum + weight * weight, 0))));
    const head = decided.indexOf(Math.max(...decided));
    sections.push({
      kind: 'heatmap',
      title: `Attention, layer ${layer + 1}, head ${head + 1}`,
      ...(layer === 0 && { text: 'Who looks at whom: in a row, the weights with which a character looks back at those before it. Of each layer the head that is most decided.' }), // prettier-ignore
      values: heads[head] ?? [],
      rowLabel: 'looks',
      columnLabel: 'is looked at',
      rowNames: names,
      columnNames: names,
    });
  }
  return sections;
}
