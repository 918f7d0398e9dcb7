/** What is moved by index, ordered, accumulated, transformed and looped over: milliseconds, beside PyTorch's. */
import {
  argSort,
  compile,
  convTranspose2d,
  cumsum,
  device,
  einsum,
  embedding,
  fft,
  gather,
  indexAdd,
  randint,
  randn,
  realize,
  scan,
  scaledDotProductAttention,
  setDevice,
  sort,
  topK,
  type Tensor,
} from '@hebb/tensor';
import { measure } from '../measure.ts';
import { findPeer } from '../peer.ts';
import { attempt, outOfTime, type Part } from '../rows.ts';

interface Work {
  readonly inputs: () => Tensor[];
  readonly body: (...inputs: Tensor[]) => Tensor;
}

const ids = (shape: readonly number[], high: number): Tensor => randint(shape, 0, high);

/** Names are those of peer.py. */
const works: Readonly<Record<string, Work>> = {
  'gather rows': {
    inputs: () => [randn([50_000, 128]), ids([65_536], 50_000)],
    body: (table, index) => embedding(index, table),
  },
  'gather elements': {
    inputs: () => [randn([4096, 1024]), ids([4096, 1024], 1024)],
    body: (x, index) => gather(x, 1, index),
  },
  'add rows by index': {
    inputs: () => [randn([50_000, 128]), ids([65_536], 50_000), randn([65_536, 128])],
    body: (x, index, rows) => indexAdd(x, 0, index, rows),
  },
  'sort 1024 × 1024': { inputs: () => [randn([1024, 1024])], body: (x) => sort(x).values },
  'sort a million': { inputs: () => [randn([2 ** 20])], body: (x) => argSort(x) },
  'top 10 of 100,000': { inputs: () => [randn([16, 100_000])], body: (x) => topK(x, 10).values },
  'cumulative sum': { inputs: () => [randn([4096, 4096])], body: (x) => cumsum(x, 1) },
  'transposed convolution': {
    inputs: () => [randn([32, 64, 32, 32]), randn([64, 32, 3, 3])],
    body: (x, w) => convTranspose2d(x, w, { stride: 2, padding: 1, outputPadding: 1 }),
  },
  einsum: {
    inputs: () => [randn([8, 512, 8, 64]), randn([8, 512, 8, 64])],
    body: (a, b) => einsum('bqhd,bkhd->bhqk', a, b),
  },
  attention: {
    inputs: () => Array.from({ length: 3 }, () => randn([8, 8, 512, 64])),
    body: (q, k, v) => scaledDotProductAttention(q, k, v),
  },
  'Fourier transform': { inputs: () => [randn([256, 4096, 2])], body: (x) => fft(x) },
  'loop of 64 steps': {
    inputs: () => [randn([64, 32, 128]), randn([32, 128]), randn([128, 128])],
    body: (xs, h, w) => scan((state: Tensor, x: Tensor) => [x.add(state.matmul(w)).tanh(), undefined], h, xs)[0],
  },
};

export const kernelsPart: Part = async (context) => {
  const { report, remaining } = context;
  setDevice('webgpu');
  await device.ready();
  const peer = await findPeer();
  for (const [name, { inputs, body }] of Object.entries(works)) {
    if (remaining() < 3000) {
      report({ name, value: outOfTime });
      continue;
    }
    await attempt(context, name, async () => {
      const tensors = inputs();
      await realize(...tensors);
      const call = compile((...given: Tensor[]) => body(...given));
      const timing = await measure(() => call(...tensors).dispose(), { budget: 400 });
      const peerTime = await peer.ask('kernels', [name]);
      report({
        name,
        value: timing.median,
        unit: 'ms',
        range: [timing.fastest, timing.slowest],
        ...(peerTime !== undefined && { peer: peerTime }),
        note: `${device.stats().kernelsInLastRun} kernels, first call ${timing.first.toFixed(0)} ms`,
      });
      for (const each of tensors) each.dispose();
    });
  }
  peer.close();
};
