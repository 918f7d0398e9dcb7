/** Modules of modules. */
export { Sequential } from './sequential.ts';
