/** Streams over what JavaScript can iterate: arrays, and generators that a function makes anew. */
import type { JsonValue } from '../batches.ts';
import { DataError, show } from '../errors.ts';
import { after, end, partsOf, requireCount, type Reader, type Step, type StreamSource } from './reader.ts';

/** What `for await` takes. */
export type Elements<T> = Iterable<T> | AsyncIterable<T>;

/** Of iterables nothing is known but their order: a position is a number of elements, and is reached by passing over that many. */
export function iterableSource<T>(iterate: (context: { readonly epoch: number }) => Elements<T>): StreamSource<T> {
  return { type: 'iterable', open: (epoch, position) => iterableReader(() => iterate({ epoch }), position) };
}

function iterableReader<T>(iterate: () => Elements<T>, position?: JsonValue): Reader<T> {
  let skip = position === undefined ? 0 : requireCount('stream', partsOf('stream', position, ['at']).at);
  let at = skip;
  let iterator: Iterator<T> | AsyncIterator<T> | undefined;
  let isEnded = false;
  const take = (result: IteratorResult<T>): Step<T> => {
    if (result.done === true) {
      isEnded = true;
      return end;
    }
    return result.value;
  };
  const next = (): Step<T> | Promise<Step<T>> => {
    if (isEnded) return end;
    iterator ??= iteratorOf(iterate());
    for (; skip > 0; skip--) {
      const step = after(iterator.next(), take);
      if (step instanceof Promise) return passOver();
      if (step === end) return end;
    }
    at++;
    return after(iterator.next(), take);
  };
  /** The same where each element has to be waited for; the first of them is passed already. */
  const passOver = async (): Promise<Step<T>> => {
    while (--skip > 0) if (take(await (iterator as AsyncIterator<T>).next()) === end) skip = 0;
    return next();
  };
  return {
    next,
    position: () => ({ at }),
    close: async () => {
      if (!isEnded) await iterator?.return?.();
    },
  };
}

function iteratorOf<T>(elements: Elements<T>): Iterator<T> | AsyncIterator<T> {
  if (isIterable(elements)) return elements[Symbol.iterator]();
  if (isAsyncIterable(elements)) return elements[Symbol.asyncIterator]();
  throw new DataError(`[stream] the function must return an iterable or an async iterable, got ${show(elements)}.`, {
    hint: 'A generator function does: stream(async function* () { yield … }).',
  });
}

/** Throws DataError unless this can be read again and again. */
export function requireRestartable(elements: unknown): asserts elements is Elements<unknown> {
  if (!isIterable(elements) && !isAsyncIterable(elements)) {
    throw new DataError(
      `[stream] expected an iterable, a function that makes one, or a source with open(epoch, position), got ${show(elements)}.`,
    );
  }
  const iterator: unknown = elements;
  if (typeof (iterator as Partial<Iterator<unknown>>).next === 'function') {
    throw new DataError(
      '[stream] got an iterator, which can be read once only; every epoch reads a stream from its start.',
      {
        hint: 'Pass the function that makes it: stream(() => lines()), or stream(async function* () { … }).',
      },
    );
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
