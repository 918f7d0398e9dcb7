/** Products of vectors, matrices and tensors. */
import { requireInteger, wrongArgument } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { sizeOf } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { eye } from './creation.ts';
import { matmul } from './linalg.ts';
import { requireSquare } from './matrices.ts';
import { broadcastTo, normalizeAxis, permute, reshape } from './movement.ts';
import { broadcastError, broadcastShapes, inFloat32 } from './operands.ts';
import { roll } from './rearranging.ts';
import { inverse } from './solve.ts';

/**
 * Σ a·b of two vectors of one length; dtype as {@link matmul}.
 *
 * Throws {@link ShapeError} for anything but vectors of one length. For matrices see {@link matmul}, for other sums {@link einsum}.
 *
 * ```ts
 * await dot(tensor([1, 2]), tensor([3, 4])).item(); // 11
 * ```
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  requireTensor('dot', 'the left operand', a);
  requireTensor('dot', 'the right operand', b);
  if (a.ndim !== 1 || b.ndim !== 1 || a.size !== b.size)
    throw new ShapeError(`[dot] takes two vectors of one length, not ${a} and ${b}.`, {
      hint: 'matmul multiplies matrices, tensordot and einsum sum over any axes.',
    });
  return reshape(matmul(a, b), []);
}

/**
 * The products of every element of a with every element of b: [m], [n] → [m, n]; the dtype that they have in common.
 *
 * Throws {@link ShapeError} for anything but vectors.
 *
 * ```ts
 * await outer(tensor([1, 2]), tensor([3, 4])).toArray(); // [[3, 4], [6, 8]]
 * ```
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  requireTensor('outer', 'the left operand', a);
  requireTensor('outer', 'the right operand', b);
  if (a.ndim !== 1 || b.ndim !== 1)
    throw new ShapeError(`[outer] takes two vectors, not ${a} and ${b}.`, { hint: 'Flatten them first.' });
  return reshape(a, [a.size, 1]).mul(b);
}

/**
 * The vector product a × b of vectors of three elements along `axis`; other axes broadcast. The dtype that they have in common.
 *
 * Throws {@link ShapeError} where the shapes do not broadcast or the axis has not three elements.
 *
 * ```ts
 * await cross(tensor([1, 0, 0]), tensor([0, 1, 0])).toArray(); // [0, 0, 1]
 * ```
 */
export function cross(a: Tensor, b: Tensor, axis = -1): Tensor {
  requireTensor('cross', 'the left operand', a);
  requireTensor('cross', 'the right operand', b);
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) throw broadcastError('cross', [a, b]);
  const position = normalizeAxis('cross', axis, shape.length);
  const left = broadcastTo(a, shape);
  const right = broadcastTo(b, shape);
  if (shape[position] !== 3 || a.shape.at(position - shape.length) !== 3 || b.shape.at(position - shape.length) !== 3)
    throw new ShapeError(`[cross] takes vectors of three elements along axis ${axis}, not ${a} and ${b}.`);
  const turned = (x: Tensor, by: number): Tensor => roll(x, -by, position);
  return turned(left, 1)
    .mul(turned(right, 2))
    .sub(turned(left, 2).mul(turned(right, 1)));
}

