/** Stages that need no memory: each is a reader over another reader. */
import type { JsonValue } from '../batches.ts';
import { DataError, show } from '../errors.ts';
import { Random } from '../random.ts';
import {
  after,
  call,
  end,
  partsOf,
  requireCount,
  through,
  type Reader,
  type Step,
  type StreamSource,
} from './reader.ts';

export function mapReader<T, U>(source: Reader<T>, f: (value: T) => U | PromiseLike<U>): Reader<U> {
  const apply = (step: Step<T>): Step<U> | Promise<Step<U>> => (step === end ? end : call('map', source, f, step));
  return { ...through(source), next: () => after(source.next(), apply) };
}

export function filterReader<T>(source: Reader<T>, keep: (value: T) => unknown): Reader<T> {
  /** The element, or undefined in the place of one that is left out. */
  const decide = (step: Step<T>): { step: Step<T> } | undefined | Promise<{ step: Step<T> } | undefined> => {
    if (step === end) return { step };
    return after(call('filter', source, keep, step), (kept) => (kept ? { step } : undefined));
  };
  const next = (): Step<T> | Promise<Step<T>> => {
    for (;;) {
      const decided = after(source.next(), decide);
      if (decided instanceof Promise) return decided.then((found) => (found === undefined ? next() : found.step));
      if (decided !== undefined) return decided.step;
    }
  };
  return { ...through(source), next };
}

/** Opens the elements that `f` makes of each. The position is that in front of the element being opened, and how many of its parts are out. */
export function flatMapReader<T, U>(
  source: StreamSource<T>,
  f: (value: T) => Iterable<U>,
  epoch: number,
  position?: JsonValue,
): Reader<U> {
  const from = position === undefined ? undefined : partsOf('flatMap', position, ['source', 'part']);
  const reader = source.open(epoch, from?.source);
  let skip = from === undefined ? 0 : requireCount('flatMap', from.part);
  let before = reader.position();
  let part = skip;
  let parts: Iterator<U> | undefined;
  const next = (): Step<U> | Promise<Step<U>> => {
    for (;;) {
      const found = parts?.next();
      if (found?.done === false) {
        part++;
        return found.value;
      }
      parts = undefined;
      if (skip === 0) {
        part = 0;
        before = reader.position();
      }
      const opened = after(reader.next(), (step) =>
        step === end ? end : after(call('flatMap', reader, f, step), begin),
      );
      if (opened instanceof Promise) return opened.then((step) => (step === end ? end : next()));
      if (opened === end) return end;
    }
  };
  const begin = (values: Iterable<U>): undefined => {
    if (typeof (values as Partial<Iterable<U>> | null | undefined)?.[Symbol.iterator] !== 'function') {
      throw new DataError(`[flatMap] the function must return an array or another iterable, got ${show(values)}.`, {
        hint: 'For one element per element there is map; what comes later can be awaited there.',
      });
    }
    parts = values[Symbol.iterator]();
    for (; skip > 0; skip--) parts.next();
  };
  return { ...through(reader), next, position: () => ({ source: before, part }) };
}

/** Elements `first` to `last - 1`: `take` and `skip` are both of this kind. */
export function sliceReader<T>(
  source: StreamSource<T>,
  first: number,
  last: number,
  epoch: number,
  position?: JsonValue,
): Reader<T> {
  const from = position === undefined ? undefined : partsOf('take', position, ['source', 'at']);
  const reader = source.open(epoch, from?.source);
  let at = from === undefined ? 0 : requireCount('take', from.at);
  const count = (step: Step<T>): Step<T> => {
    at++;
    return step;
  };
  const next = (): Step<T> | Promise<Step<T>> => {
    for (;;) {
      if (at >= first) return at < last ? after(reader.next(), count) : end;
      const step = after(reader.next(), count);
      if (step instanceof Promise) return step.then((value) => (value === end ? end : next()));
      if (step === end) return end;
    }
  };
  return { ...through(reader), next, position: () => ({ at, source: reader.position() }) };
}

interface Part<T> {
  readonly source: StreamSource<T>;
  readonly epoch: number;
}

/** One stream after another; `partAt` is undefined behind the last. A part without elements ends an endless chain: others would not have any either. */
export function chainReader<T>(
  partAt: (index: number) => Part<T> | undefined,
  { isEndless, position }: { readonly isEndless: boolean; readonly position?: JsonValue | undefined },
): Reader<T> {
  const from = position === undefined ? undefined : partsOf('concat', position, ['part', 'source']);
  let part = from === undefined ? 0 : requireCount('concat', from.part);
  const open = (at?: JsonValue): Reader<T> | undefined => {
    const found = partAt(part);
    return found?.source.open(found.epoch, at);
  };
  let reader = open(from?.source);
  let isEmpty = from === undefined;
  const goOn = (): Step<T> | Promise<Step<T>> => {
    part++;
    reader = isEndless && isEmpty ? undefined : open();
    isEmpty = true;
    return next();
  };
  const pass = (step: Step<T>): Step<T> | Promise<Step<T>> => {
    if (step === end) return after(reader?.close(), goOn);
    isEmpty = false;
    return step;
  };
  const next = (): Step<T> | Promise<Step<T>> => (reader === undefined ? end : after(reader.next(), pass));
  return {
    next,
    position: () => ({ part, source: reader?.position() ?? null }),
    place: () => reader?.place?.(),
    close: () => reader?.close(),
  };
}

/** The elements whose draw lies in a range: a draw per element, by seed and number, so that every part of a split sees the same. */
export function shareReader<T>(
  source: StreamSource<T>,
  { seed, low, high }: { readonly seed: number; readonly low: number; readonly high: number },
  epoch: number,
  position?: JsonValue,
): Reader<T> {
  const from = position === undefined ? undefined : partsOf('split', position, ['source', 'at']);
  const reader = source.open(epoch, from?.source);
  let at = from === undefined ? 0 : requireCount('split', from.at);
  const isMine = (): boolean => {
    const draw = new Random(seed, at++).float();
    return draw >= low && draw < high;
  };
  const next = (): Step<T> | Promise<Step<T>> => {
    for (;;) {
      const step = reader.next();
      if (step instanceof Promise) return step.then((value) => (value === end || isMine() ? value : next()));
      if (step === end || isMine()) return step;
    }
  };
  return { ...through(reader), next, position: () => ({ at, source: reader.position() }) };
}
