/**
 * Training with threads.
 *
 * @module-tag alone: it loads the runtime anew, and starts threads.
 */
import { expect, test, vi } from 'vitest';
import type * as Hebb from '../src/index.ts';

async function withThreads(threads: number): Promise<typeof Hebb> {
  vi.resetModules();
  const hebb: typeof Hebb = await import('../src/index.ts');
  hebb.setDevice('wasm', { threads });
  expect(await hebb.device.ready()).toMatch(threads === 1 ? /one thread$/ : new RegExp(`${threads} threads$`));
  return hebb;
}

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
  const results: (Float32Array | Int32Array | Uint8Array)[] = [];
  for (let i = 0; i < 10; i++) for (const { step, x, y } of steps) results.push(await step(x, y).data());
  for (const parameter of [...convolutional.parameters(), ...dense.parameters()]) results.push(await parameter.data());
  return Buffer.concat(
    results.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

test('has the same bytes on 1, 2 and 4 threads', async () => {
  const expected = await train(await withThreads(1));
  expect(new Float32Array(expected.buffer, expected.byteOffset, 20).every((loss) => loss > 0 && loss < 10)).toBe(true);
  for (const threads of [2, 4, 2]) expect(Buffer.compare(await train(await withThreads(threads)), expected)).toBe(0);
});
