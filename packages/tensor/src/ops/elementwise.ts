/** Elementwise operations with NumPy broadcasting and dtype promotion bool → int32 → float32; plain numbers adapt to the tensor. */
import { requireNumber } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import type { BinaryPrimitive, UnaryPrimitive } from '../graph/elementwise.ts';
import type { DType } from '../graph/types.ts';
import { nodeOf, operandNode, requireOperand, requireTensor, tensorOf, unchanged } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { composite, type CompositeDefinition } from './composite.ts';
import {
  broadcastError,
  broadcastNode,
  broadcastShapes,
  castNode,
  constantNode,
  requireDType,
  unify,
} from './operands.ts';

type ElementwiseUnary = Exclude<UnaryPrimitive, 'not'>;
type ElementwiseBinary = Exclude<BinaryPrimitive, 'and' | 'or'>;

const noAttributes = {};

export function unary(op: ElementwiseUnary, x: Operand): Tensor {
  const node = operandNode(op, x);
  const nodes = node?.type.dtype === 'float32' ? [node] : unify(op, [x]);
  return tensorOf(makeNode(op, nodes, noAttributes));
}

export function binary(op: ElementwiseBinary, a: Operand, b: Operand): Tensor {
  return tensorOf(makeNode(op, unifyPair(op, a, b), noAttributes));
}

/** {@link unify} for two operands, without its general work where both are float32 already and of one shape. */
function unifyPair(op: ElementwiseBinary, a: Operand, b: Operand): Node[] {
  const left = operandNode(op, a);
  const right = operandNode(op, b);
  const type = (left ?? right)?.type;
  if (type?.dtype !== 'float32') return unify(op, [a, b]);
  if (left === undefined) return [constantNode(a as number, 'float32', type.shape), right as Node];
  if (right === undefined) return [left, constantNode(b as number, 'float32', type.shape)];
  return right.type === type ? [left, right] : unify(op, [a, b]);
}

/**
 * a + b, broadcast as NumPy does; int32 for bool and int32 operands, else float32.
 *
 * Throws {@link ShapeError} where the shapes do not broadcast, as every operation on two tensors does.
 *
 * ```ts
 * await add(tensor([[1], [2]]), tensor([10, 20])).toArray(); // [[11, 21], [12, 22]]
 * ```
 */
export function add(a: Operand, b: Operand): Tensor {
  return binary('add', a, b);
}
/**
 * a − b, broadcast; dtype as in {@link add}.
 *
 * ```ts
 * await sub(tensor([5, 7]), 2).toArray(); // [3, 5]
 * ```
 */
export function sub(a: Operand, b: Operand): Tensor {
  return binary('sub', a, b);
}
/**
 * a · b, element by element, broadcast; dtype as in {@link add}. For matrix products see {@link matmul}.
 *
 * ```ts
 * await mul(tensor([1, 2, 3]), tensor([4, 5, 6])).toArray(); // [4, 10, 18]
 * ```
 */
export function mul(a: Operand, b: Operand): Tensor {
  return binary('mul', a, b);
}
/**
 * a / b, broadcast; float32, also of integers.
 *
 * ```ts
 * await div(tensor([1, 2, 3]), 2).toArray(); // [0.5, 1, 1.5]
 * ```
 */
export function div(a: Operand, b: Operand): Tensor {
  return binary('div', a, b);
}
/**
 * aᵇ, broadcast; float32. NaN for a negative a and a b that is no integer. The exponents 1, 2, 3, 0.5, −1 and −0.5
 * given as numbers become products, roots and quotients.
 *
 * ```ts
 * await pow(tensor([1, 2, 3]), 2).toArray(); // [1, 4, 9]
 * ```
 */
