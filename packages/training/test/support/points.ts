import { ArrayDataset, Random } from '@hebb/data';

/** Two classes: whether the point lies above the diagonal. */
export function points(count: number, seed = 1): ArrayDataset {
  const random = new Random(seed);
  const x = Float32Array.from({ length: 2 * count }, () => 2 * random.float() - 1);
  const y = Int32Array.from({ length: count }, (_, i) => ((x[2 * i] ?? 0) > (x[2 * i + 1] ?? 0) ? 1 : 0));
  return new ArrayDataset({ x: { data: x, shape: [2] }, y: { data: y, shape: [] } });
}
