/**
 * Plans are bounded by the bytes that they hold, not by their number, and whatever had to go is made anew.
 *
 * @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, compile, device, setDevice, tensor, zeros, type Tensor } from '../src/index.ts';
import { tensorType } from '../src/graph/types.ts';
import type { Executable } from '../src/runtime/backend.ts';
import { PlanCache, type PlanEntry, type PlanIdentity } from '../src/runtime/plan-cache.ts';
import { Recordings } from '../src/runtime/recordings.ts';
import { devices } from './support/devices.ts';

describe('the plan cache', () => {
  const program = { nodes: [], parameters: [], scalars: [], outputs: [] };
  const identity = (id: number): PlanIdentity => ({ hash: id % 3, key: Int32Array.of(id) });
  let disposed: number[] = [];
  const executable = (id: number, bytes: number): Executable & { bytes: number } => ({
    bytes,
    kernelCount: 1,
    dispose: () => void disposed.push(id),
  });

  it('gives up the least recently used beyond its bytes', () => {
    disposed = [];
    const cache = new PlanCache(100_000);
    const entries = [0, 1, 2, 3].map((id) => cache.insert(identity(id), program, executable(id, 20_000)));
    expect(cache.size).toBe(4);
    cache.use(entries[0] as PlanEntry);
    cache.insert(identity(4), program, executable(4, 20_000));
    expect(disposed).toEqual([1]);
    expect(entries.map(({ kept }) => kept)).toEqual([true, false, true, true]);
    expect(cache.find(identity(1))).toBeUndefined();
    expect(cache.find(identity(0))).toBe(entries[0]);
    expect(cache.bytes).toBeLessThanOrEqual(100_000);
    cache.limit = 50_000;
    expect(cache.size).toBe(2);
    expect(cache.find(identity(0))).toBe(entries[0]);
  });

  it('counts what a plan has taken with its runs, and keeps one plan however large', () => {
    disposed = [];
    const cache = new PlanCache(100_000);
    const growing = executable(0, 1000);
    const entry = cache.insert(identity(0), program, growing);
    const other = cache.insert(identity(1), program, executable(1, 1000));
    growing.bytes = 500_000;
    cache.use(entry);
    expect(other.kept).toBe(false);
    expect(entry.kept).toBe(true);
    expect(cache.bytes).toBeGreaterThan(500_000);
    cache.insert(identity(2), program, executable(2, 10));
    expect(disposed).toEqual([1, 0]);
    expect(cache.bytes).toBeLessThan(5000);
  });
});

describe('recordings', () => {
  it('go with their plans, and those that share one do not grow without bound', () => {
    const entry = (kept: boolean): PlanEntry => ({ kept }) as PlanEntry;
    const recordings = new Recordings<{ entry: PlanEntry | undefined; id: number }>();
    const shared = entry(true);
    for (let id = 0; id < 10_000; id++) recordings.add('same', { entry: shared, id });
    const found: number[] = [];
    recordings.find('same', ({ id }) => {
      found.push(id);
      return false;
    });
    expect(found.length).toBeLessThanOrEqual(64);
    expect(found.at(-1)).toBe(9999);
    const gone = entry(true);
    recordings.add('x', { entry: gone, id: 1 });
    expect(recordings.find('x', () => true)?.id).toBe(1);
    gone.kept = false;
    expect(recordings.find('x', () => true)).toBeUndefined();
  });
});

describe('types', () => {
  it('are one object for as long as one of them is held, however many others there are meanwhile', () => {
    const held = tensorType('float32', [123_457, 3]);
    for (let i = 0; i < 40_000; i++) tensorType('float32', [7, 1, i]);
    expect(tensorType('float32', [123_457, 3])).toBe(held);
    expect(tensorType('int32', [123_457, 3])).not.toBe(held);
  });
});

describe.each(devices.filter((name) => name !== 'webgpu'))('on %s', (name) => {
  let limit = 0;
  beforeAll(() => {
    setDevice(name);
    limit = device.planCacheLimit;
  });
  afterEach(() => {
    device.planCacheLimit = limit;
  });
  afterAll(() => setDevice('reference'));

  const work = (x: Tensor): Tensor => x.mul(2).add(1).sum();

  it('finds every one of 700 shapes a second time', async () => {
    const pass = async (): Promise<void> => {
      for (let n = 1; n <= 700; n++) expect(await work(zeros([n, 3])).item()).toBe(3 * n);
    };
    await pass();
    const { misses, hits } = device.stats().planCache;
    await pass();
    expect(device.stats().planCache).toMatchObject({ misses, hits: hits + 700 });
  });

  it('records a compiled function once for each of 700 shapes', async () => {
    let recorded = 0;
    const compiled = compile((x: Tensor) => {
      recorded++;
      return work(x.mul(3));
    });
    for (let pass = 0; pass < 2; pass++)
      for (let n = 1; n <= 700; n++) expect(await compiled(tensor(new Float32Array(n).fill(1))).item()).toBe(7 * n);
    expect(recorded).toBe(700);
  });

  it('stays within a small bound over many shapes, and makes anew what it needs again', async () => {
    device.planCacheLimit = 200_000;
    const { usedBytes } = device.memory();
    let recorded = 0;
    const compiled = compile((x: Tensor, k: number) => {
      recorded++;
      return work(x.sub(k));
    });
    for (let n = 1; n <= 400; n++) {
      await compiled(tensor(new Float32Array(7 * n), { shape: [n, 7] }), 1).item();
      await work(tensor(new Float32Array(9 * n), { shape: [n, 9] })).item();
      expect(device.stats().planCache.bytes).toBeLessThanOrEqual(200_000);
    }
    expect(recorded).toBe(400);
    expect(device.stats().planCache.size).toBeLessThan(200);
    expect(device.memory().usedBytes).toBeLessThanOrEqual(usedBytes + 200_000);
    expect(await compiled(tensor([[1, 2, 3, 4, 5, 6, 7]]), 1).item()).toBe(49);
    expect(recorded).toBe(401);
  });

  it('calls a compiled function also where no other plan has room beside its own', async () => {
    device.planCacheLimit = 0;
    const compiled = compile((x: Tensor) => work(x.exp()));
    for (let i = 0; i < 3; i++) expect(await compiled(zeros([5]).add(tensor([0]))).item()).toBe(15);
    expect(device.stats().planCache.size).toBe(1);
  });

  it('refuses a bound that is none', () => {
    expect(() => (device.planCacheLimit = -1)).toThrow(ArgumentError);
    expect(() => (device.planCacheLimit = '1 GB' as unknown as number)).toThrow(/a number of bytes is expected/);
  });
});
