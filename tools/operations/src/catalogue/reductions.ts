/** Many elements as few, along axes, in order. */
import * as api from '../../../../packages/tensor/src/index.ts';
import { integer, mask, of, ways, x, type Operation } from '../operation.ts';

export const reductions = {
  sum: ways(
    of((a) => a.sum(1), [2, 3, 2]),
    of((a) => a.sum(), [2, 3]),
  ),
  prod: ways(
    of((a) => api.prod(a, 1), [2, 3]),
    of((a) => api.prod(a.mul(api.tensor([1, 0, 1]))), [3]),
  ),
  mean: of((a) => a.mean([0, 2]), [2, 3, 2]),
  variance: of((a) => a.variance(1), [2, 4]),
  std: of((a) => a.std(1), [2, 4]),
  max: ways(
    of((a) => a.max(1), [2, 3]),
    of((a) => a.max(), [2, 3]),
  ),
  min: of((a) => a.min(1), [2, 3]),
  amax: of((a) => api.amax(a, 1), [2, 3]),
  amin: of((a) => api.amin(a, 0), [2, 3]),
  aminmax: of((a) => ({ ...api.aminmax(a, 1) }), [2, 3]),
  maxWithIndices: of((a) => ({ ...api.maxWithIndices(a, 1) }), [2, 3]),
  minWithIndices: of((a) => ({ ...api.minWithIndices(a, 1) }), [2, 3]),
  argmax: of((a) => a.argmax(1), [2, 3]),
  argmin: of((a) => a.argmin(1), [2, 3]),
  any: of((a) => api.any(a.greater(0), 1), [4, 3]),
  all: of((a) => api.all(a.greater(0), 1), [4, 3]),
  countNonZero: of((a) => api.countNonZero(a.relu(), 1), [2, 3]),
  norm: ways(
    of((a) => api.norm(a, 1), [2, 3]),
    of((a) => api.norm(a, 1, { p: 3 }), [2, 3]),
    of((a) => api.norm(a, 1, { p: Infinity }), [2, 3]),
  ),
  normalize: ways(
    of((a) => api.normalize(a), [2, 3]),
    of((a) => api.normalize(a, { p: 1, axis: 0 }), [2, 3]),
  ),
  pairwiseDistance: ways(
    of((a, b) => api.pairwiseDistance(a, b), [2, 3], [2, 3]),
    of((a, b) => api.pairwiseDistance(a, b, { p: 3 }), [2, 3], [3]),
  ),
  // Of vectors that are not about zero: what is left by rounding has any direction.
  cosineSimilarity: of(
    (a, b) => api.cosineSimilarity(a, b),
    x([2, 3], { low: 0.25 }),
    x([2, 3], { low: -2, high: -0.25 }),
  ),
  cdist: ways(
    of((a, b) => api.cdist(a, b), [2, 3], [4, 3]),
    of((a, b) => api.cdist(a, b, { p: 1 }), [2, 2, 3], [2, 3]),
  ),
  pdist: of((a) => api.pdist(a), [4, 3]),
  logSumExp: of((a) => api.logSumExp(a, 1), [2, 3]),
  nanSum: of((a) => api.nanSum(api.where(mask([2, 3]), a, NaN), 1), [2, 3]),
  nanMean: of((a) => api.nanMean(api.where(mask([2, 3]), a, NaN)), [2, 3]),
  softmax: of((a) => a.softmax(-1), [2, 3]),
  logSoftmax: of((a) => a.logSoftmax(-1), [2, 3]),
  softmin: of((a) => api.softmin(a, -1), [2, 3]),
  layerNorm: ways(
    of((a, w, b) => api.layerNorm(a, 4, { weight: w, bias: b }), [3, 4], [4], [4]),
    of((a) => api.layerNorm(a, [2, 3]), [2, 2, 3]),
  ),
  rmsNorm: of((a, w) => api.rmsNorm(a, 4, { weight: w }), [3, 4], [4]),
  groupNorm: of((a, w, b) => api.groupNorm(a, 2, { weight: w, bias: b }), [2, 4, 3], [4], [4]),
  instanceNorm: of((a, w, b) => api.instanceNorm(a, { weight: w, bias: b }), [2, 2, 4], [2], [2]),
  batchNorm: ways(
    of((a, w, b) => api.batchNorm(a, { weight: w, bias: b, training: true }), [4, 2], [2], [2]),
    of((a, m, v) => api.batchNorm(a, { runningMean: m, runningVar: v.square() }), [4, 2], [2], [2]),
  ),
  localResponseNorm: of((a) => api.localResponseNorm(a, 3, { alpha: 1 }), [2, 4, 3]),
} satisfies Record<string, Operation>;

const cumulative = (f: (a: api.Tensor, axis: number, options: api.CumulativeOptions) => api.Tensor): Operation =>
  ways(
    of((a) => f(a, 1, {}), [2, 4]),
    of((a) => f(a, 0, { reverse: true }), [4, 2]),
  );

export const order = {
  cumsum: cumulative(api.cumsum),
  cumprod: cumulative(api.cumprod),
  cummax: of((a) => ({ ...api.cummax(a, 1) }), [2, 4]),
  cummin: of((a) => ({ ...api.cummin(a, 1) }), [2, 4]),
  logCumSumExp: cumulative(api.logCumSumExp),
  sort: of((a) => ({ ...api.sort(a, 1, { descending: true }) }), [2, 4]),
  argSort: of((a) => api.argSort(a, 1), [2, 4]),
  topK: of((a) => ({ ...api.topK(a, 2) }), [2, 5]),
  median: of((a) => ({ ...api.median(a, 1) }), [2, 5]),
  mode: of((a) => ({ ...api.mode(a.mul(2).round(), 1) }), [2, 5]),
  quantile: of((a) => api.quantile(a, [0.2, 0.7], 1), [2, 5]),
  searchSorted: of((a) => api.searchSorted(api.tensor([-1, 0, 0.5, 1]), a), [2, 3]),
  bucketize: of((a) => api.bucketize(a, [-1, 0, 1], { right: true }), [2, 3]),
  histogram: of((a) => ({ ...api.histogram(a, 4, { range: [-2, 2] }) }), [20]),
  unique: of(async (a) => ({ ...(await api.unique(integer(a))) }), [9]),
  equals: of((a) => api.equals(a, a).then((same) => api.tensor([Number(same)])), [3]),
  allClose: of((a) => api.allClose(a, a.add(1e-7)).then((same) => api.tensor([Number(same)])), [3]),
} satisfies Record<string, Operation>;
