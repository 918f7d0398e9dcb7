/**
 * What is issued before a device has started.
 *
 * @module-tag alone: it loads the runtime anew.
 */
import { describe, expect, test, vi } from 'vitest';
import type * as Hebb from '../src/index.ts';
import { type DeviceName } from '../src/index.ts';
import { devices } from './support/devices.ts';

/** A runtime of its own, none of whose devices has started: each is loaded at its first use. */
async function freshHebb(): Promise<typeof Hebb> {
  vi.resetModules();
  return import('../src/index.ts');
}

/** `auto` has to ask for an adapter first, the others load their code; everything here is issued before that has happened. */
describe.each<DeviceName>(['auto', ...devices])('on %s, before it has started', (name) => {
  test('work is done in order once it has', async () => {
    const { assign, compile, device, setDevice, StaleValueError, tensor, variable } = await freshHebb();
    setDevice(name);
    expect(device.name).toBe(name);
    const w = variable(tensor([1, 2, 3]));
    const old = w.mul(10);
    assign(w, w.add(1));
    const sum = tensor([1, 2, 3]).mul(w).sum();
    const pending = [sum.data(), old.data(), w.data()];
    const double = compile((x: Hebb.Tensor) => {
      assign(w, w.mul(2));
      return x.add(w);
    });
    const first = double(tensor([0, 0, 0]));
    const second = double(tensor([1, 1, 1]));
    // What is disposed of meanwhile is still there for what was issued first.
    const x = tensor([1, 2]).add(1);
    const y = compile((t: Hebb.Tensor) => t.mul(2))(x);
    const z = x.add(1);
    const reading = [x.data(), y.data(), z.data()];
    for (const t of [x, y, z]) t.dispose();
    expect(device.stats().runs).toBe(0);
    expect(device.memory()).toEqual({ usedBytes: 0, pooledBytes: 0, buffers: 0 });
    expect((await Promise.all(pending)).map((data) => [...data])).toEqual([[20], [10, 20, 30], [2, 3, 4]]);
    expect((await Promise.all(reading)).map((data) => [...data])).toEqual([
      [2, 3],
      [4, 6],
      [3, 4],
    ]);
    await expect(x.data()).rejects.toThrow(StaleValueError);
    expect(await first.toArray()).toEqual([4, 6, 8]);
    expect(await second.toArray()).toEqual([9, 13, 17]);
    expect(device.name).not.toBe('auto');
    expect(device.stats().runs).toBeGreaterThan(0);
    expect(device.memory().buffers).toBeGreaterThan(0);
  });

  test('work that fails fails alone, and again when it is asked for again', async () => {
    const { assign, device, setDevice, tensor, variable, zeros, realize } = await freshHebb();
    setDevice(name);
    const w = variable(zeros([2]));
    assign(w, w.add(1));
    const gone = tensor([1]);
    gone.dispose();
    const lost = gone.add(1);
    // One plan: what is asked for and the update of w.
    const results = await Promise.allSettled([
      lost.item(),
      tensor([1]).add(1).item(),
      lost.item(),
      w.toArray(),
      device.ready(),
      device.synchronize(),
      realize(lost),
    ]);
    const outcomes = results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)));
    const failure = expect.stringMatching(/it was disposed/);
    expect(outcomes).toEqual([failure, 2, failure, [1, 1], expect.any(String), undefined, failure]);
    await expect(lost.item()).rejects.toThrow(/it was disposed/);
    await expect(realize(lost)).rejects.toThrow(/it was disposed/);
    assign(w, w.add(1));
    expect(await w.toArray()).toEqual([2, 2]);
    await device.synchronize();
  });

  test('more signatures than a compiled function keeps', async () => {
    const { compile, setDevice, zeros } = await freshHebb();
    setDevice(name);
    const size = compile((x: Hebb.Tensor, n: number) => x.add(n).sum());
    const sums = Array.from({ length: 40 }, (_, n) => size(zeros([2]), n).item());
    expect(await Promise.all(sums)).toEqual(Array.from({ length: 40 }, (_, n) => 2 * n));
  });
});

