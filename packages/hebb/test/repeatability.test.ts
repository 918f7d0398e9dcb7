/** The same program on the same device gives the same bytes, however often it runs; and sums by segments do in whatever order their rows come. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  conv2d,
  Conv2d,
  crossEntropy,
  cumsum,
  embedding,
  fft,
  Flatten,
  Generator,
  grad,
  indexAdd,
  Linear,
  manualSeed,
  maxPool2d,
  rand,
  randn,
  ReLU,
  scaledDotProductAttention,
  scan,
  scatterAdd,
  scatterReduce,
  segmentMax,
  segmentMean,
  segmentSoftmax,
  segmentSum,
  Sequential,
  setDevice,
  sort,
  tensor,
  topK,
  valueAndGrad,
  type Tensor,
} from '../src/index.ts';
import { devices } from '../../tensor/test/support/devices.ts';

/** Numbers of every size from a seed, so that the order of a sum shows. */
function values(seed: number, size: number): Float32Array {
  let state = seed >>> 0;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Float32Array.from({ length: size }, () => (next() - 0.5) * 2 ** Math.floor(12 * next() - 6));
}

const numbers = (seed: number, ...shape: number[]): Tensor =>
  tensor(
    values(
      seed,
      shape.reduce((a, b) => a * b, 1),
    ),
    { shape },
  );

const places = (count: number, below: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => (i * i + 7 * i) % below);

const cell = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
  const next = h.mul(0.5).add(x).tanh();
  return [next, next.mul(h)];
};

/** Fresh tensors in every run. */
const programs: Readonly<Record<string, () => Promise<Tensor[]> | Tensor[]>> = {
  'sums, means and norms': () => {
    const x = numbers(1, 100, 300);
    return [x.sum(), x.mean(0), x.std(1), x.softmax(-1), x.logSoftmax(0)];
  },
  'matrix products and convolutions': () => {
    const f = (x: Tensor, w: Tensor): Tensor =>
      maxPool2d(conv2d(x, w, { padding: 1 }), 2)
        .square()
        .sum();
    const gradients = grad(f, { argnums: [0, 1] })(numbers(2, 2, 3, 20, 20), numbers(16, 8, 3, 3, 3));
    return [numbers(3, 70, 130).matmul(numbers(4, 130, 50)), ...gradients];
  },
  'attention and its gradients': () => {
    const f = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v, { causal: true }).sum();
    return grad(f, { argnums: [0, 1, 2] })(numbers(5, 2, 40, 16), numbers(6, 2, 40, 16), numbers(7, 2, 40, 16));
  },
  'sorting, order and transforms': () => {
    const x = numbers(8, 20, 300);
    return [sort(x).values, topK(x, 9).indices, cumsum(x, 1), fft(numbers(9, 128, 2))];
  },
  'segments and their gradients': () => {
    const ids = [...places(3000, 50)];
    const f = (x: Tensor): Tensor =>
      segmentSum(segmentSoftmax(x, ids, 50).mul(x), ids, 50)
        .square()
        .sum();
    const x = numbers(10, 3000, 4);
    return [f(x), segmentMean(x, ids, 50), segmentMax(x, ids, 50), grad(f)(x)];
  },
  'an embedding and its gradient': () => {
    const ids = tensor(places(2000, 90));
    const f = (weight: Tensor): Tensor =>
      embedding(ids, weight)
        .mul(numbers(11, 2000, 12))
        .sum();
    return [grad(f)(numbers(12, 90, 12))];
  },
  'a loop and its gradient': () => {
    const f = (h: Tensor, xs: Tensor): Tensor => scan(cell, h, xs)[1].sum();
    return grad(f, { argnums: [0, 1] })(numbers(13, 40), numbers(14, 30, 40));
  },
  'random numbers': () => {
    const generator = new Generator(3);
    return [rand([500], { generator }), randn([500], { generator })];
  },
  'steps of training': async () => {
    manualSeed(5);
    const model = new Sequential(new Conv2d(1, 4, 3), new ReLU(), new Flatten(), new Linear(4 * 6 * 6, 10));
    const optimizer = new AdamW(model, { learningRate: 0.01 });
    const [x, y] = [numbers(15, 32, 1, 8, 8), tensor(places(32, 10))];
    for (let step = 0; step < 3; step++) {
      const { grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), optimizer.parameters);
      optimizer.step(grads);
    }
    return model.parameters().map((parameter) => parameter.detach());
  },
};

/** What adds rows up, or chooses of them, by ids. */
const sums: Readonly<Record<string, (x: Tensor, ids: Tensor, count: number) => Tensor>> = {
  'sums by segments': segmentSum,
  'means by segments': segmentMean,
  'maxima by segments': segmentMax,
  'sums of a softmax by segments': (x, ids, count) =>
    segmentSum(segmentSoftmax(x.tanh(), ids, count).mul(x), ids, count),
  indexAdd: (x, ids, count) => indexAdd(numbers(21, count, 6), 0, ids, x),
  scatterAdd: (x, ids, count) => scatterAdd(numbers(21, count, 6), 0, ids.reshape([-1, 1]).broadcastTo(x.shape), x),
  'means of scatterReduce': (x, ids, count) =>
    scatterReduce(numbers(21, count, 6), 0, ids.reshape([-1, 1]).broadcastTo(x.shape), x, 'mean'),
  'the gradient of an embedding': (x, ids, count) =>
    grad((weight: Tensor) => embedding(ids, weight).mul(x).sum())(numbers(21, count, 6)),
};

const bytesOf = async (tensors: readonly Tensor[]): Promise<string> => {
  const all = await Promise.all(tensors.map((t) => t.data()));
  return all
    .map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString('base64'))
    .join(' ');
};

describe.each(devices.filter((name) => name !== 'reference'))('on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each(Object.entries(programs))('20 runs of %s give the same bytes', async (_, program) => {
    const first = await bytesOf(await program());
    for (let run = 1; run < 20; run++) expect(await bytesOf(await program())).toBe(first);
  });

  it.each(Object.entries(sums))('%s are the same bytes in every order of the rows', async (_, sum) => {
    const [count, width, destinations] = [700, 6, 30];
    const rows = values(20, count * width);
    const ids = places(count, destinations);
    const run = async (seed: number): Promise<string> => {
      const keys = values(seed, count);
      const order = [...keys.keys()].sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
      const x = tensor(Float32Array.from(order.flatMap((row) => [...rows.subarray(row * width, (row + 1) * width)])), {
        shape: [count, width],
      });
      return bytesOf([sum(x, tensor(Int32Array.from(order, (row) => ids[row] ?? 0)), destinations)]);
    };
    const first = await run(1);
    for (let seed = 2; seed <= 8; seed++) expect(await run(seed)).toBe(first);
  });
});
