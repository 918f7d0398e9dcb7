/** `@hebb/tensor`: tensors, the graph that they record, and the devices that compute it. */
export { Tensor, type ArrayOfRank, type NestedArray, type Operand } from './tensor.ts';
export type { DType } from './graph/types.ts';
export * from './graph/errors.ts';
export type { State, Stateful } from './state.ts';
export {
  arange,
  eye,
  full,
  iota,
  oneHot,
  ones,
  onesLike,
  scalar,
  tensor,
  zeros,
  zerosLike,
  type CreationOptions,
  type ScalarOptions,
  type TensorOptions,
  type TypedArray,
} from './ops/creation.ts';
export {
  bernoulli,
  defaultGenerator,
  Generator,
  manualSeed,
  rand,
  randint,
  randn,
  uniform,
  type GeneratorState,
  type NormalOptions,
  type RandomOptions,
} from './ops/random.ts';
export { relu, sigmoid } from './ops/activations.ts';
export { gelu, type GeluOptions } from './ops/gelu.ts';
export { celu, elu, selu, type EluOptions } from './ops/exponential-units.ts';
export {
  hardshrink,
  hardtanh,
  leakyRelu,
  prelu,
  relu6,
  rrelu,
  softshrink,
  threshold,
  type HardtanhOptions,
  type LeakyReluOptions,
  type RReluOptions,
  type ShrinkOptions,
} from './ops/rectifiers.ts';
export { hardsigmoid, hardswish, mish, silu, softsign, tanhshrink } from './ops/sigmoidal-units.ts';
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  dropPath,
  featureAlphaDropout,
  type DropoutOptions,
} from './ops/dropout.ts';
export { layerNorm, rmsNorm, type RmsNormOptions } from './ops/layer-norm.ts';
export { groupNorm } from './ops/group-norm.ts';
export {
  batchNorm,
  instanceNorm,
  type BatchNormalizationOptions,
  type InstanceNormalizationOptions,
  type RunningOptions,
} from './ops/batch-norm.ts';
export { localResponseNorm, type LocalResponseNormOptions } from './ops/local-response-norm.ts';
export type { AffineOptions } from './ops/standardize.ts';
export { geglu, glu, reglu, swiglu } from './ops/gated-units.ts';
export {
  abs,
  add,
  clamp,
  copySign,
  div,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  rsqrt,
  sign,
  sqrt,
  square,
  sub,
} from './ops/arithmetic.ts';
export { cast, detach } from './ops/casting.ts';
export { and, equal, greater, greaterEqual, less, lessEqual, not, notEqual, or, where } from './ops/comparison.ts';
export { cos, erf, erfc, exp, exp2, expm1, log, log10, log1p, log2, sin, tanh } from './ops/elementary.ts';
export { ceil, floor, round, trunc } from './ops/rounding.ts';
export { frac, isFinite, isInf, isNaN, lerp, nanToNum, type NanToNumOptions } from './ops/floats.ts';
export { acosh, asinh, atanh, cosh, sinh } from './ops/hyperbolic.ts';
export {
  bitcast,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  floorDivide,
  fmod,
  remainder,
  signBit,
} from './ops/integers.ts';
export {
  digamma,
  erfinv,
  lgamma,
  logSigmoid,
  polygamma,
  softplus,
  xlogy,
  type SoftplusOptions,
} from './ops/special.ts';
export { acos, asin, atan, atan2, hypot, tan } from './ops/trigonometry.ts';
export {
  broadcastTo,
  concat,
  flatten,
  flip,
  narrow,
  permute,
  reshape,
  slice,
  squeeze,
  stack,
  transpose,
  unsqueeze,
} from './ops/movement.ts';
export { linspace, logspace, meshgrid, type LogspaceOptions, type MeshgridOptions } from './ops/grids.ts';
export { diag, diagonal, trace, tril, triu } from './ops/diagonals.ts';
export { pad, type PaddingMode, type PadOptions } from './ops/padding.ts';
export { moveAxis, roll, rot90, unflatten } from './ops/rearranging.ts';
export { repeat, repeatInterleave, tile } from './ops/repeating.ts';
export { chunk, split, unbind } from './ops/splitting.ts';
export {
  argmax,
  argmin,
  max,
  mean,
  min,
  prod,
  std,
  sum,
  variance,
  type ReduceOptions,
  type VarianceOptions,
} from './ops/reduce.ts';
export {
  amax,
  amin,
  aminmax,
  maxWithIndices,
  minWithIndices,
  type Extremes,
  type ValuesWithIndices,
} from './ops/extremes.ts';
export { allClose, equals, isClose, type CloseOptions } from './ops/closeness.ts';
export { all, any, countNonZero } from './ops/counting.ts';
export { norm, normalize, type NormalizeOptions, type NormOptions } from './ops/norms.ts';
export {
  cdist,
  cosineSimilarity,
  pairwiseDistance,
  pdist,
  type CosineSimilarityOptions,
  type DistanceOptions,
  type PairwiseDistanceOptions,
} from './ops/distances.ts';
export { logSumExp } from './ops/log-sum-exp.ts';
export { nanMean, nanSum } from './ops/nan-reduce.ts';
export { cond, whileLoop, type WhileLoopOptions } from './ops/control-flow.ts';
export { median, mode, quantile, type Interpolation, type QuantileOptions } from './ops/order-statistics.ts';
export {
  bucketize,
  histogram,
  searchSorted,
  type Histogram,
  type HistogramOptions,
  type SearchOptions,
} from './ops/searching.ts';
export { unique, type UniqueElements } from './ops/unique.ts';
export { gumbelSoftmax, type GumbelSoftmaxOptions } from './ops/gumbel-softmax.ts';
export { exponential, gumbel, permutation, truncatedNormal, type TruncatedNormalOptions } from './ops/sampling.ts';
export { multinomial, type MultinomialOptions } from './ops/multinomial.ts';
export { beta, gamma } from './ops/gamma-sampling.ts';
export { binomial, poisson } from './ops/counts.ts';
export { argSort, sort, topK, type SortOptions, type TopElementsOptions } from './ops/sorting.ts';
export { cummax, cummin, cumprod, cumsum, logCumSumExp, type CumulativeOptions } from './ops/cumulative.ts';
export { scan, type ScanOptions } from './ops/scan.ts';
export {
  gather,
  indexAdd,
  indexCopy,
  indexSelect,
  scatter,
  scatterAdd,
  scatterReduce,
  take,
  takeAlongAxis,
  type IndexAddOptions,
  type ScatterReduceOptions,
  type ScatterReduction,
} from './ops/indexing.ts';
export { maskedFill, maskedScatter, maskedSelect, nonZero } from './ops/masks.ts';
export { segmentMax, segmentMean, segmentMin, segmentSoftmax, segmentSum } from './ops/segments.ts';
export { embedding, embeddingBag, type EmbeddingBagOptions, type EmbeddingOptions } from './ops/embedding.ts';
export { setAt, type Selection, type SetAtOptions } from './ops/assignment.ts';
export type { Positions } from './ops/positions.ts';
export { logSoftmax, softmax, softmin } from './ops/softmax.ts';
export { matmul } from './ops/linalg.ts';
export { cross, dot, kron, matrixPower, outer, tensordot } from './ops/products.ts';
export { triangularSolve, type TriangularSolveOptions } from './ops/triangular.ts';
export { cholesky, type CholeskyOptions } from './ops/cholesky.ts';
export { eigh, type Eigendecomposition } from './ops/eigh.ts';
export { inverse, solve } from './ops/solve.ts';
export { lstsq } from './ops/lstsq.ts';
export { matrixRank, pinv, type RankOptions } from './ops/pinv.ts';
export { qr, type QrFactors, type QrOptions } from './ops/qr.ts';
export { matrixNorm, type MatrixNormOptions, type MatrixNormOrder } from './ops/matrix-norms.ts';
export { singularValues, symmetricEigenvalues } from './ops/spectra.ts';
export { svd, type SingularValueDecomposition, type SvdOptions } from './ops/svd.ts';
export { determinant, logdet, slogdet, type SignAndLogarithm } from './ops/determinant.ts';
export { einsum } from './ops/einsum.ts';
export { fft, ifft, irfft, rfft, type FourierOptions } from './ops/fft.ts';
export { fft2, fftn, ifft2, ifftn, irfft2, irfftn, rfft2, rfftn, type FourierAxesOptions } from './ops/fft-axes.ts';
export type { FourierNorm } from './ops/fourier.ts';
export { istft, stft, type IstftOptions, type StftOptions } from './ops/stft.ts';
export {
  bartlettWindow,
  blackmanWindow,
  hammingWindow,
  hannWindow,
  kaiserWindow,
  type HammingWindowOptions,
  type KaiserWindowOptions,
  type WindowFunctionOptions,
} from './ops/window-functions.ts';
export { melFilterBank, type MelFilterBankOptions } from './ops/mel-filter-bank.ts';
export { conv1d, conv2d, conv3d, type ConvolutionOptions } from './ops/convolution.ts';
export {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type TransposedConvolutionOptions,
} from './ops/transposed-convolution.ts';
export { fold, unfold, type WindowOptions } from './ops/windows.ts';
export {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool1dWithIndices,
  maxPool2d,
  maxPool2dWithIndices,
  maxPool3d,
  maxPool3dWithIndices,
  type AveragePoolingOptions,
  type PoolingOptions,
} from './ops/pooling.ts';
export { lpPool1d, lpPool2d, lpPool3d, type LpPoolingOptions } from './ops/lp-pooling.ts';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d, type UnpoolingOptions } from './ops/unpooling.ts';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
  type AdaptiveSize,
} from './ops/adaptive-pooling.ts';
export {
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
  type FractionalPoolingOptions,
} from './ops/fractional-pooling.ts';
export { linear } from './ops/linear.ts';
export { bilinear, type BilinearOptions } from './ops/bilinear.ts';
export { scaledDotProductAttention, type AttentionOptions } from './ops/attention.ts';
export { interpolate, type InterpolateOptions, type InterpolationMode } from './ops/interpolate.ts';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from './ops/pixel-shuffle.ts';
export { affineGrid, gridSample, type AffineGridOptions, type GridSampleOptions } from './ops/grid-sample.ts';
export { composite, type CompositeOptions } from './ops/composite.ts';
export type { CompositeAttributes, CompositeDefinition } from './ops/compose.ts';
export { compositeResults, type SeveralDefinition } from './ops/composite-results.ts';
export { formatTensor } from './prompt/format-tensor.ts';
export type { TensorDescription } from './prompt/prompt.ts';
export type { FormatOptions } from './prompt/format.ts';
export { decodeNpy, encodeNpy } from './numpy/npy.ts';
export { decodeNpz, encodeNpz } from './numpy/npz.ts';
export { assign, variable, type AssignOptions, type VariableOptions } from './runtime/cell.ts';
export { compile, type CompiledArgument, type CompiledResult } from './runtime/capture.ts';
export { dryRun } from './runtime/dry-run.ts';
export { currentRecording, guard } from './runtime/recording.ts';
export { device, type DeviceName, type DeviceOptions, type DeviceStats } from './runtime/device.ts';
export type { TensorData } from './runtime/host-array.ts';
export { realize, setDevice } from './runtime/realize.ts';
export {
  profile,
  type ChromeTrace,
  type Profile,
  type ProfiledKernel,
  type ProfiledRun,
  type ProfileOptions,
  type TraceEvent,
} from './profiler/profile.ts';
export { explain, type ExplainedKernel, type ExplainedPlan, type Explanation } from './profiler/explain.ts';
export type { Boundary, DeviceLimits, KernelDescription, PlanDescription, Recomputed } from './runtime/observation.ts';
export type { Origin } from './graph/origins.ts';
