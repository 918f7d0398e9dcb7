/**
 * What `profile` and `explain` say is so: exact numbers, times that fit into the call, the same results, and nothing left behind.
 *
 * @module-tag alone: it looks at plans of a device of one thread that leaves nothing out, whatever the environment says.
 */
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ArgumentError,
  assign,
  compile,
  convTranspose2d,
  device,
  DeviceError,
  explain,
  profile,
  realize,
  scan,
  setDevice,
  tensor,
  variable,
  zeros,
  type Explanation,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';

vi.stubEnv('HEBB_WITHOUT', '');
vi.stubEnv('HEBB_THREADS', '1');
afterAll(() => setDevice('wasm'));

const numbers = (shape: readonly [number, number], from: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(from + i)),
    { shape },
  );

const kernelsOf = ({ plans }: Explanation) => plans.flatMap(({ kernels }) => kernels);

describe.each(devices.filter((name) => name !== 'reference'))('on %s', (name) => {
  beforeEach(() => setDevice(name));

  test('a product of 40 × 56 and 56 × 24 is one kernel of 40 · 56 · 24 multiply–adds that reads both and writes one matrix', async () => {
    const [a, b] = [numbers([40, 56], 1), numbers([56, 24], 2)];
    const { kernels, peakBytes } = await profile(() => a.matmul(b), { runs: 3 });
    expect(kernels).toHaveLength(1);
    expect(kernels[0]).toMatchObject({
      kind: 'contraction',
      operations: ['dot'],
      loops: '40 × 24, each over 56',
      calls: 1,
      multiplyAdds: 40 * 56 * 24,
      flops: 2 * 40 * 56 * 24,
      bytesRead: 4 * (40 * 56 + 56 * 24),
      bytesWritten: 4 * 40 * 24,
    });
    expect(peakBytes).toBeGreaterThanOrEqual(4 * (40 * 56 + 56 * 24 + 40 * 24));
  });

  test('elementwise work counts an operation an element, a sum one for each that is added', async () => {
    const x = numbers([30, 50], 1);
    const [kernel] = kernelsOf(await explain(() => x.mul(x).add(x).sum(0)));
    expect(kernel).toMatchObject({ flops: 30 * 50 * 3, multiplyAdds: 0, bytesRead: 4 * 30 * 50, bytesWritten: 4 * 50 });
  });

  test('a convolution run backwards counts no products with the zeros between strides', async () => {
    const [x, w] = [zeros([2, 3, 4, 4]).add(1), zeros([3, 5, 4, 4]).add(2)];
    const kernels = kernelsOf(await explain(() => convTranspose2d(x, w, { stride: 2, padding: 1 })));
    // 8 × 8 positions of 5 channels in 2 images, of whose 4 · 4 taps every second meets an element in each direction.
    expect(kernels.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)).toBe(2 * 5 * 8 * 8 * 3 * 2 * 2);
  });

  test.runIf(name === 'wasm')('a plan may run very often in a call', async () => {
    const count = variable(zeros([]));
    const step = compile(() => assign(count, count.add(1)));
    const { kernels } = await profile(
      () => {
        for (let i = 0; i < 3000; i++) step();
      },
      { runs: 50 },
    );
    expect(kernels[0]?.calls).toBe(3000);
  });

  test('in each call the kernels take no longer than the call', async () => {
    const x = numbers([200, 300], 1);
    const { runs, kernels, milliseconds } = await profile(() => x.exp().matmul(x.transpose(0, 1)).softmax(-1).sum(), {
      runs: 5,
    });
    expect(runs).toHaveLength(5);
    for (const run of runs) {
      expect(run.kernelMilliseconds).toBeGreaterThan(0);
      // Clocks of adapters are not the processor's.
      expect(run.kernelMilliseconds).toBeLessThanOrEqual(run.milliseconds * (name === 'wasm' ? 1 : 1.05));
    }
    expect(milliseconds).toBeGreaterThan(0);
    for (const kernel of kernels) {
      expect(kernel.milliseconds).toBeGreaterThanOrEqual(0);
      expect(kernel.threads).toBe(1);
    }
  });

  test('the trace has Chrome’s format: complete events in microseconds, in calls that follow one another', async () => {
    const x = numbers([20, 30], 1);
    const measured = await profile(() => x.softmax(-1).matmul(x.transpose(0, 1)), { runs: 2 });
    const { traceEvents, displayTimeUnit } = JSON.parse(JSON.stringify(measured.toChromeTrace())) as {
      traceEvents: Record<string, unknown>[];
      displayTimeUnit: string;
    };
    expect(displayTimeUnit).toBe('ms');
    const complete = traceEvents.filter(({ ph }) => ph === 'X');
    expect(complete.filter(({ cat }) => cat === 'call')).toHaveLength(2);
    expect(complete.filter(({ cat }) => cat === 'kernel')).toHaveLength(2 * measured.kernels.length);
    for (const event of traceEvents) {
      expect(['X', 'M']).toContain(event['ph']);
      expect(event).toMatchObject({ name: expect.any(String), pid: 1, tid: expect.any(Number) });
      if (event['ph'] === 'M') expect(event['args']).toEqual({ name: expect.any(String) });
      else expect(event).toMatchObject({ ts: expect.any(Number), dur: expect.any(Number) });
    }
    for (const { ts, dur } of complete as { ts: number; dur: number }[]) {
      expect(ts).toBeGreaterThanOrEqual(0);
      expect(dur).toBeGreaterThanOrEqual(0);
    }
    if (name !== 'wasm') return;
    const calls = complete.filter(({ cat }) => cat === 'call') as { ts: number; dur: number }[];
    for (const { ts, dur } of complete.filter(({ cat }) => cat === 'kernel') as { ts: number; dur: number }[])
      expect(calls.some((call) => ts >= call.ts && ts + dur <= call.ts + call.dur + 1e-6)).toBe(true);
  });

  test('results are those of the same function without a profile, to the last bit, and plans of others are not touched', async () => {
    const x = numbers([64, 96], 3);
    const compute = (): Tensor => x.tanh().matmul(x.transpose(0, 1)).softmax(-1);
    const expected = await compute().data();
    const { planCache } = device.stats();
    let result: Tensor | undefined;
    await profile(() => (result = compute()), { runs: 2 });
    expect(await result?.data()).toEqual(expected);
    expect(device.stats().planCache).toEqual(planCache);
    expect(await compute().data()).toEqual(expected);
    expect(device.stats().planCache.misses).toBe(planCache.misses);
  });

  test('a compiled function goes on with its own plan afterwards, and its updates happened as often as it was called', async () => {
    const total = variable(zeros([]));
    const accumulate = compile((x: Tensor) => {
      assign(total, total.add(x.sum()));
      return x.mean();
    });
    await accumulate(tensor([3, 5])).item();
    const { misses } = device.stats().planCache;
    let calls = 0;
    const measured = await profile(
      () => {
        calls++;
        return accumulate(tensor([3, 5]));
      },
      { runs: 4 },
    );
    expect(measured.runs).toHaveLength(4);
    expect(await accumulate(tensor([3, 5])).item()).toBe(4);
    expect(device.stats().planCache.misses).toBe(misses);
    expect(await total.item()).toBe(8 * (calls + 2));
  });

  test('what a loop does is counted as often as the loop is long', async () => {
    const x = numbers([6, 40], 1);
    const carry = numbers([1, 40], 2).reshape([40]);
    await realize(carry);
    const loop = (): unknown => scan((c, row) => [c.mul(0.5).add(row.exp()), c.sum()], carry, x);
    const measured = await profile(loop, { runs: 2 });
    expect(measured.kernels.some(({ times, calls }) => times === 6 && calls === 6)).toBe(true);
    for (const { times, calls } of measured.kernels) expect(calls).toBe(times);
  });

  test('two lines that compute the same are told apart', async () => {
    const [x, y] = [numbers([8, 8], 1), numbers([8, 8], 2)];
    const both = async (): Promise<void> => {
      await x.exp().sum().item();
      await y.exp().sum().item();
    };
    const measured = await profile(both, { runs: 2 });
    const lines = measured.kernels.map(({ origins }) => /profiler\.test\.ts:(\d+):/.exec(origins[0]?.line ?? '')?.[1]);
    expect(new Set(lines).size).toBe(2);
    expect(Number(lines[1])).toBe(Number(lines[0]) + 1);
    expect(measured.kernels.map(({ calls }) => calls)).toEqual([1, 1]);
  });

  test('String(profile) is a table of at most 100 columns', async () => {
    const x = numbers([50, 60], 1);
    const text = String(await profile(() => x.gelu().matmul(x.transpose(0, 1)).softmax(-1), { runs: 2 }));
    expect(text).toMatch(/ ms, the median of 2 calls\nlayer +operations +ms +calls +GFLOP\/s/);
    for (const line of text.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('explain: a product takes its bias and activation along, and its operands come from memory', async () => {
    const [x, w, v, b] = [numbers([32, 16], 1), numbers([16, 24], 2), numbers([24, 8], 3), numbers([1, 24], 4)];
    await realize(x, w, v, b);
    const explanation = await explain(() => x.matmul(w).add(b).relu().matmul(v));
    const [first, second] = kernelsOf(explanation);
    expect(explanation.kernelCount).toBe(2);
    expect(first?.operations.slice(0, 2)).toEqual(['dot', 'add']);
    expect(first?.boundaries).toEqual([
      {
        reader: 1,
        value: expect.stringMatching(/float32\[32,24\]$/),
        reason: expect.stringContaining('a product reads its operands from memory'),
      },
    ]);
    expect(second?.operations).toEqual(['dot']);
    expect(explanation.bytesMoved).toBe(4 * (32 * 16 + 16 * 24 + 24 + 32 * 24) + 4 * (32 * 24 + 24 * 8 + 32 * 8));
    expect(String(explanation)).toContain('not fused with 1 over');
    const [plan] = explanation.plans;
    expect(plan?.temporaryBytes).toBe(4 * 32 * 24);
    expect(plan?.temporaryBound).toBe(4 * 32 * 24);
  });

  test('explain: cheap work is done again by each who reads it, dear work that several read is written once', async () => {
    const x = numbers([40, 40], 1);
    const [cheap, dear] = [(): Tensor => x.add(1), (): Tensor => x.sin()];
    const sums = (value: Tensor): Tensor[] => [value.sum(0), value.mul(x).sum(1)];
    const again = kernelsOf(await explain(() => sums(cheap())));
    expect(again.flatMap(({ recomputed }) => recomputed.map(({ value }) => value))).toContain('add float32[40,40]');
    const once = kernelsOf(await explain(() => sums(dear())));
    expect(once.flatMap(({ recomputed }) => recomputed.map(({ value }) => value))).not.toContain('sin float32[40,40]');
    expect(once.flatMap(({ boundaries }) => boundaries.map(({ reason }) => reason)).join()).toContain(
      'costs more than 5 additions',
    );
  });

  test('explain: what is needed at once is never more than what is taken', async () => {
    const x = numbers([64, 64], 1);
    const chain = (): Tensor => {
      let y = x;
      for (let i = 0; i < 5; i++) y = y.matmul(x).softmax(-1).add(y.sin());
      return y;
    };
    const { plans } = await explain(chain);
    for (const { temporaryBytes, temporaryBound } of plans) {
      expect(temporaryBound).toBeGreaterThan(0);
      expect(temporaryBound).toBeLessThanOrEqual(temporaryBytes);
    }
  });

  test('an error of the function comes out, and another profile can be made', async () => {
    const wrong = new Error('no');
    await expect(
      profile(() => {
        throw wrong;
      }),
    ).rejects.toBe(wrong);
    await expect(profile(() => Promise.reject(wrong))).rejects.toBe(wrong);
    expect((await profile(() => numbers([4, 4], 1).sum(), { runs: 1 })).kernels).toHaveLength(1);
  });
});

describe('errors', () => {
  beforeEach(() => setDevice('wasm'));
  const sum = (): Tensor => numbers([4, 4], 1).sum();

  test('for what is no function, and options that are none', async () => {
    await expect(profile(sum() as never)).rejects.toThrow(ArgumentError);
    await expect(explain(undefined as never)).rejects.toThrow('[explain] fn');
    await expect(profile(sum, { runs: 0 })).rejects.toThrow('[profile]');
    await expect(profile(sum, { run: 3 } as never)).rejects.toThrow("no option 'run'");
  });

  test('for a function that computes nothing', async () => {
    await expect(profile(() => 3)).rejects.toThrow('[profile] the function computed nothing on the device.');
    await expect(explain(() => undefined)).rejects.toThrow(ArgumentError);
  });

  test('for two at a time', async () => {
    const [first, second] = await Promise.allSettled([profile(sum), explain(sum)]);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('inside a compiled function', async () => {
    let inner: Promise<unknown> | undefined;
    compile((x: Tensor) => {
      inner = profile(sum);
      inner.catch(() => {});
      return x.add(1);
    })(tensor([1]));
    await expect(inner).rejects.toThrow('[profile] cannot be used inside a compiled function.');
  });

  test('on the interpreter, which has no kernels', async () => {
    setDevice('reference');
    await expect(profile(sum)).rejects.toThrow(DeviceError);
    await expect(explain(sum)).rejects.toThrow("[explain] the device 'reference' has no kernels");
  });
});
