/**
 * NaN, infinities, zeros, the largest and denormal numbers through every elementwise primitive, every reduction, and the combinations that
 * compilers simplify as if there were none of them. The reference interpreter is the truth; its own table is at the end.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { makeNode } from '../src/graph/node.ts';
import {
  binaryPrimitives,
  unaryPrimitives,
  type BinaryPrimitive,
  type UnaryPrimitive,
} from '../src/graph/elementwise.ts';
import {
  clamp,
  div,
  eye,
  full,
  minimum,
  mul,
  pow,
  scalar,
  setDevice,
  sub,
  tensor,
  where,
  type Tensor,
} from '../src/index.ts';
import { nodeOf, tensorOf } from '../src/handle.ts';
import { differences, interpretTensors } from './support/compare.ts';
import { devices } from './support/devices.ts';

const moderate = [0, -0, 1, -1, 0.5, 3, Infinity, -Infinity, NaN];
/** Where nothing but the result can overflow. */
const extreme = [...moderate, 3.4028234663852886e38, -3.4028234663852886e38, 1.1754943508222875e-38];
/** WebGPU may flush them to 0. */
const denormal = [1e-40, -1e-40, 1e-45];

type Pattern = (x: Tensor, y: Tensor) => Tensor;

/** Of every pair of values, x down and y across. */
function ofPairs(values: readonly number[], pattern: Pattern): Tensor {
  const n = values.length;
  const column = tensor(Float32Array.from(values)).unsqueeze(1).broadcastTo([n, n]);
  return pattern(column, tensor(Float32Array.from(values)).unsqueeze(0).broadcastTo([n, n]));
}

const positive = (y: Tensor): Tensor => y.greater(0).to('float32');

/** 0 of the shape of x: what stands beside the diagonal of a matrix of ones. */
const diagonalOf = (x: Tensor): Tensor => eye(3).slice([0, 1], [1, 2]).broadcastTo(x.shape);

const patterns: Readonly<Record<string, Pattern>> = {
  'x − x': (x) => x.sub(x),
  'x + (−x)': (x) => x.add(x.neg()),
  '(−x) + x': (x) => x.neg().add(x),
  '(x + y) − x': (x, y) => x.add(y).sub(x),
  '(x + y) − y': (x, y) => x.add(y).sub(y),
  '(x − y) + y': (x, y) => x.sub(y).add(y),
  'x − (x − y)': (x, y) => x.sub(x.sub(y)),
  'x·y − y·x': (x, y) => x.mul(y).sub(y.mul(x)),
  '2x − x − x': (x) => x.mul(2).sub(x).sub(x),
  '2x − (x + x)': (x) => x.mul(2).sub(x.add(x)),
  'x · 0': (x) => x.mul(0),
  '0 · x': (x) => mul(0, x),
  'x · −0': (x) => x.mul(-0),
  '3x · 0': (x) => x.mul(3).mul(0),
  'x · 0 + y': (x, y) => x.mul(0).add(y),
  'y − x · 0': (x, y) => y.sub(x.mul(0)),
  'x·y + x·0': (x, y) => x.mul(y).add(x.mul(0)),
  'x · [y > 0]': (x, y) => x.mul(positive(y)),
  'x · (1 or 0)': (x, y) => x.mul(where(y.greater(0), 1, 0)),
  '(x or 0) · 0': (x, y) => where(y.greater(0), x, 0).mul(0),
  'x · scalar 0': (x) => x.mul(scalar(0)),
  'x + 0 · scalar NaN': (x) => x.add(scalar(NaN).mul(0)),
  '0 / x': (x) => div(0, x),
  '0 / x, with a 0 that the place alone decides': (x) => div(diagonalOf(x), x),
  'x · 0, with such a 0': (x) => mul(x, diagonalOf(x)),
  '−0 / x': (x) => div(-0, x),
  'x / 0': (x) => x.div(0),
  'x / −0': (x) => x.div(-0),
  'x / x': (x) => x.div(x),
  'x / y · y': (x, y) => x.div(y).mul(y),
  'x · y / y': (x, y) => x.mul(y).div(y),
  '1 / (1 / x)': (x) => x.reciprocal().reciprocal(),
  'x · (1 / x)': (x) => x.reciprocal().mul(x),
  '[y > 0] / [y > 0]': (_, y) => positive(y).div(positive(y)),
  '√x · √x': (x) => x.sqrt().square(),
  '√(x²)': (x) => x.square().sqrt(),
  'eˣ · 0': (x) => x.exp().mul(0),
  'ln x · 0': (x) => x.log().mul(0),
  'ln eˣ': (x) => x.exp().log(),
  'e^ln x': (x) => x.log().exp(),
  'relu x · 0': (x) => x.relu().mul(0),
  'relu x − x': (x) => x.relu().sub(x),
  'x − ⌊x⌋': (x) => x.sub(x.floor()),
  'x · NaN': (x) => x.mul(NaN),
  'x − ∞': (x) => x.sub(Infinity),
  '∞ − x': (x) => sub(Infinity, x),
  'x · ∞': (x) => x.mul(Infinity),
  '∞ − ∞ of constants': (x) => x.add(full([x.shape[0] ?? 1, 1], Infinity).sub(Infinity)),
  'x^0': (x) => x.pow(0),
  'x^−2': (x) => x.pow(-2),
  '1^y': (_, y) => pow(1, y),
  '0^y': (_, y) => pow(0, y),
  'not x < y': (x, y) => x.less(y).not(),
  'not x ≤ y': (x, y) => x.lessEqual(y).not(),
  'not x = y': (x, y) => x.equal(y).not(),
  'not x ≠ y': (x, y) => x.notEqual(y).not(),
  'x < y or x ≥ y': (x, y) => x.less(y).or(x.greaterEqual(y)),
  'x < y or y < x': (x, y) => x.less(y).or(y.less(x)),
  'x ≤ y and y ≤ x': (x, y) => x.lessEqual(y).and(y.lessEqual(x)),
  'x ≤ x': (x) => x.lessEqual(x),
  'x = x': (x) => x.equal(x),
  'x ≠ x': (x) => x.notEqual(x),
  'x = NaN': (x) => x.equal(NaN),
  'x < ∞': (x) => x.less(Infinity),
  'x ≥ −∞': (x) => x.greaterEqual(-Infinity),
  'the less': (x, y) => where(x.less(y), x, y),
  'the greater': (x, y) => where(x.less(y), y, x),
  'the not less': (x, y) => x.less(y).not().where(x, y),
  'x above 0': (x) => where(x.greater(0), x, 0),
  '0 below 0': (x) => where(x.less(0), 0, x),
  '0 for 0': (x) => where(x.equal(0), 0, x),
  '|x| by choice': (x) => where(x.less(0), x.neg(), x),
  'max(x, x)': (x) => x.maximum(x),
  'max(x, 0)': (x) => x.maximum(0),
  'min(NaN, x)': (x) => minimum(NaN, x),
  'min(max(x, y), 1)': (x, y) => x.maximum(y).minimum(1),
  clamp: (x) => x.clamp(-1, 1),
  gelu: (x) => x.gelu(),
  'to bool': (x) => x.to('bool'),
  'to int32': (x) => x.to('int32'),
  'x − integer': (x) => x.sub(x.to('int32').to('float32')),

  'Σ over columns': (x) => x.sum(0),
  'Σ over rows': (x) => x.sum(1),
  'Σ y': (_, y) => y.sum(1),
  'Σ (x − x)': (x) => x.sub(x).sum(1),
  'Σ x · 0': (x) => x.mul(0).sum(1),
  'max y': (_, y) => y.max(1),
  'max x': (x) => x.max(1),
  'min y': (_, y) => y.min(1),
  'argmax y': (_, y) => y.argmax(1),
  'argmax x': (x) => x.argmax(0),
  'argmin y': (_, y) => y.argmin(1),
  'max y + 0 · Σ y': (_, y) => y.max(1).add(y.sum(1).mul(0)),
  mean: (x) => x.mean(1),
  variance: (x) => x.variance(1),
  std: (_, y) => y.std(1),
  softmax: (_, y) => y.softmax(1),
  'softmax of rows': (x) => x.softmax(1),
  logSoftmax: (_, y) => y.logSoftmax(1),
  'matrix product': (x, y) => x.matmul(y),
};

