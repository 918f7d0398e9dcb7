/** vjp, jvp and hvp: of structures, against one another, closed forms and finite differences. */
import {
  DTypeError,
  ArgumentError,
  concat,
  scan,
  setDevice,
  ShapeError,
  softmax,
  tensor,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { customGradient, grad, hvp, jvp, vjp } from '../src/index.ts';

describe.each(devices)('on %s', (name) => {
  beforeAll(() => setDevice(name));

  describe('jvp', () => {
    it('is the derivative in a direction', async () => {
      const { value, tangent } = jvp((x: Tensor) => x.square(), [tensor([1, 2, 3])], [tensor([1, 0, 10])]);
      expect(await value.toArray()).toEqual([1, 4, 9]);
      expect(await tangent.toArray()).toEqual([2, 0, 60]);
    });

    it('takes and returns tensors in arrays, objects and Maps', async () => {
      interface Point {
        readonly x: Tensor;
        readonly ys: Tensor[];
      }
      const f = ({ x, ys }: Point, scale: Tensor) => ({
        sum: x.add(ys[0] as Tensor),
        rest: new Map([['product', x.mul(ys[1] as Tensor).mul(scale)]]),
      });
      const at = (x: number, a: number, b: number): Point => ({ x: tensor(x), ys: [tensor(a), tensor(b)] });
      const { value, tangent } = jvp(f, [at(2, 3, 5), tensor(7)], [at(1, 10, 100), tensor(1000)]);
      expect(await value.sum.item()).toBe(5);
      expect(await tangent.sum.item()).toBe(11);
      // d(x b s) = b s dx + x s db + x b ds
      expect(await tangent.rest.get('product')?.item()).toBe(5 * 7 * 1 + 2 * 7 * 100 + 2 * 5 * 1000);
    });

    it('is linear in the tangent, and of any order', async () => {
      const cube = (x: Tensor): Tensor => x.pow(3);
      const first = (x: Tensor): Tensor => jvp(cube, [x], [tensor([1, 1])]).tangent;
      const second = (x: Tensor): Tensor => jvp(first, [x], [tensor([1, 1])]).tangent;
      expect(await second(tensor([1, 2])).toArray()).toEqual([6, 12]);
      expect(await grad((x: Tensor) => second(x).sum())(tensor([1, 2])).toArray()).toEqual([6, 6]);
    });

    it('goes through loops', async () => {
      const f = (h: Tensor, xs: Tensor): Tensor => {
        const [last, all] = scan((s, x) => [s.mul(x).sin(), s.add(x)], h, xs);
        return concat([last.reshape([1]), all]);
      };
      const unrolled = (h: Tensor, xs: Tensor): Tensor => {
        const all: Tensor[] = [];
        let state = h.reshape([1]);
        for (let i = 0; i < 4; i++) {
          const x = xs.narrow(0, i, 1);
          all.push(state.add(x));
          state = state.mul(x).sin();
        }
        return concat([state, ...all]);
      };
      const args: [Tensor, Tensor] = [tensor(0.5), tensor([1, -2, 0.5, 3])];
      const tangents: [Tensor, Tensor] = [tensor(1), tensor([0.25, 1, -1, 2])];
      const [looped, plain] = [jvp(f, args, tangents).tangent, jvp(unrolled, args, tangents).tangent];
      const expected = (await plain.data()) as Float32Array;
      (await looped.data()).forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 5));
    });

    it('follows a gradient of one’s own', async () => {
      const double = customGradient(
        (x: Tensor) => x.sign(),
        (cotangent) => [cotangent.mul(2)],
      );
      expect(await jvp(double, [tensor([3])], [tensor([5])]).tangent.toArray()).toEqual([10]);
    });
  });

  describe('vjp', () => {
    it('takes cotangents in the structure of the value', async () => {
      const { value, pullback } = vjp(
        (a: Tensor, { b }: { b: Tensor }) => ({ product: a.mul(b), list: [a.sum()] }),
        tensor([1, 2]),
        { b: tensor([3, 4]) },
      );
      expect(await value.product.toArray()).toEqual([3, 8]);
      const [da, { b: db }] = pullback({ product: tensor([1, 10]), list: [tensor(100)] });
      expect(await da.toArray()).toEqual([103, 140]);
      expect(await db.toArray()).toEqual([1, 20]);
    });

    it('adds up where one tensor is returned twice', async () => {
      const { pullback } = vjp((x: Tensor) => [x, x] as [Tensor, Tensor], tensor([1]));
      expect(await pullback([tensor([2]), tensor([5])])[0].toArray()).toEqual([7]);
    });

    it('is the transpose of jvp', async () => {
      const f = (x: Tensor, w: Tensor): Tensor => softmax(x.matmul(w).tanh(), -1).mul(x.sum());
      const x = tensor([[0.5, -1, 2]]);
      const w = tensor([
        [1, 2],
        [-0.5, 0.25],
        [0.75, -1],
      ]);
      const [tx, tw] = [tensor([[1, 0.5, -2]]), w.cos()];
      const v = tensor([[3, -1]]);
      const { tangent } = jvp(f, [x, w], [tx, tw]);
      const [dx, dw] = vjp(f, x, w).pullback(v);
      const left = await v.mul(tangent).sum().item();
      const right = await dx.mul(tx).sum().add(dw.mul(tw).sum()).item();
      expect(left).toBeCloseTo(right, 5);
      expect(Math.abs(left)).toBeGreaterThan(0.1);
    });
  });

  describe('hvp', () => {
    it('of a cubic', async () => {
      const f = (x: Tensor): Tensor => x.pow(3).sum();
      const [product] = hvp(f, [tensor([1, 2])], [tensor([1, 10])]);
      expect(await product.toArray()).toEqual([6, 120]);
    });

    it('mixes arguments, in their structures', async () => {
      // f = x² y, with the Hessian [[2y, 2x], [2x, 0]].
      const f = ({ x }: { x: Tensor }, y: Tensor): Tensor => x.square().mul(y);
      const [{ x }, y] = hvp(f, [{ x: tensor(3) }, tensor(5)], [{ x: tensor(1) }, tensor(100)]);
      expect(await x.item()).toBe(2 * 5 + 2 * 3 * 100);
      expect(await y.item()).toBe(2 * 3);
    });

    it('of what is linear is zero', async () => {
      const [product] = hvp((x: Tensor) => x.sum(), [tensor([1, 2])], [tensor([1, 1])]);
      expect(await product.toArray()).toEqual([0, 0]);
    });
  });
});

