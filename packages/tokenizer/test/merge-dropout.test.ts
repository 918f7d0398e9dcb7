/** BPE-dropout: by what chances a text is cut, and what stays as it is. */
import { expect, it } from 'vitest';
import { ByteLevelBPE, TokenizerError, type ByteLevelEncodeOptions } from '../src/index.ts';

/** Of the word `abc`, which is one token by two merges: ab, then ab + c. */
const tokenizer = await ByteLevelBPE.train('ab ab ab abc abc', {
  vocabularySize: 258,
  minFrequency: 2,
  alphabet: 'bytes',
});
const words = await ByteLevelBPE.train('the cat sat on the mat and the dog sat on the log '.repeat(3), { vocabularySize: 290, specialTokens: ['<pad>'] }); // prettier-ignore
const cut = (ids: Iterable<number>): string => Array.from(ids, (id) => tokenizer.decode([id])).join('|');

it('cuts by the probabilities of its definition', () => {
  expect(tokenizer.merges.map((pair) => pair.join('+'))).toEqual(['a+b', 'Ġ+ab']);
  const draws = 20_000;
  const p = 0.3;
  const counts = new Map<string, number>();
  for (let seed = 0; seed < draws; seed++) {
    const found = cut(tokenizer.encode(' ab', { mergeDropout: p, seed }));
    counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  // First a + b or not; then, asked again, the space before it or not.
  const expected = { ' |a|b': p, ' |ab': (1 - p) * p, ' ab': (1 - p) ** 2 };
  expect([...counts.keys()].sort()).toEqual(Object.keys(expected).sort());
  // Four deviations of a share of 20,000 draws.
  for (const [found, share] of Object.entries(expected))
    expect(Math.abs((counts.get(found) ?? 0) / draws - share)).toBeLessThan(
      4 * Math.sqrt((share * (1 - share)) / draws),
    );
});

it('is the same for a seed, another for another, and always the same text', () => {
  const text = 'the cat and the dog sat on the mat';
  const ways = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const { ids, offsets } = words.encodeWithOffsets(text, { mergeDropout: 0.5, seed });
    expect(words.encode(text, { mergeDropout: 0.5, seed })).toEqual(ids);
    expect(words.decode(ids)).toBe(text);
    expect(Array.from(ids, (id, i) => [text.slice(offsets[2 * i], offsets[2 * i + 1]), words.decode([id])]).every(([a, b]) => a === b)).toBe(true); // prettier-ignore
    ways.add(ids.join());
  }
  expect(ways.size).toBeGreaterThan(15);
  // What was cut by chance is not remembered.
  expect(words.encode(text)).toEqual(words.encode(text, { mergeDropout: 0, seed: 1 }));
  expect(words.encode(text).length).toBeLessThan(words.encode(text, { mergeDropout: 0.5, seed: 1 }).length);
});

it('cuts equal texts of a batch differently, with the draws of one seed', () => {
  const same = Array<string>(8).fill('the cat and the dog');
  const { ids, shape } = words.encodeBatch(same, { mergeDropout: 0.5, seed: 3 });
  const rows = new Set(same.map((_, row) => ids.slice(row * shape[1], (row + 1) * shape[1]).join()));
  expect(rows.size).toBeGreaterThan(4);
  expect(words.encodeBatch(same, { mergeDropout: 0.5, seed: 3 }).ids).toEqual(ids);
});

it('ends soon for a long word and a probability near 1', () => {
  const long = 'ab'.repeat(50_000);
  expect(words.decode(words.encode(long, { mergeDropout: 0.999, seed: 1 }))).toBe(long);
});

it.each<readonly [ByteLevelEncodeOptions | { dropout: number }, string]>([
  [{ mergeDropout: 1, seed: 1 }, 'a number ≥ 0 and < 1'],
  [{ mergeDropout: Number.NaN, seed: 1 }, 'a number ≥ 0 and < 1'],
  [{ mergeDropout: 0.1 }, 'mergeDropout needs a seed'],
  [{ seed: 1 }, 'mergeDropout must be'],
  [{ mergeDropout: 0.1, seed: -1 }, 'from 0 to 2³² − 1'],
  [{ dropout: 0.1 }, "no option 'dropout'"],
])('refuses %j', (given, message) => {
  const options = given as ByteLevelEncodeOptions;
  for (const call of [
    () => words.encode('a', options),
    () => words.encodeBatch(['a'], options),
    () => words.encodeWithOffsets('a', options),
  ]) {
    // prettier-ignore
    expect(call).toThrow(TokenizerError);
    expect(call).toThrow(message);
  }
});
