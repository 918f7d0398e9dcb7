/** What a CSV file may look like, and what it is where it is none: shared by {@link parseCsv}, which has it whole, and `csvStream`, which does not. */
import {
  listOf,
  nearest,
  oneOf,
  requireArray,
  requirePlain,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { columnTypes, isNumber, type ColumnType } from './columns.ts';
import { hintOf, kindOf } from './content.ts';
import { DataError, ProblemList, show, type DataProblem } from './errors.ts';

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

export const csvOptions: OptionNames<CsvOptions> = {
  header: true,
  delimiter: requireString,
  comments: requireString,
  types: requirePlain,
  missing: listOf(requireString),
  badRows: oneOf('error', 'skip'),
};
const missingByDefault: readonly string[] = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL'];

/** The first rows of a file, or all of them. */
export interface FirstRows {
  readonly text: string;
  readonly rows: readonly string[][];
  /** The line of each. */
  readonly lines: readonly number[];
  /** Faults of quoting. */
  readonly problems: ProblemList;
  /** Whether there is no more. */
  readonly isWhole: boolean;
}

/** What the head of a file says of its columns. */
export interface Head {
  readonly names: readonly string[];
  readonly types: Readonly<Record<string, ColumnType>>;
  readonly missing: ReadonlySet<string>;
  /** The line of the row that holds the names, where there is one; that is the first row. */
  readonly headerLine: number | undefined;
}

/**
 * Names and options of the columns.
 *
 * @throws DataError for a file that is no CSV or has no good header, and for options that name a column which it does not have
 */
export function readHead(
  { text, rows, lines, problems, isWhole }: FirstRows,
  options: CsvOptions,
  source: string,
): Head {
  const { types = {}, missing = missingByDefault } = options;
  refuseOtherFormats(text, source, { isWhole });
  requireGoodHeader(options, problems, lines[0] ?? Infinity, source);
  const { names, hasHeaderRow } = readHeader(rows, lines, options, source);
  if (names.length === 1) refuseAligned(rows, lines, source);
  requireColumns(Object.keys(types), names, source);
  return { names, types, missing: new Set(missing), headerLine: hasHeaderRow ? lines[0] : undefined };
}

/** The type that the options give to a column. */
export function givenType({ types }: Head, name: string): ColumnType | undefined {
  return Object.hasOwn(types, name) ? types[name] : undefined;
}

/** Text that is something else, and would be read as a table of one column. */
function refuseOtherFormats(text: string, source: string, { isWhole }: { isWhole: boolean }): void {
  const start = text.slice(0, 1024);
  const kind = kindOf(new TextEncoder().encode(start));
  // Letters alone may begin a table, too: PAR1,PAR2.
  const isOther = kind !== undefined && (!/^(?:PK|PAR1|BZh)/.test(start) || hasControlCharacters(start));
  if (isOther) throw new DataError(`[csv] ${source} is ${kind}, not CSV.`, { source, ...hintOf(kind) });
  if (!/^\s*(?:\{\s*["}]|\[\s*[[{])/.test(start)) return;
  // The beginning of a file alone says it, too: no name of a column looks like that.
  if (isWhole) {
    try {
      JSON.parse(text);
    } catch {
      return;
    }
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

export function hintFor({ problems }: ProblemList, otherwise?: string): string {
  if (problems.some(({ message }) => message.startsWith('expected single blanks'))) {
    return "{ delimiter: 'whitespace' } takes any number of blanks as one delimiter.";
  }
  if (otherwise !== undefined) return otherwise;
  const column = problems.find((problem) => problem.column !== undefined)?.column;
  const skip = "{ badRows: 'skip' } leaves these rows out";
  if (column === undefined) return `Correct the file, or ${skip}.`;
  return `Correct the file, or: { types: { '${column}': 'string' } } reads text, { missing: [...] } adds marks for missing values, ${skip}.`;
}

export function checkValues({ delimiter, comments, types, header }: CsvOptions): void {
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

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** A row that has more or fewer fields than there are columns; `header` is the line of the header. */
export function wrongWidth(
  fields: readonly string[],
  width: number,
  { line, header, delimiter = ',' }: { line: number; header: number | undefined; delimiter?: string | undefined },
): DataProblem {
  const as = header === undefined ? '' : `, as in the header (line ${header})`;
  const row = show(fields.join(delimiter === 'whitespace' ? ' ' : delimiter));
  return { line, message: `expected ${count(width, 'field')}${as}, got ${fields.length}: ${row}` };
}
