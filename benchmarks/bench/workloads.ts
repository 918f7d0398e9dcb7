/** What `npm run bench` measures, as data that every contender reads: kinds of computation, sizes, inputs, and the first weights of what is trained, under PyTorch's names. */

/** What the contenders know how to compute; sizes and arrays say how much of it. */
export const kinds = [
  'matmul',
  'conv',
  'gelu',
  'softmax',
  'layer-norm',
  'attention',
  'add',
  'chain',
  'block',
  'mlp',
  'cnn',
  'gpt',
  'lstm',
  'gcn',
  'resnet',
  'text',
] as const;
export type Kind = (typeof kinds)[number];

/** Draws of a normal distribution with this deviation, of a uniform one within ± this, integers below this, edges between this many nodes without loops; or one number everywhere. */
export type Fill =
  | { readonly normal: number }
  | { readonly uniform: number }
  | { readonly below: number }
  | { readonly nodes: number }
  | { readonly constant: number };

export interface ArrayDefinition {
  readonly shape: readonly number[];
  readonly fill: Fill;
}

export type Arrays = Readonly<Record<string, ArrayDefinition>>;

/**
 * `run`: one run after the other, whose results are there. `first`: the first run of a process, what is compiled for it included. `new-size`: what the first run with a batch size
 * that has not been seen takes longer than the second.
 */
export type Measure = 'run' | 'first' | 'new-size';

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly kind: Kind;
  /** A sentence that says all that it takes to write it down again. */
  readonly definition: string;
  readonly group: 'operations' | 'training' | 'inference' | 'latency' | 'compile' | 'scaling';
  readonly measure: Measure;
  readonly sizes: Readonly<Record<string, number>>;
  /** Arguments of one run, in order. */
  readonly inputs: Arrays;
  /** Nothing, where nothing is learnt. */
  readonly weights: Arrays;
  /** Whether a run is a step: loss, gradients, update, and the loss is read. Where not, the result stays where it is unless `isRead`. */
  readonly isTraining: boolean;
  readonly isRead: boolean;
  /** Multiply–adds of a run, where products are nearly all of it: then its speed is shown as a share of the machine's limit. */
  readonly multiplyAdds?: number;
  /** Of a series that shows how time grows with this size. */
  readonly scale?: { readonly series: string; readonly size: number };
}

const normal = (...shape: number[]): ArrayDefinition => ({ shape, fill: { normal: 1 } });
const below = (limit: number, ...shape: number[]): ArrayDefinition => ({ shape, fill: { below: limit } });
const constant = (value: number, ...shape: number[]): ArrayDefinition => ({ shape, fill: { constant: value } });
/** As PyTorch draws the weights of linear, convolutional and recurrent layers: within ± 1/√fan-in. */
const within = (fanIn: number, ...shape: number[]): ArrayDefinition => ({ shape, fill: { uniform: fanIn ** -0.5 } });

const linear = (name: string, inputs: number, outputs: number): Arrays => ({
  [`${name}.weight`]: within(inputs, outputs, inputs),
  [`${name}.bias`]: within(inputs, outputs),
});
const convolution = (name: string, inputs: number, outputs: number, size: number): Arrays => ({
  [`${name}.weight`]: within(inputs * size ** 2, outputs, inputs, size, size),
  [`${name}.bias`]: within(inputs * size ** 2, outputs),
});
const norm = (name: string, width: number): Arrays => ({
  [`${name}.weight`]: constant(1, width),
  [`${name}.bias`]: constant(0, width),
});

function plain(
  name: string,
  title: string,
  kind: Kind,
  definition: string,
  inputs: Arrays,
  rest: Partial<Workload> = {},
): Workload {
  const defaults = {
    group: 'operations',
    measure: 'run',
    sizes: {},
    weights: {},
    isTraining: false,
    isRead: false,
  } as const;
  return { name, title, kind, definition, inputs, ...defaults, ...rest };
}

function product(name: string, m: number, k: number, n: number): Workload {
  const definition = `float32[${m}, ${k}] · float32[${k}, ${n}]`;
  const title = m === k && k === n ? `matmul ${m}` : `matmul ${m}×${k}×${n}`;
  return plain(name, title, 'matmul', definition, { a: normal(m, k), b: normal(k, n) }, { multiplyAdds: m * k * n });
}

