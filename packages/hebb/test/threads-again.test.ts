/**
 * The networks of all architectures of `npm run bench`, trained again and again on one, two and four threads: chunks are taken by whoever comes first, each time another way.
 *
 * @module-tag long: twenty runs of five networks on three numbers of threads.
 * @module-tag alone: it loads the runtime anew, and starts threads.
 */
import { expect, test } from 'vitest';
import type * as Hebb from '../src/index.ts';
import { bytesOf, withThreads } from './support/threads.ts';

const runs = 20;

interface Trial {
  readonly model: Pick<Hebb.Module, 'parameters'>;
  readonly loss: () => Hebb.Tensor;
}

const networks: Readonly<Record<string, (hebb: typeof Hebb) => Trial>> = {
  perceptron: ({ crossEntropy, MultilayerPerceptron, randint, randn }) => {
    const model = new MultilayerPerceptron({ inputs: 784, hidden: [512, 256], outputs: 10 });
    const [x, y] = [randn([128, 784]), randint([128], 0, 10)];
    return { model, loss: () => crossEntropy(model.forward(x), y) };
  },
  convolutions: ({ ConvolutionalNetwork, crossEntropy, randint, randn }) => {
    const model = new ConvolutionalNetwork({ channels: 1, imageSize: 28, classes: 10, dropout: 0.25 });
    const [x, y] = [randn([64, 1, 28, 28]), randint([64], 0, 10)];
    return { model, loss: () => crossEntropy(model.forward(x), y) };
  },
  GPT: ({ crossEntropy, GPT2, randint }) => {
    const model = new GPT2({ vocabulary: 96, contextLength: 64, width: 64, layers: 2, heads: 4 });
    const [x, y] = [randint([8, 64], 0, 96), randint([512], 0, 96)];
    return { model, loss: () => crossEntropy(model.forward(x).reshape([512, 96]), y) };
  },
  LSTM: ({ crossEntropy, LSTM, randint, randn }) => {
    const model = new LSTM(64, 128);
    const [x, y] = [randn([32, 32, 64]), randint([32], 0, 128)];
    return { model, loss: () => crossEntropy(model.forward(x).output.narrow(1, 31, 1).reshape([32, 128]), y) };
  },
  graph: ({ crossEntropy, GCNConv, randint, randn }) => {
    const model = new GCNConv(300, 40);
    const [x, edges, y] = [randn([2000, 300]), randint([2, 9000], 0, 2000), randint([2000], 0, 40)];
    return { model, loss: () => crossEntropy(model.forward(x, edges), y) };
  },
};

test.each(Object.keys(networks))(
  `%s: the same bytes on 1, 2 and 4 threads, ${runs} runs each`,
  async (name) => {
    let expected: Buffer | undefined;
    for (const threads of [1, 2, 4]) {
      const hebb = await withThreads(threads);
      const { Adam, compile, manualSeed, minimize } = hebb;
      for (let run = 0; run < runs; run++) {
        manualSeed(11);
        const { model, loss } = (networks[name] as (from: typeof Hebb) => Trial)(hebb);
        const optimizer = new Adam(model.parameters(), { learningRate: 0.01 });
        const step = compile(() => minimize(optimizer, loss));
        const losses = [step(), step(), step()];
        const bytes = await bytesOf([...losses, ...model.parameters()]);
        expected ??= bytes;
        expect(Buffer.compare(bytes, expected), `${threads} threads, run ${run + 1}`).toBe(0);
      }
    }
    expect(new Float32Array(expected?.buffer ?? new ArrayBuffer(0), expected?.byteOffset, 3).every((loss) => loss > 0.5 && loss < 20)).toBe(true); // prettier-ignore
  },
  600_000,
);
