/** From the fields of a column to its values: which type it has, and which fields do not fit. */
import { show } from './errors.ts';
import type { Column } from './table.ts';

export type ColumnType = Column['type'];

export const columnTypes: readonly ColumnType[] = ['number', 'boolean', 'string'];

/** A field that decides something, or does not fit. */
export interface Finding {
  readonly row: number;
  readonly message: string;
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const booleans: ReadonlyMap<string, number> = new Map([
  ['True', 1],
  ['TRUE', 1],
  ['true', 1],
  ['False', 0],
  ['FALSE', 0],
  ['false', 0],
]);

/** Why a number is better kept as text: read as a float64 it would be another one, or lose the zeros in front of it. */
function whyText(field: string): string | undefined {
  if (!/^[+-]?\d+$/.test(field)) return undefined;
  if (/^[+-]?0\d/.test(field)) return `${show(field)} begins with a zero, which a number does not keep`;
  const value = Number(field);
  if (Number.isSafeInteger(value) || BigInt(field.replace(/^\+/, '')) === BigInt(value)) return undefined;
  return `${field} has too many digits: as a number it is ${BigInt(value)}`;
}

/**
 * The type of a column that nobody named, and for numbers kept as text the reason. A column is numeric or boolean if more than half of its
 * values are; the others are then errors.
 */
export function inferType(
  fields: readonly string[],
  missing: ReadonlySet<string>,
): { readonly type: ColumnType; readonly reason?: Finding } {
  let numbers = 0;
  let truths = 0;
  let others = 0;
  let reason: Finding | undefined;
  for (const [row, field] of fields.entries()) {
    if (missing.has(field)) continue;
    if (number.test(field)) {
      numbers++;
      if (reason === undefined) {
        const message = whyText(field);
        if (message !== undefined) reason = { row, message };
      }
    } else if (booleans.has(field)) truths++;
    else others++;
  }
  if (numbers > truths + others) return reason === undefined ? { type: 'number' } : { type: 'string', reason };
  if (truths > numbers + others) return { type: 'boolean' };
  return { type: numbers + truths + others > 0 ? 'string' : 'number' };
}

/** Fields as numbers, NaN where a value is missing; `onWrong` hears of those that are none. */
export function parseColumn(
  type: 'number' | 'boolean',
  fields: readonly string[],
  missing: ReadonlySet<string>,
  onWrong: (wrong: Finding) => void,
): Float64Array {
  const expected = type === 'number' ? 'a number' : 'True or False';
  return Float64Array.from(fields, (field, row) => {
    if (missing.has(field)) return NaN;
    const value = type === 'boolean' ? booleans.get(field) : number.test(field) ? Number(field) : undefined;
    if (value === undefined) onWrong({ row, message: `expected ${expected}, got ${show(field)}` });
    return value ?? NaN;
  });
}

/** Whether a field reads as a number. */
export function isNumber(field: string): boolean {
  return number.test(field);
}
