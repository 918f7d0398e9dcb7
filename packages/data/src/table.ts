/** Named columns of numbers, booleans or strings, as a CSV file gives them. */
import {
  checkOptions,
  requireArray,
  requireList,
  requireString,
  type OptionNames,
  isPlain,
  listOf,
  wrongArgument,
} from '@hebb/tensor/arguments';
import { whole, type NumericArray } from './arrays.ts';
import { columnTypes, isNumber, type ColumnType } from './columns.ts';
import { DataError, show, type DataProblem } from './errors.ts';
import { printable, tableText } from './print.ts';

/** A missing number or boolean is NaN, a missing string null; true is 1, false 0. */
export type Column =
  | { readonly type: 'number' | 'boolean'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly values: readonly (string | null)[] };

export interface TableOptions {
  /** What errors call the table: its file. */
  source?: string;
  /** Line of each row in that file, from 1. */
  lines?: ArrayLike<number>;
  /** Rows that were left out, with the reason. */
  problems?: readonly DataProblem[];
  /** What reading decided that you may want otherwise. */
  notes?: readonly DataProblem[];
}

const requireNames = listOf(requireString);

function requireColumns(columns: unknown): void {
  if (!(columns instanceof Map) && !isPlain(columns))
    throw wrongArgument('Table', 'columns', 'columns by name, in an object or a Map', columns);
  const entries: [string, unknown][] =
    columns instanceof Map ? [...(columns as Map<string, unknown>)] : Object.entries(columns);
  for (const [name, column] of entries) {
    const { type, values } = Object(column) as { type?: unknown; values?: unknown };
    const fits = type === 'string' ? Array.isArray(values) : values instanceof Float64Array;
    if (!fits || !columnTypes.includes(type as ColumnType))
      throw wrongArgument(
        'Table',
        `column '${name}'`,
        '{ type, values }, a Float64Array or for strings an array',
        column,
      );
  }
}

const tableOptions: OptionNames<TableOptions> = {
  source: requireString,
  lines: requireList,
  problems: requireArray,
  notes: requireArray,
};

/** Columns side by side: `float64[length, names.length]`. */
export interface Matrix extends NumericArray<Float64Array> {
  readonly names: readonly string[];
}

/** A value of a row; missing ones are null. */
export type Cell = number | boolean | string | null;

/**
 * An immutable table. Every method that returns a table leaves this one as it is.
 *
 * ```ts
 * import { parseCsv } from '@hebb/data';
 *
 * const table = parseCsv('name,height,weight\nAda,1.65,60\nAlan,1.78,\n');
 * table.length; // 2
 * table.column('name'); // ['Ada', 'Alan']
 * table.columns(['height', 'weight']).data; // Float64Array [1.65, 60, 1.78, NaN]
 * table.dropMissing().length; // 1
 * ```
 */
export class Table {
  /** Number of rows. */
  readonly length: number;
  /** What errors call the table: its file, or `'table'`. */
  readonly source: string;
  /** Rows left out by `csv(…, { badRows: 'skip' })`, with the reason. */
  readonly problems: readonly DataProblem[];
  /**
   * What reading decided that you may want otherwise: columns of numbers that stayed text, since a float64 would change them.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('zip\n02139\n').notes[0]?.message; // 'kept as text: "02139" begins with a zero, which a number does not keep'
   * ```
   */
  readonly notes: readonly DataProblem[];
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #lines: ArrayLike<number> | undefined;

