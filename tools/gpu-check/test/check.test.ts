/** @module-tag long: the whole check of a graphics processor. */
import { describe, expect, it } from 'vitest';
import { runCheck } from '../src/check.ts';
import { parts } from '../src/parts/index.ts';
import { attempt, formatRow, outOfTime, type Row } from '../src/rows.ts';

const enabled = process.env['HEBB_TEST_WEBGPU'] === '1';

describe('the table', () => {
  it('shows a figure, its range, its share of the limit and the peer', () => {
    const row: Row = {
      name: 'product 1024',
      value: 8123.4,
      unit: 'GFLOP/s',
      range: [8000, 8200],
      peer: 16246.8,
      ofLimit: 0.5,
      note: '0.26 ms',
    };
    expect(formatRow(row).replaceAll(/ +/g, ' ')).toBe(
      ' product 1024 8,123.4 GFLOP/s (8,000 – 8,200) 50 % of the limit PyTorch 16,246.8, 0.50 of it · 0.26 ms',
    );
  });

  it('marks what failed', () => {
    expect(formatRow({ name: 'sin', value: 'ShaderError', failed: true })).toMatch(/^✗ sin +ShaderError$/);
  });
});

it('reports what a figure throws and goes on', async () => {
  const rows: Row[] = [];
  const context = { report: (row: Row) => void rows.push(row), remaining: () => 0, folder: '' };
  await attempt(context, 'product', () => Promise.reject(new RangeError('too large\n  hint: smaller')));
  await attempt(context, 'sum', () => Promise.resolve(context.report({ name: 'sum', value: 1 })));
  expect(rows).toEqual([
    { name: 'product', value: 'RangeError: too large | hint: smaller', failed: true },
    { name: 'sum', value: 1 },
  ]);
});

it('says of every part for which no time is left that it was left out', async () => {
  const results = await runCheck({ seconds: 1 });
  expect(results.map(({ name }) => name)).toEqual(Object.keys(parts));
  for (const { title, rows, cutOff, failed } of results) {
    expect({ rows, cutOff, failed }).toEqual({
      rows: [{ name: title, value: outOfTime }],
      cutOff: true,
      failed: false,
    });
  }
});

describe.skipIf(!enabled)('on the adapter at hand', () => {
  it(
    'runs parts in processes of their own, hands on each row at once, and keeps all results',
    { timeout: 240_000 },
    async () => {
      const seen: Row[] = [];
      const results = await runCheck({ seconds: 600, only: ['device', 'operations'], onRow: (row) => seen.push(row) });
      expect(results.flatMap(({ rows }) => rows)).toEqual(seen);
      expect(seen.filter(({ failed }) => failed === true)).toEqual([]);
      expect(seen.map(({ name }) => name)).toEqual(expect.arrayContaining(['adapter', 'sin', 'convWeightGradient']));
    },
  );
});
