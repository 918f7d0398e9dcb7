/**
 * Weights both ways with PyTorch, for whole models: what it saves gives its outputs here, as safetensors and as torch.save writes it in both formats; what is saved here, in one file or
 * several, gives ours there.
 *
 * npm run interop -- [NAME ...]
 *
 * Large ones (gpt2_124m) are compared where they are named: they take gigabytes, and a minute or two.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  readPyTorch,
  readSafetensors,
  writeSafetensors,
  writeShardedSafetensors,
  type StateDict,
} from '../../packages/layers/src/index.ts';
import { assign, manualSeed, setDevice, zerosLike, type Tensor } from '../../packages/tensor/src/index.ts';
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
  return apart.reduce((most, each) => (each <= most || Number.isNaN(most) ? most : each), 0);
}

manualSeed(1);
setDevice('wasm');
const folder = mkdtempSync(join(tmpdir(), 'hebb-interop-'));
let isRight = true;
try {
  for (const [name, { make, output, isLarge }] of Object.entries(models)) {
    if (asked.length > 0 ? !asked.includes(name) : isLarge) continue;
    const [state, result] = [join(folder, 'state.safetensors'), join(folder, 'output.safetensors')];
    const ask = (command: string): void => {
      execFileSync(python, [script, command, name, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
    };
    ask('save');
    const expected = (await readSafetensors(result)).get('output');
    const differences: number[] = [];
    const loadedHere: string[] = [];
    const [pt, before] = [join(folder, 'state.pt'), join(folder, 'before.pt')];
    const forms: readonly (readonly [form: string, path: string, read: () => Promise<StateDict>])[] = [
      ['safetensors', state, () => readSafetensors(state)],
      ['.pt', pt, () => readPyTorch(pt)],
      ['.pt of before 1.6', before, () => readPyTorch(before, { key: 'model' })],
    ];
    const loaded = make().eval();
    for (const [form, path, read] of forms) {
      const begun = performance.now();
      const saved = await read();
      const milliseconds = performance.now() - begun;
      // What came before must not be what is compared.
      for (const value of loaded.stateDict().values()) assign(value, zerosLike(value));
      loaded.loadStateDict(saved);
      const apart = await difference(await output(loaded), expected);
      differences.push(apart);
      loadedHere.push(`${form} ${apart.toExponential(1)} (${(statSync(path).size / 1e6).toFixed(2)} MB in ${milliseconds.toFixed(0)} ms)`); // prettier-ignore
    }

    const own = make().eval();
    // PyTorch's strict loading asks for tied weights under all of their names.
    const everything = own.stateDict({ everyName: true });
    const loadedThere: string[] = [];
    for (const form of ['one file', 'several'] as const) {
      if (form === 'one file') await writeSafetensors(state, everything);
      else await writeShardedSafetensors(state, everything, { maxShardSize: Math.ceil(statSync(state).size / 3) });
      ask('load');
      const apart = await difference(await output(own), (await readSafetensors(result)).get('output'));
      differences.push(apart);
      loadedThere.push(`${form} ${apart.toExponential(1)}`);
    }
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    isRight &&= differences.every((apart) => apart <= tolerance);
    console.log(`${name}: ${loaded.parameterCount} parameters`);
    console.log(`  saved by PyTorch, loaded here: ${loadedHere.join(', ')} apart`);
    console.log(`  saved here, loaded by PyTorch: ${loadedThere.join(', ')} apart`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isRight ? 0 : 1;
