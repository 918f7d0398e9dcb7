/** Every primitive, exported alone, gives in onnxruntime what the reference device computes, at several batch sizes from one file. */
import {
  acos,
  asin,
  atan,
  bitcast,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  broadcastTo,
  concat,
  conv1d,
  conv2d,
  copySign,
  digamma,
  erfinv,
  exp2,
  floorDivide,
  fmod,
  fold,
  iota,
  scan,
  pad,
  lgamma,
  log10,
  log2,
  prod,
  setDevice,
  softplus,
  tensor,
  topK,
  trunc,
  unfold,
  where,
  type Tensor,
} from '@hebb/tensor';
import { makeNode, nodeOf, primitiveNames, tensorOf, type Attributes, type Primitive } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExportOptions } from '@hebb/onnx';
import { expectSame, numbers } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

interface Case {
  readonly inputs: ExportOptions['inputs'];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly sizes?: NonNullable<ExportOptions['sizes']>;
  /** The smallest time at which it runs. Default 1. */
  readonly shortest?: number;
}

const float = ['batch', 3, 4] as const;
const int = { shape: float, dtype: 'int32' } as const;
const bool = { shape: float, dtype: 'bool' } as const;

const unary = (run: (x: Tensor) => Tensor): Case => ({ inputs: { x: float }, run });
const unaryInt = (run: (x: Tensor) => Tensor): Case => ({ inputs: { x: int }, run });
const binary = (run: (a: Tensor, b: Tensor) => Tensor): Case => ({ inputs: { a: float, b: float }, run });
const binaryInt = (run: (a: Tensor, b: Tensor) => Tensor): Case => ({ inputs: { a: int, b: int }, run });

const conv = (attributes: Partial<Attributes['conv']>): Attributes['conv'] => ({
  stride: [1, 1],
  dilation: [1, 1],
  paddingLow: [0, 0],
  paddingHigh: [0, 0],
  groups: 1,
  ...attributes,
});

const weight = tensor(numbers(2 * 3 * 3 * 2, 9), { shape: [2, 3, 3, 2] });

const inputGradient = (
  size: readonly [number, number],
  attributes: Partial<Attributes['conv']>,
  [height, width]: readonly [number, number],
): Case => ({
  inputs: { dy: ['batch', 2, height, width] },
  run: (dy) =>
    tensorOf(makeNode('convInputGradient', [nodeOf(dy), nodeOf(weight)], { ...conv(attributes), inputSize: size })),
});

/** Positions from −1 to `extent`: some outside at both ends. */
const positions = (x: Tensor, extent: number): Tensor =>
  x
    .mul(37.7)
    .abs()
    .floor()
    .to('int32')
    .sub(
      x
        .mul(37.7)
        .abs()
        .div(extent + 2)
        .floor()
        .to('int32')
        .mul(extent + 2),
    )
    .sub(1);

const take = (x: Tensor, index: Tensor, axis: number, outside = 0.5): Tensor =>
  tensorOf(makeNode('gather', [nodeOf(x), nodeOf(index)], { axis, outside }));

const cumulative = (x: Tensor, attributes: Attributes['cumulative']): Tensor =>
  tensorOf(makeNode('cumulative', [nodeOf(x)], attributes));

const argSort = (x: Tensor, axis: number, descending = false): Tensor =>
  tensorOf(makeNode('argSort', [nodeOf(x)], { axis, descending }));

const put = (
  base: Tensor,
  index: Tensor,
  updates: Tensor,
  axis: number,
  combine: Attributes['scatter']['combine'],
): Tensor => tensorOf(makeNode('scatter', [nodeOf(base), nodeOf(index), nodeOf(updates)], { axis, combine }));

const pairs = tensor(numbers(6, 3), { shape: [3, 2] });