  /**
   * A table of your own columns: `values` is a Float64Array (missing: NaN) for the types `'number'` and `'boolean'` (1 and 0), an array of
   * strings (missing: null) for `'string'`.
   *
   * ```ts
   * import { Table } from '@hebb/data';
   *
   * const table = new Table({
   *   city: { type: 'string', values: ['Bern', null] },
   *   height: { type: 'number', values: Float64Array.of(540, 35) },
   * });
   * table.row(1); // { city: null, height: 35 }
   * ```
   *
   * @throws DataError if the columns differ in length.
   */
  constructor(columns: Readonly<Record<string, Column>> | ReadonlyMap<string, Column>, options: TableOptions = {}) {
    checkOptions('Table', options, tableOptions);
    requireColumns(columns);
    this.#columns = new Map(columns instanceof Map ? columns : Object.entries(columns));
    this.source = options.source ?? 'table';
    this.problems = options.problems ?? [];
    this.notes = options.notes ?? [];
    this.#lines = options.lines;
    const lengths = [...this.#columns].map(([name, column]) => `${name}: ${column.values.length}`);
    this.length = this.#columns.values().next().value?.values.length ?? 0;
    for (const column of this.#columns.values()) {
      if (column.values.length !== this.length) {
        throw new DataError(`[Table] columns must have one length, got ${lengths.join(', ')}.`);
      }
    }
    printable(this);
  }

  /** Column names in order. */
  get names(): string[] {
    return [...this.#columns.keys()];
  }

  /**
   * The type of a column: `'number'`, `'boolean'` or `'string'`.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * const table = parseCsv('name,age,alive\nAda,36,False\n');
   * table.names.map((name) => table.typeOf(name)); // ['string', 'number', 'boolean']
   * ```
   *
   * @throws DataError for a name that is not a column, listing the columns.
   */
  typeOf(name: string): Column['type'] {
    return this.#get(name).type;
  }

  /**
   * The values of a column of any type, not copied: a Float64Array (missing: NaN; booleans: 1 and 0) or an array of strings (missing: null).
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * const table = parseCsv('name,age\nAda,36\nBo,\n,7\n');
   * table.column('age'); // Float64Array [36, NaN, 7]
   * table.column('name'); // ['Ada', 'Bo', null]
   * ```
   *
   * @throws DataError for a name that is not a column.
   */
  column(name: string): Float64Array | readonly (string | null)[] {
    return this.#get(name).values;
  }

  /**
   * The values of a column of numbers or booleans, not copied: `float64[length]`, missing ones NaN, true 1, false 0.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('age,alive\n36,False\n41,True\n').numbers('alive'); // Float64Array [0, 1]
   * ```
   *
   * @throws DataError if the column holds strings, with one of them and its line; and for a name that is not a column.
   */
  numbers(name: string): Float64Array {
    const column = this.#get(name);
    if (column.type !== 'string') return column.values;
    const note = this.notes.find((candidate) => candidate.column === name);
    if (note !== undefined) {
      throw new DataError(
        `[Table] column '${name}' of ${this.source} holds strings, not numbers: ${note.message} (line ${note.line}).`,
        { source: this.source, hint: `To have them as float64, read with { types: { '${name}': 'number' } }.` },
      );
    }
    const text = column.values.findIndex((value) => value !== null && !isNumber(value.trim()));
    const row = text === -1 ? column.values.findIndex((value) => value !== null) : text;
    const example = row === -1 ? 'no values' : `${show(column.values[row])}${this.#at(row)}`;
    throw new DataError(`[Table] column '${name}' of ${this.source} holds strings, not numbers: ${example}.`, {
      source: this.source,
      hint: `Turn categories into numbers with labelEncode(table.strings('${name}')), or leave the column out.`,
    });
  }

  /**
   * The values of a column of strings, not copied; missing ones are null.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('name,age\nAda,36\n,41\n').strings('name'); // ['Ada', null]
   * ```
   *
   * @throws DataError if the column holds numbers or booleans, and for a name that is not a column.
   */
  strings(name: string): readonly (string | null)[] {
    const column = this.#get(name);
    if (column.type === 'string') return column.values;
    throw new DataError(`[Table] column '${name}' of ${this.source} holds ${column.type}s, not strings.`, {
      source: this.source,
      hint: `Read it as text with csv(path, { types: { '${name}': 'string' } }).`,
    });
  }

  /**
   * Columns of numbers or booleans as one matrix, `float64[length, names.length]`, row by row; missing values are NaN.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * const matrix = parseCsv('name,x,y\nA,1,2\nB,3,4\n').columns(['y', 'x']);
   * matrix.data; // Float64Array [2, 1, 4, 3]
   * matrix.shape; // [2, 2]
   * ```
   *
   * @param names default: all columns, which must then all be numeric.
   * @throws DataError for a name that is not a column, or a column of strings.
   */
  columns(names: readonly string[] = this.names): Matrix {
    requireNames('columns', 'names', names);
    const columns = names.map((name) => this.numbers(name));
    const width = columns.length;
    const data = new Float64Array(this.length * width);
    columns.forEach((values, j) => {
      for (let i = 0; i < values.length; i++) data[i * width + j] = values[i] ?? NaN;
    });
    return whole({ data, shape: [this.length, width], names: [...names] });
  }

  /**
   * The table with these columns only, in this order.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('a,b,c\n1,2,3\n').select(['c', 'a']).names; // ['c', 'a']
   * ```
   *
   * @throws DataError for a name that is not a column.
   */
  select(names: readonly string[]): Table {
    requireNames('select', 'names', names);
    return this.#with(new Map(names.map((name) => [name, this.#get(name)])));
  }

  /**
   * The table without these columns.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('a,b,c\n1,2,3\n').drop(['b']).names; // ['a', 'c']
   * ```
   *
   * @throws DataError for a name that is not a column.
   */
  drop(names: readonly string[]): Table {
    requireNames('drop', 'names', names);
    for (const name of names) this.#get(name);
    return this.#with(new Map([...this.#columns].filter(([name]) => !names.includes(name))));
  }

  /**
   * The rows at these indices, in this order; an index may come twice.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('a\n10\n20\n30\n').subset([2, 0, 2]).column('a'); // Float64Array [30, 10, 30]
   * ```
   *
   * @throws DataError for an index that is no row.
   */
  subset(indices: ArrayLike<number>): Table {
    requireList('subset', 'indices', indices);
    for (let i = 0; i < indices.length; i++) this.#checkRow(indices[i] ?? -1);
    const columns = new Map<string, Column>();
    for (const [name, column] of this.#columns) {
      if (column.type === 'string') {
        columns.set(name, { type: 'string', values: Array.from(indices, (row) => column.values[row] ?? null) });
      } else {
        const values = Float64Array.from(indices, (row) => column.values[row] ?? NaN);
        columns.set(name, { type: column.type, values });
      }
    }
    const lines = this.#lines;
    return this.#with(columns, lines && Uint32Array.from(indices, (row) => lines[row] ?? 0));
  }

  /**
   * The rows that have a value in each of these columns.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * const table = parseCsv('name,age\nAda,36\nBo,\n,7\n');
   * table.dropMissing().length; // 1
   * table.dropMissing(['age']).column('name'); // ['Ada', null]
   * ```
   *
   * @param names default: all columns.
   * @throws DataError for a name that is not a column.
   */
  dropMissing(names: readonly string[] = this.names): Table {
    requireNames('dropMissing', 'names', names);
    const columns = names.map((name) => this.#get(name).values);
    const rows: number[] = [];
    for (let row = 0; row < this.length; row++) {
      if (columns.every((values) => values[row] !== null && !Number.isNaN(values[row]))) rows.push(row);
    }
    return this.subset(rows);
  }

  /**
   * One row as an object; missing values are null.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('name,age,alive\nAda,,False\n').row(0); // { name: 'Ada', age: null, alive: false }
   * ```
   *
   * @throws DataError if there is no such row.
   */
  row(index: number): Record<string, Cell> {
    this.#checkRow(index);
    const entries = [...this.#columns].map(([name, { type, values }]): [string, Cell] => {
      const value = values[index] ?? null;
      if (value === null || Number.isNaN(value)) return [name, null];
      return [name, type === 'boolean' ? value === 1 : value];
    });
    return Object.fromEntries(entries);
  }

  /**
   * The line of a row in its file, from 1, or `undefined` for a table that no file gave. Rows keep their lines through {@link subset} and
   * {@link dropMissing}.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * parseCsv('a,b\n1,\n3,4\n').dropMissing().lineOf(0); // 3
   * ```
   *
   * @throws DataError if there is no such row.
   */
  lineOf(row: number): number | undefined {
    this.#checkRow(row);
    return this.#lines?.[row];
  }

  /**
   * Number of rows, columns with their types, and the first rows, in some 80 characters a line; Node's `console.log` prints it.
   *
   * ```ts
   * import { parseCsv } from '@hebb/data';
   *
   * const table = parseCsv('name,age\nAda,36\nBo,\n', { source: 'people.csv' });
   * table.toString().split('\n')[0]; // 'Table people.csv: 2 rows, 2 columns'
   * ```
   */
  toString(): string {
    return tableText(this);
  }

  #with(columns: Map<string, Column>, lines: ArrayLike<number> | undefined = this.#lines): Table {
    const notes = this.notes.filter(({ column }) => column === undefined || columns.has(column));
    return new Table(columns, { source: this.source, ...(lines && { lines }), problems: this.problems, notes });
  }

  #at(row: number): string {
    return this.#lines === undefined ? ` in row ${row}` : ` in line ${this.#lines[row]}`;
  }

  #checkRow(row: number): void {
    if (!Number.isInteger(row) || row < 0 || row >= this.length) {
      throw new DataError(`[Table] there is no row ${show(row)}: ${this.source} has rows 0 to ${this.length - 1}.`);
    }
  }

  #get(name: string): Column {
    const column = this.#columns.get(name);
    if (column === undefined) {
      throw new DataError(`[Table] ${this.source} has no column ${show(name)}.`, {
        source: this.source,
        hint: `Its columns are ${this.names.join(', ')}.`,
      });
    }
    return column;
  }
}
