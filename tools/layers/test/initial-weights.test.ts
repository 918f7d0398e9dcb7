/**
 * What the parameters of every layer are at first, against the distributions that PyTorch's sources state (of graph layers, PyTorch Geometric's, of adapters Hu et al. 2021). Bounds are
 * five standard errors for the number of draws.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import * as api from '../../../packages/layers/src/index.ts';
import { manualSeed, setDevice, type Tensor } from '../../../packages/tensor/src/index.ts';
import { samples, type LayerName } from '../src/catalogue.ts';

interface Distribution {
  readonly variance: number;
  /** Of the fourth power of the distance from the mean, over the squared variance. */
  readonly kurtosis: number;
  readonly mean: number;
  /** The largest distance from the mean. */
  readonly bound: number;
}

const uniform = (bound: number): Distribution => ({ variance: bound ** 2 / 3, kurtosis: 9 / 5, mean: 0, bound });
const normal = (variance: number): Distribution => ({ variance, kurtosis: 3, mean: 0, bound: Infinity });
const always = (mean: number): Distribution => ({ variance: 0, kurtosis: 0, mean, bound: 0 });
const zeros = always(0);
const constantOne = always(1);
/** Glorot & Bengio 2010. */
const glorot = (inputs: number, outputs: number): Distribution => uniform(Math.sqrt(6 / (inputs + outputs)));
/** He et al. 2015 with the slope √5, which PyTorch's layers have: ±1/√inputs, as their bias. */
const kaiming = (inputs: number): Distribution => uniform(1 / Math.sqrt(inputs));

interface Row {
  readonly make: () => api.AnyModule;
  readonly expected: Readonly<Record<string, Distribution>>;
}

const row = (make: () => api.AnyModule, expected: Row['expected']): Row => ({ make, expected });
const weightAndBias = (inputs: number): Row['expected'] => ({ weight: kaiming(inputs), bias: kaiming(inputs) });
const under = (prefix: string, expected: Row['expected']): Row['expected'] =>
  Object.fromEntries(Object.entries(expected).map(([name, value]) => [`${prefix}.${name}`, value]));
const scaleAndOffset = { weight: constantOne, bias: zeros };

const recurrent = (hidden: number, gates: readonly string[], suffixes: readonly string[]): Row['expected'] =>
  Object.fromEntries(suffixes.flatMap((suffix) => gates.map((name) => [`${name}${suffix}`, kaiming(hidden)])));
const gates = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'];
const both = ['_l0', '_l0_reverse', '_l1', '_l1_reverse'];

const width = 80;
const attention = {
  in_proj_weight: glorot(width, 3 * width),
  in_proj_bias: zeros,
  'out_proj.weight': kaiming(width),
  'out_proj.bias': zeros,
};
const feedForward = { ...under('linear1', weightAndBias(width)), ...under('linear2', weightAndBias(120)) };
const norms = (...names: string[]): Row['expected'] =>
  Object.assign({}, ...names.map((name) => under(name, scaleAndOffset))) as Row['expected'];
const encoderLayer = { ...under('self_attn', attention), ...feedForward, ...norms('norm1', 'norm2') };
const decoderLayer = { ...encoderLayer, ...under('multihead_attn', attention), ...norms('norm3') };
const layerOptions = { dimFeedforward: 120 };
/** `Transformer` draws all of its matrices anew by Glorot. */
const drawnAnew = (expected: Row['expected']): Row['expected'] => {
  const matrices: Row['expected'] = {
    'self_attn.out_proj.weight': glorot(width, width),
    'multihead_attn.out_proj.weight': glorot(width, width),
    'linear1.weight': glorot(width, 120),
    'linear2.weight': glorot(120, width),
  };
  return Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, matrices[name] ?? value]));
};

/** Of lazy ones what they become. */
const lazily = (layer: api.LazyModule, shape: readonly number[]): api.AnyModule => {
  const model = new api.Sequential(layer);
  api.initialize(model, shape);
  return model.at(0) as api.AnyModule;
};

/** Parameters of the modules that it is given alone. */
const ofItsModules = 'has no parameters of its own';