export function pow(a: Operand, b: Operand): Tensor {
  requireOperand('pow', a);
  if (typeof b === 'number' && typeof a !== 'number') {
    const x = a.to('float32');
    if (b === 1) return x;
    if (b === 2) return mul(x, x);
    if (b === 3) return mul(mul(x, x), x);
    if (b === 0.5) return sqrt(x);
    if (b === -1) return reciprocal(x);
    if (b === -0.5) return rsqrt(x);
  }
  return binary('pow', a, b);
}
/**
 * The larger of a and b, broadcast; NaN where either is NaN; dtype as in {@link add}. Along axes: {@link max}.
 *
 * ```ts
 * await maximum(tensor([1, 5]), tensor([4, 2])).toArray(); // [4, 5]
 * ```
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary('maximum', a, b);
}
/**
 * The smaller of a and b, broadcast; NaN where either is NaN; dtype as in {@link add}. Along axes: {@link min}.
 *
 * ```ts
 * await minimum(tensor([1, 5]), tensor([4, 2])).toArray(); // [1, 2]
 * ```
 */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary('minimum', a, b);
}
/**
 * min(max(x, low), high), the shape of x; a bound that is undefined does not bound. NaN stays NaN. The gradient passes
 * from low to high, both included, as in PyTorch.
 *
 * Throws {@link ArgumentError} where low > high.
 *
 * ```ts
 * await clamp(tensor([-2, 0.5, 9]), 0, 1).toArray(); // [0, 0.5, 1]
 * ```
 */
export function clamp(x: Operand, low: number | undefined, high?: number): Tensor {
  requireOperand('clamp', x);
  for (const [name, bound] of [
    ['low', low],
    ['high', high],
  ] as const) {
    if (bound === undefined) continue;
    requireNumber('clamp', name, bound);
    if (Number.isNaN(bound)) throw new ArgumentError(`[clamp] ${name} is NaN, which bounds nothing.`);
  }
  if (low !== undefined && high !== undefined && low > high) {
    throw new ArgumentError(`[clamp] low = ${low} is greater than high = ${high}.`);
  }
  let result: Operand = x;
  if (low !== undefined) result = where(less(result, low), low, result);
  if (high !== undefined) result = where(less(high, result), high, result);
  return typeof result === 'number' ? add(result, 0) : result;
}
/**
 * a = b, broadcast; bool. NaN equals nothing.
 *
 * ```ts
 * await equal(tensor([1, 2]), 2).toArray(); // [0, 1]
 * ```
 */
export function equal(a: Operand, b: Operand): Tensor {
  return binary('equal', a, b);
}
/**
 * a ≠ b, broadcast; bool.
 *
 * ```ts
 * await notEqual(tensor([1, 2]), 2).toArray(); // [1, 0]
 * ```
 */
export function notEqual(a: Operand, b: Operand): Tensor {
  return binary('notEqual', a, b);
}
/**
 * a < b, broadcast; bool.
 *
 * ```ts
 * await less(tensor([1, 2, 3]), 2).toArray(); // [1, 0, 0]
 * ```
 */
export function less(a: Operand, b: Operand): Tensor {
  return binary('less', a, b);
}
/**
 * a ≤ b, broadcast; bool.
 *
 * ```ts
 * await lessEqual(tensor([1, 2, 3]), 2).toArray(); // [1, 1, 0]
 * ```
 */
export function lessEqual(a: Operand, b: Operand): Tensor {
  return binary('lessEqual', a, b);
}
/**
 * a > b, broadcast; bool.
 *
 * ```ts
 * await greater(tensor([1, 2, 3]), 2).toArray(); // [0, 0, 1]
 * ```
 */
export function greater(a: Operand, b: Operand): Tensor {
  return binary('less', b, a);
}
/**
 * a ≥ b, broadcast; bool.
 *
 * ```ts
 * await greaterEqual(tensor([1, 2, 3]), 2).toArray(); // [0, 1, 1]
 * ```
 */
export function greaterEqual(a: Operand, b: Operand): Tensor {
  return binary('lessEqual', b, a);
}

function logical(op: 'and' | 'or', a: Tensor, b: Tensor): Tensor {
  requireTensor(op, 'an operand', a);
  requireTensor(op, 'an operand', b);
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) throw broadcastError(op, [a, b]);
  const nodes = [a, b].map((operand) => broadcastNode(castNode(nodeOf(operand), 'bool'), shape));
  return tensorOf(makeNode(op, nodes, {}));
}

