/** Columns of a table, each group by its own transform, as one matrix. */
import { listOf, requirePlain, requireString } from '@hebb/tensor/arguments';
import { requireArray, whole, type NumericArray } from '../arrays.ts';
import type { JsonValue } from '../batches.ts';
import { DataError, show } from '../errors.ts';
import { printable, transformText } from '../print.ts';
import { Table, type Column } from '../table.ts';
import { feed, requireTransform } from './pipeline.ts';
import { JsonReader, notFitted, type AnyTransform, type Transform, type TransformJSON } from './transform.ts';

/** Columns that a transform is for. */
export interface ColumnGroup {
  readonly columns: readonly string[];
  readonly transform: AnyTransform;
}

const requireNames = listOf(requireString);

/**
 * Transforms groups of a table's columns, each in its own way, and puts the results side by side: `float64[rows, width]`, the features of a model. Columns in no group are
 * left out.
 *
 * Source: `sklearn.compose.ColumnTransformer`.
 *
 * ```ts
 * import { ColumnTransformer, OneHotEncoder, parseCsv, StandardScaler, transformFromJSON } from '@hebb/data';
 *
 * const table = parseCsv('species,mass\nGentoo,5000\nAdelie,3000\n');
 * const features = new ColumnTransformer({
 *   sizes: { columns: ['mass'], transform: new StandardScaler() },
 *   species: { columns: ['species'], transform: new OneHotEncoder() },
 * });
 * features.fitTransform(table).data; // Float64Array [1, 0, 1, -1, 1, 0]
 * const same = transformFromJSON(JSON.parse(JSON.stringify(features))) as ColumnTransformer;
 * same.inverseTransform(same.transform(table)).row(0); // { mass: 5000, species: 'Gentoo' }
 * ```
 *
 * @throws DataError if there is no group, and for what is no transform; methods, for tables without these columns, for what the transforms refuse, and before `fit`
 */
export class ColumnTransformer implements Transform<Table, NumericArray> {
  static readonly type = 'ColumnTransformer';

  readonly takesTable: boolean = true;
  readonly groups: Readonly<Record<string, ColumnGroup>>;
  /** Columns of the result by group; undefined before `fit`. */
  #widths: ReadonlyMap<string, number> | undefined;

  constructor(groups: Readonly<Record<string, ColumnGroup>>) {
    requirePlain('ColumnTransformer', 'groups', groups);
    if (Object.keys(groups).length === 0) throw new DataError('[ColumnTransformer] expected at least one group.');
    for (const [name, group] of Object.entries(groups)) {
      const { columns, transform } = Object(group) as Partial<ColumnGroup>;
      requireNames('ColumnTransformer', `the columns of ${name}`, columns);
      if (columns?.length === 0) throw new DataError(`[ColumnTransformer] the group ${name} has no columns.`);
      requireTransform('ColumnTransformer', `the transform of ${name}`, transform);
    }
    this.groups = { ...groups };
    printable(this);
  }

  fit(table: Table): this {
    this.fitTransform(table);
    return this;
  }

  transform(table: Table): NumericArray<Float64Array> {
    const widths = this.#widths;
    if (widths === undefined) throw notFitted(ColumnTransformer.type);
    return this.#join(table, (transform, part) => transform.transform(part)).matrix;
  }

