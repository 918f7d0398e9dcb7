/** Derivatives beside central differences, and mapped functions beside loops, in float64. */
import { vjp, vmap } from '../../../../packages/autograd/src/index.ts';
import {
  ArgumentError,
  onesLike,
  setDevice,
  stack,
  tensor,
  type Tensor,
} from '../../../../packages/tensor/src/index.ts';
import { gradientErrors } from '../../../../packages/autograd/test/support/finite-differences.ts';
import { mappingErrors } from '../../../../packages/autograd/test/support/many-examples.ts';
import { interpretTensors } from '../../../../packages/tensor/test/support/compare.ts';
import { failure, none, sayError, within, yes, type Cell } from '../cell.ts';
import type { Operation } from '../operation.ts';
import { differentiable, discrete, leaf, type OneResult } from '../samples.ts';

const limits = { gradient: 1e-6, second: 1e-5, vmap: 1e-8 };

/** Where floats are made of whole numbers, asking for a derivative must be an error: zeros would be believed. */
function refuses(operation: Operation): Cell {
  if (operation.selects !== true) return none;
  for (const { f, inputs } of discrete(operation)) {
    try {
      const { value, pullback } = vjp(f, ...inputs.map(leaf));
      pullback(onesLike(value));
    } catch (error) {
      if (error instanceof ArgumentError && error.message.includes('has no gradient')) continue;
      throw error;
    }
    return failure('a derivative is given in silence');
  }
  return none;
}

/** The first derivative, in both modes, and the second. An operation that has none says so by name. */
export function gradientCells(operation: Operation): [Cell, Cell] {
  setDevice('reference');
  try {
    const samples = differentiable(operation);
    if (samples.length === 0) return [refuses(operation), none];
    const errors = samples.map(({ f, inputs }) => gradientErrors(f, inputs));
    const first = Math.max(...errors.map(({ first: reverse, tangent }) => Math.max(reverse, tangent)));
    const second = Math.max(...errors.map((error) => error.second));
    return [within(first, limits.gradient), within(second, limits.second)];
  } catch (error) {
    return [failure(sayError(error)), none];
  }
}

/** What a mapped function without derivatives differs by from a loop. */
function mappedDifference({ f, inputs }: OneResult): number {
  const count = 3;
  const examples = inputs.map(({ shape, values }) =>
    tensor(
      Float32Array.from({ length: count * values.length }, (_, i) => values[(i * 7) % values.length] ?? 0),
      {
        shape: [count, ...shape],
      },
    ),
  );
  const each = Array.from({ length: count }, (_, k) => f(...examples.map((x) => x.narrow(0, k, 1).squeeze(0))));
  const mapped: Tensor = vmap(f)(...examples);
  const looped = stack(each);
  if (String(mapped) !== String(looped)) throw new Error(`mapped it is ${mapped}, not ${looped}`);
  const [left = new Float64Array(), right = new Float64Array()] = interpretTensors([mapped, looped]);
  return left.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (right[i] ?? NaN))), 0);
}

/** With gradients where there are any. */
export function mapCell(operation: Operation): Cell {
  setDevice('reference');
  try {
    const errors = differentiable(operation).flatMap(({ f, inputs }) => Object.values(mappingErrors(f, inputs)));
    const whole = discrete(operation).map(mappedDifference);
    if (errors.length + whole.length === 0) return none;
    if (whole.some((difference) => difference !== 0)) return failure('mapped it gives other whole numbers');
    return errors.length === 0 ? yes : within(Math.max(...errors), limits.vmap);
  } catch (error) {
    return failure(sayError(error));
  }
}
