/**
 * A conversation with the characters of Shakespeare's plays.
 *
 * A chatbot is a network that says what comes next in a text, and the text is a conversation: a name, what he or she says, the next name. What is asked is put behind what was said before, and what the network writes until the
 * speaker ends is its answer. It comes token by token, and every token needs the keys and values of all tokens before it: a cache keeps them, so that only the new one is computed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { InvalidArgumentError, Option } from 'commander';
import { ByteLevelBPE, cosineSchedule, fit, generate, GPT2, readSafetensors, tensor, type Section } from 'hebb';
import type { Example, ExampleKit } from '@hebb/app-support';
import { loadPlays } from '../src/shakespeare.ts';
import { piecesOf, surprises } from '../src/text.ts';
import { build as buildWriter } from '../transformer/example.ts';

interface Options {
  readonly ask?: string;
  readonly chat?: true;
  readonly you: string;
  readonly as?: string;
  readonly temperature: number;
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('Expected a number from 0 on.');
  return value;
}

function name(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a name.');
  return text.trim();
}

export const chatbot: Example<Options> = {
  name: 'chatbot',
  line: 'Characters of Shakespeare answer, token by token, with a key–value cache',
  seconds: { quick: 12, normal: 75, full: 400 },
  data: {
    carried: 'tiny Shakespeare, speech by speech',
    full: 'the same',
    expects: 'a folder with input.txt',
  },
  options: (command) =>
    command
      .option('--ask <text>', 'answers it; with what a finished run in --out has learnt, where there is one')
      .addOption(new Option('--chat', 'talks, also where a finished run lies in --out').conflicts('ask'))
      .option('--you <name>', 'who asks', name, 'First Gentleman')
      .option('--as <name>', 'who answers, ROMEO for instance (default: whom the network expects)', name)
      .option('--temperature <number>', 'how much is left to chance; 0: nothing', temperature, 0.8),

  async run(kit) {
    const plays = await loadPlays(await kit.folder('tinyshakespeare'), kit.carried('shakespeare.txt.gz'));
    const [train, validation] = [speechesOf(plays.train), speechesOf(plays.validation)];
    kit.say(`${train.length} speeches to learn from, ${validation.length} to test with`);
    const sizes = kit.choose({
      quick: { layers: 2, heads: 4, width: 64, contextLength: 64, learningRate: 6e-3 },
      normal: { layers: 3, heads: 4, width: 96, contextLength: 96, learningRate: 4e-3 },
      full: { layers: 4, heads: 4, width: 128, contextLength: 128, learningRate: 3e-3 },
    });
    const vocabularySize = kit.choose({ quick: 512, normal: 1024, full: 1024 });
    const { tokenizer, model, task, loader } = await build({ ...sizes, vocabularySize, speeches: train, seed: kit.seed }); // prettier-ignore
    const bot = { model, tokenizer };
    const [learnt, unseen] = [train, validation].map((speeches) => tokensOf(tokenizer, speeches)) as [Int32Array, Int32Array]; // prettier-ignore
    kit.say(`${learnt.length} tokens of ${tokenizer.vocabularySize}, ${(plays.train.length / learnt.length).toFixed(2)} characters each`); // prettier-ignore
    kit.show('network', model, [{ shape: ['batch', model.contextLength], dtype: 'int32' }]);

    kit.heading('Training');
    const steps = kit.choose({ quick: 160, normal: 400, full: 800 });
    await fit(task, loader, {
      steps,
      schedule,
      validation: piecesOf(unseen.subarray(0, 6000), model.contextLength),
      validateEvery: { steps: steps / 4 },
      ...kit.training('network'),
    });

    kit.heading('Test');
    model.eval();
    // Tokens are of different lengths; characters are the same for every tokenizer.
    const tested = kit.level === 'quick' ? unseen.subarray(0, 9000) : unseen;
    const characters = tokenizer.decode(tested).length;
    const all = await surprises(model, tested);
    const perCharacter = all.reduce((sum, value) => sum + value, 0) / characters;
    kit.metric('validation loss, nats per character', perCharacter, {
      target: { quick: { atMost: 2.3 }, normal: { atMost: 1.85 }, full: { atMost: 1.7 } },
    });
    kit.metric('by the frequency of tokens, nats per character', frequencySurprise(learnt, tested) / characters);

    kit.heading('Cache');
    for (const section of await compareCaches(kit, bot, validation)) kit.section(section);

    await kit.weights('model', model);
    const saved: Saved = { model: model.options, tokenizer: tokenizer.toJSON() };
    await writeFile(await kit.file('chatbot.json', 'sizes and tokenizer, for --ask and --chat'), JSON.stringify(saved));

    kit.heading('Answers');
    // By what was saved, as --ask and --chat have it.
    kit.section(await answers(kit, await load(kit.out), validation));

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

  use: {
    isAsked: ({ ask, chat }) => ask !== undefined || chat === true,
    async start({ folder, seed, signal, options }) {
      const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env['CI'] === undefined;
      if (options.ask === undefined && options.chat !== true && !isTerminal) return;
      const bot = await load(folder);
      if (options.ask !== undefined) {
        const turn = { speaker: options.you, text: options.ask };
        process.stdout.write('\n');
        for await (const piece of answer(bot, [turn], { as: options.as, temperature: options.temperature, seed })) {
          if (signal.aborted) break;
          process.stdout.write(piece);
        }
        process.stdout.write('\n');
      } else await talk(bot, options, seed, signal);
    },
  },
};

// ── Speeches and tokens ────────────────────────────────────────────────────────────────────────────────────────────────

export interface Speech {
  readonly speaker: string;
  readonly text: string;
}

/** A name and a colon, then what is said, up to an empty line. */
export function speechesOf(play: string): Speech[] {
  return play.split(/\n{2,}/).flatMap((block) => {
    const [, speaker, text] = /^([^\n:]+):\n([^]+)$/.exec(block.trim()) ?? [];
    return speaker === undefined || text === undefined ? [] : [{ speaker, text }];
  });
}

