/** Letting the rest of the program run: signals, timers, repaints. */

/** Resolves in a later turn of the event loop, without the delay of a timer. */
export function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => void setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** A function that gives way to other tasks when `milliseconds` have passed since it last did. */
export function breather(milliseconds: number): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < milliseconds) return undefined;
    return nextTask().then(() => {
      last = performance.now();
    });
  };
}
