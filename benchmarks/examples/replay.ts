/** The batches of a training, written down beforehand: both sides read the same ones, and neither's time is that of drawing them. */
import type { ArrayBatch, Batches, Cursor, LoadedBatch, NumericArray } from '@hebb/data';
import { DataLoader } from '@hebb/data';

export interface Replay extends Batches {
  /** Rows that batches are made of. */
  readonly examples: ArrayBatch;
  /** Rows of all batches, one after the other. */
  readonly order: Int32Array;
  /** Rows in each batch. */
  readonly counts: readonly number[];
}

/**
 * The first `steps` batches, epoch after epoch. Of a loader without a transform only the order is kept, beside its examples.
 *
 * @param isChanged whether batches hold more than rows of the loader's dataset
 */
export async function replayOf(batches: Batches, steps: number, isChanged: boolean): Promise<Replay> {
  if (!(batches instanceof DataLoader) || isChanged) return await written(batches, steps);
  const { dataset, batchSize } = batches as DataLoader;
  const examples = await dataset.gather(Uint32Array.from({ length: dataset.length }, (_, i) => i));
  const rows: number[] = [];
  const counts: number[] = [];
  for (let epoch = 0; counts.length < steps; epoch++) {
    const order = batches.order(epoch);
    for (let batch = 0; batch < batches.length && counts.length < steps; batch++) {
      const part = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      rows.push(...part);
      counts.push(part.length);
    }
  }
  return replay(examples, Int32Array.from(rows), counts);
}

async function written(batches: Batches, steps: number): Promise<Replay> {
  const all: ArrayBatch[] = [];
  const counts: number[] = [];
  for (let epoch = 0; counts.length < steps; epoch++)
    for await (const { batch } of batches.batches({ epoch, batch: 0 })) {
      if (counts.length === steps) break;
      all.push(batch);
      counts.push(Object.values(batch)[0]?.shape[0] ?? 0);
    }
  const count = counts.reduce((sum, each) => sum + each, 0);
  const examples: Record<string, NumericArray> = {};
  for (const [name, { data, shape }] of Object.entries(all[0] ?? {})) {
    const size = shape.slice(1).reduce((product, extent) => product * extent, 1);
    const whole = data instanceof Int32Array ? new Int32Array(count * size) : new Float32Array(count * size);
    let at = 0;
    for (const batch of all) {
      const part = batch[name]?.data ?? [];
      whole.set(part, at);
      at += part.length;
    }
    examples[name] = { data: whole, shape: [count, ...shape.slice(1)] };
  }
  return replay(
    examples,
    Int32Array.from({ length: count }, (_, i) => i),
    counts,
  );
}

/** The first rows of each batch. */
export function withFewRows({ examples, order, counts }: Replay, rows: number): Replay {
  let at = 0;
  const kept = counts.map((count) => {
    const part = order.subarray(at, at + Math.min(count, rows));
    at += count;
    return part;
  });
  return replay(
    examples,
    Int32Array.from(kept.flatMap((part) => [...part])),
    kept.map(({ length }) => length),
  );
}

function replay(examples: ArrayBatch, order: Int32Array, counts: readonly number[]): Replay {
  return {
    examples,
    order,
    counts,
    length: counts.length,
    async *batches({ epoch, batch: start }: Cursor = { epoch: 0, batch: 0 }): AsyncGenerator<LoadedBatch<ArrayBatch>> {
      let at = counts.slice(0, start).reduce((sum, each) => sum + each, 0);
      for (let batch = start; batch < counts.length; batch++) {
        const count = counts[batch] ?? 0;
        const next = batch + 1 < counts.length ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };
        yield { batch: rowsOf(examples, order.subarray(at, at + count)), count, next };
        at += count;
      }
    },
  };
}

function rowsOf(examples: ArrayBatch, rows: Int32Array): ArrayBatch {
  return Object.fromEntries(
    Object.entries(examples).map(([name, { data, shape }]) => {
      const size = shape.slice(1).reduce((product, extent) => product * extent, 1);
      const part =
        data instanceof Int32Array ? new Int32Array(rows.length * size) : new Float32Array(rows.length * size);
      rows.forEach((row, i) => part.set(data.subarray(row * size, (row + 1) * size), i * size));
      return [name, { data: part, shape: [rows.length, ...shape.slice(1)] }];
    }),
  );
}
