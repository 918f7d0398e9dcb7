/** Tunes: what is ABC and what is not, what is composed, what is counted, and the network that writes. */
import { exportOnnx, manualSeed, setDevice, tensor, verifyOnnx, type Tensor } from 'hebb';
import { beforeEach, describe, expect, it } from 'vitest';
import { durationOf, isBar, judge, melodyOf, readTunes, writeTune } from '../music/abc.ts';
import { composeTunes } from '../music/compose.ts';
import { Count } from '../music/count.ts';
import { copiedBars } from '../music/evaluate.ts';
import { build } from '../music/example.ts';
import { asDataset, split } from '../music/tunes.ts';
import { writeTunes } from '../music/write.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(5);
});

const tuneOf = (body: string, metre = '4/4'): string => `X:1\nT:t\nM:${metre}\nL:1/8\nK:D\n${body}\n`;
const fullBars = (count: number, last = '|'): string => `${Array<string>(count).fill('d2 e2 f2 g2').join('|')}${last}`;

describe('what is said of a tune', () => {
  it.each([
    ['eight bars', fullBars(8), ''],
    ['an upbeat and the bar that is short of it', `A2|${fullBars(7)} d6|]`, ''],
    ['upbeats of repeated parts, endings', `|:A2|${fullBars(7)}d6:||:A2|${fullBars(6)}[1 d8|d6:|[2 d8|d8||`, ''],
    ['triplets', `${fullBars(7)}(3def g2 (3agf d2|`, ''],
    ['too little', fullBars(7), 'only 7 bars'],
    ['a bar that is too long', `${fullBars(4)} d8 d|${fullBars(4)}`, 'bar 5 is longer than 4/4'],
    ['a long upbeat', `A8A|${fullBars(8)}`, 'bar 1 is longer than 4/4'],
    ['a short bar in the middle', `${fullBars(4)} d6|${fullBars(4)}`, 'bar 5 is shorter than 4/4'],
    ['a short second bar', `|:A2|d6|${fullBars(8)}`, 'bar 2 is shorter than 4/4'],
    ['a short last bar, then a part', `${fullBars(7)} d6||:A2|${fullBars(7)}d6:|`, ''],
    ['what is no ABC', `${fullBars(8)} x? d8 |`, 'abcjs: '],
    ['a tie of nothing', `${fullBars(8)} "G"- d8 |`, 'abcjs: '],
  ])('%s', (_, body, reason) => {
    const verdict = judge(tuneOf(body));
    expect(verdict.reason.slice(0, reason.length || undefined)).toBe(reason);
    expect(verdict.isGood).toBe(reason === '');
  });

  it('is about one tune', () => {
    expect(judge('').isGood).toBe(false);
    expect(judge(tuneOf(fullBars(8)) + tuneOf(fullBars(8)).replace('X:1', 'X:2')).reason).toBe('not one tune');
  });
});

describe('files', () => {
  const text = `X: 1\nT:One\nM:6/8\nK:G\nA|"G"g2f (3gfe d/2e/2|[1d3-d2:|\\\n[2^d'3||\n\nX:2\nT:Chords\nM:4/4\nK:G\n[ceg]4|\n\nX:3\nM:4/4\nK:G\nc|\nM:3/4\nc|\n`;

  it('become words, as long as they say; what is written otherwise is left out and counted', () => {
    const { tunes, leftOut } = readTunes(text);
    expect(leftOut).toBe(2);
    expect(tunes[0]?.title).toBe('One');
    expect(tunes[0]?.words.join(' ')).toBe(`M:6/8 K:G A | "G" g2 f (3 g* f* e* d/2 e/2 | [1 d3 - d2 :| [2 ^d'3 ||`);
    expect(['d', 'd2', 'd/2', 'g*', '|', '"G"'].map(durationOf)).toEqual([12, 24, 6, 8, 0, 0]);
  });

  it('in other units become the same words', () => {
    const [tune] = readTunes('X:1\nM:4/4\nL:1/4\nK:D\nd2 e/2 f|\n').tunes;
    expect(tune?.words.slice(2)).toEqual(['d4', 'e', 'f2', '|']);
  });

  it('are written and read without a change', () => {
    for (const tune of composeTunes({ count: 20, parts: 2, seed: 3 }))
      expect(readTunes(writeTune(tune.words, tune.title)).tunes[0]).toEqual(tune);
  });
});

