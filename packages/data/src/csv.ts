/** CSV files to tables, with every bad row reported by its line. */
import Papa from 'papaparse';
import { DataError, ProblemList, show } from './errors.ts';
import { decodeText, nameOf, readBytes, type Source } from './files.ts';
import { Table, type Column } from './table.ts';

export interface CsvOptions {
  /**
   * `true` (default): the first row holds the names. `false`: there is no such row, and the columns are called
   * `column0`, `column1`, …  An array: these are the names, and the first row is data.
   */
  header?: boolean | readonly string[];
  /** Default `','`. */
  delimiter?: string;
  /** Lines that start with this string are skipped. Default: none. */
  comments?: string;
  /** Types of columns by name. The type of any other column is inferred. */
  types?: Readonly<Record<string, 'number' | 'string'>>;
  /** Fields that mean "no value". Default `''`, `NA`, `N/A`, `NaN`, `nan`, `null`, `NULL`. */
  missing?: readonly string[];
  /** `'error'` (default): throw one error that lists the bad rows. `'skip'`: leave them out, see `Table.problems`. */
  badRows?: 'error' | 'skip';
}

export interface ParseCsvOptions extends CsvOptions {
  /** What errors call the text. Default `'<text>'`. */
  source?: string;
}

export interface CsvFileOptions extends CsvOptions {
  /** A label of the Encoding standard. Default `'utf-8'`. */
  encoding?: string;
}

const missingByDefault = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL'];
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a CSV file: a path (Node), an http(s) URL, or a `Blob`/`File`. See {@link parseCsv}.
 *
 * ```ts
 * import { csv } from '@hebb/data';
 *
 * const penguins = await csv('penguins.csv');
 * const sizes = penguins.dropMissing().columns(['bill_length_mm', 'body_mass_g']);
 * ```
 *
 * @throws DataError if the source cannot be read, is not text in the encoding, or is not good CSV.
 */
export async function csv(source: Source, options: CsvFileOptions = {}): Promise<Table> {
  const { encoding = 'utf-8', ...rest } = options;
  const name = nameOf(source);
  const text = decodeText('csv', await readBytes('csv', source), encoding, name);
  return parseCsv(text, { ...rest, source: name });
}

/**
 * Parses CSV (RFC 4180: quoted fields may hold delimiters, newlines and doubled quotes; line ends may be LF, CRLF or
 * CR; blank lines are skipped) into a {@link Table}.
 *
 * A column is numeric if more than half of its values are numbers, and then each of the others is an error; `types`
 * decides otherwise. A number is `[+-]digits[.digits][e[+-]digits]`, with blanks around it ignored.
 *
 * ```ts
 * import { parseCsv } from '@hebb/data';
 *
 * const table = parseCsv('x,label\n1,cat\n2.5,dog\n,cat\n');
 * table.column('x'); // Float64Array [1, 2.5, NaN]
 * ```
 *
 * @throws DataError that lists the bad rows by line: a wrong number of fields, text in a numeric column, a quote that
 *   does not end; or that names the fault of the header: none, empty, duplicate names.
 */
export function parseCsv(text: string, options: ParseCsvOptions = {}): Table {
  const { source = '<text>', badRows = 'error' } = options;
  if (typeof text !== 'string') throw new DataError(`[csv] expected the text of a CSV file, got ${show(text)}.`);
  checkOptions(options);
  const problems = new ProblemList();
  const { rows, lines } = readRows(text, options, problems);
  const { names, hasHeaderRow } = readHeader(rows, lines, options, source);
  const first = hasHeaderRow ? 1 : 0;

  const kept: number[] = [];
  for (let row = first; row < rows.length; row++) {
    const fields = rows[row] ?? [];
    if (fields.length === names.length) kept.push(row);
    else {
      const as = hasHeaderRow ? `, as in the header (line ${lines[0]})` : '';
      problems.add({
        line: lines[row] ?? 0,
        message: `expected ${count(names.length, 'field')}${as}, got ${fields.length}: ${show(fields.join(options.delimiter ?? ','))}`,
      });
    }
  }

  const missing = new Set(options.missing ?? missingByDefault);
  const columns = new Map<string, Column>();
  const bad = new Set<number>();
  names.forEach((name, j) => {
    const fields = kept.map((row) => (rows[row]?.[j] ?? '').trim());
    const type = options.types?.[name] ?? inferType(fields, missing);
    if (type === 'string') {
      // Strings keep their blanks; only the test for a missing value ignores them.
      const values = kept.map((row, i) => (missing.has(fields[i] ?? '') ? null : (rows[row]?.[j] ?? null)));
      columns.set(name, { type, values });
      return;
    }
    const values = new Float64Array(fields.length);
    fields.forEach((field, i) => {
      if (missing.has(field)) values[i] = NaN;
      else if (number.test(field)) values[i] = Number(field);
      else {
        bad.add(i);
        problems.add({
          line: lines[kept[i] ?? 0] ?? 0,
          column: name,
          message: `expected a number, got ${show(field)}`,
        });
      }
    });
    columns.set(name, { type, values });
  });

  problems.problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (badRows === 'error') {
    problems.check(`[csv] ${source}: ${count(problems.count, 'problem')}:`, { source, hint: hintFor(problems) });
  }
  const table = new Table(columns, { source, lines: kept.map((row) => lines[row] ?? 0), problems: problems.problems });
  if (bad.size === 0) return table;
  return table.subset(kept.map((_, i) => i).filter((i) => !bad.has(i)));
}

