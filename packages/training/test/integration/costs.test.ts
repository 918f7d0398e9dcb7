/** What the summary says of memory, beside what autograd reads and what the compiler plans. */
import { backward } from '@hebb/autograd';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GELU,
  LayerNorm,
  Linear,
  LSTM,
  MaxPool2d,
  Module,
  MultiheadAttention,
  ReLU,
  Residual,
  Sequential,
  Softmax,
  summary,
  SwiGLU,
  Tanh,
  TransformerEncoderLayer,
  type AnyModule,
} from '@hebb/layers';
import { dryRun, setDevice, type Tensor } from '@hebb/tensor';
import { placeholder } from '@hebb/tensor/costs';
import { nodeOf, type Node } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram } from '../../../tensor/src/compiler/compile.ts';
import { bytesOf } from '../../../tensor/src/compiler/kernel.ts';
import { baseOf, bytesOf as bytesOfType } from '../../../tensor/src/costs/memory.ts';
import { behind, listening, valueSources } from '../../../tensor/src/costs/walk.ts';
import { linearize, toProgram } from '../../../tensor/src/graph/program.ts';

beforeAll(() => setDevice('reference'));

class Output extends Module<[x: Tensor]> {
  inner: LSTM;
  constructor(inner: LSTM) {
    super();
    this.inner = inner;
  }
  forward(x: Tensor): Tensor {
    return this.inner.forward(x).output;
  }
}
class SelfAttention extends Module<[x: Tensor]> {
  inner = new MultiheadAttention(16, 4, { batchFirst: true });
  forward(x: Tensor): Tensor {
    return this.inner.forward(x, x, x).output;
  }
}

const models: readonly [name: string, make: () => AnyModule, shape: number[]][] = [
  [
    'multilayer perceptron',
    () => new Sequential(new Linear(64, 128), new ReLU(), new Linear(128, 96), new Tanh(), new Linear(96, 10)),
    [32, 64],
  ],
  [
    'GELU and softmax',
    () => new Sequential(new Linear(64, 128), new GELU(), new Linear(128, 64), new Softmax(-1)),
    [32, 64],
  ],
  [
    'convolutions',
    () =>
      new Sequential(
        new Conv2d(3, 16, 3, { padding: 1 }),
        new BatchNorm2d(16),
        new ReLU(),
        new MaxPool2d(2),
        new Conv2d(16, 32, 3),
        new ReLU(),
        new Flatten(),
        new Linear(32 * 14 * 14, 10),
      ),
    [4, 3, 32, 32],
  ],
  [
    'residual blocks',
    () =>
      new Sequential(
        ...[0, 1].map(
          () =>
            new Residual(
              new Sequential(
                new Conv2d(8, 8, 3, { padding: 1 }),
                new BatchNorm2d(8),
                new ReLU(),
                new Conv2d(8, 8, 3, { padding: 1 }),
              ),
            ),
        ),
      ),
    [2, 8, 16, 16],
  ],
  [
    'layer normalisation',
    () => new Sequential(new Linear(32, 64), new LayerNorm(64), new ReLU(), new Linear(64, 64), new LayerNorm(64)),
    [16, 32],
  ],
  ['gated', () => new Sequential(new Linear(16, 16), new SwiGLU(16, 48)), [16, 16]],
  ['attention', () => new SelfAttention(), [2, 64, 16]],
  ['transformer', () => new TransformerEncoderLayer(32, 4, { dimFeedforward: 128, batchFirst: true }), [2, 64, 32]],
  ['LSTM', () => new Output(new LSTM(8, 16, { numLayers: 2 })), [12, 4, 8]],
];

const call = (model: AnyModule, x: Tensor): Tensor => (model as unknown as { forward(x: Tensor): Tensor }).forward(x);

function planned(model: AnyModule, shape: number[]): number {
  const plan = dryRun(() => {
    const output = nodeOf(call(model, placeholder(shape, 'float32')));
    return compileProgram(toProgram(linearize([output]), []));
  });
  const output = plan.buffers.filter(({ kind }) => kind === 'parameter').at(plan.parameterCount - 1);
  return plan.arenaBytes + (output === undefined ? 0 : output.size * bytesOf[output.type]);
}

function readByGradient(model: AnyModule, shape: number[]): number {
  return dryRun(() => {
    const loss = call(model, placeholder(shape, 'float32')).sum();
    const made = new Set<Node>();
    listening(
      (node) => made.add(node),
      () => backward(loss),
    );
    const forward = new Set(behind([nodeOf(loss)], valueSources));
    const isResultOfForward = ({ op, inputs: [loop] }: Node): boolean =>
      op === 'result' && loop !== undefined && forward.has(loop);
    const grads = model.parameters().flatMap(({ grad }) => (grad === undefined ? [] : [nodeOf(grad)]));
    const read = behind(grads, (node) => {
      // A result of the forward loop is what is read of it.
      return made.has(node) && !isResultOfForward(node) ? valueSources(node) : [];
    });
    const bases = new Set(read.filter((node) => !made.has(node) || isResultOfForward(node)).map(baseOf));
    return [...bases]
      .filter((base) => valueSources(base).length > 0)
      .reduce((sum, { type }) => sum + bytesOfType(type), 0);
  });
}

describe.each(models)('%s', (name, make, shape) => {
  it('says of activations what the recorded gradient reads, to the byte', () => {
    const model = make().eval();
    expect(summary(model, shape).memory.activations).toBe(readByGradient(model, shape));
  });

  // Temporaries begin at multiples of 256 bytes, and those of a loop lie beside what is around it.
  const least = name === 'LSTM' ? 0.82 : 0.95;
  it(`says of a forward pass at most what its plan takes, and at least ${least} of it`, () => {
    const model = make().eval();
    const ratio = summary(model, shape).memory.peak / planned(model, shape);
    expect(ratio).toBeLessThanOrEqual(1);
    expect(ratio).toBeGreaterThanOrEqual(least);
  });
});

it('leaves out what only frozen layers would need, and counts the masks of dropout in training mode', () => {
  const model = new Sequential(new Linear(8, 8), new Tanh(), new Dropout(0.5), new Linear(8, 4));
  // tanh's output for its own derivative; of the masked one, which the last weight needs, in evaluation mode it is the same.
  expect(summary(model, [2, 8]).memory.activations).toBe(2 * 8 * 4);
  model.at(0)?.freeze();
  expect(summary(model, [2, 8]).memory.activations).toBe(2 * 8 * 4);
  model.at(3)?.freeze();
  expect(summary(model, [2, 8]).memory.activations).toBe(0);
  const { activations } = summary(model.unfreeze(), [2, 8], { training: true }).memory;
  expect(activations).toBe(readByGradient(model.train(), [2, 8]));
  expect(activations).toBeGreaterThan(2 * 8 * 4);
});
