/**
 * Layers beside PyTorch's on one thread of the same processor, in alternating rounds: what they compute, and all gradients (of their parameters and of what goes in, where
 * that is floating).
 * `node --import tsx benchmarks/layers.ts [wasm|webgpu] [part of a case's name]`.
 */
import { valueAndGrad } from '@hebb/autograd';
import {
  ConvTranspose2d,
  Embedding,
  GCNConv,
  GRU,
  LayerNorm,
  LogSoftmax,
  LSTM,
  Module,
  MultiheadAttention,
  RMSNorm,
  RNN,
  Softmax,
  TransformerEncoderLayer,
  type AnyModule,
  type Attended,
  type RecurrentResult,
} from '@hebb/layers';
import { manualSeed, randint, randn, setDevice, variable, type Tensor } from '@hebb/tensor';
import { besidePyTorch, on, type Run } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

/** A case, under a name that layers.py knows, too. */
interface Row {
  readonly layer: AnyModule;
  readonly inputs: readonly Tensor[];
  /** Of several results the one whose gradients are taken. Default: the result. */
  readonly output?: (result: never) => Tensor;
}

/** 64 steps of 32 sequences. */
const sequences = (): Omit<Row, 'layer'> => ({
  inputs: [randn([64, 32, 64])],
  output: ({ output }: Pick<RecurrentResult, 'output'>) => output,
});

/** Two layers on a graph of Cora's size (Sen et al. 2008), whose features are given once. */
class Cora extends Module<[edges: Tensor]> {
  readonly first = new GCNConv(1433, 16);
  readonly second = new GCNConv(16, 7);
  readonly #features = variable(randn([2708, 1433]));
  forward(edges: Tensor): Tensor {
    return this.second.forward(this.first.forward(this.#features, edges).relu(), edges);
  }
}

const rows: Readonly<Record<string, () => Row>> = {
  embedding: () => ({
    layer: new Embedding(30_000, 256),
    inputs: [randint([32, 128], 0, 30_000)],
  }),
  multiheadAttention: () => ({
    layer: new MultiheadAttention(128, 4, { batchFirst: true }),
    inputs: [randn([8, 128, 128])],
    output: ({ output }: Attended) => output,
  }),
  'multiheadAttention-long': () => ({
    layer: new MultiheadAttention(512, 8, { batchFirst: true }),
    inputs: [randn([1, 1024, 512])],
    output: ({ output }: Attended) => output,
  }),
  transformerEncoderLayer: () => ({
    layer: new TransformerEncoderLayer(128, 4, { dimFeedforward: 512, dropout: 0, batchFirst: true }),
    inputs: [randn([8, 128, 128])],
  }),
  layerNorm: () => ({ layer: new LayerNorm(512), inputs: [randn([2048, 512])] }),
  'layerNorm-short': () => ({ layer: new LayerNorm(64), inputs: [randn([16_384, 64])] }),
  rmsNorm: () => ({ layer: new RMSNorm(512), inputs: [randn([2048, 512])] }),
  softmax: () => ({ layer: new Softmax(-1), inputs: [randn([2048, 512])] }),
  logSoftmax: () => ({ layer: new LogSoftmax(-1), inputs: [randn([2048, 512])] }),
  convTranspose2d: () => ({
    layer: new ConvTranspose2d(64, 32, 4, { stride: 2, padding: 1 }),
    inputs: [randn([8, 64, 28, 28])],
  }),
  lstm: () => ({ layer: new LSTM(64, 128, { numLayers: 2 }), ...sequences() }),
  gru: () => ({ layer: new GRU(64, 128, { numLayers: 2 }), ...sequences() }),
  rnn: () => ({ layer: new RNN(64, 128, { numLayers: 2 }), ...sequences() }),
  // Normalised by degrees at every call, which PyTorch's sparse matrix is once.
  gcn: () => ({ layer: new Cora(), inputs: [randint([2, 10_556], 0, 2708)] }),
};

const runs: Record<string, Run> = {};
for (const [name, make] of Object.entries(rows)) {
  if (!name.includes(filter) && !`${name}-gradient`.includes(filter)) continue;
  const { layer, inputs, output = (result: unknown) => result as Tensor } = make();
  const forward = (...xs: Tensor[]): Tensor =>
    output((layer as unknown as { forward(...inputs: Tensor[]): never }).forward(...xs));
  runs[name] = await on(inputs, forward);
  const leaves = inputs.map((x) => (x.dtype === 'float32' ? variable(x, { requiresGrad: true }) : x));
  const wanted = [...leaves.filter((x) => x.dtype === 'float32'), ...layer.parameters()];
  const cotangent = randn(forward(...inputs).shape);
  runs[`${name}-gradient`] = await on(
    [cotangent],
    (given) =>
      valueAndGrad(
        () =>
          forward(...leaves)
            .mul(given)
            .sum(),
        wanted,
      ).grads,
  );
}
await besidePyTorch(new URL('layers.py', import.meta.url), runs, filter);
