/**
 * A small training run with everything that could differ after a kill: dropout, batch normalisation, shuffling, a schedule, accumulation,
 * averages (EMA), validation, early stopping. It saves every few steps into the folder that it is given, and goes on from there.
 */
import { join } from 'node:path';
import { ArrayDataset, DataLoader } from '../../../packages/data/src/index.ts';
import { accuracy } from '../../../packages/evaluation/src/index.ts';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential } from '../../../packages/layers/src/index.ts';
import { crossEntropy } from '../../../packages/losses/src/index.ts';
import { Accumulation, AdamW, cosineSchedule, EMA } from '../../../packages/optimizers/src/index.ts';
import { defaultGenerator, manualSeed, setDevice } from '../../../packages/tensor/src/index.ts';
import { Checkpoint, EarlyStopping, fit, saveCheckpoint } from '../../../packages/training/src/index.ts';

/** Where it saves, and after how many steps it is cut, if at all. */
const [folder, cut] = process.argv.slice(2);
if (folder === undefined) throw new Error('a folder must be given');
process.stdout.write('started\n');
setDevice('wasm');
manualSeed(7);

const [examples, features, classes] = [330, 12, 4];
function dataset(
  count: number,
  offset: number,
): ArrayDataset<{ x: { data: Float32Array; shape: number[] }; y: { data: Int32Array; shape: number[] } }> {
  const x = Float32Array.from({ length: count * features }, (_, i) => Math.sin((i + offset) * 12.9898) * 2);
  const y = Int32Array.from({ length: count }, (_, i) => (x[i * features] ?? 0) + (x[i * features + 1] ?? 0) > 0 ? (i % 3 === 0 ? 3 : 1) : i % 2 === 0 ? 2 : 0); // prettier-ignore
  return new ArrayDataset({ x: { data: x, shape: [features] }, y: { data: y, shape: [] } });
}

const model = new Sequential(
  new Linear(features, 32),
  new BatchNorm1d(32),
  new ReLU(),
  new Dropout(0.3),
  new Linear(32, classes),
);
const optimizer = new EMA(new Accumulation(new AdamW(model, { learningRate: 0.01 }), { steps: 3 }), { decay: 0.9 });
const run = join(folder, 'run');
const controller = new AbortController();
const cutting = { every: { steps: Number(cut ?? 1e9) }, onPause: () => controller.abort() };
const history = await fit(model, new DataLoader(dataset(examples, 0), { batchSize: 16, shuffle: true, seed: 3 }), {
  loss: crossEntropy,
  optimizer,
  epochs: 8,
  schedule: cosineSchedule({ warmup: 10 }),
  validation: dataset(60, 1e5),
  metrics: { accuracy },
  callbacks: [
    new EarlyStopping({ monitor: 'accuracy', patience: 100 }),
    new Checkpoint(run, { every: { steps: 4 }, monitor: 'accuracy', keep: 2 }),
    cutting,
  ],
  signal: controller.signal,
  resume: run,
});
const { losses, scalars, learningRates } = history;
const epochs = history.epochs.map(({ epoch, loss, validationLoss, metrics }) => ({
  epoch,
  loss,
  validationLoss,
  metrics: { ...metrics },
}));
await saveCheckpoint(join(folder, 'result.safetensors'), {
  model,
  optimizer,
  generator: defaultGenerator,
  history: { stateDict: () => ({ losses, scalars, learningRates, epochs }), loadStateDict: () => undefined },
});
