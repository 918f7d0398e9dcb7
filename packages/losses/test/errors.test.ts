import { ArgumentError, compile, DTypeError, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import * as losses from '../src/index.ts';

const { binaryCrossEntropyWithLogits, crossEntropy, ctcLoss, l1Loss, meanAbsoluteError, meanSquaredError, mseLoss } =
  losses;
const labels = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });

describe('targets that are probabilities', () => {
  beforeAll(() => setDevice('reference'));
  const [x, pixels] = [zeros([1, 2]), tensor([[1, 255]])];

  it.each<[string, (targets: Tensor) => Tensor]>([
    ['binaryCrossEntropy', (targets) => losses.binaryCrossEntropy(x.add(0.5), targets)],
    ['binaryCrossEntropyWithLogits', (targets) => binaryCrossEntropyWithLogits(x, targets)],
    ['sigmoidFocalLoss', (targets) => losses.sigmoidFocalLoss(x, targets)],
    ['diceLoss', (targets) => losses.diceLoss(x.sigmoid(), targets, { axes: [1] })],
    ['tverskyLoss', (targets) => losses.tverskyLoss(x.sigmoid(), targets, { axes: [1] })],
  ])('%s takes them in 0 … 1', async (name, loss) => {
    expect(() => loss(pixels)).toThrow(ArgumentError);
    expect(() => loss(pixels)).toThrow(
      `[${name}] targets[0][1] is 255, which is no probability here: there are 0 to 1.\n  hint: Pixels of 0 … 255 become such by x.div(255).`,
    );
    expect(() => loss(tensor([[-1, 0]]))).toThrow('targets[0][0] is -1');
    expect(() => loss(tensor([[1, 1.5]]))).toThrow('targets[0][1] is 1.5');
    expect(() => loss(tensor([[-0.25, 0]]))).toThrow('targets[0][0] is -0.25');
    expect(Number.isFinite(await loss(pixels.div(255)).item())).toBe(true);
    expect(Number.isFinite(await loss(tensor([[0, 1]])).item())).toBe(true);
  });
});

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
    [
      'weights of another shape',
      () => binaryCrossEntropyWithLogits(logits, logits, { weight: zeros([2]) }),
      ShapeError,
      '[binaryCrossEntropyWithLogits] weight must broadcast to the shape [2, 3], not float32[2].',
    ],
    [
      'weights that would make more losses',
      () => losses.binaryCrossEntropy(zeros([3]), zeros([3]), { weight: zeros([2, 3]) }),
      ShapeError,
      '[binaryCrossEntropy] weight must broadcast to the shape [3], not float32[2,3].',
    ],
    [
      'three of which one differs',
      () => losses.tripletMarginLoss(logits, logits, zeros([2, 4])),
      ShapeError,
      '[tripletMarginLoss] anchor float32[2,3], positive float32[2,3] and negative float32[2,4] must have the same shape.',
    ],
    [
      'a threshold of 0',
      () => losses.huberLoss(logits, logits, { delta: 0 }),
      ArgumentError,
      '[huberLoss] delta must be a number > 0, not 0.',
    ],
    [
      'variances of other rows',
      () => losses.gaussianNllLoss(logits, logits, zeros([3])),
      ShapeError,
      'variances must have the shape of the predictions float32[2,3], or one for each row, not float32[3].',
    ],
    [
      'an exponent of 3',
      () => losses.multiMarginLoss(logits, labels(0, 1), { p: 3 as 2 }),
      ArgumentError,
      '[multiMarginLoss] p must be 1 or 2, not 3.',
    ],
    [
      'a target for each number in the place of one for each row',
      () => losses.cosineEmbeddingLoss(logits, logits, logits),
      ShapeError,
      '[cosineEmbeddingLoss] first float32[2,3] and second float32[2,3] need a target for each row, [2], not float32[2,3].',
    ],
    [
      'a distance that is none',
      () => losses.tripletMarginWithDistanceLoss(logits, logits, logits, { distance: () => 3 as unknown as Tensor }),
      ArgumentError,
      '[tripletMarginWithDistanceLoss] what distance returns must be a tensor, not 3.',
    ],
    [
      'a temperature of 0',
      () => losses.ntXentLoss(logits, logits, { temperature: 0 }),
      ArgumentError,
      '[ntXentLoss] temperature must be a finite number > 0, not 0.',
    ],
    [
      'negatives of another length',
      () => losses.infoNceLoss(logits, logits, { negatives: zeros([5, 2]) }),
      ShapeError,
      '[infoNceLoss] negatives float32[5,2] must be as long as the queries float32[2,3].',
    ],
    [
      'masks without axes to sum',
      () => losses.diceLoss(logits, logits),
      ShapeError,
      '[diceLoss] predictions must be [N, classes, …] with axes to sum over, not float32[2,3].\n  hint: The option axes',
    ],
    [
      'a loss in the place of losses',
      () => losses.evidenceLowerBoundLoss(tensor(1), logits, logits),
      ShapeError,
      "must be of the same examples, the first axis.\n  hint: Losses of elements are made with { reduction: 'none' }.",
    ],
    [
      'lengths of other examples',
      () => ctcLoss(zeros([3, 2, 4]), zeros([2, 1], { dtype: 'int32' }), [3], [1, 1]),
      ArgumentError,
      '[ctcLoss] inputLengths must be a length for each of the 2 examples, not [3].',
    ],
    [
      'a length beyond the steps',
      () => ctcLoss(zeros([3, 2, 4]), zeros([2, 1], { dtype: 'int32' }), [3, 4], [1, 1]),
      ArgumentError,
      '[ctcLoss] inputLengths[1] must be an integer ≥ 0 and ≤ 3, not 4.',
    ],
    [
      'targets one after the other, with lengths on the device',
      () => ctcLoss(zeros([3, 2, 4]), labels(1, 2), [3, 3], labels(1, 1)),
      ArgumentError,
      '[ctcLoss] targetLengths must be 2 numbers where targets are one after the other, not the tensor int32[2].\n  hint: Lengths in a tensor',
    ],
    [
      'lengths that are not those of the targets',
      () => ctcLoss(zeros([3, 2, 4]), labels(1, 2, 3), [3, 3], [1, 1]),
      ShapeError,
      '[ctcLoss] targetLengths sum up to 2, but targets are int32[3].',
    ],
    [
      'a blank that is no class',
      () => ctcLoss(zeros([3, 2, 4]), zeros([2, 1], { dtype: 'int32' }), [3, 3], [1, 1], { blank: 4 }),
      ArgumentError,
      '[ctcLoss] blank must be an integer ≥ 0 and ≤ 3, not 4.',
    ],
  ] as const)('%s', (_, body, type, message) => {
    expect(body).toThrow(type);
    expect(body).toThrow(message);
  });

  it('PyTorch names the same functions', () => {
    expect([mseLoss, l1Loss]).toEqual([meanSquaredError, meanAbsoluteError]);
  });
});