/**
 * Σ of products over pairs of axes, dtype as {@link matmul}: axes `axes[0][i]` of a with `axes[1][i]` of b, or the last `axes` of a with the first of b where it is a number. The result
 * has the other axes of a, then those of b.
 *
 * Throws {@link ShapeError} where the axes do not exist, are named twice or differ in extent, {@link ArgumentError} where they are no such pair of lists.
 *
 * ```ts
 * tensordot(zeros([2, 3, 4]), zeros([3, 4, 5])).shape; // [2, 5]
 * await tensordot(tensor([[1, 2], [3, 4]]), tensor([[1, 2], [3, 4]]), [[0, 1], [1, 0]]).item(); // 29
 * ```
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  requireTensor('tensordot', 'the left operand', a);
  requireTensor('tensordot', 'the right operand', b);
  const [left, right] = contractedAxes(a, b, axes);
  const twice = new Set(left).size !== left.length || new Set(right).size !== right.length;
  if (twice) throw new ShapeError(`[tensordot] names an axis twice: [${left.join(', ')}] and [${right.join(', ')}].`);
  left.forEach((axis, i) => {
    if (a.shape[axis] === b.shape[right[i] ?? 0]) return;
    throw new ShapeError(
      `[tensordot] cannot sum over axis ${axis} of ${a} and axis ${right[i]} of ${b}: their extents differ.`,
    );
  });
  const rows = a.shape.flatMap((_, axis) => (left.includes(axis) ? [] : [axis]));
  const columns = b.shape.flatMap((_, axis) => (right.includes(axis) ? [] : [axis]));
  const extents = (x: Tensor, list: readonly number[]): number[] => list.map((axis) => x.shape[axis] ?? 1);
  const inner = sizeOf(extents(a, left));
  const product = matmul(
    reshape(permute(a, [...rows, ...left]), [sizeOf(extents(a, rows)), inner]),
    reshape(permute(b, [...right, ...columns]), [inner, sizeOf(extents(b, columns))]),
  );
  return reshape(product, [...extents(a, rows), ...extents(b, columns)]);
}

function contractedAxes(
  a: Tensor,
  b: Tensor,
  axes: number | readonly [readonly number[], readonly number[]],
): [number[], number[]] {
  if (typeof axes === 'number') {
    requireInteger('tensordot', 'axes', axes, 0);
    if (axes > Math.min(a.ndim, b.ndim))
      throw new ShapeError(`[tensordot] cannot sum over ${axes} axes of ${a} and ${b}.`);
    return [Array.from({ length: axes }, (_, i) => a.ndim - axes + i), Array.from({ length: axes }, (_, i) => i)];
  }
  const lists: readonly unknown[] = Array.isArray(axes) ? axes : [];
  if (lists.length !== 2 || !lists.every(Array.isArray) || axes[0].length !== axes[1].length)
    throw wrongArgument('tensordot', 'axes', 'a number or two lists of as many axes, [[…], […]]', axes);
  return [
    axes[0].map((axis) => normalizeAxis('tensordot', axis, a.ndim)),
    axes[1].map((axis) => normalizeAxis('tensordot', axis, b.ndim)),
  ];
}

/**
 * Kronecker's product: every element of a times all of b, as blocks; [m, n], [p, q] → [m·p, n·q]. Ranks may differ (axes of extent 1 come in front) and need not be 2. The dtype that
 * they have in common.
 *
 * ```ts
 * await kron(tensor([[1, 2]]), tensor([[1, 1], [0, 1]])).toArray(); // [[1, 1, 2, 2], [0, 1, 0, 2]]
 * ```
 */
export function kron(a: Tensor, b: Tensor): Tensor {
  requireTensor('kron', 'the left operand', a);
  requireTensor('kron', 'the right operand', b);
  const ndim = Math.max(a.ndim, b.ndim);
  const extents = (x: Tensor): number[] => [...new Array<number>(ndim - x.ndim).fill(1), ...x.shape];
  const [outside, inside] = [extents(a), extents(b)];
  const blocks = reshape(
    a,
    outside.flatMap((n) => [n, 1]),
  ).mul(
    reshape(
      b,
      inside.flatMap((n) => [1, n]),
    ),
  );
  return reshape(
    blocks,
    outside.map((n, axis) => n * (inside[axis] ?? 1)),
  );
}

/**
 * xⁿ of square matrices [..., m, m] by repeated squaring; float16 of float16, computed in float32 and rounded once, else float32; x⁰ is the identity, x⁻ⁿ the power of the {@link inverse}.
 *
 * Throws {@link ShapeError} for matrices that are not square, {@link ArgumentError} for an exponent that is no integer.
 *
 * ```ts
 * await matrixPower(tensor([[1, 1], [0, 1]]), 5).toArray(); // [[1, 5], [0, 1]]
 * ```
 */
export function matrixPower(x: Tensor, exponent: number): Tensor {
  requireTensor('matrixPower', 'x', x);
  requireInteger('matrixPower', 'exponent', exponent);
  requireSquare('matrixPower', 'x', x);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => matrixPower(wide, exponent));
  if (exponent === 0) return broadcastTo(eye(x.shape.at(-1) ?? 0), x.shape);
  let square = exponent < 0 ? inverse(x) : x.to('float32');
  let result: Tensor | undefined;
  for (let rest = Math.abs(exponent); ; square = matmul(square, square)) {
    if (rest % 2 === 1) result = result === undefined ? square : matmul(result, square);
    rest = Math.floor(rest / 2);
    if (rest === 0) return result ?? square;
  }
}
