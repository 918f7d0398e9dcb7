/** What is printed of tables and datasets, by Node's `console.log` too. */

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

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function cut(text: string): string {
  return text.length <= 50 ? text : `${text.slice(0, 49)}…`;
}
