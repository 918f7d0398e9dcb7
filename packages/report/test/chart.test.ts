import type { ChartAxis, ChartSection, ChartSeries } from '@hebb/evaluation';
import { expect, it } from 'vitest';
import { chart } from '../src/sections/chart.ts';

const axis = (changes: Partial<ChartAxis> = {}): ChartAxis => ({ label: 'axis', ...changes });
const draw = (series: ChartSeries[], x: ChartAxis = axis(), y: ChartAxis = axis()): string =>
  chart({ kind: 'chart', title: 'Curve', series, x, y } satisfies ChartSection).text;
/** What the paths of a class draw. The plot reaches from (0, 1000), its lower left, to (1000, 0). */
const paths = (text: string, kind: string): string[] =>
  [...text.matchAll(/<path\s+class="([^"]*)"\s+d="([^"]*)"/g)].flatMap(([, found = '', path = '']) =>
    found.split(' ').includes(kind) ? [path] : [],
  );
const ticks = (text: string, direction: 'x' | 'y'): string[] =>
  [...text.matchAll(/<span class="(x|y)"[^>]*>([^<]*)</g)].flatMap(([, found, tick = '']) =>
    found === direction ? [tick] : [],
  );

it('draws a line through the points, and leaves a gap where a value is no number', () => {
  const points: [number, number][] = [[0, 0], [1, 10], [2, NaN], [3, 5], [4, Infinity], [5, 0]]; // prettier-ignore
  const text = draw([{ name: 'a', points }], axis({ range: [0, 5] }), axis({ range: [0, 10] }));
  expect(paths(text, 'plain')).toEqual(['M0,1000L200,0M600,500h0M1000,1000h0']);
});

it('ends its axes at round numbers beyond the points, or where it is told to', () => {
  const series: ChartSeries[] = [{ name: 'a', points: [[0.3, 17], [9.7, 96]] }]; // prettier-ignore
  expect(ticks(draw(series), 'x').slice(0, 2)).toEqual(['0', '2']);
  expect(ticks(draw(series), 'y')).toEqual(['0', '20', '40', '60', '80', '100']);
  expect(ticks(draw(series, axis(), axis({ range: [undefined, 50] })), 'y').at(-1)).toBe('50');
});

it('writes percentages, counts and small numbers so that ticks can be told apart', () => {
  const line: ChartSeries[] = [{ name: 'a', points: [[0, 0], [1, 1]] }]; // prettier-ignore
  expect(ticks(draw(line, axis(), axis({ range: [0.98, 1], format: 'percent' })), 'y')).toEqual([
    '98.0 %', '98.5 %', '99.0 %', '99.5 %', '100.0 %',
  ]); // prettier-ignore
  expect(ticks(draw(line, axis({ range: [0, 2], format: 'count' })), 'x')).toEqual(['0', '1', '2']);
  expect(ticks(draw(line, axis(), axis({ range: [1e-5, 1e-1], logarithmic: true })), 'y')).toEqual([
    '1e−5', '1e−4', '1e−3', '1e−2', '1e−1',
  ]); // prettier-ignore
});

it('leaves out what a logarithmic axis cannot show', () => {
  const points: [number, number][] = [[1, 1], [2, 0], [3, 100], [4, -1]]; // prettier-ignore
  const text = draw([{ name: 'a', points }], axis({ range: [1, 5] }), axis({ range: [1, 100], logarithmic: true }));
  expect(paths(text, 'plain')).toEqual(['M0,1000h0M500,0h0']);
});

it('draws dots, bars on zero, and a line to compare with', () => {
  const points: [number, number][] = [[0, 1], [1, -1]]; // prettier-ignore
  const ranges = [axis({ range: [0, 1] }), axis({ range: [-1, 1] })] as const;
  expect(paths(draw([{ name: 'a', points, look: 'dots' }], ...ranges), 'dots')).toEqual(['M0,0h0M1000,1000h0']);
  expect(paths(draw([{ name: 'a', points, look: 'marked' }], ...ranges), 'marks')).toEqual(['M0,0h0M1000,1000h0']);
  expect(paths(draw([{ name: 'a', points, look: 'reference' }], ...ranges), 's0')).toEqual(['M0,0L1000,1000']);
  const [bars = ''] = paths(draw([{ name: 'a', points, look: 'bars' }], axis(), ranges[1]), 'bars');
  expect([...bars.matchAll(/M[^,]+,(\d+)V(\d+)/g)].map(([, from, to]) => [from, to])).toEqual([
    ['500', '0'],
    ['500', '1000'],
  ]);
});

