/** The batches of a training, written down beforehand: both sides read the same ones, and neither's time is that of drawing them. */
import { DataLoader, type ArrayBatch, type Batches, type Cursor, type LoadedBatch } from '@hebb/data';

export interface Replay extends Batches {
  readonly length: number;
  /** Where batches are rows of examples: these, and the rows of each batch. */
  readonly rows?: { readonly examples: ArrayBatch; readonly orders: readonly Int32Array[] };
  /** Where they are not: all of them. */
  readonly whole?: readonly ArrayBatch[];
}

/**
 * The first `steps` batches, epoch after epoch. Of a loader without a transform only the order is kept, beside its examples.
 *
 * @param isChanged whether batches hold more than rows of the loader's dataset
 */
export async function replayOf(batches: Batches, steps: number, isChanged: boolean): Promise<Replay> {
  if (!(batches instanceof DataLoader) || isChanged) return ofWhole(await read(batches, steps));
  const { dataset, batchSize } = batches as DataLoader;
  const examples = await dataset.gather(Uint32Array.from({ length: dataset.length }, (_, i) => i));
  const orders: Int32Array[] = [];
  for (let epoch = 0; orders.length < steps; epoch++) {
    const order = Int32Array.from(batches.order(epoch));
    for (let batch = 0; batch < batches.length && orders.length < steps; batch++)
      orders.push(order.subarray(batch * batchSize, (batch + 1) * batchSize));
  }
  return ofRows(examples, orders);
}

/** The first rows of each batch. */
export function withFewRows({ rows, whole = [] }: Replay, count: number): Replay {
  if (rows !== undefined)
    return ofRows(
      rows.examples,
      rows.orders.map((order) => order.subarray(0, count)),
    );
  const first = Int32Array.from({ length: count }, (_, i) => i);
  return ofWhole(whole.map((batch) => rowsOf(batch, first.subarray(0, countOf(batch)))));
}

async function read(batches: Batches, steps: number): Promise<ArrayBatch[]> {
  const all: ArrayBatch[] = [];
  for (let epoch = 0; all.length < steps; epoch++)
    for await (const { batch } of batches.batches({ epoch, batch: 0 })) {
      if (all.length === steps) break;
      all.push(batch);
    }
  return all;
}

const countOf = (batch: ArrayBatch): number => Object.values(batch)[0]?.shape[0] ?? 0;

const ofRows = (examples: ArrayBatch, orders: readonly Int32Array[]): Replay => ({
  rows: { examples, orders },
  ...replay(orders.length, (step) => rowsOf(examples, orders[step] ?? new Int32Array(0))),
});

const ofWhole = (whole: readonly ArrayBatch[]): Replay => ({
  whole,
  ...replay(whole.length, (step) => whole[step] ?? {}),
});

/** One epoch of so many batches. */
const replay = (length: number, batchOf: (step: number) => ArrayBatch): Replay => ({
  length,
  async *batches({ epoch, batch: start }: Cursor = { epoch: 0, batch: 0 }): AsyncGenerator<LoadedBatch<ArrayBatch>> {
    for (let step = start; step < length; step++) {
      const batch = batchOf(step);
      const next = step + 1 < length ? { epoch, batch: step + 1 } : { epoch: epoch + 1, batch: 0 };
      yield { batch, count: countOf(batch), next };
    }
  },
});

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
