import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axisIndex, makeAxis } from '../../src/compiler/index-expression.ts';
import type { Kernel, Plan } from '../../src/compiler/kernel.ts';
import type { DeviceBuffer } from '../../src/runtime/backend.ts';
import { DeviceLostError, HebbError, OutOfMemoryError, WebgpuError } from '../../src/graph/errors.ts';
import { createWebgpuBackend, type WebgpuBackend } from '../../src/webgpu/backend.ts';
import { Health } from '../../src/webgpu/health.ts';
import { isSoftware } from '../../src/webgpu/device.ts';
import { defaultLimits } from '../../src/webgpu/profile.ts';
import {
  binary,
  check,
  constant,
  describeWebgpu,
  enabled,
  load,
  makePlan,
  map,
  openBackend,
  parameter,
  store,
  temporary,
  unary,
  values,
} from './support.ts';

let backend: WebgpuBackend;
let narrow: WebgpuBackend;
beforeAll(async () => {
  if (!enabled) return;
  backend = await openBackend();
  narrow = await openBackend(() => ({ limits: defaultLimits }));
});
afterAll(() => {
  backend?.destroy();
  narrow?.destroy();
});

/** out = x · factor + addend, with the numbers baked in so that every pair is a pipeline of its own. */
function affine(size: number, factor: number, addend: number, inPlace = false): Plan {
  const axis = makeAxis(size);
  const at = axisIndex(axis);
  const value = binary('add', binary('mul', load(0, at), constant(factor)), constant(addend));
  const buffers = inPlace ? [parameter(0, size)] : [parameter(0, size), parameter(1, size)];
  return makePlan(buffers, [map([axis], store(inPlace ? 0 : 1, at, value))]);
}

describe('health', () => {
  test('memory that a device does not have is an OutOfMemoryError', () => {
    class GPUOutOfMemoryError {
      readonly message = 'createBuffer failed';
    }
    const device = Object.assign(new EventTarget(), { lost: new Promise(() => {}) });
    const health = new Health(device as unknown as GPUDevice);
    device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new GPUOutOfMemoryError() }));
    expect(health.take()).toBeInstanceOf(OutOfMemoryError);
    expect(health.take()).toBeUndefined();
  });
});

describe('adapters', () => {
  test('software ones are recognised', () => {
    const info = { vendor: '', architecture: '', device: '', description: '' };
    expect(isSoftware({ ...info, description: 'llvmpipe (LLVM 15.0.6, 256 bits)' })).toBe(true);
    expect(isSoftware({ ...info, vendor: 'google', architecture: 'swiftshader' })).toBe(true);
    expect(isSoftware({ ...info, description: 'Microsoft Basic Render Driver' })).toBe(true);
    expect(isSoftware({ ...info, isFallbackAdapter: true })).toBe(true);
    expect(
      isSoftware({ ...info, vendor: 'nvidia', architecture: 'ampere', description: 'NVIDIA GeForce RTX 3060' }),
    ).toBe(false);
    expect(isSoftware({ ...info, vendor: 'apple', architecture: 'metal-3' })).toBe(false);
  });
});

describeWebgpu('device', () => {
  test('a software adapter is used only where allowed', async () => {
    const allowed = await createWebgpuBackend({ allowSoftware: true });
    expect('unavailable' in allowed).toBe(false);
    if (!backend.description.includes('software')) return;
    const refused = await createWebgpuBackend({ allowSoftware: false });
    expect(refused).toEqual({
      unavailable: expect.stringMatching(/^(?:no graphics processor is here|only a software adapter is here \(.+\))$/),
    });
  });
});