function training(
  name: string,
  title: string,
  kind: Kind,
  definition: string,
  sizes: Workload['sizes'],
  inputs: Arrays,
  weights: Arrays,
  rest: Partial<Workload> = {},
): Workload {
  const all = { group: 'training', sizes, weights, isTraining: true, isRead: true, ...rest } as const;
  return plain(name, title, kind, definition, inputs, all);
}

interface MlpSizes {
  readonly batch?: number;
  readonly inputs?: number;
  readonly hidden?: readonly [number, number];
}

function mlp(
  name: string,
  title: string,
  { batch = 128, inputs = 784, hidden = [512, 256] }: MlpSizes = {},
  rest: Partial<Workload> = {},
): Workload {
  const [first, second] = hidden;
  return training(
    name,
    title,
    'mlp',
    `${inputs} → ${first} → ${second} → 10 with relu, cross-entropy, Adam, batch ${batch}`,
    { first, second, inputs },
    { x: normal(batch, inputs), y: below(10, batch) },
    { ...linear('0', inputs, first), ...linear('2', first, second), ...linear('4', second, 10) },
    rest,
  );
}

const cnnWeights: Arrays = {
  ...convolution('0', 1, 32, 3),
  ...convolution('2', 32, 64, 3),
  ...linear('7', 9216, 128),
  ...linear('9', 128, 10),
};

function gptWeights(width: number, layers: number, vocabulary: number, context: number): Arrays {
  const projection = (name: string, inputs: number, outputs: number): Arrays => ({
    [`${name}.weight`]: { shape: [inputs, outputs], fill: { normal: 0.02 } },
    [`${name}.bias`]: constant(0, outputs),
  });
  const blocks = Array.from({ length: layers }, (_, i) => {
    const block = `transformer.h.${i}`;
    return {
      ...norm(`${block}.ln_1`, width),
      ...projection(`${block}.attn.c_attn`, width, 3 * width),
      ...projection(`${block}.attn.c_proj`, width, width),
      ...norm(`${block}.ln_2`, width),
      ...projection(`${block}.mlp.c_fc`, width, 4 * width),
      ...projection(`${block}.mlp.c_proj`, 4 * width, width),
    };
  });
  return Object.assign(
    {
      'transformer.wte.weight': { shape: [vocabulary, width], fill: { normal: 0.02 } },
      'transformer.wpe.weight': { shape: [context, width], fill: { normal: 0.02 } },
    },
    ...blocks,
    norm('transformer.ln_f', width),
  ) as Arrays;
}

interface GptSizes {
  readonly batch?: number;
  readonly context?: number;
}

function gpt(
  name: string,
  title: string,
  { batch = 8, context = 128 }: GptSizes = {},
  rest: Partial<Workload> = {},
): Workload {
  const sizes = { width: 128, heads: 4, layers: 4, vocabulary: 96, context };
  return training(
    name,
    title,
    'gpt',
    `GPT-2 with 4 blocks, width 128, 4 heads, context ${context}, vocabulary 96, tied embeddings, no dropout; next-token cross-entropy, AdamW, batch ${batch}`,
    sizes,
    { x: below(96, batch, context), y: below(96, batch, context) },
    gptWeights(128, 4, 96, context),
    rest,
  );
}

function resnetWeights(classes: number): Arrays {
  const bare = (name: string, inputs: number, outputs: number, size: number): Arrays => ({
    [`${name}.weight`]: {
      shape: [outputs, inputs, size, size],
      fill: { normal: Math.sqrt(2 / (outputs * size ** 2)) },
    },
  });
  const all: Arrays[] = [bare('conv1', 3, 64, 3), norm('bn1', 64)];
  let inputs = 64;
  for (const [stage, width] of [64, 128, 256, 512].entries())
    for (const block of [0, 1]) {
      const name = `layer${stage + 1}.${block}`;
      all.push(bare(`${name}.conv1`, inputs, width, 3), norm(`${name}.bn1`, width));
      all.push(bare(`${name}.conv2`, width, width, 3), norm(`${name}.bn2`, width));
      if (inputs !== width)
        all.push(bare(`${name}.downsample.0`, inputs, width, 1), norm(`${name}.downsample.1`, width));
      inputs = width;
    }
  return Object.assign({}, ...all, linear('fc', 512, classes)) as Arrays;
}

