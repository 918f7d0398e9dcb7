/** What a training draws at random, drawn beforehand: fields of its batches. */
import type { Batches, NumericArray } from '@hebb/data';
import { Generator, randn } from '@hebb/tensor';

/** Normal numbers of a shape, times a deviation. */
export async function normal(shape: readonly number[], generator: Generator, deviation = 1): Promise<NumericArray> {
  const data = await randn([...shape], { generator })
    .mul(deviation)
    .data();
  return { data: data as Float32Array, shape };
}

/** The batches with more fields, of these shapes for an example. */
export function withNoise(
  batches: Batches,
  shapes: Readonly<Record<string, readonly number[]>>,
  deviation = 1,
): Batches {
  return {
    length: batches.length,
    async *batches(from = { epoch: 0, batch: 0 }) {
      const generator = new Generator(1000 + from.epoch);
      for await (const { batch, count, next } of batches.batches(from)) {
        const noise: Record<string, NumericArray> = {};
        for (const [name, shape] of Object.entries(shapes)) noise[name] = await normal([count, ...shape], generator, deviation); // prettier-ignore
        yield { batch: { ...batch, ...noise }, count, next };
      }
    },
  };
}
