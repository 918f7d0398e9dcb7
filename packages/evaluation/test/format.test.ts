import { expect, it } from 'vitest';
import {
  formatClock,
  formatCount,
  formatLoss,
  formatMetric,
  formatPercent,
  formatSeconds,
  words,
} from '../src/format.ts';

it.each([
  [0.8, '0.80 s'],
  [9.996, '10.0 s'],
  [12.34, '12.3 s'],
  [59.97, '1 min 0 s'],
  [119.7, '2 min 0 s'],
  [200, '3 min 20 s'],
  [3599.6, '1 h 0 min'],
  [7500, '2 h 5 min'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

it('writes a clock, counts, percentages and losses', () => {
  expect([4, 750, 3729].map(formatClock)).toEqual(['0:04', '12:30', '1:02:09']);
  expect(formatCount(5430.6)).toBe('5,431');
  expect([formatPercent(0.98611), formatPercent(NaN), formatPercent(0.5, 0)]).toEqual(['98.61 %', '–', '50 %']);
  expect([0.1234, 2.2891, 12.345, 123.456, 1.2e-5, 123_456].map(formatLoss)).toEqual(
    ['0.1234', '2.289', '12.35', '123.5', '1.20e-5', '1.23e+5'], // prettier-ignore
  );
});

it('writes a metric as a percentage where its name says that it is a fraction', () => {
  expect(['averagePrecision', 'macroAveragePrecision', 'macroRocAuc'].map((name) => formatMetric(name, 0.5))).toEqual(
    Array.from({ length: 3 }, () => formatLoss(0.5)),
  );
  expect([formatMetric('topKAccuracy', 0.5), formatMetric('error', 0.5), formatMetric('f1', 5)]).toEqual(
    ['50.00 %', '0.5000', '5.000'], // prettier-ignore
  );
  expect(['meanAbsoluteError', 'macroF1', 'f1Score', 'r2Score', 'rocAuc', 'top5Accuracy'].map(words)).toEqual(
    ['mean absolute error', 'macro F1', 'F1', 'R²', 'ROC AUC', 'top5 accuracy'], // prettier-ignore
  );
});
