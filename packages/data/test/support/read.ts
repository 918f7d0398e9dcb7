import type { Batches, Cursor, LoadedBatch } from '../../src/index.ts';

/** All that a source gives from there to the end of the epoch. */
export async function read<B>(source: Batches<B>, from?: Cursor): Promise<LoadedBatch<B>[]> {
  const all: LoadedBatch<B>[] = [];
  for await (const loaded of source.batches(from)) all.push(loaded);
  return all;
}