describeWebgpu('order', () => {
  test('writes, runs, reads and frees interleave, while pipelines are still compiling', async () => {
    const size = 1000;
    const step = backend.compile(affine(size, 2, 1, true));
    const other = backend.compile(affine(size, -1, 0.25));
    const [a, b] = [backend.allocate(size * 4), backend.allocate(size * 4)];
    const reads: Promise<void>[] = [];
    const read = (buffer: typeof a): Float32Array => {
      const data = new Float32Array(size);
      reads.push(backend.read(buffer, data));
      return data;
    };
    const data = new Float32Array(size).fill(1);
    backend.write(a, data);
    data.fill(99);
    backend.run(step, [a], []);
    const first = read(a);
    backend.run(other, [a, b], []);
    backend.write(a, new Float32Array(size).fill(10));
    backend.run(step, [a], []);
    const second = read(a);
    const third = read(b);
    // Freed at once, and its memory taken by a new buffer, while the runs above still wait.
    backend.free(a);
    const c = backend.allocate(size * 4);
    backend.write(c, new Float32Array(size).fill(5));
    backend.run(other, [c, b], []);
    const fourth = read(b);
    await Promise.all(reads);
    expect([first[0], second[999], third[5], fourth[7]]).toEqual([3, 21, -2.75, -4.75]);
    for (const buffer of [b, c]) backend.free(buffer);
  });

  test('host arrays belong to one run and may change right after the call', async () => {
    const plan = affine(4, 3, 0);
    const executable = backend.compile(plan);
    const outputs = [1, 2, 3].map(() => backend.allocate(16));
    const host = new Float32Array(4);
    outputs.forEach((output, i) => {
      host.fill(i + 1);
      backend.run(executable, [host, output], []);
      host.fill(-1);
    });
    for (const [i, output] of outputs.entries()) {
      const data = new Float32Array(4);
      await backend.read(output, data);
      expect(data[2]).toBe(3 * (i + 1));
      backend.free(output);
    }
    executable.dispose();
  });

  test('two hundred runs with changing scalars, issued at once', async () => {
    const axis = makeAxis(8);
    const at = axisIndex(axis);
    const value = binary('add', load(0, at), { kind: 'scalar', type: 'f32', slot: 0 });
    const executable = backend.compile(makePlan([parameter(0, 8)], [map([axis], store(0, at, value))], ['f32']));
    const buffer = backend.allocate(32);
    backend.write(buffer, new Float32Array(8));
    for (let i = 1; i <= 200; i++) backend.run(executable, [buffer], [i]);
    const data = new Float32Array(8);
    await backend.read(buffer, data);
    expect([...data]).toEqual(Array(8).fill(20100));
    backend.free(buffer);
  });

  test('a plan of more dispatches than one submission', async () => {
    const axis = makeAxis(16);
    const at = axisIndex(axis);
    const kernels: Kernel[] = Array.from({ length: 130 }, (_, i) =>
      map([axis], store(i % 2, at, binary('add', load(1 - (i % 2), at), constant(1)))),
    );
    await check(backend, makePlan([temporary(0, 16), parameter(0, 16)], kernels), [values(16)]);
  });
});

