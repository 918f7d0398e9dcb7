/**
 * Would convolutions of 3×3 pay as Winograd's F(2×2, 3×3) (A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015)? Of a convolution of as many channels as filters with
 * padding: the convolution itself, Winograd's whole in operations of tensors, its products alone, and how far both are from one another.
 * `node --import tsx benchmarks/winograd.ts [CHANNELS] [IMAGES] [SIZE] [THREADS]`; medians of 9 on the wall, in turns. HEBB_V8_FLAGS as everywhere.
 */
import { compile, conv2d, device, manualSeed, matmul, pad, randn, setDevice, stack, type Tensor } from '@hebb/tensor';
import { commandLine } from './support/command-line.ts';

const { channels, images, size, threads } = commandLine(import.meta.url, { channels: 64, images: 32, size: 32, threads: 1 }); // prettier-ignore
setDevice('wasm', { threads });
console.log(await device.ready());
manualSeed(0);
const [x, w] = [randn([images, channels, size, size]), randn([channels, channels, 3, 3])];
const tiles = size / 2;

type Three = readonly [Tensor, Tensor, Tensor];
type Four = readonly [Tensor, Tensor, Tensor, Tensor];
type Grid = readonly (readonly Tensor[])[];

/** The four combinations of Bᵀ, of four neighbours. */
const input = (line: readonly Tensor[]): readonly Tensor[] => {
  const [a, b, c, d] = line as Four;
  return [a.sub(c), b.add(c), c.sub(b), b.sub(d)];
};
/** Those of G, of three taps. */
const filter = (line: readonly Tensor[]): readonly Tensor[] => {
  const [a, b, c] = line as Three;
  return [a, a.add(b).add(c).mul(0.5), a.sub(b).add(c).mul(0.5), c];
};
/** Those of Aᵀ, of four results. */
const output = (line: readonly Tensor[]): readonly Tensor[] => {
  const [a, b, c, d] = line as Four;
  return [a.add(b).add(c), b.sub(c).sub(d)];
};
/** Along rows, then along columns. */
const both = (grid: Grid, along: (line: readonly Tensor[]) => readonly Tensor[]): Grid =>
  transposed(transposed(grid).map(along)).map(along);
const transposed = (grid: Grid): Grid => (grid[0] ?? []).map((_, j) => grid.map((line) => line[j] as Tensor));
const times = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function winograd(images_: Tensor, weight: Tensor): Tensor {
  const padded = pad(images_, [
    [0, 0],
    [0, 0],
    [1, 1],
    [1, 1],
  ]).permute([1, 0, 2, 3]);
  const at = (i: number, j: number): Tensor =>
    padded.slice([0, 0, i, j], [channels, images, i + 2 * tiles - 1, j + 2 * tiles - 1], [1, 1, 2, 2]);
  const v = both(
    times(4).map((i) => times(4).map((j) => at(i, j))),
    input,
  );
  const u = both(times(3).map((i) => times(3).map((j) => weight.slice([0, 0, i, j], [channels, channels, i + 1, j + 1]).reshape([channels, channels]))), filter); // prettier-ignore
  const products = matmul(stack(u.flat()), stack(v.flat().map((part) => part.reshape([channels, -1]))));
  const m = times(4).map((i) => times(4).map((j) => products.slice([4 * i + j, 0, 0], [4 * i + j + 1, channels, images * tiles * tiles]))); // prettier-ignore
  const y = both(m, output).map((line) =>
    stack(
      line.map((part) => part.reshape([channels, images, tiles, tiles])),
      4,
    ),
  );
  return stack(y, 3).reshape([channels, images, size, size]).permute([1, 0, 2, 3]);
}

const contenders = {
  convolution: compile((a: Tensor, b: Tensor) => conv2d(a, b, { padding: 1 })),
  winograd: compile(winograd),
};
const [u, v] = [randn([16, channels, channels]), randn([16, channels, images * tiles * tiles])];
const products = compile((a: Tensor, b: Tensor) => matmul(a, b));
await Promise.all([u, v, x, w].map((each) => each.data()));

const runs: Readonly<Record<string, () => Tensor>> = {
  convolution: () => contenders.convolution(x, w),
  'Winograd, whole': () => contenders.winograd(x, w),
  'Winograd, products alone': () => products(u, v),
};
const spent = new Map<string, number[]>();
for (let round = 0; round < 12; round++)
  for (const [name, run] of Object.entries(runs)) {
    const begin = performance.now();
    const result = run();
    await result.slice([0], [1]).sum().item();
    const took = performance.now() - begin;
    result.dispose();
    if (round >= 3) spent.set(name, [...(spent.get(name) ?? []), took]);
  }
for (const [name, all] of spent)
  console.log(`${name.padEnd(26)} ${([...all].sort((a, b) => a - b)[4] ?? NaN).toFixed(1)} ms`);

const [direct, fast] = await Promise.all(Object.values(contenders).map((run) => run(x, w).data()));
const largest = Math.max(...(await contenders.convolution(x.abs(), w.abs()).data()).slice(0, 4096));
let apart = 0;
for (let i = 0; i < (direct?.length ?? 0); i++)
  apart = Math.max(apart, Math.abs((direct?.[i] ?? 0) - (fast?.[i] ?? 0)));
console.log(`largest difference ${apart.toExponential(1)} = ${(apart / (largest * 2 ** -24)).toFixed(1)} units of 2⁻²⁴ of the sum of absolute terms`); // prettier-ignore
process.exit(0);
