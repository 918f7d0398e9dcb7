/** Gradients of one's own for functions of structures. */
import { scan, scatterAdd, setDevice, tensor, topK, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { customGradient, grad, hvp, jvp, valueAndGrad, vmap } from '../src/index.ts';

interface Complex {
  readonly re: Tensor;
  readonly im: Tensor;
}

/** The product of complex numbers; its gradient as it is written in books, with the conjugate. */
const multiply = customGradient(
  (a: Complex, b: Complex): Complex => ({
    re: a.re.mul(b.re).sub(a.im.mul(b.im)),
    im: a.re.mul(b.im).add(a.im.mul(b.re)),
  }),
  (c, _, a, b) => {
    const byConjugate = (d: Complex): Complex => ({
      re: c.re.mul(d.re).add(c.im.mul(d.im)),
      im: c.im.mul(d.re).sub(c.re.mul(d.im)),
    });
    return [byConjugate(b), byConjugate(a)];
  },
);
const plain = (a: Complex, b: Complex): Complex => ({
  re: a.re.mul(b.re).sub(a.im.mul(b.im)),
  im: a.re.mul(b.im).add(a.im.mul(b.re)),
});
const norm =
  (product: typeof plain) =>
  (a: Complex, b: Complex): Tensor => {
    const { re, im } = product(a, b);
    return re.square().mul(im.add(2)).sum();
  };
const complex = (re: number[], im: number[]): Complex => ({ re: tensor(re), im: tensor(im) });

describe.each(devices)('customGradient on %s', (name) => {
  beforeAll(() => setDevice(name));

  it('takes and returns structures, with derivatives of any order', async () => {
    const [a, b] = [complex([1, 2], [3, -1]), complex([0.5, 1], [-2, 4])];
    const same = async (pick: (f: ReturnType<typeof norm>) => Tensor): Promise<void> => {
      const [own, expected] = [await pick(norm(multiply)).data(), await pick(norm(plain)).data()];
      own.forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 3));
    };
    await same((f) => f(a, b));
    await same((f) => grad(f)(a, b).im);
    await same((f) => grad(f, { argnums: 1 })(a, b).re);
    await same((f) => hvp(f, [a, b], [b, a])[0].re);
    await same((f) => jvp(f, [a, b], [b, a]).tangent);
    await same((f) => vmap(grad(f))(a, b).re);
    await same((f) => grad((x: Complex) => vmap(f)(x, b).sum())(a).re);
  });

  it('may give no cotangent to an input, or to a part of it', async () => {
    const pair = customGradient(
      ({ x, y }: { x: Tensor; y: Tensor }, [z]: [Tensor]) => [x.add(y), z] as [Tensor, Tensor],
      ([c]) => [{ x: c.mul(10), y: undefined as unknown as Tensor }, undefined],
    );
    const inputs = {
      x: variable(tensor([1]), { requiresGrad: true }),
      y: variable(tensor([2]), { requiresGrad: true }),
    };
    const { value, grads } = valueAndGrad(() => {
      const [sum, z] = pair(inputs, [tensor([5])]);
      return sum.mul(z).sum();
    }, inputs);
    expect(await value.item()).toBe(15);
    expect([await grads.x.toArray(), await grads.y.toArray()]).toEqual([[50], [0]]);
  });

  it('hands on what is no tensor, and gives integers beside floats', async () => {
    // The largest elements, whose gradient goes to them alone, scaled.
    const largest = customGradient(
      (x: Tensor, { count, scale }: { count: number; scale: Tensor }, how: (y: Tensor) => Tensor) => {
        const { values, indices } = topK(x, count);
        return { values: how(values).mul(scale), indices };
      },
      (cotangent, output, x, { scale }) => {
        expect(cotangent.indices.dtype).toBe('int32');
        const back = scatterAdd(x.mul(0), 0, output.indices, cotangent.values.mul(scale).mul(100));
        return [back, { count: undefined as never, scale: cotangent.values.sum() }, undefined];
      },
    );
    const at = tensor([3, 1, 4, 2]);
    const f = (x: Tensor, scale: Tensor): Tensor =>
      largest(x, { count: 2, scale }, (y) => y.neg())
        .values.mul(tensor([1, 10]))
        .sum();
    const { values, indices } = largest(at, { count: 2, scale: tensor(2) }, (y) => y);
    expect([await values.toArray(), await indices.toArray()]).toEqual([
      [8, 6],
      [2, 0],
    ]);
    const both = grad(f, { argnums: [0, 1] })(at, tensor(2));
    expect([await both[0].toArray(), await both[1].item()]).toEqual([[2000, 0, 200, 0], 11]);
    const many = tensor([
      [3, 1, 4, 2],
      [1, 5, 0, 6],
    ]);
    expect(await vmap(grad(f), { inAxes: [0, null] })(many, tensor(2)).toArray()).toEqual([
      [2000, 0, 200, 0],
      [0, 2000, 0, 200],
    ]);
    expect(await grad((x: Tensor) => vmap((y: Tensor) => f(y, tensor(2)))(x).sum())(many).toArray()).toEqual([
      [2000, 0, 200, 0],
      [0, 2000, 0, 200],
    ]);
    // In a loop, whose gradient computes the positions again.
    const looped = (x: Tensor): Tensor => scan((s, y) => [s.add(f(y, tensor(2))), undefined], tensor(0), x)[0];
    expect(await grad(looped)(many).toArray()).toEqual([
      [2000, 0, 200, 0],
      [0, 2000, 0, 200],
    ]);
    expect(await hvp((x: Tensor, s: Tensor) => f(x, s).square(), [at, tensor(2)], [at, tensor(1)])[1].item()).not.toBe(
      0,
    );
    // Positions as numbers have no gradient, and say so.
    expect(() =>
      grad((x: Tensor) =>
        largest(x, { count: 1, scale: tensor(1) }, (y) => y)
          .indices.to('float32')
          .sum(),
      )(at),
    ).toThrow(/only through/);
  });

  it('says what is wrong', () => {
    const x = tensor([1]);
    const missing = customGradient(
      (a: Tensor, b: Tensor) => a.add(b),
      (c: Tensor) => [c],
    );
    expect(() => grad((t: Tensor) => missing(t, x).sum())(x)).toThrow(
      /one cotangent for each of the 2 inputs .*, not 1/,
    );
    const other = customGradient(
      (a: { x: Tensor }) => a.x,
      (c) => [{ y: c } as never],
    );
    expect(() => grad((t: Tensor) => other({ x: t }).sum())(x)).toThrow(
      /cotangent 0 must have the structure of input 0/,
    );
    const shape = customGradient(
      (a: Tensor[]) => [a[0] as Tensor, a[0] as Tensor],
      ([c]) => [[(c as Tensor).sum()]],
    );
    expect(() => grad((t: Tensor) => (shape([t])[0] as Tensor).sum())(x)).toThrow(
      /gave float32\[\] for an input float32\[1\]/,
    );
    expect(() =>
      customGradient(
        (_: Tensor) => 5,
        () => [undefined],
      )(x),
    ).toThrow(/must return tensors/);
    const scaled = customGradient(
      (a: Tensor, k: number) => a.mul(k),
      (c) => [c, c as never],
    );
    expect(() => grad((t: Tensor) => scaled(t, 3).sum())(x)).toThrow(
      /cotangent 1 is the tensor .*its input is no tensor/,
    );
    expect(() =>
      customGradient(
        (a: Tensor) => [a.argmax()],
        () => [undefined],
      )(x),
    ).toThrow(/must return floating tensors/);
  });
});