const cases: { readonly [P in Primitive]: Readonly<Record<string, Case>> } = {
  // Written out by the trace.
  scan: {
    'over a fixed axis': unary((x) => {
      const step = (h: Tensor, row: Tensor): [Tensor, Tensor] => [h.mul(0.5).add(row).tanh(), h];
      return concat(scan(step, x.narrow(1, 0, 1).squeeze(1), x.transpose(0, 1)).map((part) => part.reshape([-1, 4])));
    }),
    'backwards, with weights': unary((x) => {
      const w = weight.reshape([36]).slice([0], [16]).reshape([4, 4]);
      return scan((h, row) => [h.matmul(w).add(row), undefined], x.mean(1), x.transpose(0, 1), { reverse: true })[0];
    }),
  },
  result: {
    'recorded outside': unary((x) => x.add(scan((s, row) => [s.add(row), undefined], tensor([0, 0]), pairs)[0].sum())),
    'what is stacked': unary((x) => scan((h) => [h.mul(2), h], x, undefined, { length: 3 })[1]),
  },
  buffer: { 'data made outside': unary((x) => x.add(weight.sum())) },
  argument: { 'the input itself': unary((x) => x) },
  scalar: {
    'a number': unary((x) =>
      x.mul(tensorOf(makeNode('scalar', [], { dtype: 'float32', value: 2.5, source: undefined }))),
    ),
  },
  constant: {
    'one number in full': unary((x) => broadcastTo(tensor(3), x.shape)),
    'a number beside a tensor': unary((x) => x.add(1.5)),
    '-0 and infinities': unary((x) => x.mul(-0).maximum(-Infinity)),
    'the mean over a free axis': unary((x) => x.mean(0)),
    'the mean over a free and a fixed axis': unary((x) => x.mean([0, 1])),
    'the variance over a free axis': unary((x) => x.variance(0)),
  },
  gather: {
    'an index for each element': unary((x) => take(x, positions(x, 3), 1)),
    'rows by one list': unary((x) => {
      const list = positions(x.sum([0, 2]), 3).reshape([1, 3, 1]);
      return take(x, broadcastTo(list, x.shape), 1);
    }),
    'along the last axis': unary((x) => take(x, positions(x, 4), 2)),
    'along a free axis': unary((x) => take(x, positions(x, x.shape[0] ?? 1), 0)),
    integers: unaryInt((x) => take(x, positions(x.to('float32'), 3), 1, -1)),
  },
  argSort: {
    'along an axis': unary((x) => argSort(x, 2)),
    descending: unary((x) => argSort(x, 1, true)),
    'along a free axis, with ties': unary((x) => argSort(x.mul(2).round(), 0)),
    integers: unaryInt((x) => argSort(x, 1, true)),
    bool: { inputs: { x: bool }, run: (x) => argSort(x, 2) },
    'the largest of many': { inputs: { x: ['batch', 1100] }, run: (x) => topK(x, 3).indices },
    'the smallest of many': { inputs: { x: ['batch', 1100] }, run: (x) => topK(x, 3, { largest: false }).values },
  },
  cumulative: {
    ...Object.fromEntries(
      (['sum', 'prod', 'max', 'min', 'logSumExp'] as const).flatMap((operator) =>
        [false, true].flatMap((reverse) => [
          [`${operator}${reverse ? ' in reverse' : ''}`, unary((x) => cumulative(x, { axis: 2, operator, reverse }))],
          [
            `${operator}${reverse ? ' in reverse' : ''} of three`,
            unary((x) => cumulative(x, { axis: 1, operator, reverse })),
          ],
        ]),
      ),
    ),
    ...Object.fromEntries(
      (['prod', 'max', 'min', 'logSumExp'] as const).flatMap((operator) =>
        [false, true].map((reverse) => [
          `${operator}${reverse ? ' in reverse' : ''} along a free axis`,
          { inputs: { x: ['batch', 'time', 3] }, run: (x: Tensor) => cumulative(x, { axis: 1, operator, reverse }) },
        ]),
      ),
    ),
    'max of integers along a free axis': unaryInt((x) => cumulative(x, { axis: 0, operator: 'max', reverse: true })),
    'sum along a free axis': unary((x) => cumulative(x, { axis: 0, operator: 'sum', reverse: false })),
    'sum of integers': unaryInt((x) => cumulative(x, { axis: 1, operator: 'sum', reverse: true })),
    'max of integers': unaryInt((x) => cumulative(x, { axis: 2, operator: 'max', reverse: false })),
  },
  scatter: {
    // No position twice: ONNX leaves open which of two updates stays.
    set: unary((x) => put(x, iota(x.shape, 1).add(1), x.mul(2), 1, 'set')),
    add: unary((x) => put(x, positions(x, 3), x.mul(2), 1, 'add')),
    mul: unary((x) => put(x, positions(x, 4), x.mul(2), 2, 'mul')),
    max: unary((x) => put(x, positions(x, 3), x.mul(2), 1, 'max')),
    min: unary((x) => put(x, positions(x, 3), x.mul(2), 1, 'min')),
    'along a free axis': unary((x) => put(x, positions(x, x.shape[0] ?? 1), x.mul(2), 0, 'add')),
    'rows by one list': unary((x) => {
      const list = positions(x.sum([0, 2]), 3).reshape([1, 3, 1]);
      return put(x, broadcastTo(list, x.shape), x.mul(2), 1, 'add');
    }),
    integers: unaryInt((x) => put(x, positions(x.to('float32'), 3), x.mul(2), 1, 'add')),
    booleans: unary((x) => put(x.greater(0), iota(x.shape, 1).add(1), x.less(1), 1, 'set')),
  },
  iota: {
    'along a fixed axis': unary((x) => iota(x.shape, 1)),
    'along a free axis': unary((x) => iota(x.shape, 0)),
    'beside a tensor': unary((x) => x.add(iota([3, 4], 0))),
  },
  random: {},
  neg: { float: unary((x) => x.neg()), int32: unaryInt((x) => x.neg()) },
  abs: { float: unary((x) => x.abs()), int32: unaryInt((x) => x.abs()) },
  sign: { float: unary((x) => x.sign()), int32: unaryInt((x) => x.sign()) },
  exp: { float: unary((x) => x.exp()) },
  expm1: { float: unary((x) => x.expm1()) },
  exp2: { float: unary((x) => exp2(x)) },
  log: { float: unary((x) => x.abs().log()) },
  log1p: { float: unary((x) => x.abs().log1p()), 'below zero': unary((x) => x.tanh().log1p()) },
  log2: { float: unary((x) => log2(x.abs())) },
  log10: { float: unary((x) => log10(x.abs())) },
  sqrt: { float: unary((x) => x.abs().sqrt()) },
  sin: { float: unary((x) => x.sin()) },
  cos: { float: unary((x) => x.cos()) },
  asin: { float: unary((x) => asin(x.tanh())) },
  acos: { float: unary((x) => acos(x.tanh())) },
  atan: { float: unary((x) => atan(x.mul(3))) },
  tanh: { float: unary((x) => x.tanh()) },
  sigmoid: { float: unary((x) => x.sigmoid()) },
  erf: { float: unary((x) => x.erf()) },
  erfc: { float: unary((x) => x.erfc()) },
  normalCdf: { float: unary((x) => tensorOf(makeNode('normalCdf', [nodeOf(x)], {}))) },
  log1pExp: { float: unary((x) => softplus(x, { threshold: 1000 })) },
  erfinv: { float: unary((x) => erfinv(x.tanh())) },
  lgamma: { float: unary((x) => lgamma(x.mul(7).add(0.123))) },
  digamma: { float: unary((x) => digamma(x.mul(7).abs())) },
  relu: { float: unary((x) => x.relu()), int32: unaryInt((x) => x.relu()) },
  floor: { float: unary((x) => x.mul(3).floor()) },
  ceil: { float: unary((x) => x.mul(3).ceil()) },
  round: {
    float: unary((x) => x.mul(3).round()),
    'halves to even': { inputs: { x: int }, run: (x) => x.to('float32').mul(0.5).round() },
  },
  trunc: {
    float: unary((x) => trunc(x.mul(3))),
    'the sign of zeros': unary((x) => trunc(x.mul(0.1)).reciprocal()),
  },
  not: { bool: { inputs: { x: bool }, run: (x) => x.not() }, int32: unaryInt((x) => bitwiseNot(x)) },
  cast: {
    'float32 to int32': unary((x) => x.mul(3).to('int32')),
    'float32 to bool': unary((x) => x.floor().to('bool')),
    'int32 to float32': unaryInt((x) => x.to('float32')),
    'int32 to bool': unaryInt((x) => x.to('bool')),
    'bool to float32': { inputs: { x: bool }, run: (x) => x.to('float32') },
    'bool to int32': { inputs: { x: bool }, run: (x) => x.to('int32') },
  },
  bitcast: {
    'float32 to int32': unary((x) => bitcast(x, 'int32')),
    'int32 to float32': unaryInt((x) => bitcast(x.mul(123456789), 'float32')),
  },
  detach: { float: unary((x) => x.detach().add(1)) },
  add: {
    float: binary((a, b) => a.add(b)),
    int32: binaryInt((a, b) => a.add(b)),
    broadcast: { inputs: { a: ['batch', 3, 1], b: [4] }, run: (a, b) => a.add(b) },
  },
  sub: { float: binary((a, b) => a.sub(b)), int32: binaryInt((a, b) => a.sub(b)) },
  mul: { float: binary((a, b) => a.mul(b)), int32: binaryInt((a, b) => a.mul(b)) },
  div: { float: binary((a, b) => a.div(b)) },
  pow: { float: binary((a, b) => a.abs().pow(b)) },
  fmod: { float: binary((a, b) => fmod(a.mul(9), b)) },
  floorDivide: { int32: binaryInt((a, b) => floorDivide(a, b)) },
  copySign: { float: binary((a, b) => copySign(a, b)), zeros: binary((a, b) => copySign(a, b.mul(0))) },
  maximum: { float: binary((a, b) => a.maximum(b)), int32: binaryInt((a, b) => a.maximum(b)) },
  minimum: { float: binary((a, b) => a.minimum(b)), int32: binaryInt((a, b) => a.minimum(b)) },
  equal: {
    float: binary((a, b) => a.round().equal(b.round())),
    int32: binaryInt((a, b) => a.equal(b)),
    bool: { inputs: { a: bool, b: bool }, run: (a, b) => a.equal(b) },
  },
  notEqual: {
    float: binary((a, b) => a.round().notEqual(b.round())),
    bool: { inputs: { a: bool, b: bool }, run: (a, b) => a.notEqual(b) },
  },
  less: { float: binary((a, b) => a.less(b)), int32: binaryInt((a, b) => a.less(b)) },
  lessEqual: { float: binary((a, b) => a.lessEqual(b)), int32: binaryInt((a, b) => a.lessEqual(b)) },
  and: {
    bool: { inputs: { a: bool, b: bool }, run: (a, b) => a.and(b) },
    int32: binaryInt((a, b) => bitwiseAnd(a, b)),
  },
  or: {
    bool: { inputs: { a: bool, b: bool }, run: (a, b) => a.or(b) },
    int32: binaryInt((a, b) => bitwiseOr(a, b)),
  },
  xor: {
    bool: { inputs: { a: bool, b: bool }, run: (a, b) => bitwiseXor(a, b) },
    int32: binaryInt((a, b) => bitwiseXor(a, b)),
  },
  shiftLeft: { int32: binaryInt((a, b) => bitwiseLeftShift(a, b)), far: unaryInt((x) => bitwiseLeftShift(x, 31)) },
  shiftRight: { int32: binaryInt((a, b) => bitwiseRightShift(a, b)), near: unaryInt((x) => bitwiseRightShift(x, 1)) },
  where: {
    float: binary((a, b) => a.less(b).where(a, b)),
    int32: binaryInt((a, b) => a.less(b).where(a, b)),
    bool: { inputs: { c: bool, a: bool, b: bool }, run: (c, a, b) => where(c, a, b) },
    'a number and a row': {
      inputs: { c: { shape: ['batch', 3], dtype: 'bool' }, a: [3] },
      run: (c, a) => c.where(a, 7),
    },
  },
  reshape: {
    'free axis kept': unary((x) => x.reshape([x.shape[0]!, 12])),
    'free axis merged': unary((x) => x.reshape([x.shape[0]! * 3, 4])),
    'all merged': unary((x) => x.flatten()),
    'split again': unary((x) =>
      x
        .reshape([x.shape[0]! * 3, 4])
        .exp()
        .reshape([x.shape[0]!, 3, 2, 2]),
    ),
    'free axis moved': unary((x) => x.flatten().reshape([3, x.shape[0]!, 4])),
    'ones inserted': unary((x) => x.unsqueeze(1).unsqueeze(-1)),
    'ones removed': { inputs: { x: ['batch', 1, 3, 1] }, run: (x) => x.squeeze(3).squeeze(1) },
    'two free axes': {
      inputs: { x: ['batch', 'time', 6] },
      run: (x) =>
        x
          .reshape([x.shape[0]! * x.shape[1]!, 6])
          .exp()
          .reshape([x.shape[0]!, x.shape[1]!, 2, 3]),
    },
    'two free axes apart': {
      inputs: { x: ['batch', 'time', 6] },
      run: (x) =>
        x
          .reshape([x.shape[0]!, x.shape[1]!, 2, 3])
          .permute([0, 2, 1, 3])
          .reshape([x.shape[0]! * 2, x.shape[1]!, 3]),
    },
  },
  transpose: { 'three axes': unary((x) => x.permute([2, 0, 1])) },
  broadcast: {
    'to a free axis': { inputs: { x: float, row: [4] }, run: (x, row) => broadcastTo(row, x.shape) },
    'beside a free axis': { inputs: { x: ['batch', 1] }, run: (x) => broadcastTo(x, [x.shape[0]!, 5]) },
    'before a reduction': { inputs: { x: ['batch', 1] }, run: (x) => broadcastTo(x, [x.shape[0]!, 5]).sum(1) },
  },
  slice: {
    'with a step': unary((x) => x.slice([0, 1, 0], undefined, [1, 1, 2])),
    'short of the end': unary((x) => x.narrow(2, 1, 2)),
    'the first of a free axis': unary((x) => x.narrow(0, 0, 1)),
    'the last of a free axis': unary((x) => x.narrow(0, x.shape[0]! - 1, 1)),
    'all but the last of a free axis': {
      inputs: { x: ['batch', 'time', 2] },
      run: (x) => x.slice([0, 0, 0], [x.shape[0]!, -1, 2]),
    },
    'as far as another input': {
      inputs: { table: [30, 4], x: ['batch', 'time'] },
      run: (table, x) => table.narrow(0, 0, x.shape[1]!).sum(1).add(x),
    },
    nothing: unary((x) => x.slice([0, 1, 0], [x.shape[0]!, 1, 4])),
  },
  pad: {
    around: unary((x) =>
      pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 3],
        ],
        { value: -1 },
      ),
    ),
    'a free axis': unary((x) => pad(x, [[2, 1]])),
    int32: unaryInt((x) =>
      pad(
        x,
        [
          [0, 0],
          [1, 0],
        ],
        { value: 5 },
      ),
    ),
    bool: {
      inputs: { x: bool },
      run: (x) =>
        pad(
          x,
          [
            [0, 0],
            [1, 0],
          ],
          { value: 1 },
        ),
    },
    'between neighbours': unary((x) =>
      tensorOf(makeNode('pad', [nodeOf(x)], { low: [0, 1, 0], high: [0, 0, 2], interior: [0, 1, 2], value: 9 })),
    ),
    'between neighbours of a free axis': unary((x) =>
      tensorOf(makeNode('pad', [nodeOf(x)], { low: [0, 0, 0], high: [0, 0, 0], interior: [2, 0, 0], value: 9 })),
    ),
    'to a fixed extent': {
      inputs: { x: ['batch', 'time'] },
      run: (x) =>
        pad(x, [
          [0, 0],
          [0, 20 - x.shape[1]!],
        ]),
      sizes: { time: [5, 7, 12] },
    },
  },
  flip: { 'two axes': unary((x) => x.flip([0, 2])) },
  concat: {
    floats: binary((a, b) => concat([a, b, a], 1)),
    'a free axis': binary((a, b) => concat([a, b], 0)),
    bools: { inputs: { a: bool, b: bool }, run: (a, b) => concat([a, b], 2) },
  },
  unfold: {
    'one axis': unary((x) => unfold(x, [2])),
    'two axes with stride and dilation': {
      inputs: { x: ['batch', 7, 9] },
      run: (x) => unfold(x, [2, 3], { stride: [2, 1], dilation: [1, 2] }),
    },
    'a free axis': { shortest: 2, inputs: { x: ['batch', 'time'] }, run: (x) => unfold(x, [2]) },
  },
  fold: {
    'one axis': { inputs: { x: ['batch', 4, 3] }, run: (x) => fold(x, [6]) },
    'two axes with stride and dilation': {
      inputs: { x: ['batch', 3, 5, 2, 3] },
      run: (x) => fold(x, [7, 9], { stride: [2, 1], dilation: [1, 2] }),
    },
  },
  sum: {
    float: unary((x) => x.sum([0, 2])),
    int32: unaryInt((x) => x.sum(1)),
    'kept axes': unary((x) => x.sum(1, { keepDims: true })),
    everything: unary((x) => x.sum()),
  },
  prod: { float: unary((x) => prod(x, [0, 2])), int32: unaryInt((x) => prod(x, 1)), everything: unary((x) => prod(x)) },
  max: { float: unary((x) => x.max([1, 2])), int32: unaryInt((x) => x.max(0)) },
  min: { float: unary((x) => x.min([0, 1])), int32: unaryInt((x) => x.min(2)) },
  argmax: { float: unary((x) => x.argmax(1)), 'first of equals': unaryInt((x) => x.sign().argmax(2)) },
  dot: {
    matrices: { inputs: { a: ['batch', 3], b: [3, 5] }, run: (a, b) => a.matmul(b) },
    batches: { inputs: { a: ['batch', 2, 3], b: ['batch', 3, 5] }, run: (a, b) => a.matmul(b) },
    'a matrix for all batches': { inputs: { a: ['batch', 2, 3], b: [3, 5] }, run: (a, b) => a.matmul(b) },
    'a broadcast batch': { inputs: { a: ['batch', 1, 2, 3], b: [4, 3, 5] }, run: (a, b) => a.matmul(b) },
    vectors: { inputs: { a: ['batch', 3], b: [3] }, run: (a, b) => a.matmul(b) },
  },
  conv: {
    plain: {
      inputs: { x: ['batch', 3, 6, 5] },
      run: (x) => tensorOf(makeNode('conv', [nodeOf(x), nodeOf(weight)], conv({}))),
    },
    'stride, dilation and padding': {
      inputs: { x: ['batch', 3, 9, 8] },
      run: (x) =>
        tensorOf(
          makeNode(
            'conv',
            [nodeOf(x), nodeOf(weight)],
            conv({ stride: [2, 1], dilation: [1, 2], paddingLow: [1, 0], paddingHigh: [0, 2] }),
          ),
        ),
    },
    'negative padding': {
      inputs: { x: ['batch', 3, 9, 8] },
      run: (x) =>
        tensorOf(makeNode('conv', [nodeOf(x), nodeOf(weight)], conv({ paddingLow: [-1, 1], paddingHigh: [2, -2] }))),
    },
    'free size of the image': {
      inputs: { x: ['batch', 3, 'height', 'width'] },
      run: (x) => conv2d(x, weight, { stride: 2, padding: 1 }).relu(),
    },
  },
  convInputGradient: {
    plain: inputGradient([6, 5], {}, [4, 4]),
    stride: inputGradient([8, 7], { stride: [2, 2] }, [3, 3]),
    'stride, dilation and padding': inputGradient(
      [9, 8],
      { stride: [2, 1], dilation: [1, 2], paddingLow: [1, 0], paddingHigh: [0, 2] },
      [4, 8],
    ),
    'negative padding': inputGradient([9, 8], { paddingLow: [-1, 1], paddingHigh: [2, -2] }, [8, 6]),
    'elements left over': inputGradient([12, 7], { stride: [5, 2], paddingLow: [0, 0] }, [2, 3]),
  },
  convWeightGradient: {
    plain: {
      inputs: { x: ['batch', 3, 6, 5], dy: ['batch', 2, 4, 4] },
      run: (x, dy) =>
        tensorOf(makeNode('convWeightGradient', [nodeOf(x), nodeOf(dy)], { ...conv({}), kernelSize: [3, 2] })),
    },
    groups: {
      inputs: { x: ['batch', 6, 6, 5], dy: ['batch', 4, 3, 4] },
      run: (x, dy) =>
        tensorOf(
          makeNode('convWeightGradient', [nodeOf(x), nodeOf(dy)], {
            ...conv({ groups: 2, stride: [2, 1], paddingLow: [1, 0] }),
            kernelSize: [3, 2],
          }),
        ),
    },
    'stride, dilation and padding': {
      inputs: { x: ['batch', 3, 10, 8], dy: ['batch', 2, 4, 8] },
      run: (x, dy) =>
        tensorOf(
          makeNode('convWeightGradient', [nodeOf(x), nodeOf(dy)], {
            ...conv({ stride: [2, 1], dilation: [1, 2], paddingLow: [1, 0], paddingHigh: [0, 2] }),
            kernelSize: [3, 2],
          }),
        ),
    },
  },
  composite: {
    conv1d: {
      inputs: { x: ['batch', 4, 9], w: [6, 2, 3], b: [6] },
      run: (x, w, bias) => conv1d(x, w, { bias, groups: 2, padding: 1 }),
    },
  },
};

describe('primitives', () => {
  it('are all here', () => {
    expect(Object.keys(cases).sort()).toEqual([...primitiveNames].sort());
  });

  for (const [name, group] of Object.entries(cases)) {
    for (const [title, { inputs, run, sizes = {}, shortest = 1 }] of Object.entries(group)) {
      it(`${name}: ${title}`, async () => {
        const free = (batch: number, time: number): Record<string, number> => ({
          batch,
          time,
          height: batch + 5,
          width: time + 4,
        });
        const tried = [free(3, 5), free(7, 2), free(2, 8), free(1, 3), free(3, 1), free(1, 1)];
        await expectSame(
          run,
          { inputs, sizes },
          tried.filter(({ time = 1 }) => time >= shortest),
        );
      });
    }
  }
});
