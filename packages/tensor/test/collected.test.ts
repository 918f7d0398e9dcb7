/** @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { compile, device, ones, realize, setDevice, tensor, zeros, type Tensor } from '../src/index.ts';
import { liveMegabytes } from './support/live-memory.ts';

beforeAll(() => setDevice('wasm'));
afterEach(() => vi.restoreAllMocks());
afterAll(() => setDevice('reference'));

const add = compile((a: Tensor, b: Tensor) => a.add(b));

describe('results that are read or disposed of', () => {
  const loops: readonly [string, (a: Tensor, b: Tensor) => Promise<void>][] = [
    ['read, eager', async (a, b) => void (await a.add(b).data())],
    ['read, of a compiled call', async (a, b) => void (await add(a, b).data())],
    ['disposed of, of a compiled call', async (a, b) => add(a, b).dispose()],
    [
      'read twice and disposed of',
      async (a, b) => {
        const sum = a.mul(b);
        await sum.data();
        await sum.add(1).data();
        sum.dispose();
      },
    ],
  ];

  it.each(loops)('leave nothing to the finaliser: %s', async (_, loop) => {
    const [a, b] = [ones([16]), tensor(Array.from({ length: 16 }, (__, i) => i))];
    await realize(a, b);
    for (let i = 0; i < 3; i++) await loop(a, b);
    // What the loops before have dropped is gone.
    await liveMegabytes();
    const { buffers } = device.memory();
    const register = vi.spyOn(FinalizationRegistry.prototype, 'register');
    for (let i = 0; i < 50; i++) await loop(a, b);
    expect(register).not.toHaveBeenCalled();
    expect(device.memory().buffers).toBe(buffers);
  });
});

it('a value that is computed at once is there after one microtask', async () => {
  const [a, b] = [ones([16]), ones([16])];
  await a.add(b).data();
  // No turn of the event loop is due.
  vi.spyOn(performance, 'now').mockReturnValue(0);
  for (const read of [() => a.mul(b).data(), () => add(a, b).data()]) {
    const order: string[] = [];
    const reading = read().then(() => order.push('value'));
    const microtasks = Promise.resolve().then(() => order.push('microtask'));
    await Promise.all([reading, microtasks]);
    expect(order).toEqual(['value', 'microtask']);
  }
});

it('results that are dropped are freed once they have been collected, and no others', async () => {
  const x = ones([64, 64]);
  await realize(x);
  await liveMegabytes();
  const { buffers } = device.memory();
  // What a disposed value held is used again by the next one, whose memory must outlive it.
  const kept: Tensor[] = [];
  await (async () => {
    for (let i = 0; i < 20; i++) {
      const gone = x.mul(i);
      await realize(gone);
      gone.dispose();
      const [held, dropped] = [x.add(i), zeros([32, 32]).add(i)];
      await realize(held, dropped);
      kept.push(held);
    }
  })();
  await liveMegabytes();
  expect(device.memory().buffers).toBe(buffers + kept.length);
  for (const [i, value] of kept.entries()) expect((await value.data())[63]).toBe(1 + i);
  for (const value of kept) value.dispose();
  expect(device.memory().buffers).toBe(buffers);
});

describe('elements that go in and out of the device', () => {
  it.each([1, 16, 17, 1000])('keep their bits, %d of them', async (size) => {
    const bits = Int32Array.from({ length: size }, (_, i) => [0x7fa00001, -0x3ffffe, 1, -2147483648][i % 4] as number);
    const x = tensor(new Float32Array(bits.buffer.slice(0)));
    const y = x.reshape([size, 1]);
    await realize(y);
    const read = await y.data();
    expect(new Int32Array(read.buffer, read.byteOffset, size)).toEqual(bits);
  });

  it('may come from another realm', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign = runInNewContext('new Float32Array([1.5, 2, 3])') as Float32Array;
    expect(await tensor(foreign).add(1).toArray()).toEqual([2.5, 3, 4]);
  });
});
