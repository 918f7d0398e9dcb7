/** The same values in another dtype, or apart from gradients. */
import { makeNode } from '../graph/node.ts';
import type { DType } from '../graph/types.ts';
import { nodeOf, requireTensor, tensorOf, unchanged } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { castNode, requireDType } from './operands.ts';

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
