/** Tensors from rules, and elements in other places. */
import * as api from '../../../../packages/tensor/src/index.ts';
import { integer, mask, of, selecting, ways, whole, type Operation } from '../operation.ts';

export const creation = {
  tensor: of(() =>
    api.tensor([
      [1, 2.5],
      [-3, 1e-3],
    ]),
  ),
  full: of(() => api.full([2, 3], 0.1)),
  zeros: of(() => api.zeros([2, 3])),
  ones: of(() => api.ones([2, 3])),
  zerosLike: of((a) => api.zerosLike(a), [2, 3]),
  onesLike: of((a) => api.onesLike(a), [2, 3]),
  iota: of(() => api.iota([3, 4], 1)),
  arange: of(() => api.arange(2, 11, 3)),
  linspace: of(() => api.linspace(-1, 2, 7)),
  logspace: of(() => api.logspace(-3, 2, 6)),
  meshgrid: of((a, b) => api.meshgrid([a, b], { indexing: 'xy' }), [2], [3]),
  eye: of(() => api.eye(3, 4)),
  oneHot: selecting(of((a) => api.oneHot(integer(a).abs(), 4), [2, 3])),
  scalar: of(() => api.scalar(0.3).mul(1)),
} satisfies Record<string, Operation>;

export const movement = {
  reshape: of((a) => a.reshape([3, 2]), [2, 3]),
  flatten: of((a) => a.flatten(), [2, 3]),
  unflatten: of((a) => api.unflatten(a, 0, [3, 2]), [6, 2]),
  squeeze: of((a) => a.squeeze(1), [2, 1, 3]),
  unsqueeze: of((a) => a.unsqueeze(1), [2, 3]),
  transpose: of((a) => a.transpose(0, 2), [2, 3, 2]),
  permute: of((a) => a.permute([2, 0, 1]), [2, 3, 2]),
  moveAxis: of((a) => api.moveAxis(a, [0, 1], [-1, 0]), [2, 3, 2]),
  broadcastTo: of((a) => a.broadcastTo([2, 3, 4]), [3, 1]),
  slice: ways(
    of((a) => a.slice([1, 0], [4, 3], [2, 1]), [4, 3]),
    of((a) => api.slice(a, [-1], undefined, [-2]), [5, 2]),
  ),
  narrow: of((a) => a.narrow(1, 1, 2), [2, 4]),
  pad: ways(
    of(
      (a) =>
        api.pad(
          a,
          [
            [1, 2],
            [0, 1],
          ],
          { value: 3 },
        ),
      [2, 3],
    ),
    ...(['reflect', 'replicate', 'circular'] as const).map((mode) =>
      of(
        (a) =>
          api.pad(
            a,
            [
              [0, 0],
              [1, 2],
            ],
            { mode },
          ),
        [2, 4],
      ),
    ),
    of(
      (a) =>
        api.pad(a, [
          [-1, 0],
          [1, -1],
        ]),
      [3, 3],
    ),
  ),
  flip: of((a) => a.flip([0, 1]), [2, 3]),
  roll: of((a) => api.roll(a, [1, -2], [0, 1]), [2, 5]),
  rot90: of((a) => api.rot90(a, -1), [2, 3]),
  split: of((a) => api.split(a, [2, 1, 3], 1), [2, 6]),
  chunk: of((a) => api.chunk(a, 3), [7, 2]),
  unbind: of((a) => api.unbind(a, 1), [2, 3]),
  repeat: of((a) => api.repeat(a, [2, 1, 2]), [2, 3]),
  tile: of((a) => api.tile(a, [2]), [2, 3]),
  repeatInterleave: ways(
    of((a) => api.repeatInterleave(a, 2, 1), [2, 3]),
    of((a) => api.repeatInterleave(a, [2, 0, 3], 0), [3, 2]),
  ),
  concat: of((a, b) => api.concat([a, b, a], 1), [2, 3], [2, 1]),
  stack: of((a, b) => api.stack([a, b], 1), [2, 3], [2, 3]),
  diag: ways(
    of((a) => api.diag(a, 1), [3]),
    of((a) => api.diag(a), [2, 3]),
  ),
  diagonal: of((a) => api.diagonal(a, -1, 0, 2), [3, 2, 3]),
  trace: of((a) => api.trace(a.square()), [2, 3, 3]),
  tril: of((a) => api.tril(a, 1), [2, 3, 4]),
  triu: of((a) => api.triu(a, -1), [3, 3]),
} satisfies Record<string, Operation>;

/** Segments of five rows, none of them empty. */
const ids = (): api.Tensor => api.tensor([0, 2, 1, 1, 0], { dtype: 'int32' });

