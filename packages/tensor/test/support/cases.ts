/** Every primitive on small data of every kind: what devices are compared with the interpreter on, in tests and on graphics processors. */
import type { Attributes, PlanPrimitive } from '../../src/graph/attributes.ts';
import { makeNode } from '../../src/graph/node.ts';
import { compile, concat, full, iota, pad, scalar, scan, tensor, zeros, type Tensor } from '../../src/index.ts';
import { nodeOf, tensorOf } from '../../src/handle.ts';

type DType = 'float32' | 'int32' | 'bool';

/** Data without pattern: float32 in −3 … 3, int32 in −50 … 50. */
function data(shape: readonly number[], dtype: DType = 'float32', seed = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  let state = (seed * 7919 + size) >>> 0;
  const values = Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const unit = state / 0x100000000;
    return dtype === 'float32' ? 6 * unit - 3 : dtype === 'int32' ? Math.floor(101 * unit) - 50 : Number(unit < 0.5);
  });
  return tensor(values, { shape, dtype });
}

export interface Case {
  readonly actual: () => Tensor;
  /** What the interpreter is asked for, where that is not the same recording. */
  readonly expected?: () => Tensor;
}

function record<P extends PlanPrimitive>(op: P, attributes: Attributes[P], ...inputs: Tensor[]): Case {
  return { actual: () => tensorOf(makeNode(op, inputs.map(nodeOf), attributes)) };
}

interface Convolution {
  x: number[];
  w: number[];
  attributes: Attributes['conv'];
}

