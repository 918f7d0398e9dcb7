/**
 * What it costs that compiled functions follow the fields of modules: calls of a compiled model of 202 modules beside calls of the same
 * function compiled from plain tensors, in alternating rounds. Run with `node --import tsx benchmarks/compiled-modules.ts`.
 */
import { MultilayerPerceptron } from '@hebb/architectures';
import { compile, ones, setDevice, type Tensor } from '@hebb/tensor';
import { commandLine } from './support/command-line.ts';

commandLine(import.meta.url, {});
setDevice('wasm');
const width = 4;
const model = new MultilayerPerceptron({
  inputs: width,
  hidden: Array.from({ length: 66 }, () => width),
  outputs: width,
  dropout: 0.1,
}).eval();
const parameters = model.parameters();
const layers = Array.from({ length: parameters.length / 2 }, (_, i) => parameters.slice(2 * i, 2 * i + 2));

const withModules = compile((x: Tensor) => model.forward(x));
const withTensors = compile((x: Tensor) =>
  layers.reduce((y, [weight = y, bias = y], i) => {
    const z = y.matmul(weight.transpose(0, 1)).add(bias);
    return i === layers.length - 1 ? z : z.relu();
  }, x),
);
const x = ones([1, width]);

function median(samples: number[]): number {
  return samples.sort((p, q) => p - q)[Math.floor(samples.length / 2)] ?? 0;
}

/** Microseconds of processor time until a call returns, the median of 200. */
async function round(f: (x: Tensor) => Tensor): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    const y = f(x);
    samples.push((performance.now() - start) * 1000);
    await y.data();
  }
  return median(samples);
}

for (const warm of [withModules, withTensors]) await round(warm);
const modules: number[] = [];
const tensors: number[] = [];
for (let i = 0; i < 20; i++) {
  modules.push(await round(withModules));
  tensors.push(await round(withTensors));
}
const more = modules.map((value, i) => value - (tensors[i] ?? 0));
console.log(
  `${model.namedModules().size} modules: ${median(modules).toFixed(1)} µs a call, from plain tensors ${median(tensors).toFixed(1)}; ${median(more).toFixed(1)} µs more`,
);
