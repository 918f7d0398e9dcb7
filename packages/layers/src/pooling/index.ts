/** Pooling. */
export { AvgPool2d, MaxPool2d, type AvgPool2dOptions, type MaxPool2dOptions } from './pooling.ts';
