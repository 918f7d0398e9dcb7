/**
 * Concatenations of thousands of parts, and chains of thousands of operations: nothing nests per part, nothing recurses per operation.
 *
 * @module-tag long: thousands of parts and operations.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  assign,
  compile,
  concat,
  pad,
  realize,
  setDevice,
  stack,
  tensor,
  variable,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';
import { compileTensors } from './support/programs.ts';

const row = (value: number, size = 16): Tensor => tensor(new Float32Array(size).fill(value));
const numbers = (count: number, of: (i: number) => number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => of(i));

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('stack joins 6,000 rows, along any axis', async () => {
    const rows = Array.from({ length: 6000 }, (_, i) => row(i));
    expect(await stack(rows).data()).toEqual(numbers(6000 * 16, (i) => Math.floor(i / 16)));
    expect(await stack(rows, 1).data()).toEqual(numbers(6000 * 16, (i) => i % 6000));
  });

  it('parts may have different lengths, none, a dtype that is converted, a place in another tensor', async () => {
    const lengths = Array.from({ length: 40 }, (_, i) => i % 5);
    const parts = lengths.map((n, i) => tensor(new Float32Array(2 * n * 3).fill(i), { shape: [2, n, 3] }));
    const expected = [0, 1].flatMap(() => lengths.flatMap((n, i) => new Array<number>(n * 3).fill(i)));
    expect([...(await concat(parts, 1).data())]).toEqual(expected);
    const mixed = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? tensor(Int32Array.of(i)) : row(i + 0.5, 1)));
    expect([...(await concat(mixed).data())]).toEqual(mixed.map((_, i) => (i % 2 === 0 ? i : i + 0.5)));
    const whole = tensor(
      numbers(600, (i) => i),
      { shape: [30, 20] },
    );
    const computed = whole.mul(2);
    const backwards = (x: Tensor): Tensor[] => Array.from({ length: 30 }, (_, i) => x.narrow(0, 29 - i, 1));
    const reversed = numbers(600, (i) => (29 - Math.floor(i / 20)) * 20 + (i % 20));
    expect(await concat(backwards(whole)).data()).toEqual(reversed);
    expect(await concat(backwards(computed)).data()).toEqual(reversed.map((value) => 2 * value));
    const columns = Array.from({ length: 20 }, (_, i) => whole.narrow(1, 19 - i, 1));
    expect(await concat(columns, 1).data()).toEqual(numbers(600, (i) => Math.floor(i / 20) * 20 + 19 - (i % 20)));
  });

  it('parts are computed, and the whole is used like any other', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => row(i).add(0.5).square());
    const whole = stack(rows);
    const [sums, product, again] = [
      whole.sum(1),
      whole.matmul(row(1).unsqueeze(1)),
      stack([...rows, whole.narrow(0, 0, 1).squeeze(0)]),
    ];
    await realize(sums, product, again);
    const squares = numbers(50, (i) => 16 * (i + 0.5) ** 2);
    expect(await sums.data()).toEqual(squares);
    expect(await product.data()).toEqual(squares);
    expect((await again.data()).at(-1)).toBe(0.25);
  });

  it('a compiled function joins its arguments; a variable takes the whole of its own rows', async () => {
    const join = compile((...rows: Tensor[]) => stack(rows));
    for (const start of [0, 100]) {
      const rows = Array.from({ length: 30 }, (_, i) => row(start + i));
      expect(await join(...rows).data()).toEqual(numbers(30 * 16, (i) => start + Math.floor(i / 16)));
    }
    const state = variable(
      tensor(
        numbers(60, (i) => i),
        { shape: [20, 3] },
      ),
    );
    assign(state, concat(Array.from({ length: 20 }, (_, i) => state.narrow(0, 19 - i, 1))));
    expect(await state.data()).toEqual(numbers(60, (i) => (19 - Math.floor(i / 3)) * 3 + (i % 3)));
  });

  it.each([
    ['views', (x: Tensor) => x.transpose(0, 1).flip(0), 3000],
    ['paddings', (x: Tensor) => pad(pad(x, [[1, 0]]).narrow(0, 1, 2), [[0, 1]]).narrow(0, 0, 2), 300],
    ['additions', (x: Tensor) => x.add(1), 10_000],
    ['named subgraphs', (x: Tensor) => x.mul(0).softmax(1).mul(2).sub(1).add(x), 1500],
    ['additions and views', (x: Tensor) => x.transpose(0, 1).add(1), 5000],
  ] as const)('a chain of thousands of %s does not overflow the stack', async (name, step, count) => {
    let x = tensor([
      [1, 2],
      [3, 4],
    ]);
    for (let i = 0; i < count; i++) x = step(x);
    const added = name.startsWith('additions') ? count : 0;
    expect(await x.data()).toEqual(Float32Array.of(1 + added, 2 + added, 3 + added, 4 + added));
  });

  it('thousands of tensors add up', async () => {
    // On WebGPU each kernel can read few of them, and gathers the rest.
    const count = device === 'webgpu' ? 1000 : 5000;
    let total = tensor([0]);
    for (let i = 0; i < count; i++) total = total.add(tensor([i]));
    expect(await total.item()).toBe(((count - 1) * count) / 2);
  });
});

describe('kernels', () => {
  const rows = (count: number): Tensor[] => Array.from({ length: count }, (_, i) => row(i));
  const kernels = (outputs: Tensor[]): string[] => {
    const { plan, expected, actual } = compileTensors(outputs);
    expect(actual.map((values) => [...Array.from(values)])).toEqual(expected.map((values) => [...Array.from(values)]));
    return plan.kernels.map(({ kind }) => kind);
  };

  it('few parts are a choice inside of what reads them, many are copied by one kernel', () => {
    expect(kernels([stack(rows(8)).mul(2)])).toEqual(['map']);
    expect(kernels([stack(rows(9))])).toEqual(['copy']);
    expect(kernels([stack(rows(500)).mul(2)])).toEqual(['copy', 'map']);
    expect(kernels([stack(rows(500), 1)])).toEqual(['copy', 'map']);
  });

  it('many outputs that are ranges of one value are copied by one kernel', () => {
    const x = stack(rows(4)).mul(3);
    expect(kernels([0, 1, 2, 3].map((i) => x.narrow(0, i, 1)))).toEqual(['map']);
    const y = tensor(
      numbers(90, (i) => i),
      { shape: [30, 3] },
    ).mul(3);
    expect(kernels(Array.from({ length: 30 }, (_, i) => y.narrow(0, 29 - i, 1).reshape([3])))).toEqual(['map', 'copy']);
  });
});
