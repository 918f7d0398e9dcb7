/** Every public function with the kinds of its parameters. One that is missing, or a parameter that is, does not compile. */
import { join } from 'node:path';
import * as hebb from '../../src/index.ts';
import { folder } from './folder.ts';
import {
  aBoolean,
  aChoice,
  aFunction,
  anAmountOfWork,
  anInteger,
  aNumber,
  anOperand,
  aTensor,
  aText,
  integers,
  oneOrMore,
  optional,
  options,
  other,
  texts,
  type Kind,
} from './kinds.ts';

type Api = typeof hebb;
type AnyFunction = (...args: never[]) => unknown;
export type KindsOf<A extends readonly unknown[]> = { readonly [I in keyof Required<A>]: Kind };
type Functions<T> = {
  readonly [K in keyof T as T[K] extends AnyFunction ? K : never]: T[K] extends AnyFunction
    ? KindsOf<Parameters<T[K]>>
    : never;
};

const { tensor, zeros, ones } = hebb;

/** How gradients become a step. */
const stepKinds = {
  clipNorm: other(() => 1, '3', '1.5'),
  clipValue: other(() => 1, '3', '1.5'),
  accumulate: other(() => 1, '3'),
  compiled: aBoolean(),
};

const matrix = (): hebb.Tensor =>
  tensor([
    [1, 2],
    [3, 4],
  ]);
const heads = (): hebb.Tensor => ones([1, 1, 2, 2]);
const image = (): hebb.Tensor => ones([1, 1, 4, 4]);
export const edges = (): hebb.Tensor =>
  tensor(
    [
      [0, 1],
      [1, 0],
    ],
    { dtype: 'int32' },
  );
const sequence = (): hebb.Tensor => ones([1, 1, 4]);
const volume = (): hebb.Tensor => ones([1, 1, 4, 4, 4]);
const fractional = (axes: number): Kind =>
  options<hebb.FractionalPoolingOptions>(
    {
      outputSize: oneOrMore(2),
      outputRatio: other(() => undefined), // a size is given
      randomSamples: aTensor(() => hebb.full([1, 1, axes], 0.5)),
      generator: other(() => new hebb.Generator(1)),
    },
    true,
  );
const labels = (): hebb.Tensor => tensor([0, 1], { dtype: 'int32' });
export const model = (): hebb.Sequential => new hebb.Sequential(new hebb.Linear(2, 2));
export const dataset = (): hebb.ArrayDataset =>
  new hebb.ArrayDataset({
    x: { data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [2] },
    y: { data: Int32Array.of(0, 1, 0, 1), shape: [] },
  });
