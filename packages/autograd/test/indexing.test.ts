/** Gather, scatter and what is made of them, beside PyTorch, and their gradients of first and second order beside finite differences. */
import {
  embedding,
  embeddingBag,
  gather,
  scan,
  scatter,
  scatterReduce,
  segmentMax,
  segmentMean,
  segmentSoftmax,
  segmentSum,
  setAt,
  setDevice,
  tensor,
  zeros,
  type DeviceName,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { vjp } from '../src/index.ts';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('indexing');
testAgainstPyTorch('assignment');

const positions = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { shape });
const several = positions([0, 2, 2, 0, 1, 2, 2, 1], [4, 2]);

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  'an index that names elements several times': { f: (x) => gather(x, 0, several).square(), inputs: [input([3, 2])] },
  'of several updates the last': {
    f: (x, s) => scatter(x, 0, several, s).square(),
    inputs: [input([3, 2]), input([4, 2], { seed: 3 })],
  },
  ...Object.fromEntries(
    (['sum', 'prod', 'mean', 'amax', 'amin'] as const).flatMap((reduce) =>
      [true, false].map((includeSelf) => [
        `${reduce}${includeSelf ? '' : ' without self'}`,
        {
          f: (x: Tensor, s: Tensor) => scatterReduce(x, 0, several, s, reduce, { includeSelf }).square(),
          inputs: [input([3, 2]), input([4, 2], { seed: 3 })],
        },
      ]),
    ),
  ),
  embedding: { f: (w) => embedding([2, 0, 2], w).square(), inputs: [input([3, 2])] },
  'embedding bag': {
    f: (w, s) => embeddingBag(several, w, { mode: 'sum', perSampleWeights: s }).square(),
    inputs: [input([3, 2]), input([4, 2], { seed: 3 })],
  },
  'segment means': { f: (x) => segmentMean(x, [1, 0, 1, 3], 4).square(), inputs: [input([4, 2])] },
  'segment maxima': { f: (x) => segmentMax(x, [1, 0, 1, 0], 2).square(), inputs: [input([4, 2])] },
  'segment softmax': { f: (x) => segmentSoftmax(x, [1, 0, 1, 1], 2).square(), inputs: [input([4, 2])] },
  'inside of a loop': { f: (w) => recurrence(w.reshape([3, 3])), inputs: [input([9])] },
  'a part replaced': {
    f: (x, v) => setAt(x, [[0, 3, 2], 1], v).square(),
    inputs: [input([3, 2]), input([2], { seed: 3 })],
  },
};

/** A recurrence that looks up, adds up by segments and replaces a part at every step. */
function recurrence(weight: Tensor): Tensor {
  const ids = positions([0, 2, 1, 2, 0, 1, 1, 1], [4, 2]);
  const turned = positions([2, 0, 1, 1, 1, 0, 0, 2, 2], [3, 3]);
  const [last, ys] = scan(
    (h: Tensor, id: Tensor): [Tensor, Tensor] => {
      const rows = embedding(id, weight);
      const next = h
        .mul(0.5)
        .add(segmentSum(rows, id, 3).tanh())
        .add(gather(h, 0, turned));
      return [next, setAt(rows.sum(0), [1], 2)];
    },
    zeros([3, 3]),
    ids,
  );
  return last.sum().add(ys.square().sum());
}

describe.each(devices)('inside of a loop on %s', (device) => {
  const weight = [1, 2, 0.5, 3, 4, -1, 0.1, 0.2, 0.3];
  const run = async (name: DeviceName): Promise<ArrayLike<number>> => {
    setDevice(name);
    const { pullback } = vjp(recurrence, tensor(Float32Array.from(weight), { shape: [3, 3] }));
    return pullback(tensor(1))[0].data();
  };

  it('positions and their gradients are what the interpreter has', async () => {
    const expected = await run('reference');
    const actual = await run(device);
    Array.from(expected).forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
  });
});

describe('gradients agree with finite differences', () => {
  beforeAll(() => setDevice('reference'));

  it.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
    const { first, second } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
  });
});
