/** CSV files as streams of rows: the checks and messages of `csv`, in constant memory. */
import { checkOptions, requireFunction, requireInteger, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { JsonValue } from '../batches.ts';
import { expectedOf, inferType, isNumber, valueOf, whyText, type ColumnType } from '../columns.ts';
import {
  checkValues,
  count,
  csvOptions,
  givenType,
  hintFor,
  readHead,
  wrongWidth,
  type CsvOptions,
} from '../csv-format.ts';
import { ProblemList, show, type DataProblem } from '../errors.ts';
import type { Source } from '../files.ts';
import { readRows } from '../rows.ts';
import type { Cell } from '../table.ts';
import { ByteSource } from './bytes.ts';
import { ChunkReader, endOfRows } from './chunks.ts';
import { end, partsOf, requireCount, type Reader, type Step } from './reader.ts';
import { stream, type Stream } from './stream.ts';

type Types = Readonly<Record<string, ColumnType>>;

export interface CsvStreamOptions<T extends Types = Types> extends CsvOptions {
  /** Types of columns by name. The type of any other column is inferred from the first `sampleRows` rows. */
  types?: T;
  /** Rows that types are inferred from. Default 1000. */
  sampleRows?: number;
  /** Hears of each row that `{ badRows: 'skip' }` leaves out, as it is met: a problem per wrong field. */
  onBadRow?: (problem: DataProblem) => void;
  /** A label of the Encoding standard. Default `'utf-8'`; others are read from their start to come to a cursor. */
  encoding?: string;
}

interface CellTypes {
  readonly number: number | null;
  readonly boolean: boolean | null;
  readonly string: string | null;
}

/** A row by the names of its columns; a missing value is null. */
export type CsvRow<T extends Types = Types> = { readonly [name: string]: Cell } & {
  readonly [K in keyof T]: CellTypes[T[K]];
};

const streamOptions: OptionNames<CsvStreamOptions> = {
  ...csvOptions,
  sampleRows: true,
  onBadRow: requireFunction,
  encoding: requireString,
};

/**
 * The rows of a CSV file, one after another: a path (Node), an http(s) URL, a `Blob`/`File`, or bytes, gzipped or not. Memory does not grow with the file, and a
 * cursor of its batches holds the byte to go on at.
 *
 * Options, types and messages are those of {@link csv}, but for what only the whole file can tell: the type of a column that nobody named is inferred from the first
 * `sampleRows` rows, and a later value that does not fit is an error; and an error tells of the first bad row, when that is reached, not of all.
 *
 * ```ts
 * import { csvStream } from '@hebb/data';
 *
 * const batches = csvStream('penguins.csv', { types: { body_mass_g: 'number', bill_length_mm: 'number' } })
 *   .filter((row) => row.body_mass_g !== null)
 *   .map((row) => ({ x: [row.bill_length_mm, row.body_mass_g], y: row['species'] === 'Adelie' ? 0 : 1 }))
 *   .shuffle({ buffer: 1000, seed: 1 })
 *   .batch(4, { types: { y: 'int32' } });
 * for await (const { x, y } of batches) x.shape; // [4, 2], then [1, 2]
 * ```
 *
 * While it is read it throws DataError: as `csv` does, with the line.
 */
export function csvStream<const T extends Types = Types>(
  source: Source,
  options: CsvStreamOptions<T> = {},
): Stream<CsvRow<T>> {
  checkOptions('csvStream', options, streamOptions);
  checkValues(options);
  const { sampleRows = 1000, encoding } = options;
  requireInteger('csvStream', 'sampleRows', sampleRows, 1);
  const bytes = new ByteSource('csv', source, encoding);
  let known: Schema | undefined;
  // The names of the first epoch are those of every epoch.
  const schema = async (): Promise<Schema> => (known ??= await readSchema(bytes, sampleRows, options));
  return stream({
    type: 'csvStream',
    open: (_, position) => new CsvReader(bytes, schema, options, position) as Reader<CsvRow<T>>,
  });
}

interface Schema {
  readonly names: readonly string[];
  readonly columns: readonly ColumnReader[];
  /** The line of the header row, where there is one. */
  readonly headerLine: number | undefined;
  /** A row without values. Copies of it have all of their properties from the start, which is faster than adding them one by one. */
  readonly empty: CsvRow;
}

/** What a field is, or a problem. */
type ColumnReader = (field: string) => Cell | Problem;

class Problem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Names and types, by the first rows. */
async function readSchema(bytes: ByteSource, sampleRows: number, options: CsvStreamOptions): Promise<Schema> {
  const { name: source } = bytes;
  const problems = new ProblemList();
  const rows: string[][] = [];
  const lines: number[] = [];
  const reader = new ChunkReader('csv', bytes, 0, endOfRows(options));
  const texts: string[] = [];
  let isWhole = false;
  try {
    for (let line = 1; rows.length <= sampleRows && !isWhole;) {
      const chunk = await reader.next(line);
      isWhole = chunk === undefined;
      if (chunk === undefined) break;
      const found = readRows(chunk.text, options, problems, line);
      texts.push(chunk.text);
      rows.push(...found.rows);
      lines.push(...found.lines);
      line = found.nextLine;
    }
  } finally {
    await reader.close();
  }
  const head = readHead({ text: texts.join(''), rows, lines, problems, isWhole }, options, source);
  const { names, missing, headerLine } = head;
  const sample = rows
    .slice(headerLine === undefined ? 0 : 1)
    .filter((row) => row.length === names.length)
    .slice(0, sampleRows);
  const columns = names.map((name, j) => {
    const given = givenType(head, name);
    if (given !== undefined) return columnReader(given, missing);
    const { type } = inferType(
      sample.map((row) => (row[j] ?? '').trim()),
      missing,
    );
    return columnReader(type, missing, sample.length);
  });
  const empty = Object.fromEntries(names.map((name) => [name, null]));
  return { names, columns, headerLine, empty };
}

/** Reads the fields of a column. `sampleSize` says that its type was inferred, from so many rows. */
function columnReader(type: ColumnType, missing: ReadonlySet<string>, sampleSize?: number): ColumnReader {
  if (type === 'string') return (field) => (missing.has(field.trim()) ? null : field);
  const inferred = sampleSize === undefined ? '' : ` (the type is that of the first ${count(sampleSize, 'row')})`;
  const toCell = (value: number): Cell => (type === 'boolean' ? value === 1 : value);
  /** Where no number stands for a missing value, a number need not be looked up. */
  const mayBeMissing = type === 'boolean' || [...missing].some(isNumber);
  return (field) => {
    const early = mayBeMissing ? undefined : valueOf(type, field);
    const text = early === undefined ? field.trim() : field;
    if (early === undefined && missing.has(text)) return null;
    const value = early ?? valueOf(type, text);
    if (value === undefined) return new Problem(`expected ${expectedOf[type]}, got ${show(text)}${inferred}`);
    if (sampleSize !== undefined && type === 'number') {
      const reason = whyText(text);
      if (reason !== undefined) return new Problem(`${reason}${inferred}`);
    }
    return toCell(value);
  };
}

/** A row, or what is wrong with one that the parser could not read. */
type Item = readonly string[] | DataProblem;

class CsvReader implements Reader<CsvRow> {
  readonly #bytes: ByteSource;
  readonly #schemaOf: () => Promise<Schema>;
  readonly #options: CsvStreamOptions;
  #schema: Schema | undefined;
  #chunks: ChunkReader | undefined;
  /** Byte and line where the items begin, and how many of these are behind. A position is these three. */
  #byte = 0;
  #firstLine = 1;
  #item = 0;
  #items: readonly Item[] = [];
  #lines: readonly number[] = [];
  #nextLine = 1;
  /** Items to pass over, to come to the position. */
  #skip = 0;
  #line = 0;
  #isEnded = false;

  constructor(
    bytes: ByteSource,
    schemaOf: () => Promise<Schema>,
    options: CsvStreamOptions,
    position: JsonValue | undefined,
  ) {
    this.#bytes = bytes;
    this.#schemaOf = schemaOf;
    this.#options = options;
    if (position === undefined) return;
    const { byte, line, row } = partsOf('csvStream', position, ['byte', 'line', 'row']);
    this.#byte = requireCount('csvStream', byte);
    this.#firstLine = this.#nextLine = requireCount('csvStream', line);
    this.#item = this.#skip = requireCount('csvStream', row);
  }

  next(): Step<CsvRow> | Promise<Step<CsvRow>> {
    for (;;) {
      if (this.#isEnded) return end;
      const schema = this.#schema;
      const item = this.#items[this.#item];
      if (schema === undefined || item === undefined) return this.#load().then(() => this.next());
      this.#line = this.#lines[this.#item++] ?? 0;
      const row = 'message' in item ? this.#refuse([item]) : this.#parse(item, schema);
      if (row !== undefined) return row;
    }
  }

  position(): JsonValue {
    return { byte: this.#byte, line: this.#firstLine, row: this.#item };
  }

  place(): string {
    return `${this.#bytes.name}, line ${this.#line}`;
  }

  async close(): Promise<void> {
    await this.#chunks?.close();
  }

  async #load(): Promise<void> {
    this.#schema ??= await this.#schemaOf();
    this.#chunks ??= new ChunkReader('csv', this.#bytes, this.#byte, endOfRows(this.#options));
    const chunk = await this.#chunks.next(this.#nextLine);
    if (chunk === undefined) {
      this.#isEnded = true;
      return;
    }
    const faults = new ProblemList();
    const { rows, lines, nextLine } = readRows(chunk.text, this.#options, faults, chunk.line);
    this.#items = rows;
    this.#lines = lines;
    if (faults.count > 0) this.#insert(faults.problems);
    this.#byte = chunk.start;
    this.#firstLine = chunk.line;
    this.#nextLine = nextLine;
    // The header is no row; it is the first of the file.
    if (chunk.start === 0 && this.#schema.headerLine !== undefined) this.#skip = Math.max(this.#skip, 1);
    this.#item = this.#skip;
    this.#skip = 0;
  }

  /** Puts faults between the rows, by their lines. */
  #insert(faults: readonly DataProblem[]): void {
    const all = [
      ...this.#items.map((item, i) => ({ item, line: this.#lines[i] ?? 0 })),
      ...faults.map((item) => ({ item, line: item.line ?? 0 })),
    ].sort((a, b) => a.line - b.line);
    this.#items = all.map(({ item }) => item);
    this.#lines = all.map(({ line }) => line);
  }

  /** The row; undefined where it is a bad one, and such are left out. */
  #parse(fields: readonly string[], { names, columns, headerLine, empty }: Schema): CsvRow | undefined {
    const line = this.#line;
    if (fields.length !== names.length) {
      const { delimiter } = this.#options;
      return this.#refuse([wrongWidth(fields, names.length, { line, header: headerLine, delimiter })]);
    }
    const row: Record<string, Cell> = { ...empty };
    let problems: DataProblem[] | undefined;
    for (let j = 0; j < names.length; j++) {
      const cell = columns[j]?.(fields[j] ?? '') ?? null;
      const name = names[j] ?? '';
      if (typeof cell !== 'object' || cell === null) row[name] = cell;
      else (problems ??= []).push({ line, column: name, message: cell.message });
    }
    return problems === undefined ? row : this.#refuse(problems);
  }

  #refuse(problems: readonly DataProblem[]): undefined {
    const { badRows = 'error', onBadRow } = this.#options;
    if (badRows === 'skip') {
      for (const problem of problems) onBadRow?.(problem);
      return undefined;
    }
    const found = new ProblemList();
    for (const problem of problems) found.add(problem);
    const source = this.#bytes.name;
    found.check(`[csv] ${source}: ${count(found.count, 'problem')}:`, { source, hint: hintFor(found) });
  }
}
