/**
 * What a stream is made of: readers that are asked for one element after another, and say where they stand when asked. An element comes at once
 * where it is there, so that a million rows do not cost a million turns of the event loop; a promise comes where something has to be read.
 */
import type { JsonValue } from '../batches.ts';
import { DataError, messageOf, show } from '../errors.ts';

/** What a {@link Reader} gives where there is nothing more. */
export const end: unique symbol = Symbol('end of the stream');

export type Step<T> = T | typeof end;

/** One pass over a stream. Only one call is under way at a time. */
export interface Reader<T> {
  /** The next element, or `end`, then and ever after; a promise only where it has to be waited for. */
  next(): Step<T> | Promise<Step<T>>;
  /** JSON. A reader opened there gives what `next` would give now. */
  position(): JsonValue;
  /** Where the element that `next` gave last comes from, for errors: `people.csv, line 12`. */
  place?(): string | undefined;
  /** Closes what is open. Called once, also after an error. */
  close(): void | Promise<void>;
}

/** Where streams begin: what can be read from its start or from a position, as often as is asked. */
export interface StreamSource<T> {
  /** What errors and saved states call it, a literal: `'csvStream'`. */
  readonly type: string;
  /**
   * Opens it, at a `position` that one of its readers gave in the same epoch, or at its start. What comes may depend on the epoch, and on nothing else.
   * What takes time (opening a file) belongs into the first `next`.
   */
  open(epoch: number, position?: JsonValue): Reader<T>;
}

/** Calls `f` with a value, now or when it is there. */
export function after<T, U>(value: T | Promise<T>, f: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(f) : f(value);
}

/** What a stage that hands its elements on as they come has of the reader that it reads. */
export function through(source: Reader<unknown>): Pick<Reader<unknown>, 'position' | 'place' | 'close'> {
  return {
    position: () => source.position(),
    place: () => source.place?.(),
    close: () => source.close(),
  };
}

/**
 * Calls a function of the user with an element. What it throws is told with the place of that element, where there is one; a promise of any
 * kind is one of ours afterwards.
 */
export function call<T, U>(
  where: string,
  source: Reader<unknown>,
  f: (value: T) => U | PromiseLike<U>,
  value: T,
): U | Promise<U> {
  let result: U | PromiseLike<U>;
  try {
    result = f(value);
  } catch (cause) {
    throw located(where, source, cause);
  }
  if (!isPromise(result)) return result;
  return Promise.resolve(result).catch((cause: unknown) => {
    throw located(where, source, cause);
  });
}

function isPromise<U>(value: U | PromiseLike<U>): value is PromiseLike<U> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** An error with the place in the file in front; the error itself where no place is known. */
export function located(where: string, source: Reader<unknown>, cause: unknown): unknown {
  const place = source.place?.();
  if (place === undefined) return cause;
  const message = messageOf(cause).replace(`[${where}] `, '');
  return new DataError(`[${where}] ${place}: ${message}.`, { cause });
}

/** The parts of a position that a stage wrote. @throws DataError where it is another stage's */
export function partsOf<K extends string>(
  where: string,
  position: JsonValue,
  names: readonly K[],
): Readonly<Record<K, JsonValue>> {
  const isOurs =
    typeof position === 'object' && position !== null && names.every((name) => Object.hasOwn(position, name));
  if (!isOurs) throw foreign(where, position);
  return position as Readonly<Record<K, JsonValue>>;
}

/** @throws DataError unless a part of a position is an integer from 0 */
export function requireCount(where: string, value: JsonValue): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw foreign(where, value);
  return value;
}

function foreign(where: string, position: JsonValue): DataError {
  const given = typeof position === 'object' && position !== null ? JSON.stringify(position) : show(position);
  return new DataError(`[${where}] the cursor is not one of this stream: it has ${given} here.`, {
    hint: 'A cursor fits the stream that gave it, with the same stages in the same order.',
  });
}
