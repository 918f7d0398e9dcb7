/**
 * A loop without `compile` costs and computes the same however often its loss is read.
 *
 * @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { backward } from '@hebb/autograd';
import { BatchNorm1d, encodeSafetensors, Linear, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { SGD } from '@hebb/optimizers';
import { device, manualSeed, rand, randint, realize, setDevice, type Tensor } from '@hebb/tensor';
import { batches, devices, trainingStep } from './support/training-step.ts';

afterAll(() => setDevice('wasm'));

describe.each(devices)('on %s', (name) => {
  test('the digits CNN with dropout takes the same steps, one plan each, and gives the same bytes', async () => {
    setDevice(name);
    await device.ready();
    const run = async (interval: number): Promise<{ losses: number[]; weights: Uint8Array; missed: number[] }> => {
      const { model, record } = trainingStep();
      const losses: Tensor[] = [];
      const missed: number[] = [];
      for (const { x, y } of batches()) {
        losses.push(record(x, y));
        if (losses.length % interval === 0) await losses.at(-1)?.item();
        missed.push(device.stats().planCache.misses);
        if (losses.length === 12) break;
      }
      const read = await Promise.all(losses.map((loss) => loss.item()));
      return { losses: read, weights: await encodeSafetensors(model.stateDict()), missed };
    };
    const every = await run(1);
    for (const interval of [5, 100]) {
      const other = await run(interval);
      expect(other.losses).toEqual(every.losses);
      expect(other.weights).toEqual(every.weights);
      expect(new Set(other.missed).size).toBe(1);
    }
  }, 300_000);

  test('so does a network with batch statistics whose gradients come from three micro-batches', async () => {
    setDevice(name);
    const run = async (interval: number): Promise<unknown[]> => {
      manualSeed(1);
      const model = new Sequential(new Linear(6, 12), new BatchNorm1d(12), new ReLU(), new Linear(12, 3));
      const optimizer = new SGD(model, { learningRate: 0.1, momentum: 0.9 });
      const parts = Array.from({ length: 3 }, () => ({ x: rand([8, 6]), y: randint([8], 0, 3) }));
      await realize(...parts.flatMap(({ x, y }) => [x, y]));
      const { runs } = device.stats();
      const losses: Tensor[] = [];
      for (let step = 1; step <= 10; step++) {
        for (const { x, y } of parts) {
          const loss = crossEntropy(model.forward(x), y);
          backward(loss);
          losses.push(loss);
        }
        optimizer.step();
        optimizer.zeroGrad();
        if (step % interval === 0) await losses.at(-1)?.item();
      }
      const read = await Promise.all(losses.map((loss) => loss.item()));
      return [device.stats().runs - runs, read, await encodeSafetensors(model.stateDict())];
    };
    const every = await run(1);
    const { misses } = device.stats().planCache;
    // One for each step, and one that draws the first weights.
    expect(every[0]).toBe(11);
    for (const interval of [3, 100]) expect(await run(interval)).toEqual(every);
    expect(device.stats().planCache.misses).toBe(misses);
  }, 300_000);

  test('memory does not grow in a loop that never reads but for its losses', async () => {
    setDevice(name);
    const { record } = trainingStep();
    const used: number[] = [];
    const steps = name === 'wasm' ? 300 : 40;
    for (const { x, y } of batches()) {
      record(x, y);
      used.push(device.memory().usedBytes);
      if (used.length === steps) break;
    }
    // A buffer is at least 256 bytes on WebGPU.
    expect((used.at(-1) ?? NaN) - (used[9] ?? NaN)).toBeLessThanOrEqual(256 * steps);
    await device.synchronize();
  }, 300_000);
});
