/**
 * What the worker of a device runs: `setDevice('wasm', { worker })` of a worker whose file imports it. Nothing here is loaded with import(), which bundlers refuse in
 * workers unless they are told to make modules of them.
 */
import { compilingEngine } from './compiler/engine.ts';
import { serveEngine } from './remote/serve.ts';
import type { Line } from './remote/wire.ts';
import { createWasmBackend } from './wasm/backend.ts';

serveEngine(globalThis as unknown as Line, (threads) => compilingEngine(createWasmBackend({ threads })));
