/** A rule for every operation: the samples of the catalogue, on parts of a graph. */
import { concat, tensor, type Tensor } from '../../../packages/tensor/src/index.ts';
import { operations } from '../../operations/src/catalogue.ts';
import type { Range, Results, Sample } from '../../operations/src/operation.ts';
import { listOf } from '../../operations/src/samples.ts';
import type { Step } from './step.ts';

/** The first elements of x, as many times as it takes, between the ends of a range. */
export function within(x: Tensor, { shape, low, high }: Range): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const flat = x.reshape([x.size]);
  const copies = Math.ceil(size / x.size);
  const long =
    copies === 1 ? flat : concat(Array.from({ length: copies }, (_, i) => (i % 2 === 0 ? flat : flat.mul(0.7))));
  return long
    .narrow(0, 0, size)
    .reshape(shape)
    .tanh()
    .mul(0.49 * (high - low))
    .add((low + high) / 2);
}

const smaller = (result: Tensor): Tensor =>
  result.dtype === 'float32' ? result : result.to('float32').mul(0.1).tanh();

const stepOf =
  ({ f, inputs }: Sample): Step =>
  (x, y) => {
    if (x.size === 0 || y.size === 0) return undefined;
    const results = f(...inputs.map((range, i) => within(i % 2 === 0 ? x : y, range)));
    return listOf(results as Results).map(smaller);
  };

/** What waits for values on the host, or draws, is no part of a graph that is recorded twice. */
const isRecorded = ({ f, inputs }: Sample): boolean => {
  if (inputs.length === 0) return false;
  const results = f(...inputs.map((range) => within(tensor([0.5, -0.25]), range)));
  if (results instanceof Promise) void results.catch(() => undefined);
  return !(results instanceof Promise);
};

export const catalogueSteps: readonly Step[] = [...operations.values()].flatMap(({ samples, draws }) =>
  draws === true ? [] : samples.filter(isRecorded).map(stepOf),
);