/** Between a name and what is said, and behind it. */
const [says, end] = [0, 1];
const marks = ['<|says|>', '<|end|>'];

/** A conversation as the network reads it; what is written like a mark is text. */
export function tokensOf(tokenizer: ByteLevelBPE, speeches: readonly Speech[]): Int32Array {
  const plain = (text: string): Uint32Array => tokenizer.encode(text, { parseSpecialTokens: false });
  return Int32Array.from(speeches.flatMap(({ speaker, text }) => [...plain(speaker), says, ...plain(text), end]));
}

// ── Training ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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
  return { tokenizer, ...buildWriter({ ...sizes, learningRate, vocabulary: tokenizer.vocabularySize, learnt, seed }) };
}

/** Σ −ln of how frequent each token is: the surprise of whoever looks back at nothing. */
function frequencySurprise(learnt: Int32Array, tested: Int32Array): number {
  const counts = new Map<number, number>();
  for (const token of learnt) counts.set(token, (counts.get(token) ?? 0) + 1);
  return tested.reduce((sum, token) => sum - Math.log((counts.get(token) ?? 1) / learnt.length), 0);
}

// ── Answers ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Bot {
  readonly model: GPT2;
  readonly tokenizer: ByteLevelBPE;
}

export interface AnswerOptions {
  /** Who answers. Default: whom the network expects. */
  readonly as?: string | undefined;
  readonly temperature: number;
  readonly seed: number;
}

/** What follows the conversation, as it comes: a name and a colon, then what he or she says. Half of what the network can look back on is for it; of a longer conversation the beginning is left out. */
export async function* answer(
  { model, tokenizer }: Bot,
  conversation: readonly Speech[],
  { as, temperature, seed }: AnswerOptions,
): AsyncGenerator<string, void, void> {
  const half = Math.floor(model.contextLength / 2);
  const begun = as === undefined ? [] : [...tokenizer.encode(as, { parseSpecialTokens: false }), says];
  const prompt = [end, ...tokensOf(tokenizer, conversation), ...begun].slice(-half);
  const decoder = tokenizer.decoder();
  let isNamed = as !== undefined;
  if (isNamed) yield `${as}: `;
  const options = { maxTokens: half, stop: [end], temperature, topP: 0.95, seed };
  for await (const token of generate(model, prompt, options)) {
    if (token !== says) yield decoder.push(token);
    else if (!isNamed) {
      isNamed = true;
      yield ': ';
    }
  }
  yield decoder.end();
}

interface Saved {
  readonly model: GPT2['options'];
  readonly tokenizer: unknown;
}

/** What a finished run has left. */
async function load(folder: string): Promise<Bot> {
  const saved = JSON.parse(await readFile(join(folder, 'chatbot.json'), 'utf8')) as Saved;
  const model = new GPT2(saved.model).eval();
  model.loadStateDict(await readSafetensors(join(folder, 'model.safetensors')));
  return { model, tokenizer: ByteLevelBPE.fromJSON(saved.tokenizer) };
}

