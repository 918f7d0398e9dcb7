/**
 * How long a training loop waits for its batches: MNIST from its files, read by ranges in a shuffled order, with and without preparing batches ahead, in this
 * thread and in others; beside MNIST in memory. Alternating rounds: `node --import tsx benchmarks/data-loading.ts DIR [wasm|webgpu]`, where DIR holds the four
 * files, packed or not.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { ConvolutionalNetwork, MultilayerPerceptron } from '@hebb/architectures';
import { valueAndGrad } from '@hebb/autograd';
import {
  DataLoader,
  loadMnist,
  openMnist,
  toTensors,
  workerDataset,
  type Batch,
  type Dataset,
  type ImageFields,
} from '@hebb/data';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { compile, device, manualSeed, setDevice, type Tensor } from '@hebb/tensor';
import { commandLine, devices } from './support/command-line.ts';

const batchSize = 64;
const rounds = 5;
const stepsPerRound = 60;
/** Losses on their way back while the loop goes on, as in `fit`. */
const lossesInFlight = 4;

const { folder: source, device: name } = commandLine(import.meta.url, { folder: String, device: devices });
setDevice(name);
const description = await device.ready();

/** Ranges are read from unpacked files. */
const folder = await mkdtemp(join(tmpdir(), 'hebb-mnist-'));
for (const file of await readdir(source)) {
  const bytes = await readFile(join(source, file));
  await writeFile(join(folder, file.replace(/\.gz$/, '')), file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}
const inMemory = (await loadMnist(folder)).train.dataset;
const inFiles = (await openMnist(folder)).train;
const threads = (count: number): Promise<Dataset<Batch<ImageFields>>> => {
  const url = new URL('./support/mnist-worker.mjs', import.meta.url);
  return workerDataset(Array.from({ length: count }, () => new Worker(url, { workerData: folder })));
};
const [oneThread, twoThreads] = await Promise.all([threads(1), threads(2)]);

const options = { batchSize, shuffle: true, seed: 1, dropLast: true };
const loaders: Readonly<Record<string, DataLoader<Batch<ImageFields>>>> = {
  'in memory': new DataLoader(inMemory, options),
  'files, nothing ahead (workers: 0)': new DataLoader(inFiles, { ...options, workers: 0 }),
  'files, prefetch (default)': new DataLoader(inFiles, options),
  'files, 1 worker thread': new DataLoader(oneThread, options),
  'files, 2 worker threads': new DataLoader(twoThreads, options),
};

type Step = (x: Tensor, y: Tensor) => Tensor;

function trainingStep(model: ConstructorParameters<typeof AdamW>[0], forward: (x: Tensor) => Tensor): Step {
  const optimizer = new AdamW(model, { learningRate: 1e-3 });
  return compile((x: Tensor, y: Tensor) => {
    const { value, grads } = valueAndGrad(() => crossEntropy(forward(x), y), optimizer.parameters);
    optimizer.step(grads);
    return value;
  });
}

const networks: Readonly<Record<string, () => Step>> = {
  'convolutional network': () => {
    const model = new ConvolutionalNetwork({ channels: 1, imageSize: 28, classes: 10, dropout: 0.25 });
    return trainingStep(model, (x) => model.forward(x));
  },
  'perceptron 784-512-512-10': () => {
    const model = new MultilayerPerceptron({ inputs: 784, hidden: [512, 512], outputs: 10 });
    return trainingStep(model, (x) => model.forward(x.reshape([batchSize, 784])));
  },
};

interface Round {
  /** Milliseconds a step, and of these waiting for the batch. */
  readonly step: number;
  readonly waited: number;
}

async function run(step: Step, loader: DataLoader<Batch<ImageFields>>, epoch: number): Promise<Round> {
  const batches = loader.batches({ epoch, batch: 0 });
  const losses: Promise<number>[] = [];
  const train = async (): Promise<number> => {
    const asked = performance.now();
    const { value } = await batches.next();
    const waited = performance.now() - asked;
    if (value === undefined) throw new Error('there are too few batches');
    const { x, y } = toTensors(value.batch);
    losses.push(step(x, y).item());
    if (losses.length > lossesInFlight) await losses.shift();
    return waited;
  };
  await train(); // begins to prepare
  const start = performance.now();
  let waited = 0;
  for (let i = 0; i < stepsPerRound; i++) waited += await train();
  await Promise.all(losses);
  const total = performance.now() - start;
  await batches.return();
  return { step: total / stepsPerRound, waited: waited / stepsPerRound };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
const results: object[] = [];
console.log(
  `MNIST from files, batch ${batchSize}, ${description}; median of ${rounds} rounds of ${stepsPerRound} steps`,
);
for (const [modelName, make] of Object.entries(networks)) {
  manualSeed(1);
  const step = make();
  const measured = Object.keys(loaders).map((): Round[] => []);
  for (const loader of Object.values(loaders)) await run(step, loader, 0);
  for (let round = 1; round <= rounds; round++)
    for (const [i, loader] of Object.values(loaders).entries()) measured[i]?.push(await run(step, loader, round));
  console.log(`\n${modelName.padEnd(40)} ms a step   waits, ms    share (least – most)`);
  Object.keys(loaders).forEach((data, i) => {
    const all = measured[i] ?? [];
    const shares = all.map(({ step: whole, waited }) => waited / whole);
    const result = {
      model: modelName,
      data,
      step: median(all.map((each) => each.step)),
      waited: median(all.map((each) => each.waited)),
      share: median(shares),
      least: Math.min(...shares),
      most: Math.max(...shares),
    };
    results.push(result);
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    console.log(
      `${data.padEnd(40)} ${result.step.toFixed(2).padStart(9)} ${result.waited.toFixed(2).padStart(11)} ${percent(result.share).padStart(8)} (${percent(result.least)} – ${percent(result.most)})`,
    );
  });
}
console.log(`\n${JSON.stringify(results)}`);
await rm(folder, { recursive: true });
process.exit(0);
