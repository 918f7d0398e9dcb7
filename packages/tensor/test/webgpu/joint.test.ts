/**
 * Parameters that lie side by side in one buffer of the device: the same numbers as where each has its own, and the memory of those that are freed comes back.
 *
 * @module-tag alone: it mocks modules.
 */
import { expect, it, vi } from 'vitest';
import {
  assign,
  compile,
  realize,
  setDevice,
  tensor,
  variable,
  type DeviceName,
  type Tensor,
} from '../../src/index.ts';
import type { AcquireOptions } from '../../src/webgpu/device.ts';
import { axesOf, describeWebgpu, load, map, openBackend, parameter, rowMajor, store, unary } from './support.ts';
import type { MapKernel, Plan } from '../../src/compiler/kernel.ts';

// With no more bindings than every implementation offers.
vi.mock(import('../../src/webgpu/device.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    acquireDevice: (options: AcquireOptions) => module.acquireDevice({ ...options, defaultLimits: true }),
  };
});

/** Numbers in [0, 1) from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Held {
  readonly size: number;
  readonly value: Tensor;
}

interface Step {
  readonly cells: readonly Held[];
  readonly run: (given: readonly Tensor[]) => readonly Tensor[];
}

/**
 * Steps over changing sets of variables that overlap, with results that are held, given to other steps and disposed of one by one, and variables that go and come. Everything that is read, in order.
 */
async function history(name: DeviceName, seed: number): Promise<number[][]> {
  setDevice(name);
  const random = generator(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const sizes = [1, 3, 48, 64, 100, 700];
  const fresh = (size: number): Tensor => {
    const start = below(100);
    return tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(start + i)));
  };
  const newCell = (): Held => {
    const size = sizes[below(sizes.length)] ?? 1;
    return { size, value: variable(fresh(size)) };
  };
  const newStep = (): Step => {
    const chosen = cells.filter(() => random() < 0.6);
    const others = chosen.map(() => cells[below(cells.length)] as Held);
    const gives = random() < 0.5;
    const run = compile((given: readonly Tensor[]) => {
      const results: Tensor[] = [];
      chosen.forEach(({ value }, i) => {
        const other = others[i] as Held;
        const next = value
          .mul(0.5)
          .add((given[i] as Tensor).mul(0.25))
          .sub(other.value.mean().mul(0.125));
        if (gives) results.push(value.sub(given[i] as Tensor));
        assign(value, next);
      });
      return results;
    });
    return { cells: [...chosen, ...others], run: (given) => (gives ? run(given) : (run(given), [])) };
  };
  let cells = Array.from({ length: 26 }, newCell);
  let steps = [newStep(), newStep()];
  let held: Held[] = [];
  const seen: number[][] = [];
  for (let i = 0; i < 30; i++) {
    const action = below(10);
    if (action < 6) {
      const { cells: own, run } = steps[below(steps.length)] as Step;
      const chosen = own.slice(0, own.length / 2);
      const isNew = random() < 0.5;
      const given = chosen.map(({ size }) => {
        const known = held.filter((each) => each.size === size);
        return isNew || known.length === 0 ? fresh(size) : (known[below(known.length)] as Held).value;
      });
      run(given).forEach((value, at) => held.push({ size: chosen[at]?.size ?? 0, value }));
    } else if (action === 6) {
      held = held.filter(({ value }) => {
        if (random() < 0.4) return true;
        value.dispose();
        return false;
      });
    } else if (action === 7) {
      const gone = new Set(cells.filter(() => random() < 0.3));
      cells = cells.map((cell) => (gone.has(cell) ? newCell() : cell));
      steps = steps.filter((step) => step.cells.every((cell) => !gone.has(cell)));
      for (const { value } of gone) value.dispose();
      while (steps.length < 2) steps.push(newStep());
    } else if (action === 8) {
      if (steps.length > 3) steps.shift();
      steps.push(newStep());
    } else {
      const { value } = cells[below(cells.length)] as Held;
      assign(value, value.add(1));
    }
    const one = [...cells, ...held];
    if (random() < 0.5) seen.push([...(await (one[below(one.length)] as Held).value.data())] as number[]);
  }
  await realize(...cells.map(({ value }) => value));
  for (const { value } of [...cells, ...held]) seen.push([...(await value.data())] as number[]);
  return seen;
}

