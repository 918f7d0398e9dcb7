/** Names as tokens, and windows of a series. */
import { manualSeed, setDevice, tensor, type Tensor } from 'hebb';
import { expect, it } from 'vitest';
import { buildNames } from '../rnn/example.ts';
import { asDataset } from '../rnn/names.ts';
import { buildSunspots, windowFields } from '../rnn/sunspots.ts';

it('a name is read one letter behind what is asked for, and nothing is asked behind its end', () => {
  const { x, y } = asDataset(['ab', 'c']).gather([0, 1]);
  expect([x.shape, [...x.data]]).toEqual([
    [2, 3],
    [0, 1, 2, 0, 3, 0],
  ]);
  expect([...y.data]).toEqual([1, 2, 0, 3, 0, -1]);
});

it('padding changes nothing of the loss', async () => {
  setDevice('wasm');
  manualSeed(2);
  const { model, task } = buildNames({ cell: 'gru', hidden: 8, train: asDataset(['ab', 'c', 'abc']), seed: 0 });
  model.eval();
  const loss = async (names: readonly string[], first = names.length): Promise<number> => {
    const { x, y } = asDataset(names).gather(Array.from({ length: first }, (_, i) => i));
    const batch = { x: tensor(x.data, { shape: x.shape }), y: tensor(y.data, { shape: y.shape }) };
    return Number(await (task.validate?.(batch) as Tensor | undefined)?.item());
  };
  expect(await loss(['ab', 'abcdefgh'], 1)).toBeCloseTo(await loss(['ab']), 6);
});

it('windows ask at each month for the next one, and none of them goes beyond the end', () => {
  const { x, y } = windowFields(Float32Array.of(0, 1, 2, 3, 4, 5), 3, 2);
  expect([...x.data]).toEqual([0, 1, 2, 2, 3, 4]);
  expect([...y.data]).toEqual([1, 2, 3, 3, 4, 5]);
  const { loader } = buildSunspots({ cell: 'gru', train: new Float32Array(300), seed: 0 });
  expect([...loader].map((batch) => batch.x.shape)).toEqual([[15, 240, 1]]);
});
