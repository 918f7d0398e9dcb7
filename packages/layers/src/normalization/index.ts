/** Normalisation. */
export { BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './batch-norm.ts';
export { GroupNorm, type GroupNormOptions } from './group-norm.ts';
export { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type InstanceNormOptions } from './instance-norm.ts';
export { LayerNorm, type LayerNormOptions } from './layer-norm.ts';
export {
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
  LazyInstanceNorm1d,
  LazyInstanceNorm2d,
  LazyInstanceNorm3d,
} from './lazy-norms.ts';
export { LocalResponseNorm } from './local-response-norm.ts';
export { RMSNorm, type RMSNormOptions } from './rms-norm.ts';
export type { StatisticsOptions } from './with-statistics.ts';
export { SpectralNorm, type SpectralNormOptions } from './spectral-norm.ts';
export { WeightNorm, type WeightNormOptions } from './weight-norm.ts';
