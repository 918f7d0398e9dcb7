/** Letting the rest of the program run: signals, timers, repaints. */

/** Resolves in a later turn of the event loop, without the delay of a timer. */
function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => void setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const listener = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', listener, { once: true });
    port1.start();
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