const rows: { readonly [K in LayerName]?: Row | typeof ofItsModules } = {
  Linear: row(() => new api.Linear(150, 200), weightAndBias(150)),
  LazyLinear: row(() => lazily(new api.LazyLinear(200), [1, 150]), weightAndBias(150)),
  AdaptiveLogSoftmaxWithLoss: row(
    () => new api.AdaptiveLogSoftmaxWithLoss(100, 900, [200, 500], { divValue: 2, headBias: true }),
    {
      ...under('head', weightAndBias(100)),
      'tail.0.0.weight': kaiming(100),
      'tail.0.1.weight': kaiming(50),
      'tail.1.0.weight': kaiming(100),
      'tail.1.1.weight': kaiming(25),
    },
  ),
  Bilinear: row(() => new api.Bilinear(20, 30, 60), weightAndBias(20)),
  Embedding: row(() => new api.Embedding(400, 30), { weight: normal(1) }),
  EmbeddingBag: row(() => new api.EmbeddingBag(400, 30), { weight: normal(1) }),

  Conv1d: row(() => new api.Conv1d(24, 300, 5), weightAndBias(24 * 5)),
  Conv2d: row(() => new api.Conv2d(24, 300, 3, { groups: 2 }), weightAndBias(12 * 9)),
  Conv3d: row(() => new api.Conv3d(6, 300, 2), weightAndBias(6 * 8)),
  LazyConv1d: row(() => lazily(new api.LazyConv1d(300, 5), [1, 24, 9]), weightAndBias(24 * 5)),
  LazyConv2d: row(() => lazily(new api.LazyConv2d(300, 3), [1, 12, 5, 5]), weightAndBias(12 * 9)),
  LazyConv3d: row(() => lazily(new api.LazyConv3d(300, 2), [1, 6, 3, 3, 3]), weightAndBias(6 * 8)),
  // Of transposed ones PyTorch counts the channels that go out, because its weight is [in, out / groups, …].
  ConvTranspose1d: row(() => new api.ConvTranspose1d(24, 300, 5), weightAndBias(300 * 5)),
  ConvTranspose2d: row(() => new api.ConvTranspose2d(24, 300, 3, { groups: 2 }), weightAndBias(150 * 9)),
  ConvTranspose3d: row(() => new api.ConvTranspose3d(6, 300, 2), weightAndBias(300 * 8)),
  LazyConvTranspose1d: row(() => lazily(new api.LazyConvTranspose1d(300, 5), [1, 24, 9]), weightAndBias(300 * 5)),
  LazyConvTranspose2d: row(() => lazily(new api.LazyConvTranspose2d(300, 3), [1, 12, 5, 5]), weightAndBias(300 * 9)),
  LazyConvTranspose3d: row(() => lazily(new api.LazyConvTranspose3d(300, 2), [1, 6, 3, 3, 3]), weightAndBias(300 * 8)),
  SeparableConv1d: row(() => new api.SeparableConv1d(200, 60, 9), {
    ...under('depthwise', weightAndBias(9)),
    ...under('pointwise', weightAndBias(200)),
  }),
  SeparableConv2d: row(() => new api.SeparableConv2d(200, 60, 3), {
    ...under('depthwise', weightAndBias(9)),
    ...under('pointwise', weightAndBias(200)),
  }),
  SeparableConv3d: row(() => new api.SeparableConv3d(200, 60, 2), {
    ...under('depthwise', weightAndBias(8)),
    ...under('pointwise', weightAndBias(200)),
  }),

  BatchNorm1d: row(() => new api.BatchNorm1d(5), scaleAndOffset),
  BatchNorm2d: row(() => new api.BatchNorm2d(5), scaleAndOffset),
  BatchNorm3d: row(() => new api.BatchNorm3d(5), scaleAndOffset),
  LazyBatchNorm1d: row(() => lazily(new api.LazyBatchNorm1d(), [2, 5]), scaleAndOffset),
  LazyBatchNorm2d: row(() => lazily(new api.LazyBatchNorm2d(), [2, 5, 2, 2]), scaleAndOffset),
  LazyBatchNorm3d: row(() => lazily(new api.LazyBatchNorm3d(), [2, 5, 2, 2, 2]), scaleAndOffset),
  InstanceNorm1d: row(() => new api.InstanceNorm1d(5, { affine: true }), scaleAndOffset),
  InstanceNorm2d: row(() => new api.InstanceNorm2d(5, { affine: true }), scaleAndOffset),
  InstanceNorm3d: row(() => new api.InstanceNorm3d(5, { affine: true }), scaleAndOffset),
  LazyInstanceNorm1d: row(() => lazily(new api.LazyInstanceNorm1d({ affine: true }), [2, 5, 2]), scaleAndOffset),
  LazyInstanceNorm2d: row(() => lazily(new api.LazyInstanceNorm2d({ affine: true }), [2, 5, 2, 2]), scaleAndOffset),
  LazyInstanceNorm3d: row(() => lazily(new api.LazyInstanceNorm3d({ affine: true }), [2, 5, 2, 2, 2]), scaleAndOffset),
  LayerNorm: row(() => new api.LayerNorm([3, 5]), scaleAndOffset),
  RMSNorm: row(() => new api.RMSNorm([3, 5]), { weight: constantOne }),
  GroupNorm: row(() => new api.GroupNorm(2, 6), scaleAndOffset),
  // The lengths of the directions: each of 2,000 numbers uniform in ±1/√2000, whose squares are 1/3 in the mean.
  WeightNorm: row(() => new api.WeightNorm(new api.Linear(2000, 100)), {
    weight_v: kaiming(2000),
    weight_g: { mean: Math.sqrt(1 / 3), variance: 1 / (15 * 2000), kurtosis: 3, bound: Infinity },
    bias: kaiming(2000),
  }),
  SpectralNorm: row(() => new api.SpectralNorm(new api.Linear(150, 200)), {
    weight_orig: kaiming(150),
    bias: kaiming(150),
  }),
  PReLU: row(() => new api.PReLU({ numParameters: 7 }), { weight: always(0.25) }),

  RNNCell: row(() => new api.RNNCell(60, 90), recurrent(90, gates, [''])),
  GRUCell: row(() => new api.GRUCell(60, 90), recurrent(90, gates, [''])),
  LSTMCell: row(() => new api.LSTMCell(60, 90), recurrent(90, gates, [''])),
  RNN: row(() => new api.RNN(60, 90, { numLayers: 2, bidirectional: true }), recurrent(90, gates, both)),
  GRU: row(() => new api.GRU(60, 90, { numLayers: 2, bidirectional: true }), recurrent(90, gates, both)),
  LSTM: row(() => new api.LSTM(60, 90, { projectionSize: 40 }), recurrent(90, [...gates, 'weight_hr'], ['_l0'])),

  MultiheadAttention: row(() => new api.MultiheadAttention(width, 4, { kdim: 50, vdim: 60, addBiasKv: true }), {
    q_proj_weight: glorot(width, width),
    k_proj_weight: glorot(50, width),
    v_proj_weight: glorot(60, width),
    in_proj_bias: zeros,
    bias_k: normal(1 / width),
    bias_v: normal(1 / width),
    'out_proj.weight': kaiming(width),
    'out_proj.bias': zeros,
  }),
  TransformerEncoderLayer: row(() => new api.TransformerEncoderLayer(width, 4, layerOptions), encoderLayer),
  TransformerDecoderLayer: row(() => new api.TransformerDecoderLayer(width, 4, layerOptions), decoderLayer),
  // Both are given a layer, which they copy.
  TransformerEncoder: row(
    () => new api.TransformerEncoder(new api.TransformerEncoderLayer(width, 4, layerOptions), 1),
    under('layers.0', encoderLayer),
  ),
  TransformerDecoder: row(
    () => new api.TransformerDecoder(new api.TransformerDecoderLayer(width, 4, layerOptions), 1),
    under('layers.0', decoderLayer),
  ),
  Transformer: row(() => new api.Transformer(width, 4, { numEncoderLayers: 1, numDecoderLayers: 1, ...layerOptions }), {
    ...under('encoder.layers.0', drawnAnew(encoderLayer)),
    ...under('decoder.layers.0', drawnAnew(decoderLayer)),
    ...norms('encoder.norm', 'decoder.norm'),
  }),
  LearnedPositions: row(() => new api.LearnedPositions(200, 60), { weight: normal(1) }),
  GatedMLP: row(() => new api.GatedMLP(width, 120), gated()),
  SwiGLU: row(() => new api.SwiGLU(width, 120), gated()),

  LoRALinear: row(() => new api.LoRALinear(new api.Linear(150, 200), { rank: 40 }), {
    ...under('base_layer', weightAndBias(150)),
    'lora_A.weight': kaiming(150),
    'lora_B.weight': zeros,
  }),
  LoRAAttention: row(() => new api.LoRAAttention(new api.MultiheadAttention(width, 4), { rank: 40 }), {
    ...under('base_layer', attention),
    'lora_A.query.weight': kaiming(width),
    'lora_A.value.weight': kaiming(width),
    'lora_B.query.weight': zeros,
    'lora_B.value.weight': zeros,
  }),

  GCNConv: row(() => new api.GCNConv(150, 80), { 'lin.weight': glorot(150, 80), bias: zeros }),
  GATConv: row(() => new api.GATConv([150, 120], 60, { heads: 4, edgeFeatures: 50 }), {
    att_src: glorot(4, 60),
    att_dst: glorot(4, 60),
    att_edge: glorot(4, 60),
    bias: zeros,
    'lin_src.weight': glorot(150, 240),
    'lin_dst.weight': glorot(120, 240),
    'lin_edge.weight': glorot(50, 240),
  }),
  GATv2Conv: row(() => new api.GATv2Conv(150, 60, { heads: 4 }), {
    att: glorot(4, 60),
    bias: zeros,
    'lin_l.weight': glorot(150, 240),
    'lin_l.bias': zeros,
    'lin_r.weight': glorot(150, 240),
    'lin_r.bias': zeros,
  }),
  SAGEConv: row(() => new api.SAGEConv([150, 120], 80, { aggregation: 'pool' }), {
    ...under('lin', weightAndBias(150)),
    ...under('lin_l', weightAndBias(150)),
    'lin_r.weight': kaiming(120),
  }),
  GINConv: row(() => new api.GINConv(new api.Linear(150, 80), { trainEps: true }), {
    eps: zeros,
    ...under('nn', weightAndBias(150)),
  }),
  NNConv: row(() => new api.NNConv(150, 80, new api.Linear(2, 150 * 80)), {
    bias: zeros,
    'lin.weight': kaiming(150),
    ...under('nn', weightAndBias(2)),
  }),

  GraphAttentionPool: ofItsModules,
  ModuleDict: ofItsModules,
  ModuleList: ofItsModules,
  ParameterDict: ofItsModules,
  ParameterList: ofItsModules,
  Residual: ofItsModules,
  Sequential: ofItsModules,
};

