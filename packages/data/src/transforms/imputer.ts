/** Missing values filled in. */
import { oneOf, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { format, requireArray, sizeOf, whole, type NumericArray } from '../arrays.ts';
import { DataError, show } from '../errors.ts';
import { printable, transformText } from '../print.ts';
import { classesOf } from '../labels.ts';
import { Table, type Column } from '../table.ts';
import { JsonReader, notFitted, numberToJSON, type Transform, type TransformJSON } from './transform.ts';

export type ImputeStrategy = 'mean' | 'median' | 'mostFrequent' | 'constant';

export interface ImputerOptions {
  /** What stands for a missing value: a number of its feature's others (of equally frequent ones the smallest), or `fillValue`. Default `'mean'`. */
  strategy?: ImputeStrategy;
  /** For `'constant'`: a number, or for columns of strings a text. */
  fillValue?: number | string;
}

const strategies: readonly ImputeStrategy[] = ['mean', 'median', 'mostFrequent', 'constant'];
const imputerOptions: OptionNames<ImputerOptions> = { strategy: oneOf(...strategies), fillValue: true };

/**
 * Fills in missing values: NaN in arrays of shape [examples, …features], NaN and null in the columns of a table.
 *
 * Source: `sklearn.impute.SimpleImputer`.
 *
 * ```ts
 * import { Imputer, parseCsv } from '@hebb/data';
 *
 * const x = { data: Float64Array.of(1, 10, NaN, 30, 3, NaN), shape: [3, 2] };
 * new Imputer().fitTransform(x).data; // Float64Array [1, 10, 2, 30, 3, 20]
 * const table = parseCsv('city\nBern\n\nBern\nGenf\n');
 * new Imputer({ strategy: 'mostFrequent' }).fit(table).fill; // ['Bern']
 * ```
 *
 * {@link inverseTransform} gives its argument: which values were missing is not known any more. Methods throw DataError for a feature without any value (unless the
 * strategy is `'constant'`), for the mean or median of strings, for data of another width, and before `fit`.
 */
export class Imputer implements Transform<NumericArray | Table, NumericArray | Table> {
  static readonly type = 'Imputer';

  readonly takesTable: boolean = true;
  /** What each feature's missing values become; empty before `fit`. */
  fill: readonly (number | string)[] = [];
  readonly #strategy: ImputeStrategy;
  readonly #fillValue: number | string | undefined;
  /** Of the columns of a table. */
  #names: readonly string[] | undefined;

  constructor(options: ImputerOptions = {}) {
    requireOptions('Imputer', options, imputerOptions);
    const { strategy = 'mean', fillValue } = options;
    const isValue = typeof fillValue === 'number' || typeof fillValue === 'string';
    if ((strategy === 'constant') !== isValue || (!isValue && fillValue !== undefined)) {
      throw new DataError(
        `[Imputer] fillValue, a number or a text, belongs to the strategy 'constant', got ${show(fillValue)} with '${strategy}'.`,
        { hint: "new Imputer({ strategy: 'constant', fillValue: 0 })" },
      );
    }
    this.#strategy = strategy;
    this.#fillValue = fillValue;
    printable(this);
  }

  fit(x: NumericArray | Table): this {
    if (x instanceof Table) {
      if (x.length === 0) throw new DataError('[Imputer] fit takes at least one example, got an empty table.');
      this.#names = x.names;
      this.fill = x.names.map((name) => this.#fillOf(`column '${name}'`, x.column(name)));
      return this;
    }
    requireArray('Imputer', x);
    if (x.shape.length === 0 || x.data.length === 0)
      throw new DataError(`[Imputer] fit takes at least one example, got ${format(x)}.`);
    const width = sizeOf(x.shape.slice(1));
    const length = x.data.length / width;
    this.#names = undefined;
    this.fill = Array.from({ length: width }, (_, j) =>
      this.#fillOf(
        `feature ${j}`,
        Float64Array.from({ length }, (_, i) => x.data[i * width + j] ?? NaN),
      ),
    );
    return this;
  }

  transform<X extends NumericArray | Table>(x: X): X extends Table ? Table : NumericArray;
  transform(x: NumericArray | Table): NumericArray | Table {
    if (this.fill.length === 0) throw notFitted(Imputer.type);
    if (x instanceof Table) return this.#fillTable(x);
    requireArray('Imputer', x);
    const width = sizeOf(x.shape.slice(1));
    if (this.#names !== undefined || width !== this.fill.length) {
      const fitted = this.#names === undefined ? `${this.fill.length} features` : 'a table';
      throw new DataError(`[Imputer] fitted on ${fitted}, got ${width}: ${format(x)}.`);
    }
    const { data, shape } = x;
    const filled = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const value = data[i] ?? NaN;
      filled[i] = Number.isNaN(value) ? Number(this.fill[i % width]) : value;
    }
    return whole({ data: filled, shape: [...shape] });
  }

  /** `fit(x).transform(x)`. */
  fitTransform<X extends NumericArray | Table>(x: X): X extends Table ? Table : NumericArray {
    return this.fit(x).transform(x);
  }

  /** The argument as it is. */
  inverseTransform<X extends NumericArray | Table>(x: X): X {
    if (this.fill.length === 0) throw notFitted(Imputer.type);
    return x;
  }

  /** Its class, options and what it has learnt, as `console.log` prints it. */
  toString(): string {
    return transformText(this.toJSON());
  }

  toJSON(): TransformJSON {
    // A text may say NaN, too: numbers that are texts stand in an object.
    const value = (item: number | string): string | number | { number: string } => {
      const json = typeof item === 'number' ? numberToJSON(item) : item;
      return typeof json === 'string' && typeof item === 'number' ? { number: json } : json;
    };
    return {
      type: Imputer.type,
      strategy: this.#strategy,
      fillValue: this.#fillValue === undefined ? null : value(this.#fillValue),
      names: this.#names ?? null,
      fill: this.fill.map(value),
    };
  }

  /** The imputer that {@link toJSON} was called on. @throws DataError for anything else */
  static fromJSON(json: TransformJSON): Imputer {
    const reader = new JsonReader(Imputer.type, json);
    const value = (name: string, item: unknown): number | string => {
      const { number } = Object(item) as { number?: string };
      if (number !== undefined) return reader.numbers(name, [number])[0] ?? NaN;
      return reader.values(name, [item as string])[0] ?? '';
    };
    const imputer = new Imputer({
      strategy: reader.oneOf('strategy', strategies),
      ...(reader.has('fillValue') && { fillValue: value('fillValue', json['fillValue']) }),
    });
    imputer.fill = reader.list('fill').map((item) => value('fill', item));
    imputer.#names = reader.has('names') ? reader.texts('names') : undefined;
    return imputer;
  }

  #fillOf(where: string, values: Float64Array | readonly (string | null)[]): number | string {
    const isText = !(values instanceof Float64Array);
    if (this.#strategy === 'constant') {
      const value = this.#fillValue ?? NaN;
      if ((typeof value === 'string') === isText) return value;
      throw new DataError(
        `[Imputer] ${where} holds ${isText ? 'strings' : 'numbers'}, the fillValue is ${show(value)}.`,
        {
          hint: 'Use an imputer for columns of strings and another for those of numbers.',
        },
      );
    }
    const present = isText
      ? values.filter((value): value is string => value !== null)
      : values.filter((value) => !Number.isNaN(value));
    if (present.length === 0) {
      throw new DataError(`[Imputer] ${where} has no value at all.`, {
        hint: "Leave it out, or fill it in with { strategy: 'constant', fillValue: … }.",
      });
    }
    if (this.#strategy === 'mostFrequent') return mostFrequent(present);
    if (present instanceof Float64Array) return this.#strategy === 'mean' ? mean(present) : median(present);
    throw new DataError(`[Imputer] ${where} holds strings, which have no ${this.#strategy}.`, {
      hint: "new Imputer({ strategy: 'mostFrequent' }) takes the most frequent one.",
    });
  }

  #fillTable(table: Table): Table {
    const names = this.#names;
    if (names === undefined) throw new DataError('[Imputer] fitted on an array, got a table.');
    const columns = names.map((name, j): [string, Column] => {
      const fill = this.fill[j];
      const type = table.typeOf(name);
      if ((type === 'string') !== (typeof fill === 'string'))
        throw new DataError(`[Imputer] column '${name}' was of ${typeof fill}s when fitted, and is of ${type}s.`);
      if (type === 'string') return [name, { type, values: table.strings(name).map((value) => value ?? String(fill)) }];
      return [name, { type, values: table.numbers(name).map((value) => (Number.isNaN(value) ? Number(fill) : value)) }];
    });
    return new Table(new Map(columns));
  }
}

/** In two passes, so that the mean of large numbers keeps its digits. */
function mean(values: Float64Array): number {
  const first = values.reduce((sum, value) => sum + value, 0) / values.length;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? NaN) + upper) / 2;
}

function mostFrequent(values: Float64Array | readonly string[]): number | string {
  const counts = new Map<number | string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const highest = Math.max(...counts.values());
  const [smallest = NaN] = classesOf(
    'Imputer',
    [...counts].filter(([, n]) => n === highest).map(([value]) => value),
  );
  return smallest;
}