  fitTransform(table: Table): NumericArray<Float64Array> {
    const { matrix, widths } = this.#join(table, (transform, part) => {
      transform.fit(part);
      return transform.transform(part);
    });
    this.#widths = widths;
    return matrix;
  }

  /** A table of the columns of all groups. */
  inverseTransform(matrix: NumericArray): Table {
    const widths = this.#widths;
    if (widths === undefined) throw notFitted(ColumnTransformer.type);
    requireArray('ColumnTransformer', matrix);
    const width = [...widths.values()].reduce((sum, each) => sum + each, 0);
    const [length = 0, given = 0] = matrix.shape;
    if (matrix.shape.length !== 2 || given !== width)
      throw new DataError(`[ColumnTransformer] expected ${width} columns, got the shape [${matrix.shape.join(',')}].`);
    const columns = new Map<string, Column>();
    let offset = 0;
    for (const [name, { columns: names, transform }] of Object.entries(this.groups)) {
      const own = widths.get(name) ?? 0;
      const part = new Float64Array(length * own);
      for (let i = 0; i < length; i++)
        for (let j = 0; j < own; j++) part[i * own + j] = matrix.data[i * width + offset + j] ?? NaN;
      offset += own;
      const original: unknown = transform.inverseTransform({ data: part, shape: [length, own] } as never);
      names.forEach((column, j) => columns.set(column, columnOf(original, column, j, names.length)));
    }
    return new Table(columns);
  }

  /** Its groups with what they have learnt, as `console.log` prints it. */
  toString(): string {
    return transformText(this.toJSON());
  }

  toJSON(): TransformJSON {
    const groups = Object.entries(this.groups).map(([name, { columns, transform }]): JsonValue => ({
      name,
      columns,
      width: this.#widths?.get(name) ?? null,
      transform: transform.toJSON(),
    }));
    return { type: ColumnTransformer.type, groups };
  }

  /** The transform that {@link toJSON} was called on; `build` makes those of the groups. @throws DataError for anything else */
  static fromJSON(json: TransformJSON, build: (json: JsonValue) => AnyTransform): ColumnTransformer {
    const reader = new JsonReader(ColumnTransformer.type, json);
    const widths = new Map<string, number>();
    const groups = reader.list('groups').map((group): [string, ColumnGroup] => {
      const { name, columns, width, transform } = Object(group) as Readonly<Record<string, JsonValue | undefined>>;
      const [key = ''] = reader.texts('groups', [name ?? null]);
      if (typeof width === 'number') widths.set(key, width);
      return [key, { columns: reader.texts('columns', columns), transform: build(transform ?? null) }];
    });
    const made = new ColumnTransformer(Object.fromEntries(groups));
    if (widths.size > 0) made.#widths = widths;
    return made;
  }

  #join(
    table: Table,
    run: (transform: AnyTransform, part: never) => unknown,
  ): { matrix: NumericArray<Float64Array>; widths: ReadonlyMap<string, number> } {
    if (!(table instanceof Table)) throw new DataError(`[ColumnTransformer] expected a table, got ${show(table)}.`);
    const parts = Object.entries(this.groups).map(([name, { columns, transform }]) => {
      const result = run(transform, feed(transform, table.select(columns)));
      const part = result instanceof Table ? result.columns() : (result as NumericArray);
      if (!Array.isArray(part?.shape) || part.shape.length !== 2 || part.shape[0] !== table.length) {
        throw new DataError(
          `[ColumnTransformer] the transform of ${name} must give a matrix with a row per row of the table, got ${show(part)}.`,
          { hint: 'LabelEncoder is for targets; OneHotEncoder makes features of categories.' },
        );
      }
      return { name, part, width: part.shape[1] ?? 0 };
    });
    const width = parts.reduce((sum, part) => sum + part.width, 0);
    const data = new Float64Array(table.length * width);
    let offset = 0;
    for (const { part, width: own } of parts) {
      for (let i = 0; i < table.length; i++)
        for (let j = 0; j < own; j++) data[i * width + offset + j] = part.data[i * own + j] ?? NaN;
      offset += own;
    }
    const widths = new Map(parts.map(({ name, width: own }) => [name, own]));
    return { matrix: whole({ data, shape: [table.length, width] }), widths };
  }
}

/** Column `j` of what a transform gave back: a table, the values of one column, or a matrix. */
function columnOf(original: unknown, name: string, j: number, count: number): Column {
  if (original instanceof Table) {
    const type = original.typeOf(name);
    if (type === 'string') return { type, values: original.strings(name) };
    return { type, values: original.numbers(name) };
  }
  const { data, shape } = original as NumericArray;
  return { type: 'number', values: Float64Array.from({ length: shape[0] ?? 0 }, (_, i) => data[i * count + j] ?? NaN) };
}