/** Labels that the host does not know. */
const computed = (...values: number[]): Tensor => labels(...values.map((value) => value - 1)).add(1);

describe.each(devices)('labels that are no class, on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('make their loss and the mean NaN, unless they are ignored', async () => {
    const logits = zeros([3, 2]);
    const losses = await crossEntropy(logits, computed(0, 2, -1), { reduction: 'none' }).data();
    expect([...losses].map(Number.isNaN)).toEqual([false, true, true]);
    expect(await crossEntropy(logits, computed(0, 2, 1)).item()).toBeNaN();
    expect(await crossEntropy(logits, labels(0, 2, 1), { ignoreIndex: 2 }).item()).toBeCloseTo(Math.LN2, 6);
    // Another label is ignored, so −100 is none any more.
    expect(await crossEntropy(logits, computed(0, -100, 1), { ignoreIndex: 2 }).item()).toBeNaN();
  });

  it('are refused by name where they are known on the host, unless they are ignored', async () => {
    const logits = zeros([3, 2]);
    const refused: [body: () => Tensor, message: string][] = [
      [
        () => crossEntropy(logits, labels(0, 2, -1)),
        '[crossEntropy] labels[1] is 2, which is no class here: there are 0 to 1.',
      ],
      [() => crossEntropy(logits, labels(0, -100, 1), { ignoreIndex: 2 }), '[crossEntropy] labels[1] is -100, which'],
      [() => crossEntropy(zeros([2]), tensor(2, { dtype: 'int32' })), '[crossEntropy] labels is 2, which'],
      [() => crossEntropy(zeros([1, 2, 2]), labels(-100, 5).unsqueeze(0)), 'labels[1] is 5, which'],
      [() => losses.nllLoss(logits, labels(0, 1, -1)), '[nllLoss] labels[2] is -1, which'],
      [() => losses.focalLoss(logits, labels(7, 1, 1)), '[focalLoss] labels[0] is 7, which'],
      [() => losses.multiMarginLoss(logits, labels(0, 1, -100)), '[multiMarginLoss] labels[2] is -100, which'],
    ];
    for (const [body, message] of refused) {
      expect(body).toThrow(ArgumentError);
      expect(body).toThrow(message);
    }
    const compiled = compile((y: Tensor) => crossEntropy(logits, y));
    expect(() => compiled(labels(0, 2, 1))).toThrow('[crossEntropy] labels[1] is 2, which is no class here');
    expect(await compiled(labels(0, 1, -100)).item()).toBeCloseTo(Math.LN2, 6);
    expect(await compiled(labels(0, 2, 1).mul(1)).item()).toBeNaN();
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

describe.each(devices)('values that no loss can have, on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('are NaN, of that example alone', async () => {
    const scores = zeros([2, 3]);
    const none = { reduction: 'none' } as const;
    const found = [
      losses.nllLoss(scores, computed(3, 0), none),
      losses.focalLoss(scores, computed(-1, 0), none),
      losses.multiMarginLoss(scores, computed(-100, 0), none),
      losses.multilabelMarginLoss(scores, tensor([[3, -1, 0], [0, 1, -1]], { dtype: 'int32' }), none), // prettier-ignore
      losses.binaryCrossEntropy(tensor([1.5, 1]), tensor([1, 1]), none),
      losses.gaussianNllLoss(zeros([2]), zeros([2]), tensor([-1, 0]), none),
      ctcLoss(zeros([2, 2, 3]), tensor([[3], [1]], { dtype: 'int32' }), [2, 2], [1, 1], none),
      ctcLoss(zeros([2, 2, 3]), tensor([[1], [1]], { dtype: 'int32' }), labels(3, 2), labels(1, 1), none),
      ctcLoss(zeros([2, 2, 3]), tensor([[1], [1]], { dtype: 'int32' }), labels(2, 2), labels(-1, 1), none),
    ];
    for (const loss of found) expect([...(await loss.data())].map(Number.isNaN)).toEqual([true, false]);
  });

  it('CTC reads nothing of padding, and knows targets without labels and inputs without steps', async () => {
    const x = tensor([[[0.5, 0.25, 0.25]], [[0.125, 0.5, 0.375]]]).log();
    const loss = (target: number[][], inputs: number, labelCount: number): Promise<number> =>
      ctcLoss(x, tensor(target, { dtype: 'int32' }), [inputs], [labelCount], { reduction: 'sum' }).item();
    expect(await loss([[1, -7]], 2, 1)).toBeCloseTo(-Math.log(0.5 * 0.5 + 0.25 * 0.125 + 0.25 * 0.5), 6);
    expect(await loss([[9, 1e6]], 2, 0)).toBeCloseTo(-Math.log(0.5 * 0.125), 6);
    expect(await loss([[1, 1]], 2, 2)).toBe(Infinity);
    expect(await loss([[1, 2]], 2, 2)).toBeCloseTo(-Math.log(0.25 * 0.375), 6);
    expect(await loss([[1, 2]], 0, 0)).toBeCloseTo(0, 6);
    expect(await loss([[1, 2]], 0, 1)).toBe(Infinity);
  });
});
