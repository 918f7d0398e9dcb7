import { expect, test, vi } from 'vitest';
import { assign, compile, device, setDevice, StaleValueError, tensor, variable, type Tensor } from '../src/index.ts';

/** `auto` has to ask for an adapter first; everything here is issued before the answer. */
test('work issued before the device has started is done in order once it has', async () => {
  setDevice('auto');
  expect(device.name).toBe('auto');
  const w = variable(tensor([1, 2, 3]));
  const old = w.mul(10);
  assign(w, w.add(1));
  const sum = tensor([1, 2, 3]).mul(w).sum();
  const pending = [sum.data(), old.data(), w.data()];
  const double = compile((x: Tensor) => {
    assign(w, w.mul(2));
    return x.add(w);
  });
  const first = double(tensor([0, 0, 0]));
  const second = double(tensor([1, 1, 1]));
  // What is disposed of meanwhile is still there for what was issued first.
  const x = tensor([1, 2]).add(1);
  const y = compile((t: Tensor) => t.mul(2))(x);
  const z = x.add(1);
  const reading = [x.data(), y.data(), z.data()];
  for (const t of [x, y, z]) t.dispose();
  expect(device.name).toBe('auto');
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
});

test('work that fails while the device starts fails alone', async () => {
  // Each runtime has its own devices, none of which has started.
  vi.resetModules();
  const fresh = await import('../src/index.ts');
  fresh.setDevice('auto');
  const huge = fresh.tensor([1]).broadcastTo([65536, 65536]).sum();
  expect(fresh.device.name).toBe('auto');
  await expect(huge.item()).rejects.toThrow(/4294967296 elements/);
  expect(await fresh.tensor([1]).add(1).item()).toBe(2);
});
