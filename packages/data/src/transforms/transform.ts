/** What all transforms have in common, and how the numbers that they learnt become JSON and come back to the last bit. */
import type { JsonValue } from '../batches.ts';
import { DataError, show } from '../errors.ts';

/** A transform as JSON: its class by `type`, its options, and what it has learnt. */
export type TransformJSON = { readonly type: string } & { readonly [name: string]: JsonValue };

/**
 * Learns from training data, then changes any data in the same way. What it has learnt is saved as JSON, `JSON.stringify(transform)`, and
 * {@link transformFromJSON} makes the same transform of it: float64 to the last bit.
 */
export interface Transform<In, Out> {
  /** Learns from `x`, forgetting what it learnt before. */
  fit(x: In): this;
  /** @throws DataError before `fit`, and for data of another width than those */
  transform(x: In): Out;
  /** Undoes `transform`, as far as that can be undone. */
  inverseTransform(y: Out): In;
  toJSON(): TransformJSON;
}

/** Any transform, whatever it takes and gives. */
export interface AnyTransform {
  fit(x: never): unknown;
  transform(x: never): unknown;
  inverseTransform(y: never): unknown;
  toJSON(): TransformJSON;
  /** Whether it takes a whole {@link Table}; others take the matrix of its columns. */
  readonly takesTable?: boolean;
}

/** The class of a transform. */
export interface TransformType {
  /** What stands in the JSON: a literal, which survives minification. */
  readonly type: string;
  /** @param build makes a transform that is part of this one */
  fromJSON(json: TransformJSON, build: (json: JsonValue) => AnyTransform): AnyTransform;
}

export function notFitted(name: string): DataError {
  return new DataError(`[${name}] not fitted yet.`, { hint: 'Call fit(train) first.' });
}

/** A number as JSON: one that it has no word for as a text. */
export function numberToJSON(value: number): number | string {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  return value === 0 ? '-0' : String(value);
}

export function numbersToJSON(values: Iterable<number>): (number | string)[] {
  return Array.from(values, numberToJSON);
}

const spoken: ReadonlySet<JsonValue> = new Set(['NaN', 'Infinity', '-Infinity', '-0']);

/** Reads the parts of a transform's JSON, each of the kind that it must be. */
export class JsonReader {
  readonly #type: string;
  readonly #json: TransformJSON;

  constructor(type: string, json: TransformJSON) {
    this.#type = type;
    this.#json = json;
  }

  has(name: string): boolean {
    return (this.#json[name] ?? null) !== null;
  }

  numbers(name: string, value: JsonValue | undefined = this.#json[name]): Float64Array {
    if (!Array.isArray(value)) throw this.#wrong(name, 'an array of numbers', value);
    const items: readonly JsonValue[] = value;
    return Float64Array.from(items, (item) => {
      if (typeof item !== 'number' && !spoken.has(item)) throw this.#wrong(name, 'an array of numbers', item);
      return Number(item);
    });
  }

  list(name: string): readonly JsonValue[] {
    const value = this.#json[name];
    if (!Array.isArray(value)) throw this.#wrong(name, 'an array', value);
    return value;
  }

  /** Classes, or names: texts and numbers. */
  values(name: string, value: JsonValue | undefined = this.#json[name]): readonly (string | number)[] {
    if (!Array.isArray(value)) throw this.#wrong(name, 'an array of texts or numbers', value);
    const items: readonly JsonValue[] = value;
    return items.map((item) => {
      if (typeof item !== 'string' && typeof item !== 'number')
        throw this.#wrong(name, 'an array of texts or numbers', item);
      return item;
    });
  }

  texts(name: string, value: JsonValue | undefined = this.#json[name]): readonly string[] {
    return this.values(name, value).map((item) => {
      if (typeof item !== 'string') throw this.#wrong(name, 'an array of texts', item);
      return item;
    });
  }

  boolean(name: string): boolean {
    const value = this.#json[name];
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false', value);
    return value;
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#json[name];
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw this.#wrong(name, choices.map((each) => `'${each}'`).join(' or '), value);
    return choice;
  }

  /** An error about what the JSON says of `name`. */
  #wrong(name: string, expected: string, given: JsonValue | undefined): DataError {
    return new DataError(`[${this.#type}] the JSON's ${name} must be ${expected}, got ${show(given)}.`, {
      hint: 'It is what toJSON() of a transform gave, or JSON.parse of what JSON.stringify made of one.',
    });
  }
}
