/** About how long kernels take, from which follows whether it pays to share one among threads, and in how many chunks. */
import { forEachExpression } from '../compiler/expressions.ts';
import type { Kernel, Store } from '../compiler/kernel.ts';
import type { Expression } from '../compiler/kernel.ts';
import { elementwiseTraits } from '../graph/elementwise.ts';
import { product } from './blocks.ts';

/** Nanoseconds of an instruction of four lanes, of a multiplication with an addition in a matrix product, and of an element that is moved about alone. */
const instruction = 0.35;
const multiplyAdd = 0.05;
const move = 0.5;
const update = 5;

/** Nanoseconds that the kernel takes on one thread, roughly. */
export function nanosecondsOf(kernel: Kernel): number {
  switch (kernel.kind) {
    case 'map':
      return product(kernel.axes) * elementCost([], kernel.stores);
    case 'reduce': {
      const outputs = product(kernel.axes);
      const values = kernel.reducers.map(({ value }) => value);
      return outputs * (product(kernel.reduceAxes) * elementCost(values, []) + elementCost([], kernel.stores));
    }
    case 'contraction': {
      const [batch, m, n, k] = [kernel.batch, kernel.m, kernel.n, kernel.k].map(product) as [number, number, number, number]; // prettier-ignore
      return (
        batch * (m * n * k * multiplyAdd + (m * k + k * n + m * n) * move + m * n * elementCost([], kernel.stores))
      );
    }
    case 'scatter': {
      const { outer, target, inner, row, source } = kernel;
      const around = product(outer) * product(inner) * product(row);
      const results = target.extent * elementCost([kernel.base], kernel.stores);
      return around * (results + source.extent * (update + elementCost([kernel.update], [])));
    }
    case 'cumulative':
      return elementsOf(kernel) * (move + elementCost([kernel.value], kernel.stores));
    case 'sort':
      // Counting compares each with all others.
      return elementsOf(kernel) * (Math.min(kernel.axis.extent, 40) + elementCost([kernel.key], kernel.stores));
  }
}

function elementsOf({ outer, axis, inner }: Extract<Kernel, { kind: 'cumulative' | 'sort' }>): number {
  return product(outer) * axis.extent * product(inner);
}

/** Nanoseconds for an element, four of which are computed at a time. */
function elementCost(roots: readonly Expression[], stores: readonly Store[]): number {
  let instructions = stores.length;
  forEachExpression([...roots, ...stores.map(({ value }) => value)], (expression) => {
    if (expression.kind === 'random') instructions += 60;
    else if (expression.kind === 'unary' || expression.kind === 'binary')
      instructions += elementwiseTraits(expression.operator)?.cost ?? 1;
    else if (expression.kind !== 'constant' && expression.kind !== 'scalar') instructions++;
  });
  return (instructions * instruction) / 4;
}
