/** The constructors of all public classes, and what of their methods takes arguments. */
import { join } from 'node:path';
import * as hebb from '../../src/index.ts';
import { folder } from './folder.ts';
import {
  aBoolean,
  aChoice,
  anInteger,
  aNumber,
  aTensor,
  aText,
  integers,
  oneOrMore,
  optional,
  options,
  optionsOfLarge,
  other,
  texts,
  aFunction,
  type Kind,
} from './kinds.ts';
import { dataset, edges, functions, model, type KindsOf } from './public-functions.ts';

type Api = typeof hebb;
type AnyClass = new (...args: never[]) => unknown;
/** Classes that programs construct: neither abstract ones nor errors, nor what functions return. */
type Constructed = {
  [K in keyof Api]: Api[K] extends AnyClass ? (InstanceType<Api[K]> extends Error | Made ? never : K) : never;
}[keyof Api];
type Made =
  | hebb.Tensor
  | hebb.ClassificationResult
  | hebb.ClassificationEvaluation
  | hebb.MultiLabelEvaluation
  | hebb.RegressionEvaluation
  | hebb.SequencesEvaluation
  | hebb.ConfusionMatrix
  | hebb.Stream<unknown>
  | hebb.BatchStream;

const { tensor, zeros } = hebb;
const parameters = other(() => [hebb.parameter(tensor([1, 2]))]);
const wrapped = other(() => new hebb.SGD([hebb.parameter(tensor([1, 2]))]));
const groups = other(() => [{ match: /0/, learningRate: 1 }], 'array');
const adam = options<hebb.AdamOptions>({
  groups,
  learningRate: aNumber(0.1),
  betas: other(() => [0.9, 0.99]),
  eps: aNumber(1e-8),
  weightDecay: aNumber(0),
  amsgrad: aBoolean(),
  maximize: aBoolean(),
});
const moments = { groups, learningRate: aNumber(0.1), betas: other(() => [0.9, 0.99]), eps: aNumber(1e-8) };
const ascent = { weightDecay: aNumber(0), maximize: aBoolean() };
const graphNetwork = {
  inputs: anInteger(2),
  outputs: anInteger(2),
  hidden: anInteger(2),
  layers: anInteger(2),
  dropout: aNumber(0),
};
const autoencoding = {
  activation: aChoice('tanh'),
  codeActivation: aChoice('sigmoid'),
  outputActivation: aChoice('sigmoid'),
  noise: aNumber(0),
  masking: aNumber(0),
  sparsity: options<hebb.SparsityOptions>({ penalty: aChoice('kl'), weight: aNumber(1), mean: aNumber(0.1) }),
};
const quantizer = {
  codes: anInteger(4),
  codeSize: anInteger(2),
  codebook: aChoice('loss'),
  commitment: aNumber(0.25),
  decay: aNumber(0.9),
};
const batchNorm = options<hebb.StatisticsOptions>({
  eps: aNumber(1e-5),
  momentum: other(() => 0.1, 'null', '3', '-1', '1.5'),
  affine: aBoolean(true),
  trackRunningStats: aBoolean(true),
});
const spatial = { stride: oneOrMore(1), padding: oneOrMore(0), dilation: oneOrMore(1) };
const lora = { rank: anInteger(1), alpha: aNumber(1), dropout: aNumber(0) };
const transformerLayer = {
  dimFeedforward: anInteger(3),
  dropout: aNumber(0),
  activation: aChoice('gelu'),
  layerNormEps: aNumber(1e-5),
  batchFirst: aBoolean(),
  normFirst: aBoolean(),
};
const convolution = options<hebb.ConvOptions>({
  ...spatial,
  paddingMode: aChoice('reflect'),
  groups: anInteger(1),
  bias: aBoolean(),
});
const transposed = options<hebb.ConvTransposeOptions>({
  ...spatial,
  outputPadding: oneOrMore(0),
  groups: anInteger(1),
  bias: aBoolean(),
});
const separable = options<hebb.SeparableConvOptions>({
  ...spatial,
  paddingMode: aChoice('reflect'),
  depthMultiplier: anInteger(1),
  bias: aBoolean(),
});
const convolutions = {
  convolution: [anInteger(2), anInteger(2), oneOrMore(3), convolution],
  transposed: [anInteger(2), anInteger(2), oneOrMore(3), transposed],
  separable: [anInteger(2), anInteger(2), oneOrMore(3), separable],
  lazy: [anInteger(2), oneOrMore(3), convolution],
  lazyTransposed: [anInteger(2), oneOrMore(3), transposed],
} as const;
const columns = options<hebb.ColumnOptions>(spatial);
const padding = { border: [oneOrMore(1)], constant: [oneOrMore(1), aNumber(2, 'NaN', 'Infinity')] } as const;
const upsampling = {
  size: oneOrMore(4),
  scaleFactor: other(() => undefined), // a size is given
};
const pooling = {
  max: [oneOrMore(2), options<hebb.MaxPoolOptions>({ ...spatial, ceilMode: aBoolean(), returnIndices: aBoolean() })],
  unpool: [oneOrMore(2), options<hebb.MaxUnpoolOptions>({ stride: oneOrMore(2), padding: oneOrMore(0) })],
  average: [
    oneOrMore(2),
    options<hebb.AvgPoolOptions>({
      stride: oneOrMore(2),
      padding: oneOrMore(0),
      ceilMode: aBoolean(),
      countIncludePad: aBoolean(true),
      divisorOverride: aNumber(2),
    }),
  ],
  lp: [aNumber(2), oneOrMore(2), options<hebb.LPPoolOptions>({ stride: oneOrMore(2), ceilMode: aBoolean() })],
  fractional: [
    oneOrMore(2),
    options<hebb.FractionalMaxPoolOptions>(
      {
        outputSize: oneOrMore(2),
        outputRatio: other(() => undefined), // a size is given
        returnIndices: aBoolean(),
      },
      true,
    ),
  ],
  adaptiveAverage: [oneOrMore(2)],
  adaptiveMax: [oneOrMore(2), options<hebb.AdaptiveMaxPoolOptions>({ returnIndices: aBoolean() })],
} as const;
const tableKinds = {
  paddingIndex: anInteger(1),
  maxNorm: aNumber(1),
  normType: aNumber(2),
  scaleGradByFrequency: aBoolean(),
};
const vectors = options<hebb.EmbeddingLayerOptions>(tableKinds);
const recurrent = {
  numLayers: anInteger(2),
  bias: aBoolean(),
  batchFirst: aBoolean(true),
  dropout: aNumber(0.5),
  bidirectional: aBoolean(true),
};
const nonlinearity = aChoice('relu');
const cell = options<hebb.CellOptions>({ bias: aBoolean() });
const lengths = other(() => [2], 'numbers');
const lstmState = (...shape: number[]): Kind =>
  other(() => ({ hidden: hebb.zeros(shape), cell: hebb.zeros(shape) }), 'undefined');
const graphAttention = {
  heads: anInteger(2),
  concat: aBoolean(),
  negativeSlope: aNumber(0.1),
  dropout: aNumber(0.5),
  addSelfLoops: aBoolean(),
  edgeFeatures: anInteger(1),
  bias: aBoolean(),
};
const monitor = { monitor: aText('loss'), goal: aChoice('min') };

const graph = (): hebb.Graph => ({
  nodes: { data: Float32Array.of(1, 2), shape: [2, 1] },
  edges: Int32Array.of(0, 1, 1, 0),
});

