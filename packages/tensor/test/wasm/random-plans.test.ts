/** @module-tag long: random plans. */
import { setFlagsFromString } from 'node:v8';
import { afterAll, describe, expect, it } from 'vitest';
import { divideIndex, remainderIndex } from '../../src/compiler/index-expression.ts';
import type { Condition, Expression } from '../../src/compiler/kernel.ts';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { allTiles } from '../../src/wasm/tiles.ts';
import {
  addIndex,
  axisIndex,
  backend,
  binary,
  constant,
  constantIndex,
  generator,
  inside,
  linear,
  load,
  makeAxis,
  mismatches,
  PlanBuilder,
  result,
  runPlan,
  rowMajor,
  scaleIndex,
  select,
  unary,
  type Axis,
  type Index,
} from './support.ts';

/** Chains of kernels with random axes, views, guards and expressions. */
class RandomPlan {
  readonly builder: PlanBuilder;
  readonly #random: () => number;
  /** Buffers that may be read, with their sizes. */
  readonly #readable: { buffer: number; size: number }[] = [];

  constructor(seed: number) {
    this.#random = generator(seed);
    this.builder = new PlanBuilder(seed);
    for (let i = 0; i < 3; i++) {
      const size = this.#pick([7, 24, 36, 60, 120, 210]);
      this.#readable.push({ buffer: this.builder.parameter(size), size });
    }
    const kernels = 1 + Math.floor(this.#random() * 3);
    for (let i = 0; i < kernels; i++) {
      const choice = this.#random();
      if (choice < 0.4) this.#map();
      else if (choice < 0.75) this.#reduce();
      else this.#contraction();
    }
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  #axes(most: number): Axis[] {
    return Array.from({ length: Math.floor(this.#random() * (most + 1)) }, () =>
      makeAxis(this.#pick([1, 2, 3, 4, 5, 6, 8, 9, 13, 20])),
    );
  }

  /** An index into a buffer, and guards where it may lie outside. */
  #view(axes: readonly Axis[], size: number): { index: Index; guards: Condition[] } {
    const flat = rowMajor(axes.filter(() => this.#random() < 0.8));
    const choice = this.#random();
    if (choice < 0.35) {
      // Strides at will; wrapped where too long.
      const index = linear(axes.map((axis) => [axis, Math.floor(this.#random() * 5)]));
      return { index: index.max < size ? index : remainderIndex(index, size), guards: [] };
    }
    if (choice < 0.6) return { index: flat.max < size ? flat : remainderIndex(flat, size), guards: [] };
    if (choice < 0.8) {
      // A transposed two-dimensional view.
      const rows = Math.min(this.#pick([2, 3, 4, 6]), size);
      const wrapped = remainderIndex(flat, Math.floor(size / rows) * rows);
      const columns = Math.floor(size / rows);
      return {
        index: addIndex(scaleIndex(remainderIndex(wrapped, rows), columns), divideIndex(wrapped, rows)),
        guards: [],
      };
    }
    // Shifted, reversed or both, and guarded.
    const shift = Math.floor(this.#random() * 9) - 4;
    const index =
      this.#random() < 0.5
        ? addIndex(flat, constantIndex(shift))
        : addIndex(scaleIndex(flat, -1), constantIndex(size - 1 - shift));
    return { index, guards: [{ index, lower: 0, upper: size }] };
  }

  #leaf(axes: readonly Axis[]): Expression {
    const choice = this.#random();
    if (choice < 0.1) return constant(Math.round(this.#random() * 8) / 4 - 1);
    if (choice < 0.15) {
      const value: Expression = { kind: 'index', type: 'i32', index: this.#view(axes, 50).index };
      return binary('mul', { kind: 'cast', type: 'f32', operand: value }, constant(1 / 64));
    }
    const { buffer, size } = this.#pick(this.#readable);
    const { index, guards } = this.#view(axes, size);
    const value = load(buffer, index, 'f32', guards);
    return guards.length === 0 ? value : select(inside(guards), value, constant(0.5));
  }

  #expression(axes: readonly Axis[], depth: number): Expression {
    if (depth === 0) return this.#leaf(axes);
    const choice = this.#random();
    const a = this.#expression(axes, depth - 1);
    if (choice < 0.3)
      return unary(this.#pick(['tanh', 'sigmoid', 'abs', 'neg', 'relu', 'sin', 'erf', 'expm1'] as const), a);
    const b = this.#random() < 0.2 ? a : this.#expression(axes, depth - 1);
    if (choice < 0.9) return binary(this.#pick(['add', 'sub', 'mul', 'maximum', 'minimum'] as const), a, b);
    const axis = axes[0];
    if (axis === undefined) return a;
    return select(inside([{ index: axisIndex(axis), lower: 1, upper: axis.extent - 1 }]), a, b);
  }

  #output(axes: readonly Axis[]): { buffer: number; index: Index } {
    const size = axes.reduce((total, { extent }) => total * extent, 1);
    const buffer = this.#random() < 0.5 ? this.builder.parameter(size) : this.builder.temporary(size);
    // In another order of axes, sometimes.
    const order = this.#random() < 0.5 ? axes : [...axes].reverse();
    return { buffer, index: rowMajor(order) };
  }

  #finish(stores: readonly { buffer: number; axes: readonly Axis[] }[]): void {
    for (const { buffer, axes } of stores)
      this.#readable.push({ buffer, size: axes.reduce((total, { extent }) => total * extent, 1) });
  }

  #map(): void {
    const axes = this.#axes(4);
    const count = 1 + Math.floor(this.#random() * 2);
    const stores = Array.from({ length: count }, () => ({ ...this.#output(axes), value: this.#expression(axes, 3) }));
    this.builder.kernels.push({ kind: 'map', name: 'map', axes, stores });
    this.#finish(stores.map(({ buffer }) => ({ buffer, axes })));
  }

  #reduce(): void {
    const axes = this.#axes(3);
    const reduceAxes = this.#axes(3);
    const all = [...axes, ...reduceAxes];
    const reducers = [
      { operator: this.#pick(['sum', 'max', 'min'] as const), value: this.#expression(all, 2) },
      { operator: 'sum' as const, value: this.#expression(all, 1) },
    ];
    const count = reduceAxes.reduce((total, { extent }) => total * extent, 1);
    const value = binary(
      'add',
      binary('mul', result(0), constant(1 / count)),
      binary('sub', binary('mul', result(1), constant(1 / count)), this.#leaf(axes)),
    );
    const output = this.#output(axes);
    this.builder.kernels.push({
      kind: 'reduce',
      name: 'reduce',
      axes,
      reduceAxes,
      reducers,
      stores: [{ ...output, value }],
    });
    this.#finish([{ buffer: output.buffer, axes }]);
  }

  #contraction(): void {
    const [batch, m, n, k] = [this.#axes(1), this.#axes(2), this.#axes(2), this.#axes(2)];
    const operand = (axes: readonly Axis[]) => {
      const { buffer, size } = this.#pick(this.#readable);
      return { buffer, ...this.#view(axes, size) };
    };
    const axes = [...batch, ...m, ...n];
    const output = this.#output(axes);
    const count = k.reduce((total, { extent }) => total * extent, 1);
    const value = unary('tanh', binary('add', binary('mul', result(), constant(1 / count)), this.#leaf(axes)));
    this.builder.kernels.push({
      kind: 'contraction',
      name: 'contraction',
      batch,
      m,
      n,
      k,
      left: operand([...batch, ...m, ...k]),
      right: operand([...batch, ...k, ...n]),
      stores: [{ ...output, value }],
    });
    this.#finish([{ buffer: output.buffer, axes }]);
  }
}

// Node 20 has relaxed SIMD behind a flag that can be set while running.
setFlagsFromString('--experimental-wasm-relaxed-simd');
afterAll(() => setFlagsFromString('--no-experimental-wasm-relaxed-simd'));

describe('random plans', () => {
  it('agree with the evaluator, with and without relaxed SIMD', async () => {
    const devices = [createWasmBackend({ relaxedSimd: false }), createWasmBackend()];
    const count = Number(process.env['HEBB_RANDOM_PLANS'] ?? 120);
    const first = Number(process.env['HEBB_RANDOM_SEED'] ?? 1);
    for (let seed = first; seed < first + count; seed++) {
      const { builder } = new RandomPlan(seed);
      const device = devices[seed % 2] ?? backend;
      expect(await mismatches(builder, [], { tolerance: 1e-4, device }), `seed ${seed}`).toEqual([]);
    }
  });

  it('give the same bytes in tiles of every size, with and without relaxed SIMD', async () => {
    for (const relaxedSimd of [false, true]) {
      const [usual, ...others] = allTiles.map((tile) => createWasmBackend({ relaxedSimd, tile }));
      for (let seed = 1; seed <= 80; seed++) {
        const { builder } = new RandomPlan(seed);
        if (!builder.kernels.some(({ kind }) => kind === 'contraction')) continue;
        const expected = await runPlan(builder.plan(), builder.data, [], usual);
        for (const other of others)
          expect(await runPlan(builder.plan(), builder.data, [], other), `seed ${seed}`).toEqual(expected);
      }
    }
  });

  it('give the same bytes where threads share every step, in as many chunks as there can be', async () => {
    const [alone, threaded] = [createWasmBackend(), createWasmBackend({ threads: 4, leastChunk: 0 })];
    for (let seed = 1; seed <= 150; seed++) {
      const { builder } = new RandomPlan(seed);
      const plan = builder.plan();
      // Helpers come in when they have woken up and compiled their module.
      const expected = await runPlan(plan, builder.data, [], alone, 10);
      expect(await runPlan(plan, builder.data, [], threaded, 10), `seed ${seed}`).toEqual(expected);
    }
  });
});
