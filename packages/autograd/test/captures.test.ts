/** A gradient that would lack a part is an error that names the part; what needs no gradient may be read from anywhere. */
import {
  ArgumentError,
  compile,
  composite,
  setDevice,
  tensor,
  variable,
  type CompositeDefinition,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { backward, customGradient, grad, valueAndGrad, vjp } from '../src/index.ts';

const parameter = (values: number[]): Tensor => variable(tensor(values), { requiresGrad: true });
/** x · other, whose gradient knows of x alone. */
const scaleBy = (other: Tensor): ((x: Tensor) => Tensor) =>
  customGradient(
    (x: Tensor) => x.mul(other),
    (cotangent) => [cotangent.mul(other)],
  );

describe.each(['reference', 'wasm'] as const)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  describe('a tensor that a function with its own gradient reads beside its inputs', () => {
    it('is an error where its gradient is asked for, with name, place and what to do', () => {
      const [w, scale] = [parameter([3]), parameter([2])];
      expect(() => valueAndGrad(() => scaleBy(scale)(w).sum(), { w, scale })).toThrow(ArgumentError);
      expect(() => valueAndGrad(() => scaleBy(scale)(w).sum(), { w, scale })).toThrow(
        /\[customGradient\] the function reads parameter scale, float32\[1\], which is not among its inputs[\s\S]*hint: Pass the tensor as an input .* or detach\(\) it/,
      );
      expect(() => backward(scaleBy(scale)(w).sum())).toThrow(/reads a parameter, float32\[1\]/);
      expect(() => grad((x: Tensor) => scaleBy(x)(tensor([1])).sum())(tensor([2]))).toThrow(/reads argument 0, /);
      expect(() =>
        vjp((x: Tensor, y: Tensor) => scaleBy(y)(x), tensor([1]), tensor([2])).pullback(tensor([1])),
      ).toThrow(/reads argument 1, /);
      const named = customGradient(
        function gate(x: Tensor): Tensor {
          return x.mul(scale);
        },
        (cotangent) => [cotangent],
      );
      expect(() => backward(named(w).sum())).toThrow(/^\[customGradient gate\]/);
    });

    it('is one also where it is the only parameter, and through whatever was computed from it', () => {
      const w = parameter([2]);
      expect(() => backward(scaleBy(w)(tensor([1])).sum())).toThrow(/which is not among its inputs/);
      expect(() => backward(scaleBy(w.exp().add(1))(tensor([1])).sum())).toThrow(/which is not among its inputs/);
    });

    it('is one also where it was computed from the very input', () => {
      const w = parameter([2]);
      const hidden = w.square();
      expect(() => backward(scaleBy(hidden)(w).sum())).toThrow(/which is not among its inputs/);
      expect(() => backward(scaleBy(w)(w).sum())).toThrow(/which is not among its inputs/);
    });

    it('is one in a composite with a gradient, and deep inside of nested ones', () => {
      const [w, scale] = [parameter([3]), parameter([2])];
      const gated = (x: Tensor): Tensor =>
        composite('gated', {}, [x], (input) => input.mul(scale), { gradient: (cotangent) => [cotangent] });
      expect(() => valueAndGrad(() => gated(w).sum(), { w, scale })).toThrow(/^\[gated\] .*parameter scale/);
      const outer = customGradient(
        (x: Tensor) => composite('inner', {}, [x], (input) => scaleBy(scale)(input)).exp(),
        (cotangent, output) => [cotangent.mul(output)],
      );
      expect(() => valueAndGrad(() => outer(w).sum(), { w, scale })).toThrow(/parameter scale/);
      const bare = customGradient(
        (_: Tensor) => scale,
        () => [undefined],
      );
      expect(() => valueAndGrad(() => bare(w).sum(), { w, scale })).toThrow(/parameter scale/);
    });

    it('is one where a definition reads it', () => {
      const [w, scale] = [parameter([3]), parameter([2])];
      const definition: CompositeDefinition = {
        name: 'scaled',
        body: (_, x) => x.mul(scale),
        gradient: (_, cotangent) => [cotangent.mul(scale)],
      };
      const run = (): Tensor => composite(definition, {}, [w]).sum();
      expect(() => valueAndGrad(run, { w, scale })).toThrow(/^\[scaled\] .*parameter scale/);
      const smuggled = { name: 'smuggled', body: ({ by }: { by: Tensor }, x: Tensor) => x.mul(by) };
      expect(() => composite(smuggled as never, { by: scale } as never, [w])).toThrow(
        /\[smuggled\] the attribute by of a composite must be a number, a string, a boolean or a list of numbers, not the tensor/,
      );
    });

    it('is one inside a compiled step', () => {
      const [w, scale] = [parameter([3]), parameter([2])];
      const step = compile(() => valueAndGrad(() => scaleBy(scale)(w).sum(), [w, scale]).value);
      expect(() => step()).toThrow(/reads parameter 1, float32\[1\]/);
    });

    it('is one in a second derivative with respect to it', () => {
      const f = (x: Tensor, y: Tensor): Tensor => grad((a: Tensor) => scaleBy(y)(a).square().sum())(x).sum();
      expect(() => grad(f, { argnums: 1 })(tensor([3]), tensor([2]))).toThrow(/reads argument 1/);
    });
  });

  describe('is fine where', () => {
    it('nobody asks for its gradient', async () => {
      const [w, scale] = [parameter([3]), parameter([2])];
      const { grads } = valueAndGrad(() => scaleBy(scale)(w).square().sum(), { w });
      // ∂ (2w)² / ∂w = 8w
      expect(await grads.w.item()).toBe(24);
      expect(await grad((x: Tensor) => scaleBy(w)(x).sum())(tensor([5])).toArray()).toEqual([3]);
      // Inside another gradient, too: the inner one is with respect to x alone.
      const outer = grad((s: Tensor) => grad((x: Tensor) => x.mul(s).square().sum())(tensor([1])).sum());
      expect(await outer(tensor([3])).toArray()).toEqual([12]);
    });

    it('it needs none: constants, variables that are no parameters, detached values, integers', async () => {
      const [w, frozen] = [parameter([3]), variable(tensor([2]))];
      for (const other of [tensor([2]), frozen, w.sub(1).detach(), w.sub(1).to('int32').to('float32')]) {
        const gradient = valueAndGrad(() => scaleBy(other)(w).sum(), { w }).grads.w;
        expect(await gradient.item()).toBe(2);
        expect(() => backward(scaleBy(other)(w).sum())).not.toThrow();
      }
    });

    it('it is an input as well', async () => {
      const product = customGradient(
        (x: Tensor, y: Tensor) => x.mul(y),
        (cotangent, _, x, y) => [cotangent.mul(y), cotangent.mul(x)],
      );
      const [a, b] = [parameter([3]), parameter([2])];
      const { grads } = valueAndGrad(() => product(a, b).sum(), { a, b });
      expect(await Promise.all([grads.a.item(), grads.b.item()])).toEqual([2, 3]);
    });

    it('only the gradient reads it: a second derivative follows it there', async () => {
      // The gradient says y · x², whatever the value is; its derivatives are 2xy and x².
      const odd = (x: Tensor, y: Tensor): Tensor =>
        customGradient(
          (a: Tensor) => a.sum(),
          (cotangent, _, a) => [cotangent.mul(a.square()).mul(y)],
        )(x);
      const first = (x: Tensor, y: Tensor): Tensor => grad((a: Tensor) => odd(a, y))(x).sum();
      const [dx, dy] = grad(first, { argnums: [0, 1] })(tensor([3]), tensor([5]));
      expect(await Promise.all([dx.item(), dy.item()])).toEqual([30, 9]);
    });

    it('a composite leaves the gradient to its body', async () => {
      const [w, scale] = [parameter([3]), parameter([2])];
      const run = (): Tensor => composite('scaled', {}, [w], (x) => x.mul(scale)).sum();
      const { grads } = valueAndGrad(run, { w, scale });
      expect(await Promise.all([grads.w.item(), grads.scale.item()])).toEqual([2, 3]);
    });
  });

  describe('a gradient of your own', () => {
    it('belongs to the attributes with which the value was computed, whatever becomes of them', async () => {
      const power: CompositeDefinition<{ exponents: number[] }> = {
        name: 'power',
        body: ({ exponents: [n = 1] }, x) => x.pow(n),
        gradient: ({ exponents: [n = 1] }, cotangent, _, x) => [cotangent.mul(x.pow(n - 1)).mul(n)],
      };
      const attributes = { exponents: [3] };
      const f = (x: Tensor): Tensor => {
        const y = composite(power, attributes, [x]).sum();
        attributes.exponents[0] = 50;
        return y;
      };
      expect(await grad(f)(tensor([2])).toArray()).toEqual([12]);
    });

    it('gives one cotangent for each input', () => {
      const run = (cotangents: unknown): (() => void) => {
        const f = customGradient(
          (x: Tensor, y: Tensor) => x.mul(y),
          () => cotangents as Tensor[],
        );
        return () => backward(f(parameter([1]), parameter([2])).sum());
      };
      expect(run([tensor([1])])).toThrow(
        /\[customGradient\] the gradient returns one cotangent for each of the 2 inputs .*, not 1/,
      );
      expect(run([tensor([1]), tensor([1]), tensor([1])])).toThrow(/not 3/);
      expect(run(tensor([1]))).toThrow(ArgumentError);
      expect(run(undefined)).toThrow(ArgumentError);
      expect(run([1, 2])).toThrow(ArgumentError);
    });
  });

  describe('a compiled function', () => {
    it('passes gradients on inside of a gradient; what it returned outside is a constant', async () => {
      const w = parameter([3]);
      const square = compile((x: Tensor) => x.square());
      expect(await valueAndGrad(() => square(w).mul(w).sum(), [w]).grads[0]?.toArray()).toEqual([27]);
      const nine = square(w);
      expect(await valueAndGrad(() => nine.mul(w).sum(), [w]).grads[0]?.toArray()).toEqual([9]);
      expect(() => backward(nine.sum())).toThrow(/does not depend on any parameter/);
    });
  });

  describe('a loss that depends on none of the parameters', () => {
    it('is an error, since every gradient would be zero', () => {
      const [w, other] = [parameter([3]), parameter([2])];
      for (const loss of [tensor([1]).sum(), w.detach().sum()]) {
        expect(() => valueAndGrad(() => loss, { w, other })).toThrow(
          /\[valueAndGrad\] the loss does not depend on any of the 2 parameters[\s\S]*hint: .*Are these the parameters of the model/,
        );
        expect(() => backward(loss)).toThrow(/does not depend on any parameter/);
      }
      expect(() => grad((x: Tensor) => x.detach().sum())(tensor([1, 2]))).toThrow(/does not depend on argument 0/);
    });

    it('is none where there are no parameters', () => {
      expect(valueAndGrad(() => tensor([1]).sum(), []).grads).toEqual([]);
    });
  });
});
