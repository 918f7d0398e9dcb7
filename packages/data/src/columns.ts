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

/** What columns of numbers and booleans must hold, as messages say it. */
export const expectedOf: Readonly<Record<'number' | 'boolean', string>> = {
  number: 'a number',
  boolean: 'True or False',
};

/** A field without blanks around it as a number or a boolean (1 and 0); undefined where it is none. */
export function valueOf(type: 'number' | 'boolean', field: string): number | undefined {
  if (type === 'boolean') return booleans.get(field);
  return shortNumber(field) ?? (number.test(field) ? Number(field) : undefined);
}

const powersOfTen = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/**
 * A decimal number of up to 15 digits, as most are, without an exponent; undefined for anything else. The quotient of two integers below 2^53 that float64 holds
 * exactly is rounded once, so it is what `Number` gives (W. Clinger, "How to Read Floating Point Numbers Accurately", 1990), three times as fast.
 */
function shortNumber(field: string): number | undefined {
  const { length } = field;
  const isNegative = field.startsWith('-');
  let mantissa = 0;
  let point = -1;
  const start = isNegative ? 1 : 0;
  if (length > start + 15) return undefined;
  for (let i = start; i < length; i++) {
    const digit = field.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (digit === -2 && point === -1) point = i;
    else return undefined;
  }
  const digits = length - start - (point === -1 ? 0 : 1);
  if (digits < 1) return undefined;
  const value = point === -1 ? mantissa : mantissa / (powersOfTen[length - point - 1] ?? 1);
  return isNegative ? -value : value;
}

/** Why a number is better kept as text: read as a float64 it would be another one, or lose the zeros in front of it. */
export function whyText(field: string): string | undefined {
  // Up to 15 digits are exact: most numbers need no closer look.
  if (field.length < 16 && !/^[+-]?0\d/.test(field)) return undefined;
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
  return Float64Array.from(fields, (field, row) => {
    if (missing.has(field)) return NaN;
    const value = valueOf(type, field);
    if (value === undefined) onWrong({ row, message: `expected ${expectedOf[type]}, got ${show(field)}` });
    return value ?? NaN;
  });
}

/** Whether a field reads as a number. */
export function isNumber(field: string): boolean {
  return number.test(field);
}
