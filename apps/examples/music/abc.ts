/** Tunes in ABC notation (abcnotation.com): from files to the words of a small language and back, and what a reader of music says of them. */
import abcjs, { type TuneObject } from 'abcjs';
import type { Melody, MelodyNote } from 'hebb';

export interface Tune {
  readonly title: string;
  /** `M:6/8`, `L:1/8`, `K:D`, then notes, chords and bars: `"D"`, `d2`, `|`, … */
  readonly words: readonly string[];
}

/** What a tune is written with, longest first: chord symbols, bars and repeats, tuplets, notes and rests with their length, ties. */
const word = /"[^"\n]*"|\|\]|\|\||\[\||:\|\d|:\|:|:+\|?|\|:|\|\d|\||\[\d|\(\d|[_=^]*[A-Ga-gz][',]*\d*(?:\/+\d*)?|-/g;
const field = /^[A-Za-z]:/;

/**
 * The tunes of a file that are written with these signs alone, in one metre and one key. Others (chords of several notes, slurs, changes of metre) are left out and
 * counted: a network that has seen them ten times writes them wrongly.
 */
export function readTunes(text: string): { readonly tunes: Tune[]; readonly leftOut: number } {
  const tunes: Tune[] = [];
  let leftOut = 0;
  for (const part of text.split(/^(?=X:)/m)) {
    if (!part.startsWith('X:')) continue;
    const tune = readTune(part);
    if (tune === undefined) leftOut++;
    else tunes.push(tune);
  }
  return { tunes, leftOut };
}

