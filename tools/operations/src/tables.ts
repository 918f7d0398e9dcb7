/** Pages of tables by chapters, whose cells may have notes: written from rows, and read again. */
import type { Cell } from './cell.ts';

export interface Page<Row> {
  /** What the devices were. */
  readonly environment: string;
  /** By chapter, rows by name. */
  readonly chapters: ReadonlyMap<string, ReadonlyMap<string, Row>>;
}

/** The columns of a chapter's table. */
export interface Table<Row> {
  /** Above the names. */
  readonly corner: string;
  readonly columns: readonly { readonly title: string; readonly cell: (row: Row) => Cell }[];
}

/** A page as Markdown. `tableOf` says the columns of a chapter from its rows. */
export function renderPage<Row>(
  introduction: string,
  { environment, chapters }: Page<Row>,
  tableOf: (rows: readonly Row[]) => Table<Row>,
): string {
  const notes: string[] = [];
  const say = ({ text, note }: Cell): string => {
    if (note === undefined) return text;
    if (!notes.includes(note)) notes.push(note);
    return `${text} (${notes.indexOf(note) + 1})`;
  };
  const parts = [...chapters].map(([title, rows]) => {
    const { corner, columns } = tableOf([...rows.values()]);
    const lines = [...rows].map(
      ([name, row]) => `| \`${name}\` | ${columns.map(({ cell }) => say(cell(row))).join(' | ')} |`,
    );
    const head = `| ${corner} | ${columns.map((column) => column.title).join(' | ')} |`.replace('|  |', '| |');
    return [`## ${title}`, '', head, `| --- |${' --- |'.repeat(columns.length)}`, ...lines].join('\n');
  });
  const list = notes.length === 0 ? [] : ['## Notes', notes.map((note, i) => `${i + 1}. ${note}`).join('\n')];
  return [introduction, `Measured with: ${environment}.`, ...parts, ...list, ''].join('\n\n');
}

/** What {@link renderPage} wrote. `rowOf` makes a row of the titles of its table and of its cells. */
export function readPage<Row>(
  text: string,
  rowOf: (titles: readonly string[], cells: readonly Cell[]) => Row,
): Page<Row> {
  const environment = /^Measured with: (.*)\.$/m.exec(text)?.[1] ?? '';
  const notes = new Map<string, string>();
  for (const [, number, note] of (text.split('\n## Notes\n')[1] ?? '').matchAll(/^(\d+)\. (.*)$/gm))
    notes.set(number ?? '', note ?? '');
  const cellOf = (given: string): Cell => {
    const [, said = given, number] = /^(.*) \((\d+)\)$/.exec(given) ?? [];
    const note = number === undefined ? undefined : notes.get(number);
    return note === undefined ? { text: given } : { text: said, note };
  };
  const chapters = new Map<string, Map<string, Row>>();
  let rows = new Map<string, Row>();
  let titles: string[] = [];
  for (const line of text.split('\n')) {
    const title = /^## (.*)$/.exec(line)?.[1];
    if (title !== undefined && title !== 'Notes') {
      chapters.set(title, (rows = new Map()));
      titles = [];
    }
    const cells = /^\|(.*)\|$/
      .exec(line)?.[1]
      ?.split('|')
      .map((each) => each.trim());
    if (cells === undefined) continue;
    const [first = '', ...rest] = cells;
    const name = /^`(\w+)`$/.exec(first)?.[1];
    if (name !== undefined) rows.set(name, rowOf(titles, rest.map(cellOf)));
    else if (titles.length === 0) titles = rest;
  }
  return { environment, chapters };
}
