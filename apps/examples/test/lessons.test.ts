/** An example is to be read in ten minutes, from top to bottom: data, network, training, evaluation, the file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordedSeconds } from '../../support/src/results-page.ts';
import { approximately } from '../../support/src/run-examples.ts';
import { examples } from '../src/examples.ts';

const parts = ['1. Data', '2. Network', '3. Training', '4. Evaluation', '5. ONNX'];

it.each(examples.examples.map(({ name }) => name))('%s is a lesson of two pages, in five parts', (name) => {
  const lines = readFileSync(join(examples.folder, name, 'example.ts'), 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.length).toBeLessThanOrEqual(180);
  // The first of each: a lesson of two tasks has them twice.
  const places = parts.map((part) => lines.findIndex((line) => line.trim().startsWith(`// ${part}`)));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

it.each(['rnn/sunspots.ts', 'gnn/links.ts'])('so is the second one in %s', (file) => {
  const text = readFileSync(join(examples.folder, file), 'utf8');
  const places = parts.map((part) => text.indexOf(`// ${part}`));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

it('READMEs say how long examples take as the list does, and docs/results.md', () => {
  const full = recordedSeconds(readFileSync(examples.resultsPage, 'utf8'));
  expect([...full.keys()].sort()).toEqual(examples.examples.map(({ name }) => name).sort());
  const checked = examples.examples.flatMap(({ name, seconds }) => {
    const text = readFileSync(join(examples.folder, name, 'README.md'), 'utf8');
    if (!/^\|.*\| time +\|$/m.test(text)) return [];
    return [...text.matchAll(/^\| `([\w-]+)(?: --(quick|full))?`.*\| ([^|]+?) +\|$/gm)].map(
      ([, named, level = 'normal', time]) => {
        expect(named).toBe(name);
        const taken = level === 'full' ? full.get(name) : seconds[level as keyof typeof seconds];
        expect(time, `${name} ${level}`).toBe(approximately(taken ?? NaN));
        return name;
      },
    );
  });
  expect(new Set(checked).size).toBe(8);
});