export const constructors: {
  readonly [K in Constructed]: Api[K] extends AnyClass ? KindsOf<ConstructorParameters<Api[K]>> : never;
} = {
  Generator: [anInteger(1)],
  AdaptiveLogSoftmaxWithLoss: [
    anInteger(4),
    anInteger(9),
    other(() => [2, 5], 'numbers', 'typed array'),
    options<hebb.AdaptiveLogSoftmaxOptions>({ divValue: aNumber(2), headBias: aBoolean() }),
  ],
  Sequential: [other(() => new hebb.ReLU())],
  ModuleList: [optional(other(() => [new hebb.ReLU()], 'array'))],
  ModuleDict: [other(() => ({ a: new hebb.ReLU() }), 'object')],
  ParameterList: [optional(other(() => [hebb.ones([2])], 'array'))],
  ParameterDict: [other(() => ({ a: hebb.ones([2]) }), 'object')],
  Residual: [
    other(() => new hebb.ReLU()),
    options<hebb.ResidualOptions>({ projection: other(() => new hebb.ReLU()), scale: aNumber(0.5) }),
  ],
  Lambda: [aFunction((x: unknown) => x), options<hebb.LambdaOptions>({ name: aText('identity') })],
  Linear: [anInteger(2), anInteger(3), options<hebb.LinearOptions>({ bias: aBoolean() })],
  Bilinear: [anInteger(2), anInteger(2), anInteger(3), options<hebb.BilinearLayerOptions>({ bias: aBoolean() })],
  CosineSimilarity: [options<hebb.CosineSimilarityOptions>({ axis: anInteger(-1), eps: aNumber(1e-8) })],
  PairwiseDistance: [
    options<hebb.PairwiseDistanceOptions>({ p: aNumber(2, 'Infinity'), eps: aNumber(1e-6), keepDims: aBoolean() }),
  ],
  Unflatten: [anInteger(1), integers(2, -1)],
  Fold: [oneOrMore(4), oneOrMore(2), columns],
  Unfold: [oneOrMore(2), columns],
  ConstantPad1d: padding.constant,
  ConstantPad2d: padding.constant,
  ConstantPad3d: padding.constant,
  ZeroPad1d: padding.border,
  ZeroPad2d: padding.border,
  ZeroPad3d: padding.border,
  ReflectionPad1d: padding.border,
  ReflectionPad2d: padding.border,
  ReflectionPad3d: padding.border,
  ReplicationPad1d: padding.border,
  ReplicationPad2d: padding.border,
  ReplicationPad3d: padding.border,
  CircularPad1d: padding.border,
  CircularPad2d: padding.border,
  CircularPad3d: padding.border,
  PixelShuffle: [anInteger(2)],
  PixelUnshuffle: [anInteger(2)],
  ChannelShuffle: [anInteger(2)],
  Upsample: [
    options<hebb.UpsampleOptions>(
      {
        ...upsampling,
        mode: aChoice('bilinear'),
        alignCorners: aBoolean(),
        recomputeScaleFactor: aBoolean(),
      },
      true,
    ),
  ],
  UpsamplingNearest2d: [options<hebb.UpsamplingOptions>(upsampling, true)],
  UpsamplingBilinear2d: [options<hebb.UpsamplingOptions>(upsampling, true)],
  FractionalMaxPool2d: pooling.fractional,
  FractionalMaxPool3d: pooling.fractional,
  Embedding: [anInteger(4), anInteger(2), vectors],
  EmbeddingBag: [
    anInteger(4),
    anInteger(2),
    options<hebb.EmbeddingBagLayerOptions>({ ...tableKinds, mode: aChoice('sum'), includeLastOffset: aBoolean() }),
  ],
  Conv1d: convolutions.convolution,
  Conv2d: convolutions.convolution,
  Conv3d: convolutions.convolution,
  ConvTranspose1d: convolutions.transposed,
  ConvTranspose2d: convolutions.transposed,
  ConvTranspose3d: convolutions.transposed,
  SeparableConv1d: convolutions.separable,
  SeparableConv2d: convolutions.separable,
  SeparableConv3d: convolutions.separable,
  LazyConv1d: convolutions.lazy,
  LazyConv2d: convolutions.lazy,
  LazyConv3d: convolutions.lazy,
  LazyConvTranspose1d: convolutions.lazyTransposed,
  LazyConvTranspose2d: convolutions.lazyTransposed,
  LazyConvTranspose3d: convolutions.lazyTransposed,
  RNN: [anInteger(2), anInteger(3), options<hebb.RNNOptions>({ ...recurrent, nonlinearity })],
  GRU: [anInteger(2), anInteger(3), options<hebb.RecurrentOptions>(recurrent)],
  LSTM: [anInteger(2), anInteger(3), options<hebb.LSTMOptions>({ ...recurrent, projectionSize: anInteger(2) })],
  RNNCell: [anInteger(2), anInteger(3), options<hebb.RNNCellOptions>({ bias: aBoolean(), nonlinearity })],
  GRUCell: [anInteger(2), anInteger(3), cell],
  LSTMCell: [anInteger(2), anInteger(3), cell],
  LazyLinear: [anInteger(3), options<hebb.LinearOptions>({ bias: aBoolean() })],
  LazyBatchNorm1d: [batchNorm],
  LazyBatchNorm2d: [batchNorm],
  MaxPool1d: pooling.max,
  MaxPool2d: pooling.max,
  MaxPool3d: pooling.max,
  MaxUnpool1d: pooling.unpool,
  MaxUnpool2d: pooling.unpool,
  MaxUnpool3d: pooling.unpool,
  AvgPool1d: pooling.average,
  AvgPool2d: pooling.average,
  AvgPool3d: pooling.average,
  LPPool1d: pooling.lp,
  LPPool2d: pooling.lp,
  LPPool3d: pooling.lp,
  AdaptiveAvgPool1d: pooling.adaptiveAverage,
  AdaptiveAvgPool2d: pooling.adaptiveAverage,
  AdaptiveAvgPool3d: pooling.adaptiveAverage,
  AdaptiveMaxPool1d: pooling.adaptiveMax,
  AdaptiveMaxPool2d: pooling.adaptiveMax,
  AdaptiveMaxPool3d: pooling.adaptiveMax,
  GCNConv: [
    anInteger(2),
    anInteger(2),
    options<hebb.GCNConvOptions>({
      bias: aBoolean(),
      normalize: aBoolean(),
      addSelfLoops: aBoolean(),
      improved: aBoolean(),
    }),
  ],
  GATConv: [oneOrMore(2), anInteger(2), options<hebb.GATConvOptions>(graphAttention)],
  GATv2Conv: [
    oneOrMore(2),
    anInteger(2),
    options<hebb.GATv2ConvOptions>({ ...graphAttention, shareWeights: aBoolean() }),
  ],
  SAGEConv: [
    oneOrMore(2),
    anInteger(2),
    options<hebb.SAGEConvOptions>({
      aggregation: aChoice('max'),
      normalize: aBoolean(),
      rootWeight: aBoolean(),
      bias: aBoolean(),
    }),
  ],
  GINConv: [
    other(() => new hebb.Linear(2, 2)),
    options<hebb.GINConvOptions>({ eps: aNumber(0), trainEps: aBoolean() }),
  ],
  NNConv: [
    anInteger(2),
    anInteger(2),
    other(() => new hebb.Linear(1, 4)),
    options<hebb.NNConvOptions>({ aggregation: aChoice('mean'), rootWeight: aBoolean(), bias: aBoolean() }),
  ],
  GraphPool: [aChoice('sum')],
  GraphAttentionPool: [other(() => new hebb.Linear(2, 1)), optional(other(() => new hebb.Linear(2, 2)))],
  BatchNorm1d: [anInteger(2), batchNorm],
  BatchNorm2d: [anInteger(2), batchNorm],
  BatchNorm3d: [anInteger(2), batchNorm],
  InstanceNorm1d: [anInteger(2), batchNorm],
  InstanceNorm2d: [anInteger(2), batchNorm],
  InstanceNorm3d: [anInteger(2), batchNorm],
  LazyBatchNorm3d: [batchNorm],
  LazyInstanceNorm1d: [batchNorm],
  LazyInstanceNorm2d: [batchNorm],
  LazyInstanceNorm3d: [batchNorm],
  LayerNorm: [
    oneOrMore(2),
    options<hebb.LayerNormOptions>({ eps: aNumber(1e-5), elementwiseAffine: aBoolean(), bias: aBoolean() }),
  ],
  RMSNorm: [
    oneOrMore(2),
    options<hebb.RMSNormOptions>({
      eps: other(() => 1e-5, 'null', '3', '-1', '1.5'),
      elementwiseAffine: aBoolean(),
    }),
  ],
  GroupNorm: [anInteger(1), anInteger(2), options<hebb.GroupNormOptions>({ eps: aNumber(1e-5), affine: aBoolean() })],
  LocalResponseNorm: [
    anInteger(2),
    options<hebb.LocalResponseNormOptions>({ alpha: aNumber(1), beta: aNumber(1), k: aNumber(1) }),
  ],
  ALiBi: [anInteger(2)],
  GatedMLP: [
    anInteger(2),
    anInteger(3),
    options<hebb.GatedMLPOptions>({ activation: aChoice('gelu'), outFeatures: anInteger(2), bias: aBoolean() }),
  ],
  KeyValueCache: [
    options<hebb.KeyValueCacheOptions>(
      { batch: anInteger(1), heads: anInteger(1), capacity: anInteger(2), headDim: anInteger(2) },
      true,
    ),
  ],
  LoRALinear: [other(() => new hebb.Linear(2, 3)), options<hebb.LoRALayerOptions>({ ...lora, merged: aBoolean() })],
  LoRAAttention: [
    other(() => new hebb.MultiheadAttention(4, 2)),
    options<hebb.LoRAAttentionOptions>({ ...lora, merged: aBoolean(), targets: other(() => ['key']) }),
  ],
  LearnedPositions: [anInteger(2), anInteger(2)],
  MultiheadAttention: [
    anInteger(4),
    anInteger(2),
    options<hebb.MultiheadAttentionOptions>({
      dropout: aNumber(0),
      bias: aBoolean(),
      addBiasKv: aBoolean(),
      addZeroAttn: aBoolean(),
      kdim: anInteger(3),
      vdim: anInteger(3),
      batchFirst: aBoolean(),
      numKeyValueHeads: anInteger(1),
      rotary: other(() => undefined),
      alibi: aBoolean(),
    }),
  ],
  RotaryEmbedding: [
    anInteger(2),
    options<hebb.RotaryEmbeddingOptions>({ base: aNumber(100), interleaved: aBoolean() }),
  ],
  SinusoidalPositions: [anInteger(2), options<hebb.SinusoidalPositionsOptions>({ base: aNumber(100) })],
  Transformer: [
    optional(anInteger(4)),
    optional(anInteger(2)),
    options<hebb.TransformerOptions>({
      ...transformerLayer,
      numEncoderLayers: anInteger(1),
      numDecoderLayers: anInteger(1),
    }),
  ],
  TransformerEncoderLayer: [anInteger(4), anInteger(2), options<hebb.TransformerLayerOptions>(transformerLayer)],
  TransformerDecoderLayer: [anInteger(4), anInteger(2), options<hebb.TransformerLayerOptions>(transformerLayer)],
  TransformerEncoder: [
    other(() => new hebb.TransformerEncoderLayer(4, 2)),
    optional(anInteger(2)),
    options<hebb.TransformerStackOptions>({ norm: other(() => undefined) }),
  ],
  TransformerDecoder: [
    other(() => new hebb.TransformerDecoderLayer(4, 2)),
    optional(anInteger(2)),
    options<hebb.TransformerStackOptions>({ norm: other(() => undefined) }),
  ],
  SwiGLU: [
    anInteger(2),
    anInteger(3),
    options<Omit<hebb.GatedMLPOptions, 'activation'>>({ outFeatures: anInteger(2), bias: aBoolean() }),
  ],
  Dropout: [optional(aNumber(0.5))],
  Dropout1d: [optional(aNumber(0.5))],
  Dropout2d: [optional(aNumber(0.5))],
  Dropout3d: [optional(aNumber(0.5))],
  AlphaDropout: [optional(aNumber(0.5))],
  FeatureAlphaDropout: [optional(aNumber(0.5))],
  DropPath: [optional(aNumber(0.5))],
  WeightNorm: [other(() => new hebb.Linear(2, 3)), options<hebb.WeightNormOptions>({ axis: anInteger(1) })],
  SpectralNorm: [
    other(() => new hebb.Linear(2, 3)),
    options<hebb.SpectralNormOptions>({ iterations: anInteger(2), eps: aNumber(1e-12), axis: anInteger(1) }),
  ],
  Flatten: [optional(anInteger(1)), optional(anInteger(-1))],
  Identity: [],
  ReLU: [],
  Sigmoid: [],
  Tanh: [],
  GELU: [options<hebb.GeluOptions>({ approximate: aChoice('tanh') })],
  ReLU6: [],
  LeakyReLU: [options<hebb.LeakyReluOptions>({ negativeSlope: aNumber(0.1) })],
  RReLU: [options<hebb.RReLUOptions>({ lower: aNumber(0.1), upper: aNumber(0.2) })],
  PReLU: [options<hebb.PReLUOptions>({ numParameters: anInteger(2), init: aNumber(0.1) })],
  Threshold: [aNumber(1), aNumber(2)],
  Hardtanh: [options<hebb.HardtanhOptions>({ minValue: aNumber(-2), maxValue: aNumber(2) })],
  Hardshrink: [options<hebb.ShrinkOptions>({ lambda: aNumber(0.5) })],
  Softshrink: [options<hebb.ShrinkOptions>({ lambda: aNumber(0.5) })],
  ELU: [options<hebb.EluOptions>({ alpha: aNumber(1) })],
  CELU: [options<hebb.EluOptions>({ alpha: aNumber(1) })],
  SELU: [],
  LogSigmoid: [],
  Hardsigmoid: [],
  Hardswish: [],
  Tanhshrink: [],
  Softsign: [],
  Softplus: [options<hebb.SoftplusOptions>({ beta: aNumber(2), threshold: aNumber(20) })],
  SiLU: [],
  Mish: [],
  LogSoftmax: [optional(anInteger(-1))],
  Softmin: [optional(anInteger(-1))],
  Softmax2d: [],
  GLU: [optional(anInteger(-1))],
  Softmax: [optional(anInteger(-1))],
  SGD: [
    parameters,
    options<hebb.SGDOptions>({
      groups,
      learningRate: aNumber(0.1),
      momentum: aNumber(0.9),
      dampening: aNumber(0),
      weightDecay: aNumber(0),
      nesterov: aBoolean(),
      maximize: aBoolean(),
    }),
  ],
  Adam: [parameters, adam],
  AdamW: [parameters, adam],
  SparseAdam: [parameters, options<hebb.SparseAdamOptions>({ ...moments, maximize: aBoolean() })],
  Adamax: [parameters, options<hebb.AdamaxOptions>({ ...moments, ...ascent })],
  NAdam: [parameters, options<hebb.NAdamOptions>({ ...moments, ...ascent, momentumDecay: aNumber(4e-3) })],
  RAdam: [parameters, options<hebb.RAdamOptions>({ ...moments, ...ascent })],
  LAMB: [parameters, options<hebb.LAMBOptions>({ ...moments, ...ascent })],
  Lion: [
    parameters,
    options<hebb.LionOptions>({ groups, learningRate: aNumber(0.1), betas: other(() => [0.9, 0.99]), ...ascent }),
  ],
  Adagrad: [
    parameters,
    options<hebb.AdagradOptions>({
      groups,
      learningRate: aNumber(0.1),
      lrDecay: aNumber(0),
      initialAccumulatorValue: aNumber(0),
      eps: aNumber(1e-10),
      ...ascent,
    }),
  ],
  Adadelta: [
    parameters,
    options<hebb.AdadeltaOptions>({
      groups,
      learningRate: aNumber(1),
      rho: aNumber(0.9),
      eps: aNumber(1e-6),
      ...ascent,
    }),
  ],
  RMSprop: [
    parameters,
    options<hebb.RMSpropOptions>({
      groups,
      learningRate: aNumber(0.1),
      alpha: aNumber(0.9),
      eps: aNumber(1e-8),
      momentum: aNumber(0),
      centered: aBoolean(),
      ...ascent,
    }),
  ],
  Rprop: [
    parameters,
    options<hebb.RpropOptions>({
      groups,
      learningRate: aNumber(0.1),
      etas: other(() => [0.5, 1.2]),
      stepSizes: other(() => [1e-6, 50], 'numbers'),
      maximize: aBoolean(),
    }),
  ],
  ASGD: [
    parameters,
    options<hebb.ASGDOptions>({
      groups,
      learningRate: aNumber(0.1),
      lambd: aNumber(1e-4),
      alpha: aNumber(0.75),
      t0: aNumber(10),
      ...ascent,
    }),
  ],
  Adafactor: [
    parameters,
    options<hebb.AdafactorOptions>({
      groups,
      learningRate: aNumber(0.1),
      beta2Decay: aNumber(-0.8),
      eps: other(() => [1e-7, 1e-3], 'numbers'),
      d: aNumber(1),
      ...ascent,
    }),
  ],
  Muon: [
    other(() => [hebb.parameter(tensor([[1, 2]]))]),
    options<hebb.MuonOptions>({
      ...moments,
      ...ascent,
      useMuon: aBoolean(),
      momentum: aNumber(0.9),
      nesterov: aBoolean(),
      nsSteps: anInteger(5),
    }),
  ],
  LBFGS: [
    parameters,
    options<hebb.LBFGSOptions>({
      learningRate: aNumber(1),
      maxIter: anInteger(2),
      maxEval: anInteger(3),
      toleranceGrad: aNumber(1e-7),
      toleranceChange: aNumber(1e-9),
      historySize: anInteger(5),
      lineSearchFn: aChoice('strong_wolfe'),
    }),
  ],
  EMA: [wrapped, options<hebb.EMAOptions>({ decay: aNumber(0.9) })],
  SWA: [wrapped, options<hebb.SWAOptions>({ from: anInteger(2), every: anInteger(2) })],
  Lookahead: [wrapped, options<hebb.LookaheadOptions>({ steps: anInteger(2), alpha: aNumber(0.5) })],
  LossScaling: [
    wrapped,
    options<hebb.LossScalingOptions>({
      initialScale: aNumber(8),
      growthFactor: aNumber(2),
      backoffFactor: aNumber(0.5),
      growthInterval: anInteger(3),
    }),
  ],
  Accumulation: [wrapped, options<hebb.AccumulationOptions>({ steps: anInteger(2) }, true)],
  PlateauSchedule: [
    options<hebb.PlateauScheduleOptions>({
      goal: aChoice('max'),
      factor: aNumber(0.5),
      patience: anInteger(1),
      threshold: aNumber(0.01),
      cooldown: anInteger(1),
      minimum: aNumber(0),
    }),
  ],
  MultilayerPerceptron: [
    options<hebb.MultilayerPerceptronOptions>(
      {
        inputs: anInteger(2),
        hidden: integers(2),
        outputs: anInteger(2),
        activation: aChoice('relu'),
        normalization: aChoice('layer'),
        dropout: aNumber(0),
        residual: aBoolean(),
      },
      true,
    ),
  ],
  SelfNormalizingNetwork: [
    options<hebb.SelfNormalizingNetworkOptions>(
      { inputs: anInteger(2), hidden: integers(2), outputs: anInteger(2), dropout: aNumber(0) },
      true,
    ),
  ],
  Autoencoder: [
    options<hebb.AutoencoderOptions>(
      { inputs: oneOrMore(3), hidden: integers(2), code: anInteger(2), ...autoencoding },
      true,
    ),
  ],
  ConvolutionalAutoencoder: [
    options<hebb.ConvolutionalAutoencoderOptions>({
      channels: anInteger(1),
      imageSize: oneOrMore(8),
      features: integers(2),
      batchNorm: aBoolean(),
      hidden: integers(2),
      code: anInteger(2),
      ...autoencoding,
    }),
  ],
  VariationalAutoencoder: [
    options<hebb.VariationalAutoencoderOptions>(
      {
        inputs: other(() => [1, 4, 4], '3', 'numbers'),
        features: integers(2),
        batchNorm: aBoolean(),
        hidden: integers(2),
        latents: anInteger(2),
        activation: aChoice('relu'),
        likelihood: aChoice('gaussian'),
        deviation: other(() => 'learned', '3', '1.5'),
        beta: aNumber(1),
      },
      true,
    ),
  ],
  VectorQuantizedAutoencoder: [
    optionsOfLarge<hebb.VectorQuantizedAutoencoderOptions>({
      channels: anInteger(1),
      width: anInteger(2),
      halvings: anInteger(1),
      blocks: anInteger(1),
      ...quantizer,
    }),
  ],
  VectorQuantizer: [options<hebb.VectorQuantizerOptions>(quantizer, true)],
  WideAndDeep: [
    options<hebb.WideAndDeepOptions>(
      {
        categories: integers(2, 3),
        numbers: anInteger(2),
        outputs: anInteger(1),
        crosses: other(() => [[0, 1]], 'array', 'nested arrays'),
        embedding: anInteger(2),
        hidden: integers(3),
        activation: aChoice('relu'),
        dropout: aNumber(0),
      },
      true,
    ),
  ],
  ConvolutionalNetwork: [
    options<hebb.ConvolutionalNetworkOptions>(
      {
        channels: anInteger(1),
        imageSize: oneOrMore(8),
        classes: anInteger(2),
        features: integers(2),
        hidden: anInteger(2),
        dropout: aNumber(0),
      },
      true,
    ),
  ],
  GAT: [options<hebb.GATOptions>({ ...graphNetwork, heads: anInteger(2), outputHeads: anInteger(1) }, true)],
  GCN: [options<hebb.GCNOptions>({ ...graphNetwork, normalize: aBoolean(true) }, true)],
  GIN: [
    options<hebb.GINOptions>(
      { ...graphNetwork, trainEps: aBoolean(), jumping: aBoolean(), batchNorm: aBoolean() },
      true,
    ),
  ],
  GraphSAGE: [
    options<hebb.GraphSAGEOptions>({ ...graphNetwork, aggregation: aChoice('max'), normalize: aBoolean() }, true),
  ],
  GraphClassifier: [
    other(() => new hebb.Linear(2, 2)),
    options<hebb.GraphClassifierOptions>({
      pooling: aChoice('sum'),
      head: other(() => ({ features: 2, classes: 2 })),
      dropout: aNumber(0),
    }),
  ],
  LinkPredictor: [
    other(() => new hebb.Linear(2, 2)),
    options<hebb.LinkPredictorOptions>({ decoder: aChoice('mlp'), features: anInteger(2), hidden: anInteger(2) }),
  ],
  RecurrentClassifier: [
    options<hebb.RecurrentClassifierOptions>(
      {
        classes: anInteger(2),
        vocabulary: anInteger(3),
        inputs: other(() => undefined),
        embedding: anInteger(2),
        cell: aChoice('gru'),
        hidden: anInteger(2),
        layers: anInteger(1),
        bidirectional: aBoolean(),
        pooling: aChoice('mean'),
        dropout: aNumber(0),
      },
      true,
    ),
  ],
  RecurrentForecaster: [
    options<hebb.RecurrentForecasterOptions>({
      inputs: anInteger(1),
      outputs: anInteger(1),
      horizon: anInteger(2),
      cell: aChoice('gru'),
      hidden: anInteger(2),
      layers: anInteger(1),
      dropout: aNumber(0),
    }),
  ],
  RecurrentLanguageModel: [
    options<hebb.RecurrentLanguageModelOptions>(
      {
        vocabulary: anInteger(3),
        embedding: anInteger(2),
        cell: aChoice('gru'),
        hidden: anInteger(2),
        layers: anInteger(1),
        dropout: aNumber(0),
        tied: aBoolean(),
      },
      true,
    ),
  ],
  SequenceToSequence: [
    options<hebb.SequenceToSequenceOptions>(
      {
        sourceVocabulary: anInteger(3),
        targetVocabulary: anInteger(3),
        embedding: anInteger(2),
        cell: aChoice('gru'),
        hidden: anInteger(2),
        attention: aChoice('dot'),
        dropout: aNumber(0),
        bidirectional: aBoolean(),
      },
      true,
    ),
  ],
  Bert: [
    optionsOfLarge<hebb.BertOptions>({
      classes: anInteger(2),
      vocabulary: anInteger(3),
      contextLength: anInteger(4),
      segments: anInteger(1),
      width: anInteger(4),
      layers: anInteger(1),
      heads: anInteger(2),
      hidden: anInteger(2),
      dropout: aNumber(0),
    }),
  ],
  BertForPreTraining: [
    optionsOfLarge<hebb.BertForPreTrainingOptions>({
      vocabulary: anInteger(3),
      contextLength: anInteger(4),
      segments: anInteger(2),
      width: anInteger(4),
      layers: anInteger(1),
      heads: anInteger(2),
      hidden: anInteger(2),
      dropout: aNumber(0),
      nextSentence: aBoolean(),
    }),
  ],
  EncoderDecoder: [
    options<hebb.EncoderDecoderOptions>(
      {
        sourceVocabulary: anInteger(3),
        targetVocabulary: anInteger(3),
        width: anInteger(4),
        heads: anInteger(2),
        encoderLayers: anInteger(1),
        decoderLayers: anInteger(1),
        hidden: anInteger(2),
        dropout: aNumber(0),
        normFirst: aBoolean(),
      },
      true,
    ),
  ],
  VisionTransformer: [
    optionsOfLarge<hebb.VisionTransformerOptions>({
      classes: anInteger(2),
      imageSize: anInteger(4),
      patchSize: anInteger(2),
      channels: anInteger(1),
      width: anInteger(4),
      layers: anInteger(1),
      heads: anInteger(2),
      hidden: anInteger(2),
      dropout: aNumber(0),
    }),
  ],
  GPT2: [
    optionsOfLarge<hebb.GPT2Options>({
      vocabulary: anInteger(3),
      contextLength: anInteger(4),
      width: anInteger(4),
      layers: anInteger(1),
      heads: anInteger(2),
      dropout: aNumber(0),
    }),
  ],
  Llama: [
    optionsOfLarge<hebb.LlamaOptions>({
      vocabulary: anInteger(3),
      contextLength: anInteger(4),
      width: anInteger(4),
      layers: anInteger(1),
      heads: anInteger(2),
      keyValueHeads: anInteger(1),
      hidden: anInteger(2),
      rotaryBase: aNumber(10),
      epsilon: aNumber(1e-6),
      tied: aBoolean(),
    }),
  ],
  NeighborSampler: [
    other(() => Int32Array.of(0, 1), 'typed array'),
    options<hebb.NeighborSamplerOptions>(
      { nodes: anInteger(2), fanOuts: integers(1), pad: other(() => ({ nodes: 4, edges: 4 })) },
      true,
    ),
  ],
  DCGANDiscriminator: [
    optionsOfLarge<hebb.DCGANDiscriminatorOptions>({
      channels: anInteger(1),
      imageSize: anInteger(8),
      widths: integers(2),
      normalization: aChoice('spectral'),
      classes: anInteger(2),
    }),
  ],
  DCGANGenerator: [
    optionsOfLarge<hebb.DCGANGeneratorOptions>({
      latent: anInteger(2),
      channels: anInteger(1),
      imageSize: anInteger(8),
      widths: integers(2),
      classes: anInteger(2),
      embedding: anInteger(2),
    }),
  ],
  ConvNeXt: [
    optionsOfLarge<hebb.ConvNeXtOptions>({
      depths: integers(1),
      widths: integers(2),
      classes: anInteger(2),
      channels: anInteger(1),
      patchSize: anInteger(2),
      kernelSize: anInteger(3),
      dropPath: aNumber(0),
      layerScale: aNumber(1),
    }),
  ],
  LeNet5: [
    options<hebb.LeNet5Options>({
      classes: anInteger(2),
      channels: anInteger(1),
      imageSize: aChoice(28),
      activation: aChoice('relu'),
    }),
  ],
  MobileNetV2: [
    options<hebb.MobileNetV2Options>({
      classes: anInteger(2),
      channels: anInteger(1),
      widthMultiplier: aNumber(0.25),
      stages: other(() => [[1, 8, 1, 1]]),
      stem: aChoice('small'),
      dropout: aNumber(0),
    }),
  ],
  ResNet: [
    optionsOfLarge<hebb.ResNetOptions>({
      // One or the other.
      depth: other(() => undefined),
      blocks: integers(1),
      bottleneck: aBoolean(),
      classes: anInteger(2),
      channels: anInteger(1),
      width: anInteger(2),
      stem: aChoice('small'),
      zeroInitResidual: aBoolean(),
    }),
  ],
  TemporalConvolutionalNetwork: [
    options<hebb.TemporalConvolutionalNetworkOptions>(
      {
        inputs: anInteger(2),
        outputs: anInteger(2),
        hidden: integers(2),
        kernelSize: anInteger(2),
        dropout: aNumber(0),
        weightNorm: aBoolean(),
      },
      true,
    ),
  ],
  UNet: [
    optionsOfLarge<hebb.UNetOptions>({
      channels: anInteger(1),
      classes: anInteger(2),
      widths: integers(2, 3),
      batchNorm: aBoolean(),
      dropout: aNumber(0),
    }),
  ],
  VGG: [
    optionsOfLarge<hebb.VGGOptions>({
      // One or the other.
      depth: other(() => undefined),
      stages: other(() => [[2], [2]], 'nested arrays'),
      classes: anInteger(2),
      channels: anInteger(1),
      batchNorm: aBoolean(),
      pooled: anInteger(1),
      hidden: integers(2),
      dropout: aNumber(0),
    }),
  ],
  ArrayDataset: [
    other(() => ({ x: { data: Float32Array.of(1, 2), shape: [] } })),
    optional(other(() => [0], 'array', 'numbers', 'typed array')),
  ],
  DataLoader: [
    other(dataset),
    options<hebb.DataLoaderOptions<hebb.ArrayBatch>>({
      batchSize: anInteger(2),
      shuffle: aBoolean(),
      seed: anInteger(1),
      dropLast: aBoolean(),
      transform: aFunction((batch: unknown) => batch),
      buckets: other(() => undefined),
      workers: anInteger(1),
      prefetch: anInteger(1),
    }),
  ],
  SequenceDataset: [
    other(() => ({ ids: { sequences: [Int32Array.of(1, 2), Int32Array.of(3)] } })),
    options<hebb.SequenceDatasetOptions<string, string>>({
      maxLength: anInteger(2),
      mask: aText('mask'),
      length: aText('length'),
    }),
  ],
  GraphDataset: [
    other(() => [graph()]),
    optional(other(() => ({ y: { data: Int32Array.of(1), shape: [] } }))),
    options<hebb.GraphDatasetOptions>({ pad: other(() => ({ nodes: 4, edges: 4 })) }),
  ],
  Subset: [other(dataset), other(() => [0], 'array', 'numbers', 'typed array')],
  Random: [anInteger(1), optional(anInteger(0))],
  StandardScaler: [
    options<hebb.StandardScalerOptions>({ per: aChoice('global'), withMean: aBoolean(), withStd: aBoolean() }),
  ],
  LabelEncoder: [],
  OneHotEncoder: [
    options<hebb.OneHotEncoderOptions>({
      handleUnknown: aChoice('ignore'),
      drop: other(() => 'first', 'null'),
    }),
  ],
  Imputer: [
    options<hebb.ImputerOptions>({
      strategy: aChoice('constant'),
      fillValue: { ...aNumber(1, 'NaN', 'Infinity'), takes: [...aNumber(1, 'NaN', 'Infinity').takes, 'text'] },
    }),
  ],
  Pipeline: [other(() => [new hebb.StandardScaler()])],
  ColumnTransformer: [other(() => ({ sizes: { columns: ['a'], transform: new hebb.StandardScaler() } }))],
  MinMaxScaler: [
    options<hebb.MinMaxScalerOptions>({
      per: aChoice('global'),
      featureRange: other(() => [0, 1], 'numbers'),
      clip: aBoolean(),
    }),
  ],
  Table: [
    other(() => ({ a: { type: 'number', values: Float64Array.of(1) } }), 'object', 'map'),
    options<hebb.TableOptions>({
      source: aText('a.csv'),
      lines: other(() => [1], 'array', 'numbers', 'nested arrays', 'texts', 'typed array'),
      problems: other(() => [], 'array', 'numbers', 'nested arrays', 'texts'),
      notes: other(() => [], 'array', 'numbers', 'nested arrays', 'texts'),
    }),
  ],
  Checkpoint: [
    aText(join(folder, 'run')),
    options<hebb.CheckpointOptions>({
      ...monitor,
      every: other(() => ({ steps: 1 })),
      saveBest: aBoolean(),
      keep: anInteger(2),
      overwrite: aBoolean(),
      name: aText('mine'),
    }),
  ],
  EarlyStopping: [
    options<hebb.EarlyStoppingOptions>({
      ...monitor,
      patience: anInteger(1),
      minDelta: aNumber(0),
      restoreBest: aBoolean(),
      name: aText('mine'),
    }),
  ],
  MetricSet: [other(() => ({}), 'object')],
  MetricsEvaluation: [
    other(() => ({ accuracy: 1 }), 'object', 'other object'),
    other(() => ({ count: 1, seconds: 1, examplesPerSecond: 1 })),
  ],
  TrainingRun: [
    options<hebb.TrainingRunOptions<object>>(
      {
        parts: other(() => ({ model: model() })),
        data: other(() => ({ length: 1, batches: () => undefined })),
        epochs: anInteger(1),
        steps: other(() => undefined), // epochs are given
        schedule: other(() => () => 0.1, 'function', 'object'),
        validate: aFunction(() => ({})),
        goals: other(() => ({ accuracy: 'max' }), 'object'),
        validateEvery: other(() => ({ steps: 1 })),
        callbacks: other(() => [], 'array'),
        signal: other(() => new AbortController().signal),
        progress: aBoolean(),
        resume: aText('runs'),
      },
      true,
    ),
  ],
  TerminalProgress: [
    options<hebb.TerminalProgressOptions>({
      stream: other(() => ({ write: () => true })),
      validationName: aText('test'),
      unit: aText('steps'),
    }),
  ],
};

