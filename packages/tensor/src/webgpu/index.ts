export { createWebgpuBackend } from './backend.ts';
export { DeviceLostError, WebgpuError } from './errors.ts';
