/** Every loss with every reduction: its gradient, and the gradient of that, beside central differences in float64. */
import { grad } from '@hebb/autograd';
import * as losses from '@hebb/losses';
import { cosineSimilarity, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from '../../../autograd/test/support/finite-differences.ts';

type Options = losses.ReductionOptions;
interface Checked {
  readonly f: (options: Options, ...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly Input[];
  /** Of a loss for each example: the number of axes. */
  readonly axes?: number;
}

const integers = (...rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' });
const labels = tensor([2, 0], { dtype: 'int32' });
const signs = tensor([
  [1, -1, 1],
  [-1, 1, -1],
]);
const [x, y, z] = [1, 2, 3].map((seed) => input([2, 3], { seed, gap: 0.02 })) as [Input, Input, Input];
const fractions = (seed: number): Input => input([2, 3], { low: 0.1, high: 0.9, seed });
const positive = input([2, 3], { low: 0.5, high: 2, seed: 4 });
const masks = (seed: number): Input => input([2, 1, 3], { low: 0.1, high: 0.9, seed });
const rows = input([2], { low: -1, seed: 9 });
const weight = tensor([0.5, 1, 2]);

const table: Readonly<Record<string, Checked>> = {
  meanSquaredError: { f: (o, a, b) => losses.meanSquaredError(a, b, o), inputs: [x, y] },
  meanAbsoluteError: { f: (o, a, b) => losses.meanAbsoluteError(a, b, o), inputs: [x, y] },
  huberLoss: { f: (o, a, b) => losses.huberLoss(a, b, { ...o, delta: 0.7 }), inputs: [x, y] },
  smoothL1Loss: { f: (o, a, b) => losses.smoothL1Loss(a, b, { ...o, beta: 0.7 }), inputs: [x, y] },
  gaussianNllLoss: { f: (o, a, b, v) => losses.gaussianNllLoss(a, b, v, o), inputs: [x, y, positive] },
  poissonNllLoss: { f: (o, a, b) => losses.poissonNllLoss(a, b, { ...o, full: true }), inputs: [x, positive] },
  crossEntropy: {
    f: (o, a) => losses.crossEntropy(a, labels, { ...o, weight, labelSmoothing: 0.2 }),
    inputs: [x],
    axes: 1,
  },
  'crossEntropy of soft targets': {
    f: (o, a, b) => losses.crossEntropy(a, b, { ...o, weight }),
    inputs: [x, fractions(2)],
    axes: 1,
  },
  nllLoss: { f: (o, a) => losses.nllLoss(a, labels, { ...o, weight }), inputs: [x], axes: 1 },
  binaryCrossEntropy: { f: (o, p, t) => losses.binaryCrossEntropy(p, t, o), inputs: [fractions(1), fractions(2)] },
  binaryCrossEntropyWithLogits: {
    f: (o, a, t) => losses.binaryCrossEntropyWithLogits(a, t, { ...o, positiveWeight: weight }),
    inputs: [x, fractions(2)],
  },
  sigmoidFocalLoss: { f: (o, a, t) => losses.sigmoidFocalLoss(a, t, o), inputs: [x, fractions(2)] },
  focalLoss: { f: (o, a) => losses.focalLoss(a, labels, { ...o, gamma: 1.5, weight }), inputs: [x], axes: 1 },
  hingeEmbeddingLoss: { f: (o, a) => losses.hingeEmbeddingLoss(a, signs, o), inputs: [x] },
  marginRankingLoss: { f: (o, a, b) => losses.marginRankingLoss(a, b, signs, { ...o, margin: 0.3 }), inputs: [x, y] },
  softMarginLoss: { f: (o, a) => losses.softMarginLoss(a, signs, o), inputs: [x] },
  multiMarginLoss: { f: (o, a) => losses.multiMarginLoss(a, labels, { ...o, p: 2, weight }), inputs: [x], axes: 1 },
  multilabelMarginLoss: {
    f: (o, a) => losses.multilabelMarginLoss(a, integers([2, 0, -1], [1, -1, 0]), o),
    inputs: [x],
    axes: 1,
  },
  multilabelSoftMarginLoss: {
    f: (o, a, t) => losses.multilabelSoftMarginLoss(a, t, { ...o, weight }),
    inputs: [x, fractions(2)],
    axes: 1,
  },
  klDiv: { f: (o, a, q) => losses.klDiv(a, q, o), inputs: [x, fractions(2)] },
  'klDiv of logarithms': { f: (o, a, q) => losses.klDiv(a, q, { ...o, logTarget: true }), inputs: [x, y] },
  gaussianKlDivergence: { f: (o, m, v) => losses.gaussianKlDivergence(m, v, o), inputs: [x, y], axes: 1 },
  evidenceLowerBoundLoss: {
    f: (o, r, m, v) => losses.evidenceLowerBoundLoss(r, m, v, { ...o, beta: 3 }),
    inputs: [z, x, y],
    axes: 1,
  },
  tripletMarginLoss: {
    f: (o, a, p, n) => losses.tripletMarginLoss(a, p, n, { ...o, margin: 3, swap: true }),
    inputs: [x, y, z],
    axes: 1,
  },
  tripletMarginWithDistanceLoss: {
    f: (o, a, p, n) =>
      losses.tripletMarginWithDistanceLoss(a, p, n, {
        ...o,
        margin: 3,
        distance: (s, t) => cosineSimilarity(s, t).neg(),
      }),
    inputs: [x, y, z],
    axes: 1,
  },
  cosineEmbeddingLoss: {
    f: (o, a, b) => losses.cosineEmbeddingLoss(a, b, tensor([1, -1]), { ...o, margin: -1 }),
    inputs: [x, y],
    axes: 1,
  },
  infoNceLoss: { f: (o, q, k) => losses.infoNceLoss(q, k, o), inputs: [x, y], axes: 1 },
  'infoNceLoss with negatives': {
    f: (o, q, k, negatives) => losses.infoNceLoss(q, k, { ...o, negatives }),
    inputs: [x, y, z],
    axes: 1,
  },
  ntXentLoss: { f: (o, a, b) => losses.ntXentLoss(a, b, o), inputs: [x, y], axes: 1 },
  diceLoss: { f: (o, p, t) => losses.diceLoss(p, t, { ...o, squared: true }), inputs: [masks(1), masks(2)] },
  tverskyLoss: { f: (o, p, t) => losses.tverskyLoss(p, t, o), inputs: [masks(1), masks(2)] },
  wassersteinCriticLoss: { f: (o, r, g) => losses.wassersteinCriticLoss(r, g, o), inputs: [rows, rows], axes: 1 },
  wassersteinGeneratorLoss: { f: (o, g) => losses.wassersteinGeneratorLoss(g, o), inputs: [rows], axes: 1 },
  gradientPenalty: { f: (o, g) => losses.gradientPenalty(g, o), inputs: [x], axes: 1 },
  // The penalty of a critic Σ v · tanh(W x), with respect to its weights and to where it is asked.
  'gradientPenalty of a critic': {
    f: (o, w, at) =>
      losses.gradientPenalty(
        grad((s: Tensor) =>
          s
            .matmul(w.transpose(0, 1))
            .tanh()
            .mul(tensor([1, -2]))
            .sum(),
        )(at),
        o,
      ),
    inputs: [x, y],
    axes: 1,
  },
  // Of logits: with respect to log-probabilities its gradient is PyTorch's, which takes them for normalised.
  ctcLoss: {
    f: (o, a) => losses.ctcLoss(a.logSoftmax(2), integers([1, 1], [2, 0]), [3, 2], [2, 1], o),
    inputs: [input([3, 2, 3], { seed: 5 })],
    axes: 1,
  },
};

describe('losses and central differences', () => {
  beforeAll(() => setDevice('reference'));

  it('all losses are here', () => {
    const aliases = ['l1Loss', 'mseLoss'];
    const known = [...Object.keys(table).map((name) => name.split(' ', 1)[0]), ...aliases];
    expect(new Set(known)).toEqual(new Set(Object.keys(losses)));
  });

  it.each(Object.entries(table))('%s', (_, { f, inputs, axes }) => {
    for (const reduction of ['none', 'mean', 'sum'] as const) {
      const given = (...tensors: Tensor[]): Tensor => f({ reduction }, ...tensors);
      const result = given(...inputs.map(({ shape, values }) => tensor(values, { shape })));
      // The first axis is that of the examples, for the weights of `fit`.
      const [examples] = result.shape;
      if (reduction === 'none') expect([examples, axes ?? result.ndim]).toEqual([2, result.ndim]);
      else expect(result.shape).toEqual([]);
      const { first, second } = gradientErrors(given, inputs);
      expect(first, reduction).toBeLessThan(1e-6);
      expect(second, reduction).toBeLessThan(2e-5);
    }
  });
});