describe('wrong arguments', () => {
  const square = (x: Tensor): Tensor => x.square();

  it('of other structures, shapes and types', () => {
    expect(() => jvp(square, [tensor([1])], [tensor([1, 2])])).toThrow(ShapeError);
    expect(() => jvp(square, [tensor([1])], [tensor([1], { dtype: 'int32' })])).toThrow(DTypeError);
    expect(() => jvp(square, [tensor([1])], [] as never)).toThrow(/structure/);
    expect(() => jvp(square, [tensor([1], { dtype: 'int32' })], [tensor([1], { dtype: 'int32' })])).toThrow(DTypeError);
    expect(() => hvp((x: Tensor) => x.sum(), [tensor([1])], [tensor([1, 2])])).toThrow(ShapeError);
    expect(() => hvp(square, [tensor([1, 2])], [tensor([1, 2])])).toThrow(ShapeError);
    expect(() => vjp((x: Tensor) => [x], tensor([1])).pullback([] as never)).toThrow(/structure of the value/);
  });

  it('of other kinds', () => {
    expect(() => jvp(square, tensor([1]) as never, [tensor([1])] as never)).toThrow(ArgumentError);
    expect(() => jvp((_x: Tensor) => 5, [tensor([1])], [tensor([1])])).toThrow(/must return tensors/);
    expect(() => vjp((x: Tensor) => x.greater(0), tensor([1]))).toThrow(DTypeError);
    expect(() => vjp(async (x: Tensor) => x, tensor([1]))).toThrow(/must not be async/);
  });
});
