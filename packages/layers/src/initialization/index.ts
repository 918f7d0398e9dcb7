/** Initial distributions of weights. */
export { calculateGain, type Nonlinearity } from './gain.ts';
export {
  kaimingNormal,
  kaimingUniform,
  normal,
  xavierNormal,
  xavierUniform,
  type KaimingOptions,
  type XavierOptions,
} from './initialization.ts';
export {
  dirac,
  orthogonal,
  sparse,
  type DiracOptions,
  type OrthogonalOptions,
  type SparseOptions,
} from './structured.ts';
