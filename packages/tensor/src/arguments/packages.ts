/** The face of this folder for Hebb's other packages. */
export * from './index.ts';
export { checkOptions, nearest, requireOptions } from './of-packages.ts';
