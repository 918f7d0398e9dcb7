import { ArgumentError, DTypeError, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  l1Loss,
  meanAbsoluteError,
  meanSquaredError,
  mseLoss,
} from '../src/index.ts';

const labels = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });

describe('what does not fit is named', () => {
  beforeAll(() => setDevice('reference'));
  const logits = zeros([2, 3]);

  it.each([
    [
      'logits without classes',
      () => crossEntropy(zeros([2]), labels(0, 1)),
      ShapeError,
      'logits float32[2] need one class index, int32[], not int32[2].\n  hint: The logits of several examples are [N, classes].',
    ],
    [
      'logits without axes',
      () => crossEntropy(tensor(1), labels(0)),
      ShapeError,
      'logits must be [N, classes], [N, classes, …] or [classes], not float32[]',
    ],
    [
      'too many labels',
      () => crossEntropy(logits, labels(0, 1, 2)),
      ShapeError,
      'logits float32[2,3] need class indices int32[2], not int32[3]',
    ],
    [
      'labels that are numbers',
      () => crossEntropy(logits, tensor([0, 1])),
      DTypeError,
      "labels float32[2] have the shape of class indices, which must be int32[2].\n  hint: Make them with tensor(values, { dtype: 'int32' })",
    ],
    [
      'probabilities of another shape',
      () => crossEntropy(logits, zeros([2, 4])),
      ShapeError,
      'need probabilities float32[2,3] or class indices int32[2], not float32[2,4]',
    ],
    ['labels that are booleans', () => crossEntropy(logits, tensor([true, false])), DTypeError, 'not bool[2]'],
    [
      'weights of other classes',
      () => crossEntropy(logits, labels(0, 1), { weight: zeros([2]) }),
      ShapeError,
      'one factor for each of the 3 classes of logits float32[2,3], not float32[2]',
    ],
    [
      'smoothing out of range',
      () => crossEntropy(logits, labels(0, 1), { labelSmoothing: 2 }),
      ArgumentError,
      'labelSmoothing must be a number in 0 … 1, not 2',
    ],
    [
      'an ignored probability',
      () => crossEntropy(logits, logits, { ignoreIndex: 1 }),
      ArgumentError,
      'ignoreIndex needs class indices',
    ],
    [
      'a reduction that is none',
      () => crossEntropy(logits, labels(0, 1), { reduction: 'average' as 'mean' }),
      ArgumentError,
      "not 'average'",
    ],
    [
      'targets of another shape',
      () => binaryCrossEntropyWithLogits(logits, zeros([3])),
      ShapeError,
      'logits float32[2,3] and targets float32[3]',
    ],
    [
      'labels [n] for one logit each, [n, 1]',
      () => binaryCrossEntropyWithLogits(zeros([4, 1]), zeros([4], { dtype: 'int32' })),
      ShapeError,
      'hint: Targets of predictions [n, 1] have this shape, too: their field says { data, shape: [1] }.',
    ],
    [
      'numbers [n] for predictions [n, 1]',
      () => meanAbsoluteError(zeros([4, 1]), zeros([4])),
      ShapeError,
      'their field says { data, shape: [1] }.',
    ],
    [
      'predictions [n] of targets [n, 1]',
      () => meanAbsoluteError(zeros([4]), zeros([4, 1])),
      ShapeError,
      'hint: Broadcasting here is nearly always a mistake',
    ],
    [
      'targets that would broadcast',
      () => meanSquaredError(zeros([4, 1]), zeros([4])),
      ShapeError,
      'predictions float32[4,1] and targets float32[4] must have the same shape',
    ],
    [
      'the same of absolute errors',
      () => meanAbsoluteError(zeros([4, 1]), zeros([4])),
      ShapeError,
      '[meanAbsoluteError]',
    ],
  ] as const)('%s', (_, body, type, message) => {
    expect(body).toThrow(type);
    expect(body).toThrow(message);
  });

  it('PyTorch names the same functions', () => {
    expect([mseLoss, l1Loss]).toEqual([meanSquaredError, meanAbsoluteError]);
  });
});

describe.each(devices)('labels that are no class, on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('make their loss and the mean NaN, unless they are ignored', async () => {
    const logits = zeros([3, 2]);
    const losses = await crossEntropy(logits, labels(0, 2, -1), { reduction: 'none' }).data();
    expect([...losses].map(Number.isNaN)).toEqual([false, true, true]);
    expect(await crossEntropy(logits, labels(0, 2, 1)).item()).toBeNaN();
    expect(await crossEntropy(logits, labels(0, 2, 1), { ignoreIndex: 2 }).item()).toBeCloseTo(Math.LN2, 6);
    // Another label is ignored, so −100 is none any more.
    expect(await crossEntropy(logits, labels(0, -100, 1), { ignoreIndex: 2 }).item()).toBeNaN();
  });

  it('−100 is ignored, and a mean of nothing is NaN, as in PyTorch', async () => {
    const logits = zeros([3, 2]);
    expect(await crossEntropy(logits, labels(0, -100, 1)).item()).toBeCloseTo(Math.LN2, 6);
    const none = labels(-100, -100, -100);
    expect(await crossEntropy(logits, none).item()).toBeNaN();
    expect(await crossEntropy(logits, none, { weight: tensor([1, 2]) }).item()).toBeNaN();
    expect(await crossEntropy(logits, none, { reduction: 'sum' }).item()).toBe(0);
    expect(await crossEntropy(logits, none, { reduction: 'none' }).data()).toEqual(new Float32Array(3));
  });
});