const elements = (): hebb.Stream<{ x: number }> => hebb.stream([{ x: 1 }, { x: 2 }, { x: 3 }]);
const matrix = (): hebb.Tensor =>
  tensor([
    [1, 2],
    [3, 4],
  ]);
const image = aTensor(() => hebb.ones([2, 2, 4, 4]));
const ids = aTensor(() => tensor([0, 1], { dtype: 'int32' }));
const sequence = aTensor(() => zeros([2, 1, 2]));
const bpe = await hebb.ByteLevelBPE.train(['hello hello']);
const tokenizer = (): hebb.CharacterTokenizer => hebb.CharacterTokenizer.train('hello');
const table = (): hebb.Table => hebb.parseCsv('a,b\n1,2\n3,4\n');
const rows = other(() => ({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }));
const indices = other(() => [0], 'array', 'numbers', 'typed array');
const sequences = (): object => new hebb.SequenceDataset({ ids: { sequences: [Int32Array.of(1, 2)] } });
const namedTensors = other(() => model().stateDict(), 'object', 'map');

interface Method {
  readonly on: () => object;
  readonly kinds: readonly Kind[];
}
const method = (on: () => object, ...kinds: Kind[]): Method => ({ on, kinds });

const isMethodOfTensor = (name: string): boolean =>
  typeof Object.getOwnPropertyDescriptor(hebb.Tensor.prototype, name)?.value === 'function';

