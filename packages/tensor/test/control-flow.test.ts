/** Choices and loops that depend on values, beside the same in TypeScript; gradients in @hebb/autograd. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ArgumentError,
  cond,
  DTypeError,
  ones,
  scan,
  setDevice,
  ShapeError,
  tensor,
  whileLoop,
  zeros,
} from '../src/index.ts';
import { devices } from './support/devices.ts';

describe.each(devices)('control flow on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each([3, -3])('cond chooses by the sign of %d, and what is not chosen may be NaN', async (value) => {
    const x = tensor([value, 2 * value]);
    const result = cond(
      tensor([value]).greater(0),
      (y) => ({ sum: y.sum(), roots: [y.sqrt(), y.log()] }),
      (y) => ({ sum: y.sum().mul(2), roots: [y.neg().sqrt(), y.neg().log()] }),
      x,
    );
    expect(await result.sum.item()).toBe(value > 0 ? 9 : -18);
    const [roots, logs] = [await result.roots[0]?.data(), await result.roots[1]?.data()];
    [3, 6].forEach((n, i) => {
      expect(roots?.[i]).toBeCloseTo(Math.sqrt(n), 6);
      expect(logs?.[i]).toBeCloseTo(Math.log(n), 6);
    });
  });

  it.each([1, 6, 7, 27, 97])('whileLoop counts the Collatz steps of %d', async (start) => {
    let [n, expected] = [start, 0];
    for (; n !== 1; expected++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    const [last, steps] = whileLoop(
      (x) => x.notEqual(1),
      (x) => {
        const half = x.to('float32').div(2).floor().to('int32');
        return cond(
          half.mul(2).equal(x),
          () => half,
          () => x.mul(3).add(1),
        );
      },
      tensor(start, { dtype: 'int32' }),
      { maxSteps: 120 },
    );
    expect([await last.item(), await steps.item()]).toEqual([1, expected]);
  });

  it('whileLoop ends at maxSteps', async () => {
    const [last, steps] = whileLoop(
      () => tensor(1).greater(0),
      ({ x }) => ({ x: x.add(1) }),
      { x: zeros([2]) },
      { maxSteps: 4 },
    );
    expect([await last.x.toArray(), await steps.item()]).toEqual([[4, 4], 4]);
    const [same, none] = whileLoop(
      (x) => x.sum().less(9),
      (x) => x.add(1),
      zeros([2]),
      { maxSteps: 0 },
    );
    expect([await same.toArray(), await none.item()]).toEqual([[0, 0], 0]);
  });
});

describe('control flow refuses', () => {
  const yes = tensor(1).greater(0);
  it.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    [
      'a predicate of numbers',
      () =>
        cond(
          tensor(1),
          () => yes,
          () => yes,
        ),
      DTypeError,
      /must be bool, not float32\[\][\s\S]*Compare it/,
    ],
    [
      'several predicates',
      () =>
        cond(
          tensor([1, 2]).greater(1),
          () => yes,
          () => yes,
        ),
      ShapeError,
      /one value, not bool\[2\][\s\S]*where/,
    ],
    [
      'results of other shapes',
      () =>
        cond(
          yes,
          () => zeros([2]),
          () => zeros([3]),
        ),
      ShapeError,
      /result of ifFalse is float32\[3\], but the result of ifTrue is float32\[2\]/,
    ],
    [
      'results of other structures',
      () =>
        cond(
          yes,
          () => [yes],
          () => [yes, yes],
        ),
      ArgumentError,
      /another structure/,
    ],
    [
      'an async branch',
      () => cond(yes, (async () => zeros([])) as never, () => zeros([])),
      ArgumentError,
      /must not be async/,
    ],
    [
      'a step of another shape',
      () =>
        whileLoop(
          () => yes,
          () => zeros([3]),
          zeros([2]),
          { maxSteps: 2 },
        ),
      ShapeError,
      /the next carry is float32\[3\]/,
    ],
    [
      'no maxSteps',
      () =>
        whileLoop(
          () => yes,
          (x) => x,
          zeros([2]),
          {} as never,
        ),
      ArgumentError,
      /maxSteps/,
    ],
  ])('%s', (_, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('whileLoop on wasm', () => {
  beforeAll(() => setDevice('wasm'));

  it('leaves out the steps after its end: ten million of them would take minutes', async () => {
    const matrix = zeros([64, 64]).add(1 / 128);
    const [end, steps] = whileLoop(
      (x) => x.max().greater(1e-3),
      (x) => x.matmul(matrix),
      ones([64, 64]),
      { maxSteps: 10_000_000 },
    );
    expect(await steps.item()).toBe(10);
    expect(await end.max().item()).toBeCloseTo(2 ** -10, 8);
  });

  it('ends in a loop as often as that goes round, each time at its own step', async () => {
    const xs = tensor([1, 5, 0, 12]);
    const [, counts] = scan(
      (s, x) => {
        const [, steps] = whileLoop(
          (y) => y.greater(0),
          (y) => y.sub(1),
          x,
          { maxSteps: 20 },
        );
        return [s, steps];
      },
      zeros([]),
      xs,
    );
    expect(await counts.toArray()).toEqual([1, 5, 0, 12]);
  });
});
