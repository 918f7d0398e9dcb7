/** Loops as users call them: structures, lengths, what is refused, and what becomes of state around them. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ArgumentError,
  assign,
  compile,
  device,
  DTypeError,
  ones,
  rand,
  realize,
  scan,
  setDevice,
  ShapeError,
  StaleValueError,
  tensor,
  variable,
  zeros,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';

describe.each(devices)('loops on %s', (name) => {
  beforeAll(async () => {
    setDevice(name);
    await device.ready();
  });

  it('add up as NumPy does: cumulative sums forwards and backwards', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const sums = (reverse: boolean): Tensor =>
      scan((s, row) => [s.add(row), s.add(row)], zeros([2]), x, { reverse })[1];
    expect(await sums(false).toArray()).toEqual([
      [1, 2],
      [4, 6],
      [9, 12],
    ]);
    expect(await sums(true).toArray()).toEqual([
      [9, 12],
      [8, 10],
      [5, 6],
    ]);
  });

  it('compute 90 Fibonacci numbers in int32 as it wraps', async () => {
    const first = [0, 1].map((n) => tensor(n, { dtype: 'int32' })) as [Tensor, Tensor];
    const [, all] = scan(([a, b]) => [[b, a.add(b)] as const, a], first as readonly [Tensor, Tensor], undefined, {
      length: 90,
    });
    let [a, b] = [0, 1];
    const expected = Array.from({ length: 90 }, () => {
      const here = a;
      [a, b] = [b, (a + b) | 0];
      return here;
    });
    expect(await all.toArray()).toEqual(expected);
  });

  it('take and give structures: objects, Maps, lists, and nothing', async () => {
    const [carry, ys] = scan(
      ({ sum }, [x, { y }]) => [
        { sum: sum.add(x.mul(y)), seen: new Map([['last', x]]) },
        { product: x.mul(y), nothing: undefined, list: [x, y] },
      ],
      { sum: tensor(0), seen: new Map([['last', tensor(0)]]) },
      [tensor([1, 2]), { y: tensor([3, 4]) }],
    );
    expect(await carry.sum.item()).toBe(11);
    expect(await carry.seen.get('last')?.item()).toBe(2);
    expect(await ys.product.toArray()).toEqual([3, 8]);
    expect(ys.nothing).toBeUndefined();
    expect(await ys.list[1]?.toArray()).toEqual([3, 4]);
  });

  it('of no steps give back the carry, and nothing stacked', async () => {
    const [carry, ys] = scan((s, x) => [s.add(x), s.to('int32')], tensor([7, 8]), zeros([0, 2]));
    expect(await carry.toArray()).toEqual([7, 8]);
    expect([ys.shape, ys.dtype]).toEqual([[0, 2], 'int32']);
  });

  it('of one step, with parts that have no elements', async () => {
    const [carry, ys] = scan((s, x) => [s.add(1), x], tensor([7, 8]), zeros([1, 0]));
    expect(await carry.toArray()).toEqual([8, 9]);
    expect([ys.shape, await ys.toArray()]).toEqual([[1, 0], [[]]]);
  });

  it('read variables as they are when the loop is recorded, and leave results that updates do not take away', async () => {
    const w = variable(ones([2]));
    const bias = variable(tensor([10, 20]));
    const rows = zeros([3, 4, 2]);
    const losses: Tensor[] = [];
    for (let i = 0; i < 4; i++) {
      const [last, all] = scan((h, x) => [h.add(w).add(x).add(bias), h], zeros([4, 2]), rows);
      losses.push(last.sum(), all.max());
      assign(w, w.add(last.sum().mul(0).add(1)));
    }
    const values: number[] = [];
    for (const loss of losses) values.push(await loss.item());
    // Three steps of 1, 2, … plus 30 in all.
    expect(values.filter((_, i) => i % 2 === 0)).toEqual([1, 2, 3, 4].map((n) => 4 * 3 * (n + 10 + n + 20)));
    expect(values.filter((_, i) => i % 2 === 1)).toEqual([1, 2, 3, 4].map((n) => 2 * (n + 20)));
    expect(await w.toArray()).toEqual([5, 5]);
  });

  it('update a variable in place with their carry, compiled', async () => {
    const state = variable(tensor([1, 2]));
    const run = compile((xs: Tensor) => {
      const [next, ys] = scan((s, x) => [s.mul(x), s], state, xs);
      assign(state, next);
      return ys;
    });
    const xs = tensor([
      [2, 3],
      [4, 5],
    ]);
    expect(await run(xs).toArray()).toEqual([
      [1, 2],
      [2, 6],
    ]);
    expect(await run(xs).toArray()).toEqual([
      [8, 30],
      [16, 90],
    ]);
    expect(await state.toArray()).toEqual([64, 450]);
  });

  it('call compiled functions inside, and can be asked for one result after the other', async () => {
    const double = compile((x: Tensor) => x.mul(2));
    const [last, all] = scan((s) => [double(s), s], tensor([1, 3]), undefined, { length: 4 });
    expect(await last.toArray()).toEqual([16, 48]);
    expect(await all.toArray()).toEqual([
      [1, 3],
      [2, 6],
      [4, 12],
      [8, 24],
    ]);
    await realize(last, all);
  });

  it('hand on a carry that goes round in a circle', async () => {
    const first = [tensor([1]), tensor([2]), tensor([3])] as const;
    const [[a, b, c]] = scan(([p, q, r]) => [[q, r, p], undefined], first, undefined, { length: 4 });
    expect([await a.item(), await b.item(), await c.item()]).toEqual([2, 3, 1]);
  });

  it('read beside their parameters what is broadcast, sliced and transposed', async () => {
    const w = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const [last] = scan(
      (s, x) => [s.add(w.transpose(0, 1).matmul(x)).add(w.narrow(0, 0, 1).reshape([3])), undefined],
      zeros([3]),
      ones([2, 2]),
    );
    expect(await last.toArray()).toEqual([12, 18, 24]);
  });
});

describe('scan refuses', () => {
  beforeAll(() => setDevice('reference'));
  const step = (s: Tensor, x: Tensor): [Tensor, Tensor] => [s.add(x), x];

  it.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    [
      'a carry that changes its shape',
      () => scan((s, x: Tensor) => [s.add(x), s], tensor(0), ones([3, 2])),
      ShapeError,
      /the next carry is float32\[2\], but carry is float32\[\]/,
    ],
    [
      'a carry that changes its dtype',
      () => scan((s, x: Tensor) => [s.add(x), s], tensor(0, { dtype: 'int32' }), ones([3])),
      DTypeError,
      /the next carry is float32\[\], but carry is int32\[\]/,
    ],
    [
      'a carry of another structure',
      () => scan((s, x: Tensor) => [[s, x] as unknown as Tensor, s], tensor(0), ones([3])),
      ArgumentError,
      /another structure/,
    ],
    [
      'leading axes that differ',
      () => scan((s: Tensor) => [s, s], tensor(0), [ones([3]), ones([2])]),
      ShapeError,
      /xs\[1\], float32\[2\], has 2 steps, but xs\[0\] has 3/,
    ],
    [
      'a length that is not that of xs',
      () => scan(step, tensor(0), ones([3]), { length: 4 }),
      ShapeError,
      /length is 4, but xs has 3/,
    ],
    ['numbers to step over', () => scan(step, tensor(0), tensor(3)), ShapeError, /xs, float32\[\], has no axis/],
    [
      'no length',
      () => scan((s) => [s, s], tensor(0), undefined),
      ArgumentError,
      /nothing to read step by step[\s\S]*\{ length \}/,
    ],
    [
      'an async step',
      () => scan((async () => [tensor(0), tensor(0)]) as never, tensor(0), ones([3])),
      ArgumentError,
      /must not be async/,
    ],
    [
      'a step that returns a tensor',
      () => scan(((s: Tensor) => s) as never, tensor(0), ones([3])),
      ArgumentError,
      /must return \[carry, y\], not/,
    ],
    [
      'numbers as carry',
      () => scan(step as never, 0 as never, ones([3]) as never),
      ArgumentError,
      /carry must be a tensor/,
    ],
    ['nothing at all', () => scan(() => [[], undefined], [], ones([3])), ArgumentError, /neither hands on/],
  ])('%s', (_, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  it('assignments inside, with the line of the caller', () => {
    const count = variable(tensor(0));
    const call = (): unknown =>
      scan(
        (s, x: Tensor) => {
          assign(count, count.add(1));
          return [s.add(x), x];
        },
        tensor(0),
        ones([3]),
      );
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(/inside the body of a loop/);
  });

  it('variables made inside of what is inside', () => {
    const call = (): unknown => scan((s, x: Tensor) => [s.add(variable(x.add(1))), x], tensor(0), ones([3]));
    expect(call).toThrow(/\[variable\] the initial value .* inside the body of a loop[\s\S]*before the loop/);
  });

  it('shapes that do not fit inside, on the line inside', () => {
    try {
      scan((s, x: Tensor) => [s.matmul(x), undefined], ones([2, 2]), ones([4, 3, 2]));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ShapeError);
      expect(
        String((error as Error).stack)
          .split('\n')
          .find((line) => line.includes('at ')),
      ).toContain('scan.test.ts');
    }
  });

  it('reading a value inside, and outside one that was made inside', async () => {
    let inner: Tensor | undefined;
    let read: Promise<unknown> = Promise.resolve();
    scan(
      (s, x: Tensor) => {
        inner = s.add(x);
        read = s.add(1).toArray();
        return [inner, undefined];
      },
      tensor(0),
      ones([3]),
    );
    await expect(read).rejects.toThrow(StaleValueError);
    await expect(inner?.toArray()).rejects.toThrow(/inside the body of a loop/);
    // Nothing else is hurt.
    expect(await rand([2]).mul(0).toArray()).toEqual([0, 0]);
  });
});
