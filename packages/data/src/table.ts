/** Named columns of numbers or strings, as a CSV file gives them. */
import type { NumericArray } from './arrays.ts';
import { DataError, show, type DataProblem } from './errors.ts';

/** A missing number is NaN, a missing string null. */
export type Column =
  | { readonly type: 'number'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly values: readonly (string | null)[] };

export interface TableOptions {
  /** What errors call the table: its file. */
  source?: string;
  /** Line of each row in that file, from 1. */
  lines?: ArrayLike<number>;
  /** Rows that were left out, with the reason. */
  problems?: readonly DataProblem[];
}

/** Columns side by side: `float64[length, names.length]`. */
export interface Matrix extends NumericArray<Float64Array> {
  readonly names: readonly string[];
}

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
  readonly length: number;
  readonly source: string;
  /** Rows left out by `csv(…, { badRows: 'skip' })`, with the reason. */
  readonly problems: readonly DataProblem[];
  readonly #columns: ReadonlyMap<string, Column>;
  readonly #lines: ArrayLike<number> | undefined;

  /** @throws DataError if the columns differ in length. */
  constructor(columns: Readonly<Record<string, Column>> | ReadonlyMap<string, Column>, options: TableOptions = {}) {
    this.#columns = new Map(columns instanceof Map ? columns : Object.entries(columns));
    this.source = options.source ?? 'table';
    this.problems = options.problems ?? [];
    this.#lines = options.lines;
    const lengths = [...this.#columns].map(([name, column]) => `${name}: ${column.values.length}`);
    this.length = this.#columns.values().next().value?.values.length ?? 0;
    for (const column of this.#columns.values()) {
      if (column.values.length !== this.length) {
        throw new DataError(`[Table] columns must have one length, got ${lengths.join(', ')}.`);
      }
    }
  }

  /** Column names in order. */
  get names(): string[] {
    return [...this.#columns.keys()];
  }

  /** `'number'` or `'string'`. */
  typeOf(name: string): Column['type'] {
    return this.#get(name).type;
  }

  /** The values of a column: a Float64Array (missing: NaN) or an array of strings (missing: null). */
  column(name: string): Float64Array | readonly (string | null)[] {
    return this.#get(name).values;
  }

  /** The values of a column of numbers; missing ones are NaN. @throws DataError if it holds strings. */
  numbers(name: string): Float64Array {
    const column = this.#get(name);
    if (column.type === 'number') return column.values;
    const row = column.values.findIndex((value) => value !== null);
    const example = row === -1 ? 'no values' : `${show(column.values[row])}${this.#at(row)}`;
    throw new DataError(`[Table] column '${name}' of ${this.source} holds strings, not numbers: ${example}.`, {
      source: this.source,
      hint: `Turn categories into numbers with labelEncode(table.strings('${name}')), or leave the column out.`,
    });
  }

  /** The values of a column of strings; missing ones are null. @throws DataError if it holds numbers. */
  strings(name: string): readonly (string | null)[] {
    const column = this.#get(name);
    if (column.type === 'string') return column.values;
    throw new DataError(`[Table] column '${name}' of ${this.source} holds numbers, not strings.`, {
      source: this.source,
      hint: `Read it as text with csv(path, { types: { '${name}': 'string' } }).`,
    });
  }

  /**
   * The columns as one matrix, `float64[length, names.length]`; missing numbers are NaN.
   *
   * @throws DataError for a name that is not a column, or a column of strings.
   */
  columns(names: readonly string[] = this.names): Matrix {
    const columns = names.map((name) => this.numbers(name));
    const width = columns.length;
    const data = new Float64Array(this.length * width);
    columns.forEach((values, j) => {
      for (let i = 0; i < values.length; i++) data[i * width + j] = values[i] ?? NaN;
    });
    return { data, shape: [this.length, width], names: [...names] };
  }

  /** The table with these columns only, in this order. */
  select(names: readonly string[]): Table {
    return this.#with(new Map(names.map((name) => [name, this.#get(name)])));
  }

  /** The table without these columns. */
  drop(names: readonly string[]): Table {
    for (const name of names) this.#get(name);
    return this.#with(new Map([...this.#columns].filter(([name]) => !names.includes(name))));
  }

  /** The rows at these indices, in this order; an index may come twice. */
  subset(indices: ArrayLike<number>): Table {
    for (let i = 0; i < indices.length; i++) this.#checkRow(indices[i] ?? -1);
    const columns = new Map<string, Column>();
    for (const [name, column] of this.#columns) {
      if (column.type === 'number') {
        const values = Float64Array.from(indices, (row) => column.values[row] ?? NaN);
        columns.set(name, { type: 'number', values });
      } else {
        columns.set(name, { type: 'string', values: Array.from(indices, (row) => column.values[row] ?? null) });
      }
    }
    const lines = this.#lines;
    return this.#with(columns, lines && Uint32Array.from(indices, (row) => lines[row] ?? 0));
  }

  /** The rows that have a value in each of these columns (default: all columns). */
  dropMissing(names: readonly string[] = this.names): Table {
    const columns = names.map((name) => this.#get(name).values);
    const rows: number[] = [];
    for (let row = 0; row < this.length; row++) {
      if (columns.every((values) => values[row] !== null && !Number.isNaN(values[row]))) rows.push(row);
    }
    return this.subset(rows);
  }

  /** One row as an object; missing values are null. */
  row(index: number): Record<string, number | string | null> {
    this.#checkRow(index);
    const entries = [...this.#columns].map(([name, { values }]): [string, number | string | null] => {
      const value = values[index] ?? null;
      return [name, Number.isNaN(value) ? null : value];
    });
    return Object.fromEntries(entries);
  }

  /** The line of a row in its file, from 1, or `undefined` for a table that no file gave. */
  lineOf(row: number): number | undefined {
    this.#checkRow(row);
    return this.#lines?.[row];
  }

  #with(columns: Map<string, Column>, lines: ArrayLike<number> | undefined = this.#lines): Table {
    return new Table(columns, { source: this.source, ...(lines && { lines }), problems: this.problems });
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
