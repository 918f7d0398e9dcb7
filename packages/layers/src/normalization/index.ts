/** Normalisation. */
export { BatchNorm, BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.ts';
export { LazyBatchNorm1d, LazyBatchNorm2d } from './lazy-batch-norm.ts';
