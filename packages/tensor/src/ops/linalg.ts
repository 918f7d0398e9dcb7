/** Matrix products. */
import { ShapeError } from '../graph/errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { isFloat, largestSize, sizeOf, type DType } from '../graph/types.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { broadcastNode, broadcastShapes, castNode, commonDType, numeric } from './operands.ts';
import { narrow, reshape, unsqueeze } from './movement.ts';

/**
 * The matrix product, with NumPy's rules: [m, k] · [k, n] → [m, n]; leading axes broadcast as batches, [b, m, k] · [k,
 * n] → [b, m, n]; an operand with one axis is a row on the left, a column on the right, and its axis disappears.
 * The dtype is the one that the operands have in common: floating numbers are added up in float32, integers exactly, modulo
 * 2³² (uint8 modulo 256, bool as int32).
 *
 * Throws {@link ShapeError} where the inner sizes differ, the batches do not broadcast, or an operand has no axes.
 *
 * ```ts
 * const a = tensor([[1, 2], [3, 4]]);
 * await matmul(a, tensor([[5], [6]])).toArray(); // [[17], [39]]
 * await matmul(a, tensor([5, 6])).toArray(); // [17, 39]
 * matmul(zeros([8, 2, 3]), zeros([3, 4])).shape; // [8, 2, 4]
 * ```
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  requireTensor('matmul', 'the left operand', a);
  requireTensor('matmul', 'the right operand', b);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(`[matmul] takes operands with at least one axis, not ${a} and ${b}.`, {
      hint: 'Use mul for scalars.',
    });
  }
  const left = a.ndim === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.ndim === 1 ? reshape(b, [b.size, 1]) : b;
  const inner = left.shape[left.ndim - 1];
  const rows = left.shape[left.ndim - 2] ?? 1;
  const columns = right.shape[right.ndim - 1] ?? 1;
  if (inner !== right.shape[right.ndim - 2]) {
    throw new ShapeError(
      `[matmul] cannot multiply ${a} by ${b}: the inner sizes ${inner} and ${right.shape[right.ndim - 2]} differ.`,
      {
        hint:
          b.ndim > 1 && columns === inner
            ? 'The second fits when it is transposed: transpose(-2, -1).'
            : 'Rows of the first and columns of the second must be equally long.',
      },
    );
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
  if (batch === undefined)
    throw new ShapeError(`[matmul] cannot multiply ${a} by ${b}: their batch axes do not broadcast.`);
  const dtype = commonDType(a.dtype, b.dtype);
  let result: Tensor;
  if (!isFloat(dtype)) result = exactProduct(numeric(left), numeric(right), dtype, sizeOf([...batch, rows, columns]));
  else if (right.ndim === 2 && left.ndim > 2) {
    // Rows of all batches meet one matrix: one large product instead of many small ones.
    const product = dot(
      castNode(nodeOf(reshape(left, [sizeOf(left.shape.slice(0, -1)), inner ?? 0])), dtype),
      castNode(nodeOf(right), dtype),
    );
    result = reshape(tensorOf(product), [...batch, rows, columns]);
  } else {
    const leftNode = broadcastNode(castNode(nodeOf(left), dtype), [...batch, rows, inner ?? 0]);
    const rightNode = broadcastNode(castNode(nodeOf(right), dtype), [...batch, inner ?? 0, columns]);
    result = tensorOf(dot(leftNode, rightNode));
  }
  if (a.ndim > 1 && b.ndim > 1) return result;
  return reshape(result, [...batch, ...(a.ndim === 1 ? [] : [rows]), ...(b.ndim === 1 ? [] : [columns])]);
}

/**
 * The product of integers, modulo 2³² (of uint8 modulo 256): sums of products, since the kernels of matrix products compute in float32. In parts
 * where all of the products of the `count` results are more than can be counted.
 */
function exactProduct(left: Tensor, right: Tensor, dtype: DType, count: number): Tensor {
  const inner = left.shape.at(-1) ?? 0;
  if (count * inner > largestSize && inner > 1) {
    const half = Math.floor(inner / 2);
    const part = (start: number, length: number): Tensor =>
      exactProduct(narrow(left, -1, start, length), narrow(right, -2, start, length), dtype, count);
    return part(0, half).add(part(half, inner - half));
  }
  const sum = unsqueeze(left, -1).mul(unsqueeze(right, -3)).sum(-2);
  return dtype === 'uint8' ? sum.to('uint8') : sum;
}

function dot(left: Node, right: Node): Node {
  return makeNode('dot', [left, right], {});
}
