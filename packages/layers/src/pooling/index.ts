/** Pooling. */
export { MaxPool1d, MaxPool2d, MaxPool3d, type MaxPoolOptions } from './max-pooling.ts';
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d, type MaxUnpoolOptions } from './unpooling.ts';
export { AvgPool1d, AvgPool2d, AvgPool3d, type AvgPoolOptions } from './average-pooling.ts';
export { LPPool1d, LPPool2d, LPPool3d, type LPPoolOptions } from './lp-pooling.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  type AdaptiveMaxPoolOptions,
} from './adaptive-pooling.ts';
export { FractionalMaxPool2d, FractionalMaxPool3d, type FractionalMaxPoolOptions } from './fractional-pooling.ts';
export type { Pooled, PooledWithIndices } from './pooled.ts';
