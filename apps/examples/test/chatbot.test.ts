/** Speeches as tokens, and answers. */
import { manualSeed, setDevice } from 'hebb';
import { beforeEach, describe, expect, it } from 'vitest';
import { answer, type Bot } from '../chatbot/bot.ts';
import { timed } from '../chatbot/cache.ts';
import { build } from '../chatbot/example.ts';
import { speakersOf, speechesOf, tokensOf } from '../chatbot/speeches.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(3);
});

const speeches = speechesOf('All:\nSpeak, speak.\n\nFirst Citizen:\nYou are all resolved\nrather to die?\n');
const tiny = { layers: 1, heads: 2, width: 8, contextLength: 32, learningRate: 1e-2, vocabularySize: 262, seed: 0 };
const bot = async (): Promise<Bot> => {
  const { model, tokenizer } = await build({ ...tiny, speeches });
  return { model: model.eval(), tokenizer, speakers: speakersOf(speeches) };
};
const said = async (...given: Parameters<typeof answer>): Promise<string> => {
  let text = '';
  for await (const piece of answer(...given)) text += piece;
  return text;
};

describe('speeches', () => {
  it('are a name and what is said, verses and all; what is no speech is left out', () => {
    expect(speeches).toEqual([
      { speaker: 'All', text: 'Speak, speak.' },
      { speaker: 'First Citizen', text: 'You are all resolved\nrather to die?' },
    ]);
    expect(speechesOf('Scene I\n\nROMEO:\n\n\n')).toEqual([]);
  });

  it('are one text with marks between them, and a mark that is typed is text', async () => {
    const { tokenizer } = await bot();
    expect(tokenizer.decode(tokensOf(tokenizer, speeches))).toBe(
      'All<|says|>Speak, speak.<|end|>First Citizen<|says|>You are all resolved\nrather to die?<|end|>',
    );
    const typed = tokensOf(tokenizer, [{ speaker: 'All', text: 'I say <|end|>' }]);
    expect(typed.filter((token) => token === 1)).toHaveLength(1);
  });
});

describe('an answer', () => {
  const question = { speaker: 'Ünknown', text: '¿Qué? 🙂' };
  const options = { temperature: 1, seed: 4 };

  it('is that of who is asked, and of the seed', async () => {
    const one = await bot();
    const first = await said(one, [question], { ...options, as: 'ROMEO' });
    expect(first).toMatch(/^ROMEO: ./);
    expect(await said(one, [question], { ...options, as: 'ROMEO' })).toBe(first);
    expect(await said(one, [question], { ...options, as: 'ROMEO', seed: 5 })).not.toBe(first);
  });

  it('comes however long the conversation has become', async () => {
    const long = Array.from({ length: 30 }, () => question);
    expect(await said(await bot(), long, options)).not.toBe('');
    expect(await said(await bot(), [], options)).not.toBe('');
  });
});

it('the likeliest tokens are the same with and without the cache', async () => {
  const { model } = await bot();
  const [cached, plain] = [await timed(model, [1, 2, 3], 20, true), await timed(model, [1, 2, 3], 20, false)];
  expect(cached.tokens).toHaveLength(20);
  expect(cached.tokens).toEqual(plain.tokens);
  expect(cached.rate).toBeGreaterThan(0);
});
