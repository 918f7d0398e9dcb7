/** Operations and losses of tensors with empty axes, with their gradients, beside PyTorch's; what it refuses is an error here too. */
import { valueAndGrad } from '@hebb/autograd';
import { BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@hebb/layers';
import * as losses from '@hebb/losses';
import { AdamW, clipGradientNorm } from '@hebb/optimizers';
import * as hebb from '@hebb/tensor';
import { HebbError, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';
import { golden } from '../../../tensor/test/support/golden.ts';

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly (number | 'NaN')[];
}

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  /** null: PyTorch refuses it. */
  readonly output: Stored | null;
  readonly gradients?: readonly Stored[];
}

const cases = golden(new URL('../golden/empty.json', import.meta.url)) as Case[];

type Operation = (x: Tensor, y: Tensor, argument: string) => Tensor;
const along =
  (reduce: (x: Tensor, axis?: number) => Tensor): Operation =>
  (x, _, axis) =>
    reduce(x, axis === '' ? undefined : Number(axis));

const loss =
  (compute: typeof losses.meanSquaredError): Operation =>
  (x, _, reduction) =>
    compute(x, zeros(x.shape), { reduction: reduction as losses.Reduction });

const operations: Readonly<Record<string, Operation>> = {
  matmul: hebb.matmul,
  sum: along(hebb.sum),
  mean: along(hebb.mean),
  max: along(hebb.max),
  min: along(hebb.min),
  argmax: along(hebb.argmax),
  variance: along(hebb.variance),
  std: along(hebb.std),
  norm: along(hebb.norm),
  softmax: (x, _, axis) => x.softmax(Number(axis)),
  logSoftmax: (x, _, axis) => x.logSoftmax(Number(axis)),
  add: hebb.add,
  mul: hebb.mul,
  div: hebb.div,
  maximum: hebb.maximum,
  exp: (x) => x.exp(),
  relu: (x) => x.relu(),
  sqrt: (x) => x.sqrt(),
  neg: (x) => x.neg(),
  gelu: (x) => x.gelu(),
  square: (x) => x.square(),
  conv2d: (x, w) => hebb.conv2d(x, w),
  conv1d: (x, w) => hebb.conv1d(x, w),
  maxPool2d: (x) => hebb.maxPool2d(x, 2),
  avgPool2d: (x) => hebb.avgPool2d(x, 2),
  concat: (x, y, axis) => hebb.concat([x, y], Number(axis)),
  stack: (x, y, axis) => hebb.stack([x, y], Number(axis)),
  pad: (x) =>
    hebb.pad(
      x,
      [
        [0, 0],
        [1, 2],
      ],
      { value: 7 },
    ),
  flip: (x) => x.flip(0),
  narrow: (x) => x.narrow(0, 1, 0),
  unfold: (x) => hebb.unfold(x, [2]),
  transpose: (x) => x.transpose(0, 1),
  flatten: (x) => x.flatten(1),
  squeeze: (x) => x.squeeze(),
  broadcast: (x) => x.broadcastTo([0, 3]),
  reshape: (x, _, kind) => x.reshape({ flat: [-1], rest: [-1, 3], ambiguous: [-1, 0], other: [5, 0] }[kind] ?? []),
  where: (x, y) => hebb.where(x.greater(0), x, y),
  crossEntropy: (x, _, reduction) =>
    losses.crossEntropy(x, tensor(new Int32Array(0)), { reduction: reduction as losses.Reduction }),
  binaryCrossEntropyWithLogits: loss(losses.binaryCrossEntropyWithLogits),
  meanSquaredError: loss(losses.meanSquaredError),
  meanAbsoluteError: loss(losses.meanAbsoluteError),
  linspace: (x) => hebb.linspace(0, 1, 0).add(x.sum().mul(0)),
  eye: (x) => hebb.eye(0, 3).add(x.sum().mul(0)),
};

