/**
 * What a page loads: every public entry of every package bundled for browsers and compressed, against a budget; part of
 * `npm run lint`, and `npm run check:sizes` prints the table.
 * An entry is all that is loaded before anything is computed, other packages of Hebb included; the code of a device is a chunk of its own,
 * loaded when the device is first used. A budget is a promise to users, about 5 % above what there is: raise one only for what is worth it to
 * all of them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/process.mjs';
import { bundleSizes } from './bundle-sizes.mjs';

/** Kilobytes (1000 bytes) of gzip: of whole entries by package and subpath, of single imports, and of chunks by the source they start at. */
const budgets = {
  entries: {
    architectures: 109.5,
    autograd: 46.5,
    data: 83,
    evaluation: 40,
    'evaluation/format': 0.7,
    'evaluation/internal': 24,
    files: 3.9,
    hebb: 451,
    'hebb/worker': 90,
    layers: 133,
    'layers/internal': 34,
    losses: 38.5,
    onnx: 92.8,
    optimizers: 63.5,
    report: 57.5,
    tensor: 94,
    'tensor/arguments': 6,
    'tensor/costs': 10.6,
    'tensor/formulas': 2.9,
    'tensor/graph': 41.2,
    'tensor/worker': 90,
    'tensor/zip': 1.9,
    tokenizer: 15,
    training: 100.3,
  },
  imports: [
    { from: 'tensor', names: ['tensor', 'matmul'], budget: 22.7 },
    { from: 'layers', names: ['Sequential', 'Linear'], budget: 33.2 },
    { from: 'layers', names: ['Linear'], budget: 32.9 },
    { from: 'layers', names: ['Conv2d'], budget: 35.2 },
    { from: 'layers', names: ['LSTM'], budget: 41.2 },
    { from: 'layers', names: ['MultiheadAttention'], budget: 47.5 },
    { from: 'losses', names: ['crossEntropy'], budget: 24.3 },
    { from: 'evaluation', names: ['accuracy'], budget: 6.3 },
    { from: 'data', names: ['ArrayDataset', 'DataLoader'], budget: 29.6 },
    { from: 'optimizers', names: ['AdamW'], budget: 32.1 },
    { from: 'training', names: ['fit'], budget: 85.6 },
    { from: 'training', names: ['evaluate'], budget: 42.5 },
  ],
  chunks: {
    'tensor/compiler/observe.ts': 35.6,
    'tensor/prompt/prompt.ts': 1.7,
    'tensor/remote/client.ts': 2.6,
    'tensor/reference/engine.ts': 12.3,
    'tensor/wasm/engine.ts': 91,
    'tensor/wasm/limit.ts': 3.1,
    'tensor/webgpu/device.ts': 1.8,
    'tensor/webgpu/engine.ts': 66.9,
  },
};

/** Sources of the public entries of all packages: `{ tensor: …/src/index.ts, tensor/graph: … }`. */
function publicEntries() {
  const entries = new Map();
  for (const name of readdirSync(join(root, 'packages'))) {
    const { exports } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    for (const [subpath, target] of Object.entries(exports)) {
      const file = typeof target === 'string' ? target : (target.browser ?? target.default);
      if (/\.[cm]?[jt]s$/.test(file)) entries.set(join(name, subpath), join(root, 'packages', name, file));
    }
  }
  return entries;
}

const problems = [];
const lines = [];

function compare(what, bytes, budget) {
  const kilobytes = (bytes / 1000).toFixed(1);
  lines.push(`${kilobytes.padStart(7)} of ${(budget?.toFixed(1) ?? '?').padStart(5)} kB  ${what}`);
  if (budget === undefined) problems.push(`${what} (${kilobytes} kB) has no budget in tools/release/size-budgets.mjs`);
  else if (bytes > budget * 1000) problems.push(`${what} is ${kilobytes} kB compressed, its budget is ${budget}`);
}

const entries = publicEntries();
const chunks = new Map();
for (const [name, file] of entries) {
  const measured = await bundleSizes(`export * from ${JSON.stringify(file)};`);
  compare(name, measured.entry, budgets.entries[name]);
  for (const [chunk, bytes] of measured.chunks) chunks.set(chunk, Math.max(bytes, chunks.get(chunk) ?? 0));
}
for (const { from, names, budget } of budgets.imports) {
  const imported = `{ ${names.join(', ')} }`;
  const measured = await bundleSizes(`export ${imported} from ${JSON.stringify(entries.get(from))};`);
  compare(`${from} ${imported}`, measured.entry, budget);
}
for (const [chunk, bytes] of chunks) compare(`${chunk}, when it is needed`, bytes, budgets.chunks[chunk]);
for (const name of [...Object.keys(budgets.entries), ...Object.keys(budgets.chunks)]) {
  if (!entries.has(name) && !chunks.has(name)) problems.push(`${name} has a budget and does not exist`);
}

if (problems.length > 0 || !process.argv.includes('--quiet')) console.log(lines.join('\n'));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
