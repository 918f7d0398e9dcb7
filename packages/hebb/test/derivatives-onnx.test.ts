/** Functions that are made of functions (gradients, derivatives in directions, functions of many examples) as ONNX files, run by onnxruntime. */
import {
  checkpoint,
  conv2d,
  cumprod,
  customGradient,
  eye,
  grad,
  gridSample,
  hessian,
  hvp,
  jacobian,
  jvp,
  logSoftmax,
  maxPool2d,
  prod,
  scan,
  setDevice,
  softmax,
  sort,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
  zeros,
  type Tensor,
} from '../src/index.ts';
import { beforeAll, describe, it } from 'vitest';
import { expectSame, numbers } from '../../onnx/test/support/compare.ts';

beforeAll(() => setDevice('reference'));

const numbersOf = (...shape: number[]): Tensor =>
  tensor(
    numbers(
      shape.reduce((product, n) => product * n, 1),
      9,
    ),
    { shape },
  );
const batches = [{ batch: 1 }, { batch: 2 }, { batch: 7 }];
const w = numbersOf(3, 2);
const kernel = numbersOf(2, 1, 3, 3);

const energy = (x: Tensor): Tensor => x.matmul(w).tanh().square().sum();
const one = (x: Tensor): Tensor => logSoftmax(x.matmul(w).tanh(), -1).narrow(-1, 0, 1).sum();
const cnn = (x: Tensor): Tensor =>
  maxPool2d(conv2d(x.unsqueeze(0), kernel, { padding: 1 }).relu(), 2)
    .square()
    .sum();
const straight = customGradient(
  (x: Tensor) => x.sign(),
  (cotangent) => [cotangent.mul(2)],
);

const functions: Readonly<Record<string, readonly [f: (x: Tensor) => Tensor, shape: (string | number)[]]>> = {
  'a force, the gradient of an energy': [grad(energy), ['batch', 3]],
  'a value with its gradient': [(x) => valueAndGrad(energy)(x).grad.add(valueAndGrad(energy)(x).value), ['batch', 3]],
  'a derivative in a direction': [(x) => jvp((y: Tensor) => y.matmul(w).sin(), [x], [x.cos()]).tangent, ['batch', 3]],
  'a pullback': [(x) => vjp((y: Tensor) => softmax(y.matmul(w), -1), x).pullback(x.matmul(w))[0], ['batch', 3]],
  'a product with a Hessian': [(x) => hvp(energy, [x], [x.sin()])[0], ['batch', 3]],
  'many examples': [vmap(one), ['batch', 3]],
  'many examples along the last axis': [vmap(one, { inAxes: -1 }), [3, 'batch']],
  'gradients of each': [vmap(grad(one)), ['batch', 3]],
  'gradients of each by what they share': [
    (x) =>
      vmap(
        grad((v: Tensor, y: Tensor) => y.matmul(v).tanh().sum()),
        { inAxes: [null, 0] },
      )(w, x),
    ['batch', 3],
  ],
  'gradients of each through a convolution': [vmap(grad(cnn)), ['batch', 1, 4, 4]],
  'Jacobians of each': [vmap(jacobian((y: Tensor) => y.matmul(w).tanh())), ['batch', 3]],
  'Jacobians of each, forward': [vmap(jacobian((y: Tensor) => y.matmul(w).tanh(), { mode: 'forward' })), ['batch', 3]],
  'Hessians of each': [vmap(hessian(one)), ['batch', 3]],
  'a gradient of what is mapped': [grad((x: Tensor) => vmap(one)(x).square().sum()), ['batch', 3]],
  'a mapped loop': [vmap((x: Tensor) => scan((s, v) => [s.mul(v).sin().add(v), s], zeros([]), x)[1]), ['batch', 5]],
  'a gradient of a loop': [
    grad((x: Tensor) =>
      scan((s, v) => [s.mul(v).sin().add(v.mean()), undefined], x.mul(0.5), numbersOf(4, 3))[0].sum(),
    ),
    ['batch', 3],
  ],
  'a gradient of one’s own, mapped': [vmap(grad((x: Tensor) => straight(x).mul(x).sum())), ['batch', 3]],
  'a checkpoint': [grad((x: Tensor) => checkpoint(one)(x)), ['batch', 3]],
  'a Jacobian of all by all': [jacobian((x: Tensor) => x.matmul(w).tanh()), ['batch', 3]],
  'a Hessian of all by all': [hessian((x: Tensor) => x.matmul(w).tanh().square().sum()), ['batch', 3]],
  'all pairs': [
    (x) => vmap((a: Tensor) => vmap((b: Tensor) => a.sub(b).square().sum().neg().exp())(x))(x),
    ['batch', 3],
  ],
  'forces of all pairs': [
    grad((x: Tensor) => vmap((a: Tensor) => vmap((b: Tensor) => a.sub(b).square().sum().neg().exp())(x))(x).sum()),
    ['batch', 3],
  ],
  'the trace of a Hessian of each, by products with unit vectors': [
    vmap((y: Tensor) => vmap((v: Tensor) => hvp(one, [y], [v])[0].mul(v).sum())(eye(3)).sum()),
    ['batch', 3],
  ],
  'a product of many examples': [vmap((y: Tensor) => prod(y, 0)), ['batch', 3]],
  'derivatives of a cumulative product of each': [vmap(jacobian((y: Tensor) => cumprod(y, 0))), ['batch', 3]],
  'third derivatives': [vmap(jacobian(hessian((y: Tensor) => y.sin().mul(y.sum()).sum()))), ['batch', 3]],
  'a mapped sort': [vmap((x: Tensor) => sort(x).values), ['batch', 5]],
  'a gradient of a sample': [
    grad((x: Tensor) =>
      gridSample(
        x,
        numbersOf(1, 2, 2, 2)
          .mul(0.4)
          .broadcastTo([x.shape[0] as number, 2, 2, 2]),
      ).sum(),
    ),
    ['batch', 1, 3, 3],
  ],
};

describe.each(Object.entries(functions))('%s', (_, [f, shape]) => {
  it('is a file, of any batch', async () => {
    await expectSame(f, { inputs: { x: shape } }, batches, 1e-4);
  });
});
