/** Convolutions. */
export { Conv2d, type Conv2dOptions } from './convolution.ts';
export { LazyConv2d } from './lazy-convolution.ts';
