/** Trains on a CSV of so many megabytes for an epoch and prints losses and the largest resident memory, in megabytes: a small share of benchmarks/csv-stream.ts. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { csvStream, Random } from '@hebb/data';
import { Linear, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { manualSeed, setDevice } from '@hebb/tensor';
import { fit } from '../../src/index.ts';

const [megabytes, folder] = process.argv.slice(2);
const path = join(folder ?? '.', `${megabytes}.csv`);
const names = Array.from({ length: 10 }, (_, i) => `f${i}`);
const random = new Random(1);
const file = openSync(path, 'w');
writeSync(file, `${names.join(',')},label\n`);
for (let bytes = 0; bytes < Number(megabytes) * 1e6;) {
  let text = '';
  for (let row = 0; row < 1000; row++) {
    const values = names.map(() => random.float() - 0.5);
    text += `${values.map((value) => value.toFixed(5)).join(',')},${values.reduce((a, b) => a + b) > 0 ? 1 : 0}\n`;
  }
  bytes += writeSync(file, text);
}
closeSync(file);

setDevice('wasm');
manualSeed(1);
const model = new Sequential(new Linear(10, 16), new ReLU(), new Linear(16, 2));
const batches = csvStream(path)
  .map((row) => ({ x: names.map((name) => row[name]), y: row['label'] }))
  .shuffle({ buffer: 2000, seed: 1 })
  .batch(256, { types: { y: 'int32' } });
const { losses } = await fit(model, batches, {
  loss: crossEntropy,
  optimizer: new AdamW(model, { learningRate: 3e-3 }),
  epochs: 1,
  progress: false,
});
rmSync(path);
const peak = (process.resourceUsage().maxRSS * 1024) / 1e6;
process.stdout.write(JSON.stringify({ steps: losses.length, first: losses[0], last: losses.at(-1), peak }));
