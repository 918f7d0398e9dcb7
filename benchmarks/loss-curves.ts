/**
 * The first 20 training losses of the quickstart on every device, side by side:
 * `node --import tsx benchmarks/loss-curves.ts [both|wasm|webgpu] [folder of MNIST = digits]`. Exits with 1 where one differs from the interpreter's by more
 * than 1e-3 relative.
 */
import { DataLoader } from '@hebb/data';
import { crossEntropy } from '@hebb/losses';
import { AdamW, cosineSchedule } from '@hebb/optimizers';
import { manualSeed, setDevice, type DeviceName } from '@hebb/tensor';
import { fit } from '@hebb/training';
import { loadImages } from '../apps/quickstart/src/data.ts';
import { makeModel } from '../apps/quickstart/src/model.ts';
import { commandLine, devices } from './support/command-line.ts';

const stepCount = 20;
const { device, folder } = commandLine(import.meta.url, { device: ['both', ...devices], folder: '' });
const images = await loadImages(folder === '' ? undefined : folder);
const names = device === 'both' ? devices : [device];

async function curve(name: DeviceName): Promise<readonly number[]> {
  setDevice(name);
  manualSeed(0);
  const model = makeModel('cnn', images, images.classNames.length);
  const loader = new DataLoader(images.train, { batchSize: 32, shuffle: true, seed: 0 });
  const stop = new AbortController();
  const { losses } = await fit(model, loader, {
    loss: crossEntropy,
    optimizer: new AdamW(model, { learningRate: 0.005, weightDecay: 0.01 }),
    epochs: images.epochs,
    schedule: cosineSchedule({ warmup: 0.2 }),
    callbacks: [{ onStep: ({ step }) => (step >= stepCount ? stop.abort() : undefined) }],
    signal: stop.signal,
  });
  return losses.slice(0, stepCount);
}

const expected = await curve('reference');
const curves: (readonly number[])[] = [];
for (const name of names) curves.push(await curve(name));
console.log(['step', 'reference', ...names].map((name) => name.padStart(10)).join(' '));
let worst = 0;
expected.forEach((loss, i) => {
  const others = curves.map((losses) => losses[i] ?? NaN);
  for (const other of others) worst = Math.max(worst, Math.abs(other - loss) / loss);
  console.log(
    [String(i + 1), ...[loss, ...others].map((value) => value.toFixed(6))].map((text) => text.padStart(10)).join(' '),
  );
});
console.log(`largest relative difference from the interpreter: ${worst.toExponential(1)}`);
process.exit(worst < 1e-3 ? 0 : 1);