function readRows(
  text: string,
  { delimiter = ',', comments }: CsvOptions,
  problems: ProblemList,
): { rows: string[][]; lines: number[] } {
  const input = unifyLineEnds(text.startsWith('\ufeff') ? text.slice(1) : text);
  const rows: string[][] = [];
  const lines: number[] = [];
  const endOfComment = (at: number): number =>
    comments !== undefined && input.startsWith(comments, at) ? input.indexOf('\n', at) : -1;
  let line = 1;
  let cursor = 0;
  Papa.parse<string[]>(input, {
    delimiter,
    newline: '\n',
    ...(comments !== undefined && { comments }),
    step: ({ data, errors, meta }) => {
      // The parser swallows comment lines together with the row that follows them.
      for (let end = endOfComment(cursor); end !== -1 && end < meta.cursor; end = endOfComment(cursor)) {
        line++;
        cursor = end + 1;
      }
      const rowLine = line;
      for (let at = input.indexOf('\n', cursor); at !== -1 && at < meta.cursor; at = input.indexOf('\n', at + 1))
        line++;
      cursor = meta.cursor;
      const fault = errors.find(({ type }) => type === 'Quotes');
      if (fault !== undefined) {
        const message =
          fault.code === 'MissingQuotes'
            ? 'expected a closing quote before the end of the file: a quoted field that starts in this row never ends'
            : 'expected a delimiter or the end of the line after a closing quote (a quote inside is written twice: "")';
        problems.add({ line: rowLine, message });
      } else if (data.length > 1 || (data[0] ?? '').trim() !== '') {
        rows.push(data);
        lines.push(rowLine);
      }
    },
  });
  return { rows, lines };
}

/** CRLF and CR become LF, except inside quoted fields, which are data. */
function unifyLineEnds(text: string): string {
  if (!text.includes('\r')) return text;
  return text
    .split('"')
    .map((piece, i) => (i % 2 === 0 ? piece.replace(/\r\n?/g, '\n') : piece))
    .join('"');
}

function readHeader(
  rows: readonly string[][],
  lines: readonly number[],
  { header = true, delimiter = ',' }: CsvOptions,
  source: string,
): { names: string[]; hasHeaderRow: boolean } {
  const first = rows[0];
  if (first === undefined && !Array.isArray(header)) {
    throw new DataError(
      `[csv] ${source} is empty: expected ${header === true ? 'a header row' : 'at least one row'}.`,
      { source, hint: 'Check that this is the right file, and that it was copied or written to its end.' },
    );
  }
  const given = header === true ? first : Array.isArray(header) ? (header as readonly string[]) : undefined;
  const names = (given ?? first ?? []).map((name, i) => (given === undefined ? '' : name.trim()) || `column${i}`);
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    const other = seen.get(name);
    if (other !== undefined) {
      const where = header === true ? `${source}, line ${lines[0]}` : source;
      throw new DataError(`[csv] ${where}: fields ${other + 1} and ${i + 1} of the header are both called '${name}'.`, {
        source,
        hint: 'Rename one, or give the names yourself: { header: [...] } (the first row is then data).',
      });
    }
    seen.set(name, i);
  });
  const likely = [';', '\t', '|'].find(
    (other) => other !== delimiter && names.length === 1 && names[0]?.includes(other),
  );
  if (likely !== undefined) {
    throw new DataError(`[csv] ${source}, line ${lines[0]}: one field only, ${show(names[0])}.`, {
      source,
      hint: `If the fields are separated by ${show(likely)}, pass { delimiter: ${show(likely)} }.`,
    });
  }
  return { names, hasHeaderRow: header === true };
}

function inferType(fields: readonly string[], missing: ReadonlySet<string>): 'number' | 'string' {
  let numbers = 0;
  let others = 0;
  for (const field of fields) {
    if (missing.has(field)) continue;
    if (number.test(field)) numbers++;
    else others++;
  }
  return numbers > others ? 'number' : others > 0 ? 'string' : 'number';
}

function hintFor({ problems }: ProblemList): string {
  const column = problems.find((problem) => problem.column !== undefined)?.column;
  const skip = "{ badRows: 'skip' } leaves these rows out";
  if (column === undefined) return `Correct the file, or ${skip}.`;
  return `Correct the file, or: { types: { '${column}': 'string' } } reads text, { missing: [...] } adds marks for missing values, ${skip}.`;
}

function checkOptions({ delimiter, comments, types, header }: CsvOptions): void {
  for (const [name, value] of Object.entries({ delimiter, comments })) {
    if (value !== undefined && (typeof value !== 'string' || value === '' || /["\r\n]/.test(value))) {
      throw new DataError(`[csv] ${name} must be a non-empty string without quotes and line ends, got ${show(value)}.`);
    }
  }
  if (delimiter !== undefined && delimiter === comments)
    throw new DataError('[csv] delimiter and comments must differ.');
  if (Array.isArray(header) && (header.length === 0 || !header.every((name) => typeof name === 'string'))) {
    throw new DataError('[csv] header must be true, false or a non-empty array of names.');
  }
  for (const [name, type] of Object.entries(types ?? {})) {
    if (type !== 'number' && type !== 'string') {
      throw new DataError(`[csv] the type of column '${name}' must be 'number' or 'string', got ${show(type)}.`);
    }
  }
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
