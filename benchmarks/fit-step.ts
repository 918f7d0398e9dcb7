/**
 * What a step of `fit` costs beside its computation: 2,000 steps of a very small classifier (forward, backward, AdamW; batches of 16) in a bare
 * loop over the compiled step, in a loop of one's own over `TrainingRun`, and in `fit`, in alternating rounds:
 * `node --import tsx benchmarks/fit-step.ts [wasm|webgpu] [rounds]`.
 */
import { MultilayerPerceptron } from '@hebb/architectures';
import { ArrayDataset, DataLoader, toTensors } from '@hebb/data';
import { crossEntropy } from '@hebb/losses';
import { AdamW, minimize } from '@hebb/optimizers';
import { compile, device, manualSeed, setDevice, type Tensor } from '@hebb/tensor';
import { fit, TrainingRun } from '@hebb/training';
import { commandLine, devices } from './support/command-line.ts';

const { device: name, rounds } = commandLine(import.meta.url, { device: devices, rounds: 7 });
const epochs = 20;
const stepsPerEpoch = 100;
const inFlight = 4;

setDevice(name);
console.log(await device.ready());

const examples = 16 * stepsPerEpoch;
const data = new ArrayDataset({
  x: { data: Float32Array.from({ length: 8 * examples }, (_, i) => Math.sin(i)), shape: [8] },
  y: { data: Int32Array.from({ length: examples }, (_, i) => i % 4), shape: [] },
});

function setup(): {
  model: MultilayerPerceptron;
  optimizer: AdamW;
  loader: DataLoader<ReturnType<typeof data.gather>>;
} {
  manualSeed(1);
  const model = new MultilayerPerceptron({ inputs: 8, hidden: [16], outputs: 4 });
  const optimizer = new AdamW(model, { learningRate: 1e-3 });
  return { model, optimizer, loader: new DataLoader(data, { batchSize: 16, shuffle: true, seed: 1 }) };
}

const contenders: Readonly<Record<string, () => Promise<void>>> = {
  'bare loop': async () => {
    const { model, optimizer, loader } = setup();
    const step = compile((x: Tensor, y: Tensor) => minimize(optimizer, () => crossEntropy(model.forward(x), y)));
    const reads: Promise<number>[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      for await (const { batch } of loader.batches({ epoch, batch: 0 })) {
        const { x, y } = toTensors(batch);
        reads.push(step(x, y).item());
        if (reads.length >= inFlight) await reads.shift();
      }
    }
    await Promise.all(reads);
  },
  TrainingRun: async () => {
    const { model, optimizer, loader } = setup();
    const step = compile((x: Tensor, y: Tensor) => minimize(optimizer, () => crossEntropy(model.forward(x), y)));
    const run = new TrainingRun({ parts: { model, optimizer }, data: loader, epochs });
    for await (const { x, y } of run) void run.report({ loss: step(x, y) });
  },
  fit: async () => {
    const { model, optimizer, loader } = setup();
    await fit(model, loader, { loss: crossEntropy, optimizer, epochs });
  },
};

const results = Object.keys(contenders).map((contender) => ({ contender, microseconds: [] as number[] }));
for (let round = -1; round < rounds; round++) {
  for (const { contender, microseconds } of results) {
    const start = performance.now();
    await contenders[contender]?.();
    if (round >= 0) microseconds.push(((performance.now() - start) * 1000) / (epochs * stepsPerEpoch)); // the first round warms up
  }
}
console.log(`${epochs * stepsPerEpoch} steps, median of ${rounds} (least – most)`);
for (const { contender, microseconds } of results) {
  microseconds.sort((a, b) => a - b);
  const median = microseconds[Math.floor(microseconds.length / 2)] ?? 0;
  console.log(
    `${contender.padEnd(12)} ${median.toFixed(0).padStart(6)} µs a step (${microseconds[0]?.toFixed(0)} – ${microseconds.at(-1)?.toFixed(0)})`,
  );
}
console.log(JSON.stringify(results));
process.exit(0);
