import { ArrayDataset, DataLoader, type ArrayBatch, type Batches } from '@hebb/data';
import { expect, it } from 'vitest';
import { replayOf, withFewRows } from '../examples/replay.ts';

const dataset = new ArrayDataset({
  x: { data: Float32Array.from({ length: 14 }, (_, i) => i), shape: [2] },
  y: { data: Int32Array.from({ length: 7 }, (_, i) => 10 * i), shape: [] },
});
const loader = new DataLoader(dataset, { batchSize: 3, shuffle: true, seed: 5 });

/** Batches of epoch after epoch. */
async function read(batches: Batches, steps: number): Promise<ArrayBatch[]> {
  const all: ArrayBatch[] = [];
  for (let epoch = 0; all.length < steps; epoch++)
    for await (const { batch } of batches.batches({ epoch, batch: 0 })) if (all.length < steps) all.push(batch);
  return all;
}

const plain = (batches: readonly ArrayBatch[]): unknown =>
  batches.map((batch) => Object.entries(batch).map(([name, { data, shape }]) => [name, [...data], shape]));

it.each([
  ['in the order of the loader', false],
  ['as they were made', true],
])('batches come again over epochs, %s', async (_, isChanged) => {
  const expected = plain(await read(loader, 5));
  const replay = await replayOf(loader, 5, isChanged);
  expect(replay.length).toBe(5);
  expect(plain(await read(replay, 5))).toEqual(expected);
  const [third] = await read({ batches: () => replay.batches({ epoch: 0, batch: 2 }) }, 1);
  expect(plain([third ?? {}])).toEqual((expected as unknown[]).slice(2, 3));
});

it.each([false, true])('may be cut to the first rows of each (%s)', async (isChanged) => {
  const replay = await replayOf(loader, 3, isChanged);
  const few = withFewRows(replay, 2);
  const [whole, cut] = [await read(replay, 3), await read(few, 3)];
  cut.forEach((batch, i) =>
    expect([...(batch['y']?.data ?? [])]).toEqual([...(whole[i]?.['y']?.data ?? [])].slice(0, 2)),
  );
});
