/** What each kind of workload is in Hebb: a function of its inputs, or a model with a loss and an optimizer. Contenders run it, or export it. */
import { GCN, GPT2, ResNet } from '@hebb/architectures';
import {
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  Linear,
  LSTM,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  type AnyModule,
} from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { conv2d, gelu, layerNorm, scaledDotProductAttention, softmax, tensor, type Tensor } from '@hebb/tensor';
import type { Given, Values } from './data.ts';
import type { Kind, Workload } from './workloads.ts';

// A method's parameters may be fewer and narrower than these.
type Compute = { bivariant(...inputs: Tensor[]): Tensor }['bivariant'];

export interface Computation {
  /** The result, or the loss. */
  readonly compute: Compute;
  /** What has weights. */
  readonly model?: AnyModule;
}

export const tensorOfValues = ({ shape, data }: Values): Tensor =>
  tensor(data, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' });

class LstmClassifier extends Module {
  readonly lstm: LSTM = new LSTM(64, 128);
  readonly head: Linear = new Linear(128, 10);

  forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x).state.hidden.squeeze(0));
  }
}

class TextClassifier extends Module {
  readonly embedding: Embedding = new Embedding(10_000, 64);
  readonly hidden: Linear = new Linear(64, 64);
  readonly output: Linear = new Linear(64, 2);

  forward(ids: Tensor): Tensor {
    return this.output.forward(this.hidden.forward(this.embedding.forward(ids).mean(1)).relu());
  }
}

interface Choices {
  /** Whether dropout drops. */
  readonly drops: boolean;
}

/** A classifier: its logits, or in training its loss. */
function classifier(
  { isTraining }: Workload,
  model: Module,
  logits: (x: Tensor) => Tensor = (x) => model.forward(x),
): Computation {
  return { model, compute: isTraining ? (x: Tensor, y: Tensor) => crossEntropy(logits(x), y) : logits };
}

function gptOf({ width = 1, heads = 1, layers = 1, vocabulary = 1, context = 1 }: Workload['sizes']): GPT2 {
  return new GPT2({ width, heads, layers, vocabulary, contextLength: context, dropout: 0 });
}

const computations: Readonly<Record<Kind, (workload: Workload, choices: Choices) => Computation>> = {
  matmul: () => ({ compute: (a: Tensor, b: Tensor) => a.matmul(b) }),
  conv: () => ({ compute: (x: Tensor, w: Tensor) => conv2d(x, w, { padding: 1 }) }),
  gelu: () => ({ compute: (x: Tensor, b: Tensor, s: Tensor) => gelu(x.add(b), { approximate: 'tanh' }).mul(s) }),
  softmax: () => ({ compute: (x: Tensor) => softmax(x, -1) }),
  'layer-norm': () => ({ compute: (x: Tensor, weight: Tensor, bias: Tensor) => layerNorm(x, 1024, { weight, bias }) }),
  attention: () => ({
    compute: (q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v, { causal: true }),
  }),
  add: () => ({ compute: (a: Tensor, b: Tensor) => a.add(b) }),
  chain: () => ({
    compute(x: Tensor, y: Tensor) {
      for (let i = 0; i < 1000; i++) x = x.add(y);
      return x;
    },
  }),
  block({ sizes }) {
    const model = gptOf(sizes);
    return { model, compute: (x: Tensor) => model.transformer.h[0]?.forward(x) ?? x };
  },
  mlp(workload) {
    const { inputs = 1, first = 1, second = 1 } = workload.sizes;
    const layers = [
      new Linear(inputs, first),
      new ReLU(),
      new Linear(first, second),
      new ReLU(),
      new Linear(second, 10),
    ];
    return classifier(workload, new Sequential(...layers));
  },
  cnn(workload, { drops }) {
    const features = [new Conv2d(1, 32, 3), new ReLU(), new Conv2d(32, 64, 3), new ReLU(), new MaxPool2d(2)];
    const dropout = new Dropout(drops && workload.isTraining ? 0.25 : 0);
    const head = [new Flatten(), new Linear(9216, 128), new ReLU(), new Linear(128, 10)];
    return classifier(workload, new Sequential(...features, dropout, ...head));
  },
  gpt({ sizes }) {
    const model = gptOf(sizes);
    return { model, compute: (x: Tensor, y: Tensor) => crossEntropy(model.forward(x).flatten(0, 1), y.flatten()) };
  },
  lstm: (workload) => classifier(workload, new LstmClassifier()),
  gcn() {
    const model = new GCN({ inputs: 1433, hidden: 16, outputs: 7, dropout: 0 });
    return { model, compute: (x: Tensor, y: Tensor, edges: Tensor) => crossEntropy(model.forward(x, edges), y) };
  },
  resnet: (workload) =>
    classifier(workload, new ResNet({ depth: 18, stem: 'small', classes: workload.sizes['classes'] ?? 10 })),
  text: (workload) => classifier(workload, new TextClassifier()),
};

/** The computation of a workload in Hebb, with the weights given. */
export function computationOf({ workload, weights }: Given, choices: Choices): Computation {
  const computation = computations[workload.kind](workload, choices);
  const { model } = computation;
  model?.loadStateDict(
    Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, tensorOfValues(values)])),
    // Running statistics of batch norm are as they are made.
    { strict: false },
  );
  for (const name of model?.namedParameters().keys() ?? [])
    if (!(name in weights)) throw new Error(`${workload.name} has no first values for ${name}.`);
  if (!workload.isTraining) model?.eval();
  return computation;
}

/** Decoupled weight decay for the GPT, none elsewhere, as the definitions say. */
export const weightDecayOf = ({ kind }: Workload): number => (kind === 'gpt' ? 0.01 : 0);
