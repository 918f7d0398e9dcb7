/**
 * A recurrent layer of 10, 100 and 1,000 steps as a loop: recording it, differentiating it, its first call (which compiles) and the calls that
 * follow once the engine has compiled them for good (a loop's kernels are compiled a second time while they run), beside the same steps written out (up to 100). Run with `node --import tsx benchmarks/loops.ts [wasm|webgpu]`.
 */
import { grad } from '@hebb/autograd';
import { compile, device, realize, scan, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { clock } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { on } = commandLine(import.meta.url, { on: devices });
setDevice(on);
console.log(await device.ready());

const [batch, width] = [8, 64];
const data = (shape: readonly number[], scale: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.3) * scale),
    { shape },
  );
const w = data([width, width], 0.1);
const h = data([batch, width], 1);

const step = (state: Tensor, x: Tensor): Tensor => state.matmul(w).add(x).tanh();
const looped = (xs: Tensor): Tensor =>
  scan((s, x) => [step(s, x), undefined], h, xs)[0]
    .square()
    .sum();
const written = (xs: Tensor): Tensor => {
  let state = h;
  for (let t = 0; t < (xs.shape[0] ?? 0); t++) state = step(state, xs.narrow(0, t, 1).reshape([batch, width]));
  return state.square().sum();
};

const median = (samples: number[]): number => samples.sort((p, q) => p - q)[Math.floor(samples.length / 2)] ?? 0;
const milliseconds = (value: number): string => value.toFixed(value < 10 ? 2 : 0).padStart(9);

console.log('milliseconds           record  gradient     first      then     nodes');
for (const [name, f, sizes] of [
  ['loop', looped, [10, 100, 1000]],
  ['written out', written, [10, 100]],
] as const) {
  for (const steps of sizes) {
    const xs = data([steps, batch, width], 1);
    await realize(xs);
    const recording: number[] = [];
    const differentiating: number[] = [];
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      f(xs);
      const middle = performance.now();
      grad(f)(xs);
      recording.push(middle - start);
      differentiating.push(performance.now() - middle);
    }
    const gradient = compile((x: Tensor) => grad(f)(x));
    const calls: number[] = [];
    const begin = performance.now();
    for (let i = 0; i < 150 && (i < 8 || performance.now() - begin < 5000); i++) {
      const start = clock();
      const result = gradient(xs);
      await realize(result);
      await result.sum().item();
      calls.push(clock() - start);
      result.dispose();
    }
    const [first = 0, ...rest] = calls;
    const later = rest.slice(Math.floor(rest.length / 2));
    const columns = [median(recording), median(differentiating), first, median(later)].map(milliseconds);
    console.log(`${name}, ${steps} steps`.padEnd(20) + columns.join(' '));
  }
}
