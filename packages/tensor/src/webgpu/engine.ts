/** What is loaded when a WebGPU device has been found: the compiler and the backend. */
import { compilingEngine } from '../compiler/engine.ts';
import type { Without } from '../compiler/optimisations.ts';
import type { Engine } from '../runtime/engine.ts';
import { WebgpuBackend } from './backend.ts';
import type { Acquired } from './device.ts';

export { withoutListed } from '../compiler/optimisations.ts';

export function createWebgpuEngine(acquired: Acquired, without: Without): Engine {
  const backend = new WebgpuBackend(acquired);
  return compilingEngine(backend, without, async () =>
    (await import('../compiler/observe.ts')).observerOf(backend, without),
  );
}
