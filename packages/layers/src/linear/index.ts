/** Linear maps, and layers that change the shape alone. */
export {
  AdaptiveLogSoftmaxWithLoss,
  type AdaptiveLogSoftmaxOptions,
  type AdaptiveLogSoftmaxResult,
} from './adaptive-log-softmax.ts';
export { LazyLinear } from './lazy-linear.ts';
export { Linear, type LinearOptions } from './linear.ts';
export { Bilinear, type BilinearLayerOptions } from './bilinear.ts';
export { CosineSimilarity, PairwiseDistance } from './similarity.ts';
export { Flatten, Identity, Unflatten } from './shape.ts';