describeWebgpu('bindings', () => {
  test('the same buffer for several parameters, read-only or written', async () => {
    const axis = makeAxis(50);
    const at = axisIndex(axis);
    const reading = backend.compile(
      makePlan(
        [parameter(0, 50), parameter(1, 50), parameter(2, 50)],
        [map([axis], store(2, at, binary('mul', load(0, at), load(1, at))))],
      ),
    );
    const [a, b] = [backend.allocate(200), backend.allocate(200)];
    backend.write(a, values(50));
    backend.run(reading, [a, a, b], []);
    const squares = new Float32Array(50);
    await backend.read(b, squares);
    expect([...squares]).toEqual([...values(50)].map((x) => Math.fround(x * x)));
    backend.run(reading, [a, b, a], []);
    const cubes = new Float32Array(50);
    await backend.read(a, cubes);
    cubes.forEach((cube, i) => expect(cube).toBeCloseTo(values(50)[i]! ** 3, 4));
    await backend.synchronize();
    backend.free(a);
    backend.free(b);
  });

  test('more buffers than the device binds: many stores, many loads, reductions with many epilogue inputs', async () => {
    const axis = makeAxis(20);
    const at = axisIndex(axis);
    const many = (count: number): Parameters<typeof makePlan>[0] =>
      Array.from({ length: count }, (_, i) => parameter(i, 20));
    const data = (count: number): Float32Array[] => Array.from({ length: count }, (_, i) => values(20, i + 1));
    // A fused optimizer: parameter, momentum and gradient of nine parameters in one kernel.
    const stores = Array.from({ length: 9 }, (_, i) => {
      const momentum = binary('add', binary('mul', load(3 * i + 1, at), constant(0.9)), load(3 * i + 2, at));
      return [
        store(3 * i + 1, at, momentum),
        store(3 * i, at, binary('sub', load(3 * i, at), binary('mul', momentum, constant(0.1)))),
      ];
    }).flat();
    await check(narrow, makePlan(many(27), [map([axis], ...stores)]), data(27));
    // A concatenation of twenty: one store, twenty loads.
    const sum = Array.from({ length: 20 }, (_, i) => load(i, at)).reduce((a, b) => binary('add', a, b));
    await check(
      narrow,
      makePlan(many(21), [
        map([axis], store(20, at, unary('neg', sum)), store(3, at, binary('mul', load(3, at), constant(2)))),
      ]),
      data(21),
    );
    // A reduction with twelve epilogue inputs.
    const inner = makeAxis(20);
    const total = Array.from({ length: 12 }, (_, i) => load(i + 1, at)).reduce((a, b) => binary('mul', a, b), {
      kind: 'result',
      type: 'f32',
      position: 0,
    } as const);
    const kernel: Kernel = {
      kind: 'reduce',
      name: 'reduce',
      axes: [axis],
      reduceAxes: [inner],
      reducers: [{ operator: 'sum', value: load(0, axisIndex(inner)) }],
      stores: [store(13, at, total)],
    };
    await check(narrow, makePlan(many(14), [kernel]), data(14), [], { absolute: 1e-4, relative: 1e-4 });
  });

  test('many temporaries share a window of the arena', async () => {
    const axis = makeAxis(30);
    const at = axisIndex(axis);
    const temporaries = Array.from({ length: 12 }, (_, i) => temporary(i * 256, 30, i === 3 ? 'i32' : 'f32'));
    const fill = map(
      [axis],
      ...temporaries.map((_, i) =>
        store(i + 1, at, i === 3 ? { kind: 'index', type: 'i32', index: at } : binary('mul', load(0, at), constant(i))),
      ),
    );
    const value = temporaries
      .map((_, i) =>
        i === 3 ? ({ kind: 'cast', type: 'f32', operand: load(4, at, 'i32') } as const) : load(i + 1, at),
      )
      .reduce((a, b) => binary('add', a, b));
    await check(
      narrow,
      makePlan([parameter(0, 30), ...temporaries, parameter(1, 30)], [fill, map([axis], store(13, at, value))]),
      [values(30), values(30)],
    );
  });

  test('kernels of one form share a pipeline', () => {
    const axis = makeAxis(64);
    const at = axisIndex(axis);
    const layer = (from: number, to: number): Kernel =>
      map([axis], store(to, at, binary('mul', load(from, at), constant(0.123))));
    const before = backend.pipelineCount;
    const buffers = [parameter(0, 64), temporary(0, 64), temporary(256, 64), temporary(512, 64), parameter(1, 64)];
    const executable = backend.compile(makePlan(buffers, [layer(1, 2), layer(2, 3), layer(3, 1)]));
    expect(executable.kernelCount).toBe(3);
    expect(backend.pipelineCount - before).toBe(1);
    expect(backend.source(executable).match(/@compute/g)).toHaveLength(3);
    executable.dispose();
  });
});

describeWebgpu('memory', () => {
  test('is counted exactly and reused', async () => {
    const fresh = await openBackend();
    expect(fresh.memory()).toEqual({ usedBytes: 0, pooledBytes: 0, buffers: 0 });
    const buffers = [1000, 4, 5_000_000].map((bytes) => fresh.allocate(bytes));
    // The device's memory is found when it is first needed.
    const touch = (buffer: DeviceBuffer): void => fresh.write(buffer, new Float32Array(1));
    buffers.forEach(touch);
    const { usedBytes } = fresh.memory();
    expect(usedBytes).toBeGreaterThanOrEqual(5_001_000);
    expect(usedBytes).toBeLessThan(5_001_000 * 1.13 + 512);
    expect(fresh.memory().buffers).toBe(3);
    for (const buffer of buffers) fresh.free(buffer);
    expect(fresh.memory()).toEqual({ usedBytes: 0, pooledBytes: usedBytes, buffers: 0 });
    touch(fresh.allocate(4_990_000));
    expect(fresh.memory().usedBytes + fresh.memory().pooledBytes).toBe(usedBytes);
    fresh.destroy();
  });

  test('stays flat over many steps, arenas and staging included', async () => {
    const axis = makeAxis(100);
    const at = axisIndex(axis);
    const plan = makePlan(
      [parameter(0, 100), parameter(1, 100), temporary(0, 100)],
      [map([axis], store(2, at, unary('neg', load(0, at)))), map([axis], store(1, at, unary('abs', load(2, at))))],
    );
    const executable = backend.compile(plan);
    const step = async (): Promise<void> => {
      const output = backend.allocate(400);
      backend.run(executable, [values(100), output], []);
      const data = new Float32Array(100);
      await backend.read(output, data);
      backend.free(output);
    };
    await step();
    const before = backend.memory();
    for (let i = 0; i < 50; i++) await step();
    expect(backend.memory()).toEqual(before);
    executable.dispose();
    expect(backend.memory().usedBytes).toBeLessThan(before.usedBytes);
  });

  test('empty buffers can be written, read and freed', async () => {
    const buffer = backend.allocate(0);
    backend.write(buffer, new Float32Array(0));
    await backend.read(buffer, new Float32Array(0));
    backend.free(buffer);
  });
});

