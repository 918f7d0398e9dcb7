/**
 * Loops that are not compiled: however often they read, each step is the same program, and what they recorded stays readable.
 *
 * @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  assign,
  composite,
  device,
  matmul,
  ones,
  rand,
  realize,
  scalar,
  setDevice,
  StaleValueError,
  tensor,
  variable,
  zeros,
  type Tensor,
} from '../src/index.ts';
import { liveMegabytes } from './support/live-memory.ts';
import { devices } from './support/devices.ts';

/** Least squares by gradient descent with momentum, the gradient written by hand; every model has a shape and so plans of its own. */
function regression(features: number): { step: (i: number) => Tensor; weight: Tensor; state: readonly Tensor[] } {
  const weight = variable(zeros([features, 1]).add(0.125), { requiresGrad: true });
  const velocity = variable(zeros([features, 1]));
  const average = variable(zeros([features, 1]));
  const rows = tensor(
    Float32Array.from({ length: 6 * features }, (_, i) => Math.sin(i)),
    { shape: [6, features] },
  );
  const step = (i: number): Tensor => {
    const error = matmul(rows.mul(scalar(1 + 0.001 * i)), weight).sub(1);
    const loss = composite('meanSquare', {}, [error], (e) => e.square().mean());
    const gradient = matmul(rows.transpose(0, 1), error).mul(1 / 3);
    const next = velocity.mul(0.9).add(gradient);
    assign(velocity, next);
    assign(weight, weight.sub(next.mul(0.01)));
    assign(average, average.mul(0.5).add(weight.mul(0.5)));
    return loss;
  };
  return { step, weight, state: [weight, velocity, average] };
}

