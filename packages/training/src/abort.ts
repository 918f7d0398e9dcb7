/** Waiting that a signal ends. */

/** In the place of a result, where the signal came first. */
export const aborted: unique symbol = Symbol('aborted');

/** The result of a promise, or the sign that the signal came first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | typeof aborted> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      promise.catch(() => undefined);
      resolve(aborted);
    };
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The same elements; where the signal comes first, also while one is waited for that never comes, throws its reason. */
export async function* untilAborted<T>(
  elements: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const iterator = elements[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await unlessAborted(iterator.next(), signal);
      if (result === aborted) throw signal?.reason;
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    // Not awaited: a generator that waits for what never comes does not return either.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
