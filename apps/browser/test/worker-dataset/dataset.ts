import { mapDataset, Subset, type Dataset } from 'hebb';

/** A hundred examples, computed where they are gathered; the last one cannot be. */
const numbers: Dataset = {
  length: 100,
  gather: (indices) => {
    if (indices.includes(99)) throw new Error('example 99 is damaged');
    return {
      x: { data: Float32Array.from(indices, (i) => i / 4), shape: [indices.length] },
      ids: { data: Uint32Array.from(indices), shape: [indices.length] },
      mask: { data: Uint8Array.from(indices, (i) => i % 2), shape: [indices.length], dtype: 'bool' },
    };
  },
  subset: (indices) => new Subset(numbers, indices),
};

/** With pauses that differ from batch to batch. */
export const dataset = mapDataset(numbers, async (batch) => {
  await new Promise((resolve) => setTimeout(resolve, (batch['ids']?.data[0] ?? 0) % 7));
  return batch;
});
