/** Losses that hand on what was computed on the way. */
import { setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { grad, jacobian, jvp, valueAndGrad, vjp, vmap } from '../src/index.ts';

let w = tensor([1, 2]);
const loss = (v: Tensor, x: Tensor) => {
  const products = v.mul(x);
  return [products.sum().square(), { products, largest: products.argmax() }] as const;
};

describe.each(devices)('hasAux on %s', (name) => {
  beforeAll(() => {
    setDevice(name);
    w = tensor([1, 2]);
  });

  it('is handed on by derivatives in a direction and Jacobians, as in functorch', async () => {
    const f = (x: Tensor) => [x.square(), { doubled: x.mul(2), name: 'anything' }] as const;
    const along = jvp(f, [w], [tensor([1, 10])], { hasAux: true });
    expect(await along.value.toArray()).toEqual([1, 4]);
    expect(await along.tangent.toArray()).toEqual([2, 40]);
    expect([await along.aux.doubled.toArray(), along.aux.name]).toEqual([[2, 4], 'anything']);
    const back = vjp(f, { hasAux: true }, w);
    expect(await back.value.toArray()).toEqual([1, 4]);
    expect(await back.pullback(tensor([1, 10]))[0].toArray()).toEqual([2, 40]);
    expect([await back.aux.doubled.toArray(), back.aux.name]).toEqual([[2, 4], 'anything']);
    const two = vjp((a: Tensor, b: { c: Tensor }) => [a.mul(b.c), b.c] as const, { hasAux: true }, w, { c: w });
    const [ofA, ofB] = two.pullback(tensor([1, 1]));
    expect([await ofA.toArray(), await ofB.c.toArray()]).toEqual([[1, 2], [1, 2]]); // prettier-ignore
    expect(() => vjp(((x: Tensor) => x) as never, { hasAux: true }, w)).toThrow(
      /\[vjp\] with hasAux the function must return \[value, aux\]/,
    );
    for (const mode of ['reverse', 'forward'] as const) {
      const { jacobian: all, aux } = jacobian(f, { mode, hasAux: true })(w);
      expect(await all.toArray()).toEqual([
        [2, 0],
        [0, 4],
      ]);
      expect(await aux.doubled.toArray()).toEqual([2, 4]);
    }
    expect(() => jacobian(((x: Tensor) => x) as never, { hasAux: true })(w)).toThrow(
      /\[jacobian\] with hasAux the function must return \[value, aux\]/,
    );
  });

  it('gives the gradient of the loss, and everything else as it is', async () => {
    const [x] = [tensor([1, 3])];
    const { value, grad: slope, aux } = valueAndGrad(loss, { hasAux: true })(w, x);
    expect(await value.item()).toBe(49);
    expect(await slope.toArray()).toEqual([14, 42]);
    expect(await aux.products.toArray()).toEqual([1, 6]);
    expect(await aux.largest.item()).toBe(1);
    const both = grad(loss, { argnums: [0, 1], hasAux: true })(w, x);
    expect(await both.grad[1].toArray()).toEqual([14, 28]);
    const kept = grad((v: Tensor) => [v.sum(), 'anything'] as const, { hasAux: true })(w);
    expect(kept.aux).toBe('anything');
  });

  it('of each example', async () => {
    const xs = tensor([
      [1, 3],
      [2, -0.5],
    ]);
    const { value, grad: slopes, aux } = vmap(valueAndGrad(loss, { hasAux: true }), { inAxes: [null, 0] })(w, xs);
    expect(await value.toArray()).toEqual([49, 1]);
    expect(await slopes.toArray()).toEqual([
      [14, 42],
      [4, -1],
    ]);
    expect(await aux.largest.toArray()).toEqual([1, 0]);
  });

  it('is differentiated with what it hands on', async () => {
    const f = (v: Tensor): Tensor => {
      const { grad: slope, aux } = grad(loss, { hasAux: true })(v, tensor([1, 3]));
      return slope.sum().mul(aux.products.sum());
    };
    // 8 (v₁ + 3 v₂) · (v₁ + 3 v₂).
    expect(await grad(f)(w).toArray()).toEqual([8 * 2 * 7, 8 * 2 * 7 * 3]);
  });
});

it('refuses what is no pair', () => {
  const alone = ((v: Tensor) => v.sum()) as never;
  expect(() => (grad(alone, { hasAux: true }) as unknown as (x: Tensor) => unknown)(w)).toThrow(
    /with hasAux the function must return \[loss, aux\], not the tensor float32\[\]/,
  );
  expect(() => grad(((v: Tensor) => [v.sum(), v]) as never)(w)).toThrow(/must return a tensor/);
  expect(() => grad(((v: Tensor) => [v, v]) as never, { hasAux: true } as never)(w)).toThrow(/single number/);
});
