/** Things that are made ahead of their use, several at once, and handed out in order. */

export interface AheadOptions {
  /** How many are being made at once, at most. 0: none before it is asked for. */
  readonly workers: number;
  /** How many are made, or being made, before they are asked for. Default: twice as many as workers where `make` returns a promise, else 0. */
  readonly prefetch: number | undefined;
}

/**
 * What `make` makes of the numbers from `start` to `end - 1`, in this order however long each takes. A failure is told in its turn, after those before
 * it have been handed out; nothing new is begun once the reader has stopped.
 */
export async function* madeAhead<T>(
  start: number,
  end: number,
  make: (index: number) => T | Promise<T>,
  { workers, prefetch }: AheadOptions,
): AsyncGenerator<T, void, undefined> {
  const waiting: Promise<T>[] = [];
  let limit = prefetch;
  let next = start;
  let running = 0;
  let stopped = false;
  const begin = (): void => {
    const index = next++;
    running++;
    const made = attempt(make, index);
    limit ??= made instanceof Promise ? 2 * workers : 0;
    const done = Promise.resolve(made).finally(() => {
      running--;
      fill();
    });
    done.catch(() => undefined); // told in its turn, or not at all
    waiting.push(done);
  };
  const mayBegin = (): boolean => !stopped && next < end && running < workers && waiting.length < (limit ?? 0);
  const fill = (): void => {
    while (mayBegin()) begin();
  };
  try {
    for (let index = start; index < end; index++) {
      if (waiting.length === 0) begin();
      const first = waiting.shift();
      fill();
      yield (await first) as T;
    }
  } finally {
    stopped = true;
  }
}

/** What `make` throws is a failure in its turn, like what it rejects with. */
function attempt<T>(make: (index: number) => T | Promise<T>, index: number): T | Promise<T> {
  try {
    return make(index);
  } catch (error) {
    return Promise.reject(error);
  }
}
