/** Cost of recording a graph and of finding its plan again: run with `node --import tsx benchmarks/recording.ts`. */
import { linearize, nodeOf } from '@hebb/tensor/graph';
import { tensor, type Tensor } from '@hebb/tensor';
import { commandLine } from './support/command-line.ts';

commandLine(import.meta.url, {});
const layers = 150;
const x = tensor(new Float32Array(64 * 64), { shape: [64, 64] });
const w = tensor(new Float32Array(64 * 64), { shape: [64, 64] });
const b = tensor(new Float32Array(64), { shape: [64] });

function record(): Tensor {
  let h = x;
  for (let i = 0; i < layers; i++) h = h.matmul(w.transpose(0, 1)).add(b).relu().mul(0.5).sub(h);
  return h.sum();
}

function median(samples: number[]): number {
  return samples.sort((p, q) => p - q)[Math.floor(samples.length / 2)] ?? 0;
}

const recording: number[] = [];
const linearizing: number[] = [];
let count = 0;
for (let i = 0; i < 400; i++) {
  const start = performance.now();
  const result = record();
  const middle = performance.now();
  count = linearize([nodeOf(result)]).nodes.length;
  const end = performance.now();
  recording.push(((middle - start) * 1000) / count);
  linearizing.push(((end - middle) * 1000) / count);
}
console.log(
  `${count} nodes: recording ${median(recording).toFixed(3)} µs a node, key of the plan ${median(linearizing).toFixed(3)} µs a node`,
);
