/** What movements cost, and what they refuse. */
import { describe, expect, it } from 'vitest';
import {
  diagonal,
  meshgrid,
  moveAxis,
  norm,
  pad,
  repeat,
  repeatInterleave,
  roll,
  rot90,
  slice,
  split,
  tensor,
  tril,
  unflatten,
  ones,
  zeros,
  ArgumentError,
  ShapeError,
  type Tensor,
} from '../src/index.ts';
import { compileTensors } from './support/programs.ts';

const x = (): Tensor =>
  tensor(
    Float32Array.from({ length: 60 }, (_, i) => i + 1),
    { shape: [3, 4, 5] },
  );

describe('movements are index arithmetic inside what reads them', () => {
  it.each<readonly [string, (t: Tensor) => Tensor]>([
    ['diagonal', (t) => diagonal(t, 1, 0, 2)],
    ['tril', (t) => tril(t)],
    ['moveAxis', (t) => moveAxis(t, 0, -1)],
    ['unflatten', (t) => unflatten(t, 1, [2, 2])],
    ['roll', (t) => roll(t, [1, -1], [0, 2])],
    ['rot90', (t) => rot90(t, 3, [1, 2])],
    ['repeat', (t) => repeat(t, [2, 1, 1, 3])],
    ['repeatInterleave', (t) => repeatInterleave(t, 2, 1)],
    ['repeatInterleave with counts', (t) => repeatInterleave(t, [2, 0, 1], 0)],
    ['slice backwards', (t) => slice(t, [2, Infinity], [0], [-1, -2])],
    ...(['constant', 'reflect', 'replicate', 'circular'] as const).map(
      (mode) =>
        [
          `pad ${mode}`,
          (t: Tensor) =>
            pad(
              t,
              [
                [1, 1],
                [0, 0],
                [2, -1],
              ],
              { mode },
            ),
        ] as const,
    ),
  ])('%s', (_name, move) => {
    const { plan, actual, expected } = compileTensors([move(x()).mul(2).exp().sum(0)]);
    expect(plan.kernels).toHaveLength(1);
    actual.forEach((values, i) => expect([...Array.from(values)]).toEqual([...Array.from(expected[i] ?? [])]));
  });
});

describe('what cannot be moved is refused in words', () => {
  it.each<readonly [() => unknown, typeof ShapeError | typeof ArgumentError, RegExp]>([
    [
      () => pad(ones([3]), [[3, 0]], { mode: 'reflect' }),
      ShapeError,
      /mode 'reflect' can add at most 2 elements to a side of axis 0 of float32\[3\], not 3/,
    ],
    [() => pad(ones([3]), [[0, 4]], { mode: 'circular' }), ShapeError, /at most 3/],
    [() => pad(ones([3]), [[-2, 2]], { mode: 'circular' }), ShapeError, /at most 1/],
    [() => pad(zeros([0]), [[0, 1]], { mode: 'replicate' }), ShapeError, /at most 0/],
    [() => pad(ones([3]), [[-2, -2]]), ShapeError, /cannot crop 4 elements of axis 0 of float32\[3\]/],
    [() => pad(ones([3]), [[1, 1]], { mode: 'reflect', value: 3 }), ArgumentError, /mode 'reflect' takes none/],
    [
      () => unflatten(ones([6]), 0, [4, -1]),
      ShapeError,
      /cannot cut axis 0 of float32\[6\], which has extent 6, into \[4, -1\]/,
    ],
    [() => unflatten(ones([6]), 0, [-1, -1, 6]), ShapeError, /cannot cut/],
    [() => split(ones([5]), [2, 2]), ShapeError, /the parts have 4 elements together; axis 0 of float32\[5\] has 5/],
    [() => moveAxis(ones([2, 3]), [0, 0], [0, 1]), ShapeError, /names an axis twice/],
    [() => roll(ones([3]), [1, 2], 0), ArgumentError, /a shift for each axis/],
    [() => rot90(ones([3, 3]), 1, [0, 0]), ShapeError, /two different axes/],
    [() => repeat(ones([2, 3]), [2]), ShapeError, /a count for each axis.*\n.*tile/],
    [() => repeatInterleave(ones([3]), [1, 2]), ShapeError, /2 repeats for the 3 positions/],
    [() => diagonal(ones([3, 3]), 0, 1, -1), ShapeError, /two different axes/],
    [() => tril(ones([3])), ShapeError, /takes matrices, not float32\[3\]/],
    [() => meshgrid([ones([2, 2])]), ShapeError, /takes vectors/],
    [() => slice(ones([3]), [0], [3], [0]), ArgumentError, /steps must be integers other than 0/],
    [() => norm(ones([3]), 0, { p: NaN }), ArgumentError, /p is NaN/],
  ])('%s', (call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});
