/** `@hebb/losses`: loss functions, recorded as graph. */
export { crossEntropy, type CrossEntropyOptions } from './cross-entropy.ts';
export { binaryCrossEntropyWithLogits, type BinaryCrossEntropyOptions } from './binary-cross-entropy.ts';
export {
  meanAbsoluteError,
  meanAbsoluteError as l1Loss,
  meanSquaredError,
  meanSquaredError as mseLoss,
} from './regression.ts';
export type { Reduction, ReductionOptions } from './reduction.ts';
