/** Initial distributions of weights. */
export { kaimingNormal, kaimingUniform, xavierNormal, xavierUniform, type KaimingOptions } from './initialization.ts';
