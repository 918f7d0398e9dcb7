import {
  ArgumentError,
  assign,
  compile,
  composite,
  DTypeError,
  ones,
  realize,
  scalar,
  setDevice,
  ShapeError,
  StaleValueError,
  tensor,
  variable,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { backward, customGradient, grad, stopGradient, valueAndGrad, vjp, vmap } from '../src/index.ts';

const parameter = (values: number[]): Tensor => variable(tensor(values), { requiresGrad: true });

describe.each(devices)('gradients on %s', (name) => {
  beforeAll(() => setDevice(name));

  describe('grad', () => {
    it('of clamp passes at the bounds', async () => {
      const x = tensor([-1, 0, 0.5, 1, 2]);
      expect(await grad((t: Tensor) => t.clamp(0, 1).sum())(x).toArray()).toEqual([0, 1, 1, 1, 0]);
    });

    it('is the derivative, as often as you like', async () => {
      const f = (x: Tensor): Tensor => x.pow(3).sum();
      expect(await grad(f)(tensor([1, 2])).toArray()).toEqual([3, 12]);
      expect(await grad((x: Tensor) => grad(f)(x).sum())(tensor([1, 2])).toArray()).toEqual([6, 12]);
      const third = grad((x: Tensor) => grad((y: Tensor) => grad(f)(y).sum())(x).sum());
      expect(await third(tensor([1, 2])).toArray()).toEqual([6, 6]);
    });

    it('takes other arguments, lists of them, arrays and objects', async () => {
      const f = (a: Tensor, b: Tensor, factor: number): Tensor => a.mul(b).sum().mul(factor);
      const [a, b] = [tensor([1, 2]), tensor([3, 4])];
      expect(await grad(f)(a, b, 2).toArray()).toEqual([6, 8]);
      expect(await grad(f, { argnums: 1 })(a, b, 2).toArray()).toEqual([2, 4]);
      const [da, db] = grad(f, { argnums: [0, 1] })(a, b, 1);
      expect(await da.toArray()).toEqual([3, 4]);
      expect(await db.toArray()).toEqual([1, 2]);
      const nested = grad((model: { layers: Tensor[]; bias: Tensor }) =>
        model.layers
          .map((w) => w.square().sum())
          .reduce((x, y) => x.add(y))
          .add(model.bias),
      );
      const gradient = nested({ layers: [tensor([1]), tensor([2, 3])], bias: tensor(5) });
      expect(await gradient.layers[1]?.toArray()).toEqual([4, 6]);
      expect(await gradient.bias.item()).toBe(1);
    });

    it('treats everything from outside as constant, the same tensor too', async () => {
      const x = tensor([3]);
      expect(await grad((y: Tensor) => y.mul(x).sum())(x).toArray()).toEqual([3]);
      const w = parameter([3]);
      expect(await grad((y: Tensor) => y.mul(w).sum())(w).toArray()).toEqual([3]);
    });

    it('adds up over all uses', async () => {
      expect(await grad((x: Tensor) => x.mul(x).add(x).sum())(tensor([4])).toArray()).toEqual([9]);
    });

    it('of the product of two functions of each other', async () => {
      // d/dx (x · d/dx x³) = 9x²
      const cube = (x: Tensor): Tensor => x.pow(3).sum();
      expect(await grad((x: Tensor) => x.mul(grad(cube)(x)).sum())(tensor([2])).toArray()).toEqual([36]);
    });

    it('is zero through rounding and signs', async () => {
      expect(await grad((x: Tensor) => x.round().add(x.sign()).sum())(tensor([1.2])).toArray()).toEqual([0]);
    });

    it('does not overflow the stack, nor stop where a long recording starts to be computed', async () => {
      const n = 60_000;
      const gradient = grad((x: Tensor) => {
        let y = x;
        for (let i = 0; i < n; i++) y = i % 2 === 0 ? y.mul(2) : y.mul(0.5);
        return y;
      });
      expect(await gradient(tensor(1)).item()).toBe(1);
    }, 120_000);

    it('says what is wrong', () => {
      const x = tensor([1, 2]);
      expect(() => grad((y: Tensor) => y)(x)).toThrow(
        new ShapeError('[grad] the loss must be a single number, not float32[2].', {
          hint: 'Reduce it with mean() or sum(), or use vjp for a cotangent of your own.',
        }),
      );
      expect(() => grad((y: Tensor) => y.sum().less(1))(x)).toThrow(DTypeError);
      expect(() => grad((y: Tensor) => y.sum())(tensor(new Int32Array([1])))).toThrow(
        '[grad] gradients are taken with respect to float32 or float16 tensors, argument 0 is int32[1].',
      );
      expect(() => grad((y: Tensor) => y.detach().sum())(x)).toThrow(/does not depend on argument 0, float32\[2\]/);
      expect(() => grad((_y: { a: Tensor; b: Tensor[] }) => x.sum())({ a: x, b: [x] })).toThrow(/argument 0\.a/);
      expect(() => grad((y: Tensor) => y.sum(), { argnums: 1 as 0 })(x)).toThrow(/no argument 1/);
      expect(() => grad((y: number) => x.mul(y).sum())(3)).toThrow(/argument 0 is 3/);
      expect(() => grad((async (y: Tensor) => y.sum()) as unknown as (y: Tensor) => Tensor)(x)).toThrow(
        /must not be async/,
      );
    });
  });

  describe('valueAndGrad', () => {
    it('gives both for arguments', async () => {
      const { value, grad: gradient } = valueAndGrad((x: Tensor) => x.square().sum())(tensor([3, 4]));
      expect(await value.item()).toBe(25);
      expect(await gradient.toArray()).toEqual([6, 8]);
      const [da] = valueAndGrad((a: Tensor, b: Tensor) => a.mul(b).sum(), { argnums: [0] })(
        tensor([3]),
        tensor([5]),
      ).grad;
      expect(await da.item()).toBe(5);
    });

    it('refuses a model for its parameters, and says what to pass', () => {
      class Model {
        weight = variable(tensor([3, 4]), { requiresGrad: true });
      }
      const model = new Model();
      expect(() => valueAndGrad(() => model.weight.sum(), model as never)).toThrow(
        /must be .* a Map of tensors, not a Model\.[^]*hint: Of a model, pass model\.parameters\(\)/,
      );
    });

    it('refuses a loss that depends on none of the parameters', () => {
      const [used, other] = [variable(tensor([3, 4]), { requiresGrad: true }), variable(tensor([1]))];
      expect(() => valueAndGrad(() => used.sum(), { other })).toThrow(
        /does not depend on the parameter other[^]*hint: .*detach/,
      );
      expect(() => valueAndGrad(() => used.detach().sum(), [used, other])).toThrow(/any of the 2 parameters/);
    });

    it('gives gradients in the structure of the parameters, zero for those unused', async () => {
      const [w, unused] = [parameter([3, 4]), parameter([1])];
      const f = (): Tensor => w.square().sum();
      const list = valueAndGrad(f, [w, unused]).grads;
      expect(await Promise.all(list.map((t) => t.toArray()))).toEqual([[6, 8], [0]]);
      const named = valueAndGrad(f, { w, unused }).grads;
      expect(await named.w.toArray()).toEqual([6, 8]);
      const mapped = valueAndGrad(
        f,
        new Map([
          ['w', w],
          ['unused', unused],
        ]),
      ).grads;
      expect([...mapped.keys()]).toEqual(['w', 'unused']);
      expect(await mapped.get('w')?.toArray()).toEqual([6, 8]);
      expect(valueAndGrad(f, []).grads).toEqual([]);
      expect(valueAndGrad(f, {}).grads).toEqual({});
    });

    it('takes nested structures, a Map as an argument, and one parameter alone', async () => {
      const [w, b] = [parameter([3, 4]), parameter([1])];
      const { grads } = valueAndGrad(() => w.square().sum().mul(b).sum(), {
        layer: [{ w }, { b }],
        more: new Map([[1, w]]),
      });
      expect(await grads.layer[0]?.w?.toArray()).toEqual([6, 8]);
      expect(await grads.layer[1]?.b?.toArray()).toEqual([25]);
      expect(await grads.more.get(1)?.toArray()).toEqual([6, 8]);
      expect(await valueAndGrad(() => w.square().sum(), w).grads.toArray()).toEqual([6, 8]);
      const map = new Map([['x', tensor([1, 2])]]);
      const gradient = grad((m: Map<string, Tensor>) => (m.get('x') as Tensor).square().sum())(map);
      expect(await gradient.get('x')?.toArray()).toEqual([2, 4]);
      expect(() => valueAndGrad(() => w.sum(), { a: [w, new Date() as unknown as Tensor] })).toThrow(
        /parameters\.a\[1\] is a Date/,
      );
      expect(() => valueAndGrad(() => w.sum(), { a: [tensor(new Int32Array(1))] })).toThrow(
        /parameter a\[0\] is int32/,
      );
    });

    it('takes the same parameter twice, and tensors that are none', async () => {
      const [w, plain] = [parameter([3]), tensor([2])];
      const { grads } = valueAndGrad(() => w.mul(plain).sum(), [w, plain, w]);
      expect(await Promise.all(grads.map((t) => t.item()))).toEqual([2, 3, 2]);
    });

    it('refuses what has no gradient', () => {
      expect(() => valueAndGrad(() => zeros([2]), [])).toThrow(ShapeError);
      expect(() => valueAndGrad(() => zeros([]), { steps: tensor(new Int32Array([1])) })).toThrow(
        /parameter steps is int32/,
      );
      expect(() => valueAndGrad(() => 1 as unknown as Tensor, [])).toThrow(ArgumentError);
    });

    it('takes a descent, recorded step by step or compiled', async () => {
      const [target, rate] = [tensor([1, -2, 3]), 0.1];
      const descend = (w: Tensor) => (): Tensor => {
        const { value, grads } = valueAndGrad(() => w.sub(target).square().sum(), [w]);
        assign(w, w.sub((grads[0] as Tensor).mul(scalar(rate))));
        return value;
      };
      const [a, b] = [parameter([0, 0, 0]), parameter([0, 0, 0])];
      const recorded = descend(a);
      const compiled = compile(descend(b));
      for (let i = 0; i < 10; i++) {
        // Σ (target · 0.8ⁱ)²
        const expected = 14 * 0.64 ** i;
        expect(await recorded().item()).toBeCloseTo(expected, 4);
        expect(await compiled().item()).toBeCloseTo(expected, 4);
      }
      expect(await a.data()).toEqual(await b.data());
    });

    it('differentiates through compiled functions', async () => {
      const square = compile((x: Tensor) => x.square());
      const w = parameter([3]);
      const { grads } = valueAndGrad(() => square(w.mul(2)).sum(), { w });
      expect(await grads.w.item()).toBe(24);
      expect(await grad((x: Tensor) => square(x).sum())(tensor([5])).toArray()).toEqual([10]);
    });

    it('differentiates with respect to what the body of a composite takes from elsewhere', async () => {
      const w = parameter([3]);
      const { grads } = valueAndGrad(() => composite('scaled', {}, [tensor([2])], (x) => x.mul(w)).sum(), { w });
      expect(await grads.w.item()).toBe(2);
    });

    it('differentiates through values that have been computed', async () => {
      const w = parameter([3]);
      const hidden = w.square();
      expect(await hidden.item()).toBe(9);
      const { grads } = valueAndGrad(() => hidden.mul(w).sum(), { w });
      expect(await grads.w.item()).toBe(27);
    });
  });

  describe('backward', () => {
    const clearGradient = (w: Tensor): void => {
      w.grad = undefined;
    };

    it('fills and accumulates grad', async () => {
      const [w, other, frozen] = [parameter([3, 4]), parameter([1]), variable(tensor([2, 2]))];
      backward(w.square().mul(frozen).sum());
      expect(await w.grad?.toArray()).toEqual([12, 16]);
      expect(other.grad).toBeUndefined();
      expect(frozen.grad).toBeUndefined();
      backward(w.sum().add(other.sum()));
      expect(await w.grad?.toArray()).toEqual([13, 17]);
      expect(await other.grad?.toArray()).toEqual([1]);
      clearGradient(w);
      backward(w.sum());
      expect(await w.grad?.toArray()).toEqual([1, 1]);
    });

    it('works inside a compiled step', async () => {
      const w = parameter([4]);
      const step = compile((x: Tensor) => {
        const loss = w.mul(x).square().sum();
        backward(loss);
        assign(w, w.sub((w.grad as Tensor).mul(0.25)));
        w.grad = undefined;
        return loss;
      });
      expect(await step(tensor([1])).item()).toBe(16);
      expect(await step(tensor([1])).item()).toBe(4);
      expect(await w.item()).toBe(1);
    });

    it('refuses a loss that depends on nothing, or on what is gone', async () => {
      expect(() => backward(tensor(1))).toThrow(/does not depend on any parameter/);
      expect(() => backward(parameter([1, 2]))).toThrow(ShapeError);
      const w = parameter([1]);
      const loss = w.mul(2).sum();
      expect(await loss.item()).toBe(2);
      assign(w, w.add(1));
      await realize(w);
      expect(() => backward(loss)).toThrow(StaleValueError);
    });

    it('knows which tensors keep gradients', () => {
      const w = parameter([1]);
      expect(w.requiresGrad).toBe(true);
      expect(w.mul(2).requiresGrad).toBe(true);
      expect(w.detach().requiresGrad).toBe(false);
      expect(tensor([1]).requiresGrad).toBe(false);
      expect(() => {
        tensor([1]).grad = tensor([1]);
      }).toThrow(ArgumentError);
    });
  });

  describe('vjp', () => {
    it('pulls cotangents back', async () => {
      const { value, pullback } = vjp(
        (x: Tensor, m: Tensor) => m.matmul(x),
        tensor([1, 2]),
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      );
      expect(await value.toArray()).toEqual([5, 11, 17]);
      const [dx, dm] = pullback(tensor([1, 0, 2]));
      expect(await dx.toArray()).toEqual([11, 14]);
      expect(await dm.toArray()).toEqual([
        [1, 2],
        [0, 0],
        [2, 4],
      ]);
      expect(() => pullback(tensor([1]))).toThrow(ShapeError);
    });

    it('is zero for what the value does not depend on', async () => {
      const [, dy] = vjp((x: Tensor, _y: Tensor) => x, tensor([1]), tensor([1, 2])).pullback(ones([1]));
      expect(await dy.toArray()).toEqual([0, 0]);
    });
  });

  describe('a value that was read before', () => {
    it('keeps its history where it depends on a parameter', async () => {
      const x = variable(tensor([1, 2]), { requiresGrad: true });
      const h = x.mul(3);
      await h.data();
      const { grads } = valueAndGrad(() => h.sum(), { x });
      expect(await grads.x.toArray()).toEqual([3, 3]);
    });

    it('gives an error, not a gradient of zero, for a plain tensor', async () => {
      const x = tensor([1, 2]);
      const h = x.mul(3);
      await h.data();
      expect(() => valueAndGrad(() => h.sum(), { x })).toThrow(/does not lead back to float32\[2\].*was read before/);
    });
  });

  describe('gradients of your own', () => {
    it('replace that of the function', async () => {
      const binarize = customGradient(
        (x: Tensor) => x.sign(),
        (cotangent) => [cotangent],
      );
      const f = (x: Tensor): Tensor =>
        binarize(x)
          .mul(tensor([1, 2]))
          .sum();
      expect(await binarize(tensor([-3, 5])).toArray()).toEqual([-1, 1]);
      expect(await grad(f)(tensor([-3, 5])).toArray()).toEqual([1, 2]);
      const wrong = customGradient(
        (x: Tensor) => x.neg(),
        (cotangent) => [cotangent.sum()],
      );
      expect(() => grad((x: Tensor) => wrong(x).sum())(tensor([1, 2]))).toThrow(
        /custom gradient gave float32\[\] for an input float32\[2\]/,
      );
    });

    it('stop', async () => {
      expect(await grad((x: Tensor) => x.mul(stopGradient(x)).sum())(tensor([3])).toArray()).toEqual([3]);
    });
  });
});

describe('a derivative that is constant', () => {
  const x = (): Tensor => tensor([1, -2]);
  const linear = (t: Tensor): Tensor => t.mul(3).sum();
  const pieces = (t: Tensor): Tensor =>
    t
      .relu()
      .mul(tensor([2, 3]))
      .sum();

  it('has the derivative zero, as in functorch, where a plain function would be refused', async () => {
    setDevice('reference');
    for (const f of [linear, pieces]) {
      const second = grad((t: Tensor) => grad(f)(t).square().sum());
      expect(await second(x()).toArray()).toEqual([0, 0]);
      expect(await grad((t: Tensor) => second(t).sum())(x()).toArray()).toEqual([0, 0]);
      expect(await vmap(grad(grad((t: Tensor) => f(t.mul(tensor([1, 1]))))))(x()).toArray()).toEqual([0, 0]);
    }
    // u_xx of a network of straight pieces.
    const w = tensor([[1, -1, 0.5]]);
    const u = (t: Tensor): Tensor => t.reshape([1, 1]).matmul(w).relu().sum();
    expect(await vmap(grad(grad(u)))(x()).toArray()).toEqual([0, 0]);
    expect(await grad(grad(grad((t: Tensor) => t.square())))(tensor(3)).item()).toBe(0);
    expect(() => grad((t: Tensor) => t.detach().sum())(x())).toThrow(/does not depend on argument 0/);
    // What is cut off is refused there, too.
    expect(() => grad((t: Tensor) => grad(linear)(t).sum().add(t.argmax().to('float32')))(x())).toThrow(
      /only through argmax/,
    );
  });
});

it('a gradient that was taken on another device does not concern updates', async () => {
  setDevice('wasm');
  const w = parameter([1, 2]);
  expect(await w.toArray()).toEqual([1, 2]);
  backward(w.square().sum());
  setDevice('reference');
  const v = variable(tensor([3]));
  assign(v, v.mul(2));
  expect(await v.toArray()).toEqual([6]);
  setDevice('wasm');
  expect(await w.grad?.toArray()).toEqual([2, 4]);
});
