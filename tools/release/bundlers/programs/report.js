import { reportHtml } from '@hebb/report';
import { prove } from './prove.js';

const history = {
  losses: [2, 1, 0.5, 0.25],
  scalars: { loss: [2, 1, 0.5, 0.25] },
  learningRates: { optimizer: [1, 1, 1, 1] },
  epochs: [],
  validations: [],
  stepsPerEpoch: 2,
  seconds: 4,
  interrupted: false,
};

void prove({
  compute() {
    const page = reportHtml({ title: 'A & B', history });
    return [/<svg/.test(page), /<h1>A &amp; B<\/h1>/.test(page)];
  },
  expected: [true, true],
  misuse() {
    reportHtml({ titel: 'A' });
  },
  message: /^\[reportHtml\].*titel/,
});