describeWebgpu('parameters side by side', () => {
  it.each([1, 2, 3])('give what they give apart, through steps that overlap, frees and new ones (%i)', async (seed) => {
    const [expected, actual] = [await history('wasm', seed), await history('webgpu', seed)];
    expect(actual.length).toBe(expected.length);
    actual.forEach((values, i) => {
      expect(values.length).toBe(expected[i]?.length);
      values.forEach((value, j) => expect(value).toBeCloseTo(expected[i]?.[j] ?? NaN, 4));
    });
  });

  /** `count` parameters of `size` numbers, each replaced by its negative. */
  function negations(count: number, size: number): Plan {
    const kernels = Array.from({ length: count }, (_, i) => {
      const [axis] = axesOf(size) as [ReturnType<typeof axesOf>[number]];
      return map([axis], store(i, rowMajor(axis), unary('neg', load(i, rowMajor(axis))))) as MapKernel;
    });
    return {
      buffers: kernels.map((_, i) => parameter(i, size)),
      kernels: [{ kind: 'parts', name: 'negations', kernels }],
      parameterCount: count,
      scalars: [],
      arenaBytes: 0,
    };
  }

  it('take no more memory, and give it back when most of them are freed', async () => {
    const backend = await openBackend();
    const size = 1000;
    const executable = backend.compile(negations(20, size));
    const before = backend.memory();
    const buffers = Array.from({ length: 20 }, (_, i) => {
      const buffer = backend.allocate(4 * size);
      backend.write(buffer, new Float32Array(size).fill(i));
      return buffer;
    });
    const apart = backend.memory();
    backend.run(executable, buffers, []);
    await backend.synchronize();
    expect(executable.kernelCount).toBe(1);
    expect(backend.memory().usedBytes).toBe(apart.usedBytes);
    expect(apart.usedBytes - before.usedBytes).toBe(20 * 4096);
    for (const [i, buffer] of buffers.entries()) if (i % 5 !== 0) backend.free(buffer);
    await backend.synchronize();
    // What is left of the block has been moved out of it, and the block can be used for something else.
    expect(backend.memory().usedBytes - before.usedBytes).toBe(4 * 4096);
    const results = new Float32Array(size);
    for (let i = 0; i < 20; i += 5) {
      await backend.read(buffers[i]!, results);
      expect(results.every((value) => value === -i)).toBe(true);
    }
    const { pooledBytes } = backend.memory();
    const again = Array.from({ length: 20 }, () => backend.allocate(4 * size));
    backend.run(executable, again, []);
    await backend.synchronize();
    expect(backend.memory().pooledBytes).toBe(pooledBytes - 20 * 4096);
    backend.destroy();
  });

  it('are moved by one plan, and seen there by others', async () => {
    const backend = await openBackend();
    const size = 300;
    const buffers = Array.from({ length: 30 }, (_, i) => {
      const buffer = backend.allocate(4 * size);
      backend.write(buffer, new Float32Array(size).fill(i + 1));
      return buffer;
    });
    // The second plan works on the last of the first and others; a buffer bound twice stays one buffer.
    const [first, second] = [backend.compile(negations(20, size)), backend.compile(negations(20, size))];
    const firstOnes = buffers.slice(0, 20);
    const lastOnes = buffers.slice(10, 30);
    for (let i = 0; i < 3; i++) {
      backend.run(first, firstOnes, []);
      backend.run(second, [...lastOnes].reverse(), []);
      backend.run(second, [...lastOnes.slice(0, 19), lastOnes[0]!], []);
    }
    const results = new Float32Array(size);
    const signs: number[] = [];
    for (const [i, buffer] of buffers.entries()) {
      await backend.read(buffer, results);
      expect(results.every((value) => value === results[0])).toBe(true);
      signs.push((results[0] ?? 0) / (i + 1));
    }
    // 3 times by the first; 3 by the second; in the third run lastOnes[0] goes twice, and the last one not at all.
    const times = (i: number): number =>
      3 * ((i < 20 ? 1 : 0) + (i >= 10 ? 1 : 0) + (i === 10 ? 2 : i > 10 && i < 29 ? 1 : 0));
    expect(signs).toEqual(buffers.map((_, i) => (times(i) % 2 === 0 ? 1 : -1)));
    backend.destroy();
  });
});
