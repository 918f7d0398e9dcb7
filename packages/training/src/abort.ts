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
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
