/** Compiled functions take and return tensors in arrays, plain objects and Maps, as deep as one likes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ArgumentError,
  assign,
  compile,
  device,
  realize,
  setDevice,
  tensor,
  variable,
  zeros,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';

interface Batch {
  images: readonly Tensor[];
  readonly target: { y: Tensor; mask?: Tensor | null };
  name: string;
}

class Model {
  weight: Tensor = tensor([1, 2]);
  forward(x: Tensor): Tensor {
    return x.mul(this.weight);
  }
}

describe.each(devices)('structures on %s', (name) => {
  beforeAll(() => setDevice(name));
  afterAll(() => setDevice('reference'));

  it('are recorded once and bound by their places', async () => {
    let recorded = 0;
    const f = compile((batch: Batch, [scale, power]: readonly [Tensor, number], extra: ReadonlyMap<string, Tensor>) => {
      recorded++;
      const images = batch.images.map((x) => x.mul(scale).pow(power));
      return { images, y: batch.target.y.sub(extra.get('shift') ?? 0), masked: batch.target.mask?.neg() };
    });
    const call = (k: number): ReturnType<typeof f> =>
      f(
        { images: [tensor([k, 2]), tensor([3])], target: { y: tensor(k), mask: tensor([k]) }, name: 'a' },
        [tensor(2), 2],
        new Map([['shift', tensor(10 * k)]]),
      );
    for (const k of [1, 5]) {
      const { images, y, masked } = call(k);
      expect(await Promise.all(images.map((x) => x.toArray()))).toEqual([[4 * k * k, 16], [36]]);
      expect(await y.item()).toBe(-9 * k);
      expect(await masked?.toArray()).toEqual([-k]);
    }
    expect(recorded).toBe(1);
  });

  it('are told apart by lengths, names and their order, kinds, plain values, and what is missing', async () => {
    const seen: string[] = [];
    const f = compile(
      (x: Record<string, Tensor | number | null | undefined> | Tensor[] | ReadonlyMap<string | number, Tensor>) => {
        const parts = Array.isArray(x) ? x : x instanceof Map ? [...x.values()] : Object.values(x);
        seen.push(x instanceof Map ? 'map' : Array.isArray(x) ? 'array' : Object.keys(x).join());
        return parts.reduce<Tensor>((total, part) => total.mul(10).add((part as Tensor | null) ?? 0), tensor(0));
      },
    );
    const [one, two] = [tensor(1), tensor(2)];
    const calls: [Parameters<typeof f>[0], number][] = [
      [{ a: one, b: two }, 12],
      [{ b: two, a: one }, 21],
      [{ a: one, c: two }, 12],
      [{ a: one }, 1],
      [{ a: one, b: undefined }, 10],
      [{ a: one, b: null }, 10],
      [{ a: one, b: 3 }, 13],
      [{ a: one, b: 4 }, 14],
      [[one, two], 12],
      [[one, two, two], 122],
      [[], 0],
      [new Map([['a', one]]), 1],
      [new Map([[1, one]]), 1],
      [new Map([['1', one]]), 1],
    ];
    for (let pass = 0; pass < 2; pass++)
      for (const [argument, expected] of calls) expect(await f(argument).item()).toBe(expected);
    expect(seen.length).toBe(calls.length);
    expect(await f([tensor([3]), tensor([4])]).toArray()).toEqual([34]);
    expect(seen.length).toBe(calls.length + 1);
  });

  it('may hold one tensor in several places, also a variable that the function updates', async () => {
    const v = variable(tensor([1, 2]));
    const f = compile(({ a, b }: { a: Tensor; b: { c: Tensor }[] }) => {
      assign(v, v.add(1));
      return [a.mul(2), ...b.map(({ c }) => c.mul(3)), v.mul(1)];
    });
    const x = tensor([5, 6]);
    const values = (list: Tensor[]): Promise<unknown[]> => Promise.all(list.map((t) => t.toArray()));
    expect(await values(f({ a: x, b: [{ c: x }] }))).toEqual([
      [10, 12],
      [15, 18],
      [2, 3],
    ]);
    expect(await values(f({ a: v, b: [{ c: v }] }))).toEqual([
      [4, 6],
      [6, 9],
      [3, 4],
    ]);
    expect(await values(f({ a: x, b: [{ c: tensor([1, 1]) }] }))).toEqual([
      [10, 12],
      [3, 3],
      [4, 5],
    ]);
  });

  it('come back as Maps, and the same structure each time, apart from the last', async () => {
    const f = compile((x: Tensor) => ({
      grads: new Map([
        ['w', x.neg()],
        ['b', x],
      ] as const),
      none: undefined,
    }));
    const [first, second] = [f(tensor([1])), f(tensor([2]))];
    expect([...first.grads.keys()]).toEqual(['w', 'b']);
    expect(await first.grads.get('w')?.toArray()).toEqual([-1]);
    expect(await second.grads.get('b')?.toArray()).toEqual([2]);
    expect(Object.keys(second)).toEqual(['grads', 'none']);
    expect(second.grads).not.toBe(first.grads);
  });

  it('do not let a function change those of its caller', async () => {
    const list = [tensor([1])];
    const f = compile((xs: Tensor[]) => {
      xs.push(tensor([9]));
      return xs.map((x) => x.mul(2));
    });
    expect((await Promise.all(f(list).map((x) => x.toArray()))).flat()).toEqual([2, 18]);
    expect(list.length).toBe(1);
  });

  it('are realized together', async () => {
    const x = tensor([1, 2]).add(1);
    const structure = { a: [x.mul(2), x.mul(3)], b: new Map([['c', x.sum()]]) };
    await device.ready();
    const { runs } = device.stats();
    await realize(structure, [x]);
    expect(await structure.b.get('c')?.item()).toBe(5);
    expect(await structure.a[1]?.toArray()).toEqual([6, 9]);
    expect(device.stats().runs).toBe(runs + 1);
    await expect(realize({ x, n: 3 } as unknown as Tensor)).rejects.toThrow(/argument 0\.n .*3/);
  });

  it('of other kinds are refused by name', () => {
    const f = compile((x: { a: Tensor | readonly Tensor[] }) => x.a) as (x: unknown) => unknown;
    const refused = (value: unknown, message: RegExp): void => {
      expect(() => f(value)).toThrow(ArgumentError);
      expect(() => f(value)).toThrow(message);
    };
    refused({ a: new Model() }, /argument 0\.a is a Model/);
    refused({ a: new Float32Array(3) }, /argument 0\.a is a Float32Array/);
    refused({ a: [tensor(1), new Date()] }, /argument 0\.a\[1\] is a Date/);
    refused({ a: new Set([tensor(1)]) }, /argument 0\.a is a Set/);
    refused({ a: (): number => 1 }, /argument 0\.a is/);
    refused({ a: 3n }, /argument 0\.a is 3n/);
    refused(new Map([[{}, tensor(1)]]), /keys of Maps are strings or numbers, not an empty object, in argument 0/);
    const loop: { a: unknown } = { a: undefined };
    loop.a = [loop];
    refused(loop, /argument 0\.a\[0\] contains itself/);
    const back = compile(() => ({ x: [tensor(1), 3] }) as unknown as Tensor);
    expect(() => back()).toThrow(/returned 3 as the result\.x\[1\]/);
  });

  it('may have types that the caller decides', async () => {
    const relu = compile(<T extends Tensor>(x: T, again: T) => x.add(again).relu());
    const first = compile(<T extends { readonly x: Tensor }>(batch: T): T['x'] => batch.x);
    const wrap = <A extends Tensor[], R extends Tensor>(f: (...args: A) => R): ((...args: A) => R) => compile(f);
    const result: Tensor[] = [
      relu(tensor([-1, 2]), tensor([0, 0])),
      first({ x: tensor([3, 4]), y: tensor(0) }),
      wrap((x: Tensor, y: Tensor) => x.add(y))(tensor([1, 2]), tensor([3, 4])),
    ];
    expect(await Promise.all(result.map((x) => x.toArray()))).toEqual([
      [0, 2],
      [3, 4],
      [4, 6],
    ]);
    // @ts-expect-error what may be no tensor
    compile(<T>(x: T) => x);
  });

  it('of other kinds do not compile in TypeScript', () => {
    // @ts-expect-error host data has to be made a tensor of
    compile((x: Float32Array) => tensor(x));
    // @ts-expect-error a function has no value to be recognized by
    compile((x: { f: () => number }) => tensor(x.f()));
    // @ts-expect-error an instance of a class
    compile((model: Model) => model.weight);
    // @ts-expect-error a Date in a structure
    compile((x: { at: Date }) => tensor(x.at.getTime()));
    // @ts-expect-error an async function
    compile(async (x: Tensor) => Promise.resolve(x));
    // @ts-expect-error a number as a result
    compile((x: Tensor) => ({ x, n: 3 }));
    const f = compile((batch: Batch) => batch.target.y);
    const result: (batch: Batch) => Tensor = f;
    // @ts-expect-error a missing part
    expect(() => result({ images: [zeros([1])], name: 'x' })).toThrow();
  });
});
