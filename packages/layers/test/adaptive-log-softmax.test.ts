/** What PyTorch's numbers (`golden/linear.json`) do not show of the adaptive softmax. */
import { realize, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, expect, it } from 'vitest';
import { AdaptiveLogSoftmaxWithLoss } from '../src/index.ts';

beforeAll(() => setDevice('wasm'));

const make = (): AdaptiveLogSoftmaxWithLoss => new AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], { divValue: 2 });
const x = (): Tensor => tensor([[1, -2, 0.5, 3], [0, 1, 2, -1], [2, 2, -3, 0.25]]); // prettier-ignore
const classes = (...given: number[]): Tensor => tensor(given, { dtype: 'int32' });

it('log-probabilities of all classes are those of forward, their exponentials add up to 1, and the largest is predicted', async () => {
  const layer = make();
  const all = layer.logProb(x());
  const [logs, sums, predicted] = [all.toArray(), all.exp().sum(1).toArray(), layer.predict(x()).toArray()];
  const rows = (await logs) as number[][];
  for (const sum of (await sums) as number[]) expect(sum).toBeCloseTo(1, 6);
  expect(await predicted).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
  for (let label = 0; label < 9; label++) {
    const output = (await layer.forward(x(), classes(label, label, label)).output.toArray()) as number[];
    output.forEach((value, i) => expect(value).toBeCloseTo(rows[i]?.[label] ?? NaN, 6));
  }
});

it('one example without a batch gives what it gives in a batch', async () => {
  const layer = make();
  const { output, loss } = layer.forward(tensor([0, 1, 2, -1]), tensor(7, { dtype: 'int32' }));
  const batch = layer.forward(x(), classes(0, 7, 3));
  await realize(output, loss, batch.output);
  expect(output.shape).toEqual([]);
  expect(await output.item()).toBe(((await batch.output.toArray()) as number[])[1]);
  expect(await loss.item()).toBe(-(await output.item()));
  expect(layer.logProb(tensor([0, 1, 2, -1])).shape).toEqual([9]);
});

it('refuses what does not fit', () => {
  const layer = make();
  expect(() => layer.forward(x(), classes(0, 9, 1))).toThrow('[AdaptiveLogSoftmaxWithLoss]');
  expect(() => layer.forward(x(), classes(0, 1))).toThrow('needs targets int32[3]');
  expect(() => layer.forward(x(), tensor([0, 1, 2]))).toThrow('targets must be int32 class indices');
  expect(() => layer.logProb(tensor([[1, 2, 3]]))).toThrow('x must be [N, 4] or [4]');
  expect(() => new AdaptiveLogSoftmaxWithLoss(4, 9, [5, 2])).toThrow(
    'rise from 1 on to below the number of classes, 9',
  );
  expect(() => new AdaptiveLogSoftmaxWithLoss(4, 9, [2, 9])).toThrow('not [2, 9]');
  expect(() => new AdaptiveLogSoftmaxWithLoss(4, 9, [])).toThrow('cutoffs');
  expect(() => new AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5])).toThrow('4 / 4^2 < 1 features');
});

it('a target that is no class and known on the device alone is NaN', async () => {
  const { output } = make().forward(x(), classes(0, 1, 4).mul(3));
  const values = (await output.toArray()) as number[];
  expect(values.map(Number.isNaN)).toEqual([false, false, true]);
});