function readTune(text: string): Tune | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const valuesOf = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(2).trim());
  const keys = new Set(valuesOf('K'));
  const metres = valuesOf('M');
  // The first metre of a tune may be a slip that the next line mends; two with music between them are a change.
  const bodyStart = lines.findIndex((line) => line.startsWith('K:'));
  const isMusic = (line: string): boolean => line !== '' && !field.test(line) && !line.startsWith('%');
  const musicStart = lines.findIndex((line, i) => i > bodyStart && isMusic(line));
  if (keys.size !== 1 || musicStart < 0 || lines.slice(musicStart).some((line) => line.startsWith('M:')))
    return undefined;
  const [key = ''] = keys;
  const metre = metres.at(-1) ?? '';
  if (!/^\d+\/\d+$/.test(metre) || !/^[A-G][#b]?m?$/.test(key)) return undefined;
  const body = lines.slice(musicStart).filter(isMusic).join('\n');
  if (body.replace(word, '').replace(/[\s\\]/g, '') !== '') return undefined;
  const notes = body.match(word) ?? [];
  const [above = 4, below = 4] = metre.split('/').map(Number);
  const unit = lengthOf(valuesOf('L')[0] ?? (above / below < 0.75 ? '1/16' : '1/8'));
  let inTuplet = 0;
  const words = notes.map((one) => {
    if (one.startsWith('(')) inTuplet = Number(one[1]);
    const [, pitch, length = ''] = note.exec(one) ?? [];
    if (pitch === undefined) return one.replace(/^"\s+/, '"');
    return `${pitch}${writeLength(lengthOf(length) * unit * 8)}${inTuplet-- > 0 ? tripletMark : ''}`;
  });
  return { title: valuesOf('T')[0] ?? '', words: [`M:${metre}`, `K:${key}`, ...words] };
}

/** A note or a rest: its pitch and its length. */
const note = /^([_=^]*[A-Ga-gz][',]*)(\d*(?:\/+\d*)?)/;
/** Behind a note of a triplet, so that a word alone says how long it is. */
export const tripletMark = '*';

/** `3/2` is 1.5; nothing is 1, `/` and `//` are a half and a quarter. */
function lengthOf(text: string): number {
  const [, above = '', slashes = '', below = ''] = /^(\d*)(\/*)(\d*)$/.exec(text) ?? [];
  return Number(above || 1) / (below === '' ? 2 ** slashes.length : Number(below));
}

function writeLength(length: number): string {
  const below = [1, 2, 4, 8, 16].find((one) => Number.isInteger(length * one)) ?? 1;
  const above = length * below;
  return `${above === 1 ? '' : above}${below === 1 ? '' : `/${below}`}`;
}

/** How long a word sounds, in ninety-sixths of a whole note; 0 for what does not sound. Notes of triplets take two thirds. */
export function durationOf(word: string): number {
  const [, , length] = note.exec(word) ?? [];
  return length === undefined ? 0 : Math.round(lengthOf(length) * 12 * (word.endsWith(tripletMark) ? 2 / 3 : 1));
}

/** Whether a bar ends with a word. */
export function isBar(word: string): boolean {
  return /[|:]/.test(word) && !field.test(word) && !word.startsWith('"');
}

/** Whether it is a bar line that parts nothing but bars. */
export function isPlainBar(word: string): boolean {
  return word === '|';
}

export function isTriplet(word: string): boolean {
  return word === '(3';
}

/** How long a bar is, in ninety-sixths of a whole note, if the word says so: `M:6/8` is 72. */
export function metreOf(word: string): number {
  return word.startsWith('M:') ? Math.round(lengthOf(word.slice(2)) * 96) : 0;
}

/** Words as a file in ABC: four bars a line. */
export function writeTune(words: readonly string[], title: string, number = 1): string {
  const head = words.filter((one) => field.test(one));
  let bars = 0;
  let body = '';
  for (const one of words) {
    if (field.test(one)) continue;
    body += one.endsWith(tripletMark) ? one.slice(0, -1) : one;
    if (isBar(one) && ++bars % 4 === 0) body += '\n';
    else if (!one.startsWith('"') && !one.startsWith('(')) body += ' ';
  }
  return [`X:${number}`, `T:${title}`, ...head.slice(0, -1), 'L:1/8', ...head.slice(-1), body.trim(), ''].join('\n');
}

export interface Verdict {
  readonly isGood: boolean;
  /** What is wrong, in words; empty where nothing is. */
  readonly reason: string;
  /** How long it is, in bars of its metre. */
  readonly bars: number;
}

/**
 * Whether the text is one tune that abcjs reads without a complaint, `atLeast` bars long, whose bars add up: each as long as its metre says, but for the first and the last bar of a part (before or after a repeat, a
 * double bar, an ending), which may be shorter, as upbeats are.
 */
export function judge(abc: string, { atLeast = 8 }: { atLeast?: number } = {}): Verdict {
  const [tune, second] = parse(abc);
  const bad = (reason: string, bars = 0): Verdict => ({ isGood: false, reason, bars });
  if (tune === undefined || second !== undefined) return bad('not one tune');
  const [warning] = tune.warnings ?? [];
  if (warning !== undefined) return bad(`abcjs: ${warning.replace(/<[^>]*>/g, '').slice(0, 120)}`);
  const { num, den = 1 } = tune.getMeterFraction();
  const whole = num / den;
  const bars = barsOf(tune);
  // With an upbeat the last bar is short of it, so that both together are one.
  const total = Math.round(bars.reduce((sum, { length }) => sum + length, 0) / whole);
  const isEdge = (i: number): boolean => i < 0 || i >= bars.length - 1 || bars[i]?.isPlain !== true;
  for (const [i, { length }] of bars.entries()) {
    if (Math.abs(length - whole) < 1e-6) continue;
    if (length > whole) return bad(`bar ${i + 1} is longer than ${num}/${den}`, total);
    if (!isEdge(i) && !isEdge(i - 1)) return bad(`bar ${i + 1} is shorter than ${num}/${den}`, total);
  }
  if (total < atLeast) return bad(`only ${total} bars`, total);
  return { isGood: true, reason: '', bars: total };
}

/** The library's types say that there is always one. */
function parse(abc: string): readonly TuneObject[] {
  return abcjs.parseOnly(abc);
}

/** Seconds of a whole note: a reel and a jig as they are danced. */
const wholeNote = 1.6;

/** What abcjs would play: the notes with their repeats, the chords below them. */
export function melodyOf(abc: string): Melody {
  const [tune] = parse(abc);
  if (tune === undefined) return { name: '', notes: [], notation: abc };
  const [notes = [], ...others] = tune
    .setUpAudio({})
    .tracks.map((track) =>
      track.flatMap((item): MelodyNote[] =>
        item.cmd === 'note' ? [[item.pitch, item.start * wholeNote, item.duration * wholeNote]] : [],
      ),
    );
  const { num, den = 4 } = tune.getMeterFraction();
  const [bar, upbeat] = [num / den, barsOf(tune)[0]?.length ?? 0];
  const count = Math.ceil((notes.at(-1)?.[1] ?? 0) / (wholeNote * bar));
  return {
    name: /^T:(.*)$/m.exec(abc)?.[1] ?? '',
    notes,
    accompaniment: others.flat(),
    bars: Array.from({ length: count + 1 }, (_, i) => wholeNote * (upbeat + (i - 1) * bar)).filter((time) => time > 0),
    notation: abc,
  };
}

/** Of notes in triplets; the library's types have none of it. */
interface TripletNote {
  readonly startTriplet?: number;
  readonly tripletMultiplier?: number;
  readonly endTriplet?: boolean;
}

interface Bar {
  /** In whole notes. */
  readonly length: number;
  /** Whether it ends with a single line. */
  readonly isPlain: boolean;
}

function barsOf(tune: TuneObject): Bar[] {
  const bars: Bar[] = [];
  let length = 0;
  let factor = 1;
  for (const { staff = [] } of tune.lines) {
    for (const element of staff.flatMap(({ voices = [] }) => voices.flat())) {
      if (element.el_type === 'note') {
        const { startTriplet, tripletMultiplier = 1, endTriplet = false } = element as typeof element & TripletNote;
        if (startTriplet !== undefined) factor = tripletMultiplier;
        length += (element.duration ?? 0) * factor;
        if (endTriplet) factor = 1;
      } else if (element.el_type === 'bar') {
        const isPlain = element.type === 'bar_thin' && element.startEnding === undefined;
        // Between two bar lines side by side there is no bar; together they are one line.
        const before = length === 0 ? bars.pop() : undefined;
        if (before !== undefined) bars.push({ length: before.length, isPlain: before.isPlain && isPlain });
        else if (length > 0) bars.push({ length, isPlain });
        length = 0;
      }
    }
  }
  if (length > 0) bars.push({ length, isPlain: false });
  return bars;
}
