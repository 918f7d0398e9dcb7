/**
 * What the house promises of a training step: few kernels, a cache that hits, flat memory, the same numbers everywhere.
 *
 * @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { device, realize, setDevice, tensor, type DeviceName, type Tensor } from '@hebb/tensor';
import { encodeSafetensors, GELU, Linear, Sequential } from '@hebb/layers';
import { batches, devices, trainingStep } from './support/training-step.ts';

afterAll(() => setDevice('wasm'));

async function lossCurve(name: DeviceName, steps: number): Promise<number[]> {
  setDevice(name);
  const { compiled } = trainingStep();
  const curve: number[] = [];
  for (const { x, y } of batches()) {
    curve.push(await compiled(x, y).item());
    if (curve.length === steps) break;
  }
  return curve;
}

let known: Promise<number[]> | undefined;
/** The interpreter's curve, computed once. */
function referenceCurve(): Promise<number[]> {
  known ??= lossCurve('reference', 20);
  return known;
}

test('the compiled CNN training step (forward, backward, AdamW on 8 parameters) is 24 kernels', async () => {
  setDevice('wasm');
  const { compiled } = trainingStep();
  for (const { x, y } of batches()) {
    await compiled(x, y).item();
    break;
  }
  expect(device.stats().kernelsInLastRun).toBe(24);
});

test('a training step, forward, backward and AdamW, is 1 plan, compiled or recorded: after the first, 5 steps are 5 runs and no plan more', async () => {
  setDevice('wasm');
  for (const kind of ['compiled', 'record'] as const) {
    const step = trainingStep();
    const counts: number[][] = [];
    for (const { x, y } of batches()) {
      await step[kind](x, y).item();
      const { runs, planCache } = device.stats();
      counts.push([runs, planCache.misses]);
      if (counts.length === 6) break;
    }
    // With the first step the parameters and moments begin.
    const [runs = 0, plans = 0] = counts[0] ?? [];
    const after = counts.map((count) => [(count[0] ?? 0) - runs, (count[1] ?? 0) - plans]);
    expect(after, kind).toEqual([0, 1, 2, 3, 4, 5].map((steps) => [steps, 0]));
  }
});

test('Linear and GELU, a product, a bias and the activation, are 1 kernel in 1 run', async () => {
  setDevice('wasm');
  const model = new Sequential(new Linear(8, 16), new GELU());
  const x = tensor(
    Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
    { shape: [4, 8] },
  );
  const counts: number[] = [];
  for (let call = 0; call < 2; call++) {
    await realize(model.forward(x));
    counts.push(device.stats().runs);
  }
  expect((counts[1] ?? 0) - (counts[0] ?? 0)).toBe(1);
  expect(device.stats().kernelsInLastRun).toBe(1);
});

test('the second step of an uncompiled loop hits the plan cache, and so does every later one', async () => {
  setDevice('wasm');
  const { record } = trainingStep();
  const misses: number[] = [];
  const hits: number[] = [];
  for (const { x, y } of batches()) {
    await record(x, y).item();
    misses.push(device.stats().planCache.misses);
    hits.push(device.stats().planCache.hits);
    if (misses.length === 6) break;
  }
  expect(misses.slice(1)).toEqual(misses.slice(1).map(() => misses[0]));
  expect(hits.map((count) => count - (hits[0] ?? 0))).toEqual([0, 1, 2, 3, 4, 5]);
});

test('compiled and uncompiled steps compute the same bits', async () => {
  setDevice('wasm');
  const curves: number[][] = [];
  const weights: Uint8Array[] = [];
  for (const kind of ['record', 'compiled'] as const) {
    const step = trainingStep();
    const curve: number[] = [];
    for (const { x, y } of batches()) {
      curve.push(await step[kind](x, y).item());
      if (curve.length === 12) break;
    }
    curves.push(curve);
    weights.push(await encodeSafetensors(step.model.stateDict()));
  }
  expect(curves[1]).toEqual(curves[0]);
  expect(weights[1]).toEqual(weights[0]);
});

describe.each(devices)('on %s', (name) => {
  test('two runs with one seed give the same bytes', async () => {
    setDevice(name);
    const weights: Uint8Array[] = [];
    for (let run = 0; run < 2; run++) {
      const { model, compiled } = trainingStep();
      let steps = 0;
      for (const { x, y } of batches()) {
        await compiled(x, y).item();
        if (++steps === 12) break;
      }
      weights.push(await encodeSafetensors(model.stateDict()));
    }
    expect(weights[1]).toEqual(weights[0]);
  }, 300_000);

  test('the first 20 losses agree with the reference interpreter to 1e-3, dropout included', async () => {
    const expected = await referenceCurve();
    const actual = await lossCurve(name, 20);
    expected.forEach((loss, i) => expect(Math.abs((actual[i] ?? NaN) - loss) / loss).toBeLessThan(1e-3));
    expect(expected.at(-1)).toBeLessThan(expected[0] ?? 0);
  }, 300_000);

  // Steps are slow on a software adapter. benchmarks/soak.ts makes thousands; .ci/run starts it.
  const last = name === 'wasm' ? 210 : 60;
  test.each(['compiled', 'record'] as const)(
    `memory after each step of a %s loop up to ${last} is what it was after step 10`,
    async (kind) => {
      setDevice(name);
      const step = trainingStep();
      const changed: number[] = [];
      let before: unknown;
      let steps = 0;
      for (const { x, y } of batches()) {
        const loss: Tensor = step[kind](x, y);
        await loss.item();
        steps++;
        const memory = JSON.stringify(device.memory());
        if (steps === 10) before = memory;
        if (steps > 10 && memory !== before) changed.push(steps);
        if (steps === last) break;
      }
      expect(changed).toEqual([]);
      expect(steps).toBe(last);
    },
    300_000,
  );
});
