export { createWasmBackend, hasRelaxedSimd, type WasmBackendOptions } from './backend.ts';
