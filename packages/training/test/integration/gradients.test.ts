/** Gradients through layers and losses against PyTorch's. */
import { valueAndGrad } from '@hebb/autograd';
import { fromConfig } from '@hebb/layers';
import { setDevice, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { caseName, mapValues, type Golden } from '../../../layers/test/support/cases.ts';
import { computeLoss, lossName, type LossCase } from '../../../losses/test/support/cases.ts';
import { roundToHalf } from '../../../tensor/src/graph/half.ts';
import { devices } from '../../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor, type Stored } from '../../../tensor/test/support/golden.ts';

const layers = (golden(new URL('../../../layers/test/golden/pytorch.json', import.meta.url)) as Golden).cases;
const losses = golden(new URL('../../../losses/test/golden/pytorch.json', import.meta.url)) as LossCase[];

const parameterOf = (stored: Stored): Tensor => variable(toTensor(stored), { requiresGrad: true });

describe.each(devices)('gradients on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(layers.map((entry) => [caseName(entry), entry] as const))(
    '%s',
    async (name, { config, training, state, inputs, cotangent, gradients }) => {
      const module = fromConfig(config).train(training);
      module.loadStateDict(mapValues(state, toTensor));
      for (const earlier of inputs.slice(0, -1)) module.forward(toTensor(earlier));
      const input = parameterOf(inputs.at(-1) as Stored);
      // The sum of output · cotangent has the gradients that PyTorch computed from the cotangent.
      const loss = (): Tensor => module.forward(input).mul(toTensor(cotangent)).sum();
      const { grads } = valueAndGrad(loss, new Map([...module.namedParameters(), ['input', input]]));
      for (const [key, value] of Object.entries(gradients))
        await expectClose(grads.get(key) as Tensor, value, `${name}: ${key}`, 2e-5);
    },
  );

  it.each(losses.map((entry) => [lossName(entry), entry] as const))('%s', async (name, entry) => {
    const prediction = parameterOf(entry.prediction);
    const { grads } = valueAndGrad(() => computeLoss(entry, prediction).sum(), [prediction]);
    await expectClose(grads[0] as Tensor, entry.gradient, name);
  });

  it.each(losses.map((entry) => [lossName(entry), entry] as const))('%s of float16', async (_, entry) => {
    const value = toTensor(entry.prediction).to('float16');
    const gradientOf = (x: Tensor): Tensor => {
      const prediction = variable(x, { requiresGrad: true });
      return valueAndGrad(() => computeLoss(entry, prediction).sum(), [prediction]).grads[0] as Tensor;
    };
    const [narrow, exact] = [gradientOf(value), gradientOf(value.to('float32'))];
    expect(narrow.dtype).toBe('float16');
    expect(await narrow.data()).toEqual(Float32Array.from(await exact.data(), roundToHalf));
  });
});
