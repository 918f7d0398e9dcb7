/** Elements as text, laid out as NumPy does: aligned, rows under rows, the middle of what is long left out. */
import type { DType } from '../graph/types.ts';

export interface FormatOptions {
  /** Digits after the point at most. Default 4. */
  digits?: number;
  /** More elements than these are shortened to the ends of every axis. Default 1000. */
  threshold?: number;
  /** How many elements of each end are shown then. Default 3. */
  edge?: number;
  /** Characters in a line. Default 80. */
  width?: number;
}

export type FormatSettings = Required<FormatOptions>;

export const formatDefaults: FormatSettings = { digits: 4, threshold: 1000, edge: 3, width: 80 };

/** The positions along each axis that are shown: all, or `edge` at each end. */
export function shownPositions(shape: readonly number[], { threshold, edge }: FormatSettings): number[][] {
  const isLong = shape.reduce((product, n) => product * n, 1) > threshold;
  return shape.map((extent) => {
    const all = Array.from({ length: extent }, (_, i) => i);
    return isLong && extent > 2 * edge ? [...all.slice(0, edge), ...all.slice(extent - edge)] : all;
  });
}

/** The elements at the shown positions, in row-major order, of data in row-major order. */
export function pickShown(
  data: ArrayLike<number>,
  shape: readonly number[],
  positions: readonly (readonly number[])[],
): number[] {
  let starts = [0];
  positions.forEach((list, axis) => {
    starts = starts.flatMap((start) => list.map((position) => start * (shape[axis] ?? 1) + position));
  });
  return starts.map((position) => data[position] ?? NaN);
}

/**
 * Texts of one width. Numbers are written with one number of digits after the point, as many as they need and `digits` at most, or all with an exponent where the
 * largest and the smallest lie too far apart for that, or from 1.
 */
function texts(values: readonly number[], dtype: DType, digits: number): string[] {
  const written = dtype === 'bool' ? values.map((value) => String(value !== 0)) : numbers(values, digits);
  const width = written.reduce((longest, text) => Math.max(longest, text.length), 0);
  return written.map((text) => text.padStart(width));
}

function numbers(values: readonly number[], digits: number): string[] {
  const sizes = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const integers = sizes.every(Number.isInteger);
  const wide = integers ? largest >= 1e16 : largest >= 1e8 || smallest < 10 ** -digits || largest / smallest > 1e6;
  const write = (value: number, places: number): string => {
    if (!Number.isFinite(value)) return String(value);
    // 0 has no exponent worth showing, and its sign is part of it.
    if (value === 0) return Object.is(value, -0) ? '-0' : '0';
    return wide ? value.toExponential(places) : value.toFixed(places);
  };
  const needed =
    integers && !wide ? 0 : values.reduce((most, value) => Math.max(most, placesOf(write(value, digits))), 0);
  return values.map((value) => {
    const text = write(value, needed);
    return value === 0 && needed > 0 && !wide ? `${text}.${'0'.repeat(needed)}` : text;
  });
}

/** Digits after the point without zeros at the end. */
function placesOf(text: string): number {
  return /\.(\d*?)0*(?:e.*)?$/.exec(text)?.[1]?.length ?? 0;
}

/**
 * Shown elements as nested lists: one row to a line, broken where it is longer than the width; matrices apart by an empty line; `…` where an axis was shortened.
 */
export function formatElements(
  values: readonly number[],
  shape: readonly number[],
  positions: readonly (readonly number[])[],
  dtype: DType,
  { digits, width }: FormatSettings,
): string {
  if (shape.length === 0) return texts(values, dtype, digits)[0] ?? '';
  if (shape.includes(0)) return '[]';
  const written = texts(values, dtype, digits);
  let next = 0;
  const block = (axis: number, indent: number): string => {
    const list = positions[axis] ?? [];
    const gap = list.length < (shape[axis] ?? 0) ? list.length / 2 : -1;
    const last = axis === shape.length - 1;
    const parts = list.map(() => (last ? (written[next++] ?? '') : block(axis + 1, indent + 1)));
    if (gap >= 0) parts.splice(gap, 0, '…');
    const pad = ' '.repeat(indent + 1);
    if (!last) return `[${parts.join(`,${'\n'.repeat(shape.length - 1 - axis)}${pad}`)}]`;
    let line = '';
    const lines: string[] = [];
    for (const [i, part] of parts.entries()) {
      const item = i < parts.length - 1 ? `${part},` : part;
      const joined = line === '' ? item : `${line} ${item}`;
      // The line's own brackets and those that may close around it.
      if (line !== '' && joined.length + indent + 1 + shape.length > width) {
        lines.push(line);
        line = item;
      } else line = joined;
    }
    return `[${[...lines, line].join(`\n${pad}`)}]`;
  };
  return block(0, 0);
}

/** The type, and behind it the elements: on the same line where they are one line. */
export function labelled(type: string, elements: string): string {
  return `Tensor ${type}${elements.includes('\n') ? '\n' : ' '}${elements}`;
}