/** By class and name; `on` makes what it is called on. */
export const methods: Readonly<Record<string, Method>> = {
  'Tensor.toArray': method(matrix, optional(anInteger(2))),
  'Generator.loadStateDict': method(
    () => new hebb.Generator(1),
    other(() => ({ seed: 3, draws: 1 })),
  ),
  'Generator.reset': method(() => new hebb.Generator(1), anInteger(1), optional(anInteger(0))),
  'Generator.uniform': method(() => new hebb.Generator(1), integers(2)),
  'Linear.forward': method(() => new hebb.Linear(2, 2), aTensor()),
  'Embedding.forward': method(() => new hebb.Embedding(2, 2), ids),
  'EmbeddingBag.forward': method(
    () => new hebb.EmbeddingBag(2, 2, { mode: 'sum' }),
    ids,
    optional(ids),
    optional(aTensor(() => tensor([1, 2]))),
  ),
  'RNN.forward': method(
    () => new hebb.RNN(2, 3),
    sequence,
    options({ state: aTensor(() => zeros([1, 1, 3])), lengths }),
  ),
  'GRU.forward': method(
    () => new hebb.GRU(2, 3),
    sequence,
    options({ state: aTensor(() => zeros([1, 1, 3])), lengths }),
  ),
  'LSTM.forward': method(() => new hebb.LSTM(2, 3), sequence, options({ state: lstmState(1, 1, 3), lengths })),
  'RNN.lastHidden': method(
    () => new hebb.RNN(2, 3),
    aTensor(() => zeros([1, 1, 3])),
  ),
  'GRU.lastHidden': method(
    () => new hebb.GRU(2, 3),
    aTensor(() => zeros([1, 1, 3])),
  ),
  'LSTM.lastHidden': method(
    () => new hebb.LSTM(2, 3),
    other(() => ({ hidden: zeros([1, 1, 3]), cell: zeros([1, 1, 3]) })),
  ),
  'RNNCell.forward': method(() => new hebb.RNNCell(2, 3), aTensor(), optional(aTensor(() => zeros([3])))),
  'GRUCell.forward': method(() => new hebb.GRUCell(2, 3), aTensor(), optional(aTensor(() => zeros([3])))),
  'LSTMCell.forward': method(() => new hebb.LSTMCell(2, 3), aTensor(), lstmState(3)),
  'Conv2d.forward': method(() => new hebb.Conv2d(2, 1, 2), image),
  'MaxPool2d.forward': method(() => new hebb.MaxPool2d(2), image),
  'AvgPool2d.forward': method(() => new hebb.AvgPool2d(2), image),
  'BatchNorm1d.forward': method(() => new hebb.BatchNorm1d(2), aTensor(matrix)),
  'LayerNorm.forward': method(() => new hebb.LayerNorm(2), aTensor()),
  'RMSNorm.forward': method(() => new hebb.RMSNorm(2), aTensor()),
  'GroupNorm.forward': method(() => new hebb.GroupNorm(1, 2), aTensor(matrix)),
  'InstanceNorm2d.forward': method(() => new hebb.InstanceNorm2d(2), image),
  'LocalResponseNorm.forward': method(() => new hebb.LocalResponseNorm(2), image),
  'BatchNorm2d.forward': method(() => new hebb.BatchNorm2d(2), image),
  'Dropout.forward': method(() => new hebb.Dropout(0.5), aTensor()),
  'Flatten.forward': method(() => new hebb.Flatten(), aTensor(matrix)),
  'ReLU.forward': method(() => new hebb.ReLU(), aTensor()),
  'GELU.forward': method(() => new hebb.GELU(), aTensor()),
  'PReLU.forward': method(() => new hebb.PReLU(), aTensor()),
  'GLU.forward': method(() => new hebb.GLU(), aTensor()),
  'Sigmoid.forward': method(() => new hebb.Sigmoid(), aTensor()),
  'Tanh.forward': method(() => new hebb.Tanh(), aTensor()),
  'Softmax.forward': method(() => new hebb.Softmax(), aTensor()),
  'Sequential.forward': method(model, aTensor()),
  'ModuleList.append': method(
    () => new hebb.ModuleList(),
    other(() => new hebb.ReLU()),
  ),
  'ParameterList.append': method(() => new hebb.ParameterList(), aTensor()),
  'ParameterDict.get': method(() => new hebb.ParameterDict({ a: hebb.ones([2]) }), aChoice('a')),
  'ModuleDict.get': method(() => new hebb.ModuleDict({ a: new hebb.ReLU() }), aChoice('a')),
  'GCNConv.forward': method(
    () => new hebb.GCNConv(2, 2),
    aTensor(matrix),
    other(edges),
    optional(aTensor(() => hebb.ones([2]))),
  ),
  'GATConv.forward': method(() => new hebb.GATConv(2, 2), aTensor(matrix), other(edges)),
  'GATv2Conv.forward': method(
    () => new hebb.GATv2Conv(2, 2, { edgeFeatures: 1 }),
    aTensor(matrix),
    other(edges),
    other(() => hebb.ones([2, 1])),
  ),
  'SAGEConv.forward': method(() => new hebb.SAGEConv(2, 2), aTensor(matrix), other(edges)),
  'GINConv.forward': method(() => new hebb.GINConv(new hebb.Linear(2, 2)), aTensor(matrix), other(edges)),
  'NNConv.forward': method(
    () => new hebb.NNConv(2, 2, new hebb.Linear(1, 4)),
    aTensor(matrix),
    other(edges),
    other(() => hebb.ones([2, 1])),
  ),
  'GraphPool.forward': method(
    () => new hebb.GraphPool('mean'),
    aTensor(matrix),
    optional(other(() => tensor([0, 1], { dtype: 'int32' }))),
    optional(anInteger(2)),
  ),
  'GraphAttentionPool.forward': method(
    () => new hebb.GraphAttentionPool(new hebb.Linear(2, 1)),
    aTensor(matrix),
    optional(other(() => tensor([0, 1], { dtype: 'int32' }))),
    optional(anInteger(2)),
  ),
  'Residual.forward': method(() => new hebb.Residual(new hebb.ReLU()), aTensor()),
  'Lambda.of': method(
    () => hebb.Lambda,
    other(() => ({ f: () => 1 }), 'object'),
  ),
  'Module.train': method(model, optional(aBoolean(true))),
  'Module.registerForwardPreHook': method(
    model,
    aFunction(() => undefined),
  ),
  'Module.registerForwardHook': method(
    model,
    aFunction(() => undefined),
  ),
  'Module.getMember': method(model, aText('0.weight')),
  'Module.setMember': method(
    model,
    aText('0'),
    other(() => new hebb.ReLU()),
  ),
  'Module.differences': method(model, namedTensors),
  'Module.loadStateDict': method(model, namedTensors, options<hebb.LoadOptions>({ strict: aBoolean() })),
  'EMA.step': method(
    () => new hebb.EMA(new hebb.SGD([hebb.parameter(tensor([1, 2]))])),
    other(() => [tensor([1, 1])]),
  ),
  'EMA.loadStateDict': method(
    () => new hebb.EMA(new hebb.SGD([hebb.parameter(tensor([1, 2]))])),
    other(() => new hebb.EMA(new hebb.SGD([hebb.parameter(tensor([1, 2]))])).stateDict()),
  ),
  'Accumulation.step': method(
    () => new hebb.Accumulation(new hebb.SGD([hebb.parameter(tensor([1, 2]))]), { steps: 2 }),
    other(() => [tensor([1, 1])]),
  ),
  'Accumulation.loadStateDict': method(
    () => new hebb.Accumulation(new hebb.SGD([hebb.parameter(tensor([1, 2]))]), { steps: 2 }),
    other(() => new hebb.Accumulation(new hebb.SGD([hebb.parameter(tensor([1, 2]))]), { steps: 2 }).stateDict()),
  ),
  'PlateauSchedule.observe': method(() => new hebb.PlateauSchedule(), aNumber(1, 'NaN', 'Infinity')),
  'PlateauSchedule.loadStateDict': method(
    () => new hebb.PlateauSchedule(),
    other(() => new hebb.PlateauSchedule().stateDict()),
  ),
  'Optimizer.step': method(
    () => new hebb.SGD([hebb.parameter(tensor([1, 2]))]),
    other(() => [tensor([1, 1])]),
  ),
  'Optimizer.loadStateDict': method(
    () => new hebb.SGD([hebb.parameter(tensor([1, 2]))]),
    other(() => new hebb.SGD([hebb.parameter(tensor([1, 2]))]).stateDict()),
  ),
  'ArrayDataset.gather': method(dataset, indices),
  'ArrayDataset.subset': method(dataset, indices),
  'ArrayDataset.field': method(dataset, aChoice('x')),
  'SequenceDataset.gather': method(sequences, indices, optional(anInteger(3))),
  'SequenceDataset.subset': method(sequences, indices),
  'GraphDataset.gather': method(() => new hebb.GraphDataset([graph()]), indices),
  'GraphDataset.subset': method(() => new hebb.GraphDataset([graph()]), indices),
  'Subset.gather': method(() => new hebb.Subset(dataset(), [1]), indices),
  'Subset.subset': method(() => new hebb.Subset(dataset(), [1]), indices),
  'DataLoader.order': method(() => new hebb.DataLoader(dataset()), optional(anInteger(0))),
  'DataLoader.batches': method(() => new hebb.DataLoader(dataset()), optional(other(() => ({ epoch: 0, batch: 0 })))),
  'DataLoader.loadStateDict': method(
    () => new hebb.DataLoader(dataset()),
    other(() => new hebb.DataLoader(dataset()).stateDict()),
  ),
  'Stream.map': method(
    elements,
    aFunction((x: unknown) => x),
  ),
  'Stream.filter': method(
    elements,
    aFunction(() => true),
  ),
  'Stream.flatMap': method(
    elements,
    aFunction((x: unknown) => [x]),
  ),
  'Stream.shuffle': method(elements, options<hebb.ShuffleOptions>({ buffer: anInteger(2), seed: anInteger(1) }, true)),
  'Stream.prefetch': method(elements, optional(anInteger(2))),
  'Stream.take': method(elements, anInteger(2)),
  'Stream.skip': method(elements, anInteger(1)),
  'Stream.concat': method(elements, other(elements)),
  'Stream.repeat': method(elements, optional({ ...anInteger(2), takes: [...anInteger(2).takes, 'Infinity'] })),
  'Stream.split': method(
    elements,
    options<hebb.StreamSplitOptions>({ test: aNumber(0.25), validation: aNumber(0.25), seed: anInteger(1) }),
  ),
  'Stream.batch': method(
    elements,
    anInteger(2),
    options<hebb.BatchOptions>({
      dropLast: aBoolean(),
      types: other(() => ({ x: 'int32' }), 'object'),
      collate: aFunction(() => ({})),
      transform: aFunction((batch: unknown) => batch),
      seed: anInteger(1),
      prefetch: anInteger(1),
    }),
  ),
  'Stream.epoch': method(elements, anInteger(0)),
  'BatchStream.batches': method(() => elements().batch(2), optional(other(() => ({ epoch: 0, batch: 0 })))),
  'BatchStream.loadStateDict': method(
    () => elements().batch(2),
    other(() => elements().batch(2).stateDict()),
  ),
  'Random.integer': method(() => new hebb.Random(1), anInteger(3)),
  'Random.shuffle': method(
    () => new hebb.Random(1),
    other(() => [1, 2], 'array', 'numbers', 'nested arrays', 'texts', 'typed array'),
  ),
  'Random.permutation': method(() => new hebb.Random(1), anInteger(3)),
  'StandardScaler.fit': method(() => new hebb.StandardScaler(), rows),
  'StandardScaler.fitTransform': method(() => new hebb.StandardScaler(), rows),
  'StandardScaler.partialFit': method(() => new hebb.StandardScaler(), rows),
  'LabelEncoder.fit': method(
    () => new hebb.LabelEncoder(),
    other(() => ['a', 'b'], 'numbers', 'texts', 'typed array'),
  ),
  'LabelEncoder.inverseTransform': method(
    () => new hebb.LabelEncoder().fit(['a', 'b', 'c', 'd']),
    other(() => [0, 1], 'array', 'numbers', 'typed array'),
  ),
  'OneHotEncoder.fit': method(
    () => new hebb.OneHotEncoder(),
    other(() => ['a', 'b'], 'numbers', 'texts', 'typed array'),
  ),
  'OneHotEncoder.inverseTransform': method(() => new hebb.OneHotEncoder().fit(['a', 'b']), rows),
  'Imputer.fit': method(() => new hebb.Imputer(), rows),
  'Pipeline.fit': method(() => new hebb.Pipeline([new hebb.StandardScaler()]), rows),
  'ColumnTransformer.fit': method(
    () => new hebb.ColumnTransformer({ sizes: { columns: ['a'], transform: new hebb.StandardScaler() } }),
    other(table),
  ),
  'MinMaxScaler.fit': method(() => new hebb.MinMaxScaler(), rows),
  'Table.column': method(table, aChoice('a')),
  'Table.numbers': method(table, aChoice('a')),
  'Table.typeOf': method(table, aChoice('a')),
  'Table.columns': method(table, optional(texts('a'))),
  'Table.select': method(table, texts('a')),
  'Table.drop': method(table, texts('a')),
  'Table.dropMissing': method(table, optional(texts('a'))),
  'Table.subset': method(table, indices),
  'Table.row': method(table, anInteger(0)),
  'Table.lineOf': method(table, anInteger(0)),
  'ByteLevelBPE.train': method(
    () => hebb.ByteLevelBPE,
    other(() => 'hello', 'text', 'array', 'texts', 'map'),
    options<hebb.ByteLevelBPEOptions>({
      vocabularySize: anInteger(300),
      minFrequency: anInteger(2),
      specialTokens: texts('<pad>'),
      addPrefixSpace: aBoolean(),
      alphabet: aChoice('seen'),
      limitAlphabet: anInteger(256),
      onProgress: aFunction(() => undefined),
      signal: other(() => new AbortController().signal),
    }),
  ),
  'ByteLevelBPE.encode': method(
    () => bpe,
    aText('hello'),
    options<hebb.EncodeOptions>({ parseSpecialTokens: aBoolean() }),
  ),
  'ByteLevelBPE.encodeWithOffsets': method(
    () => bpe,
    aText('hello'),
    options<hebb.EncodeOptions>({ parseSpecialTokens: aBoolean() }),
  ),
  'ByteLevelBPE.encodeBatch': method(
    () => bpe,
    other(() => ['hello'], 'array', 'texts', 'map'),
  ),
  'ByteLevelBPE.decode': method(
    () => bpe,
    other(() => [0], 'array', 'numbers', 'typed array', 'map'),
    options<hebb.DecodeOptions>({ skipSpecialTokens: aBoolean() }),
  ),
  'ByteLevelBPE.idOf': method(() => bpe, aText('h')),
  'ByteLevelBPE.fromJSON': method(
    () => hebb.ByteLevelBPE,
    other(() => bpe.toJSON()),
  ),
  'ByteLevelBPE.save': method(() => bpe, aText(join(folder, 'bpe.json'))),
  'CharacterTokenizer.encode': method(
    tokenizer,
    aText('hello'),
    options<hebb.EncodeOptions>({ parseSpecialTokens: aBoolean() }),
  ),
  'CharacterTokenizer.decode': method(
    tokenizer,
    other(() => [0], 'array', 'numbers', 'typed array', 'map'),
    options<hebb.DecodeOptions>({ skipSpecialTokens: aBoolean() }),
  ),
  'CharacterTokenizer.idOf': method(tokenizer, aText('h')),
  'CharacterTokenizer.train': method(
    () => hebb.CharacterTokenizer,
    other(() => 'hello', 'text', 'array', 'texts', 'map'),
    options<hebb.CharacterTokenizerOptions>({ unknownToken: aText('<unk>'), specialTokens: texts('<pad>') }),
  ),
  'CharacterTokenizer.fromJSON': method(
    () => hebb.CharacterTokenizer,
    other(() => tokenizer().toJSON()),
  ),
  'CharacterTokenizer.save': method(tokenizer, aText(join(folder, 'tokenizer.json'))),
  // The methods of a tensor are the functions of their names, with the tensor as the first argument.
  ...Object.fromEntries(
    Object.entries(functions as unknown as Readonly<Record<string, readonly Kind[]>>)
      .filter(([name]) => isMethodOfTensor(name))
      .map(([name, [self, ...kinds]]) => [
        `Tensor.${name}`,
        method(() => (self === undefined ? {} : (self.right() as object)), ...kinds),
      ]),
  ),
};