it('keeps the peaks of a hundred thousand points in a small picture', () => {
  const points = Array.from({ length: 100_000 }, (_, i): [number, number] => [i, i === 54_321 ? 100 : i % 2]);
  const text = draw([{ name: 'a', points }], axis(), axis({ range: [0, 100] }));
  expect(text.length).toBeLessThan(30_000);
  expect(paths(text, 'plain')[0]).toMatch(/L543\.2,0L/);
  const dots = draw([{ name: 'a', points, look: 'dots' }], axis(), axis({ range: [0, 100] }));
  expect(dots.length).toBeLessThan(100_000);
});

it.each<[string, [number, number][]]>([
  ['no points', []],
  ['one point', [[3, 3]]],
  ['no numbers', [[0, NaN], [1, NaN]]],
  ['equal values', [[0, 7], [1, 7]]],
  ['tiny values', [[0, 1e-300], [1, 2e-300]]],
  ['huge values', [[0, -1e300], [1, 1e300]]],
])('draws %s', (_, points) => {
  for (const look of ['plain', 'marked', 'dots', 'bars'] as const)
    for (const logarithmic of [false, true]) {
      const text = draw([{ name: 'a', points, look }], axis({ logarithmic }), axis({ logarithmic }));
      expect(text).not.toMatch(/NaN|Infinity|undefined/);
      expect(ticks(text, 'y').length).toBeGreaterThan(0);
    }
}); // prettier-ignore

it('tells those who do not see it what it shows', () => {
  const text = draw([{ name: 'test', points: [[1, 0.5], [8, 0.9889]] }], axis({ label: 'epoch' }), axis({ label: 'accuracy', format: 'percent' })); // prettier-ignore
  expect(text).toContain('aria-label="Curve: accuracy by epoch. test: from 50.00 % to 98.89 %."');
});

it('gives series their colours in order, or those that they ask for', () => {
  const points: [number, number][] = [[0, 1], [1, 2]]; // prettier-ignore
  const text = draw([
    { name: 'a', points, look: 'faint', color: 1 },
    { name: 'b', points, color: 1 },
    { name: 'chance', points, look: 'reference' },
    { name: 'c', points },
  ]);
  expect([...text.matchAll(/<li class="(s\d)/g)].map(([, color]) => color)).toEqual(['s1', 's1', 's0', 's2']);
});

it('names every bar where there is room for it, and ends a logarithmic axis at 1, 2 or 5', () => {
  const bars = (count: number): ChartSeries[] => [
    { name: 'a', points: Array.from({ length: count }, (_, i) => [i, i + 1] as const), look: 'bars' },
  ];
  expect(ticks(draw(bars(10), axis({ format: 'count' })), 'x').join()).toBe('0,1,2,3,4,5,6,7,8,9');
  expect(ticks(draw(bars(100), axis({ format: 'count' })), 'x').length).toBeLessThan(10);
  const losses = (from: number, to: number): string[] =>
    ticks(draw([{ name: 'a', points: [[0, from], [1, to]] }], axis(), axis({ logarithmic: true })), 'y'); // prettier-ignore
  expect(losses(2.3, 0.06)).toEqual(['0.05', '0.1', '0.2', '0.5', '1', '2', '5']);
  const text = draw([{ name: 'a', points: [[0, 2], [1, 0.01]] }], axis(), axis({ logarithmic: true })); // prettier-ignore
  expect(ticks(text, 'y')).toEqual(['0.01', '0.1', '1']);
  // From corner to corner: both ends are 2 and 0.01.
  expect(paths(text, 'plain')).toEqual(['M0,0L1000,1000']);
});
