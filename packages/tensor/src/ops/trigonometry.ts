/** Angles and right triangles beside sin and cos. */
import type { Operand, Tensor } from '../tensor.ts';
import { composite, type CompositeDefinition } from './composite.ts';
import { cos, sin, where } from './elementwise.ts';
import { floats } from './operands.ts';

export const tanDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'tan',
  body: (_, x) => sin(x).div(cos(x)),
  gradient: (_, g, y) => [g.mul(y.mul(y).add(1))],
};

/**
 * tan x = sin x / cos x, x in radians; float32, the shape of x.
 *
 * ```ts
 * await tan(tensor([0, Math.PI / 4])).toArray(); // [0, 1]
 * ```
 */
export function tan(x: Operand): Tensor {
  return composite(tanDefinition, {}, floats('tan', [x]));
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
 * √(a² + b²), broadcast; float32. Neither overflows nor vanishes where a² and b² would; ∞ where either is, whatever the other. Its
 * gradient where both are 0 is NaN, as in PyTorch.
 *
 * ```ts
 * await hypot(tensor([3, 3e30]), tensor([4, 4e30])).toArray(); // [5, 5e30]
 * ```
 */
export function hypot(a: Operand, b: Operand): Tensor {
  return composite(hypotDefinition, {}, floats('hypot', [a, b]));
}
