import { expect, it } from 'vitest';
import { lineChart } from '../src/line-chart.ts';

it('draws a line through the points, and leaves a gap where a value is no number', () => {
  const chart = lineChart({
    title: 'Loss',
    xLabel: 'step',
    yLabel: 'loss',
    xDomain: [0, 5],
    yDomain: [0, 10],
    series: [{ name: 'loss', color: 1, points: [[0, 0], [1, 10], [2, NaN], [3, 5], [4, Infinity], [5, 0]] }], // prettier-ignore
  });
  // The plot reaches from (74, 254), its lower left, to (444, 40).
  expect(chart.text).toContain('d="M74,254L148,40M296,147ZM444,254Z"');
});
