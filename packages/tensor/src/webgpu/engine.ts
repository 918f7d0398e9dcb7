/** What is loaded when a WebGPU device has been found: the compiler and the backend. */
import { compilingEngine } from '../compiler/engine.ts';
import type { Engine } from '../runtime/engine.ts';
import { WebgpuBackend } from './backend.ts';
import type { Acquired } from './device.ts';

export function createWebgpuEngine(acquired: Acquired): Engine {
  const backend = new WebgpuBackend(acquired);
  return compilingEngine(backend, async () => (await import('../compiler/observe.ts')).observerOf(backend));
}
