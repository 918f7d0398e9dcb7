/** Categories as columns of zeros and ones. */
import { checkOptions, oneOf, orNull, requireList, type OptionNames } from '@hebb/tensor/arguments';
import { requireArray, whole, type NumericArray } from '../arrays.ts';
import { DataError, ProblemList, show, someOf } from '../errors.ts';
import { printable, transformText } from '../print.ts';
import { classesOf } from '../labels.ts';
import { Table, type Column } from '../table.ts';
import { JsonReader, notFitted, type Transform, type TransformJSON } from './transform.ts';

/** The values of one column, or a table of several. */
export type Categories = ArrayLike<string | number | null> | Table;

export interface OneHotEncoderOptions {
  /** What to do about a category that `fit` has not seen: `'error'` (default), or `'ignore'`: zeros in all of its columns. */
  handleUnknown?: 'error' | 'ignore';
  /** `'first'` leaves out the column of the first category, which the others then imply. Default null: none. */
  drop?: 'first' | null;
}

const encoderOptions: OptionNames<OneHotEncoderOptions> = {
  handleUnknown: oneOf('error', 'ignore'),
  drop: orNull(oneOf('first')),
};

/** A column that was fitted; that of values without a table has no name. */
interface Fitted {
  readonly name: string;
  readonly categories: readonly (string | number)[];
}

/**
 * A column of zeros and ones per category, in ascending order of these: `float64[examples, categories]`; of a table, those of one column after another.
 *
 * Source: `sklearn.preprocessing.OneHotEncoder`.
 *
 * ```ts
 * import { OneHotEncoder } from '@hebb/data';
 *
 * const encoder = new OneHotEncoder().fit(['red', 'green', 'red']);
 * encoder.categories; // [['green', 'red']]
 * encoder.transform(['red', 'green']).data; // Float64Array [0, 1, 1, 0]
 * encoder.inverseTransform({ data: Float64Array.of(0, 1), shape: [1, 2] }); // ['red']
 * ```
 *
 * Methods throw DataError for missing values (an {@link Imputer} fills them in), for unknown ones unless they are to be ignored, for a table without the columns
 * that were fitted, and before `fit`.
 */
export class OneHotEncoder implements Transform<Categories, NumericArray> {
  static readonly type = 'OneHotEncoder';

  readonly takesTable: boolean = true;
  readonly #handleUnknown: 'error' | 'ignore';
  readonly #drop: 'first' | null;
  #fitted: readonly Fitted[] = [];
  #isTable = false;

  constructor(options: OneHotEncoderOptions = {}) {
    checkOptions('OneHotEncoder', options, encoderOptions);
    const { handleUnknown = 'error', drop = null } = options;
    this.#handleUnknown = handleUnknown;
    this.#drop = drop;
    printable(this);
  }

  /** The categories of each column, in the order of theirs; none before `fit`. */
  get categories(): readonly (readonly (string | number)[])[] {
    return this.#fitted.map(({ categories }) => categories);
  }

