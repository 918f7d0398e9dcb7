/**
 * docs/operations.md has a row for every operation, and says what is measured: values beside the float64 interpreter, derivatives of first and
 * second order beside finite differences, mapped functions beside loops, files beside onnxruntime.
 *
 * @module-tag long: every operation on every device.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as api from '../../../packages/tensor/src/index.ts';
import { devices } from '../../../packages/tensor/test/support/devices.ts';
import { operations, others } from '../src/catalogue.ts';
import type { Cell } from '../src/cell.ts';
import { columns, measure, type Row } from '../src/measure.ts';
import { read, render } from '../src/page.ts';

const page = read(readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8'));
const rows = new Map([...page.chapters.values()].flatMap((chapter) => [...chapter]));
const hasWebgpu = devices.includes('webgpu');

const isClass = (value: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(value));
const publicFunctions = Object.entries(api)
  .filter(([, value]) => typeof value === 'function' && !isClass(value))
  .map(([name]) => name);

it('has a row for every public function on tensors: `npm run operations -- --missing` writes those that are new', () => {
  const expected = publicFunctions.filter((name) => !(others as readonly string[]).includes(name));
  expect([...rows.keys()].sort()).toEqual(expected.sort());
  expect([...operations.keys()].sort()).toEqual(expected.sort());
});

it('is what was written', () => {
  expect(read(render(page))).toEqual(page);
});

it('gives the reason wherever it says no', () => {
  const silent = [...rows].filter(([, row]) =>
    columns.some((column) => row[column].text === 'no' && !row[column].note),
  );
  expect(silent).toEqual([]);
});

/** Float32's rounding of a relative error, and of ulp, may differ a little between machines. */
function errorOf({ text }: Cell): number | undefined {
  if (text === 'exact') return 0;
  const ulps = /^([\d.]+) ulp$/.exec(text)?.[1];
  if (ulps !== undefined) return Number(ulps) * 2 ** -23;
  const [, digit, raised] = /^(?:(\d)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/.exec(text) ?? [];
  if (raised === undefined) return undefined;
  const exponent = [...raised].map((sign) => (sign === '⁻' ? '-' : '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(sign))).join('');
  return Number(digit ?? 1) * 10 ** Number(exponent);
}

describe.each([...operations])('%s', (name, operation) => {
  it('is as the page says', async () => {
    const measured = await measure(operation, hasWebgpu);
    const said = rows.get(name) as Row;
    for (const column of columns) {
      const [cell, expected] = [measured[column], said[column]];
      expect(cell.failed, `${column}: ${cell.note}`).toBeUndefined();
      if (column === 'webgpu' && !hasWebgpu) continue;
      const [error, stated] = [errorOf(cell), errorOf(expected)];
      if (error === undefined || stated === undefined) expect(cell, column).toEqual(expected);
      else expect(error, column).toBeLessThanOrEqual(1.5 * stated + 2 ** -24);
    }
  });
});
