/**
 * Turns of the event loop. A loop that awaits only values which are there at once (WebAssembly computes synchronously) never leaves its
 * microtask: no timer fires, no signal is handled, no page is painted, and the engine keeps every target of a WeakRef alive. Reading a value
 * therefore gives the event loop a turn now and then.
 */

/** Longest time, in milliseconds, that reads go on without a turn. */
const patience = 8;

let lastTurn = 0;

function turn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
  if (setImmediate !== undefined) return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}

/** A turn of the event loop, where the last one was a while ago. */
export function breath(): Promise<void> | undefined {
  return performance.now() - lastTurn < patience ? undefined : breathe();
}

async function breathe(): Promise<void> {
  await turn();
  lastTurn = performance.now();
}
