/**
 * GPT-2 in its real shape, from a file with PyTorch's names: its logits of a text and of what it goes on with, written with caches.
 *
 * @module-tag long: half a gigabyte of weights is made, written and read.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../packages/layers/src/index.ts';
import { setDevice } from '../../../packages/tensor/src/index.ts';
import { expectClose, type Stored } from '../../../packages/tensor/test/support/golden.ts';
import { fill } from '../src/formula.ts';
import { models } from '../src/models.ts';

/** Of the output every 1,009th number. */
interface Fixture {
  readonly state: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly output: Stored;
}

const name = 'gpt2_124m';

it(
  `${name} gives PyTorch's logits for weights from a file, and writes the same text`,
  { timeout: 300_000 },
  async () => {
    setDevice('wasm');
    const both = models[name];
    if (both === undefined) throw new Error(`There is no ${name}.`);
    const fixture = new URL(`fixtures/${name}.json`, import.meta.url);
    const { state, output } = JSON.parse(readFileSync(fixture, 'utf8')) as Fixture;
    const folder = mkdtempSync(join(tmpdir(), 'hebb-interop-'));
    try {
      const file = join(folder, 'model.safetensors');
      await writeSafetensors(file, fill(both.make()).stateDict({ everyName: true }));
      const model = both.make().eval();
      const saved = await readSafetensors(file);
      expect(Object.fromEntries([...saved].map(([key, { shape }]) => [key, shape]))).toEqual(Object.fromEntries(state));
      model.loadStateDict(saved);
      const logits = (await both.output(model)).flatten();
      expect(logits.size).toBe(32 * 50_257);
      await expectClose(logits.slice([0], [Infinity], [1009]), output, name, 1e-3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
