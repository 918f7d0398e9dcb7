/**
 * Trains on a CSV of so many megabytes for an epoch and prints losses and the most memory that was held at ten points of the run, in megabytes.
 * With `text` or `rows` it holds these itself, to show what that would be.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { csvStream, Random } from '@hebb/data';
import { Linear, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW } from '@hebb/optimizers';
import { manualSeed, setDevice } from '@hebb/tensor';
import { liveMegabytes } from '../../../tensor/test/support/live-memory.ts';
import { fit } from '../../src/index.ts';

const [megabytes, folder, hold] = process.argv.slice(2);
const path = join(folder ?? '.', `${megabytes}.csv`);
const names = Array.from({ length: 10 }, (_, i) => `f${i}`);
const random = new Random(1);
const file = openSync(path, 'w');
writeSync(file, `${names.join(',')},label\n`);
let rows = 0;
for (let bytes = 0; bytes < Number(megabytes) * 1e6; rows += 1000) {
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
const held = [];
const batches = csvStream(path)
  .map((row) => {
    if (hold === 'rows') held.push(row);
    if (hold === 'text') held.push(Buffer.from(Object.values(row).join(',')).toString('latin1'));
    return row;
  })
  .map((row) => ({ x: names.map((name) => row[name]), y: row['label'] }))
  .shuffle({ buffer: 2000, seed: 1 })
  .batch(256, { types: { y: 'int32' } });
let most = 0;
const { losses } = await fit(model, batches, {
  loss: crossEntropy,
  optimizer: new AdamW(model, { learningRate: 3e-3 }),
  epochs: 1,
  progress: false,
  callbacks: [
    {
      every: { steps: Math.floor(rows / 256 / 10) },
      onPause: async () => {
        most = Math.max(most, await liveMegabytes());
      },
    },
  ],
});
rmSync(path);
process.stdout.write(JSON.stringify({ steps: losses.length, first: losses[0], last: losses.at(-1), most }));
