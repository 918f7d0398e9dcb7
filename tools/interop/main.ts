/**
 * Weights both ways with PyTorch, for whole models: what it saves gives its outputs here, what is saved here gives ours there.
 *
 * npm run interop -- [NAME ...]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, writeSafetensors } from '../../packages/layers/src/index.ts';
import { manualSeed, setDevice, type Tensor } from '../../packages/tensor/src/index.ts';
import { models } from './src/models.ts';

const tolerance = 1e-4;
const python = process.env['PYTHON'] ?? '/usr/bin/python3';
const script = fileURLToPath(new URL('pytorch.py', import.meta.url));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(models, name));
if (unknown.length > 0) {
  console.error(`There is no model ${unknown.join(', ')}; there are ${Object.keys(models).join(', ')}.`);
  process.exit(2);
}

/** The largest difference, relative to 1 + the value. */
async function difference(ours: Tensor, theirs: Tensor | undefined): Promise<number> {
  if (theirs?.shape.join() !== ours.shape.join()) return Infinity;
  const [a, b] = [Array.from(await ours.data(), Number), Array.from(await theirs.data(), Number)];
  const apart = a.map((value, i) => Math.abs(value - (b[i] ?? NaN)) / (1 + Math.abs(b[i] ?? NaN)));
  return apart.some(Number.isNaN) ? NaN : Math.max(...apart);
}

manualSeed(1);
setDevice('wasm');
const folder = mkdtempSync(join(tmpdir(), 'hebb-interop-'));
let isRight = true;
try {
  for (const [name, { make, output }] of Object.entries(models)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const [state, result] = [join(folder, 'state.safetensors'), join(folder, 'output.safetensors')];
    const ask = (command: string): void => {
      execFileSync(python, [script, command, name, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
    };
    ask('save');
    const loaded = make().eval();
    loaded.loadStateDict(await readSafetensors(state));
    const there = await difference(output(loaded), (await readSafetensors(result)).get('output'));

    const own = make().eval();
    await writeSafetensors(state, own.stateDict());
    ask('load');
    const here = await difference(output(own), (await readSafetensors(result)).get('output'));
    isRight &&= there <= tolerance && here <= tolerance;
    console.log(
      `${name}: ${loaded.parameterCount} parameters; saved by PyTorch and loaded here ${there.toExponential(1)} apart, saved here and loaded by PyTorch ${here.toExponential(1)}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isRight ? 0 : 1;
