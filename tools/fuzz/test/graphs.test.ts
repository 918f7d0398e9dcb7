/** A seed has to give the same graph over tensors and over variables that are updated behind it. */
import { expect, it } from 'vitest';
import { assign, setDevice, tensor, variable } from '../../../packages/tensor/src/index.ts';
import { growPool } from '../src/graphs.ts';
import { makeRandom } from '../src/random.ts';

it('has the value of before an update where a step hands back a variable itself', async () => {
  setDevice('wasm');
  const v = variable(tensor([1, 2]), { requiresGrad: true });
  const [leaf, one, ...others] = growPool([v], 2, makeRandom(1), [(x) => [x, x.mul(2)]], 2000);
  expect(leaf).toBe(v);
  expect(others.length).toBe(3);
  assign(v, v.mul(10));
  expect(await one?.toArray()).toEqual([1, 2]);
  expect(await leaf?.toArray()).toEqual([10, 20]);
});
