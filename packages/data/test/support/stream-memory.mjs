/** Streams a CSV of so many megabytes in shuffled batches and prints the most memory that was held at some ten points, in megabytes. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { liveMegabytes } from '../../../tensor/test/support/live-memory.ts';
import { csvStream } from '../../src/index.ts';

const [megabytes, folder] = process.argv.slice(2);
const path = join(folder ?? '.', `${megabytes}.csv`);
const file = openSync(path, 'w');
writeSync(file, 'a,b,c,label\n');
const lines = Array.from({ length: 1000 }, (_, i) => `${i / 7},${i * 1.5},${Math.sin(i)},${i % 2}\n`).join('');
let bytes = 0;
for (; bytes < Number(megabytes) * 1e6; bytes += lines.length) writeSync(file, lines);
closeSync(file);
const rows = (bytes / lines.length) * 1000;

let count = 0;
let most = 0;
const batches = csvStream(path)
  .map(({ a, b, c, label }) => ({ x: [a, b, c], y: label }))
  .shuffle({ buffer: 1000, seed: 1 })
  .batch(256, { types: { y: 'int32' } });
const interval = Math.floor(rows / 256 / 10);
for await (const loaded of batches.batches()) {
  count += loaded.count;
  if (loaded.next.batch % interval === 0) most = Math.max(most, await liveMegabytes());
}
rmSync(path);
if (count !== rows) throw new Error(`${count} rows of ${rows}`);
process.stdout.write(String(most));