// The reference device has as much memory as the machine.
test.each(['auto', 'wasm'] as const)('a step that fails is told to whoever waits for it, on %s', async (name) => {
  const { assign, compile, device, setDevice, tensor, variable, zeros } = await freshHebb();
  setDevice(name);
  const w = variable(zeros([]));
  const step = compile((x: Hebb.Tensor) => {
    assign(w, w.add(x));
    return x.broadcastTo([2 ** 30]).add(w);
  });
  step(tensor(1));
  await expect(device.synchronize()).rejects.toThrow(/memory|bytes/);
  await device.synchronize();
  // The update never happened: the old value would be a wrong one.
  await expect(w.item()).rejects.toThrow(/memory|bytes/);
  expect(() => step(tensor(1))).toThrow(/memory|bytes/);
});

test('two devices by turns, neither of which has started', async () => {
  const { setDevice, tensor, variable, assign } = await freshHebb();
  setDevice('wasm');
  const w = variable(tensor([1, 2]));
  assign(w, w.add(1));
  const x = tensor([1, 2]).add(0.1);
  const first = x.data();
  setDevice('reference');
  const y = tensor([1, 2]).add(0.1);
  const second = y.data();
  setDevice('wasm');
  expect(await w.sub(1).toArray()).toEqual([1, 2]);
  setDevice('reference');
  expect([...(await first)]).toEqual([...(await second)]);
  await expect(w.add(1).data()).rejects.toThrow(/lives on wasm, the operation runs on reference/);
});

test('where there is no WebAssembly either, an error says what there is', async () => {
  vi.stubGlobal('WebAssembly', undefined);
  vi.doMock('../src/webgpu/device.ts', () => ({ acquireDevice: async () => ({ unavailable: 'there is none' }) }));
  try {
    const { DeviceError, setDevice, tensor } = await freshHebb();
    setDevice('auto');
    const reading = tensor([1]).add(1).item();
    await expect(reading).rejects.toThrow(DeviceError);
    await expect(reading).rejects.toThrow(/^WebAssembly is not available: .*\n {2}hint: setDevice\('reference'\)/);
    setDevice('reference');
    expect(await tensor([1]).add(1).item()).toBe(2);
  } finally {
    vi.unstubAllGlobals();
    vi.doUnmock('../src/webgpu/device.ts');
  }
});

test('memory that is not there is an OutOfMemoryError, and the rest goes on', async () => {
  const { OutOfMemoryError, realize, setDevice, tensor, zeros } = await freshHebb();
  setDevice('wasm');
  const small = tensor([1]).add(1);
  // 4 GiB each, which is more than WebAssembly can address.
  const huge = zeros([2 ** 16, 2 ** 14])
    .add(zeros([2 ** 16, 1]))
    .flip(0);
  const twice = [realize(huge.sub(1)), realize(huge.exp())];
  const results = await Promise.allSettled([...twice, small.item()]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  await expect(twice[0]).rejects.toThrow(OutOfMemoryError);
  await expect(realize(huge.neg())).rejects.toThrow(OutOfMemoryError);
  expect(await tensor([1]).add(2).item()).toBe(3);
});

test('a device that cannot be is an error for everything that waits for it', async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: () => Promise.resolve(null) } });
  try {
    const { device, DeviceError, setDevice, tensor } = await freshHebb();
    setDevice('webgpu');
    const x = tensor([1]).add(1);
    const results = await Promise.allSettled([x.item(), device.ready(), device.synchronize(), x.data()]);
    for (const result of results) {
      expect(result.status === 'rejected' ? result.reason : undefined).toBeInstanceOf(DeviceError);
    }
    setDevice('wasm');
    expect(await tensor([1]).add(1).item()).toBe(2);
  } finally {
    vi.unstubAllGlobals();
  }
});
