/** CSV files to tables, with every bad row reported by its line. */
import {
  checkOptions,
  nearest,
  listOf,
  oneOf,
  requirePlain,
  requireArray,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { columnTypes, inferType, isNumber, parseColumn, type ColumnType } from './columns.ts';
import { hintOf, kindOf } from './content.ts';
import { DataError, ProblemList, show, type DataProblem } from './errors.ts';
import { decodeText, nameOf, readBytes, type Source } from './files.ts';
import { readRows } from './rows.ts';
import { Table, type Column } from './table.ts';

export interface CsvOptions {
  /**
   * `true` (default): the first row holds the names. `false`: there is no such row, and the columns are called
   * `column0`, `column1`, …  An array: these are the names, and the first row is data.
   */
  header?: boolean | readonly string[];
  /** Default `','`. `'whitespace'` takes any number of blanks and tabs as one delimiter, as in files of aligned columns. */
  delimiter?: string;
  /** Lines that start with this string are skipped. Default: none. */
  comments?: string;
  /** Types of columns by name. The type of any other column is inferred. */
  types?: Readonly<Record<string, ColumnType>>;
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

const csvOptions: OptionNames<CsvOptions> = {
  header: true,
  delimiter: requireString,
  comments: requireString,
  types: requirePlain,
  missing: listOf(requireString),
  badRows: oneOf('error', 'skip'),
};
const parseOptions: OptionNames<ParseCsvOptions> = { ...csvOptions, source: requireString };
const fileOptions: OptionNames<CsvFileOptions> = { ...csvOptions, encoding: requireString };

const missingByDefault = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL'];

/**
 * Reads a CSV file: a path (Node), an http(s) URL, a `Blob`/`File`, or its bytes. See {@link parseCsv}.
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
  checkOptions('csv', options, fileOptions);
  const { encoding = 'utf-8', ...rest } = options;
  const name = nameOf('csv', source);
  const text = decodeText('csv', await readBytes('csv', source), encoding, name);
  return parseCsv(text, { ...rest, source: name });
}

/**
 * Parses CSV (RFC 4180: quoted fields may hold delimiters, newlines and doubled quotes; line ends may be LF, CRLF or
 * CR; blank lines are skipped) into a {@link Table}.
 *
 * A column is numeric if more than half of its values are numbers, and then each of the others is an error; `types`
 * decides otherwise. A number is `[+-]digits[.digits][e[+-]digits]`, with blanks around it ignored. Where a float64
 * would change one of them (integers beyond 2^53, zeros in front as in postal codes), the column stays text and
 * `Table.notes` says so; with the type `'number'` it is rounded as every number is. A column of True and False (also
 * true, TRUE, …) is boolean: 1 and 0.
 *
 * ```ts
 * import { parseCsv } from '@hebb/data';
 *
 * const table = parseCsv('x,label\n1,cat\n2.5,dog\n,cat\n');
 * table.column('x'); // Float64Array [1, 2.5, NaN]
 * ```
 *
 * @throws DataError that lists the bad rows by line: a wrong number of fields, text in a numeric column, a quote that
 *   does not end; or that names the fault of the header: none, empty, unreadable (which `badRows` does not skip),
 *   duplicate names, no column of a name that `types` has; or of a file that is no CSV: a web page, an archive, JSON,
 *   columns aligned by blanks.
 */
export function parseCsv(text: string, options: ParseCsvOptions = {}): Table {
  checkOptions('parseCsv', options, parseOptions);
  const { source = '<text>', badRows = 'error', types = {} } = options;
  if (typeof text !== 'string') throw new DataError(`[csv] expected the text of a CSV file, got ${show(text)}.`);
  checkValues(options);
  refuseOtherFormats(text, source);
  const problems = new ProblemList();
  const { rows, lines } = readRows(text, options, problems);
  requireGoodHeader(options, problems, lines[0] ?? Infinity, source);
  const { names, hasHeaderRow } = readHeader(rows, lines, options, source);
  if (names.length === 1) refuseAligned(rows, lines, source);
  requireColumns(Object.keys(types), names, source);
  const first = hasHeaderRow ? 1 : 0;

  const kept: number[] = [];
  for (let row = first; row < rows.length; row++) {
    const fields = rows[row] ?? [];
    if (fields.length === names.length) kept.push(row);
    else {
      const as = hasHeaderRow ? `, as in the header (line ${lines[0]})` : '';
      problems.add({
        line: lines[row] ?? 0,
        message: `expected ${count(names.length, 'field')}${as}, got ${fields.length}: ${show(fields.join(options.delimiter === 'whitespace' ? ' ' : (options.delimiter ?? ',')))}`,
      });
    }
  }

  const missing = new Set(options.missing ?? missingByDefault);
  const columns = new Map<string, Column>();
  const notes: DataProblem[] = [];
  const bad = new Set<number>();
  const lineOf = (row: number): number => lines[kept[row] ?? 0] ?? 0;
  names.forEach((name, j) => {
    const fields = kept.map((row) => (rows[row]?.[j] ?? '').trim());
    const given = Object.hasOwn(types, name) ? types[name] : undefined;
    const { type, reason } = given === undefined ? inferType(fields, missing) : { type: given };
    if (reason !== undefined) {
      notes.push({ line: lineOf(reason.row), column: name, message: `kept as text: ${reason.message}` });
    }
    if (type === 'string') {
      // Strings keep their blanks; only the test for a missing value ignores them.
      const values = kept.map((row, i) => (missing.has(fields[i] ?? '') ? null : (rows[row]?.[j] ?? null)));
      columns.set(name, { type, values });
      return;
    }
    const values = parseColumn(type, fields, missing, ({ row, message }) => {
      bad.add(row);
      problems.add({ line: lineOf(row), column: name, message });
    });
    columns.set(name, { type, values });
  });

  problems.problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (badRows === 'error') {
    problems.check(`[csv] ${source}: ${count(problems.count, 'problem')}:`, { source, hint: hintFor(problems) });
  }
  const table = new Table(columns, {
    source,
    lines: kept.map((row) => lines[row] ?? 0),
    problems: problems.problems,
    notes,
  });
  if (bad.size === 0) return table;
  return table.subset(kept.map((_, i) => i).filter((i) => !bad.has(i)));
}

/** Text that is something else, and would be read as a table of one column. */
function refuseOtherFormats(text: string, source: string): void {
  const start = text.slice(0, 1024);
  const kind = kindOf(new TextEncoder().encode(start));
  // Letters alone may begin a table, too: PAR1,PAR2.
  const isOther = kind !== undefined && (!/^(?:PK|PAR1|BZh)/.test(start) || hasControlCharacters(start));
  if (isOther) throw new DataError(`[csv] ${source} is ${kind}, not CSV.`, { source, ...hintOf(kind) });
  if (!/^\s*(?:\{\s*["}]|\[\s*[[{])/.test(start)) return;
  try {
    JSON.parse(text);
  } catch {
    return;
  }
  throw new DataError(`[csv] ${source} is JSON, not CSV: it begins with ${show(start.trimStart())}.`, {
    source,
    hint: 'Read it with JSON.parse; new Table({ name: { type, values } }) makes a table of columns.',
  });
}

function hasControlCharacters(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' && !'\t\n\r'.includes(character));
}

/** One field in every row, each of as many words: columns that blanks align. */
function refuseAligned(rows: readonly (readonly string[])[], lines: readonly number[], source: string): void {
  if (rows.length < 2) return;
  const words = rows.slice(0, 50).map(([field = '']) => field.trim().split(/\s+/));
  const width = words[0]?.length ?? 0;
  if (width < 2 || words.some(({ length }) => length !== width)) return;
  const isAligned = rows.slice(0, 50).some(([field = '']) => /\S[ \t]{2,}\S/.test(field));
  const hasNumbers = words.slice(1).every((row) => row.some(isNumber));
  if (!isAligned && !hasNumbers) return;
  throw new DataError(`[csv] ${source}, line ${lines[0]}: one field only, ${show(rows[0]?.[0])}.`, {
    source,
    hint: "If blanks separate the fields, pass { delimiter: 'whitespace' }.",
  });
}

/** A bad row can be left out, the header cannot: the row after it would take its place. */
function requireGoodHeader(
  { header = true }: CsvOptions,
  { problems }: ProblemList,
  line: number,
  source: string,
): void {
  const [fault] = problems;
  if (header !== true || fault?.line === undefined || fault.line > line) return;
  const found = new ProblemList();
  found.add(fault);
  const hint = hintFor(found, 'Correct the file, or give the names yourself: { header: [...] }.');
  found.check(`[csv] ${source}: the header cannot be read:`, { source, hint });
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

/** Throws for a column that options name and the file does not have. */
function requireColumns(named: readonly string[], names: readonly string[], source: string): void {
  const unknown = named.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, names);
  throw new DataError(`[csv] types names the column ${show(unknown)}, which ${source} does not have.`, {
    source,
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}Its columns are ${names.join(', ')}.`,
  });
}

function hintFor({ problems }: ProblemList, otherwise?: string): string {
  if (problems.some(({ message }) => message.startsWith('expected single blanks'))) {
    return "{ delimiter: 'whitespace' } takes any number of blanks as one delimiter.";
  }
  if (otherwise !== undefined) return otherwise;
  const column = problems.find((problem) => problem.column !== undefined)?.column;
  const skip = "{ badRows: 'skip' } leaves these rows out";
  if (column === undefined) return `Correct the file, or ${skip}.`;
  return `Correct the file, or: { types: { '${column}': 'string' } } reads text, { missing: [...] } adds marks for missing values, ${skip}.`;
}

function checkValues({ delimiter, comments, types, header }: CsvOptions): void {
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
  if (header !== undefined && typeof header !== 'boolean') requireArray('csv', 'header', header);
  for (const [name, type] of Object.entries(types ?? {})) {
    if (!columnTypes.includes(type)) {
      throw new DataError(
        `[csv] the type of column '${name}' must be 'number', 'boolean' or 'string', got ${show(type)}.`,
      );
    }
  }
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
