/** Many independent kernels become one step, and what depends on another never shares one with it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { assign, compile, device, realize, setDevice, tensor, variable, type Tensor } from '../../src/index.ts';
import { devices } from '../support/devices.ts';
import { compileTensors } from '../support/programs.ts';
import { counted } from '../support/optimised.ts';

/** Distinct shapes, so that none fuses with another. */
const vector = (i: number): Tensor => tensor(Float32Array.from({ length: 3 + i }, (_, j) => i + j / 8 - 2));
const vectors = (count: number): Tensor[] => Array.from({ length: count }, (_, i) => vector(i));

function kindsOf(outputs: Tensor[], updates: [Tensor, Tensor][] = []): string[] {
  const { plan, expected, actual } = compileTensors(outputs, updates);
  actual.forEach((values, i) =>
    Array.from(values).forEach((value, j) => expect(value).toBeCloseTo(Number(expected[i]?.[j]), 4)),
  );
  return plan.kernels.map(({ kind }) => kind);
}

describe('independent kernels', () => {
  it('are one step from nine on', () => {
    expect(kindsOf(vectors(9).map((x) => x.square()))).toEqual(['parts']);
    expect(kindsOf(vectors(8).map((x) => x.square()))).toEqual(new Array(8).fill('map'));
  });

  it('may be maps and reductions of any space', () => {
    const xs = vectors(20).map((x, i) => (i % 2 === 0 ? x : x.reshape([x.size, 1]).add(tensor([1, 2]))));
    expect(kindsOf(xs.map((x, i) => (i % 3 === 0 ? x.sum() : x.mul(2))))).toEqual(['parts']);
  });

  it('share no step with what they read: norms, their sum, and what is divided by it', () => {
    const xs = vectors(12);
    const total = xs.map((x) => x.square().sum()).reduce((sum, each) => sum.add(each));
    expect(kindsOf(xs.map((x) => x.div(total.sqrt())))).toEqual(['parts', 'map', 'parts']);
  });

  it.each([9, 10, 11, 12, 20, 60])(
    'are no phases of one row that they share no more than a number with: %i of one shape by their norm',
    (count) => {
      const state = Array.from({ length: count }, () => tensor([1, 2, 3, 4]));
      const xs = state.map((_, i) => tensor([i, 1 - i, 0.5, i / 2]));
      const norm = xs.map((x) => x.square().sum()).reduce((sum, each) => sum.add(each));
      expect(
        kindsOf(
          [],
          state.map((cell, i) => [cell, cell.add((xs[i] as Tensor).div(norm.sqrt()))]),
        ),
      ).toEqual(['parts', 'map', 'parts']);
    },
  );

  it('are gathered from between products of matrices', () => {
    const [a, b] = [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([
        [0.5, 1],
        [1, 0.5],
      ]),
    ];
    const outputs = vectors(12).flatMap((x, i) => [a.add(i).matmul(b), x.mul(3)]);
    const kinds = kindsOf(outputs);
    expect(kinds.filter((kind) => kind === 'parts')).toEqual(['parts']);
  });

  it('leave a value in its place as long as another reads it', () => {
    const cells = vectors(12);
    const sums = cells.map((cell) => cell.sum());
    // Each is scaled by the sum of the next, which changes, too.
    const updates = cells.map((cell, i): [Tensor, Tensor] => [cell, cell.mul(sums[(i + 1) % 12] as Tensor)]);
    kindsOf([], updates);
    const together = sums.reduce((sum, each) => sum.add(each));
    expect(
      kindsOf(
        [],
        cells.map((cell) => [cell, cell.mul(together)]),
      ),
    ).toEqual(['parts', 'map', 'parts']);
    // Two cells that swap go through a copy.
    const [a, b] = [vector(0), tensor([5, 6, 7])];
    const swap: [Tensor, Tensor][] = [
      [a, b],
      [b, a],
    ];
    kindsOf(
      vectors(10).map((x) => x.add(1)),
      swap,
    );
  });
});

describe.each(devices)('independent kernels on %s', (name) => {
  beforeAll(() => setDevice(name));

  it('are computed together, again and again, with state that changes in place', async () => {
    const cells = vectors(10).map((x) => variable(x));
    const step = compile((rate: Tensor) => {
      const norm = cells.map((cell) => cell.square().sum()).reduce((sum, each) => sum.add(each));
      for (const cell of cells) assign(cell, cell.sub(cell.div(norm).mul(rate)));
      return norm;
    });
    let expected = await Promise.all(vectors(10).map(async (x) => [...(await x.data())] as number[]));
    for (let i = 0; i < 4; i++) {
      const norm = await step(tensor(0.5 + i)).item();
      const own = expected.flat().reduce((sum, value) => sum + value ** 2, 0);
      expect(norm / own).toBeCloseTo(1, 5);
      expected = expected.map((values) => values.map((value) => value - (value / own) * (0.5 + i)));
      if (name === 'wasm') expect(device.stats().kernelsInLastRun).toEqual(counted(3));
    }
    await realize(...cells);
    for (const [i, cell] of cells.entries())
      [...(await cell.data())].forEach((value, j) => expect(value).toBeCloseTo(expected[i]?.[j] ?? NaN, 4));
  });
});
