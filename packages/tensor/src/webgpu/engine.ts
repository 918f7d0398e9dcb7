/** What is loaded when a WebGPU device has been found: the compiler and the backend. */
import { compilingEngine } from '../compiler/engine.ts';
import { withoutListed } from '../compiler/optimisations.ts';
import type { Engine } from '../runtime/engine.ts';
import { WebgpuBackend } from './backend.ts';
import type { Acquired } from './device.ts';

/** `leftOut` lists optimisations. */
export function createWebgpuEngine(acquired: Acquired, leftOut: string | undefined): Engine {
  const without = withoutListed(leftOut, 'webgpu');
  const backend = new WebgpuBackend(acquired);
  return compilingEngine(backend, without, async () =>
    (await import('../compiler/observe.ts')).observerOf(backend, without),
  );
}
