/** Gradients of float16: of the rounded numbers, computed in float32 and rounded once for each operation, on every device alike. */
import {
  acosh,
  add,
  assign,
  atan2,
  conv2d,
  cumsum,
  einsum,
  erf,
  gelu,
  hypot,
  indexSelect,
  lgamma,
  logSoftmax,
  logSumExp,
  matmul,
  maxPool2d,
  norm,
  prod,
  scan,
  setDevice,
  softmax,
  softplus,
  std,
  tan,
  tensor,
  variable,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { backward, grad, hessian, jacobian, jvp, valueAndGrad, vjp, vmap } from '../src/index.ts';

const devices = [
  'reference',
  'wasm',
  ...(process.env['HEBB_TEST_WEBGPU'] === '1' ? (['webgpu'] as const) : []),
] as const;
const numbers = (count: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(1024 * (1.5 + Math.sin(seed + i * 1.7))) / 1024);

const x23 = (): Tensor => tensor(numbers(6), { shape: [2, 3] });
const image = (): Tensor => tensor(numbers(2 * 2 * 25, 3), { shape: [2, 2, 5, 5] });
const kernel = (): Tensor => tensor(numbers(3 * 2 * 9, 5), { shape: [3, 2, 3, 3] });

/** One operation each, so that one rounding of the gradient is all there is. */
const functions: readonly (readonly [string, (...x: Tensor[]) => Tensor, readonly (() => Tensor)[]])[] = [
  ['exp', (x) => x.exp(), [x23]],
  ['log', (x) => x.log(), [x23]],
  ['tanh', (x) => x.tanh(), [x23]],
  ['sqrt', (x) => x.sqrt(), [x23]],
  ['erf', (x) => erf(x), [x23]],
  ['tan', (x) => tan(x), [x23]],
  ['acosh', (x) => acosh(x.add(2)), [x23]],
  ['lgamma', (x) => lgamma(x), [x23]],
  ['gelu', (x) => gelu(x), [x23]],
  ['softplus', (x) => softplus(x), [x23]],
  ['pow', (x, y) => x.pow(y), [x23, x23]],
  ['div', (x, y) => x.div(y), [x23, () => x23().add(1)]],
  ['hypot', (x, y) => hypot(x, y), [x23, x23]],
  ['atan2', (x, y) => atan2(x, y), [x23, x23]],
  ['matmul', (x, y) => matmul(x, y.transpose(0, 1)), [x23, x23]],
  ['einsum', (x, y) => einsum('ij,kj->ik', x, y), [x23, x23]],
  ['conv2d', (x, w) => conv2d(x, w), [image, kernel]],
  ['maxPool2d', (x) => maxPool2d(x, 2), [image]],
  ['mean', (x) => x.mean(1), [x23]],
  ['std', (x) => std(x, 1), [x23]],
  ['norm', (x) => norm(x, 1), [x23]],
  ['logSumExp', (x) => logSumExp(x, 1), [x23]],
  ['prod', (x) => prod(x, 1), [x23]],
  ['cumsum', (x) => cumsum(x, 1), [x23]],
  ['max', (x) => x.max(1), [x23]],
  ['where', (x, y) => x.less(y).where(x, y), [x23, x23]],
  ['indexSelect', (x) => indexSelect(x, 0, [1, 1, 0]), [x23]],
  ['softmax', (x) => softmax(x, 1), [x23]],
  ['logSoftmax', (x) => logSoftmax(x, 1), [x23]],
];

const ofResult = new Set(['tanh', 'sqrt', 'softmax', 'logSoftmax']);

describe.each(devices)('on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each(functions)('the gradient of %s is that of float32, rounded', async (operation, f, given) => {
    const halves = given.map((make) => make().to('float16'));
    const wide = halves.map((x) => x.to('float32'));
    const { value, pullback } = vjp(f, ...halves);
    expect(value.dtype).toBe('float16');
    // A cotangent that float16 holds, not the same everywhere.
    const cotangent = tensor(numbers(value.size, 9), { shape: value.shape });
    const cotangents = pullback(cotangent.to('float16')) as readonly Tensor[];
    const expected = vjp(f, ...wide).pullback(cotangent) as readonly Tensor[];
    for (const [i, actual] of cotangents.entries()) {
      expect(actual.dtype).toBe('float16');
      const [got, want] = [await actual.data(), await (expected[i] as Tensor).data()];
      // Half a unit in the last place of float16, twice where two operations follow each other (axes moved, a term added).
      // Derivatives written in the result see it rounded.
      const slack = ofResult.has(operation) ? 2 ** -9 : 2 ** -24;
      want.forEach((w, at) => {
        if (!(Math.abs((got[at] ?? NaN) - w) <= 2 ** -10 * Math.abs(w) + slack))
          expect.fail(`cotangent ${i}, element ${at}: ${got[at]}, not ${w}`);
      });
    }
  });

  it('flows through conversions, and has the dtype of what it is of', async () => {
    const f = (x: Tensor): Tensor => x.to('float32').square().sum();
    const slope = grad(f)(tensor([1, 0.1, 300], { dtype: 'float16' }));
    expect([slope.dtype, ...(await slope.data())]).toEqual(['float16', 2, 0.199951171875, 600]);
    const back = grad((x: Tensor) => x.to('float16').square().sum().to('float32'))(tensor([1, 3]));
    expect([back.dtype, ...(await back.data())]).toEqual(['float32', 2, 6]);
    const { value, grad: both } = valueAndGrad((x: Tensor) => x.exp().sum())(tensor([0, 1], { dtype: 'float16' }));
    expect([value.dtype, both.dtype]).toEqual(['float16', 'float16']);
    expect(() => grad((x: Tensor) => x.to('uint8').to('float32').sum())(tensor([1, 2]))).toThrow(/conversion to uint8/);
    expect(() => grad((x: Tensor) => x.to('float32').sum())(tensor([1], { dtype: 'uint8' }))).toThrow(
      /float16 tensors/,
    );
  });

  it('has further gradients, directions, loops and examples', async () => {
    const x = tensor([0.5, 1, 2], { dtype: 'float16' });
    const cube = (t: Tensor): Tensor => t.pow(3).sum();
    const second = hessian(cube)(x);
    expect([second.dtype, ...(await second.data())]).toEqual(['float16', 3, 0, 0, 0, 6, 0, 0, 0, 12]);
    expect([...(await jacobian((t: Tensor) => t.square())(x).data())]).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 4]);
    const { tangent } = jvp((t: Tensor) => t.square(), [x], [tensor([1, 1, 2], { dtype: 'float16' })]);
    expect([tangent.dtype, ...(await tangent.data())]).toEqual(['float16', 1, 2, 8]);
    const loop = (t: Tensor): Tensor => scan((c: Tensor, s: Tensor) => [c.mul(s), undefined], add(t, 0), tensor([[2, 2, 2], [3, 3, 3]], { dtype: 'float16' }))[0].sum(); // prettier-ignore
    expect([...(await grad(loop)(x).data())]).toEqual([6, 6, 6]);
    const perExample = vmap(grad(cube))(tensor([[1, 2], [3, 4]], { dtype: 'float16' })); // prettier-ignore
    expect([perExample.dtype, ...(await perExample.data())]).toEqual(['float16', 3, 12, 27, 48]);
  });

  it('trains parameters of float16', async () => {
    const weight = variable(tensor([1, -2], { dtype: 'float16' }), { requiresGrad: true });
    const inputs = tensor([[1, 2], [3, -1], [0.5, 0.5]], { dtype: 'float16' }); // prettier-ignore
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const loss = matmul(inputs, weight)
        .sub(tensor([1, 2, 1], { dtype: 'float16' }))
        .square()
        .mean();
      backward(loss);
      expect(weight.grad?.dtype).toBe('float16');
      assign(weight, weight.sub((weight.grad as Tensor).mul(0.1)));
      weight.grad = undefined;
      losses.push(await loss.item());
    }
    expect(losses.at(-1)).toBeLessThan(0.2);
  });
});
