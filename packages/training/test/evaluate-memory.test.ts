/** A thousand batches of large outputs: 2.6 GB, were they kept. */
import type { ArrayBatch, Batches, LoadedBatch } from '@hebb/data';
import { classification, scores, topKAccuracy } from '@hebb/evaluation';
import { Linear } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { SGD } from '@hebb/optimizers';
import { device, manualSeed, setDevice } from '@hebb/tensor';
import { expect, it } from 'vitest';
import { evaluate, fit, predictBatches } from '../src/index.ts';

const batchSize = 128;
const classes = 5000;
const features = 4;

/** So many batches, and what memory there was before each: of the device, and of the process in all. */
function batches(count: number): Batches & { readonly bytes: { device: number; process: number }[] } {
  const bytes: { device: number; process: number }[] = [];
  return {
    bytes,
    async *batches(): AsyncGenerator<LoadedBatch<ArrayBatch>> {
      for (let batch = 0; batch < count; batch++) {
        const { usedBytes, pooledBytes } = device.memory();
        bytes.push({ device: usedBytes + pooledBytes, process: process.memoryUsage().rss });
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

/** What came on top after the first batches, while buffers and plans are made. */
function growth(bytes: readonly { device: number; process: number }[]): { device: number; process: number } {
  const [early, late] = [bytes.slice(20, 100), bytes.slice(-50)];
  const most = (part: typeof bytes, of: 'device' | 'process'): number => Math.max(...part.map((each) => each[of]));
  return {
    device: most(late, 'device') - most(early, 'device'),
    process: most(late, 'process') - most(early, 'process'),
  };
}

const megabyte = 1e6;

it('classification of 1,000 batches of 128 × 5,000 logits keeps memory flat', async () => {
  setDevice('wasm');
  manualSeed(1);
  const data = batches(1000);
  const evaluation = await evaluate(new Linear(features, classes), data, classification());
  expect(evaluation.count).toBe(128_000);
  expect(evaluation.labels.length).toBe(128_000);
  const grown = growth(data.bytes);
  expect(grown.device).toBeLessThan(1 * megabyte);
  expect(grown.process).toBeLessThan(80 * megabyte);
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
  expect(validation.bytes.length).toBeGreaterThanOrEqual(150);
  // Logits of a batch are 2.6 MB; kept until a collector comes they are more than twenty times that.
  expect(Math.max(...validation.bytes.map(({ device: bytes }) => bytes))).toBeLessThan(30 * megabyte);
  expect(growth(validation.bytes).device).toBeLessThan(1 * megabyte);
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
    expect(growth(data.bytes).device).toBeLessThan(1 * megabyte);
    expect(growth(data.bytes).process).toBeLessThan(150 * megabyte);
  },
  120_000,
);
