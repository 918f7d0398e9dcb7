/** A table whose rows are kept short trains as PyTorch's does: shortened when it is looked up, then moved. */
import { backward, valueAndGrad } from '@hebb/autograd';
import { Embedding } from '@hebb/layers';
import { SGD } from '@hebb/optimizers';
import { compile, concat, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { golden, expectClose, type Stored } from '../../../tensor/test/support/golden.ts';

beforeAll(() => setDevice('wasm'));

const { start, batches, weights, weightsOfPairs } = golden(
  new URL('../../../layers/test/golden/max-norm.json', import.meta.url),
) as {
  start: number[][];
  batches: number[][];
  weights: Stored[];
  /** Of steps that look up the batch, then rows 3 and the first of the batch, then 3 and 2. */
  weightsOfPairs: Stored[];
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

describe.each(['valueAndGrad', 'backward'])('several lookups of one table in a step, by %s', (how) => {
  it.each([false, true])('compiled: %s', async (compiled) => {
    const layer = Embedding.fromPretrained(tensor(start), { maxNorm: 1, freeze: false });
    const optimizer = new SGD(layer, { learningRate: 0.25 });
    const lossOf = (ids: Tensor): Tensor => {
      const others = [
        concat([tensor([3], { dtype: 'int32' }), ids.narrow(0, 0, 1)], 0),
        tensor([3, 2], { dtype: 'int32' }),
      ];
      const losses = [ids, ...others].map((each) => layer.forward(each).sub(1).square().sum());
      return losses.reduce((sum, each) => sum.add(each));
    };
    const step = (ids: Tensor): Tensor => {
      if (how === 'backward') {
        const loss = lossOf(ids);
        optimizer.zeroGrad();
        backward(loss);
        optimizer.step();
        return loss;
      }
      const { value, grads } = valueAndGrad(() => lossOf(ids), optimizer.parameters);
      optimizer.step(grads);
      return value;
    };
    const run = compiled ? compile(step) : step;
    for (const [i, batch] of batches.entries()) {
      await run(tensor(batch, { dtype: 'int32' })).item();
      await expectClose(layer.weight, weightsOfPairs[i] as Stored, `after step ${i}`);
    }
  });
});