it('composes tunes that are good, all of them, and allowed word by word', () => {
  for (const parts of [1, 2])
    for (const { words, title } of composeTunes({ count: 25, parts, seed: 2 })) {
      expect(judge(writeTune(words, title))).toEqual({ isGood: true, reason: '', bars: 8 * parts });
      const count = new Count();
      for (const word of [...words, '']) {
        expect([word, count.allows(word)]).toEqual([word, true]);
        count.read(word);
      }
    }
  expect(composeTunes({ count: 2, parts: 1, seed: 2 })).toEqual(composeTunes({ count: 2, parts: 1, seed: 2 }));
});

describe('what is counted', () => {
  const read = (...words: string[]): Count => {
    const count = new Count();
    for (const word of words) count.read(word);
    return count;
  };
  const head = ['M:6/8', 'K:D'];

  it('is what is left of the bar, and the bar of the part', () => {
    expect(read().left).toBe(0);
    expect(read(...head).left).toBe(72);
    expect(read(...head, 'A', '|').left).toBe(72);
    expect([read(...head, 'A', '|').bar, read(...head, 'A', '|', 'd6', '|').bar, read(...head, 'd6', ':|').bar]).toEqual([1, 2, 0]); // prettier-ignore
    expect(read(...head, 'd3', '(3', 'e*').left).toBe(72 - 36 - 8);
    expect(read(...head, 'd8').left).toBe(145);
  });

  it.each([
    ['nothing but a metre first', [], ['M:6/8'], ['K:D', 'd', '|', '']],
    ['then a key', ['M:6/8'], ['K:D'], ['M:6/8', 'd', '|']],
    ['notes that fit', [...head, 'd3'], ['d3', '"D"', '(3', ':|'], ['d4', 'd*', '', 'M:6/8', '|:|']],
    ['an upbeat', [...head, 'd'], ['|', 'e2'], ['']],
    ['no second one', [...head, 'd', '|', 'd'], ['e2', ':|'], ['|']],
    ['a bar line behind a full bar', [...head, 'd6'], ['|', ':|', '-'], ['d', '"D"', '(3', '']],
    ['three notes of a triplet', [...head, '(3', 'd*', 'e*'], ['f*'], ['f', '|', ':|', '(3']],
    ['an end behind a part', [...head, 'd6', ':|'], ['', 'd', '|:'], ['-']],
    ['no tie of a chord', [...head, 'd', '"D"'], ['e'], ['-']],
  ] as const)('allows %s', (_, words, good, bad) => {
    const count = read(...words);
    expect(good.filter((word) => !count.allows(word))).toEqual([]);
    expect(bad.filter((word) => word !== '|:|' && count.allows(word))).toEqual([]);
  });
});

