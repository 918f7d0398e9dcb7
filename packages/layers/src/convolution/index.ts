/** Convolutions. */
export { Conv1d, Conv2d, Conv3d } from './convolution.ts';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './transposed.ts';
export { SeparableConv1d, SeparableConv2d, SeparableConv3d, type SeparableConvOptions } from './separable.ts';
export {
  LazyConv1d,
  LazyConv2d,
  LazyConv3d,
  LazyConvTranspose1d,
  LazyConvTranspose2d,
  LazyConvTranspose3d,
} from './lazy-convolution.ts';
export { Fold, Unfold, type ColumnOptions } from './columns.ts';
export type { ConvOptions, ConvTransposeOptions } from './settings.ts';
