/** Batch normalisation of numbers that lie close together far from 0: outputs, running statistics and gradients beside PyTorch's. */
import { valueAndGrad } from '@hebb/autograd';
import { BatchNorm1d } from '@hebb/layers';
import { compile, device, linspace, ones, randn, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';
import { numbersOf, statisticsCases } from '../../../tensor/test/support/statistics.ts';
import { counted } from '../../../tensor/test/support/optimised.ts';

/** `least`: how large the numbers would be if they did not cancel. */
function expectClose(
  actual: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number,
  what: string,
  least = 0,
): void {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), least);
  expected.forEach((value, i) =>
    expect(Math.abs((actual[i] ?? NaN) - value), `${what} ${i}: ${actual[i]}, not ${value}`).toBeLessThan(
      tolerance * scale,
    ),
  );
}

describe.each(devices)('BatchNorm1d on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each(statisticsCases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const layer = new BatchNorm1d(1);
    const x = tensor(numbersOf(one), { shape: [one.count, 1] });
    const factors = linspace(-1, 1, one.count).unsqueeze(1);
    const outputs: Tensor[] = [];
    const { grads } = valueAndGrad(() => {
      outputs.push(layer.forward(x));
      return (outputs[0] as Tensor).mul(factors).sum();
    }, [x]);
    const normalised = await (outputs[0] as Tensor).narrow(0, 0, Math.min(8, one.count)).data();
    expectClose(normalised, one.normalised, 1e-5, 'output', 0.1);
    const gradient = await (grads[0] as Tensor).narrow(0, 0, Math.min(8, one.count)).data();
    expectClose(gradient, one.gradient, 1e-4, 'gradient', 0.01 / Math.sqrt(one.variance + 1e-5));
    expectClose([(await layer.running_mean?.item()) ?? NaN], [one.runningMean], 1e-5, 'running mean');
    expectClose([(await layer.running_var?.item()) ?? NaN], [one.runningVariance], 1e-5, 'running variance');
  });
});

it('the step of a batch normalisation (forward, gradients of weight and bias, statistics) is 7 kernels', async () => {
  setDevice('wasm');
  const layer = new BatchNorm1d(10);
  const step = compile((x: Tensor) => {
    const { value, grads } = valueAndGrad(() => layer.forward(x).square().mean(), layer.parameters());
    return [value, ...grads];
  });
  const x = randn([64, 10]).add(ones([10]));
  for (let i = 0; i < 2; i++) await (step(x)[0] as Tensor).item();
  expect(device.stats().kernelsInLastRun).toEqual(counted(7));
});
