/** @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ArgumentError,
  arange,
  assign,
  compile,
  composite,
  concat,
  conv2d,
  device,
  DeviceError,
  DTypeError,
  full,
  Generator,
  type GeneratorState,
  guard,
  manualSeed,
  matmul,
  ones,
  rand,
  randint,
  randn,
  realize,
  scalar,
  setDevice,
  ShapeError,
  StaleValueError,
  tensor,
  variable,
  zeros,
  type Tensor,
} from '../src/index.ts';
import { liveMegabytes } from './support/live-memory.ts';
import { devices } from './support/devices.ts';

describe.each(devices)('the runtime on %s', (name) => {
  beforeAll(() => setDevice(name));
  afterAll(() => setDevice('reference'));

  describe('recording', () => {
    it('computes nothing before a value is asked for', async () => {
      await device.ready();
      const { runs } = device.stats();
      const x = tensor([1, 2, 3]).mul(2).add(1);
      expect(x.shape).toEqual([3]);
      expect(device.stats().runs).toBe(runs);
      expect(await x.toArray()).toEqual([3, 5, 7]);
      expect(device.stats().runs).toBe(runs + 1);
    });

    it('computes a value once', async () => {
      const x = tensor([1, 2]).exp();
      const first = await x.data();
      const { runs } = device.stats();
      expect(await x.data()).toEqual(first);
      expect(device.stats().runs).toBe(runs);
    });

    it('gives Float32Array, Int32Array and Uint8Array, nested arrays and single numbers', async () => {
      expect(await tensor([1.5, 2]).neg().data()).toEqual(Float32Array.of(-1.5, -2));
      expect(await arange(3).mul(2).data()).toEqual(Int32Array.of(0, 2, 4));
      expect(await arange(3).less(1).data()).toEqual(Uint8Array.of(1, 0, 0));
      expect(
        await tensor([
          [1, 2],
          [3, 4],
        ])
          .transpose(0, 1)
          .toArray(),
      ).toEqual([
        [1, 3],
        [2, 4],
      ]);
      expect(
        await tensor([
          [1, 2],
          [3, 4],
        ])
          .sum()
          .item(),
      ).toBe(10);
      expect(await zeros([2, 0, 3]).toArray()).toEqual([[], []]);
      await expect(tensor([1, 2]).item()).rejects.toThrow(ShapeError);
    });

    it('hands out copies', async () => {
      const x = tensor([1, 2]).add(0);
      const data = await x.data();
      data[0] = 9;
      expect(await x.toArray()).toEqual([1, 2]);
    });

    it('computes several tensors in one plan', async () => {
      const x = tensor([1, 2, 3]);
      const [a, b] = [x.sum(), x.mul(2)];
      const { runs } = device.stats();
      await realize(a, b);
      expect(device.stats().runs).toBe(runs + 1);
      expect(await a.item()).toBe(6);
      expect(await b.toArray()).toEqual([2, 4, 6]);
    });

    it('survives long chains of costly operations, also behind a reduction', async () => {
      const chain = (x: Tensor): Tensor => {
        let y = x;
        for (let i = 0; i < 3000; i++) y = y.sin().add(1);
        return y;
      };
      // The solution of y = sin y + 1.
      for (const start of [tensor([1]), tensor([[1, 0]]).sum(1), tensor([[1]]).matmul(tensor([[1]]))])
        expect(await chain(start).item()).toBeCloseTo(1.9345632, 6);
    });

    it('survives a chain of a hundred thousand operations', async () => {
      let x = tensor(0);
      for (let i = 0; i < 100_000; i++) x = i % 2 === 0 ? x.add(3) : x.sub(1);
      expect(await x.item()).toBe(100_000);
    }, 120_000);

    it('runs the first program of the manual', async () => {
      const a = tensor([
        [1, 2],
        [3, 4],
      ]);
      const b = a.matmul(a.transpose(0, 1)).add(1).relu();
      expect(await b.toArray()).toEqual([
        [6, 12],
        [12, 26],
      ]);
      expect((await b.sum().item()) > 0).toBe(true);
    });
  });

  describe('plans', () => {
    it('finds the plan of the same computation on other numbers', async () => {
      const compute = (x: number, rate: number): Promise<number> => tensor([x, 1]).mul(scalar(rate)).sum().item();
      expect(await compute(2, 10)).toBe(30);
      const { planCache } = device.stats();
      expect(await compute(3, 100)).toBe(400);
      expect(device.stats().planCache).toMatchObject({ hits: planCache.hits + 1, misses: planCache.misses });
    });

    it('makes a new plan for other shapes and other constants', async () => {
      await tensor([1, 2]).mul(17).data();
      const { misses } = device.stats().planCache;
      await tensor([1, 2, 3]).mul(17).data();
      await tensor([1, 2]).mul(18).data();
      expect(device.stats().planCache.misses).toBe(misses + 2);
    });
  });

  describe('variables', () => {
    it('has its initial value, then what was assigned', async () => {
      const v = variable(tensor([1, 2]));
      expect(await v.toArray()).toEqual([1, 2]);
      assign(v, v.mul(10));
      expect(await v.toArray()).toEqual([10, 20]);
      assign(v, tensor([5, 6]));
      expect(await v.add(1).toArray()).toEqual([6, 7]);
      expect(await v.toArray()).toEqual([5, 6]);
    });

    it('is computed from a recorded initial value at its first use', async () => {
      const v = variable(zeros([3]).add(2));
      expect(await v.sum().item()).toBe(6);
    });

    it('begins with what was assigned before anybody read it, of which nothing is computed until then', async () => {
      await tensor([1]).add(1).data();
      await liveMegabytes();
      const { buffers } = device.memory();
      const weights = Array.from({ length: 3 }, () => variable(randn([64, 64]), { requiresGrad: true }));
      for (const weight of weights) assign(weight, zeros([64, 64]).add(3));
      const { runs } = device.stats();
      await tensor([2]).add(1).data();
      setDevice(name);
      expect(device.stats().runs - runs).toBe(1);
      expect(device.memory().buffers).toBe(buffers);
      expect(await (weights[0] as Tensor).max().item()).toBe(3);
      expect(device.memory().buffers).toBe(buffers + 1);
    });

    it('keeps what was read before a variable got its first value by an assignment', async () => {
      const v = variable(zeros([2]).add(1));
      const before = v.mul(10);
      assign(v, zeros([2]).add(5));
      expect(await v.toArray()).toEqual([5, 5]);
      expect(await before.toArray()).toEqual([10, 10]);
      for (const change of [(data: Tensor) => data, (data: Tensor) => data.add(1)]) {
        const data = tensor([1, 2]);
        const w = variable(zeros([2]));
        assign(w, change(data));
        data.dispose();
        expect(await w.toArray()).toEqual(await change(tensor([1, 2])).toArray());
      }
    });

    it('keeps the old value for what was recorded before an update', async () => {
      const v = variable(tensor([1, 2]));
      await v.data();
      const before = v.mul(2);
      const chained = before.add(1);
      assign(v, v.add(100));
      const after = v.mul(2);
      expect(await after.toArray()).toEqual([202, 204]);
      expect(await before.toArray()).toEqual([2, 4]);
      expect(await chained.toArray()).toEqual([3, 5]);
    });

    it('keeps the old value also where the new one comes from the host', async () => {
      const v = variable(tensor([1, 2]));
      await v.data();
      const before = v.mul(2);
      assign(v, tensor([7, 7]));
      expect(await v.toArray()).toEqual([7, 7]);
      expect(await before.toArray()).toEqual([2, 4]);
    });

    it('reads the value of the moment at which data() was called', async () => {
      const v = variable(tensor([1, 2]));
      await v.data();
      const reading = v.data();
      assign(v, v.add(1));
      const later = v.data();
      expect(await reading).toEqual(Float32Array.of(1, 2));
      expect(await later).toEqual(Float32Array.of(2, 3));
    });

    it('does not give stale values for intermediates of a computed plan', async () => {
      const v = variable(tensor([1, 2]));
      const hidden = v.mul(2);
      expect(await hidden.sum().item()).toBe(6);
      assign(v, v.add(1));
      expect(await v.toArray()).toEqual([2, 3]);
      await expect(hidden.data()).rejects.toThrow(StaleValueError);
      await expect(hidden.add(1).data()).rejects.toThrow(/updated/);
      expect(await v.toArray()).toEqual([2, 3]);
    });

    it('goes on after an update that could not be computed', async () => {
      const w = variable(tensor([1, 2]));
      const lost = tensor([5, 5]);
      const late = w.mul(3);
      assign(w, w.add(lost.mul(2)));
      lost.dispose();
      expect(await w.toArray()).toEqual([11, 12]);
      expect(await late.toArray()).toEqual([3, 6]);
      const gone = tensor([5, 5]);
      const product = gone.mul(w);
      gone.dispose();
      assign(w, w.sub(product));
      await expect(w.data()).rejects.toThrow(StaleValueError);
      expect(await w.toArray()).toEqual([11, 12]);
      assign(w, w.add(1));
      await expect(product.data()).rejects.toThrow(StaleValueError);
      expect(await w.toArray()).toEqual([12, 13]);
    });

    it('is not held up by what was recorded and can no longer be computed', async () => {
      // Larger than what is computed with an update because somebody may ask for it later.
      const size = [2000];
      const ends = async (v: Tensor): Promise<number> => (await v.data())[1999] as number;
      const [a, b] = [variable(ones(size)), variable(ones(size).mul(2))];
      const hidden = a.mul(3);
      assign(b, b.add(hidden));
      const unread = hidden.sin().mul(b);
      assign(a, ones(size).mul(7));
      expect(await ends(b)).toBe(5);
      assign(b, b.mul(2));
      expect(await ends(b)).toBe(10);
      await expect(unread.data()).rejects.toThrow(StaleValueError);
      const [c, d] = [variable(ones(size)), variable(ones(size).mul(2))];
      const between = c.mul(3);
      assign(d, d.add(between));
      const lost = between.sin().mul(d);
      assign(c, c.add(1));
      expect(await ends(d)).toBe(5);
      const double = compile(() => assign(d, d.mul(2)));
      double();
      expect(await ends(d)).toBe(10);
      await expect(lost.data()).rejects.toThrow(StaleValueError);
    });

    it('copies another variable before that takes a value from the host', async () => {
      const [a, b] = [variable(tensor([1])), variable(tensor([2]))];
      await realize(a, b);
      assign(b, a);
      assign(a, tensor([5]));
      expect(await b.toArray()).toEqual([1]);
      expect(await a.toArray()).toEqual([5]);
    });

    it('keeps its memory where an operation had nothing to do', async () => {
      const w = variable(tensor([1, 2]));
      await w.data();
      const same = [w.broadcastTo([2]), w.sum([]), w.reshape([2]), w.to('float32')];
      const reading = Promise.all(same.map((t) => t.toArray()));
      assign(w, w.add(1));
      expect(await w.toArray()).toEqual([2, 3]);
      expect(await reading).toEqual(same.map(() => [1, 2]));
      assign(w, w.add(1));
      expect(await w.toArray()).toEqual([3, 4]);
    });

    it('recomputes intermediates as long as the variable stands', async () => {
      const v = variable(tensor([1, 2]));
      const hidden = v.mul(2);
      await hidden.sum().item();
      expect(await hidden.toArray()).toEqual([2, 4]);
    });

    it('takes many updates before any is computed', async () => {
      const v = variable(tensor([1]));
      const history: Tensor[] = [];
      for (let i = 0; i < 20; i++) {
        history.push(v.mul(10));
        assign(v, v.add(1));
      }
      expect(await v.item()).toBe(21);
      expect(await Promise.all(history.map((t) => t.item()))).toEqual(
        Array.from({ length: 20 }, (_, i) => 10 * (i + 1)),
      );
    });

    it('swaps two variables', async () => {
      const [a, b] = [variable(tensor([1, 2])), variable(tensor([3, 4]))];
      const old = a.detach();
      assign(a, b);
      assign(b, old);
      expect(await a.toArray()).toEqual([3, 4]);
      expect(await b.toArray()).toEqual([1, 2]);
    });

    it('copies another variable', async () => {
      const source = variable(tensor([1, 2]));
      await source.data();
      const copy = variable(source);
      assign(source, source.mul(0));
      expect(await source.toArray()).toEqual([0, 0]);
      expect(await copy.toArray()).toEqual([1, 2]);
    });

    it('does not share its memory with a composite that passes it through', async () => {
      const v = variable(tensor([1, 2]));
      const passed = composite('identity', {}, [v], (x) => x);
      expect(await passed.toArray()).toEqual([1, 2]);
      assign(v, v.add(1));
      await v.data();
      expect(await passed.toArray()).toEqual([1, 2]);
    });

    it('refuses other types and other tensors', () => {
      const v = variable(tensor([1, 2]));
      expect(() => assign(v, tensor([1, 2, 3]))).toThrow(
        new ShapeError('[assign] a variable of float32[2] cannot take the value float32[3].'),
      );
      expect(() => assign(v, arange(2))).toThrow(DTypeError);
      expect(() => assign(tensor([1, 2]), tensor([1, 2]))).toThrow(/not a variable/);
      const overwrite = compile((w: Tensor) => assign(w, w.mul(2)));
      expect(() => overwrite(variable(ones([2])))).toThrow(
        /not a variable[^]*refer to the variable instead of taking it/,
      );
    });

    it('computes pending updates of everything in one plan', async () => {
      const variables = Array.from({ length: 5 }, (_, i) => variable(tensor([i])));
      await realize(...variables);
      const { runs } = device.stats();
      for (const v of variables) assign(v, v.mul(2));
      const total = variables.map((v) => v.sum()).reduce((a, b) => a.add(b));
      expect(await total.item()).toBe(20);
      expect(device.stats().runs).toBe(runs + 1);
    });
  });

  describe('compile', () => {
    it('records once per signature', async () => {
      let recordings = 0;
      const f = compile((x: Tensor, factor: number) => {
        recordings++;
        return x.mul(factor);
      });
      expect(await f(tensor([1, 2]), 2).toArray()).toEqual([2, 4]);
      expect(await f(tensor([3, 4]), 2).toArray()).toEqual([6, 8]);
      expect(recordings).toBe(1);
      expect(await f(tensor([1, 2, 3]), 2).toArray()).toEqual([2, 4, 6]);
      expect(await f(arange(2), 2).toArray()).toEqual([0, 2]);
      expect(await f(tensor([1, 2]), 3).toArray()).toEqual([3, 6]);
      expect(recordings).toBe(4);
      expect(await f(tensor([5, 5]), 2).toArray()).toEqual([10, 10]);
      expect(recordings).toBe(4);
    });

    it('tells apart all numbers', async () => {
      const quotient = compile((x: Tensor, divisor: number) => x.div(divisor));
      const values = [0, -0, Infinity, -Infinity, NaN, 2];
      const results: unknown[] = [];
      for (const value of values) results.push(await quotient(tensor(1), value).item());
      expect(results).toEqual(values.map((value) => 1 / value));
    });

    it('returns tensors in arrays and objects', async () => {
      const f = compile((x: Tensor) => ({ sum: x.sum(), parts: [x, x.neg()] as const }));
      const { sum, parts } = f(tensor([1, 2]));
      expect(await sum.item()).toBe(3);
      expect(await parts[0].toArray()).toEqual([1, 2]);
      expect(await parts[1].toArray()).toEqual([-1, -2]);
    });

    it('updates variables in place at each call', async () => {
      const v = variable(tensor([1, 2]));
      const step = compile((x: Tensor) => {
        assign(v, v.add(x));
        return v.sum();
      });
      expect(await step(tensor([1, 1])).item()).toBe(5);
      expect(await step(tensor([1, 1])).item()).toBe(7);
      expect(await step(tensor([10, 0])).item()).toBe(17);
      expect(await v.toArray()).toEqual([13, 4]);
      assign(v, tensor([0, 0]));
      expect(await step(tensor([1, 2])).item()).toBe(3);
    });

    it('gives back a variable as the call leaves it, and what was made of it as it was, also of a shape it had', async () => {
      for (const prepare of [(f: () => Tensor[]) => f, (f: () => Tensor[]) => compile(f)]) {
        const v = variable(tensor([1, 2]));
        const step = prepare(() => {
          const before = [v, v.reshape([2]), v.to('float32')];
          assign(v, v.mul(3));
          return before;
        });
        for (const factor of [1, 3]) {
          const [itself, ...values] = step();
          expect(await itself?.toArray()).toEqual([3 * factor, 6 * factor]);
          for (const value of values) expect(await value.toArray()).toEqual([factor, 2 * factor]);
        }
      }
    });

    it('takes many steps without a value being read', async () => {
      const v = variable(tensor(0));
      const step = compile(() => {
        assign(v, v.add(1));
      });
      for (let i = 0; i < 500; i++) step();
      expect(await v.item()).toBe(500);
    });

    it('lets earlier handles see the old value', async () => {
      const v = variable(tensor([1, 2]));
      const double = v.mul(2);
      const step = compile(() => {
        assign(v, v.add(1));
      });
      step();
      expect(await double.toArray()).toEqual([2, 4]);
      expect(await v.toArray()).toEqual([2, 3]);
      const again = v.mul(2);
      await again.sum().item();
      step();
      await expect(again.data()).rejects.toThrow(StaleValueError);
    });

    it('means the old value by an argument that it updates', async () => {
      const v = variable(tensor([1, 2]));
      const step = compile((x: Tensor) => {
        assign(v, v.add(1));
        return [x.mul(1), v.mul(1)] as const;
      });
      const [old, updated] = step(v);
      expect(await old.toArray()).toEqual([1, 2]);
      expect(await updated.toArray()).toEqual([2, 3]);
      const [second] = step(v);
      expect(await second.toArray()).toEqual([2, 3]);
    });

    it('asks the source of a scalar once per call', async () => {
      let asked = 0;
      const f = compile((x: Tensor) => x.mul(scalar(() => ++asked)));
      for (let call = 1; call <= 4; call++) {
        expect(await f(tensor(10)).item()).toBe(10 * call);
        expect(asked).toBe(call);
      }
    });

    it('records anew where a guarded value has changed, and remembers', async () => {
      let training = true;
      let recordings = 0;
      const f = compile((x: Tensor) => {
        recordings++;
        return guard(() => training) ? x.mul(2) : x;
      });
      expect(await f(tensor(3)).item()).toBe(6);
      training = false;
      expect(await f(tensor(3)).item()).toBe(3);
      training = true;
      expect(await f(tensor(4)).item()).toBe(8);
      expect(recordings).toBe(2);
    });

    it('records compiled functions inside in place', async () => {
      const inner = compile((x: Tensor) => x.add(1));
      const outer = compile((x: Tensor) => inner(inner(x)).mul(2));
      const { runs } = device.stats();
      expect(await outer(tensor(1)).item()).toBe(6);
      expect(device.stats().runs).toBe(runs + 1);
    });

    it('takes the recorded values of arguments', async () => {
      const f = compile((x: Tensor) => x.mul(2));
      expect(await f(f(tensor([1]).add(1)).add(1)).item()).toBe(10);
    });

    it('refuses to read a value inside', async () => {
      let reading: Promise<unknown> | undefined;
      compile((x: Tensor) => {
        reading = x.item();
        reading.catch(() => {});
        return x;
      })(tensor(1));
      await expect(reading).rejects.toThrow(StaleValueError);
    });

    it('refuses an async function and results that are not tensors', async () => {
      const f = compile((async (x: Tensor) => {
        await x.data();
        return x;
      }) as unknown as (x: Tensor) => Tensor);
      expect(() => f(tensor(1))).toThrow(ArgumentError);
      const g = compile((() => 3) as unknown as () => Tensor);
      expect(() => g()).toThrow(/returned 3/);
      // @ts-expect-error an object of unknown form is no argument that a call can be recognized by
      compile((options: object) => tensor(Object.keys(options).length));
    });

    it('leaves nothing behind when the function throws', async () => {
      const v = variable(tensor([1]));
      const f = compile(() => {
        assign(v, v.add(1));
        throw new Error('mine');
      });
      expect(() => f()).toThrow('mine');
      expect(await v.item()).toBe(1);
      expect(await v.add(1).item()).toBe(2);
    });

    it('does not let recorded tensors out', async () => {
      const v = variable(tensor([1, 2]));
      const leaked: Tensor[] = [];
      const f = compile((x: Tensor) => {
        leaked.push(x, x.mul(2), v.mul(2), x.softmax(0), scalar(() => 1).add(1));
        assign(v, v.add(x));
        return x;
      });
      f(tensor([1, 2]));
      for (const t of leaked) await expect(t.data()).rejects.toThrow(StaleValueError);
      for (const t of leaked) await expect(t.add(1).data()).rejects.toThrow(StaleValueError);
      expect(await f(tensor([1, 2])).toArray()).toEqual([1, 2]);
    });

    it('uses tensors from outside as constants', async () => {
      const weights = tensor([1, 2]).mul(2);
      const f = compile((x: Tensor) => x.mul(weights));
      expect(await f(tensor([1, 1])).toArray()).toEqual([2, 4]);
      expect(await f(tensor([2, 2])).toArray()).toEqual([4, 8]);
    });

    it('returns the same tensor twice, and arguments themselves', async () => {
      const f = compile((x: Tensor) => {
        const y = x.add(1);
        return [y, y, x] as const;
      });
      const [a, b, c] = f(tensor([1]));
      expect([await a.item(), await b.item(), await c.item()]).toEqual([2, 2, 1]);
    });
  });

  describe('random numbers', () => {
    it('repeats after manualSeed', async () => {
      manualSeed(42);
      const first = await rand([1000]).data();
      const second = await rand([1000]).data();
      expect(second).not.toEqual(first);
      manualSeed(42);
      expect(await rand([1000]).data()).toEqual(first);
      expect(await rand([1000]).data()).toEqual(second);
      manualSeed(43);
      expect(await rand([1000]).data()).not.toEqual(first);
    });

    it('draws anew at each call of a compiled function, as it would without', async () => {
      const draw = (): Tensor => rand([100]);
      const compiled = compile(draw);
      manualSeed(1);
      const plain = [await draw().data(), await draw().data(), await draw().data()];
      manualSeed(1);
      expect([await compiled().data(), await compiled().data(), await compiled().data()]).toEqual(plain);
    });

    it('gives the same numbers as the reference', async () => {
      const { randomUniform } = await import('../src/graph/threefry.ts');
      const data = await new Generator(7).uniform([50]).data();
      expect([...data]).toEqual(Array.from({ length: 50 }, (_, i) => randomUniform(7, 0, i)));
    });

    it('keeps generators apart, and continues from a saved draw', async () => {
      const [a, b] = [new Generator(5), new Generator(5)];
      const first = await a.uniform([10]).data();
      expect(await b.uniform([10]).data()).toEqual(first);
      const second = await a.uniform([10]).data();
      b.reset(5, 1);
      expect(await b.uniform([10]).data()).toEqual(second);
      expect(() => new Generator(-1)).toThrow(ArgumentError);
      expect(() => new Generator(0.5)).toThrow(ArgumentError);
      expect(await new Generator(4294967295).uniform([1]).item()).toBeLessThan(1);
    });

    it('goes on from a saved state, and refuses what is none', async () => {
      const generator = new Generator(5);
      await generator.uniform([3]).data();
      const saved = JSON.parse(JSON.stringify(generator.stateDict())) as GeneratorState;
      const next = await generator.uniform([50]).data();
      const other = new Generator(6);
      other.loadStateDict(saved);
      expect(await other.uniform([50]).data()).toEqual(next);
      expect(other.differences({ seed: -1, draws: 0.5 })).toHaveLength(2);
      expect(() => other.loadStateDict({ seed: 1, draws: -1 })).toThrow(/draws is -1, no integer ≥ 0/);
      expect(other.stateDict()).toEqual(generator.stateDict());
    });

    it('has the moments of its distributions', async () => {
      manualSeed(3);
      const n = 20_000;
      const u = rand([n]);
      expect(await u.mean().item()).toBeCloseTo(0.5, 1);
      expect(await u.variance().item()).toBeCloseTo(1 / 12, 2);
      const z = randn([n]);
      expect(Math.abs(await z.mean().item())).toBeLessThan(0.03);
      expect(await z.std().item()).toBeCloseTo(1, 1);
      const dice = await randint([n], 1, 7).data();
      expect(new Set(dice)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    });
  });

  describe('numbers', () => {
    it('takes integers that int32 cannot hold as float32', async () => {
      const five = tensor(new Int32Array([5]));
      expect(await five.less(3e9).item()).toBe(1);
      expect(await five.equal(2 ** 32 + 5).item()).toBe(0);
      expect(await five.maximum(-3e9).item()).toBe(5);
      expect(five.add(2 ** 31 - 1).dtype).toBe('int32');
    });

    it('computes the same on constants as on data', async () => {
      // The reference computes in float64, where 0.1 is another number.
      const rounded = full([], 0.1).equal(full([], Math.fround(0.1)));
      expect(await rounded.item()).toBe(name === 'reference' ? 0 : 1);
      expect(await full([2], 2147483647, { dtype: 'int32' }).sum().less(0).item()).toBe(1);
      expect(await full([1], 2.7).to('int32').mul(2).toArray()).toEqual([4]);
    });

    it('finds the smallest integer of all', async () => {
      expect(
        await tensor(new Int32Array([3, -(2 ** 31), 2 ** 31 - 1]))
          .argmin()
          .item(),
      ).toBe(1);
    });

    it('refuses more elements than can be counted, at the call, also where nothing of that size would be stored', () => {
      expect(() => tensor([1]).broadcastTo([65536, 65536]).sum()).toThrow(
        /\[broadcastTo\] .* float32\[65536,65536\] has 4294967296 elements/,
      );
    });
  });

  describe('memory', () => {
    it('frees at dispose, and says so at a later read', async () => {
      const x = ones([100, 100]).add(1);
      await x.sum().item();
      await realize(x);
      await liveMegabytes();
      const before = device.memory().buffers;
      x.dispose();
      expect(device.memory().buffers).toBe(before - 1);
      await expect(x.data()).rejects.toThrow(/it was disposed/);
      await expect(x.add(1).data()).rejects.toThrow(StaleValueError);
      await expect(x.add(1).data()).rejects.toThrow(
        /^A tensor float32\[100,100\] that this is computed from has no value any more: it was disposed\.[^]*before you dispose/,
      );
      x.dispose();
    });

    it('disposes of what has not been computed without taking it from what was recorded on it', async () => {
      const x = ones([3]).add(1);
      const y = x.mul(2);
      x.dispose();
      await expect(x.data()).rejects.toThrow(/it was disposed/);
      expect(await y.toArray()).toEqual([4, 4, 4]);
    });

    it('frees a variable at dispose, and says so at a later read or assignment', async () => {
      const w = variable(ones([100, 100]).add(1), { requiresGrad: true });
      const step = compile((x: Tensor) => assign(w, w.add(x)));
      step(ones([]));
      await w.sum().item();
      w.grad = ones([100, 100]);
      const recorded = w.mul(2);
      await liveMegabytes();
      const { buffers } = device.memory();
      w.dispose();
      w.dispose();
      expect(device.memory().buffers).toBe(buffers - 1);
      expect(w.grad).toBeUndefined();
      await expect(w.data()).rejects.toThrow(/^This tensor has no value any more: it was disposed\.$/);
      await expect(w.add(1).data()).rejects.toThrow(StaleValueError);
      await expect(recorded.data()).rejects.toThrow(StaleValueError);
      await expect(realize(w)).rejects.toThrow(StaleValueError);
      expect(() => assign(w, zeros([100, 100]))).toThrow(
        /^\[assign\] the variable float32\[100,100\] cannot take a value any more: it was disposed\./,
      );
      expect(() => step(ones([]))).toThrow(/it was disposed/);
      expect([w.shape, w.isVariable, w.requiresGrad]).toEqual([[100, 100], true, true]);
    });

    it('disposes of a variable that has not been computed without taking it from what was recorded on it', async () => {
      const w = variable(ones([3]).add(1));
      const y = w.mul(2);
      w.dispose();
      await expect(w.data()).rejects.toThrow(/it was disposed/);
      expect(await y.toArray()).toEqual([4, 4, 4]);
    });

    it('disposes of a variable after the updates that read it, and forgets its own', async () => {
      const [w, average, other] = [variable(tensor([4, 8])), variable(tensor([0, 0])), variable(tensor([1, 1]))];
      await realize(w, average, other);
      await liveMegabytes();
      const { buffers } = device.memory();
      assign(average, w.mul(0.5));
      assign(w, w.add(1));
      assign(other, w.mul(10));
      w.dispose();
      await expect(w.data()).rejects.toThrow(/it was disposed/);
      expect(await average.toArray()).toEqual([2, 4]);
      expect(await other.toArray()).toEqual([50, 90]);
      expect(device.memory().buffers).toBe(buffers - 1);
      const lone = variable(tensor([1]));
      await lone.data();
      const { runs } = device.stats();
      assign(lone, lone.add(1));
      lone.dispose();
      await realize();
      expect(device.stats().runs).toBe(runs);
    });

    it('keeps a variable whose value is disposed of under another name', async () => {
      const w = variable(tensor([1, 2]));
      await w.data();
      const nothingToDo = (): Tensor[] => [
        w.reshape([2]),
        w.permute([0]),
        w.slice([0]),
        w.broadcastTo([2]),
        w.flip([]),
        w.to('float32'),
        w.sum([]),
        w.pow(1),
      ];
      for (const same of nothingToDo()) {
        same.dispose();
        await expect(same.data()).rejects.toThrow(/it was disposed/);
      }
      expect(await w.toArray()).toEqual([1, 2]);
      // What is recorded on a value means that value.
      const old = nothingToDo();
      assign(w, w.add(1));
      expect(await w.toArray()).toEqual([2, 3]);
      for (const same of old) expect(await same.toArray()).toEqual([1, 2]);
    });

    it('refuses to dispose of a variable while recording', async () => {
      const w = variable(tensor([1, 2]));
      expect(() => compile(() => w.dispose())()).toThrow(
        /^\[dispose\] a variable cannot be disposed of inside a compiled function/,
      );
      expect(await w.toArray()).toEqual([1, 2]);
    });

    it('leaves nothing of a small value that has been read', async () => {
      const f = compile((x: Tensor) => x.mul(2).sum());
      await f(ones([2000])).item();
      await liveMegabytes();
      const { buffers } = device.memory();
      for (let i = 0; i < 50; i++) await f(tensor(new Float32Array(2000))).item();
      expect(device.memory().buffers).toBeLessThanOrEqual(buffers + 1);
    });
  });

  describe('errors', () => {
    it('are raised where the operation is called', () => {
      const x = tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      expect(() => x.add(tensor([1, 2]))).toThrow(/\[add\] cannot broadcast float32\[2,3\] with float32\[2\]/);
      expect(() => x.matmul(x)).toThrow(
        '[matmul] cannot multiply float32[2,3] by float32[2,3]: the inner sizes 3 and 2 differ.',
      );
      expect(() => x.sum(2)).toThrow(/\[sum\] axis 2 does not exist: the tensor has 2 axes, so -2 to 1 are possible/);
      expect(() => x.sum([0, 0])).toThrow(ShapeError);
      expect(() => x.reshape([4])).toThrow(/cannot give float32\[2,3\] \(6 elements\) the shape \[4\] \(4 elements\)/);
      expect(() => x.reshape([-1, 4])).toThrow(ShapeError);
      expect(() => x.to('float64' as 'float32')).toThrow(DTypeError);
      expect(() => concat([x, tensor([[1, 2]])])).toThrow(ShapeError);
      expect(() => tensor([[1, 2], [3]])).toThrow(/ragged/);
      expect(() => tensor([1, 2], { shape: [3] })).toThrow(ShapeError);
      expect(() => matmul(x, tensor(1))).toThrow(ShapeError);
      expect(() => zeros([2, -1])).toThrow(ShapeError);
      expect(() => zeros([2, 0]).max(1)).toThrow(/empty axis/);
    });

    it('list all reasons', () => {
      expect(() => conv2d(zeros([1, 3, 8, 8]), zeros([4, 2, 3, 3]), { bias: zeros([3]) })).toThrow(
        '[conv2d] cannot convolve float32[1,3,8,8] with weight float32[4,2,3,3]: the input has 3 channels, the weight takes 2; the bias must be [4], not [3].',
      );
    });

    it('know their devices', () => {
      expect(() => setDevice('cuda' as 'wasm')).toThrow(DeviceError);
    });
  });
});

describe('changing the device', () => {
  it('records compiled functions for each, and refuses tensors of another', async () => {
    setDevice('reference');
    let recordings = 0;
    const f = compile((x: Tensor) => {
      recordings++;
      return x.mul(2);
    });
    expect(await f(tensor([1])).item()).toBe(2);
    const v = variable(tensor([1, 2]));
    assign(v, v.add(1));
    setDevice('wasm');
    try {
      expect(await f(tensor([1])).item()).toBe(2);
      expect(recordings).toBe(2);
      await expect(v.add(1).data()).rejects.toThrow(DeviceError);
      expect(await v.toArray()).toEqual([2, 3]);
    } finally {
      setDevice('reference');
    }
    expect(await v.add(1).toArray()).toEqual([3, 4]);
    expect(await f(tensor([2])).item()).toBe(4);
    expect(recordings).toBe(2);
  });
});