  /** What the columns of the result stand for: `species=Adelie`, or `Adelie` where there is no table. */
  get names(): string[] {
    return this.#fitted.flatMap(({ name, categories }) =>
      this.#kept(categories).map((category) => (this.#isTable ? `${name}=${category}` : String(category))),
    );
  }

  fit(values: Categories): this {
    const columns = columnsOf(values);
    this.#isTable = values instanceof Table;
    this.#fitted = columns.map(({ name, values: column }) => {
      if (column.length === 0) throw new DataError('[OneHotEncoder] fit takes at least one value, got none.');
      return { name, categories: classesOf(nameOf(name), column) };
    });
    return this;
  }

  transform(values: Categories): NumericArray<Float64Array> {
    const fitted = this.#requireFitted();
    const columns = columnsOf(values, this.#isTable ? fitted.map(({ name }) => name) : undefined);
    if (columns.length !== fitted.length)
      throw new DataError(`[OneHotEncoder] fitted on ${fitted.length} columns of a table, got the values of one.`);
    const width = this.names.length;
    const length = columns[0]?.values.length ?? 0;
    const data = new Float64Array(length * width);
    let offset = 0;
    columns.forEach(({ name, values: column }, j) => {
      const categories = this.#kept(fitted[j]?.categories ?? []);
      this.#mark(data, column, { offset, width, name, all: fitted[j]?.categories ?? [], categories });
      offset += categories.length;
    });
    return whole({ data, shape: [length, width] });
  }

  /** `fit(values).transform(values)`. */
  fitTransform(values: Categories): NumericArray<Float64Array> {
    return this.fit(values).transform(values);
  }

  /**
   * The category with the largest value, as of probabilities; null where none is positive (an unknown one; with `drop` that is the first). Values where
   * values were fitted, else a table.
   */
  inverseTransform(encoded: NumericArray): (string | number | null)[] | Table {
    const fitted = this.#requireFitted();
    requireArray('OneHotEncoder', encoded);
    const width = this.names.length;
    const [length = 0, given = 0] = encoded.shape;
    if (encoded.shape.length !== 2 || given !== width)
      throw new DataError(`[OneHotEncoder] expected ${width} columns, got the shape [${encoded.shape.join(',')}].`);
    let offset = 0;
    const columns = fitted.map(({ name, categories }): [string, (string | number | null)[]] => {
      const kept = this.#kept(categories);
      const start = offset;
      offset += kept.length;
      const first = this.#drop === null ? null : (categories[0] ?? null);
      const values = Array.from({ length }, (_, i) => {
        let best = 0;
        let found: string | number | null = first;
        for (const [j, category] of kept.entries()) {
          const value = encoded.data[i * width + start + j] ?? 0;
          if (value > best) [best, found] = [value, category];
        }
        return found;
      });
      return [name, values];
    });
    if (!this.#isTable) return columns[0]?.[1] ?? [];
    return new Table(new Map(columns.map(([name, values]) => [name, toColumn(values)])));
  }

  /** Its class, options and what it has learnt, as `console.log` prints it. */
  toString(): string {
    return transformText(this.toJSON());
  }

  toJSON(): TransformJSON {
    return {
      type: OneHotEncoder.type,
      handleUnknown: this.#handleUnknown,
      drop: this.#drop,
      isTable: this.#isTable,
      names: this.#fitted.map(({ name }) => name),
      categories: this.categories,
    };
  }

  /** The encoder that {@link toJSON} was called on. @throws DataError for anything else */
  static fromJSON(json: TransformJSON): OneHotEncoder {
    const reader = new JsonReader(OneHotEncoder.type, json);
    const encoder = new OneHotEncoder({
      handleUnknown: reader.oneOf('handleUnknown', ['error', 'ignore']),
      drop: reader.has('drop') ? reader.oneOf<'first'>('drop', ['first']) : null,
    });
    const categories = reader.list('categories');
    encoder.#fitted = reader
      .texts('names')
      .map((name, j) => ({ name, categories: reader.values('categories', categories[j]) }));
    encoder.#isTable = reader.boolean('isTable');
    return encoder;
  }

  #kept(categories: readonly (string | number)[]): readonly (string | number)[] {
    return this.#drop === null ? categories : categories.slice(1);
  }

  #mark(
    data: Float64Array,
    values: ArrayLike<string | number | null>,
    column: {
      readonly offset: number;
      readonly width: number;
      readonly name: string;
      readonly all: readonly (string | number)[];
      readonly categories: readonly (string | number)[];
    },
  ): void {
    const { offset, width, name, all, categories } = column;
    const places = new Map(categories.map((category, j) => [String(category), j]));
    const known = new Set(all.map(String));
    const problems = new ProblemList();
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? null;
      const place = value === null ? undefined : places.get(String(value));
      if (place !== undefined) data[i * width + offset + place] = 1;
      else if (value === null || Number.isNaN(value)) problems.add({ message: `example ${i}: no value` });
      else if (this.#handleUnknown === 'error' && !known.has(String(value)))
        problems.add({ message: `example ${i}: ${show(value)}` });
    }
    problems.check(
      `[${nameOf(name)}] ${problems.count} of ${values.length} values are missing, or not among the categories ${someOf(all)}:`,
      { hint: "{ handleUnknown: 'ignore' } makes zeros of unknown ones; an Imputer fills in missing ones." },
    );
  }

  #requireFitted(): readonly Fitted[] {
    if (this.#fitted.length === 0) throw notFitted(OneHotEncoder.type);
    return this.#fitted;
  }
}

/** What errors call the encoder of a column. */
function nameOf(column: string): string {
  return column === '' ? 'OneHotEncoder' : `OneHotEncoder, column '${column}'`;
}

function columnsOf(
  values: Categories,
  names?: readonly string[],
): { name: string; values: ArrayLike<string | number | null> }[] {
  if (!(values instanceof Table)) {
    requireList('OneHotEncoder', 'values', values);
    return [{ name: '', values }];
  }
  if (values.names.length === 0) throw new DataError('[OneHotEncoder] the table has no columns.');
  return (names ?? values.names).map((name) => ({ name, values: values.column(name) }));
}

function toColumn(values: readonly (string | number | null)[]): Column {
  if (values.some((value) => typeof value === 'string'))
    return { type: 'string', values: values.map((value) => (value === null ? null : String(value))) };
  return { type: 'number', values: Float64Array.from(values, (value) => (value === null ? NaN : Number(value))) };
}