describeWebgpu('failures', () => {
  test('wrong arguments throw at the call', () => {
    const executable = backend.compile(affine(8, 2, 0));
    const [small, buffer] = [backend.allocate(16), backend.allocate(32)];
    expect(() => backend.run(executable, [buffer], [])).toThrow(/takes 2 bindings/);
    expect(() => backend.run(executable, [buffer, small], [])).toThrow(
      /parameter 1 of the plan takes 32 bytes, not 16/,
    );
    expect(() => backend.run(executable, [buffer, new Float32Array(8)], [])).toThrow(/cannot be a host array/);
    expect(() => backend.write(small, new Float32Array(8))).toThrow(HebbError);
    expect(() => backend.allocate(1e15)).toThrow(OutOfMemoryError);
    expect(() => backend.allocate(1e15)).toThrow(
      /cannot allocate 953674316\.4 MiB: it gives one tensor \d+\.0 MiB at most/,
    );
    executable.dispose();
    expect(() => backend.run(executable, [buffer, buffer], [])).toThrow(/disposed/);
    backend.free(small);
    expect(() => backend.free(small)).toThrow(/freed/);
    backend.free(buffer);
  });

  test('a kernel that does not compile rejects once, and the device goes on', async () => {
    const [buffer, output] = [backend.allocate(32), backend.allocate(32)];
    const axis = makeAxis(8);
    const mixed = binary('add', load(0, axisIndex(axis)), constant(1, 'i32'));
    const executable = backend.compile(
      makePlan([parameter(0, 8), parameter(1, 8)], [map([axis], store(1, axisIndex(axis), mixed))]),
    );
    backend.run(executable, [buffer, output], []);
    await expect(backend.synchronize()).rejects.toThrow(/\[map\] the kernel's shader does not compile/);
    await backend.synchronize();
    executable.dispose();
    await check(backend, affine(8, 2, 0), [values(8), values(8)]);
    backend.free(buffer);
    backend.free(output);
  });

  test('an error that the device reports by itself rejects the next synchronize, once', async () => {
    let device: GPUDevice | undefined;
    const fresh = await openBackend((acquired) => {
      device = acquired.device;
      return {};
    });
    device?.createBuffer({ size: 16, usage: 0 });
    await expect(fresh.synchronize()).rejects.toThrow(WebgpuError);
    await fresh.synchronize();
    fresh.destroy();
  });

  test('a lost device rejects what waits and what follows, and the process lives on', async () => {
    const fresh = await openBackend();
    const executable = fresh.compile(affine(8, 2, 0));
    const [a, b] = [fresh.allocate(32), fresh.allocate(32)];
    fresh.write(a, values(8));
    fresh.run(executable, [a, b], []);
    const waiting = fresh.read(b, new Float32Array(8));
    fresh.destroy();
    await expect(waiting).rejects.toThrow(DeviceLostError);
    await expect(fresh.synchronize()).rejects.toThrow(/device was lost/);
    fresh.run(executable, [a, b], []);
    fresh.write(a, values(8));
    fresh.free(a);
    fresh.run(fresh.compile(affine(8, 3, 0)), [b, fresh.allocate(32)], []);
    await expect(fresh.read(b, new Float32Array(8))).rejects.toThrow(HebbError);
    executable.dispose();
  });
});
