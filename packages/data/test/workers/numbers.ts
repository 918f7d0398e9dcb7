/** Serves a hundred numbers; what goes wrong is chosen by the worker's data. */
import { workerData } from 'node:worker_threads';
import { ArrayDataset, mapDataset, serveDataset, Subset, type Dataset } from '../../src/index.ts';

const { fault, length = 100 } = (workerData ?? {}) as { fault?: string; length?: number };
const numbers = Float32Array.from({ length }, (_, i) => i);
const arrays: Dataset = new ArrayDataset({
  x: { data: numbers, shape: [] },
  y: { data: Int32Array.from({ length }, (_, i) => i), shape: [] },
  mask: { data: Uint8Array.from({ length }, (_, i) => i % 2), shape: [], dtype: 'bool' },
});

const datasets: Readonly<Record<string, () => Dataset | Promise<Dataset>>> = {
  /** Views of its own memory, which must not be moved away from it. */
  views: () => {
    const views: Dataset = {
      length,
      gather: (indices) => ({ x: { data: numbers.subarray(indices[0], (indices[0] ?? 0) + 1), shape: [1] } }),
      subset: (indices) => new Subset(views, indices),
    };
    return views;
  },
  /** Two fields in one piece of memory. */
  shared: () => mapDataset(arrays, ({ x }) => (x === undefined ? {} : { x, again: x })),
  lengths: () => ({ ...later(arrays), lengths: Array.from(numbers), unaligned: ['nodes'] }),
  padded: () => ({
    ...later(arrays),
    gather: (indices, paddedLength) => ({
      x: { data: new Float32Array(indices.length).fill(paddedLength ?? -1), shape: [indices.length] },
    }),
  }),
  'fails later': () => Promise.reject(new Error('no such file: data.bin')),
  'fails at 7': () =>
    mapDataset(arrays, (batch) => {
      if (batch['y']?.data.includes(7) === true) throw new Error('example 7 is damaged');
      return batch;
    }),
  'exits at 7': () =>
    mapDataset(arrays, (batch) => {
      if (batch['y']?.data.includes(7) === true) process.exit(3);
      return batch;
    }),
  'throws at 7': () =>
    mapDataset(arrays, async (batch) => {
      if (batch['y']?.data.includes(7) === true) {
        setTimeout(() => {
          throw new Error('thrown beside it');
        });
        await new Promise(() => undefined);
      }
      return batch;
    }),
};

function later(dataset: Dataset): Dataset {
  return mapDataset(dataset, (batch) => Promise.resolve(batch));
}

if (fault === 'says nothing') setInterval(() => undefined, 1000);
else if (fault === 'throws') throw new Error('the worker’s own error');
else serveDataset(datasets[fault ?? '']?.() ?? arrays);