/**
 * a ∧ b, broadcast; bool. Numbers count as true where they are not 0.
 *
 * ```ts
 * await and(tensor([true, true]), tensor([true, false])).toArray(); // [1, 0]
 * ```
 */
export function and(a: Tensor, b: Tensor): Tensor {
  return logical('and', a, b);
}
/**
 * a ∨ b, broadcast; bool. Numbers count as true where they are not 0.
 *
 * ```ts
 * await or(tensor([false, true]), tensor([false, false])).toArray(); // [0, 1]
 * ```
 */
export function or(a: Tensor, b: Tensor): Tensor {
  return logical('or', a, b);
}
/**
 * ¬x; bool, the shape of x. Numbers count as true where they are not 0.
 *
 * ```ts
 * await not(tensor([true, false])).toArray(); // [0, 1]
 * ```
 */
export function not(x: Tensor): Tensor {
  requireTensor('not', 'the operand', x);
  return tensorOf(makeNode('not', [castNode(nodeOf(x), 'bool')], {}));
}

/**
 * `ifTrue` where `condition` holds (is not 0), else `ifFalse`; all three broadcast together. The dtype is the one that
 * `ifTrue` and `ifFalse` have in common, float32 where both are numbers.
 *
 * Throws {@link ShapeError} where the three do not broadcast.
 *
 * ```ts
 * const x = tensor([-1, 2]);
 * await where(x.greater(0), x, x.mul(0.1)).toArray(); // [-0.1, 2]
 * ```
 */
export function where(condition: Tensor, ifTrue: Operand, ifFalse: Operand): Tensor {
  requireTensor('where', 'the condition', condition);
  const [a, b] = unify('where', [ifTrue, ifFalse]) as [Node, Node];
  const joined = broadcastShapes(a.type.shape, condition.shape);
  if (joined === undefined) throw broadcastError('where', [condition, ifTrue, ifFalse]);
  const nodes = [
    broadcastNode(castNode(nodeOf(condition), 'bool'), joined),
    broadcastNode(a, joined),
    broadcastNode(b, joined),
  ];
  return tensorOf(makeNode('where', nodes, {}));
}

/**
 * −x, the shape of x; float32 or int32.
 *
 * ```ts
 * await neg(tensor([1, -2])).toArray(); // [-1, 2]
 * ```
 */
export function neg(x: Operand): Tensor {
  return unary('neg', x);
}
/**
 * |x|, the shape of x; float32 or int32. Its gradient at 0 is 0.
 *
 * ```ts
 * await abs(tensor([-3, 4])).toArray(); // [3, 4]
 * ```
 */
export function abs(x: Operand): Tensor {
  return unary('abs', x);
}
/**
 * −1, 0 or 1, the shape of x; float32 or int32. 0 for NaN. Its gradient is 0.
 *
 * ```ts
 * await sign(tensor([-3, 0, 4])).toArray(); // [-1, 0, 1]
 * ```
 */
export function sign(x: Operand): Tensor {
  return unary('sign', x);
}
/**
 * eˣ; float32, the shape of x.
 *
 * ```ts
 * await exp(tensor([0, 1])).toArray(); // [1, 2.7182817]
 * ```
 */
export function exp(x: Operand): Tensor {
  return unary('exp', x);
}
/**
 * eˣ − 1, accurate also near 0, where `exp(x).sub(1)` loses digits; float32, the shape of x. Within 2 ulp on every device.
 *
 * ```ts
 * await expm1(tensor([1e-6, 1])).toArray(); // [1.0000005e-6, 1.7182819]
 * ```
 */
export function expm1(x: Operand): Tensor {
  return unary('expm1', x);
}
/**
 * 2ˣ; float32, the shape of x. Exact for whole numbers.
 *
 * ```ts
 * await exp2(tensor([-1, 0.5, 10])).toArray(); // [0.5, 1.4142135, 1024]
 * ```
 */