describe.each(devices)('a loop on %s', (name) => {
  beforeAll(async () => {
    setDevice(name);
    await device.ready();
  });
  afterAll(() => setDevice('reference'));

  // Up to 4 KiB results are kept in any case.
  it.each([4, 48])('keeps new values that are assigned after others of their round, in squares of %d', async (n) => {
    const [weight, twin, state] = [1, 2, 3].map((value) => variable(ones([n, n]).mul(value))) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    await realize(weight, twin, state);
    // From elsewhere, as a checkpoint is loaded or averages are put into the place of the weights.
    assign(weight, weight.add(10));
    assign(twin, twin.add(20));
    // All new values first, then their assignments; the first of them is of a variable that had none.
    const next = state.mul(0.5).add(weight);
    const [moved, other] = [weight.sub(next.mul(2)), twin.sub(next)];
    assign(state, next);
    assign(weight, moved);
    assign(twin, other);
    const mean = async (value: Tensor): Promise<number> => await value.mean().item();
    expect([await mean(state), await mean(weight), await mean(twin)]).toEqual([12.5, -14, 9.5]);
  });

  it('finds the plan of a step wherever it is read, and gives the same bits', async () => {
    const run = async (interval: number): Promise<unknown[]> => {
      const { step, state } = regression(5);
      const read: number[] = [];
      for (let i = 1; i <= 42; i++) {
        const loss = step(i);
        if (i % interval === 0 || i === 42) read[i] = await loss.item();
      }
      return [read[42], ...(await Promise.all(state.map((s) => s.data())))];
    };
    const every = await run(1);
    const { misses } = device.stats().planCache;
    for (const interval of [2, 7, 41, 100]) expect(await run(interval)).toEqual(every);
    expect(device.stats().planCache.misses).toBe(misses);
  });

  it('runs one plan of one size per step, also where it never reads', async () => {
    const { step, weight } = regression(7);
    await step(0).item();
    await step(1).item();
    const { kernelsInLastRun } = device.stats();
    for (let i = 0; i < 2; i++) step(i);
    const { runs, planCache } = device.stats();
    for (let i = 0; i < 300; i++) step(i);
    expect(device.stats()).toMatchObject({
      runs: runs + 300,
      kernelsInLastRun,
      planCache: { misses: planCache.misses },
    });
    await weight.data();
  });

  it('keeps losses that are read at the end', async () => {
    const [one, other] = [regression(9), regression(9)];
    const expected: number[] = [];
    for (let i = 0; i < 20; i++) expected.push(await one.step(i).item());
    const losses: Tensor[] = [];
    for (let i = 0; i < 20; i++) losses.push(other.step(i));
    expect(await Promise.all(losses.map((loss) => loss.item()))).toEqual(expected);
  });

  it('keeps every result of a step, whichever of them is read', async () => {
    const w = variable(tensor([1, 2]), { requiresGrad: true });
    const metrics: Tensor[] = [];
    let last = 0;
    for (let i = 0; i < 5; i++) {
      const hidden = w.mul(3);
      metrics.push(hidden.max());
      const loss = hidden.sum();
      assign(w, w.add(hidden.mul(0).add(1)));
      last = await loss.item();
    }
    expect(last).toBe(33);
    expect(await Promise.all(metrics.map((m) => m.item()))).toEqual([6, 9, 12, 15, 18]);
  });

  it('keeps a sum over the steps, added up before or after the update', async () => {
    for (const before of [true, false]) {
      const w = variable(tensor([1, 2]), { requiresGrad: true });
      let total: Tensor = tensor(0);
      for (let i = 0; i < 10; i++) {
        const loss = w.sum();
        if (before) total = total.add(loss);
        assign(w, w.add(w.mul(0).add(1)));
        if (!before) total = total.add(loss);
      }
      expect(await total.item()).toBe(120);
      expect(await w.toArray()).toEqual([11, 12]);
    }
  });

  it('keeps what was recorded after a step on values of it, whose variables change in a later one', async () => {
    // As a target network that follows every few steps: the step reads it, another variable is trained.
    const run = async (interval: number): Promise<number[]> => {
      const [w, target] = [variable(tensor([1, 2])), variable(tensor([3, 5]))];
      const read: number[] = [];
      let metrics: Tensor[] = [];
      for (let i = 1; i <= 12; i++) {
        const value = target.mul(2).add(1);
        assign(w, w.mul(0.5).add(value));
        metrics.push(value.mean());
        if (i % 4 === 0) assign(target, target.add(w));
        if (i % interval !== 0) continue;
        for (const metric of metrics) read.push(await metric.item());
        metrics = [];
      }
      return read;
    };
    const every = await run(1);
    expect(every).toHaveLength(12);
    for (const interval of [2, 3, 12]) expect(await run(interval)).toEqual(every);
  });

  it('carries a state of any size from step to step', async () => {
    const w = variable(tensor([0.5]), { requiresGrad: true });
    let hidden: Tensor = ones([2000]);
    for (let i = 0; i < 6; i++) {
      hidden = hidden.mul(w).detach();
      assign(w, w.mul(hidden.sum().mul(0).add(1)));
    }
    expect(await hidden.max().item()).toBe(0.5 ** 6);
  });

  it('measures after the update, on the old activations or the new parameters', async () => {
    const w = variable(tensor([1, 2]), { requiresGrad: true });
    const seen: Tensor[] = [];
    for (let i = 0; i < 4; i++) {
      const logits = w.mul(2);
      assign(w, w.add(logits.mul(0).add(1)));
      seen.push(logits.sum(), w.sum());
    }
    expect(await Promise.all(seen.map((t) => t.item()))).toEqual([6, 5, 10, 7, 14, 9, 18, 11]);
  });

  it('carries the state of a recurrence in a variable', async () => {
    const h = variable(tensor([1, 1]));
    const outputs: Tensor[] = [];
    const { runs } = device.stats();
    for (let i = 0; i < 12; i++) {
      assign(h, h.mul(2).sub(scalar(i)));
      outputs.push(h.sum());
    }
    expect(device.stats().runs).toBeGreaterThan(runs + 8);
    const last = await h.data();
    let x = 1;
    const expected = Array.from({ length: 12 }, (_, i) => 2 * (x = 2 * x - i));
    expect(await Promise.all(outputs.map((t) => t.item()))).toEqual(expected);
    expect(last[0]).toBe(x);
  });

  it('updates two models in turn', async () => {
    const run = async (interval: number): Promise<unknown> => {
      const [d, g] = [
        variable(tensor([1, 2, 3]), { requiresGrad: true }),
        variable(tensor([2]), { requiresGrad: true }),
      ];
      const read: number[] = [];
      for (let i = 1; i <= 30; i++) {
        const productD = d.mul(g);
        const lossD = productD.sum();
        assign(d, d.sub(productD.mul(0.01)));
        const productG = d.mul(g);
        const lossG = productG.mean();
        assign(g, g.sub(productG.max().mul(0.01)));
        if (i % interval === 0) read[i] = (await lossD.item()) + (await lossG.item());
      }
      return [read[30], await d.toArray(), await g.toArray()];
    };
    const every = await run(1);
    const { misses } = device.stats().planCache;
    for (const interval of [3, 30]) expect(await run(interval)).toEqual(every);
    expect(device.stats().planCache.misses).toBe(misses);
  });

  it('does not part the passes of one step that update a running statistic each', async () => {
    const w = variable(tensor([[1, 2]]), { requiresGrad: true });
    const running = variable(tensor([0, 0]));
    const x = tensor([[1], [3]]);
    await realize(w, running, x);
    const pass = (scale: number): Tensor => {
      const y = matmul(x.mul(scale), w);
      const mean = y.mean(0);
      assign(running, running.mul(0.5).add(mean.mul(0.5)));
      return y.sub(mean).square().sum();
    };
    const { runs } = device.stats();
    const loss = pass(1).add(pass(2));
    assign(w, w.sub(loss.mul(0.01)));
    expect(await loss.item()).toBe(50);
    expect(device.stats().runs).toBe(runs + 1);
    expect(await running.toArray()).toEqual([2.5, 5]);
    // Without a step that ends them, they do not grow without bound either.
    for (let i = 0; i < 20; i++) pass(1);
    expect(device.stats().runs).toBe(runs + 3);
    await running.data();
  });

  it('raises what went wrong in a step at the next, and goes on from the values before', async () => {
    const w = variable(tensor([1, 2]), { requiresGrad: true });
    const gone = tensor([5, 5]);
    await w.data();
    const product = gone.mul(w);
    gone.dispose();
    assign(w, w.sub(product));
    expect(() => assign(w, w.mul(3))).toThrow(StaleValueError);
    expect(await w.toArray()).toEqual([1, 2]);
    assign(w, w.add(1));
    expect(await w.toArray()).toEqual([2, 3]);
  });

  it('frees what is disposed of after the step that may read it', async () => {
    const w = variable(tensor([1, 2]), { requiresGrad: true });
    await w.data();
    await liveMegabytes();
    const before = device.memory().buffers;
    for (let i = 0; i < 5; i++) {
      const batch = rand([2]).mul(0).add(1);
      await realize(batch);
      assign(w, w.add(batch));
      batch.dispose();
    }
    expect(await w.toArray()).toEqual([6, 7]);
    expect(device.memory().buffers).toBe(before);
  });
});

describe('a device that has not started', () => {
  it('takes the steps of a loop that does not wait for it', async () => {
    const { step, state } = regression(11);
    const losses: Tensor[] = [];
    for (let i = 0; i < 50; i++) losses.push(step(i));
    const first = await losses[0]?.item();
    expect(first).toBeGreaterThan(await (losses[49] as Tensor).item());
    for (const s of state) expect((await s.data()).length).toBe(11);
  });
});