/** Line by line, until the input ends or Ctrl-C. */
async function talk(bot: Bot, options: Options, seed: number, signal: AbortSignal): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: `\n${options.you}: ` });
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    lines.close();
  };
  lines.on('SIGINT', stop);
  signal.addEventListener('abort', stop);
  process.stdout.write('\nSay something; an empty line ends.\n');
  lines.prompt();
  const conversation: Speech[] = [];
  for await (const line of lines) {
    const text = line.trim();
    if (text === '' || isOver) break;
    conversation.push({ speaker: options.you, text });
    let said = '';
    // A pure function of the seed and what was said before.
    const turn = { as: options.as, temperature: options.temperature, seed: seed * 1000 + conversation.length };
    for await (const piece of answer(bot, conversation, turn)) {
      if (isOver) break;
      said += piece;
      process.stdout.write(piece);
    }
    process.stdout.write('\n');
    const colon = said.indexOf(': ');
    conversation.push({ speaker: said.slice(0, Math.max(0, colon)), text: said.slice(colon + 2) });
    if (isOver) break;
    lines.prompt();
  }
  signal.removeEventListener('abort', stop);
  lines.close();
  process.stdout.write('\n');
}

// ── Report ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The likeliest tokens, with and without the cache: which, and how many a second. */
async function compareCaches(
  kit: ExampleKit<Options>,
  { model, tokenizer }: Bot,
  speeches: readonly Speech[],
): Promise<Section[]> {
  let [compared, different] = [0, 0];
  const rows: (readonly (string | number)[])[] = [];
  const { contextLength } = model;
  for (const length of [contextLength / 4, contextLength / 2, contextLength]) {
    // Too few to say how long they take.
    if (length < 24) continue;
    const prompt = [...tokensOf(tokenizer, speeches).subarray(0, 8)];
    const runs: Record<'with' | 'without', Timed[]> = { with: [], without: [] };
    for (let i = 0; i < 3; i++) {
      runs.with.push(await timed(model, prompt, length - prompt.length, true));
      runs.without.push(await timed(model, prompt, length - prompt.length, false));
    }
    const [{ tokens: withCache } = none, { tokens: without } = none] = [runs.with[0], runs.without[0]];
    compared += without.length;
    different += without.filter((token, i) => token !== withCache[i]).length;
    different += Math.abs(without.length - withCache.length);
    // In turns, and the median of three: others may be at work on the machine.
    const [fast, slow] = [median(runs.with), median(runs.without)];
    kit.say(`up to ${length} tokens: ${fast.toFixed(0)} tokens/s with the cache, ${slow.toFixed(0)} without`);
    rows.push([length, Math.round(fast), Math.round(slow), fast / slow]);
  }
  kit.metric('greedy tokens compared', compared, { format: 'count' });
  kit.metric('greedy tokens that differ without the cache', different, {
    format: 'count',
    target: { quick: { atMost: 0 }, normal: { atMost: 0 }, full: { atMost: 0 } },
  });
  return [
    {
      kind: 'table',
      title: 'Tokens a second',
      text: 'With the cache a step computes the new token; without it, all of them again. Measured on the machine of the run, from the third token on, when all is compiled; the median of three.',
      columns: [
        { title: 'Tokens', format: 'count' },
        { title: 'With cache', format: 'count' },
        { title: 'Without', format: 'count' },
        { title: 'Ratio' },
      ],
      rows,
    },
  ];
}

interface Timed {
  readonly tokens: readonly number[];
  readonly rate: number;
}

const none: Timed = { tokens: [], rate: 0 };
const median = (runs: readonly Timed[]): number => runs.map(({ rate }) => rate).sort((a, b) => a - b)[1] ?? 0;

/** The likeliest tokens, and how many a second from the third on. */
export async function timed(model: GPT2, prompt: readonly number[], maxTokens: number, cache: boolean): Promise<Timed> {
  const tokens: number[] = [];
  let start = 0;
  for await (const token of generate(model, prompt, { maxTokens, temperature: 0, cache })) {
    tokens.push(token);
    if (tokens.length === 2) start = performance.now();
  }
  return { tokens, rate: ((tokens.length - 2) / (performance.now() - start)) * 1000 };
}

/** Short speeches of the text that it has not seen, what was answered in the play, and what the network answers in the same role. */
async function answers(kit: ExampleKit<Options>, bot: Bot, speeches: readonly Speech[]): Promise<Section> {
  const rows: string[][] = [];
  const short = ({ text }: Speech): boolean => text.length < 90;
  for (let i = 1; i < speeches.length && rows.length < 6; i += 7) {
    const [before, after] = [speeches[i - 1], speeches[i]];
    if (before === undefined || after === undefined || !short(before) || !short(after)) continue;
    let said = '';
    const options = { as: after.speaker, temperature: 0.8, seed: kit.seed * 1000 + i };
    for await (const piece of answer(bot, [before], options)) said += piece;
    kit.say(`${before.speaker}: ${before.text}`, said, '');
    rows.push([`${before.speaker}: ${before.text}`, said, `${after.speaker}: ${after.text}`]);
  }
  return {
    kind: 'table',
    title: 'Answers',
    text: 'Speeches that it has not seen, and what it answers in the role of whoever answers in the play.',
    columns: [{ title: 'Said' }, { title: 'Its answer' }, { title: 'In the play' }],
    rows,
  };
}
