/** Tunes by a few rules, to learn from where there are no files: parts of eight bars, each repeated, with notes of the chord on the beats and steps of the scale between them. */
import { Random } from 'hebb';
import type { Tune } from './abc.ts';

/** The chord on each degree of the scale that is used, by key. */
const chords: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  C: { 0: 'C', 1: 'Dm', 3: 'F', 4: 'G', 5: 'Am' },
  G: { 0: 'G', 1: 'Am', 3: 'C', 4: 'D', 5: 'Em' },
  D: { 0: 'D', 1: 'Em', 3: 'G', 4: 'A', 5: 'Bm' },
  A: { 0: 'A', 1: 'Bm', 3: 'D', 4: 'E', 5: 'F#m' },
};
/** Degrees of a phrase of four bars. */
const phrases = [
  [0, 3, 4, 0],
  [0, 5, 3, 4],
  [0, 4, 5, 3],
  [0, 1, 4, 0],
  [0, 0, 3, 4],
];
/** How a beat is parted, in eighths, by its length. */
const rhythms: Readonly<Record<number, readonly (readonly number[])[]>> = {
  2: [[2], [1, 1], [1, 1]],
  3: [[3], [2, 1], [1, 1, 1], [1, 1, 1]],
};
const metres = [
  { name: '4/4', beats: 4, beat: 2 },
  { name: '3/4', beats: 3, beat: 2 },
  { name: '6/8', beats: 2, beat: 3 },
] as const;
const letters = 'CDEFGAB';
/** Pitches from the C below the staff, in steps of the scale, that are sung easily: from D to b. */
const lowest = 1;
const highest = 13;

export interface ComposeOptions {
  readonly count: number;
  /** Of eight bars each. */
  readonly parts: number;
  /** The same one gives the same tunes. */
  readonly seed: number;
}

export function composeTunes({ count, parts, seed }: ComposeOptions): Tune[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => ({ title: `Tune ${i + 1}`, words: compose(random, parts) }));
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random.float() * from.length)] as T;
}

function compose(random: Random, parts: number): string[] {
  const key = pick(random, Object.keys(chords));
  const metre = pick(random, metres);
  const root = letters.indexOf(key);
  /** The nearest note of a chord to a pitch. */
  const nearest = (pitch: number, degree: number): number => {
    const tones = Array.from({ length: highest - lowest + 1 }, (_, i) => i + lowest).filter((one) =>
      [0, 2, 4].includes((one - root - degree + 70) % 7),
    );
    return tones.reduce((best, one) => (Math.abs(one - pitch) < Math.abs(best - pitch) ? one : best));
  };
  const bar = (degree: number, start: number, isLast: boolean): { words: string[]; pitch: number } => {
    const words = [`"${chords[key]?.[degree] ?? key}"`];
    let pitch = start;
    for (let beat = 0; beat < metre.beats; beat++) {
      pitch = nearest(pitch + Math.floor(random.float() * 5) - 2, degree);
      if (isLast && beat === metre.beats - 2)
        return { words: [...words, note(nearest(root + 7, 0), 2 * metre.beat)], pitch };
      for (const [i, length] of pick(random, rhythms[metre.beat] ?? [[metre.beat]]).entries()) {
        if (i > 0) pitch = Math.min(highest, Math.max(lowest, pitch + (random.float() < 0.5 ? -1 : 1)));
        words.push(note(pitch, length));
      }
    }
    return { words, pitch };
  };
  const part = (): string[] => {
    let pitch = nearest(root + 7, 0);
    const phrase = (degrees: readonly number[], ends: boolean): string[][] =>
      degrees.map((degree, i) => {
        const made = bar(ends && i === 3 ? 0 : degree, pitch, ends && i === 3);
        pitch = made.pitch;
        return made.words;
      });
    const first = phrase(pick(random, phrases), false);
    // The second half begins as the first one, so that a tune can be remembered.
    const bars = [...first, ...first.slice(0, 2), ...phrase(pick(random, phrases), true).slice(2)];
    return ['|:', ...bars.flatMap((words, i) => [...words, i === 7 ? ':|' : '|'])];
  };
  return [`M:${metre.name}`, `K:${key}`, ...Array.from({ length: parts }, part).flat()];
}

function note(pitch: number, length: number): string {
  const letter = letters[pitch % 7] ?? 'C';
  return `${pitch >= 7 ? letter.toLowerCase() : letter}${length === 1 ? '' : length}`;
}
