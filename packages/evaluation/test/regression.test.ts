import { describe, expect, it } from 'vitest';
import { meanAbsoluteError, meanSquaredError, r2Score, rootMeanSquaredError } from '../src/index.ts';
import golden from './golden/regression.json' with { type: 'json' };

describe('scikit-learn', () => {
  it.each(golden.map((entry, i) => [i, entry] as const))('agrees on case %i', async (_, entry) => {
    const targets = entry.targets;
    const predictions = entry.predictions;
    expect(meanSquaredError(predictions, targets)).toBeCloseTo(entry.meanSquaredError, 12);
    expect(rootMeanSquaredError(predictions, targets)).toBeCloseTo(Math.sqrt(entry.meanSquaredError), 12);
    expect(meanAbsoluteError(predictions, targets)).toBeCloseTo(entry.meanAbsoluteError, 12);
    expect(r2Score(predictions, targets)).toBeCloseTo(entry.r2Score, 12);
    const tensor = { shape: [targets.length], data: () => Promise.resolve(Float64Array.from(targets.flat())) };
    if (typeof targets[0] === 'number') {
      expect(await rootMeanSquaredError(predictions, tensor)).toBeCloseTo(Math.sqrt(entry.meanSquaredError), 12);
    }
  });

  it('lets [n] and [n, 1] go together', () => {
    expect(meanSquaredError([[1], [2]], { data: [1, 4], shape: [2] })).toBe(2);
    expect(r2Score([[1], [2]], [1, 2])).toBe(1);
  });
});

describe('errors', () => {
  it.each([
    ['lengths', () => meanSquaredError([1], [1, 2]), /1 predictions and 2 targets/],
    ['shapes', () => meanSquaredError([[1, 2]], { data: [1, 2], shape: [2, 1] }), /\[1,2\], targets \[2,1\]/],
    [
      'transposed shapes',
      () =>
        meanAbsoluteError(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
        ),
      /\[2,3\], targets \[3,2\]/,
    ],
    ['no numbers', () => meanAbsoluteError([], []), /no predictions/],
    ['NaN', () => meanSquaredError([1, NaN], [1, 2]), /predictions\[1\] is NaN/],
    ['one example', () => r2Score([1], [1]), /at least two examples/],
  ])('names %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});
