/** A table whose rows are kept short trains as PyTorch's does: shortened when it is looked up, then moved. */
import { valueAndGrad } from '@hebb/autograd';
import { Embedding } from '@hebb/layers';
import { SGD } from '@hebb/optimizers';
import { compile, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, expect, it } from 'vitest';
import { golden, expectClose, type Stored } from '../../../tensor/test/support/golden.ts';

beforeAll(() => setDevice('wasm'));

const { start, batches, weights } = golden(new URL('../../../layers/test/golden/max-norm.json', import.meta.url)) as {
  start: number[][];
  batches: number[][];
  weights: Stored[];
};

it.each([false, true])('compiled: %s', async (compiled) => {
  const layer = Embedding.fromPretrained(tensor(start), { maxNorm: 1, freeze: false });
  const optimizer = new SGD(layer, { learningRate: 0.25 });
  const step = (ids: Tensor): Tensor => {
    const { value, grads } = valueAndGrad(() => layer.forward(ids).sub(1).square().sum(), optimizer.parameters);
    optimizer.step(grads);
    return value;
  };
  const run = compiled ? compile(step) : step;
  for (const [i, batch] of batches.entries()) {
    await run(tensor(batch, { dtype: 'int32' })).item();
    await expectClose(layer.weight, weights[i] as Stored, `after step ${i}`);
  }
  expect(layer.weight.shape).toEqual([4, 2]);
});