const [graphNodes, graphEdges] = [2708, 10556];
const lstmWeights: Arrays = {
  'lstm.weight_ih_l0': within(128, 512, 64),
  'lstm.weight_hh_l0': within(128, 512, 128),
  'lstm.bias_ih_l0': within(128, 512),
  'lstm.bias_hh_l0': within(128, 512),
  ...linear('head', 128, 10),
};
const attention = (name: string, title: string, length: number, rest: Partial<Workload> = {}): Workload =>
  plain(
    name,
    title,
    'attention',
    `softmax(q kᵀ/√64) v, causal, 8 heads of 64 features, ${length} positions`,
    { q: normal(1, 8, length, 64), k: normal(1, 8, length, 64), v: normal(1, 8, length, 64) },
    rest,
  );

/** In series of `scaling`, how time grows: a power of the size. */
const scale = (series: string, size: number, rest: Partial<Workload> = {}): Partial<Workload> => ({
  group: 'scaling',
  scale: { series, size },
  ...rest,
});

export const workloads: readonly Workload[] = [
  product('matmul-512', 512, 512, 512),
  product('matmul-1024', 1024, 1024, 1024),
  product('matmul-2048', 2048, 2048, 2048),
  product('matmul-odd', 511, 513, 509),
  product('matmul-tall', 2708, 1433, 16),
  product('matmul-thin', 1000, 7, 1000),
  plain(
    'conv',
    'conv 3×3, 32×64×32×32 → 64',
    'conv',
    'float32[32, 64, 32, 32] with 64 filters of 3×3, padding 1, no bias',
    { x: normal(32, 64, 32, 32), w: within(576, 64, 64, 3, 3) },
    { multiplyAdds: 32 * 64 * 64 * 9 * 32 * 32 },
  ),
  plain(
    'gelu',
    'gelu chain 2048²',
    'gelu',
    'gelu(x + b) · s, tanh’s approximation, float32[2048, 2048] with rows b and s',
    {
      x: normal(2048, 2048),
      b: normal(2048),
      s: normal(2048),
    },
  ),
  plain('softmax', 'softmax 4096×1024', 'softmax', 'softmax over the rows of float32[4096, 1024]', {
    x: normal(4096, 1024),
  }),
  plain(
    'layer-norm',
    'layer norm 4096×1024',
    'layer-norm',
    'layer norm over the rows of float32[4096, 1024], with weight and bias',
    {
      x: normal(4096, 1024),
      w: normal(1024),
      b: normal(1024),
    },
  ),
  attention('attention', 'attention at 2,048', 2048),
  mlp('mlp', 'MLP step'),
  training(
    'cnn',
    'CNN step',
    'cnn',
    'conv 32 and conv 64 (3×3, no padding) with relu, pool 2, dropout 0.25, dense 128 with relu, 10 classes; images of 28×28, cross-entropy, Adam, batch 64',
    {},
    { x: normal(64, 1, 28, 28), y: below(10, 64) },
    cnnWeights,
  ),
  gpt('gpt', 'GPT step'),
  training(
    'lstm',
    'LSTM step',
    'lstm',
    'LSTM 64 → 128 over 64 steps, a linear layer of the last state to 10 classes, cross-entropy, Adam, batch 32',
    {},
    { x: normal(64, 32, 64), y: below(10, 32) },
    lstmWeights,
  ),
  training(
    'gcn',
    'GCN step, Cora’s size',
    'gcn',
    '2,708 nodes, 13,264 edges (loops included), two layers 1,433 → 16 → 7 with relu, cross-entropy over all nodes, Adam',
    { nodes: graphNodes },
    {
      x: normal(graphNodes, 1433),
      y: below(7, graphNodes),
      edges: { shape: [2, graphEdges], fill: { nodes: graphNodes } },
    },
    {
      'convs.0.bias': constant(0, 16),
      'convs.0.lin.weight': within(1433, 16, 1433),
      'convs.1.bias': constant(0, 7),
      'convs.1.lin.weight': within(16, 7, 16),
    },
  ),
  training(
    'resnet',
    'ResNet-18 step, 32×32',
    'resnet',
    'ResNet-18 with a first convolution of 3×3 and no pooling behind it, images of 3×32×32, 10 classes, cross-entropy, Adam, batch 16',
    { classes: 10 },
    { x: normal(16, 3, 32, 32), y: below(10, 16) },
    resnetWeights(10),
  ),
  training(
    'text',
    'text classifier step',
    'text',
    'mean of the embeddings (10,000 × 64) of 128 tokens, 64 → 64 with relu → 2, cross-entropy, Adam, batch 64',
    {},
    { x: below(10_000, 64, 128), y: below(2, 64) },
    {
      'embedding.weight': { shape: [10_000, 64], fill: { normal: 1 } },
      ...linear('hidden', 64, 64),
      ...linear('output', 64, 2),
    },
  ),
  plain(
    'block',
    'GPT block forward',
    'block',
    'a block of that GPT on float32[8, 128, 128]: layer norm, causal attention of 4 heads, layer norm, MLP of 512 with gelu',
    { x: normal(8, 128, 128) },
    {
      group: 'inference',
      sizes: { width: 128, heads: 4, layers: 1, vocabulary: 1, context: 128 },
      weights: gptWeights(128, 1, 1, 128),
    },
  ),
  plain(
    'cnn-one',
    'CNN, one image',
    'cnn',
    'the CNN in evaluation mode on one image, its logits read',
    { x: normal(1, 1, 28, 28) },
    { group: 'inference', weights: cnnWeights, isRead: true },
  ),
  plain(
    'add',
    'one add of 16 numbers, read back',
    'add',
    'float32[16] + float32[16], read',
    { a: normal(16), b: normal(16) },
    { group: 'latency', isRead: true },
  ),
  plain(
    'chain',
    'chain of 1,000 adds',
    'chain',
    'x + y a thousand times, float32[16], the last one read',
    { x: normal(16), y: normal(16) },
    { group: 'latency', isRead: true },
  ),
  mlp('mlp-first', 'first MLP step', {}, { group: 'compile', measure: 'first' }),
  gpt('gpt-first', 'first GPT step', {}, { group: 'compile', measure: 'first' }),
  mlp('mlp-new-batch', 'MLP step, new batch size', { batch: 160 }, { group: 'compile', measure: 'new-size' }),
  gpt('gpt-new-batch', 'GPT step, new batch size', { batch: 24 }, { group: 'compile', measure: 'new-size' }),
  ...[128, 256, 512, 1024].map((width) =>
    mlp(
      `mlp-width-${width}`,
      `MLP step, width ${width}`,
      { inputs: width, hidden: [width, width] },
      scale('width of an MLP', width),
    ),
  ),
  ...[32, 64, 128, 256].map((batch) =>
    mlp(`mlp-batch-${batch}`, `MLP step, batch ${batch}`, { batch }, scale('batch of an MLP', batch)),
  ),
  ...[64, 128, 256].map((context) =>
    gpt(
      `gpt-context-${context}`,
      `GPT step, batch 2, context ${context}`,
      { batch: 2, context },
      scale('context of a GPT', context),
    ),
  ),
  ...[256, 512, 1024, 2048].map((length) =>
    attention(`attention-${length}`, `attention at ${length}`, length, scale('length of attention', length)),
  ),
];

/** Workloads by name or by the name of their group; all without names. @throws Error for a name that there is not */
export function chosenWorkloads(names: readonly string[]): readonly Workload[] {
  const groups = new Set<string>(workloads.map(({ group }) => group));
  for (const name of names)
    if (!groups.has(name) && !workloads.some((each) => each.name === name))
      throw new Error(`There is no workload '${name}'; there are ${workloads.map((each) => each.name).join(', ')}, and the groups ${[...groups].join(', ')}.`); // prettier-ignore
  return names.length === 0
    ? workloads
    : workloads.filter(({ name, group }) => names.includes(name) || names.includes(group));
}
