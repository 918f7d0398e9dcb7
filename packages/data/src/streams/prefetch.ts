/** Reading ahead of whoever asks, so that files and servers are waited for while something else computes. */
import type { JsonValue } from '../batches.ts';
import { end, type Reader, type Step } from './reader.ts';

interface Ready<T> {
  readonly step: Step<T>;
  /** The position behind it. */
  readonly position: JsonValue;
}

/** Holds up to `ahead` elements that nobody has asked for yet; an error comes in its place, after the elements in front of it. */
export function prefetchReader<T>(source: Reader<T>, ahead: number): Reader<T> {
  const ready: Ready<T>[] = [];
  let failure: { readonly cause: unknown } | undefined;
  let position = source.position();
  let isClosed = false;
  let isEnded = false;
  let isFilling = false;
  let work: Promise<void> = Promise.resolve();

  let wake: (() => void) | undefined;

  const wantsMore = (): boolean => !isClosed && !isEnded && ready.length < ahead;
  const fill = async (): Promise<void> => {
    isFilling = true;
    try {
      while (wantsMore()) {
        let step = source.next();
        // What is there already does not cost a turn.
        if (step instanceof Promise) step = await step;
        isEnded = step === end;
        ready.push({ step, position: source.position() });
        wake?.();
      }
    } catch (cause) {
      failure = { cause };
    }
    isFilling = false;
    wake?.();
  };
  const start = (): void => {
    if (!isFilling && failure === undefined && wantsMore()) work = fill();
  };

  const next = (): Step<T> | Promise<Step<T>> => {
    const first = ready.shift();
    start();
    if (first !== undefined) {
      position = first.position;
      return first.step;
    }
    if (ready.length > 0) return next();
    if (failure !== undefined) throw failure.cause;
    if (isEnded) return end;
    return new Promise<void>((resolve) => (wake = resolve)).then(() => {
      wake = undefined;
      return next();
    });
  };

  return {
    next,
    position: () => position,
    close: async () => {
      isClosed = true;
      await work;
      await source.close();
    },
  };
}