function gated(): Row['expected'] {
  return { 'gate_proj.weight': kaiming(width), 'up_proj.weight': kaiming(width), 'down_proj.weight': kaiming(120) };
}

beforeAll(() => {
  setDevice('wasm');
  manualSeed(1);
});

async function expectDistribution(name: string, value: Tensor, distribution: Distribution): Promise<void> {
  const { mean, variance, kurtosis, bound } = distribution;
  const distances = Array.from(await value.data(), (number) => number - mean);
  const count = distances.length;
  const average = (f: (distance: number) => number): number =>
    distances.reduce((sum, each) => sum + f(each), 0) / count;
  expect(distances.reduce((largest, each) => Math.max(largest, Math.abs(each)), 0), `${name}: largest distance from ${mean}`).toBeLessThanOrEqual(bound * (1 + 1e-6)); // prettier-ignore
  expect(Math.abs(average((each) => each)), `${name}: mean`).toBeLessThanOrEqual(5 * Math.sqrt(variance / count));
  const error = variance * Math.sqrt(Math.max(0, kurtosis - 1) / count);
  expect(Math.abs(average((each) => each ** 2) - variance), `${name}: variance`).toBeLessThanOrEqual(5 * error);
}

it('has a row for every layer with parameters, and for no other', () => {
  const withParameters = Object.entries(samples)
    .filter(([, ways]) => {
      const modules = ways.map(({ make }) => make());
      return modules.some((module) => !module.isInitialized || module.namedParameters().size > 0);
    })
    .map(([name]) => name);
  expect(Object.keys(rows).sort()).toEqual(withParameters.sort());
});

describe.each(
  Object.entries(rows).flatMap(([name, value]) => (typeof value === 'string' ? [] : [[name, value] as const])),
)('%s', (_name, { make, expected }) => {
  it('begins with the parameters of its distributions', async () => {
    const parameters = make().namedParameters();
    expect([...parameters.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, distribution] of Object.entries(expected))
      await expectDistribution(name, parameters.get(name) as Tensor, distribution);
  });
});
