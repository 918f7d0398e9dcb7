/**
 * What the worker of a device runs. An entry of its own, since it is the compiler and WebAssembly's backend, which a page with such a worker does not load. Nothing here is loaded with import(), which
 * bundlers refuse in workers unless they are told to make modules of them.
 */
import { compilingEngine } from './compiler/engine.ts';
import { DeviceError } from './graph/errors.ts';
import { serveEngine } from './remote/serve.ts';
import type { Line, Locks } from './remote/wire.ts';
import { createWasmBackend } from './wasm/backend.ts';

/**
 * Computes for the page that this worker belongs to: `setDevice('wasm', { worker })`. Call it once, in the file of the worker. Throws {@link DeviceError} elsewhere.
 *
 * ```js
 * import { serveDevice } from 'hebb/worker';
 *
 * serveDevice();
 * ```
 */
export function serveDevice(): void {
  if (typeof (globalThis as Partial<Line>).addEventListener !== 'function' || typeof document !== 'undefined') {
    throw new DeviceError('[serveDevice] computes for a page, in a worker of it, which this is not.', {
      hint: "new Worker(new URL('./device.js', import.meta.url), { type: 'module' }) in the page, with serveDevice() in device.js. In Node, threads share the work: setDevice('wasm', { threads: 2 }).",
    });
  }
  const { locks } = navigator as { readonly locks?: Locks };
  serveEngine(globalThis as unknown as Line, (threads) => compilingEngine(createWasmBackend({ threads })), locks);
}
