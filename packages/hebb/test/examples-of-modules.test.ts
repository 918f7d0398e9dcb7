/** Gradients of every example by the parameters of modules: a mapped valueAndGrad beside a loop over the examples. */
import {
  BatchNorm2d,
  compile,
  Conv2d,
  crossEntropy,
  Dropout,
  Flatten,
  Linear,
  manualSeed,
  MaxPool2d,
  randn,
  ReLU,
  Sequential,
  setDevice,
  stack,
  tensor,
  valueAndGrad,
  vmap,
  type Tensor,
} from '../src/index.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';

async function expectSame(actual: Tensor, expected: Tensor): Promise<void> {
  expect(String(actual)).toBe(String(expected));
  const [left, right] = [await actual.data(), await expected.data()];
  right.forEach((value, i) =>
    expect(Math.abs((left[i] as number) - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value))),
  );
}

describe.each(devices)('on %s', (name) => {
  beforeAll(() => {
    setDevice(name);
    manualSeed(4);
  });

  const network = (): Sequential =>
    new Sequential(new Conv2d(1, 4, 3, { padding: 1 }), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(64, 3));

  it('losses and gradients of every example by all parameters of a network, compiled as well', async () => {
    const model = network();
    const parameters = [...model.parameters()];
    const [xs, labels] = [randn([5, 1, 8, 8]), tensor([0, 2, 1, 1, 0], { dtype: 'int32' })];
    const one = (x: Tensor, label: Tensor) =>
      valueAndGrad(() => crossEntropy(model.forward(x.unsqueeze(0)), label.unsqueeze(0)), parameters);
    const { value, grads } = vmap(one)(xs, labels);
    const each = [0, 1, 2, 3, 4].map((i) => one(xs.narrow(0, i, 1).squeeze(0), labels.narrow(0, i, 1).squeeze(0)));
    await expectSame(value, stack(each.map((example) => example.value)));
    for (const [i, gradient] of grads.entries())
      await expectSame(gradient, stack(each.map((example) => example.grads[i] as Tensor)));
    // Their mean is the gradient of the mean.
    const all = valueAndGrad(() => crossEntropy(model.forward(xs), labels), parameters);
    for (const [i, gradient] of grads.entries()) await expectSame(gradient.mean(0), all.grads[i] as Tensor);
    const compiled = compile((x: Tensor, y: Tensor) => vmap(one)(x, y).grads);
    for (const [i, gradient] of compiled(xs, labels).entries()) await expectSame(gradient, grads[i] as Tensor);
  });

  it('dropout draws for each example, and the statistics of batch normalisation stand still in evaluation mode', async () => {
    const dropping = new Sequential(new Linear(3, 8), new Dropout(0.5));
    const masks = await vmap((x: Tensor) => dropping.forward(x.unsqueeze(0)).equal(0))(randn([6, 3])).toArray();
    expect(new Set((masks as unknown[]).map((mask) => JSON.stringify(mask))).size).toBeGreaterThan(1);
    const normal = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2));
    normal.eval();
    const xs = randn([3, 1, 4, 4]);
    await expectSame(vmap((x: Tensor) => normal.forward(x.unsqueeze(0)).squeeze(0))(xs), normal.forward(xs));
    normal.train();
    expect(() => vmap((x: Tensor) => normal.forward(x.unsqueeze(0)))(xs)).toThrow(/\[assign\] inside of vmap/);
  });
});
