/** Chains of reductions along one axis, of which each reads the ones before: what softmax and normalisations are made of, in any order. */
import { logSumExp, type Tensor } from '../../../packages/tensor/src/index.ts';
import type { Random } from './random.ts';
import type { Step } from './step.ts';

/** A row less something of the whole row, or times it. */
const links: readonly ((row: Tensor, axis: number, first: Tensor) => Tensor)[] = [
  (row, axis) => row.sub(row.max(axis, { keepDims: true })),
  (row, axis) => row.sub(row.mean(axis, { keepDims: true })),
  (row, axis) => row.sub(logSumExp(row, axis, { keepDims: true })).mul(0.5),
  (row, axis) =>
    row
      .tanh()
      .exp()
      .div(row.tanh().exp().sum(axis, { keepDims: true })),
  (row, axis) => row.div(row.square().mean(axis, { keepDims: true }).add(0.1).sqrt()),
  (row, axis) => row.mul(row.variance(axis, { keepDims: true, correction: 0 }).add(0.1).rsqrt()),
  (row, axis) => row.div(row.abs().sum(axis, { keepDims: true }).add(0.5)),
  (row, axis) => row.softmax(axis),
  (row, axis) => row.logSoftmax(axis).mul(0.3),
  (row, _, first) => row.add(first).mul(0.7),
  (row, _, first) => row.mul(first.sigmoid()),
  (row) => row.gelu(),
];

/** What is left of rows in the end. */
const ends: readonly ((row: Tensor, axis: number) => Tensor)[] = [
  (row) => row,
  (row, axis) => row.sum(axis),
  (row, axis) => row.max(axis),
  (row, axis) => row.transpose(axis, 0),
];

function chain(x: Tensor, axis: number, random: Random): readonly Tensor[] {
  const values = [x];
  for (let i = 1 + random(5); i > 0; i--) {
    const row = values.at(-1) as Tensor;
    values.push(links[random(links.length)]?.(row, axis, values[random(values.length)] as Tensor) ?? row);
  }
  const last = values.at(-1) as Tensor;
  const result = ends[random(ends.length)]?.(last, axis) ?? last;
  // Now and then somebody else reads what is between.
  return random(3) === 0 ? [values[random(values.length)] as Tensor, result] : [result];
}

const rows: Step = (x, _, axis, random) => (x.ndim === 0 ? undefined : chain(x, axis, random));

export const rowSteps: readonly Step[] = [rows, rows, rows];
