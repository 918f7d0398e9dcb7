import type { ArrayBatch, Batches, LoadedBatch } from '@hebb/data';

/** A source of these batches in every epoch, which says that there are `length`. */
export function sourceOf(arrays: readonly ArrayBatch[], length = arrays.length): Batches {
  return {
    length,
    async *batches({ epoch, batch: start } = { epoch: 0, batch: 0 }): AsyncGenerator<LoadedBatch<ArrayBatch>> {
      for (const [i, batch] of arrays.slice(start).entries())
        yield { batch, count: 1, next: { epoch, batch: start + i + 1 } };
    },
    stateDict: () => ({ length }),
    loadStateDict: () => undefined,
    differences: () => [],
  };
}