const rows = (): hebb.NumericArray => ({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
/** A worker that answers at once. */
const aWorker = (): hebb.DatasetWorker & { on(event: string, listener: (message: unknown) => void): void } => {
  const listeners: ((message: unknown) => void)[] = [];
  return {
    on: (event, listener) => void (event === 'message' && listeners.push(listener)),
    postMessage: () => {
      for (const listener of listeners) listener({ channel: 'hebb.dataset', tell: 'description', length: 3 });
    },
  };
};
export const digitsText = (): string => {
  const names = Array.from({ length: 64 }, (_, i) => `pixel_${Math.floor(i / 8)}_${i % 8}`);
  return `${[...names, 'label'].join(',')}\n${[...names.map(() => '3'), '1'].join(',')}\n`;
};
const csvText = 'a,b\n1,2\n3,4\n';
const idx = (...shape: number[]): Uint8Array => {
  const size = shape.reduce((product, n) => product * n, 1);
  return Uint8Array.of(
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((n) => [0, 0, 0, n]),
    ...new Array<number>(size).fill(0),
  );
};
const mnist = (): hebb.MnistFiles => ({
  trainImages: idx(1, 28, 28),
  trainLabels: idx(1),
  testImages: idx(1, 28, 28),
  testLabels: idx(1),
});
const exported = await hebb.exportOnnx(model(), { inputs: { x: ['batch', 2] } });
const anyState = ['undefined', 'null', 'true', '3', '-1', '1.5', 'NaN', 'Infinity', 'text', 'object', 'other object', 'array', 'numbers', 'nested arrays', 'texts', 'typed array', 'map', 'tensor'] as const; // prettier-ignore
const encodedState = await hebb.encodeState({ a: tensor([1, 2]) });
const parts = other(() => ({ model: model() }));
const checkpointPath = join(folder, 'parts.safetensors');
await hebb.saveCheckpoint(checkpointPath, { model: model() });
const npy = await hebb.encodeNpy(tensor([1, 2]));
const npz = await hebb.encodeNpz({ x: tensor([1, 2]) });
const encoded = await hebb.encodeSafetensors({ a: tensor([1, 2]) });
const indexPath = join(folder, 'shards.safetensors.index.json');
await hebb.writeShardedSafetensors(
  join(folder, 'shards.safetensors'),
  { a: tensor([1, 2]), b: tensor([3]) },
  { maxShardSize: 8 },
);
/** What `torch.save({'model': {}}, file, _use_new_zipfile_serialization=False)` writes: pickles in a row, and no storages. */
const saved = Uint8Array.from(
  '8002 8a0a 6cfc9c46f9206aa85019 2e | 8002 4d e903 2e | 8002 7d 2e | 8002 7d 58 05000000 6d6f64656c 7d 73 2e | 8002 5d 2e'
    .replace(/[^\da-f]/g, '')
    .match(/../g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);

const fractions = (value: number): Kind => ({ ...oneOrMore(value), takes: ['3', '-1', '1.5', 'array', 'numbers'] });
const weight = hebb.parameter(tensor([1]));
const x = aTensor();
const operand = anOperand();
const whole = other(labels, '3', '-1');
const axis = anInteger(0);
const axes = optional(oneOrMore(0));
const shape = integers(2, 2);
const dtype = optional(aChoice('float32'));
/** Positions 0 and 1. */
const positions = (right: () => unknown = () => [0, 1]): Kind => other(right, 'array', 'numbers');
const updates = anOperand();
const creation = options<hebb.CreationOptions>({ dtype });
const cumulativeOptions = options<hebb.CumulativeOptions>({ reverse: aBoolean() });
const sortOptions = options<hebb.SortOptions>({ descending: aBoolean() });
const searchOptions = options<hebb.SearchOptions>({ right: aBoolean() });
const reduceOptions = options<hebb.ReduceOptions>({ keepDims: aBoolean() });
const closeOptions = options<hebb.CloseOptions>({
  rtol: aNumber(0, 'Infinity'),
  atol: aNumber(0, 'Infinity'),
  equalNaN: aBoolean(),
});
const varianceOptions = options<hebb.VarianceOptions>({ keepDims: aBoolean(), correction: aNumber(0) });
const random = options<hebb.RandomOptions>({ generator: other(() => new hebb.Generator(1)) });
const running = {
  weight: aTensor(),
  bias: aTensor(),
  eps: aNumber(1e-5),
  runningMean: aTensor(() => hebb.variable(tensor([1, 2]))),
  runningVar: aTensor(() => hebb.variable(tensor([1, 2]))),
};
const aGenerator = other(() => new hebb.Generator(1));
const kaiming = options<hebb.KaimingOptions>({
  mode: aChoice('fanOut'),
  nonlinearity: aChoice('relu'),
  slope: aNumber(0),
  generator: aGenerator,
});
const xavier = options<hebb.XavierOptions>({ gain: aNumber(1), generator: aGenerator });
const dropping = options<hebb.DropoutOptions>({
  probability: aNumber(0.5),
  training: aBoolean(true),
  generator: aGenerator,
});
const sequenceOf2 = aTensor(() => tensor([[[1, 2], [3, 4]]])); // prettier-ignore
const windows = options<hebb.WindowOptions>({ stride: oneOrMore(1), dilation: oneOrMore(1) });
const reduction = aChoice('mean');
const margin = options<hebb.MarginOptions>({ reduction, margin: aNumber(1) });
const convolution = options<hebb.ConvolutionOptions>({
  bias: aTensor(() => tensor([1])),
  stride: oneOrMore(1),
  padding: oneOrMore(0),
  paddingMode: aChoice('zeros'),
  dilation: oneOrMore(1),
  groups: anInteger(1),
});
const transposedConvolution = options<hebb.TransposedConvolutionOptions>({
  bias: aTensor(() => tensor([1])),
  stride: oneOrMore(1),
  padding: oneOrMore(0),
  outputPadding: oneOrMore(0),
  dilation: oneOrMore(1),
  groups: anInteger(1),
});
const rank = options<hebb.RankOptions>({ rtol: aNumber(0, 'Infinity') });
const triangular = options<hebb.TriangularSolveOptions>({
  upper: aBoolean(),
  left: aBoolean(),
  unitriangular: aBoolean(),
});
const fourier = options<hebb.FourierOptions>({ n: anInteger(2), axis: anInteger(0), norm: aChoice('ortho') });
const fourierAxes = options<hebb.FourierAxesOptions>({
  n: integers(2, 2),
  axes: integers(0, 1),
  norm: aChoice('ortho'),
});
const complexMatrix = (): hebb.Tensor => ones([2, 2, 2]);
const framing = {
  hopLength: anInteger(1),
  windowLength: anInteger(2),
  window: aTensor(() => ones([2])),
  center: aBoolean(),
  normalized: aBoolean(),
  onesided: aBoolean(true),
};
const windowFunction = options<hebb.WindowFunctionOptions>({ periodic: aBoolean() });
const pooling = { stride: oneOrMore(2), padding: oneOrMore(0), ceilMode: aBoolean() };
const maximumPooling = options<hebb.PoolingOptions>({ ...pooling, dilation: oneOrMore(1) });
const averagePooling = options<hebb.AveragePoolingOptions>({
  ...pooling,
  countIncludePad: aBoolean(),
  divisorOverride: aNumber(2),
});
const lpPooling = options<hebb.LpPoolingOptions>({ stride: oneOrMore(2), ceilMode: aBoolean() });
const unpooling = options<hebb.UnpoolingOptions>({
  stride: oneOrMore(2),
  padding: oneOrMore(0),
  outputSize: oneOrMore(8),
});
const winners = (axes: number): Kind => aTensor(() => zeros([1, 1, 4, 4, 4].slice(0, axes + 2)).to('int32'));
const values = (right: () => unknown): Kind =>
  other(right, 'array', 'numbers', 'nested arrays', 'typed array', 'tensor');
const metricOptions = <O extends object>(kinds: { readonly [K in keyof Required<O>]: Kind }): Kind =>
  options<O & hebb.WeightOptions>({
    ...kinds,
    weights: other(() => [1, 2], 'array', 'numbers', 'nested arrays', 'texts', 'typed array'),
  });
const forwarding = options<hebb.EvaluateOptions>({
  batchSize: anInteger(2),
  output: aFunction(({ x }: { x: hebb.Tensor }) => x),
});
const moreMetrics = other(() => ({}), 'object');
const metric = (): [Kind, Kind, Kind] => [values(() => [0, 1]), values(() => [0, 1]), metricOptions({})];
const averaged = (): [Kind, Kind, Kind] => [
  values(() => [0, 1]),
  classesOfRows,
  metricOptions<hebb.AverageOptions>({ average: aChoice('macro'), threshold: aNumber(0.5, 'NaN', 'Infinity') }),
];
const rowsOfScores = values(() => [
  [1, 0],
  [0, 1],
]);
const classesOfRows = values(() => [0, 1]);
const source = (right: () => unknown): Kind => other(right, 'text');
const path = (name: string): Kind => aText(join(folder, name));
const bytes = (make: () => Uint8Array): Kind => other(make);
const namedTensors = other(() => ({ a: tensor([1, 2]) }), 'object', 'map');
const csvOptions = {
  header: aBoolean(true),
  delimiter: aChoice(','),
  comments: aText('#'),
  types: other(() => ({ a: 'number' }), 'object'),
  missing: texts('NA'),
  badRows: aChoice('error'),
};
csvOptions.header = { ...csvOptions.header, takes: [...csvOptions.header.takes, 'texts'] };
const signal = other(() => new AbortController().signal);

const decay = { warmup: aNumber(0.1), startFactor: aNumber(0.5), minimum: aNumber(0), steps: aNumber(10) };

/** A model that counts on, of five tokens, and their letters. */
const counting = (): hebb.CausalModel => ({
  forward: (ids) => hebb.oneHot(hebb.remainder(ids.add(1), 5), 5).to('float32'),
});
const codec = (): hebb.TextCodec => ({
  encode: (text) => Array.from(text, (letter) => Math.max(0, 'abcde'.indexOf(letter))),
  decode: (ids) => Array.from(ids, (id) => 'abcde'[id]).join(''),
});
const filters = { temperature: aNumber(1), topK: anInteger(2), topP: aNumber(0.5), minP: aNumber(0.5) };
const generation = {
  ...filters,
  repetitionPenalty: aNumber(2),
  seed: anInteger(1),
  maxTokens: anAmountOfWork(2),
  cache: aBoolean(true),
};
const textsAndTokens = other(() => ['a', 1], 'array', 'numbers', 'texts');

export const functions: Functions<Api> = {
  // Tensors from data and from rules.
  tensor: [
    other(
      () => [1, 2],
      '3',
      '-1',
      '1.5',
      'NaN',
      'Infinity',
      'true',
      'array',
      'numbers',
      'nested arrays',
      'typed array',
    ),
    options<hebb.TensorOptions>({ dtype, shape: integers(2) }),
  ],
  full: [shape, aNumber(1, 'NaN', 'Infinity'), creation],
  zeros: [shape, creation],
  ones: [shape, creation],
  zerosLike: [x],
  onesLike: [x],
  iota: [shape, axis],
  arange: [anInteger(0), optional(anInteger(3)), optional(anInteger(1))],
  linspace: [aNumber(0), aNumber(1), anInteger(2)],
  logspace: [aNumber(0), aNumber(1), anInteger(2), options<hebb.LogspaceOptions>({ base: aNumber(2) })],
  meshgrid: [other(() => [tensor([1]), tensor([2])]), options<hebb.MeshgridOptions>({ indexing: aChoice('xy') })],
  tril: [aTensor(matrix), optional(anInteger(0))],
  triu: [aTensor(matrix), optional(anInteger(0))],
  diag: [x, optional(anInteger(0))],
  diagonal: [aTensor(matrix), optional(anInteger(0)), optional(axis), optional(anInteger(1))],
  eye: [anInteger(2), optional(anInteger(2))],
  oneHot: [x, anInteger(2)],
  scalar: [aNumber(1, 'NaN', 'Infinity', 'function'), options<hebb.ScalarOptions>({ dtype: aChoice('float32') })],
  rand: [shape, random],
  randn: [
    shape,
    options<hebb.NormalOptions>({ mean: aNumber(1), std: aNumber(1), generator: other(() => new hebb.Generator(1)) }),
  ],
  uniform: [shape, aNumber(0), aNumber(1), random],
  bernoulli: [shape, aNumber(0.5), random],
  randint: [shape, anInteger(0), anInteger(3), random],
  permutation: [anInteger(3), random],
  multinomial: [
    x,
    anInteger(1),
    options<hebb.MultinomialOptions>({ generator: other(() => new hebb.Generator(1)), replacement: aBoolean() }),
  ],
  exponential: [shape, optional(aNumber(1)), random],
  gumbel: [shape, random],
  gumbelSoftmax: [
    x,
    options<hebb.GumbelSoftmaxOptions>({
      temperature: aNumber(1),
      hard: aBoolean(),
      axis: anInteger(0),
      generator: other(() => new hebb.Generator(1)),
    }),
  ],
  poisson: [shape, aNumber(3), random],
  binomial: [shape, anInteger(4), aNumber(0.25), random],
  gamma: [shape, aNumber(2), optional(aNumber(1)), random],
  beta: [shape, aNumber(2), aNumber(3), random],
  truncatedNormal: [
    shape,
    options<hebb.TruncatedNormalOptions>({
      generator: other(() => new hebb.Generator(1)),
      mean: aNumber(0),
      std: aNumber(1),
      low: aNumber(-2),
      high: aNumber(2),
    }),
  ],
  manualSeed: [anInteger(1)],
  variable: [x, options<hebb.VariableOptions>({ requiresGrad: aBoolean() })],
  assign: [other(() => hebb.variable(tensor([1, 2]))), x],

  // Elementwise.
  abs: [operand],
  neg: [operand],
  sign: [operand],
  exp: [operand],
  expm1: [operand],
  log: [operand],
  log1p: [operand],
  sqrt: [operand],
  square: [operand],
  reciprocal: [operand],
  rsqrt: [operand],
  sin: [operand],
  cos: [operand],
  tanh: [operand],
  sigmoid: [operand],
  erf: [operand],
  erfc: [operand],
  relu: [operand],
  floor: [operand],
  ceil: [operand],
  round: [operand],
  trunc: [operand],
  copySign: [operand, operand],
  exp2: [operand],
  log2: [operand],
  log10: [operand],
  asin: [operand],
  acos: [operand],
  atan: [operand],
  atan2: [operand, operand],
  erfinv: [operand],
  lgamma: [operand],
  digamma: [operand],
  polygamma: [anInteger(1), operand],
  fmod: [operand, operand],
  remainder: [operand, operand],
  floorDivide: [operand, operand],
  bitwiseAnd: [whole, whole],
  bitwiseOr: [whole, whole],
  bitwiseXor: [whole, whole],
  bitwiseNot: [aTensor(labels)],
  bitwiseLeftShift: [whole, whole],
  bitwiseRightShift: [whole, whole],
  bitcast: [x, aChoice('int32')],
  signBit: [operand],
  tan: [operand],
  hypot: [operand, operand],
  sinh: [operand],
  cosh: [operand],
  asinh: [operand],
  acosh: [operand],
  atanh: [operand],
  xlogy: [operand, operand],
  logSigmoid: [operand],
  softplus: [operand, options<hebb.SoftplusOptions>({ beta: aNumber(2), threshold: aNumber(20) })],
  isNaN: [operand],
  isInf: [operand],
  isFinite: [operand],
  nanToNum: [
    operand,
    options<hebb.NanToNumOptions>({
      nan: aNumber(0, 'NaN', 'Infinity'),
      posInf: aNumber(1, 'NaN', 'Infinity'),
      negInf: aNumber(1, 'NaN', 'Infinity'),
    }),
  ],
  frac: [operand],
  lerp: [operand, operand, operand],
  gelu: [x, options<hebb.GeluOptions>({ approximate: aChoice('tanh') })],
  dropout: [x, dropping],
  dropout1d: [sequenceOf2, dropping],
  dropout2d: [sequenceOf2, dropping],
  dropout3d: [aTensor(() => zeros([1, 1, 1, 1, 2])), dropping],
  alphaDropout: [x, dropping],
  featureAlphaDropout: [sequenceOf2, dropping],
  dropPath: [x, dropping],
  layerNorm: [
    aTensor(matrix),
    oneOrMore(2),
    options<hebb.AffineOptions>({ weight: aTensor(), bias: aTensor(), eps: aNumber(1e-5) }),
  ],
  rmsNorm: [aTensor(matrix), oneOrMore(2), options<hebb.RmsNormOptions>({ weight: aTensor(), eps: aNumber(1e-5) })],
  groupNorm: [
    aTensor(matrix),
    anInteger(1),
    options<hebb.AffineOptions>({ weight: aTensor(), bias: aTensor(), eps: aNumber(1e-5) }),
  ],
  batchNorm: [
    aTensor(matrix),
    options<hebb.BatchNormalizationOptions>({
      ...running,
      momentum: other(() => 0.1, '3', '-1', '1.5', 'tensor'),
      training: aBoolean(),
    }),
  ],
  instanceNorm: [
    aTensor(() => tensor([[[1, 2], [3, 4]]])), // prettier-ignore
    options<hebb.InstanceNormalizationOptions>({
      ...running,
      momentum: other(() => 0.1, '3', '-1', '1.5', 'tensor'),
      useInputStats: aBoolean(true),
    }),
  ],
  localResponseNorm: [
    aTensor(() => tensor([[[1, 2], [3, 4]]])), // prettier-ignore
    anInteger(2),
    options<hebb.LocalResponseNormOptions>({ alpha: aNumber(1), beta: aNumber(1), k: aNumber(1) }),
  ],
  elu: [operand, options<hebb.EluOptions>({ alpha: aNumber(1) })],
  celu: [operand, options<hebb.EluOptions>({ alpha: aNumber(2) })],
  selu: [operand],
  relu6: [operand],
  leakyRelu: [operand, options<hebb.LeakyReluOptions>({ negativeSlope: aNumber(0.1) })],
  prelu: [x, aTensor(() => tensor([0.5]))],
  rrelu: [
    x,
    options<hebb.RReluOptions>({
      lower: aNumber(0.1),
      upper: aNumber(0.2),
      training: aBoolean(),
      generator: other(() => new hebb.Generator(1)),
    }),
  ],
  threshold: [operand, aNumber(1), aNumber(2)],
  hardtanh: [operand, options<hebb.HardtanhOptions>({ minValue: aNumber(-2), maxValue: aNumber(2) })],
  hardshrink: [operand, options<hebb.ShrinkOptions>({ lambda: aNumber(0.5) })],
  softshrink: [operand, options<hebb.ShrinkOptions>({ lambda: aNumber(0.5) })],
  hardsigmoid: [operand],
  hardswish: [operand],
  mish: [operand],
  silu: [operand],
  softsign: [operand],
  tanhshrink: [operand],
  glu: [x, optional(axis)],
  reglu: [x, optional(axis)],
  geglu: [x, optional(axis)],
  swiglu: [x, optional(axis)],
  not: [x],
  cast: [x, aChoice('int32')],
  detach: [x],
  add: [operand, operand],
  sub: [operand, operand],
  mul: [operand, operand],
  div: [operand, operand],
  pow: [operand, operand],
  maximum: [operand, operand],
  minimum: [operand, operand],
  equal: [operand, operand],
  notEqual: [operand, operand],
  less: [operand, operand],
  lessEqual: [operand, operand],
  greater: [operand, operand],
  greaterEqual: [operand, operand],
  and: [x, x],
  or: [x, x],
  where: [x, operand, operand],
  clamp: [operand, optional(aNumber(0, 'Infinity')), optional(aNumber(1, 'Infinity'))],

  // Movement.
  reshape: [aTensor(matrix), integers(4)],
  flatten: [aTensor(matrix), optional(axis), optional(anInteger(-1))],
  squeeze: [x, optional(other(() => undefined, '3', '-1'))],
  unsqueeze: [x, axis],
  transpose: [aTensor(matrix), axis, anInteger(1)],
  permute: [aTensor(matrix), integers(1, 0)],
  broadcastTo: [x, integers(3, 2)],
  slice: [aTensor(matrix), integers(0), optional(integers(1)), optional(integers(1))],
  narrow: [x, axis, anInteger(0), anInteger(1)],
  pad: [
    x,
    other(() => [[1, 1]], 'array', 'nested arrays'),
    options<hebb.PadOptions>({ mode: aChoice('constant'), value: aNumber(1, 'NaN', 'Infinity') }),
  ],
  flip: [x, oneOrMore(0)],
  moveAxis: [aTensor(matrix), oneOrMore(0), oneOrMore(1)],
  unflatten: [x, axis, integers(2)],
  roll: [x, oneOrMore(1), optional(oneOrMore(0))],
  rot90: [aTensor(matrix), optional(anInteger(1)), optional(integers(0, 1))],
  split: [x, oneOrMore(1), optional(axis)],
  chunk: [x, anInteger(2), optional(axis)],
  unbind: [x, optional(axis)],
  repeat: [x, integers(2)],
  tile: [x, integers(2)],
  repeatInterleave: [x, oneOrMore(2), optional(axis)],
  concat: [other(() => [tensor([1]), tensor([2])]), optional(axis)],
  stack: [other(() => [tensor([1]), tensor([2])]), optional(axis)],

  // Positions that are data.
  gather: [x, axis, positions()],
  takeAlongAxis: [x, positions(), optional(axis)],
  take: [x, positions()],
  indexSelect: [x, axis, positions()],
  indexAdd: [x, axis, positions(), updates, options<hebb.IndexAddOptions>({ alpha: aNumber(1, 'NaN', 'Infinity') })],
  indexCopy: [x, axis, positions(), updates],
  scatter: [x, axis, positions(), updates],
  scatterAdd: [x, axis, positions(), updates],
  scatterReduce: [
    x,
    axis,
    positions(),
    updates,
    aChoice('amax'),
    options<hebb.ScatterReduceOptions>({ includeSelf: aBoolean() }),
  ],
  maskedFill: [x, aTensor(() => tensor([true, false])), anOperand(() => 3)],
  maskedScatter: [x, aTensor(() => tensor([true, false])), x],
  maskedSelect: [x, aTensor(() => tensor([true, false]))],
  nonZero: [x],
  gcnNorm: [
    other(edges),
    anInteger(2),
    options<hebb.GcnNormOptions>({ weights: aTensor(() => ones([2])), addSelfLoops: aBoolean(), improved: aBoolean() }),
  ],
  joinGraphs: [other(() => [{ nodes: ones([2, 1]), edges: edges() }])],
  segmentSum: [x, positions(), anInteger(2)],
  segmentMean: [x, positions(), anInteger(2)],
  segmentMax: [x, positions(), anInteger(2)],
  segmentMin: [x, positions(), anInteger(2)],
  segmentSoftmax: [x, positions(), anInteger(2)],
  embedding: [positions(), aTensor(matrix), options<hebb.EmbeddingOptions>({ paddingIndex: anInteger(0) })],
  embeddingBag: [
    positions(),
    aTensor(matrix),
    options<hebb.EmbeddingBagOptions>({
      offsets: positions(() => [0]),
      mode: aChoice('sum'),
      perSampleWeights: aTensor(),
      paddingIndex: anInteger(0),
    }),
  ],
  setAt: [
    x,
    other(() => [[0, 2]], 'array', 'nested arrays'),
    operand,
    options<hebb.SetAtOptions>({ accumulate: aBoolean() }),
  ],

  // Reductions, products, windows.
  sum: [x, axes, reduceOptions],
  prod: [x, axes, reduceOptions],
  mean: [x, axes, reduceOptions],
  max: [x, axes, reduceOptions],
  min: [x, axes, reduceOptions],
  pairwiseDistance: [
    x,
    x,
    options<hebb.PairwiseDistanceOptions>({
      p: aNumber(2, 'Infinity'),
      eps: aNumber(1e-6),
      keepDims: aBoolean(),
    }),
  ],
  cosineSimilarity: [
    aTensor(matrix),
    aTensor(matrix),
    options<hebb.CosineSimilarityOptions>({ axis: anInteger(0), eps: aNumber(1e-8, 'Infinity') }),
  ],
  cdist: [aTensor(matrix), aTensor(matrix), options<hebb.DistanceOptions>({ p: aNumber(2, 'Infinity') })],
  pdist: [aTensor(matrix), options<hebb.DistanceOptions>({ p: aNumber(2, 'Infinity') })],
  normalize: [
    aTensor(matrix),
    options<hebb.NormalizeOptions>({
      p: aNumber(2, 'Infinity'),
      axis: anInteger(0),
      eps: aNumber(1e-8, 'Infinity'),
    }),
  ],
  norm: [x, axes, options<hebb.NormOptions>({ keepDims: aBoolean(), p: aNumber(2, 'Infinity') })],
  logSumExp: [x, axes, reduceOptions],
  amax: [x, axes, reduceOptions],
  amin: [x, axes, reduceOptions],
  aminmax: [x, axes, reduceOptions],
  argSort: [x, optional(axis), sortOptions],
  sort: [x, optional(axis), sortOptions],
  topK: [x, anInteger(1), options<hebb.TopElementsOptions>({ axis: anInteger(0), largest: aBoolean() })],
  median: [x, axis, reduceOptions],
  mode: [x, axis, reduceOptions],
  quantile: [
    x,
    other(() => 0.5, 'array'),
    optional(axis),
    options<hebb.QuantileOptions>({ keepDims: aBoolean(), interpolation: aChoice('linear') }),
  ],
  searchSorted: [x, aTensor(), searchOptions],
  bucketize: [x, other(() => [1, 2], 'array', 'numbers', 'tensor'), searchOptions],
  histogram: [
    x,
    optional(other(() => 3, '3', 'numbers', 'tensor')),
    options<hebb.HistogramOptions>({ range: other(() => [0, 1], 'numbers'), weights: aTensor(), density: aBoolean() }),
  ],
  unique: [x, optional(axis)],
  cumsum: [x, axis, cumulativeOptions],
  cumprod: [x, axis, cumulativeOptions],
  cummax: [x, axis, cumulativeOptions],
  cummin: [x, axis, cumulativeOptions],
  logCumSumExp: [x, axis, cumulativeOptions],
  maxWithIndices: [x, axis, reduceOptions],
  minWithIndices: [x, axis, reduceOptions],
  encodeNpy: [x],
  decodeNpy: [bytes(() => npy)],
  encodeNpz: [other(() => ({ x: tensor([1, 2]) }), 'object')],
  decodeNpz: [bytes(() => npz)],
  equals: [x, x],
  isClose: [x, x, closeOptions],
  allClose: [x, x, closeOptions],
  formatTensor: [
    x,
    options<hebb.FormatOptions>({
      digits: anInteger(4),
      threshold: aNumber(1000, 'Infinity'),
      edge: other(() => 3, '3', 'Infinity'),
      width: other(() => 80, '3', 'Infinity'),
    }),
  ],
  any: [x, axes, reduceOptions],
  all: [x, axes, reduceOptions],
  countNonZero: [x, axes, reduceOptions],
  nanSum: [x, axes, reduceOptions],
  nanMean: [x, axes, reduceOptions],
  variance: [x, axes, varianceOptions],
  std: [x, axes, varianceOptions],
  argmax: [x, optional(axis), reduceOptions],
  argmin: [x, optional(axis), reduceOptions],
  softmax: [x, axis],
  logSoftmax: [x, axis],
  softmin: [x, axis],
  matmul: [x, x],
  dot: [x, x],
  outer: [x, x],
  cross: [aTensor(() => tensor([1, 2, 3])), aTensor(() => tensor([1, 2, 3])), optional(anInteger(0))],
  tensordot: [aTensor(matrix), aTensor(matrix), optional(other(() => [[0], [1]], '3'))],
  kron: [x, x],
  matrixPower: [aTensor(matrix), anInteger(2)],
  triangularSolve: [aTensor(matrix), aTensor(matrix), triangular],
  cholesky: [aTensor(matrix), options<hebb.CholeskyOptions>({ upper: aBoolean() })],
  solve: [aTensor(matrix), x],
  inverse: [aTensor(matrix)],
  qr: [aTensor(matrix), options<hebb.QrOptions>({ mode: aChoice('complete') })],
  eigh: [aTensor(matrix)],
  svd: [aTensor(matrix), options<hebb.SvdOptions>({ fullMatrices: aBoolean() })],
  singularValues: [aTensor(matrix)],
  symmetricEigenvalues: [aTensor(matrix)],
  matrixNorm: [
    aTensor(matrix),
    optional(other(() => 'nuc', '-1', 'Infinity')),
    options<hebb.MatrixNormOptions>({ axes: integers(1, 0), keepDims: aBoolean() }),
  ],
  lstsq: [aTensor(matrix), x],
  pinv: [aTensor(matrix), rank],
  matrixRank: [aTensor(matrix), rank],
  determinant: [aTensor(matrix)],
  slogdet: [aTensor(matrix)],
  logdet: [aTensor(matrix)],
  trace: [aTensor(matrix)],
  einsum: [aChoice('i->'), x],
  fft: [aTensor(matrix), fourier],
  ifft: [aTensor(matrix), fourier],
  rfft: [x, fourier],
  irfft: [aTensor(matrix), fourier],
  fft2: [aTensor(complexMatrix), fourierAxes],
  ifft2: [aTensor(complexMatrix), fourierAxes],
  rfft2: [aTensor(matrix), fourierAxes],
  irfft2: [aTensor(complexMatrix), fourierAxes],
  fftn: [aTensor(complexMatrix), fourierAxes],
  ifftn: [aTensor(complexMatrix), fourierAxes],
  rfftn: [aTensor(matrix), fourierAxes],
  irfftn: [aTensor(complexMatrix), fourierAxes],
  stft: [
    aTensor(() => ones([6])),
    anInteger(2),
    options<hebb.StftOptions>({ ...framing, paddingMode: aChoice('constant') }),
  ],
  istft: [aTensor(complexMatrix), anInteger(2), options<hebb.IstftOptions>({ ...framing, length: anInteger(1) })],
  hannWindow: [anInteger(3), windowFunction],
  hammingWindow: [
    anInteger(3),
    options<hebb.HammingWindowOptions>({ periodic: aBoolean(), alpha: aNumber(0.5), beta: aNumber(0.5) }),
  ],
  blackmanWindow: [anInteger(3), windowFunction],
  bartlettWindow: [anInteger(3), windowFunction],
  kaiserWindow: [anInteger(3), options<hebb.KaiserWindowOptions>({ periodic: aBoolean(), beta: aNumber(12) })],
  melFilterBank: [
    anInteger(2),
    anInteger(9),
    aNumber(16_000),
    options<hebb.MelFilterBankOptions>({
      low: aNumber(0),
      high: aNumber(8000),
      scale: aChoice('slaney'),
      norm: aChoice('none'),
    }),
  ],
  conv1d: [aTensor(() => ones([1, 1, 4])), aTensor(() => ones([1, 1, 2])), convolution],
  conv2d: [aTensor(image), aTensor(() => ones([1, 1, 2, 2])), convolution],
  conv3d: [aTensor(volume), aTensor(() => ones([1, 1, 2, 2, 2])), convolution],
  convTranspose1d: [aTensor(sequence), aTensor(() => ones([1, 1, 2])), transposedConvolution],
  convTranspose2d: [aTensor(image), aTensor(() => ones([1, 1, 2, 2])), transposedConvolution],
  convTranspose3d: [aTensor(volume), aTensor(() => ones([1, 1, 2, 2, 2])), transposedConvolution],
  maxPool1d: [aTensor(sequence), oneOrMore(2), maximumPooling],
  maxPool2d: [aTensor(image), oneOrMore(2), maximumPooling],
  maxPool3d: [aTensor(volume), oneOrMore(2), maximumPooling],
  maxPool1dWithIndices: [aTensor(sequence), oneOrMore(2), maximumPooling],
  maxPool2dWithIndices: [aTensor(image), oneOrMore(2), maximumPooling],
  maxPool3dWithIndices: [aTensor(volume), oneOrMore(2), maximumPooling],
  avgPool1d: [aTensor(sequence), oneOrMore(2), averagePooling],
  avgPool2d: [aTensor(image), oneOrMore(2), averagePooling],
  avgPool3d: [aTensor(volume), oneOrMore(2), averagePooling],
  lpPool1d: [aTensor(sequence), aNumber(2), oneOrMore(2), lpPooling],
  lpPool2d: [aTensor(image), aNumber(2), oneOrMore(2), lpPooling],
  lpPool3d: [aTensor(volume), aNumber(2), oneOrMore(2), lpPooling],
  maxUnpool1d: [aTensor(sequence), winners(1), oneOrMore(2), unpooling],
  maxUnpool2d: [aTensor(image), winners(2), oneOrMore(2), unpooling],
  maxUnpool3d: [aTensor(volume), winners(3), oneOrMore(2), unpooling],
  adaptiveAvgPool1d: [aTensor(sequence), oneOrMore(2)],
  adaptiveAvgPool2d: [aTensor(image), oneOrMore(2)],
  adaptiveAvgPool3d: [aTensor(volume), oneOrMore(2)],
  adaptiveMaxPool1d: [aTensor(sequence), oneOrMore(2)],
  adaptiveMaxPool2d: [aTensor(image), oneOrMore(2)],
  adaptiveMaxPool3d: [aTensor(volume), oneOrMore(2)],
  adaptiveMaxPool1dWithIndices: [aTensor(sequence), oneOrMore(2)],
  adaptiveMaxPool2dWithIndices: [aTensor(image), oneOrMore(2)],
  adaptiveMaxPool3dWithIndices: [aTensor(volume), oneOrMore(2)],
  interpolate: [
    aTensor(image),
    options<hebb.InterpolateOptions>(
      {
        size: oneOrMore(2),
        scaleFactor: other(() => undefined),
        mode: aChoice('bilinear'),
        alignCorners: aBoolean(),
      },
      true,
    ),
  ],
  channelShuffle: [aTensor(() => ones([1, 4, 2])), anInteger(2)],
  linear: [aTensor(matrix), aTensor(() => ones([3, 2])), optional(aTensor(() => ones([3])))],
  bilinear: [
    aTensor(matrix),
    aTensor(matrix),
    aTensor(() => ones([3, 2, 2])),
    options<hebb.BilinearOptions>({ bias: aTensor(() => ones([3])) }),
  ],
  fractionalMaxPool2d: [aTensor(image), oneOrMore(2), fractional(2)],
  fractionalMaxPool2dWithIndices: [aTensor(image), oneOrMore(2), fractional(2)],
  fractionalMaxPool3d: [aTensor(volume), oneOrMore(1), fractional(3)],
  fractionalMaxPool3dWithIndices: [aTensor(volume), oneOrMore(1), fractional(3)],
  pixelShuffle: [aTensor(() => ones([4, 2, 2])), anInteger(2)],
  pixelUnshuffle: [aTensor(image), anInteger(2)],
  gridSample: [
    aTensor(image),
    aTensor(() => zeros([1, 2, 2, 2])),
    options<hebb.GridSampleOptions>({
      mode: aChoice('bicubic'),
      paddingMode: aChoice('border'),
      alignCorners: aBoolean(),
    }),
  ],
  affineGrid: [
    aTensor(() => ones([1, 2, 3])),
    integers(1, 1, 2, 2),
    options<hebb.AffineGridOptions>({ alignCorners: aBoolean() }),
  ],
  scaledDotProductAttention: [
    aTensor(matrix),
    aTensor(matrix),
    aTensor(matrix),
    options<hebb.AttentionOptions>({
      mask: aTensor(matrix),
      causal: aBoolean(),
      scale: aNumber(1),
      dropout: other(() => 0.5),
      generator: other(() => new hebb.Generator(1)),
    }),
  ],
  unfold: [aTensor(() => tensor([1, 2, 3])), integers(2), windows],
  fold: [aTensor(matrix), integers(3), windows],
  composite: [
    aText('double'),
    other(
      () => ({}),
      'object',
      'other object',
      'map',
      'array',
      'numbers',
      'texts',
      'nested arrays',
      'typed array',
      'promise',
      'tensor',
    ),
    other(() => [tensor([1])], 'array'),
    aFunction((input: hebb.Tensor | undefined) => input ?? zeros([1])),
    options<hebb.CompositeOptions>({ gradient: aFunction((cotangent: hebb.Tensor) => [cotangent]) }),
  ],
  compositeResults: [
    other(() => ({ name: 'parts', body: (_: object, x = zeros([1])) => [x.abs(), x.neg()] })),
    other(
      () => ({}),
      'object',
      'other object',
      'map',
      'array',
      'numbers',
      'texts',
      'nested arrays',
      'typed array',
      'promise',
      'tensor',
    ),
    other(() => [tensor([1])], 'array'),
  ],

  // Running.
  scan: [
    other(() => (carry: unknown) => [carry, undefined]),
    other(() => tensor([1]), 'tensor', 'undefined', 'object', 'array', 'map'),
    other(() => tensor([[1], [2]]), 'tensor', 'undefined', 'object', 'array', 'map'),
    options<hebb.ScanOptions>({ length: other(() => 2), reverse: aBoolean() }),
  ],
  cond: [
    other(() => tensor(1).greater(0)),
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : tensor(0))),
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value.mul(2) : tensor(1))),
  ],
  whileLoop: [
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value.sum() : tensor(9)).less(8)),
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value.mul(2) : value)),
    other(() => tensor([1, 2]), 'tensor', 'undefined', 'object', 'array', 'map'),
    options<hebb.WhileLoopOptions>({ maxSteps: other(() => 3, '3') }, true),
  ],
  compile: [aFunction(() => undefined)],
  profile: [aFunction(() => tensor([1]).add(1)), options<hebb.ProfileOptions>({ runs: anAmountOfWork(1) })],
  explain: [aFunction(() => tensor([1]).add(1))],
  dryRun: [aFunction(() => zeros([1]))],
  currentRecording: [],
  guard: [aFunction(() => 1)],
  realize: [other(() => tensor([1]), 'tensor', 'object', 'array', 'map')],
  setDevice: [aChoice('reference')],

  // Gradients.
  grad: [
    aFunction((value?: hebb.Tensor) => (value instanceof hebb.Tensor ? value : weight).sum()),
    options<hebb.GradOptions<number, boolean>>({ argnums: oneOrMore(0), hasAux: aBoolean() }),
  ],
  valueAndGrad: [
    aFunction((value?: hebb.Tensor) => (value instanceof hebb.Tensor ? value : weight).sum()),
    other(() => ({ argnums: 0 }), 'undefined', 'array', 'object', 'map'),
  ],
  backward: [other(() => hebb.parameter(tensor([1])).sum())],
  vjp: [
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : weight).square()),
    other(() => tensor([1]), 'tensor', 'object', 'array', 'map'),
  ],
  jvp: [
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : weight).square()),
    other(() => [tensor([1])], 'array'),
    other(() => [tensor([1])], 'array'),
    options<hebb.JvpOptions>({ hasAux: aBoolean(false) }),
  ],
  hvp: [
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : weight).square().sum()),
    other(() => [tensor([1])], 'array'),
    other(() => [tensor([1])], 'array'),
  ],
  jacobian: [
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : weight).square()),
    options<hebb.JacobianOptions<0>>({
      argnums: oneOrMore(0),
      mode: other(() => 'reverse'),
      hasAux: aBoolean(false),
      chunkSize: anInteger(1),
    }),
  ],
  hessian: [
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : weight).square().sum()),
    options<hebb.HessianOptions<0>>({ argnums: oneOrMore(0), chunkSize: anInteger(1) }),
  ],
  vmap: [
    aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : weight).square()),
    options<hebb.VmapOptions>({
      inAxes: other(() => 0, '3', '-1', 'null', 'array', 'numbers', 'nested arrays'),
      outAxes: other(() => 0, '3', '-1', 'null', 'array', 'numbers', 'nested arrays', 'object', 'other object', 'map'),
      chunkSize: other(() => 2, '3'),
    }),
  ],
  detectAnomaly: [aFunction(() => tensor([1]))],
  checkpoint: [aFunction((value: unknown) => (value instanceof hebb.Tensor ? value : weight).square())],
  customGradient: [aFunction((value: hebb.Tensor) => value), aFunction((cotangent: hebb.Tensor) => [cotangent])],
  stopGradient: [x],

  // Modules.
  parameter: [x],
  buffer: [x],
  observeForwards: [other(model), aFunction(() => 1), aFunction(() => 1)],
  addLoRA: [
    other(model),
    options<hebb.AddLoRAOptions>({
      match: other(() => /0/),
      rank: anInteger(1),
      alpha: aNumber(1),
      dropout: aNumber(0),
    }),
  ],
  loraStateDict: [other(model)],
  mergeLoRA: [other(model)],
  withMode: [other(model), aBoolean(), aFunction(() => 1)],
  filterLogits: [aTensor(), options<hebb.FilterOptions>(filters)],
  generate: [
    other(counting),
    other(() => [1], 'array', 'numbers', 'typed array'),
    options<hebb.GenerateOptions>({ ...generation, stop: integers(1) }, true),
  ],
  generateText: [
    other(counting),
    other(codec),
    aText('b'),
    options<hebb.GenerateTextOptions>({ ...generation, stop: textsAndTokens }, true),
  ],
  generateBatch: [
    other(counting),
    other(() => [[1], [1, 0]], 'array', 'nested arrays'),
    options<hebb.GenerateOptions>({ ...generation, stop: integers(1) }, true),
  ],
  generateTextBatch: [
    other(counting),
    other(codec),
    other(() => ['b', 'ab'], 'array', 'texts'),
    options<hebb.GenerateTextOptions>({ ...generation, stop: textsAndTokens }, true),
  ],
  attendHeads: [
    other(model),
    aTensor(heads),
    aTensor(heads),
    aTensor(heads),
    options<hebb.AttendHeadsOptions>({ mask: aTensor(matrix), causal: aBoolean(), dropout: aNumber(0) }),
  ],
  attentionWeights: [other(model), aFunction(() => undefined)],
  beamSearch: [
    other(counting),
    other(() => [1], 'array', 'numbers', 'typed array'),
    options<hebb.BeamSearchOptions>(
      {
        maxTokens: anAmountOfWork(2),
        beams: anAmountOfWork(2),
        stop: integers(1),
        lengthPenalty: aNumber(1),
        cache: aBoolean(true),
      },
      true,
    ),
  ],
  fromConfig: [other(() => model().config()), optional(other(() => ({}), 'object', 'other object'))],
  initialize: [
    other(model),
    other(() => ['batch', 2], 'numbers', 'nested arrays', 'texts'),
    options<hebb.InitializeOptions>({ dtype }),
  ],
  summary: [
    other(model),
    other(() => ['batch', 2], 'array', 'numbers', 'nested arrays', 'texts'),
    options<hebb.SummaryOptions>({
      dtype,
      sizes: other(() => ({ batch: 2 }), 'object'),
      training: aBoolean(),
      columns: anInteger(1),
    }),
  ],
  calculateGain: [aChoice('relu'), optional(aNumber(0.1))],
  dirac: [other(() => [2, 2, 3]), options<hebb.DiracOptions>({ groups: anInteger(1) })],
  initializeByName: [
    other(model),
    anInteger(1),
    options<hebb.InitializeByNameOptions>({
      scheme: aFunction(() => undefined),
      types: other(() => ({}), 'object', 'other object'),
    }),
  ],
  normal: [shape, options<hebb.NormalOptions>({ mean: aNumber(1), std: aNumber(1), generator: aGenerator })],
  orthogonal: [shape, options<hebb.OrthogonalOptions>({ gain: aNumber(1), generator: aGenerator })],
  sparse: [shape, aNumber(0.5), options<hebb.SparseOptions>({ std: aNumber(1), generator: aGenerator })],
  kaimingNormal: [shape, kaiming],
  kaimingUniform: [shape, kaiming],
  xavierNormal: [shape, xavier],
  xavierUniform: [shape, xavier],
  decodeSafetensorsArrays: [other(() => encoded)],
  encodeSafetensorsArrays: [
    other(() => new Map([['a', { dtype: 'U8', shape: [2], bytes: Uint8Array.of(1, 2) }]]), 'map'),
    optional(other(() => ({ made: 'here' }), 'object')),
  ],
  encodeSafetensors: [namedTensors, optional(other(() => ({ made: 'here' }), 'object'))],
  decodeSafetensors: [bytes(() => encoded)],
  encodeState: [
    other(() => ({ a: tensor([1, 2]), b: [NaN] }), ...anyState),
    optional(other(() => ({ made: 'here' }), 'object')),
  ],
  decodeState: [other(() => encodedState)],
  saveCheckpoint: [path('a.checkpoint'), parts],
  loadCheckpoint: [
    other(() => checkpointPath, 'text'),
    parts,
    options<hebb.LoadCheckpointOptions>({ partial: aBoolean() }),
  ],
  readSafetensors: [other(() => encoded, 'text')],
  readSafetensorsArrays: [other(() => encoded, 'text')],
  readSafetensorsMetadata: [other(() => encoded, 'text')],
  readPyTorch: [other(() => saved), options<hebb.ReadPyTorchOptions>({ key: other(() => 'model', 'array') })],
  readPyTorchObject: [other(() => saved), options<hebb.ReadPyTorchOptions>({ key: other(() => 'model', 'array') })],
  readShardedSafetensors: [
    other(() => indexPath, 'text'),
    options<hebb.ReadShardedSafetensorsOptions>({
      shard: aFunction((name: string) => join(folder, name)),
      checkTotalSize: aBoolean(true),
    }),
  ],
  writeShardedSafetensors: [
    path('b.safetensors'),
    namedTensors,
    options<hebb.WriteShardedSafetensorsOptions>({
      maxShardSize: anAmountOfWork(8),
      metadata: other(() => ({ made: 'here' }), 'object'),
    }),
  ],
  writeSafetensors: [path('a.safetensors'), namedTensors, optional(other(() => ({}), 'object'))],

  // Losses and optimizers.
  crossEntropy: [
    aTensor(matrix),
    aTensor(labels),
    options<hebb.CrossEntropyOptions>({
      reduction,
      labelSmoothing: aNumber(0),
      weight: aTensor(() => tensor([1, 1])),
      ignoreIndex: anInteger(-100),
    }),
  ],
  nllLoss: [
    aTensor(matrix),
    aTensor(labels),
    options<hebb.NllLossOptions>({ reduction, weight: x, ignoreIndex: anInteger(-100) }),
  ],
  binaryCrossEntropyWithLogits: [
    x,
    aTensor(() => tensor([0, 1])),
    options<hebb.BinaryCrossEntropyWithLogitsOptions>({ reduction, weight: x, positiveWeight: x }),
  ],
  binaryCrossEntropy: [
    x,
    aTensor(() => tensor([0, 1])),
    options<hebb.BinaryCrossEntropyOptions>({ reduction, weight: x }),
  ],
  sigmoidFocalLoss: [
    x,
    aTensor(() => tensor([0, 1])),
    options<hebb.SigmoidFocalLossOptions>({
      reduction,
      alpha: other(() => 0.25, 'null'),
      gamma: aNumber(2, 'Infinity'),
    }),
  ],
  focalLoss: [
    aTensor(matrix),
    aTensor(labels),
    options<hebb.FocalLossOptions>({
      reduction,
      gamma: aNumber(2, 'Infinity'),
      weight: x,
      ignoreIndex: anInteger(-100),
    }),
  ],
  ctcLoss: [
    aTensor(() => zeros([3, 1, 2])),
    aTensor(() => tensor([[1]], { dtype: 'int32' })),
    other(() => [3]),
    other(() => [1]),
    options<hebb.CtcLossOptions>({ reduction, blank: anInteger(0), zeroInfinity: aBoolean() }),
  ],
  meanSquaredError: [x, x, options<hebb.ReductionOptions>({ reduction })],
  meanAbsoluteError: [x, x, options<hebb.ReductionOptions>({ reduction })],
  mseLoss: [x, x, options<hebb.ReductionOptions>({ reduction })],
  l1Loss: [x, x, options<hebb.ReductionOptions>({ reduction })],
  huberLoss: [x, x, options<hebb.HuberOptions>({ reduction, delta: aNumber(1, 'Infinity') })],
  smoothL1Loss: [x, x, options<hebb.SmoothL1Options>({ reduction, beta: aNumber(1, 'Infinity') })],
  klDiv: [x, x, options<hebb.KlDivOptions>({ reduction: aChoice('batchMean'), logTarget: aBoolean() })],
  gaussianKlDivergence: [x, x, options<hebb.ReductionOptions>({ reduction })],
  evidenceLowerBoundLoss: [
    x,
    aTensor(matrix),
    aTensor(matrix),
    options<hebb.EvidenceLowerBoundOptions>({ reduction, beta: aNumber(1) }),
  ],
  poissonNllLoss: [
    x,
    x,
    options<hebb.PoissonNllLossOptions>({
      reduction,
      logInput: aBoolean(),
      full: aBoolean(),
      eps: aNumber(1e-8, 'Infinity'),
    }),
  ],
  gaussianNllLoss: [
    x,
    x,
    x,
    options<hebb.GaussianNllLossOptions>({ reduction, full: aBoolean(), eps: aNumber(1e-6, 'Infinity') }),
  ],
  hingeEmbeddingLoss: [x, x, margin],
  marginRankingLoss: [x, x, x, margin],
  softMarginLoss: [x, x, options<hebb.ReductionOptions>({ reduction })],
  multilabelSoftMarginLoss: [x, x, options<hebb.MultilabelSoftMarginLossOptions>({ reduction, weight: x })],
  multiMarginLoss: [
    aTensor(matrix),
    aTensor(labels),
    options<hebb.MultiMarginLossOptions>({ reduction, margin: aNumber(1), p: other(() => 2), weight: x }),
  ],
  multilabelMarginLoss: [x, aTensor(labels), options<hebb.ReductionOptions>({ reduction })],
  tripletMarginLoss: [
    x,
    x,
    x,
    options<hebb.TripletMarginLossOptions>({
      reduction,
      margin: aNumber(1),
      swap: aBoolean(),
      p: aNumber(2, 'Infinity'),
      eps: aNumber(1e-6),
    }),
  ],
  tripletMarginWithDistanceLoss: [
    x,
    x,
    x,
    options<hebb.TripletMarginWithDistanceLossOptions>({
      reduction,
      margin: aNumber(1),
      swap: aBoolean(),
      distance: aFunction(hebb.pairwiseDistance),
    }),
  ],
  cosineEmbeddingLoss: [aTensor(matrix), aTensor(matrix), x, margin],
  infoNceLoss: [
    aTensor(matrix),
    aTensor(matrix),
    options<hebb.InfoNceOptions>({ reduction, temperature: aNumber(0.1), negatives: aTensor(matrix) }),
  ],
  ntXentLoss: [aTensor(matrix), aTensor(matrix), options<hebb.NtXentOptions>({ reduction, temperature: aNumber(0.5) })],
  diceLoss: [
    aTensor(sequence),
    aTensor(sequence),
    options<hebb.DiceLossOptions>({
      reduction,
      axes: integers(2),
      smooth: aNumber(1e-5, 'Infinity'),
      squared: aBoolean(),
    }),
  ],
  tverskyLoss: [
    aTensor(sequence),
    aTensor(sequence),
    options<hebb.TverskyLossOptions>({
      reduction,
      axes: integers(2),
      smooth: aNumber(1e-5, 'Infinity'),
      alpha: aNumber(0.3, 'Infinity'),
      beta: aNumber(0.7, 'Infinity'),
    }),
  ],
  wassersteinCriticLoss: [x, x, options<hebb.ReductionOptions>({ reduction })],
  wassersteinGeneratorLoss: [x, options<hebb.ReductionOptions>({ reduction })],
  gradientPenalty: [x, options<hebb.GradientPenaltyOptions>({ reduction, coefficient: aNumber(10), norm: aNumber(1) })],
  clipGradientNorm: [
    other(() => [tensor([3, 4])]),
    aNumber(1, 'Infinity'),
    options<hebb.ClipGradientNormOptions>({ normType: aNumber(3, 'Infinity') }),
  ],
  clipGradientValue: [other(() => [tensor([3, 4])], 'object', 'array', 'map'), aNumber(1, 'Infinity')],
  minimize: [
    other(() => trained().optimizer),
    aFunction(() =>
      trained()
        .model.forward(ones([1, 2]))
        .sum(),
    ),
    options<hebb.MinimizeOptions>({ clipNorm: aNumber(1, 'Infinity'), clipValue: aNumber(1, 'Infinity') }),
  ],
  fromPyTorchState: [
    other(() => trained().optimizer),
    other(() => ({ param_groups: [{ lr: 0.5, params: [] }], state: {} })),
    optional(texts('0.weight')),
  ],
  toPyTorchState: [other(() => trained().optimizer)],
  averagingOf: [other(() => trained().optimizer)],
  isBiasOrNorm: [aText('bias'), aTensor(() => tensor([1]))],
  constantSchedule: [
    options<hebb.ConstantScheduleOptions>({
      warmup: aNumber(0.1),
      startFactor: aNumber(0.5),
      factor: aNumber(0.5),
      until: aNumber(5),
    }),
  ],
  applySchedule: [other(() => trained().optimizer), aFunction(() => 1), anInteger(0), aNumber(10, 'NaN', 'Infinity')],
  keepSettings: [other(() => trained().optimizer)],
  chainedSchedule: [aFunction(() => 1)],
  sequentialSchedule: [other(() => [() => 1, () => 2]), other(() => [3])],
  cyclicSchedule: [
    options<hebb.CyclicScheduleOptions>(
      {
        up: aNumber(2),
        down: aNumber(2),
        minimum: aNumber(0.1, '3'),
        mode: aChoice('triangular2'),
        gamma: aNumber(0.9),
        momentum: other(() => [0.8, 0.9]),
      },
      true,
    ),
  ],
  cosineSchedule: [options<hebb.DecayOptions>(decay)],
  cosineRestartsSchedule: [
    options<hebb.CosineRestartsOptions>({ every: aNumber(10), growth: aNumber(2), minimum: aNumber(0) }, true),
  ],
  linearSchedule: [options<hebb.DecayOptions>(decay)],
  polynomialSchedule: [options<hebb.PolynomialScheduleOptions>({ ...decay, power: aNumber(2) })],
  exponentialSchedule: [options<hebb.ExponentialScheduleOptions>({ factor: aNumber(0.5), every: aNumber(10) }, true)],
  inverseSquareRootSchedule: [options<hebb.InverseSquareRootScheduleOptions>({ warmup: aNumber(10) }, true)],
  stepSchedule: [options<hebb.StepScheduleOptions>({ every: aNumber(2), factor: aNumber(0.5) }, true)],
  multiStepSchedule: [
    options<hebb.MultiStepScheduleOptions>({ milestones: integers(3, 5), factor: aNumber(0.5) }, true),
  ],
  oneCycleSchedule: [
    options<hebb.OneCycleScheduleOptions>({
      warmup: aNumber(0.3),
      start: aNumber(0.1),
      minimum: aNumber(0),
      shape: aChoice('linear'),
      momentum: other(() => [0.8, 0.9]),
      steps: aNumber(10),
    }),
  ],

  // Data.
  csv: [source(() => new Blob([csvText])), options<hebb.CsvFileOptions>({ ...csvOptions, encoding: aText('utf-8') })],
  parseCsv: [aText(csvText), options<hebb.ParseCsvOptions>({ ...csvOptions, source: aText('a.csv') })],
  loadDigits: [source(digitsText)],
  loadIdx: [source(() => new Blob([idx(1, 2) as BlobPart]))],
  readIdx: [bytes(() => idx(1, 2)), optional(aText('a.idx'))],
  loadMnist: [path('mnist'), options<hebb.LoadMnistOptions>({ classNames: texts(...'0123456789') })],
  readMnist: [
    other(mnist),
    options<hebb.ReadMnistOptions>({
      classNames: texts(...'0123456789'),
      names: other(() => ({ trainImages: 'a', trainLabels: 'b', testImages: 'c', testLabels: 'd' }), 'object'),
    }),
  ],
  fetchDataset: [
    options<hebb.FetchDatasetOptions>(
      {
        url: aText('http://127.0.0.1:9/a.csv'),
        sha256: aText('0'.repeat(64)),
        folder: aText('a'),
        name: aText('b'),
        cacheDir: path('cache'),
        onProgress: aFunction(() => undefined),
        timeout: aNumber(1000),
        signal,
      },
      true,
    ),
  ],
  downloadMnist: [
    options<hebb.DownloadMnistOptions>(
      {
        mirror: aText('http://127.0.0.1:9/'),
        cacheDir: path('cache'),
        onProgress: aFunction(() => undefined),
        timeout: aNumber(1000),
        signal,
      },
      true,
    ),
  ],
  fieldOf: [other(rows)],
  toTensors: [other(() => ({ x: rows() }), 'object')],
  tableDataset: [
    other(() => hebb.parseCsv('a,b\n1,2\n3,4\n')),
    other(() => ({ x: ['a'], y: 'b' })),
    options<hebb.TableDatasetOptions>({ dtypes: other(() => ({ y: 'int32' }), 'object') }),
  ],
  mapDataset: [
    other(dataset),
    aFunction((batch: unknown) => batch),
    options<hebb.MapDatasetOptions>({ unaligned: texts('nodes') }),
  ],
  concatDatasets: [other(() => [dataset(), dataset()])],
  zipDatasets: [other(() => hebb.mapDataset(dataset(), (batch) => ({ only: batch['x'] ?? rows() }))), other(dataset)],
  openMnist: [path('mnist'), options<hebb.LoadMnistOptions>({ classNames: texts(...'0123456789') })],
  serveDataset: [other(dataset)],
  workerDataset: [other(() => [aWorker()]), options<hebb.WorkerDatasetOptions>({ timeout: aNumber(1) })],
  openIdxDataset: [other(() => ({ x: idx(2, 3) }))],
  filterDataset: [other(dataset), aFunction(() => true)],
  readField: [other(dataset), aChoice('y')],
  labelEncode: [
    other(() => ['a', 'b'], 'array', 'numbers', 'texts', 'typed array'),
    options<hebb.LabelEncodeOptions>({ classNames: texts('a', 'b') }),
  ],
  validateLabels: [
    other(() => [0, 1], 'array', 'numbers', 'typed array'),
    options<hebb.ValidateLabelsOptions>(
      { classCount: anInteger(2), source: aText('labels'), lineOf: aFunction(() => 1) },
      true,
    ),
  ],
  medianFilter2d: [other(rows), options<hebb.MedianFilterOptions>({ size: anInteger(1) })],
  normalizeImages: [
    other(() => ({ data: Float32Array.of(1, 2), shape: [1, 1, 1, 2] })),
    options<hebb.NormalizeImagesOptions>({ mean: fractions(0), std: fractions(1) }, true),
  ],
  csvStream: [
    source(() => new Blob([csvText])),
    options<hebb.CsvStreamOptions>({
      ...csvOptions,
      delimiter: aText(','), // whether the file fits it shows when it is read
      encoding: aText('utf-8'),
      sampleRows: anInteger(10),
      onBadRow: aFunction(() => undefined),
    }),
  ],
  linesStream: [source(() => new Blob([csvText])), options<hebb.LinesStreamOptions>({ encoding: aText('utf-8') })],
  textStream: [
    source(() => new Blob([csvText])),
    options<hebb.TextStreamOptions>(
      {
        length: anInteger(2),
        stride: anInteger(1),
        tokenizer: aFunction(() => [1]),
        encoding: aText('utf-8'),
      },
      true,
    ),
  ],
  transformFromJSON: [
    other(() => new hebb.StandardScaler().toJSON()),
    other(() => [hebb.StandardScaler], 'undefined', 'array', 'numbers', 'nested arrays', 'texts'),
  ],
  stream: [other(() => [1, 2], 'array', 'numbers', 'nested arrays', 'texts', 'typed array', 'map', 'function')],
  negativeEdges: [
    other(() => Int32Array.of(0, 1), 'typed array'),
    options<hebb.NegativeEdgesOptions>(
      { nodes: anInteger(3), count: anInteger(1), undirected: aBoolean(), seed: anInteger(1) },
      true,
    ),
  ],
  splitEdges: [
    other(() => Int32Array.of(0, 1, 2, 1, 2, 3), 'typed array'),
    options<hebb.SplitEdgesOptions>(
      {
        nodes: anInteger(9),
        validation: aNumber(0.1),
        test: aNumber(0.1),
        undirected: aBoolean(),
        seed: anInteger(1),
      },
      true,
    ),
  ],
  splitPerClass: [
    other(() => [0, 1, 0, 1], 'array', 'numbers', 'typed array'),
    options<hebb.SplitPerClassOptions>({ train: anInteger(1), validation: anInteger(1), seed: anInteger(1) }),
  ],
  trainTestSplit: [
    other(dataset),
    options<hebb.SplitOptions>({ test: aNumber(0.25), validation: aNumber(0.25), seed: anInteger(1) }),
  ],
  stratifiedSplit: [
    other(() => new hebb.Table({ y: { type: 'string', values: [...'aaaabbbb'] } })),
    options<hebb.StratifiedSplitOptions>(
      {
        by: other(() => 'y', 'text', 'array', 'numbers', 'texts', 'typed array'),
        test: aNumber(0.25),
        validation: aNumber(0.25),
        seed: anInteger(1),
      },
      true,
    ),
  ],

  // Metrics.
  accuracy: [
    values(() => [0, 1]),
    classesOfRows,
    metricOptions<hebb.ThresholdOptions>({ threshold: aNumber(0.5, 'NaN', 'Infinity') }),
  ],
  precision: averaged(),
  recall: averaged(),
  f1Score: averaged(),
  brierScore: [rowsOfScores, classesOfRows, metricOptions<hebb.LogLossOptions>({ fromLogits: aBoolean() })],
  medianAbsoluteError: [
    values(() => [0, 1]),
    values(() => [0, 1]),
    options<hebb.WeightOptions>({ weights: other(() => undefined) }),
  ],
  multiLabel: [
    options<hebb.MultiLabelOptions>({
      labelNames: texts('a', 'b'),
      threshold: aNumber(0, 'NaN', 'Infinity'),
      rankings: aBoolean(),
      metrics: moreMetrics,
      keepOutputs: aBoolean(),
      target: aText('y'),
    }),
  ],
  regression: [
    options<hebb.RegressionOptions>({
      targetNames: texts('a', 'b'),
      transform: other(() => new hebb.StandardScaler(), 'object'),
      metrics: moreMetrics,
      keepOutputs: aBoolean(),
      target: aText('y'),
    }),
  ],
  sequences: [
    options<hebb.SequencesOptions>({
      target: aText('y'),
      shift: anInteger(1),
      mask: aText('mask'),
      ignoreIndex: anInteger(-1),
    }),
  ],
  perplexity: [rowsOfScores, classesOfRows, metricOptions<hebb.LogLossOptions>({ fromLogits: aBoolean(true) })],
  topKAccuracy: [rowsOfScores, classesOfRows, metricOptions<hebb.TopKOptions>({ k: anInteger(1) })],
  logLoss: [rowsOfScores, classesOfRows, metricOptions<hebb.LogLossOptions>({ fromLogits: aBoolean(true) })],
  classificationReport: [
    values(() => [0, 1]),
    values(() => [0, 1]),
    options<hebb.ClassificationReportOptions>({ classCount: anInteger(2), classNames: texts('a', 'b') }),
  ],
  confusionMatrix: [
    values(() => [0, 1]),
    values(() => [0, 1]),
    optional(anInteger(2)),
    options<hebb.ConfusionMatrixOptions>({ classNames: texts('a', 'b') }),
  ],
  rootMeanSquaredError: metric(),
  rocAuc: metric(),
  averagePrecision: metric(),
  classification: [
    options<hebb.ClassificationOptions>({
      classNames: texts('a', 'b'),
      metrics: moreMetrics,
      topClasses: anInteger(1),
      keepOutputs: aBoolean(),
      target: aText('y'),
    }),
  ],
  scores: [moreMetrics, options<hebb.ScoresOptions>({ target: aText('y') })],
  meanAbsolutePercentageError: metric(),
  r2Score: metric(),
  featureStatistics: [values(() => [[1], [2]])],
  frechetDistance: [values(() => [[1], [2]]), values(() => [[1], [3]])],
  defineMetric: [
    options<hebb.MetricDefinition<object>>(
      {
        name: aText('m'),
        goal: aChoice('min'),
        options: other(() => ({}), 'object'),
        start: aFunction(() => hebb.accuracy.start()),
        reduce: aFunction(() => undefined),
      },
      true,
    ),
  ],
  meanMetric: [
    options<hebb.MeanMetricDefinition<object>>(
      {
        name: aText('m'),
        goal: aChoice('min'),
        options: other(() => ({}), 'object'),
        score: aFunction(() => [1]),
        finish: aFunction(() => 1),
        reduce: aFunction(() => undefined),
      },
      true,
    ),
  ],

  // ONNX.
  exportOnnx: [
    other(model, 'function'),
    options<hebb.ExportOptions>(
      {
        inputs: other(() => ({ x: ['batch', 2] })),
        outputs: texts('y'),
        opset: anInteger(20),
        name: aText('model'),
        producerVersion: aText('1'),
        description: aText('a model'),
        metadata: other(() => ({ made: 'here' }), 'object'),
        sizes: other(() => ({ batch: [2, 3, 5] }), 'object'),
      },
      true,
    ),
  ],
  parseOnnx: [bytes(() => exported)],
  saveOnnx: [path('a.onnx'), bytes(() => exported)],
  runOnnx: [bytes(() => exported), aTensor(matrix)],
  verifyOnnx: [
    bytes(() => exported),
    other(model, 'function'),
    aTensor(matrix),
    options<hebb.VerifyOptions>({ batchSize: aNumber(2, 'Infinity'), tolerance: aNumber(1, 'Infinity') }),
  ],

  // Training.
  supervised: [
    other(() => trained().model),
    options<hebb.SupervisedOptions>(
      { loss: aFunction(hebb.crossEntropy), optimizer: other(() => trained().optimizer), ...stepKinds },
      true,
    ),
  ],
  adversarial: [
    other(() => trained().model),
    other(() => trained().model),
    options<hebb.AdversarialOptions>(
      {
        latent: other(() => 2, '3', 'function'),
        generatorOptimizer: other(() => trained().optimizer),
        discriminatorOptimizer: other(() => trained().optimizer),
        loss: aChoice('hinge'),
        discriminatorSteps: anInteger(2),
        gradientPenalty: aNumber(1),
        conditional: aBoolean(),
        warnAfter: other(() => 2, '3', 'Infinity'),
        compiled: aBoolean(),
      },
      true,
    ),
  ],
  fit: [
    other(() => trained().model),
    other(dataset),
    options<hebb.FitOptions>(
      {
        loss: aFunction(hebb.crossEntropy),
        optimizer: other(() => trained().optimizer),
        ...stepKinds,
        epochs: anAmountOfWork(1),
        steps: other(() => undefined), // epochs are given
        batchSize: anInteger(2),
        seed: anInteger(1),
        dropLast: aBoolean(),
        validation: other(dataset),
        validateEvery: other(() => ({ steps: 1 })),
        metrics: other(() => ({}), 'object'),
        schedule: other(() => () => 0.1, 'function', 'object'),
        callbacks: other(() => [], 'array'),
        signal,
        progress: aBoolean(),
        resume: other(() => undefined), // a folder that must hold a run
      },
      true,
    ),
  ],
  evaluate: [other(model), other(dataset), other(() => hebb.classification(), 'object'), forwarding],
  predict: [other(model), other(dataset), forwarding],
  predictBatches: [other(model), other(dataset), forwarding],
  updateBatchNorm: [
    other(model),
    other(dataset),
    options<hebb.UpdateBatchNormOptions>({
      batchSize: anInteger(2),
      dropLast: aBoolean(),
      output: aFunction(({ x }: { x: hebb.Tensor }) => x),
    }),
  ],
  plotSchedule: [
    other(() => () => 1, 'function'),
    options<hebb.PlotScheduleOptions>(
      {
        steps: anInteger(10),
        learningRate: aNumber(1),
        title: aText('Rate'),
        width: anInteger(300),
        height: anInteger(200),
      },
      true,
    ),
  ],
  drawSummary: [other(() => hebb.summary(new hebb.Linear(2, 1), ['batch', 2]), 'object')],
  reportHtml: [reportKind(), reportKind(false)],
  writeReport: [path('report.html'), reportKind(), reportKind(false)],
};

function reportKind(required = true): Kind {
  const facts = other(() => ({ a: 1 }), 'object', 'other object');
  const kind = options<hebb.ReportOptions>(
    {
      title: aText('Report'),
      subtitle: aText('of nothing'),
      data: facts,
      summary: other(() => 'layers', 'text', 'object'),
      parameterCount: anInteger(3),
      history: other(() => undefined),
      validationName: aText('test'),
      evaluation: other(() => undefined),
      images: other(() => undefined),
      sections: other(() => [{ kind: 'text', title: 'Note', text: 'a' }], 'array'),
      environment: facts,
      onnx: other(() => ({ passed: true, verdict: 'the same' })),
    },
    required,
  );
  // Nothing has to be in a report.
  return { ...kind, takes: required ? ['object'] : ['undefined', 'object'] };
}

let own: { model: hebb.Sequential; optimizer: hebb.SGD } | undefined;
/** One model with an optimizer of its parameters. */
function trained(): { model: hebb.Sequential; optimizer: hebb.SGD } {
  if (own === undefined) {
    const made = model();
    own = { model: made, optimizer: new hebb.SGD(made) };
  }
  return own;
}
