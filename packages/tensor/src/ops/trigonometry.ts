/** Angles and right triangles beside sin and cos. */
import type { Operand, Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { copySign } from './arithmetic.ts';
import { where } from './comparison.ts';
import { cos, sin } from './elementary.ts';
import { unary } from './elementwise.ts';
import { floats } from './operands.ts';

export const tanDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'tan',
  body: (_, x) => sin(x).div(cos(x)),
  gradient: (_, g, y) => [g.mul(y.mul(y).add(1))],
};

/**
 * tan x = sin x / cos x, x in radians; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await tan(tensor([0, Math.PI / 4])).toArray(); // [0, 1]
 * ```
 */
export function tan(x: Operand): Tensor {
  return compose(tanDefinition, {}, floats('tan', [x]));
}

const hypotDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'hypot',
  // The larger times √(1 + (smaller / larger)²): nothing overflows that is not too large itself.
  body(_, a, b) {
    const [p, q] = [a.abs(), b.abs()];
    const larger = p.maximum(q);
    const ratio = p.minimum(q).div(larger);
    const length = larger.mul(ratio.mul(ratio).add(1).sqrt());
    const infinite = p.equal(Infinity).or(q.equal(Infinity));
    return where(infinite, Infinity, where(larger.equal(0), 0, length));
  },
  gradient: (_, g, y, a, b) => [g.mul(a.div(y)), g.mul(b.div(y))],
};

/**
 * √(a² + b²), broadcast; float16 of float16, else float32. Neither overflows nor vanishes where a² and b² would; ∞ where either is, whatever the other. Its
 * gradient where both are 0 is NaN, as in PyTorch.
 *
 * ```ts
 * await hypot(tensor([3, 3e30]), tensor([4, 4e30])).toArray(); // [5, 5e30]
 * ```
 */
export function hypot(a: Operand, b: Operand): Tensor {
  return compose(hypotDefinition, {}, floats('hypot', [a, b]));
}

/**
 * The arcsine, the angle from −π/2 to π/2 whose sine is x; float16 of float16, else float32, the shape of x. NaN beyond −1 … 1.
 *
 * ```ts
 * await asin(tensor([0, 0.5, 1])).toArray(); // [0, 0.5235988, 1.5707964]
 * ```
 */
export function asin(x: Operand): Tensor {
  return unary('asin', x);
}
/**
 * The arccosine, the angle from 0 to π whose cosine is x; float16 of float16, else float32, the shape of x. NaN beyond −1 … 1.
 *
 * ```ts
 * await acos(tensor([1, 0.5, -1])).toArray(); // [0, 1.0471976, 3.1415927]
 * ```
 */
export function acos(x: Operand): Tensor {
  return unary('acos', x);
}
/**
 * The arctangent, the angle from −π/2 to π/2 whose tangent is x; float16 of float16, else float32, the shape of x.
 *
 * ```ts
 * await atan(tensor([0, 1, -Infinity])).toArray(); // [0, 0.7853982, -1.5707964]
 * ```
 */
export function atan(x: Operand): Tensor {
  return unary('atan', x);
}

const atan2Definition: CompositeDefinition<Record<never, never>> = {
  name: 'atan2',
  body(_, y, x) {
    const [a, b] = [y.abs(), x.abs()];
    const angle = atan(a.div(b));
    // 0 / 0 and ∞ / ∞ have no value; a NaN beside them keeps its own.
    const onAxis = where(a.equal(0).and(x.equal(x)), 0, angle);
    const first = where(a.equal(Infinity).and(b.equal(Infinity)), Math.PI / 4, onAxis);
    // The sign of x counts where x is 0.
    return copySign(where(copySign(1, x).less(0), first.neg().add(Math.PI), first), y);
  },
  // x / r² and −y / r², in which r² neither overflows nor vanishes.
  gradient(_, g, _angle, y, x) {
    const r = hypot(x, y);
    return [g.mul(x.div(r).div(r)), g.mul(y.neg().div(r).div(r))];
  },
};

/**
 * The angle from −π to π of the point (x, y), the arctangent of y / x in the right quadrant; broadcast; float16 of float16, else float32. Signs of zeros count as in
 * IEEE 754: on the negative half of the x axis it is π for y = 0 and −π for y = −0. Its gradient at the origin is NaN, as in PyTorch.
 *
 * ```ts
 * await atan2(tensor([1, 0, -1]), tensor([0, -1, -1])).toArray(); // [1.5707964, 3.1415927, -2.3561945]
 * ```
 */
export function atan2(y: Operand, x: Operand): Tensor {
  return compose(atan2Definition, {}, floats('atan2', [y, x]));
}
