/** What is loaded when the WebAssembly device is chosen: the compiler and the backend. */
import { compilingEngine } from '../compiler/engine.ts';
import type { Engine } from '../runtime/engine.ts';
import { createWasmBackend } from './backend.ts';

export function createWasmEngine(): Engine {
  return compilingEngine(createWasmBackend());
}