async function expectSame(actual: Tensor, expected: Stored): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  expect([...(await actual.data())]).toEqual(expected.data.map(Number));
}

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(
    cases.map((one) => [`${one.name} of ${one.shapes.map((shape) => `[${shape.join()}]`).join(' ')}`, one] as const),
  )('%s', async (_, { name, shapes, output, gradients }) => {
    const [operation = '', argument = ''] = name.split(' ');
    const inputs = shapes.map((shape) =>
      tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), { shape }),
    );
    const compute = (): Tensor =>
      (operations[operation] as Operation)(inputs[0] as Tensor, inputs[1] as Tensor, argument);
    if (output === null) {
      expect(compute).toThrow(HebbError);
      return;
    }
    await expectSame(compute(), output);
    if (gradients === undefined) return;
    const { grads } = valueAndGrad(() => compute().sum(), inputs);
    for (const [i, gradient] of gradients.entries()) await expectSame(grads[i] as Tensor, gradient);
  });

  it('layers take empty batches, forward and backward', async () => {
    const model = new Sequential(
      new Conv2d(2, 3, 3, { padding: 1 }),
      new BatchNorm2d(3),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Dropout(0.5),
      new Linear(12, 5),
    );
    // While training, statistics of nothing would be none.
    expect(() => model.forward(zeros([0, 2, 4, 4]))).toThrow('more than one value per channel');
    model.eval();
    const { value, grads } = valueAndGrad(() => model.forward(zeros([0, 2, 4, 4])).sum(), model.parameters());
    expect(await value.item()).toBe(0);
    for (const gradient of grads) expect(new Set(await gradient.data())).toEqual(new Set([0]));
    expect(await model.forward(zeros([0, 2, 4, 4])).toArray()).toEqual([]);
  });

  it('products over no channels are the bias alone', async () => {
    const [x, w, bias] = [zeros([2, 0, 5, 5]), zeros([4, 0, 3, 3]), tensor([1, 2, 3, 4])];
    const y = hebb.conv2d(x, w, { bias });
    expect(y.shape).toEqual([2, 4, 3, 3]);
    expect(await y.sum([0, 2, 3]).toArray()).toEqual([18, 36, 54, 72]);
    const { grads } = valueAndGrad(() => hebb.conv2d(x.add(0), w.add(0), { bias }).sum(), [bias]);
    expect(await grads[0]?.toArray()).toEqual([18, 18, 18, 18]);
    expect(
      await zeros([2, 3, 0])
        .matmul(zeros([0, 4]))
        .relu()
        .add(1)
        .toArray(),
    ).toEqual([0, 1].map(() => [0, 1, 2].map(() => [1, 1, 1, 1])));
  });

  it('sources, dtypes, random draws, windows and arrays without elements', async () => {
    expect(await tensor([]).toArray()).toEqual([]);
    expect(await tensor([[], []]).toArray()).toEqual([[], []]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(await hebb.arange(0).toArray()).toEqual([]);
    expect(await hebb.iota([0, 2], 1).toArray()).toEqual([]);
    expect(await hebb.oneHot(tensor(new Int32Array(0)), 3).toArray()).toEqual([]);
    expect(hebb.oneHot(tensor(new Int32Array(0)), 3).shape).toEqual([0, 3]);
    for (const x of [hebb.rand([0, 3]), hebb.randn([2, 0]), hebb.uniform([0], -1, 1), hebb.bernoulli([0], 0.5)])
      expect((await x.data()).length).toBe(0);
    expect((await hebb.randint([0, 3], 0, 5).data()).length).toBe(0);
    expect((await zeros([0], { dtype: 'int32' }).to('bool').not().to('float32').data()).length).toBe(0);
    expect(await zeros([0], { dtype: 'bool' }).sum().item()).toBe(0);
    expect(await hebb.fold(zeros([0, 2, 2]), [3]).toArray()).toEqual([]);
    await expect(zeros([0]).item()).rejects.toThrow('one element');
    await expect(hebb.fold(zeros([2, 2]), [3]).toArray()).resolves.toEqual([0, 0, 0]);
  });

  it('compiled functions, dry runs, variables and optimizers', async () => {
    const double = hebb.compile((x: Tensor) => x.mul(2).sum(1));
    for (const rows of [0, 2, 0])
      expect(await double(tensor(new Float32Array(3 * rows).fill(1), { shape: [rows, 3] })).toArray()).toEqual(
        new Array(rows).fill(6),
      );
    expect(hebb.dryRun(() => zeros([0, 3]).matmul(zeros([3, 2]))).shape).toEqual([0, 2]);
    const state = hebb.variable(zeros([0, 2]));
    hebb.assign(state, state.add(1));
    expect(await state.toArray()).toEqual([]);
    const [weight, none] = [
      hebb.variable(tensor([1, 2]), { requiresGrad: true }),
      hebb.variable(zeros([0]), { requiresGrad: true }),
    ];
    const optimizer = new AdamW([weight, none], { learningRate: 0.1 });
    const { grads } = valueAndGrad(() => weight.square().sum().add(none.exp().sum()), [weight, none]);
    optimizer.step(clipGradientNorm(grads, 1).grads);
    expect(await none.toArray()).toEqual([]);
    expect(((await weight.data())[0] ?? NaN) < 1).toBe(true);
  });
});
