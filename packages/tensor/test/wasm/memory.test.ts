/** @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile. */
import { describe, expect, it, vi } from 'vitest';
import { Allocator, sizeClass } from '../../src/wasm/allocator.ts';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { OutOfMemoryError } from '../../src/graph/errors.ts';
import {
  axisIndex,
  binary,
  constant,
  generator,
  load,
  makeAxis,
  PlanBuilder,
  result,
  rowMajor,
  type HostArrayLike,
} from './support.ts';

function addPlan(size: number): PlanBuilder {
  const builder = new PlanBuilder(size);
  const axis = makeAxis(size);
  const index = axisIndex(axis);
  const [x, y, middle] = [builder.parameter(size), builder.parameter(size), builder.temporary(size)];
  builder.kernels.push(
    {
      kind: 'map',
      name: 'double',
      axes: [axis],
      stores: [{ buffer: middle, index, value: binary('mul', load(x, index), constant(2)) }],
    },
    {
      kind: 'map',
      name: 'add',
      axes: [axis],
      stores: [{ buffer: y, index, value: binary('add', load(y, index), load(middle, index)) }],
    },
  );
  return builder;
}

describe('memory', () => {
  it('is counted exactly, reused when freed, and flat over many steps', async () => {
    const device = createWasmBackend();
    expect(device.memory()).toEqual({ usedBytes: 0, pooledBytes: 0, buffers: 0 });
    const a = device.allocate(1000);
    const b = device.allocate(100_000);
    expect(device.memory().usedBytes).toBe(sizeClass(1000) + sizeClass(100_000));
    expect(device.memory().buffers).toBe(2);
    device.free(a);
    device.free(b);
    expect(device.memory().usedBytes).toBe(0);
    const builder = addPlan(5000);
    const executable = device.compile(builder.plan());
    const y = device.allocate(20_000);
    device.write(y, new Float32Array(5000));
    const run = (): void => device.run(executable, [new Float32Array(5000).fill(0.5), y], []);
    run();
    const before = device.memory();
    for (let step = 0; step < 1000; step++) run();
    expect(device.memory()).toEqual(before);
    const out = new Float32Array(5000);
    await device.read(y, out);
    expect([...new Set(out)]).toEqual([1001]);
    executable.dispose();
    executable.dispose();
    device.free(y);
    expect(device.memory().usedBytes).toBe(0);
  });

  it('of temporaries and host data is shared by all plans, and shrinks with the most demanding', () => {
    const device = createWasmBackend();
    const y = device.allocate(400_000);
    const make = (size: number): (() => void) => {
      const executable = device.compile(addPlan(size).plan());
      device.run(executable, [new Float32Array(size), y], []);
      return () => executable.dispose();
    };
    const free = make(100_000);
    const { usedBytes } = device.memory();
    const others = [50_000, 60_000, 70_000, 80_000, 90_000].map(make);
    // Each brings pointers and scalars of its own, no temporaries and no copies.
    expect(device.memory().usedBytes - usedBytes).toBeLessThan(5 * 1024);
    free();
    expect(device.memory().usedBytes).toBeLessThan(usedBytes);
    expect(device.memory().usedBytes).toBeGreaterThan(400_000 + 2 * 4 * 90_000);
    for (const dispose of others) dispose();
    expect(device.memory().usedBytes).toBe(sizeClass(400_000));
  });

  it('grows, and a run goes on in the grown memory', async () => {
    const device = createWasmBackend();
    const builder = addPlan(100);
    const executable = device.compile(builder.plan());
    const small = device.allocate(400);
    device.write(
      small,
      Float32Array.from({ length: 100 }, (_, i) => i),
    );
    const large = device.allocate(50 * 2 ** 20);
    device.write(large, Float32Array.of(1, 2, 3));
    device.run(executable, [small, small === large ? large : device.allocate(400)], []);
    const back = new Float32Array(3);
    await device.read(large, back);
    expect([...back]).toEqual([1, 2, 3]);
    const kept = new Float32Array(100);
    await device.read(small, kept);
    expect(kept[99]).toBe(99);
  });

  it('never hands out overlapping blocks', () => {
    const allocator = new Allocator();
    const random = generator(5);
    const live: { address: number; bytes: number }[] = [];
    for (let step = 0; step < 3000; step++) {
      if (live.length > 40 || (live.length > 0 && random() < 0.45)) {
        const [block] = live.splice(Math.floor(random() * live.length), 1);
        if (block !== undefined) allocator.free(block.address, block.bytes);
      } else {
        const bytes = Math.floor(2 ** (random() * 18));
        live.push({ address: allocator.allocate(bytes), bytes });
      }
      const total = live.reduce((sum, { bytes }) => sum + sizeClass(bytes), 0);
      expect(allocator.usedBytes).toBe(total);
    }
    live.sort((a, b) => a.address - b.address);
    live.forEach(({ address, bytes }, i) => {
      expect(address % 256).toBe(0);
      const next = live[i + 1];
      if (next !== undefined) expect(address + sizeClass(bytes)).toBeLessThanOrEqual(next.address);
      expect(address + bytes).toBeLessThan(allocator.memory.buffer.byteLength);
    });
  });

  it('that is not there is a clear error, and the device goes on', () => {
    const device = createWasmBackend({ maximumPages: 256 });
    expect(() => device.allocate(20 * 2 ** 20)).toThrow(OutOfMemoryError);
    expect(() => device.allocate(20 * 2 ** 20)).toThrow(
      'The WebAssembly device cannot allocate 20.0 MiB: 0 bytes are in use, 0 bytes are free in pieces, and its memory can be 16.0 MiB at most.\n' +
        '  hint: Use a smaller batch, or dispose() of tensors that are no longer needed.',
    );
    expect(device.memory().usedBytes).toBe(0);
    device.free(device.allocate(1000));
  });

  it('that the system does not give is a clear error', () => {
    const device = createWasmBackend();
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
    });
    expect(() => device.allocate(2 ** 30)).toThrow(
      /cannot allocate 1024\.0 MiB: .* the system does not let its memory grow from \d+\.\d MiB to 10\d\d\.\d MiB \(WebAssembly allows 4096\.0 MiB\)/,
    );
    grow.mockRestore();
    device.free(device.allocate(2 ** 20));
  });

  it('wrong arguments are errors', async () => {
    const device = createWasmBackend();
    const executable = device.compile(addPlan(100).plan());
    const buffer = device.allocate(400);
    const short = device.allocate(100);
    expect(() => device.run(executable, [buffer], [])).toThrow(/2 parameters/);
    expect(() => device.run(executable, [buffer, short], [])).toThrow(/needs 400 bytes/);
    expect(() => device.run(executable, [buffer, new Float32Array(10)], [])).toThrow(/needs 400 bytes/);
    expect(() => device.write(short, new Float32Array(26))).toThrow(/fit/);
    device.free(short);
    expect(() => device.write(short, new Float32Array(5))).toThrow(/freed/);
    executable.dispose();
    expect(() => device.run(executable, [buffer, buffer], [])).toThrow(/disposed/);
    await device.synchronize();
  });

  it('one device buffer may be bound to several read-only parameters', async () => {
    const device = createWasmBackend();
    const builder = new PlanBuilder();
    const axis = makeAxis(10);
    const index = axisIndex(axis);
    const [x, y, z] = [builder.parameter(10), builder.parameter(10), builder.parameter(10)];
    builder.kernels.push({
      kind: 'map',
      name: 'add',
      axes: [axis],
      stores: [{ buffer: z, index, value: binary('add', load(x, index), load(y, index)) }],
    });
    const executable = device.compile(builder.plan());
    const shared = device.allocate(40);
    const out = device.allocate(40);
    device.write(shared, new Float32Array(10).fill(3));
    device.run(executable, [shared, shared, out], []);
    const data: HostArrayLike = new Float32Array(10);
    await device.read(out, data);
    expect([...new Set(data)]).toEqual([6]);
  });

  it('sources read as loops', () => {
    const device = createWasmBackend();
    const builder = addPlan(1000);
    const [m, n, k] = [makeAxis(64), makeAxis(64), makeAxis(64)];
    builder.kernels.push({
      kind: 'contraction',
      name: 'product',
      batch: [],
      m: [m],
      n: [n],
      k: [k],
      left: { buffer: builder.parameter(4096), index: rowMajor([m, k]), guards: [] },
      right: { buffer: builder.parameter(4096), index: rowMajor([k, n]), guards: [] },
      stores: [{ buffer: builder.parameter(4096), index: rowMajor([m, n]), value: result() }],
    });
    const executable = device.compile(builder.plan());
    expect(executable.kernelCount).toBe(3);
    const text = device.source(executable);
    expect(text).toMatch(/vector v\d+×4/);
    expect(text).toMatch(/tiles of 4×8/);
    expect(text).toMatch(/call gemm/);
  });
});