export const indexing = {
  gather: of((a) => api.gather(a, 1, whole([2, 5], 0, 3)), [2, 3]),
  takeAlongAxis: of((a) => api.takeAlongAxis(a, whole([2, 2], 0, 3), 1), [2, 3]),
  take: of((a) => api.take(a, whole([2, 2], 0, 6)), [2, 3]),
  indexSelect: of((a) => api.indexSelect(a, 0, whole([6], 0, 4)), [4, 3]),
  indexAdd: of((a, b) => api.indexAdd(a, 0, ids(), b, { alpha: 0.5 }), [3, 2], [5, 2]),
  indexCopy: of((a, b) => api.indexCopy(a, 0, api.tensor([2, 0], { dtype: 'int32' }), b), [3, 2], [2, 2]),
  scatter: of((a, b) => api.scatter(a, 0, whole([2, 3], 0, 4), b), [4, 3], [2, 3]),
  scatterAdd: of((a, b) => api.scatterAdd(a, 0, whole([6, 3], 0, 4), b), [4, 3], [6, 3]),
  scatterReduce: ways(
    ...(['sum', 'prod', 'mean', 'amax', 'amin'] as const).map((reduce) =>
      of((a, b) => api.scatterReduce(a, 0, whole([5, 2], 0, 3), b, reduce), [3, 2], [5, 2]),
    ),
  ),
  maskedFill: of((a) => api.maskedFill(a, mask([2, 3]), 0.5), [2, 3]),
  maskedScatter: of((a, b) => api.maskedScatter(a, mask([2, 3]), b), [2, 3], [6]),
  maskedSelect: of((a) => api.maskedSelect(a, mask([2, 3])), [2, 3]),
  nonZero: of((a) => api.nonZero(a.relu()), [2, 3]),
  segmentSum: of((a) => api.segmentSum(a, ids(), 4), [5, 2]),
  segmentMean: of((a) => api.segmentMean(a, ids(), 4), [5, 2]),
  segmentMax: of((a) => api.segmentMax(a, ids(), 3), [5, 2]),
  segmentMin: of((a) => api.segmentMin(a, ids(), 3), [5, 2]),
  segmentSoftmax: of((a) => api.segmentSoftmax(a, ids(), 3), [5, 2]),
  embedding: of(
    (a) =>
      api.embedding(
        api.tensor(
          [
            [0, 4, 1],
            [1, 3, 0],
          ],
          { dtype: 'int32' },
        ),
        a,
        { paddingIndex: 2 },
      ),
    [5, 2],
  ),
  embeddingBag: ways(
    of((a) => api.embeddingBag(whole([2, 3], 0, 5), a, { mode: 'mean' }), [5, 2]),
    of((a) => api.embeddingBag(whole([6], 0, 5), a, { offsets: [0, 2, 2], mode: 'max' }), [5, 2]),
    of(
      (a, w) => api.embeddingBag(whole([6], 0, 5), a, { offsets: [0, 4], mode: 'sum', perSampleWeights: w }),
      [5, 2],
      [6],
    ),
  ),
  setAt: of(
    (a, b) =>
      api.setAt(
        a,
        [
          [1, 3],
          [0, 3, 2],
        ],
        b,
      ),
    [4, 3],
    [2, 2],
  ),
} satisfies Record<string, Operation>;

const generator = () => new api.Generator(7);
const draws = (f: () => api.Tensor): Operation => ({ samples: [{ f, inputs: [] }], draws: true });

const drops = (f: (x: api.Tensor, options: api.DropoutOptions) => api.Tensor, shape: readonly number[]): Operation =>
  draws(() => f(api.ones(shape), { probability: 0.3, generator: generator() }));

export const randomNumbers = {
  rand: draws(() => api.rand([50], { generator: generator() })),
  randn: draws(() => api.randn([50], { generator: generator() })),
  uniform: draws(() => api.uniform([50], -2, 3, { generator: generator() })),
  bernoulli: draws(() => api.bernoulli([50], 0.3, { generator: generator() })),
  randint: draws(() => api.randint([50], -3, 9, { generator: generator() })),
  permutation: draws(() => api.permutation(20, { generator: generator() })),
  multinomial: draws(() => api.multinomial(api.tensor([0.1, 3, 0, 2]), 3, { generator: generator() })),
  exponential: draws(() => api.exponential([50], 2, { generator: generator() })),
  gumbel: draws(() => api.gumbel([50], { generator: generator() })),
  gumbelSoftmax: draws(() => api.gumbelSoftmax(api.tensor([0.1, 3, 0, 2]), { hard: true, generator: generator() })),
  poisson: draws(() => api.poisson([50], 3, { generator: generator() })),
  binomial: draws(() => api.binomial([50], 10, 0.3, { generator: generator() })),
  gamma: draws(() => api.gamma([50], 1.5, 2, { generator: generator() })),
  beta: draws(() => api.beta([50], 0.7, 2, { generator: generator() })),
  truncatedNormal: draws(() => api.truncatedNormal([50], { generator: generator() })),
  dropout: drops(api.dropout, [50]),
  dropout1d: drops(api.dropout1d, [2, 10, 3]),
  dropout2d: drops(api.dropout2d, [2, 10, 2, 2]),
  dropout3d: drops(api.dropout3d, [2, 10, 2, 1, 2]),
  alphaDropout: drops(api.alphaDropout, [50]),
  featureAlphaDropout: drops(api.featureAlphaDropout, [2, 10, 3]),
  dropPath: drops(api.dropPath, [20, 2]),
} satisfies Record<string, Operation>;
