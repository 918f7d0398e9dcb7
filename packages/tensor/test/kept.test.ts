/** Maps that change a few rows of what they are stored over read and write those rows alone, and leave all others as they are, bit by bit. */
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from './support/devices.ts';
import { assign, compile, iota, scalar, setDevice, tensor, variable, where, type Tensor } from '../src/index.ts';

const numbers = (seed: number, ...shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * seed));

describe.each(devices)('rows of a state on %s', (device) => {
  beforeAll(() => setDevice(device));

  // Vectors, with a remainder, and so short that all is read.
  it.each([64, 37, 16, 3])('of %i numbers', async (width) => {
    const [heads, rows] = [3, 40];
    const before = [numbers(1, heads, rows, width), numbers(2, heads, rows, width)] as const;
    // What is kept is kept, whatever it is.
    for (const values of before) [NaN, -0, Infinity].forEach((special, i) => (values[i] = special));
    const added = numbers(3, heads, 1, width);
    const shape = [heads, rows, width];
    const [a, b] = before.map((values) => variable(tensor(values, { shape }))) as [Tensor, Tensor];
    let first = 0;
    const step = compile((x: Tensor) => {
      const row = iota([rows, 1], 0).sub(scalar(() => first, { dtype: 'int32' }));
      // Two states that change in different rows, which one kernel may write.
      const nextA = where(row.greaterEqual(0).and(row.less(2)), x, a);
      const nextB = where(row.equal(5), x.neg(), b);
      assign(a, nextA);
      assign(b, nextB);
      return nextA.add(nextB).narrow(1, 7, 1);
    });
    const x = tensor(added, { shape: [heads, 1, width] });
    for (first of [0, 7, 38, 39, 50]) {
      const seen = await step(x).data();
      before.forEach((values, which) => {
        for (let head = 0; head < heads; head++)
          for (let row = 0; row < rows; row++) {
            const isNew = which === 0 ? row - first === 0 || row - first === 1 : row - first === 5;
            if (!isNew) continue;
            for (let i = 0; i < width; i++)
              values[(head * rows + row) * width + i] = (added[head * width + i] ?? 0) * (which === 0 ? 1 : -1);
          }
      });
      const bits = (values: ArrayLike<number>): string[] =>
        Array.from(values, (v) => (Object.is(v, -0) ? '-0' : `${v}`));
      expect(bits(Float32Array.from(await a.data(), Number))).toEqual(bits(before[0]));
      expect(bits(Float32Array.from(await b.data(), Number))).toEqual(bits(before[1]));
      const sums = Array.from({ length: heads * width }, (_, i) => {
        const at = (Math.floor(i / width) * rows + 7) * width + (i % width);
        return Math.fround((before[0][at] ?? 0) + (before[1][at] ?? 0));
      });
      expect(bits(Float32Array.from(seen, Number))).toEqual(bits(sums));
    }
  });

  it('keep those that a condition of the data keeps', async () => {
    const state = variable(tensor(numbers(1, 5, 32), { shape: [5, 32] }));
    const kept = await state.data();
    const step = compile((x: Tensor, changes: Tensor) => {
      const next = where(changes.unsqueeze(1), x, state);
      assign(state, next);
      return next;
    });
    const flags = [false, true, false, false, true];
    const added = numbers(4, 5, 32);
    await step(tensor(added, { shape: [5, 32] }), tensor(flags)).data();
    const found = await state.data();
    const expected = Array.from(found, (_, i) => ((flags[Math.floor(i / 32)] ?? false) ? added[i] : kept[i]));
    expect(Array.from(found)).toEqual(expected);
  });
});
