/** How elementwise operations of one and of two operands are recorded: NumPy broadcasting, and PyTorch's promotion of dtypes. */
import type { BinaryPrimitive, UnaryPrimitive } from '../graph/elementwise.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { operandNode, tensorOf } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { constantNode, unify } from './operands.ts';
import { isFloat } from '../graph/types.ts';

type ElementwiseUnary = Exclude<UnaryPrimitive, 'not'>;
type ElementwiseBinary = Exclude<BinaryPrimitive, 'and' | 'or'>;

const noAttributes = {};

export function unary(op: ElementwiseUnary, x: Operand): Tensor {
  const node = operandNode(op, x);
  const nodes = node !== undefined && isFloat(node.type.dtype) ? [node] : unify(op, [x]);
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
  if (type === undefined || !isFloat(type.dtype)) return unify(op, [a, b]);
  if (left === undefined) return [constantNode(a as number, type.dtype, type.shape), right as Node];
  if (right === undefined) return [left, constantNode(b as number, type.dtype, type.shape)];
  return right.type === type ? [left, right] : unify(op, [a, b]);
}