/** Made anew for every device, since tensors stay on the device on which they were used first. */
export function makeCases(): { readonly [P in PlanPrimitive]: readonly Case[] } {
  const special = tensor([
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    1e-3,
    20,
    -20,
    80,
    -80,
    100,
    -100,
    1e4,
    Infinity,
    -Infinity,
    NaN,
    1e-30,
    3e38,
    7,
  ]);
  const angles = tensor(Float32Array.from({ length: 101 }, (_, i) => (i - 50) / 4));
  const integers = tensor(new Int32Array([0, 1, -1, 7, -7, 50, 2147483647, -2147483648, 65536, 123456789, -3]));
  const others = tensor(new Int32Array([0, 3, -1, 7, 7, -2147483648, 2, -1, 65536, 1000, 2147483647]));
  const pairs = (x: Tensor): [Tensor, Tensor] => [
    x.unsqueeze(1).broadcastTo([x.size, x.size]),
    x.unsqueeze(0).broadcastTo([x.size, x.size]),
  ];

  /** Indices of an axis of `extent`, some of them outside. */
  const within = (shape: readonly number[], extent: number): Tensor =>
    data(shape, 'int32', 5)
      .add(50)
      .to('float32')
      .mul((extent + 2) / 101)
      .floor()
      .to('int32')
      .sub(1);

  const none = {} as never;
  const unaryFloat = (op: PlanPrimitive): Case[] => [
    record(op, none, special),
    record(op, none, data([5, 37])),
    record(op, none, data([])),
    record(op, none, data([0, 3])),
  ];
  const unaryBoth = (op: PlanPrimitive): Case[] => [...unaryFloat(op), record(op, none, integers)];
  const binaryFloat = (op: PlanPrimitive): Case[] => [
    record(op, none, ...pairs(special)),
    record(op, none, data([3, 5, 7]), data([3, 5, 7], 'float32', 2)),
    record(op, none, data([]), data([], 'float32', 2)),
  ];
  const binaryBoth = (op: PlanPrimitive): Case[] => [
    ...binaryFloat(op),
    record(op, none, integers, others),
    record(op, none, ...pairs(integers)),
  ];
  const comparison = (op: PlanPrimitive): Case[] => [
    ...binaryBoth(op),
    record(op, none, data([100]).round(), data([100], 'float32', 2).round()),
  ];
  const integral = (op: PlanPrimitive): Case[] => [
    record(op, none, ...pairs(integers)),
    record(op, none, integers, others),
    record(op, none, data([0, 3], 'int32'), data([0, 3], 'int32')),
  ];
  const shifts = (op: PlanPrimitive): Case[] => [
    ...integral(op),
    record(op, none, integers.unsqueeze(1).broadcastTo([11, 40]), iota([11, 40], 1).sub(2)),
    ...[0, 1, 31, 32, -1].map((count) => record(op, none, integers, full([11], count, { dtype: 'int32' }))),
  ];
  const positive = (op: PlanPrimitive): Case[] => [...unaryFloat(op), record(op, none, data([40]).abs().add(0.001))];

  const movement = (make: (x: Tensor) => Case, shape: readonly number[]): Case[] =>
    (['float32', 'int32', 'bool'] as const).map((dtype) => make(data(shape, dtype)));

  const reduction = (op: 'sum' | 'prod' | 'max' | 'min'): Case[] => [
    record(op, { axes: [0] }, data([1000])),
    record(op, { axes: [0, 1] }, data([33, 65])),
    record(op, { axes: [1] }, data([7, 129])),
    record(op, { axes: [0] }, data([129, 7])),
    record(op, { axes: [0, 2] }, data([5, 6, 7])),
    record(op, { axes: [1, 3] }, data([2, 3, 4, 5])),
    record(op, { axes: [1] }, data([9, 11], 'int32')),
    record(op, { axes: [1] }, data([4, 1])),
    record(op, { axes: [0] }, special),
    record(op, { axes: [1] }, data([0, 3])),
  ];

  const plain = { stride: [1, 1], dilation: [1, 1], paddingLow: [0, 0], paddingHigh: [0, 0], groups: 1 };
  const convolutions: Convolution[] = [
    { x: [1, 1, 5, 5], w: [1, 1, 3, 3], attributes: plain },
    { x: [2, 3, 9, 8], w: [5, 3, 3, 3], attributes: { ...plain, paddingLow: [1, 1], paddingHigh: [1, 1] } },
    {
      x: [2, 4, 12, 11],
      w: [6, 2, 3, 2],
      attributes: { stride: [2, 3], dilation: [2, 1], paddingLow: [1, 0], paddingHigh: [2, 1], groups: 2 },
    },
    {
      x: [1, 3, 7, 7],
      w: [3, 1, 3, 3],
      attributes: { ...plain, stride: [2, 2], paddingLow: [0, 1], paddingHigh: [1, 1], groups: 3 },
    },
    {
      x: [1, 2, 9, 8],
      w: [2, 2, 2, 2],
      attributes: { stride: [3, 2], dilation: [1, 2], paddingLow: [-1, -1], paddingHigh: [1, -1], groups: 1 },
    },
    { x: [3, 8, 6, 6], w: [16, 8, 1, 1], attributes: plain },
    { x: [1, 16, 14, 14], w: [33, 16, 3, 3], attributes: { ...plain, paddingLow: [1, 1], paddingHigh: [1, 1] } },
    {
      x: [2, 2, 11],
      w: [3, 2, 4],
      attributes: { stride: [2], dilation: [2], paddingLow: [3], paddingHigh: [1], groups: 1 },
    },
    {
      x: [1, 2, 4, 5, 4],
      w: [2, 1, 2, 3, 2],
      attributes: { stride: [1, 2, 1], dilation: [1, 1, 2], paddingLow: [0, 1, 0], paddingHigh: [0, 0, 1], groups: 2 },
    },
  ];
  const outputShape = ({ x, w, attributes }: Convolution): readonly number[] =>
    tensorOf(makeNode('conv', [nodeOf(data(x)), nodeOf(data(w))], attributes)).shape;

  const windows: Attributes['unfold'][] = [
    { kernel: [3], stride: [1], dilation: [1] },
    { kernel: [2, 3], stride: [2, 1], dilation: [1, 2] },
    { kernel: [2, 2], stride: [3, 2], dilation: [2, 1] },
  ];

  const seed = (value: number): Tensor => tensor(new Int32Array([value])).reshape([]);

  /** A cell with a carry that is swapped, one that is not stacked, an integer, and weights; and a loop in a loop. */
  const loops: Case[] = [false, true].flatMap((reverse): Case[] => {
    const w = data([7, 7]).mul(0.3);
    const b = data([7], 'float32', 3);
    const run = (): readonly Tensor[] => {
      const step = ([h, c, n]: readonly [Tensor, Tensor, Tensor], { x, mask }: { x: Tensor; mask: Tensor }) => {
        const next = h.matmul(w).add(x).add(b).tanh();
        return [
          [mask.where(next, h), h, n.add(1)],
          { next: next.mul(n.to('float32')), c, first: next.sum(0) },
        ] as const;
      };
      const first = [data([5, 7]), data([5, 7], 'float32', 2), tensor(0, { dtype: 'int32' })] as const;
      const [[h, c, n], ys] = scan(step, first, { x: data([6, 5, 7]), mask: data([6, 5, 7], 'bool') }, { reverse });
      return [h, c, n, ys.next, ys.c, ys.first];
    };
    const nested = (): Tensor => {
      const outer = (sum: Tensor, x: Tensor) => {
        const [inner, rows] = scan((s, row) => [s.mul(row).add(x), s.sum()], sum, w, { reverse });
        return [inner.sin(), rows] as const;
      };
      return concat(scan(outer, b, data([3, 7])).map((part) => part.flatten()));
    };
    return [...run().map((_, i): Case => ({ actual: () => run()[i] as Tensor })), { actual: nested }];
  });

  return {
    scan: loops,
    result: [
      { actual: () => scan((x) => [x.mul(2), undefined], data([33]), undefined, { length: 5 })[0] },
      { actual: () => scan((x, y) => [y, x], data([4]), data([1, 4]))[1] },
    ],
    buffer: movement((x) => ({ actual: () => concat([x, x]) }), [5, 3]),
    argument: [{ actual: () => compile((x: Tensor) => x.mul(2))(data([33])), expected: () => data([33]).mul(2) }],
    scalar: [
      { actual: () => data([9]).mul(scalar(0.3)) },
      { actual: () => data([9], 'int32').mul(scalar(-7, { dtype: 'int32' })) },
      { actual: () => scalar(2.5).add(0) },
    ],
    constant: [
      record('constant', { dtype: 'float32', shape: [3, 5], value: 0.1 }),
      record('constant', { dtype: 'int32', shape: [7], value: -2147483648 }),
      record('constant', { dtype: 'bool', shape: [2], value: 1 }),
      record('constant', { dtype: 'float32', shape: [4], value: -Infinity }),
      record('constant', { dtype: 'float32', shape: [], value: NaN }),
    ],
    iota: [
      record('iota', { shape: [100], axis: 0 }),
      record('iota', { shape: [3, 4, 5], axis: 1 }),
      record('iota', { shape: [3, 4], axis: 0 }),
    ],
    random: [
      record('random', { shape: [100], distribution: 'unit', parameters: [] }, seed(42), seed(0)),
      record('random', { shape: [7, 9], distribution: 'unit', parameters: [] }, seed(-1), seed(123456789)),
      record('random', { shape: [101], distribution: 'uniform', parameters: [-3, 8] }, seed(42), seed(0)),
      record('random', { shape: [101], distribution: 'exponential', parameters: [0.25] }, seed(42), seed(1)),
      record('random', { shape: [101], distribution: 'gumbel', parameters: [] }, seed(42), seed(2)),
      record('random', { shape: [101], distribution: 'normal', parameters: [] }, seed(42), seed(3)),
      record(
        'random',
        { shape: [101], distribution: 'truncatedNormal', parameters: [-0.5, 1.25, 2, 1, -0.375, 3] },
        seed(42),
        seed(4),
      ),
    ],

    neg: unaryBoth('neg'),
    abs: unaryBoth('abs'),
    sign: unaryBoth('sign'),
    exp: unaryFloat('exp'),
    expm1: unaryFloat('expm1'),
    exp2: unaryFloat('exp2'),
    log: positive('log'),
    log1p: positive('log1p'),
    log2: positive('log2'),
    log10: positive('log10'),
    sqrt: positive('sqrt'),
    sin: [record('sin', none, angles), ...unaryFloat('sin')],
    cos: [record('cos', none, angles), ...unaryFloat('cos')],
    asin: [...unaryFloat('asin'), record('asin', none, data([99]).mul(0.33))],
    acos: [...unaryFloat('acos'), record('acos', none, data([99]).mul(0.33))],
    atan: [...unaryFloat('atan'), record('atan', none, angles)],
    tanh: unaryFloat('tanh'),
    sigmoid: unaryFloat('sigmoid'),
    erf: unaryFloat('erf'),
    erfc: unaryFloat('erfc'),
    normalCdf: unaryFloat('normalCdf'),
    log1pExp: unaryFloat('log1pExp'),
    erfinv: [...unaryFloat('erfinv'), record('erfinv', none, data([99]).mul(0.33))],
    lgamma: [...positive('lgamma'), record('lgamma', none, angles.add(0.1))],
    digamma: [...positive('digamma'), record('digamma', none, angles.add(0.1))],
    relu: unaryBoth('relu'),
    floor: unaryFloat('floor'),
    ceil: unaryFloat('ceil'),
    round: unaryFloat('round'),
    trunc: unaryFloat('trunc'),
    not: [record('not', none, data([37], 'bool')), record('not', none, integers)],
    cast: [
      record('cast', { dtype: 'int32' }, special.notEqual(special).where(3.7, special)),
      record('cast', { dtype: 'int32' }, data([50]).mul(1000)),
      record('cast', { dtype: 'int32' }, data([9], 'bool')),
      record('cast', { dtype: 'float32' }, integers),
      record('cast', { dtype: 'float32' }, data([9], 'bool')),
      record('cast', { dtype: 'bool' }, special),
      record('cast', { dtype: 'bool' }, integers),
    ],
    bitcast: [
      record('bitcast', { dtype: 'int32' }, special.notEqual(special).where(1, special)),
      record('bitcast', { dtype: 'float32' }, integers),
      record('bitcast', { dtype: 'int32' }, integers),
      record('bitcast', { dtype: 'int32' }, data([5, 7])),
    ],
    detach: movement((x) => record('detach', {}, x), [3, 4]),

    add: binaryBoth('add'),
    sub: binaryBoth('sub'),
    mul: binaryBoth('mul'),
    div: binaryFloat('div'),
    pow: [
      record('pow', {}, data([60]).abs().add(0.01), data([60], 'float32', 2)),
      record('pow', {}, ...pairs(tensor([-2, -1, -0.5, 0, 0.5, 1, 2, 3, 4]))),
    ],
    fmod: [
      ...binaryFloat('fmod'),
      record('fmod', {}, ...pairs(tensor([3e38, 1e30, 16777216, 123.456, 7, 0.1, 1e-30, 1.5e-38]))),
    ],
    floorDivide: integral('floorDivide'),
    copySign: binaryFloat('copySign'),
    maximum: binaryBoth('maximum'),
    minimum: binaryBoth('minimum'),
    equal: [...comparison('equal'), record('equal', {}, data([20], 'bool'), data([20], 'bool', 2))],
    notEqual: [...comparison('notEqual'), record('notEqual', {}, data([20], 'bool'), data([20], 'bool', 2))],
    less: comparison('less'),
    lessEqual: comparison('lessEqual'),
    and: [record('and', {}, data([37], 'bool'), data([37], 'bool', 2)), ...integral('and')],
    or: [record('or', {}, data([37], 'bool'), data([37], 'bool', 2)), ...integral('or')],
    xor: [record('xor', {}, data([37], 'bool'), data([37], 'bool', 2)), ...integral('xor')],
    shiftLeft: shifts('shiftLeft'),
    shiftRight: shifts('shiftRight'),
    where: movement((x) => record('where', {}, data([5, 7], 'bool', 3), x, x.flip(0)), [5, 7]),

    reshape: movement((x) => record('reshape', { shape: [7, 3, 4] }, x.transpose(0, 1)), [6, 14]),
    transpose: [
      ...movement((x) => record('transpose', { permutation: [1, 0] }, x), [33, 17]),
      record('transpose', { permutation: [2, 0, 3, 1] }, data([2, 3, 4, 5])),
    ],
    broadcast: [
      ...movement((x) => record('broadcast', { shape: [4, 5, 3] }, x), [5, 1]),
      record('broadcast', { shape: [100] }, data([])),
    ],
    slice: [
      ...movement((x) => record('slice', { starts: [1, 2], steps: [3, 2], shape: [3, 4] }, x), [9, 10]),
      record('slice', { starts: [40], steps: [1], shape: [27] }, data([100])),
      record('slice', { starts: [1, 0], steps: [1, 1], shape: [0, 4] }, data([3, 4])),
    ],
    pad: [
      ...movement((x) => record('pad', { low: [1, 0], high: [2, 3], interior: [0, 0], value: 1 }, x), [3, 4]),
      record('pad', { low: [2, 1], high: [0, 1], interior: [2, 1], value: -Infinity }, data([3, 5])),
      record('pad', { low: [3], high: [1], interior: [0], value: 0 }, data([0])),
    ],
    flip: [
      ...movement((x) => record('flip', { axes: [0] }, x), [5, 3]),
      record('flip', { axes: [0, 2] }, data([3, 4, 5])),
    ],
    concat: [
      ...movement((x) => record('concat', { axis: 1 }, x, x, x.slice([0, 0], [3, 2])), [3, 5]),
      record('concat', { axis: 0 }, ...Array.from({ length: 12 }, (_, i) => data([i + 1, 2], 'float32', i))),
    ],
    unfold: windows.flatMap((window) => movement((x) => record('unfold', window, x), [2, 9, 8])),
    fold: [
      record('fold', { kernel: [3], stride: [1], dilation: [1], size: [12] }, data([2, 10, 3])),
      record('fold', { kernel: [2, 3], stride: [2, 1], dilation: [1, 2], size: [9, 8] }, data([2, 4, 4, 2, 3])),
      record('fold', { kernel: [2, 2], stride: [3, 2], dilation: [2, 1], size: [9, 8] }, data([1, 3, 4, 2, 2])),
      record('fold', { kernel: [3], stride: [1], dilation: [1], size: [12] }, data([2, 10, 3], 'int32')),
    ],

    gather: [
      ...movement((x) => record('gather', { axis: 0, outside: 0 }, x, within([9, 6], 5)), [5, 6]),
      ...movement((x) => record('gather', { axis: 1, outside: 1 }, x, within([5, 3], 8)), [5, 6]),
      record('gather', { axis: 0, outside: NaN }, data([40]), within([100], 50)),
      record('gather', { axis: 2, outside: -Infinity }, data([2, 3, 7]), within([2, 3, 40], 7)),
      // One index for whole rows, and views on both sides of it.
      record('gather', { axis: 0, outside: 0 }, data([50, 33]), within([21, 1], 50).broadcastTo([21, 33])),
      {
        actual: () => {
          const x = tensorOf(
            makeNode('gather', [data([7, 12]).transpose(0, 1), within([5, 7], 12)].map(nodeOf), {
              axis: 0,
              outside: 0,
            }),
          );
          return pad(x.reshape([7, 5]).flip(0), [
            [1, 2],
            [0, 3],
          ])
            .slice([1, 0], [8, 7])
            .tanh();
        },
      },
      // An index of an index.
      record(
        'gather',
        { axis: 0, outside: 0 },
        data([20]),
        tensorOf(makeNode('gather', [within([30], 20), within([50], 31)].map(nodeOf), { axis: 0, outside: -1 })),
      ),
      record('gather', { axis: 0, outside: 3 }, data([0, 4]), within([2, 4], 3)),
      record('gather', { axis: 1, outside: 3 }, data([3, 4]), within([3, 0], 3)),
      record('gather', { axis: 0, outside: 3 }, data([1]), within([6], 2)),
      record('gather', { axis: 0, outside: 3 }, data([8]), iota([8], 0)),
      // Reduced, and contracted.
      {
        actual: () =>
          tensorOf(makeNode('gather', [data([9, 5]), within([6, 5], 9)].map(nodeOf), { axis: 0, outside: 0 }))
            .matmul(data([5, 3]))
            .sum(0),
      },
    ],
    scatter: (['set', 'add', 'mul', 'max', 'min'] as const).flatMap((combine) => {
      const others = combine === 'set' ? (['int32', 'bool'] as const) : (['int32'] as const);
      const into = (axis: number, base: Tensor, index: Tensor, updates: Tensor): Case =>
        record('scatter', { axis, combine }, base, index, updates);
      return [
        into(0, data([7, 5]), within([11, 5], 7), data([11, 5], 'float32', 2)),
        into(1, data([3, 6, 4]), within([3, 9, 4], 6), data([3, 9, 4], 'float32', 2)),
        into(2, data([2, 3, 5]), within([2, 3, 13], 5), data([2, 3, 13], 'float32', 2)),
        // One index for whole rows.
        into(0, data([20, 37]), within([15, 1], 20).broadcastTo([15, 37]), data([15, 37], 'float32', 2)),
        ...[8, 12, 28].map((width) =>
          into(0, data([5, width]), within([9, 1], 5).broadcastTo([9, width]), data([9, width], 'float32', 2)),
        ),
        into(1, data([6, 9]), within([1, 40], 9).broadcastTo([6, 40]), data([6, 40], 'float32', 2)),
        into(1, data([2, 4, 3]), within([2, 50, 1], 4).broadcastTo([2, 50, 3]), data([2, 50, 3], 'float32', 2)),
        ...others.flatMap((dtype) => [
          into(0, data([7], dtype), within([30], 7), data([30], dtype, 2)),
          into(0, data([20, 9], dtype), within([15, 1], 20).broadcastTo([15, 9]), data([15, 9], dtype, 2)),
        ]),
        into(0, data([3, 2]), within([0, 2], 3), data([0, 2])),
        into(0, data([0, 2]), within([3, 2], 3), data([3, 2])),
        into(0, data([1]), within([4], 2), data([4])),
        into(0, data([5]), within([1], 5), data([1])),
        // Work before, and an epilogue.
        {
          actual: () =>
            into(0, data([8, 6]).exp(), within([9, 6], 8), data([9, 6]).sin())
              .actual()
              .tanh()
              .add(data([6]))
              .sum(0),
        },
        {
          actual: () => into(0, zeros([8]), within([23], 8), data([23, 4]).sum(1)).actual(),
        },
        into(0, special, within([special.size], special.size), special.flip(0)),
      ];
    }),

    argSort: [false, true].flatMap((descending) => {
      const along = (axis: number, x: Tensor): Case => record('argSort', { axis, descending }, x);
      return [
        along(0, data([37])),
        along(0, data([700])),
        along(0, data([9, 35])),
        along(1, data([5, 33], 'int32')),
        along(1, data([3, 70, 6])),
        along(2, data([2, 3, 11], 'bool')),
        along(1, data([2, 1111], 'int32')),
        along(1, data([4, 1])),
        along(0, data([0, 3])),
        along(1, data([3, 0])),
        along(0, special),
        along(0, concat([special, special.flip(0), data([50]), special], 0)),
        along(0, integers),
        along(0, data([200]).mul(0)),
        // Work before, views on both sides, and an epilogue.
        {
          actual: () =>
            along(1, data([6, 59], 'int32').to('float32').abs().transpose(0, 1).flip(1))
              .actual()
              .transpose(0, 1)
              .mul(3)
              .add(data([59], 'int32')),
        },
        {
          actual: () =>
            along(0, data([100, 3]))
              .actual()
              .add(data([100, 3], 'int32')),
        },
      ];
    }),
    cumulative: (['sum', 'prod', 'max', 'min', 'logSumExp'] as const).flatMap((operator) => {
      const along = (axis: number, x: Tensor, reverse = false): Case =>
        record('cumulative', { axis, operator, reverse }, x);
      const scaled = (shape: readonly number[]): Tensor =>
        operator === 'prod' ? data(shape).abs().pow(0.1) : data(shape);
      return [
        along(0, scaled([37])),
        along(0, scaled([9, 35])),
        along(1, scaled([5, 33]), true),
        along(1, scaled([3, 7, 6])),
        along(2, scaled([2, 3, 11]), true),
        along(1, scaled([2, 1111]), true),
        along(1, data([4, 1])),
        along(0, data([0, 3])),
        along(1, data([3, 0])),
        along(0, special),
        ...(operator === 'logSumExp'
          ? []
          : [along(0, integers), along(1, data([6, 20], 'int32')), along(0, data([400], 'int32'))]),
        // Work before, views on both sides, and an epilogue.
        {
          actual: () =>
            along(1, scaled([6, 9]).abs().sqrt().transpose(0, 1).flip(1))
              .actual()
              .transpose(0, 1)
              .tanh()
              .add(data([9])),
        },
        {
          actual: () =>
            along(0, scaled([500]).mul(0.5))
              .actual()
              .tanh()
              .add(data([500])),
        },
        {
          actual: () =>
            along(0, scaled([20, 4]).mul(0.5))
              .actual()
              .add(scaled([20, 4]))
              .sum(0),
        },
      ];
    }),

    sum: [...reduction('sum'), record('sum', { axes: [1] }, data([4, 0])), record('sum', { axes: [0] }, integers)],
    prod: [
      ...reduction('prod'),
      record('prod', { axes: [1] }, data([4, 0])),
      record('prod', { axes: [0] }, integers.abs().maximum(1)),
      record('prod', { axes: [0, 1] }, data([40, 50]).mul(0.01).add(1)),
    ],
    max: reduction('max'),
    min: reduction('min'),
    argmax: [
      record('argmax', { axis: 0 }, data([1000])),
      record('argmax', { axis: 1 }, data([7, 65])),
      record('argmax', { axis: 0 }, data([65, 7])),
      record('argmax', { axis: 1 }, data([30, 40]).round()),
      record('argmax', { axis: 1 }, data([5, 6, 7], 'int32')),
      record('argmax', { axis: 0 }, special),
      record('argmax', { axis: 0 }, tensor([-Infinity, -Infinity])),
    ],

    dot: [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [3, 4],
        [4, 5],
      ],
      [
        [33, 65],
        [65, 17],
      ],
      [
        [128, 64],
        [64, 128],
      ],
      [
        [1, 300],
        [300, 7],
      ],
      [
        [70, 1],
        [1, 70],
      ],
      [
        [5, 9, 10],
        [5, 10, 11],
      ],
      [
        [2, 3, 4, 5],
        [2, 3, 5, 6],
      ],
      [
        [64, 257],
        [257, 3],
      ],
      [
        [3, 0],
        [0, 4],
      ],
    ].map(([a, b]) => record('dot', {}, data(a ?? []), data(b ?? [], 'float32', 2))),
    conv: convolutions.map(({ x, w, attributes }) => record('conv', attributes, data(x), data(w, 'float32', 2))),
    convInputGradient: convolutions.map((c) =>
      record(
        'convInputGradient',
        { ...c.attributes, inputSize: c.x.slice(2) },
        data(outputShape(c)),
        data(c.w, 'float32', 2),
      ),
    ),
    convWeightGradient: convolutions.map((c) =>
      record(
        'convWeightGradient',
        { ...c.attributes, kernelSize: c.w.slice(2) },
        data(c.x),
        data(outputShape(c), 'float32', 2),
      ),
    ),
  };
}

/** Rounding errors of sums are relative to their largest terms, not to what may be left when those cancel. */
const sums: readonly PlanPrimitive[] = ['sum', 'dot', 'conv', 'convInputGradient', 'convWeightGradient'];

function largest(values: Float64Array): number {
  return values.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, Math.abs(b)) : a), 1);
}

/** How far a value of `op` may be from the interpreter's, times max(1, |expected|). */
export function toleranceOf(op: PlanPrimitive, { dtype }: Tensor, expected: Float64Array): number {
  if (dtype !== 'float32') return 0;
  return sums.includes(op) ? 1e-5 * largest(expected) : 1e-5;
}
