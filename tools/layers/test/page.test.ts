/** docs/layers.md has a row for every public layer, loss, optimizer and schedule, with the cases that there are. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { columns, read, render } from '../src/page.ts';
import { chapters, expectedNames } from '../src/subjects.ts';

const page = read(readFileSync(new URL('../../../docs/layers.md', import.meta.url), 'utf8'));
const rows = new Map([...page.chapters.values()].flatMap((chapter) => [...chapter]));

it('has a row for every public class and function: `npm run layers -- --missing` writes those that are new', () => {
  expect([...rows.keys()].sort()).toEqual(Object.values(expectedNames).flat().sort());
});

it('counts the golden cases that there are', () => {
  const counts = [...chapters.values()].flatMap((subjects) =>
    [...subjects].map(([name, { cases }]) => [name, cases.length === 0 ? '–' : String(cases.length)] as const),
  );
  expect(Object.fromEntries([...rows].map(([name, { cases }]) => [name, cases.text]))).toEqual(
    Object.fromEntries(counts),
  );
});

it('is what was written', () => {
  expect(read(render(page))).toEqual(page);
});

it('has no cell that fails: only a file may be missing, with the reason', () => {
  const failing = [...rows].filter(([, row]) =>
    columns.some((column) => row[column].text === 'no' && (column !== 'onnx' || row[column].note === undefined)),
  );
  expect(failing).toEqual([]);
});
