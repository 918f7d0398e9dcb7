/**
 * Byte-level BPE: megabytes a second of training, tokens a second with GPT-2's vocabulary, beside js-tiktoken and gpt-tokenizer where they are installed:
 * `node --import tsx benchmarks/tokenizer.ts TEXT GPT2 [MODULES]`, a text file, the folder of encoder.json and vocab.bpe, and one with node_modules of the others.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { ByteLevelBPE } from '@hebb/tokenizer';
import { commandLine } from './support/command-line.ts';

const { text: path, gpt2: folder, modules } = commandLine(import.meta.url, { text: String, gpt2: String, modules: '' });
const rounds = 7;
/** About 10 MB of the text. */
const text = readFileSync(path, 'utf8');
const long = text.repeat(Math.max(1, Math.round(1e7 / text.length)));

/** Milliseconds, the median and the spread of some rounds behind a warm one. */
async function time(run: () => unknown): Promise<{ median: number; spread: string }> {
  await run();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (index: number): number => times.at(index) ?? 0;
  return { median: at(rounds >> 1), spread: `${at(0).toFixed(0)}–${at(-1).toFixed(0)} ms` };
}

interface Other {
  encode(text: string): ArrayLike<number>;
  decode(ids: ArrayLike<number>): string;
}

/** The tokenizers that are compared, under their names. */
function others(): Record<string, Other> {
  if (modules === '') return {};
  const require = createRequire(join(resolve(modules), 'package.json'));
  const { getEncoding } = require('js-tiktoken') as { getEncoding: (name: string) => Other };
  return { 'js-tiktoken': getEncoding('gpt2'), 'gpt-tokenizer': require('gpt-tokenizer/encoding/r50k_base') as Other };
}

const lines = text.split(/(?<=\n)/);
const rows: Record<string, unknown>[] = [];
for (const vocabularySize of [1024, 4096, 16384]) {
  const { median, spread } = await time(() => ByteLevelBPE.train(lines, { vocabularySize }));
  rows.push({ what: `train ${vocabularySize} tokens`, 'MB/s': (text.length / 1e3 / median).toFixed(1), spread });
}
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const hebb = ByteLevelBPE.fromGPT2(read('encoder.json'), read('vocab.bpe'));
const expected = hebb.encode(text);
for (const [name, other] of Object.entries({ hebb, ...others() })) {
  const ids = other.encode(text);
  if (ids.length !== expected.length || expected.some((id, i) => ids[i] !== id))
    throw new Error(`${name} gives other ids`);
  for (const [what, sample] of [
    ['encode 1 MB', text],
    ['encode 10 MB', long],
  ] as const) {
    const count = other.encode(sample).length;
    const { median, spread } = await time(() => other.encode(sample));
    rows.push({ what: `${name}: ${what}`, 'MB/s': (sample.length / 1e3 / median).toFixed(1), 'Mtokens/s': (count / 1e3 / median).toFixed(2), spread }); // prettier-ignore
  }
  const { median, spread } = await time(() => other.decode(ids));
  rows.push({ what: `${name}: decode`, 'MB/s': (text.length / 1e3 / median).toFixed(1), 'Mtokens/s': (ids.length / 1e3 / median).toFixed(2), spread }); // prettier-ignore
}
console.table(rows);
