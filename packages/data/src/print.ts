/** What is printed of tables, datasets, loaders, streams and transforms, by Node's `console.log` too. */
import type { JsonValue } from './batches.ts';

/** What is read of a table. */
interface Printed {
  readonly source: string;
  readonly length: number;
  readonly names: readonly string[];
  typeOf(name: string): string;
  row(index: number): Readonly<Record<string, number | boolean | string | null>>;
}

/** Lets `console.log` of Node print `toString()`. (A member of the class itself would keep bundlers from leaving the class out.) */
export function printable(object: { toString(): string }): void {
  Object.defineProperty(object, Symbol.for('nodejs.util.inspect.custom'), { value: () => object.toString() });
}

const [firstRows, widestCell, lineWidth] = [5, 24, 80];

/** What a terminal would take for a command, or for another line, is left out. */
function cellText(cell: number | boolean | string | null): string {
  const text = cell === null ? '–' : String(cell).replace(/\p{Cc}+/gu, ' ');
  return text.length <= widestCell ? text : `${text.slice(0, widestCell - 1)}…`;
}

/** Size and source of a table, the names and types of its columns and the first rows, in lines of some 80 characters. */
export function tableText(table: Printed): string {
  const rows = Array.from({ length: Math.min(firstRows, table.length) }, (_, i) => table.row(i));
  const columns = table.names.map((name) => {
    const texts = [name, table.typeOf(name), ...rows.map((row) => row[name] ?? null)].map(cellText);
    return { texts, width: Math.max(...texts.map(({ length }) => length)), isText: table.typeOf(name) === 'string' };
  });
  let width = 0;
  const shown = columns.filter((column, i) => (width += column.width + 2) <= lineWidth || i === 0);
  const lines = Array.from({ length: 2 + rows.length }, (_, i) =>
    shown
      .map(({ texts, width: own, isText }) => {
        const text = texts[i] ?? '';
        return `  ${isText ? text.padEnd(own) : text.padStart(own)}`;
      })
      .join('')
      .trimEnd(),
  );
  const left = table.names.slice(shown.length);
  return [
    `Table ${table.source}: ${count(table.length, 'row')}, ${count(table.names.length, 'column')}`,
    ...lines,
    ...(table.length > rows.length ? [`  … ${count(table.length - rows.length, 'more row')}`] : []),
    ...(left.length > 0 ? [`  and ${count(left.length, 'more column')}: ${cut(left.join(', '))}`] : []),
  ].join('\n');
}

/** `n examples`, `1 example`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : /(ch|s)$/.test(what) ? 'es' : 's'}`;
}

/** What a transform saves as JSON, for people: its class, its options and what it has learnt; the first of long lists. */
export function transformText({
  type,
  ...members
}: {
  readonly type: string;
  readonly [name: string]: JsonValue;
}): string {
  const texts = Object.entries(members).map(([name, value]) => `${name}: ${jsonText(value)}`);
  return texts.length === 0 ? type : `${type} { ${texts.join(', ')} }`;
}

const firstItems = 4;

function jsonText(value: JsonValue): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  if (typeof value === 'string') return `'${cellText(value)}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (isList(value)) {
    const shown = value.slice(0, firstItems).map(jsonText);
    return `[${[...shown, ...(value.length > firstItems ? [`… ${value.length - firstItems} more`] : [])].join(', ')}]`;
  }
  const { type, ...members } = value;
  if (typeof type === 'string') return transformText({ type, ...members });
  return `{ ${Object.entries(value)
    .map(([name, member]) => `${name}: ${jsonText(member)}`)
    .join(', ')} }`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function cut(text: string): string {
  return text.length <= 50 ? text : `${text.slice(0, 49)}…`;
}