export function exp2(x: Operand): Tensor {
  return unary('exp2', x);
}
/**
 * The natural logarithm ln x; float32, the shape of x. −∞ at 0, NaN below.
 *
 * ```ts
 * await log(tensor([1, Math.E])).toArray(); // [0, 1]
 * ```
 */
export function log(x: Operand): Tensor {
  return unary('log', x);
}
/**
 * ln(1 + x), accurate also near 0, where `log(x.add(1))` loses digits; float32, the shape of x. −∞ at −1, NaN below.
 * Within 2 ulp on every device.
 *
 * ```ts
 * await log1p(tensor([1e-6, Math.E - 1])).toArray(); // [9.999995e-7, 1]
 * ```
 */
export function log1p(x: Operand): Tensor {
  return unary('log1p', x);
}
/**
 * The logarithm to base 2; float32, the shape of x. Exact for powers of 2. −∞ at 0, NaN below.
 *
 * ```ts
 * await log2(tensor([0.125, 1, 10])).toArray(); // [-3, 0, 3.321928]
 * ```
 */
export function log2(x: Operand): Tensor {
  return unary('log2', x);
}
/**
 * The logarithm to base 10; float32, the shape of x. −∞ at 0, NaN below.
 *
 * ```ts
 * await log10(tensor([0.001, 1, 50])).toArray(); // [-3, 0, 1.69897]
 * ```
 */
export function log10(x: Operand): Tensor {
  return unary('log10', x);
}
/**
 * √x; float32, the shape of x. NaN below 0.
 *
 * ```ts
 * await sqrt(tensor([4, 9])).toArray(); // [2, 3]
 * ```
 */
export function sqrt(x: Operand): Tensor {
  return unary('sqrt', x);
}
/**
 * x², the shape of x; float32 or int32.
 *
 * ```ts
 * await square(tensor([3, -4])).toArray(); // [9, 16]
 * ```
 */
export function square(x: Operand): Tensor {
  return mul(x, x);
}
/**
 * 1 / x; float32, the shape of x.
 *
 * ```ts
 * await reciprocal(tensor([2, 4])).toArray(); // [0.5, 0.25]
 * ```
 */
export function reciprocal(x: Operand): Tensor {
  return div(1, x);
}
/**
 * 1 / √x; float32, the shape of x.
 *
 * ```ts
 * await rsqrt(tensor([4, 16])).toArray(); // [0.5, 0.25]
 * ```
 */
export function rsqrt(x: Operand): Tensor {
  return div(1, sqrt(x));
}
/**
 * sin x, x in radians; float32, the shape of x.
 *
 * ```ts
 * await sin(tensor([0, Math.PI / 2])).toArray(); // [0, 1]
 * ```
 */
export function sin(x: Operand): Tensor {
  return unary('sin', x);
}
/**
 * cos x, x in radians; float32, the shape of x.
 *
 * ```ts
 * await cos(tensor([0, Math.PI])).toArray(); // [1, -1]
 * ```
 */
export function cos(x: Operand): Tensor {
  return unary('cos', x);
}
/**
 * The hyperbolic tangent (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ); float32, the shape of x.
 *
 * ```ts
 * await tanh(tensor([0, 1])).toArray(); // [0, 0.7615942]
 * ```
 */
export function tanh(x: Operand): Tensor {
  return unary('tanh', x);
}
/**
 * 1 / (1 + e⁻ˣ); float32, the shape of x.
 *
 * ```ts
 * await sigmoid(tensor([0, 2])).toArray(); // [0.5, 0.8807971]
 * ```
 */
export function sigmoid(x: Operand): Tensor {
  return unary('sigmoid', x);
}
/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt; float32, the shape of x.
 *
 * ```ts
 * await erf(tensor([0, 1])).toArray(); // [0, 0.8427008]
 * ```
 */