describe('the network', () => {
  const tunes = split(composeTunes({ count: 30, parts: 1, seed: 4 }));
  const sizes = { width: 16, layers: 2 };
  const inputsOf = (rows: number): Tensor[] => {
    const { words, left, bar } = asDataset(tunes.train, tunes.vocabulary).gather(Array.from({ length: rows }, (_, i) => i)); // prettier-ignore
    return [words, left, bar].map(({ data, shape }) => tensor(data, { shape }));
  };
  const forward = async (model: ReturnType<typeof build>['model'], inputs: readonly Tensor[]) =>
    await model.forward(inputs[0] as Tensor, inputs[1] as Tensor, inputs[2] as Tensor).data();

  it('learns the next word at each place, and the end', () => {
    const { words, next, length } = asDataset(tunes.train, tunes.vocabulary).gather([0]);
    const spelt = (ids: ArrayLike<number>): string => Array.from(ids, (id) => tunes.vocabulary[id] ?? '?').join(' ');
    const text = tunes.train[0]?.words.join(' ') ?? '';
    expect(length.data[0]).toBe((tunes.train[0]?.words.length ?? 0) + 1);
    expect([spelt(words.data), spelt(next.data)]).toEqual([` ${text}`, `${text} `]);
    const all = [...tunes.train, ...tunes.validation, ...tunes.test].map((tune) => tune.words.join(' '));
    expect(new Set(all).size).toBe(30);
  });

  it('says at a place what no later word changes, and the same with caches, piece by piece', async () => {
    const model = build(tunes, sizes, 0).model.eval();
    const inputs = inputsOf(2);
    const whole = await forward(model, inputs);
    const [length, size] = [inputs[0]?.shape[1] ?? 0, tunes.vocabulary.length];
    const short = await forward(model, inputs.map((input) => input.narrow(1, 0, 12))); // prettier-ignore
    const caches = model.createCaches({ batch: 2, capacity: 16 });
    const pieces = [];
    for (const [from, count] of [[0, 5], [5, 1], [6, 6]] as const) // prettier-ignore
      pieces.push(model.forward(...(inputs.map((input) => input.narrow(1, from, count)) as [Tensor, Tensor, Tensor]), caches)); // prettier-ignore
    const last = await (pieces[2] as Tensor).data();
    for (const row of [0, 1])
      for (let i = 0; i < 12 * size; i++) {
        const expected = whole[row * length * size + i] ?? 0;
        expect(short[row * 12 * size + i]).toBeCloseTo(expected, 5);
        if (i >= 6 * size) expect(last[row * 6 * size + i - 6 * size]).toBeCloseTo(expected, 5);
      }
  });

  it('is a file for tunes of any number and length', async () => {
    const model = build(tunes, sizes, 0).model.eval();
    const ids = { shape: ['batch', 'length'], dtype: 'int32' } as const;
    const bytes = await exportOnnx(model, { inputs: { words: ids, left: ids, bar: ids }, outputs: ['logits'] });
    for (const [rows, length] of [
      [1, 1],
      [3, 20],
    ] as const) {
      // prettier-ignore
      const [words, left, bar] = inputsOf(rows).map((input) => input.narrow(1, 0, length)) as [Tensor, Tensor, Tensor];
      const { ok, maxAbsoluteDifference } = await verifyOnnx(bytes, model, { words, left, bar }, { tolerance: 1e-5 });
      expect(ok, String(maxAbsoluteDifference)).toBe(true);
    }
  });

  it('that has learnt nothing keeps time where it has to, and does not where it need not', async () => {
    const { model } = build(tunes, sizes, 0);
    const write = async (keepsTime: boolean) => {
      const written = await writeTunes(model, tunes.vocabulary, { count: 6, keepsTime, temperature: 1, minP: 0, seed: 1, most: 60 }); // prettier-ignore
      return written.map(({ words }) => {
        const end = words.map(isBar).lastIndexOf(true);
        return judge(writeTune(words.slice(0, end + 1), 't'), { atLeast: 0 }).reason;
      });
    };
    expect(await write(true)).toEqual(Array(6).fill(''));
    expect((await write(false)).filter((reason) => reason === '').length).toBeLessThan(3);
  });
});

it('finds the longest run of bars that was copied', () => {
  const learnt = [{ title: 'a', words: ['M:4/4', 'd8', '|', '"G"', 'e8', '|', 'f8', '|', 'g8', '||'] }];
  expect(copiedBars([['e8', '|', 'f8', '|', 'a8', '|']], learnt)).toBe(2);
  expect(copiedBars([['f8', '|', 'e8', '|']], learnt)).toBe(1);
  expect(copiedBars([['8', '|']], learnt)).toBe(0);
});

it('is heard with its repeats, in the key that it says', () => {
  const { notes, accompaniment = [], bars = [], name } = melodyOf(tuneOf(`|:A2|"D"${fullBars(7)}d6:|`));
  expect(name).toBe('t');
  // A, D, E, F sharp, G.
  expect(notes.slice(0, 5).map(([pitch]) => pitch)).toEqual([69, 74, 76, 78, 79]);
  expect(notes).toHaveLength(2 * (1 + 28 + 1));
  expect(accompaniment.length).toBeGreaterThan(0);
  expect(bars[1]).toBeCloseTo((bars[0] ?? 0) + 1.6);
  expect(notes[1]?.[1]).toBeCloseTo(bars[0] ?? 0);
});
