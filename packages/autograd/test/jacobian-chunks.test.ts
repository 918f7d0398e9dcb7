/** Jacobians so many rows, or columns, at a time: the same numbers, in the memory of a chunk. */
import { prod, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { linearize, nodeOf, toProgram } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileProgram } from '../../tensor/src/compiler/compile.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { hessian, jacobian, vmap } from '../src/index.ts';

const modes = ['reverse', 'forward'] as const;

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(modes)('%s: of structures, with a last chunk that is smaller', async (mode) => {
    const f = ({ a, b }: { a: Tensor; b: Tensor }, c: Tensor): [Tensor, { products: Tensor }, Tensor] => [
      a.mul(c).sum(0),
      { products: a.matmul(b).sin() },
      c.exp(),
    ];
    const args = [{ a: tensor([[1, 2, 3], [4, 5, 6]]), b: tensor([[1], [2], [3]]) }, tensor([0.5, -1, 2])] as const; // prettier-ignore
    const flat = (all: unknown): Promise<number[]>[] =>
      typeof (all as Tensor).data === 'function'
        ? [(all as Tensor).data().then((data) => Array.from(data, Number))]
        : Object.values(all as object).flatMap(flat);
    const numbers = async (chunkSize?: number): Promise<number[][]> =>
      Promise.all(flat(jacobian(f, { argnums: [0, 1], mode, ...(chunkSize !== undefined && { chunkSize }) })(...args)));
    const whole = await numbers();
    expect(whole.flat().filter((x) => x !== 0).length).toBeGreaterThan(20);
    for (const chunkSize of [1, 2, 100]) {
      const parts = await numbers(chunkSize);
      expect(parts.map((part) => part.length)).toEqual(whole.map((part) => part.length));
      parts.flat().forEach((x, i) => expect(x).toBeCloseTo(whole.flat()[i] ?? NaN, 5));
    }
  });

  it('Hessians, and Jacobians mapped over examples', async () => {
    const f = (x: Tensor): Tensor => x.pow(3).sum().add(prod(x));
    const x = tensor([1, 2, 3]);
    const expected = [[6, 3, 2], [3, 12, 1], [2, 1, 18]]; // prettier-ignore
    expect(await hessian(f, { chunkSize: 2 })(x).toArray()).toEqual(expected);
    const square = (v: Tensor): Tensor => v.square();
    const each = vmap(jacobian(square, { chunkSize: 2 }))(tensor([[1, 2, 3], [4, 5, 6]])); // prettier-ignore
    expect(await each.toArray()).toEqual([
      [[2, 0, 0], [0, 4, 0], [0, 0, 6]],
      [[8, 0, 0], [0, 10, 0], [0, 0, 12]],
    ]); // prettier-ignore
  });

  it('has aux, nothing where nothing depends, and the error of what has no gradient', async () => {
    const { jacobian: all, aux } = jacobian((x: Tensor) => [x.mul(2), 'anything'] as const, {
      hasAux: true,
      chunkSize: 1,
    })(tensor([1, 2]));
    expect([await all.toArray(), aux]).toEqual([[[2, 0], [0, 2]], 'anything']); // prettier-ignore
    for (const mode of modes) {
      const none = jacobian((_: Tensor, y: Tensor) => y.mul(2), { mode, chunkSize: 1 })(tensor([1, 2]), tensor([3]));
      expect(await none.toArray()).toEqual([[0, 0]]);
      expect(() => jacobian((x: Tensor) => x.argmax().to('float32'), { mode, chunkSize: 1 })(tensor([1, 2]))).toThrow(
        /has no gradient/,
      );
    }
  });
});

it.each(modes)('%s: memory is that of a chunk', (mode) => {
  setDevice('wasm');
  const [n, inner] = [64, 2000];
  // A row of the Jacobian needs `inner` numbers on the way.
  const f = (x: Tensor): Tensor => {
    const wide = x
      .unsqueeze(1)
      .mul(zeros([n, inner]))
      .sin();
    return wide
      .matmul(zeros([inner, 3]))
      .sum(1)
      .mul(wide.sum())
      .sin();
  };
  const bytesOf = (chunkSize?: number): number => {
    const all = jacobian(f, { mode, ...(chunkSize !== undefined && { chunkSize }) })(zeros([n]));
    return compileProgram(toProgram(linearize([nodeOf(all)]))).arenaBytes;
  };
  expect(bytesOf(4)).toBeLessThan(bytesOf() / 3);
});

it('chunks of no rows are refused', () => {
  for (const chunkSize of [0, -1, 1.5]) expect(() => jacobian((x: Tensor) => x, { chunkSize })).toThrow(/chunkSize/);
});
