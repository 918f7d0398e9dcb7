import { accuracy, classificationReport } from '@hebb/evaluation';
import { prove } from './prove.js';

const labels = [0, 0, 1, 1];
const logits = [
  [2, 1],
  [0, 3],
  [1, 4],
  [0, 1],
];

void prove({
  compute: () => [accuracy(logits, labels), classificationReport(labels, logits).confusionMatrix.counts],
  expected: [
    0.75,
    [
      [1, 1],
      [0, 2],
    ],
  ],
  misuse() {
    accuracy(logits, [0, 1]);
  },
  message: /accuracy/,
});
