/** The curves of scores of two classes. */
import { formatLoss } from './format.ts';
import type { Ranking } from './ranking.ts';
import type { Section } from './section.ts';

/** Points that a curve has at most. */
const pointsShown = 200;

/** Receiver operating characteristic, and precision by recall. */
export function rankingSections(ranking: Ranking, positiveName: string): Section[] {
  const { positives, negatives } = ranking.totals;
  const steps = ranking.steps();
  const stride = Math.max(1, Math.ceil(steps.length / pointsShown));
  const shown = steps.filter((_, i) => i % stride === 0 || i === steps.length - 1);
  const unit = [0, 1] as const;
  const roc = shown.map(
    ({ truePositives, falsePositives }) => [falsePositives / negatives, truePositives / positives] as const,
  );
  const precision = shown.map(
    ({ truePositives, falsePositives }) =>
      [truePositives / positives, truePositives / (truePositives + falsePositives)] as const,
  );
  return [
    {
      kind: 'chart',
      title: `ROC: area ${formatLoss(ranking.rocAuc())}`,
      text: `How much of '${positiveName}' is found, by how much of the rest is taken for it, for every threshold.`,
      series: [{ name: positiveName, points: [[0, 0], ...roc] }],
      x: { label: 'false positive rate', range: unit, format: 'percent' },
      y: { label: 'true positive rate', range: unit, format: 'percent' },
    },
    {
      kind: 'chart',
      title: `Precision and recall: average precision ${formatLoss(ranking.averagePrecision())}`,
      series: [{ name: positiveName, points: precision }],
      x: { label: 'recall', range: unit, format: 'percent' },
      y: { label: 'precision', range: unit, format: 'percent' },
    },
  ];
}
