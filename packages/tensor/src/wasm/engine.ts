/** What is loaded when the WebAssembly device is chosen: the compiler and the backend. */
import { compilingEngine } from '../compiler/engine.ts';
import type { Without } from '../compiler/optimisations.ts';
import type { Engine } from '../runtime/engine.ts';
import { createWasmBackend } from './backend.ts';

export { withoutListed } from '../compiler/optimisations.ts';

/** `threads` share the work of what is large, where there can be any; `flags` of V8 have been set. */
export function createWasmEngine(threads: number, flags: readonly string[], without: Without): Engine {
  const multiplyAddLimit = async (): Promise<number> => (await import('./limit.ts')).multiplyAddsPerSecond();
  const backend = createWasmBackend({ threads, flags, without, multiplyAddLimit });
  return compilingEngine(backend, without, async () =>
    (await import('../compiler/observe.ts')).observerOf(backend, without),
  );
}
