/** `@hebb/losses`: loss functions, recorded as graph. */
export {
  huberLoss,
  meanAbsoluteError,
  meanAbsoluteError as l1Loss,
  meanSquaredError,
  meanSquaredError as mseLoss,
  smoothL1Loss,
  type HuberOptions,
  type SmoothL1Options,
} from './regression.ts';
export { crossEntropy, nllLoss, type CrossEntropyOptions, type NllLossOptions } from './cross-entropy.ts';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
} from './binary-cross-entropy.ts';
export { ctcLoss, type CtcLossOptions, type SequenceLengths } from './ctc.ts';
export { focalLoss, sigmoidFocalLoss, type FocalLossOptions, type SigmoidFocalLossOptions } from './focal.ts';
export {
  gaussianNllLoss,
  poissonNllLoss,
  type GaussianNllLossOptions,
  type PoissonNllLossOptions,
} from './likelihood.ts';
export { gaussianKlDivergence, klDiv, type KlDivOptions } from './divergence.ts';
export { evidenceLowerBoundLoss, type EvidenceLowerBoundOptions } from './evidence-lower-bound.ts';
export {
  hingeEmbeddingLoss,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
  type MarginOptions,
  type MultilabelSoftMarginLossOptions,
  type MultiMarginLossOptions,
} from './margins.ts';
export {
  cosineEmbeddingLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
  type DistanceFunction,
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
  type TripletOptions,
} from './metric-learning.ts';
export { infoNceLoss, ntXentLoss, type InfoNceOptions, type NtXentOptions } from './contrastive.ts';
export {
  diceLoss,
  tverskyLoss,
  type DiceLossOptions,
  type OverlapOptions,
  type TverskyLossOptions,
} from './overlap.ts';
export {
  gradientPenalty,
  wassersteinCriticLoss,
  wassersteinGeneratorLoss,
  type GradientPenaltyOptions,
} from './wasserstein.ts';
export type { Reduction, ReductionOptions } from './reduction.ts';
