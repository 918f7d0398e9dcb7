/** Gradients of what goes along an axis in order. They are made of sums and products alone, so that all their derivatives are right, too. */
import { pad, type Tensor } from '@hebb/tensor';
import { makeNode, nodeOf, tensorOf, type Attributes, isFloat } from '@hebb/tensor/graph';
import type { Rule } from './rules.ts';

function cumulative(x: Tensor, attributes: Attributes['cumulative']): Tensor {
  return tensorOf(makeNode('cumulative', [nodeOf(x)], attributes));
}

/** What stands `distance` behind along the axis (negative: before), `fill` where there is nothing. */
function from(x: Tensor, axis: number, distance: number, fill: number): Tensor {
  const extent = x.shape[axis] ?? 1;
  const kept = Math.max(extent - Math.abs(distance), 0);
  const part = x.narrow(axis, distance > 0 ? extent - kept : 0, kept);
  const missing = extent - kept;
  const widths = x.shape.map((_, i): readonly [number, number] =>
    i !== axis ? [0, 0] : distance > 0 ? [0, missing] : [missing, 0],
  );
  return pad(part, widths, { value: fill });
}

/**
 * s[i] = b[i] + a[i] · s[i + step], where `step` is 1 or −1, in log₂ n rounds: after each, a and b say what twice as many steps do.
 */
function recurrence(a: Tensor, b: Tensor, axis: number, step: 1 | -1): Tensor {
  let [factor, sum] = [a, b];
  for (let distance = 1; distance < (a.shape[axis] ?? 1); distance *= 2) {
    sum = sum.add(factor.mul(from(sum, axis, step * distance, 0)));
    factor = factor.mul(from(factor, axis, step * distance, 0));
  }
  return sum;
}

export const uncumulate: Rule<'cumulative'> = (dy, { inputs: [x], output: y, attributes }) => {
  const { axis, operator, reverse } = attributes;
  if (x === undefined) return [];
  const back = { axis, reverse: !reverse };
  /** Where the next element in the operation's own order stands. */
  const step = reverse ? -1 : 1;
  switch (operator) {
    case 'sum':
      return [() => cumulative(dy, { ...back, operator: 'sum' })];
    case 'prod':
      // (What stands before) · Σ dy (what stands between): without quotients, which say nothing where an element is 0.
      return [() => from(y, axis, -step, 1).mul(recurrence(from(x, axis, step, 0), dy, axis, step))];
    case 'logSumExp': {
      // Σ dy[i] exp(x − y[i]), where exp(x − y[i]) is a product of numbers of at most 1; no part of −∞ has any.
      const none = y.equal(-Infinity);
      const next = from(y, axis, step, Infinity);
      const factor = (a: Tensor, b: Tensor): Tensor => none.where(0, none.where(0, a).sub(none.where(0, b)).exp());
      return [() => factor(x, y).mul(recurrence(factor(y, next), dy, axis, step))];
    }
    case 'max':
    case 'min': {
      // All goes to the last element that made the value what it is, NaN among them.
      const order = tensorOf(makeNode('iota', [], { shape: x.shape, axis }));
      // Not the output, which may be stored, and rounded otherwise than an x that is computed again.
      const made = x.equal(cumulative(x, { axis, operator, reverse }));
      const isNew = isFloat(x.dtype) ? made.or(x.equal(x).not()) : made;
      const place = reverse ? order.mul(-1).add((x.shape[axis] ?? 1) - 1) : order;
      const latest = cumulative(isNew.where(place, 0), { axis, operator: 'max', reverse });
      const position = reverse ? latest.mul(-1).add((x.shape[axis] ?? 1) - 1) : latest;
      const zeros = tensorOf(makeNode('constant', [], { dtype: x.dtype, shape: x.shape, value: 0 }));
      return [() => tensorOf(makeNode('scatter', [zeros, position, dy].map(nodeOf), { axis, combine: 'add' }))];
    }
  }
};