async function expectSame(result: Tensor, tolerance = 1e-5): Promise<void> {
  const [want = new Float64Array()] = interpretTensors([result]);
  expect(differences(await result.data(), want, tolerance)).toEqual([]);
}

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));
  const single = device === 'webgpu' ? extreme : [...extreme, ...denormal];

  it.each(Object.keys(unaryPrimitives) as UnaryPrimitive[])('%s', async (op) => {
    const x = tensor(Float32Array.from(single));
    await expectSame(tensorOf(makeNode(op, [nodeOf(op === 'not' ? x.to('bool') : x)], {})));
  });

  it.each(Object.keys(binaryPrimitives) as BinaryPrimitive[])('%s', async (op) => {
    const { takes } = binaryPrimitives[op];
    const of = (x: Tensor): Tensor => (takes === 'bits' ? x.to('bool') : takes === 'int' ? x.to('int32') : x);
    await expectSame(ofPairs(single, (x, y) => tensorOf(makeNode(op, [nodeOf(of(x)), nodeOf(of(y))], {}))));
  });

  it.each(Object.entries(patterns))('%s', async (_name, pattern) => {
    await expectSame(ofPairs(moderate, pattern));
  });
});

it('bounds that cross give the upper one, as in PyTorch', async () => {
  expect(await clamp(tensor([1, 4, 9, NaN]), 6, 2).toArray()).toEqual([2, 2, 2, NaN]);
  expect(() => clamp(tensor([1]), NaN)).toThrow(/\[clamp\] low is NaN/);
});

it('the reference has what IEEE 754 and PyTorch say', () => {
  const values = (result: Tensor): number[] => [...(interpretTensors([result])[0] ?? [])];
  const x = tensor([0, -0, 1, Infinity, -Infinity, NaN]);
  expect(values(x.sub(x))).toEqual([0, 0, 0, NaN, NaN, NaN]);
  expect(values(x.mul(0))).toEqual([0, -0, 0, NaN, NaN, NaN]);
  expect(values(div(0, x))).toEqual([NaN, NaN, 0, 0, -0, NaN]);
  expect(values(x.relu())).toEqual([0, 0, 1, Infinity, 0, NaN]);
  expect(values(x.maximum(0))).toEqual([0, 0, 1, Infinity, 0, NaN]);
  expect(values(x.sign())).toEqual([0, 0, 1, 1, -1, 0]);
  expect(values(x.less(1))).toEqual([1, 1, 0, 0, 1, 0]);
  expect(values(x.notEqual(x))).toEqual([0, 0, 0, 0, 0, 1]);
  expect(values(x.sqrt())).toEqual([0, -0, 1, Infinity, NaN, NaN]);
  expect(values(x.log1p())).toEqual([0, -0, Math.LN2, Infinity, NaN, NaN]);
  expect(values(x.expm1())).toEqual([0, -0, Math.E - 1, Infinity, -1, NaN]);
  expect(values(x.max())).toEqual([NaN]);
  expect(values(x.argmax())).toEqual([5]);
  expect(values(x.sum())).toEqual([NaN]);
});