export function erf(x: Operand): Tensor {
  return unary('erf', x);
}
/**
 * 1 − erf x, with all its digits where erf x is near 1; float32, the shape of x.
 *
 * ```ts
 * await erfc(tensor([0, 4])).toArray(); // [1, 1.5417258e-8]
 * ```
 */
export function erfc(x: Operand): Tensor {
  return unary('erfc', x);
}
/**
 * max(x, 0), the shape of x; float32 or int32. Its gradient at 0 is 0, as in PyTorch.
 *
 * ```ts
 * await relu(tensor([-1, 2])).toArray(); // [0, 2]
 * ```
 */
export function relu(x: Operand): Tensor {
  return unary('relu', x);
}
/**
 * The largest integer ≤ x; float32, the shape of x. Its gradient is 0, as that of {@link ceil} and {@link round}.
 *
 * ```ts
 * await floor(tensor([1.7, -1.2])).toArray(); // [1, -2]
 * ```
 */
export function floor(x: Operand): Tensor {
  return unary('floor', x);
}
/**
 * The smallest integer ≥ x; float32, the shape of x.
 *
 * ```ts
 * await ceil(tensor([1.2, -1.7])).toArray(); // [2, -1]
 * ```
 */
export function ceil(x: Operand): Tensor {
  return unary('ceil', x);
}
/**
 * The nearest integer, halves to even; float32, the shape of x.
 *
 * ```ts
 * await round(tensor([0.5, 1.5, 1.7])).toArray(); // [0, 2, 2]
 * ```
 */
export function round(x: Operand): Tensor {
  return unary('round', x);
}

/**
 * x without its fraction, rounded toward 0; float32, the shape of x. Its gradient is 0.
 *
 * ```ts
 * await trunc(tensor([1.7, -1.7])).toArray(); // [1, -1]
 * ```
 */
export function trunc(x: Operand): Tensor {
  return unary('trunc', x);
}
/**
 * |a| with the sign of b, which zeros have too; broadcast; float32. The gradient reaches a alone, and is 0 where a is.
 *
 * ```ts
 * await copySign(tensor([1, -2]), tensor([-0, 3])).toArray(); // [-1, 2]
 * ```
 */
export function copySign(a: Operand, b: Operand): Tensor {
  return binary('copySign', a, b);
}

export const geluDefinition: CompositeDefinition = {
  name: 'gelu',
  // erfc(−u) is 1 + erf(u), and keeps its digits where that vanishes.
  body: (_, x) => mul(mul(x, 0.5), erfc(mul(x, -Math.SQRT1_2))),
};

/**
 * The Gaussian error linear unit x · Φ(x) = x/2 · erfc(−x/√2) in its exact form; float32, the shape of x.
 *
 * Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016 (arXiv:1606.08415).
 *
 * ```ts
 * await gelu(tensor([0, 1])).toArray(); // [0, 0.8413447]
 * ```
 */
export function gelu(x: Tensor): Tensor {
  requireTensor('gelu', 'x', x);
  return composite(geluDefinition, {}, [x]);
}

/**
 * x in another dtype, the same shape; the method is `to`. float32 → int32 truncates toward zero, limits to the range of
 * int32 and makes 0 of NaN; to bool is `≠ 0`. x itself where it has the dtype already.
 *
 * Throws {@link DTypeError} for an unknown dtype.
 *
 * ```ts
 * await cast(tensor([1.7, -1.7]), 'int32').toArray(); // [1, -1]
 * ```
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  requireTensor('to', 'x', x);
  requireDType('to', dtype);
  const node = nodeOf(x);
  return node.type.dtype === dtype ? unchanged(x) : tensorOf(castNode(node, dtype));
}

/**
 * The values of x, with no gradient flowing back through them.
 *
 * ```ts
 * const weight = variable(tensor([1, 2]), { requiresGrad: true });
 * weight.mul(2).requiresGrad; // true
 * detach(weight).mul(2).requiresGrad; // false
 * ```
 */
export function detach(x: Tensor): Tensor {
  requireTensor('detach', 'x', x);
  return tensorOf(makeNode('detach', [nodeOf(x)], {}));
}
