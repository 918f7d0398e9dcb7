/**
 * Training with threads.
 *
 * @module-tag alone: it loads the runtime anew, and starts threads.
 */
import { expect, test } from 'vitest';
import type * as Hebb from '../src/index.ts';
import { bytesOf, withThreads } from './support/threads.ts';

/** The losses of some steps of two networks in turn, and the weights that they lead to, as bytes. */
async function train(hebb: typeof Hebb): Promise<Buffer> {
  const { Adam, compile, ConvolutionalNetwork, crossEntropy, manualSeed, rand, randint, SGD, valueAndGrad } = hebb;
  manualSeed(3);
  const convolutional = new ConvolutionalNetwork({ channels: 3, imageSize: 20, classes: 10, dropout: 0.25 });
  const dense = new hebb.MultilayerPerceptron({ inputs: 500, hidden: [300, 200], outputs: 10 });
  const [images, rows] = [rand([24, 3, 20, 20]), rand([100, 500])];
  const [ofImages, ofRows] = [randint([24], 0, 10), randint([100], 0, 10)];
  await hebb.realize([images, rows, ofImages, ofRows]);
  const stepOf = (model: Hebb.Module, optimizer: Hebb.Optimizer, forward: (x: Hebb.Tensor) => Hebb.Tensor) =>
    compile((x: Hebb.Tensor, y: Hebb.Tensor) => {
      const { value, grads } = valueAndGrad(() => crossEntropy(forward(x), y), model.parameters());
      optimizer.step(grads);
      return value;
    });
  const steps = [
    { step: stepOf(convolutional, new Adam(convolutional), (x) => convolutional.forward(x)), x: images, y: ofImages },
    { step: stepOf(dense, new SGD(dense, { learningRate: 0.1, momentum: 0.9 }), (x) => dense.forward(x)), x: rows, y: ofRows }, // prettier-ignore
  ];
  const losses: Hebb.Tensor[] = [];
  for (let i = 0; i < 10; i++) for (const { step, x, y } of steps) losses.push(step(x, y));
  return bytesOf([...losses, ...convolutional.parameters(), ...dense.parameters()]);
}

test('has the same bytes on 1, 2 and 4 threads', async () => {
  const expected = await train(await withThreads(1));
  expect(new Float32Array(expected.buffer, expected.byteOffset, 20).every((loss) => loss > 0 && loss < 10)).toBe(true);
  for (const threads of [2, 4, 2]) expect(Buffer.compare(await train(await withThreads(threads)), expected)).toBe(0);
});

test('two trainings at once lead to the bytes that they lead to one after the other', async () => {
  const hebb = await withThreads(2);
  const { AdamW, ArrayDataset, crossEntropy, fit, GRU, Linear, manualSeed, Module, randint, randn, ReLU, Sequential, SGD } = hebb; // prettier-ignore
  class Recurrent extends Module {
    readonly layer = new GRU(6, 40);
    readonly head = new Linear(40, 4);

    override forward(x: Hebb.Tensor): Hebb.Tensor {
      return this.head.forward(this.layer.forward(x).output.narrow(1, 4, 1).reshape([-1, 40]));
    }
  }
  const prepared = async () => {
    manualSeed(5);
    const models = [new Sequential(new Linear(30, 300), new ReLU(), new Linear(300, 4)), new Recurrent()];
    const y = await randint([96], 0, 4).data();
    const trainings: (() => Promise<unknown>)[] = [];
    for (const [i, model] of models.entries()) {
      const shape = i === 0 ? [30] : [5, 6];
      const data = new ArrayDataset({ x: { data: await randn([96, 30]).data(), shape }, y: { data: y, shape: [] } });
      const optimizer = i === 0 ? new SGD(model, { learningRate: 0.1, momentum: 0.9 }) : new AdamW(model);
      trainings.push(() => fit(model, data, { loss: crossEntropy, optimizer, epochs: 6, batchSize: 16, seed: i }));
    }
    return { trainings, weights: () => bytesOf(models.flatMap((model) => [...model.parameters()])) };
  };
  const one = await prepared();
  for (const training of one.trainings) await training();
  const both = await prepared();
  const before = await both.weights();
  await Promise.all(both.trainings.map((training) => training()));
  expect(Buffer.compare(await both.weights(), before)).not.toBe(0);
  expect(Buffer.compare(await both.weights(), await one.weights())).toBe(0);
});
