/** The picture of a schedule: its points, its texts, and what it refuses. */
import { ArgumentError } from '@hebb/tensor';
import { cosineSchedule, cyclicSchedule, linearSchedule, oneCycleSchedule } from '@hebb/optimizers';
import { describe, expect, it } from 'vitest';
import { plotSchedule, ReportError, type PlottedSchedule } from '../src/index.ts';

/** The curves as lists of points. */
const curves = (svg: string): (readonly (readonly number[])[])[] =>
  [...svg.matchAll(/class="curve s\d"\s+d="M([\d.,L-]+)"/g)].map(([, path = '']) =>
    path.split('L').map((point) => point.split(',').map(Number)),
  );
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = '']) => text.trim());

describe('plotSchedule', () => {
  it('draws a straight line from the top left to the bottom right', () => {
    const svg = plotSchedule(linearSchedule(), { steps: 101, width: 400, height: 200 });
    const [line = []] = curves(svg);
    expect(line).toHaveLength(101);
    const [first = [], last = []] = [line[0], line.at(-1)];
    expect(first).toEqual([56, 46]);
    // The factor of the last step is 1 / 101 above 0.
    expect(last[0]).toBe(384);
    expect(last[1]).toBeCloseTo(226 - 180 / 101, 2);
    // All in between lie on it.
    for (const [x = 0, y = 0] of line) expect(y).toBeCloseTo(46 + ((x - 56) / 328) * ((last[1] ?? 0) - 46), 1);
    expect(texts(svg)).toEqual(expect.arrayContaining(['Factor of the learning rate', '0.0', '1.0', 'Step', '100']));
  });

  it('shows rates, names of several, and momenta in a panel of their own', () => {
    const svg = plotSchedule(
      { 'one <cycle>': oneCycleSchedule({ momentum: [0.85, 0.95] }), cyclic: cyclicSchedule({ up: 100 }) },
      { steps: 5000, learningRate: 0.004 },
    );
    expect(curves(svg).map((points) => points.length)).toEqual([2000, 2000, 2000]);
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['Learning rate', 'Momentum', 'one &lt;cycle&gt;', 'cyclic', '0.004', '0.96', '4000']),
    );
    for (const [x = -1, y = -1] of curves(svg).flat()) {
      expect(x).toBeGreaterThanOrEqual(56);
      expect(x).toBeLessThanOrEqual(704);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(650);
    }
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  it('draws what never changes, and refuses what is no number', () => {
    expect(curves(plotSchedule(() => 0, { steps: 2 }))[0]).toHaveLength(2);
    const broken: PlottedSchedule = (step) => (step === 3 ? NaN : 1);
    expect(() => plotSchedule(broken, { steps: 5 })).toThrow(ReportError);
    expect(() => plotSchedule({ a: broken }, { steps: 5 })).toThrow('the schedule a gives NaN in step 3');
    expect(() => plotSchedule({}, { steps: 5 })).toThrow(ArgumentError);
    expect(() => plotSchedule(cosineSchedule(), { steps: 1 })).toThrow('steps must be an integer from 2');
    expect(() => plotSchedule(cosineSchedule(), undefined as never)).toThrow(ArgumentError);
  });
});
