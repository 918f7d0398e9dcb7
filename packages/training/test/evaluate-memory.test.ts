/**
 * A thousand batches of large outputs: 2.6 GB, were they kept.
 *
 * @module-tag long: a thousand batches.
 * @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile.
 */
import type { ArrayBatch, Batches, LoadedBatch } from '@hebb/data';
import { classification, scores, topKAccuracy } from '@hebb/evaluation';
import { Linear } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { SGD } from '@hebb/optimizers';
import { device as current, manualSeed, setDevice } from '@hebb/tensor';
import { expect, it } from 'vitest';
import { liveMegabytes } from '../../tensor/test/support/live-memory.ts';
import { evaluate, fit, predictBatches } from '../src/index.ts';

const batchSize = 128;
const classes = 5000;
const features = 4;

/** So many batches, what memory of the device there was before each, and before every 25th what the process held. */
function batches(count: number): Batches & { readonly device: number[]; readonly live: number[] } {
  const [device, live]: [number[], number[]] = [[], []];
  return {
    device,
    live,
    async *batches(): AsyncGenerator<LoadedBatch<ArrayBatch>> {
      for (let batch = 0; batch < count; batch++) {
        const { usedBytes, pooledBytes } = current.memory();
        device.push((usedBytes + pooledBytes) / 1e6);
        if (batch % 25 === 0) live.push(await liveMegabytes());
        yield {
          batch: {
            x: { data: Float32Array.from({ length: batchSize * features }, (_, i) => Math.sin(batch + i)), shape: [batchSize, features] },
            y: { data: Int32Array.from({ length: batchSize }, (_, i) => (batch * 31 + i) % classes), shape: [batchSize] },
          },
          count: batchSize,
          next: { epoch: 0, batch: batch + 1 },
        };
      }
    },
    stateDict: () => null,
    loadStateDict: () => undefined,
    differences: () => [],
  }; // prettier-ignore
}

/** What came on top after the first batches, in megabytes, while buffers and plans are made. */
function growth({ device, live }: { readonly device: readonly number[]; readonly live: readonly number[] }): {
  device: number;
  live: number;
} {
  return {
    device: Math.max(...device.slice(-50)) - Math.max(...device.slice(20, 100)),
    live: Math.max(...live.slice(-2)) - Math.max(...live.slice(1, 4)),
  };
}

/** Two batches' logits: when the collector finds what a turn of the event loop left is its own affair, and all of them would be 384 MB at least. */
const flat = (2 * batchSize * classes * 4) / 1e6;

it('classification of 1,000 batches of 128 × 5,000 logits keeps memory flat', async () => {
  setDevice('wasm');
  manualSeed(1);
  const data = batches(1000);
  const evaluation = await evaluate(new Linear(features, classes), data, classification());
  expect(evaluation.count).toBe(128_000);
  expect(evaluation.labels.length).toBe(128_000);
  const grown = growth(data);
  expect(grown.device).toBeLessThan(flat);
  // What is kept of 128,000 examples, some 30 bytes each; their logits would be 2.6 GB.
  expect(grown.live).toBeLessThan(20);
}, 120_000);

it('validation with a metric that takes outputs whole, too', async () => {
  setDevice('wasm');
  manualSeed(1);
  const model = new Linear(features, classes);
  const validation = batches(150);
  await fit(model, batches(1), {
    loss: crossEntropy,
    optimizer: new SGD(model, { learningRate: 0.1 }),
    steps: 1,
    validation,
    validateEvery: { steps: 1 },
    metrics: { top: topKAccuracy },
  });
  expect(validation.device.length).toBeGreaterThanOrEqual(150);
  // Logits of a batch are 2.6 MB; kept until a collector comes they are more than twenty times that.
  expect(Math.max(...validation.device)).toBeLessThan(30);
  expect(growth(validation).device).toBeLessThan(flat);
}, 120_000);

it.each([
  ['a metric that takes outputs whole', 'scores'],
  ['predictBatches', 'predictBatches'],
])(
  '%s, of 150 batches, too',
  async (_, kind) => {
    setDevice('wasm');
    manualSeed(1);
    const data = batches(150);
    const model = new Linear(features, classes);
    if (kind === 'scores') await evaluate(model, data, scores({ top: topKAccuracy }));
    else
      for await (const { outputs } of predictBatches(model, data)) expect(outputs.shape).toEqual([batchSize, classes]);
    expect(growth(data).device).toBeLessThan(flat);
    expect(growth(data).live).toBeLessThan(5);
  },
  120_000,
);
