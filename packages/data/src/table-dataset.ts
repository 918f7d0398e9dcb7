/** Columns of a table as fields of a dataset. */
import { checkOptions, requirePlain, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { DType, TypedArray } from './arrays.ts';
import { ArrayDataset, type Field } from './dataset.ts';
import { DataError, ProblemList, show } from './errors.ts';
import { Table } from './table.ts';

/** For each field one column (a number per example), or several (a row of numbers). */
export type TableFields = Readonly<Record<string, string | readonly string[]>>;

export interface TableDatasetOptions<Name extends string = string> {
  /** dtypes of fields that are not float32: `'int32'` for ids and classes, `'bool'` for masks. */
  dtypes?: Readonly<Partial<Record<Name, DType>>>;
}

const tableOptions: OptionNames<TableDatasetOptions> = { dtypes: true };

/**
 * The rows of a table as examples, in memory. Text becomes numbers first (`labelEncode`), and rows with missing values are left out first (`dropMissing`).
 *
 * ```ts
 * import { parseCsv, tableDataset } from '@hebb/data';
 *
 * const table = parseCsv('width,height,kind\n1,2,0\n3,4,1\n');
 * const dataset = tableDataset(table, { x: ['width', 'height'], y: 'kind' }, { dtypes: { y: 'int32' } });
 * dataset.gather([1]).x; // { data: Float32Array [3, 4], shape: [1, 2] }
 * dataset.gather([1, 0]).y.data; // Int32Array [1, 0]
 * ```
 *
 * @throws DataError for a column that is not there or holds text, and, with their lines, for values that are missing or that the dtype does not hold
 */
export function tableDataset<F extends TableFields>(
  table: Table,
  fields: F,
  options: TableDatasetOptions<keyof F & string> = {},
): ArrayDataset<{ readonly [K in keyof F]: Field }> {
  const where = 'tableDataset';
  if (!(table instanceof Table)) throw wrongArgument(where, 'the table', 'a Table', table);
  requirePlain(where, 'the fields', fields);
  checkOptions(where, options, tableOptions);
  const { dtypes = {} } = options;
  requirePlain(where, 'dtypes', dtypes);
  const given = new Map<string, unknown>(Object.entries(dtypes));
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined)
    throw new DataError(`[${where}] dtypes names the field ${show(unknown)}, which there is not.`);
  const entries = Object.entries(fields).map(([name, columns]) => [
    name,
    fieldOfColumns(table, name, columns, given.get(name)),
  ]);
  return new ArrayDataset(Object.fromEntries(entries) as { readonly [K in keyof F]: Field });
}

/** What the values of a dtype are kept in, and which these are. */
const kinds: Readonly<
  Record<string, { make(length: number): TypedArray; holds(value: number): boolean; expected: string }>
> = {
  float32: { make: (length) => new Float32Array(length), holds: () => true, expected: 'a number' },
  int32: {
    make: (length) => new Int32Array(length),
    holds: (value) => (value | 0) === value,
    expected: 'an integer of 32 bits',
  },
  bool: { make: (length) => new Uint8Array(length), holds: (value) => value === 0 || value === 1, expected: '0 or 1' },
};

function fieldOfColumns(
  table: Table,
  name: string,
  columns: string | readonly string[],
  dtype: unknown = 'float32',
): Field {
  const place = `[tableDataset] ${table.source}: field '${name}'`;
  const kind = typeof dtype === 'string' && Object.hasOwn(kinds, dtype) ? kinds[dtype] : undefined;
  if (kind === undefined)
    throw new DataError(`${place} must have the dtype float32, int32 or bool, got ${show(dtype)}.`);
  const names = typeof columns === 'string' ? [columns] : columns;
  const isList = Array.isArray(names) && names.length > 0 && names.every((each: unknown) => typeof each === 'string');
  if (!isList) {
    throw new DataError(`${place} must be a column or a list of columns, got ${show(columns)}.`, {
      hint: `The table has ${table.names.join(', ')}.`,
    });
  }
  const width = names.length;
  const data = kind.make(table.length * width);
  const problems = new ProblemList();
  names.forEach((column, j) => {
    table.numbers(column).forEach((value, i) => {
      if (!Number.isNaN(value) && kind.holds(value)) data[i * width + j] = value;
      else {
        const line = table.lineOf(i);
        const got = Number.isNaN(value) ? 'nothing' : String(value);
        problems.add({ ...(line !== undefined && { line }), column, message: `expected ${kind.expected}, got ${got}` });
      }
    });
  });
  problems.check(`${place} cannot be made of these values:`, {
    source: table.source,
    hint: `Leave rows with missing values out, table.dropMissing(), or say another dtype.`,
  });
  return {
    data,
    shape: typeof columns === 'string' ? [] : [width],
    ...(dtype === 'bool' && { dtype: 'bool' as const }),
  };
}
