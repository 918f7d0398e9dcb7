/** Comparisons, logic, and choices by what they give. */
import { knownAs, makeNode, type Node } from '../graph/node.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import type { Operand, Tensor } from '../tensor.ts';
import { binary } from './elementwise.ts';
import { broadcastError, broadcastNode, broadcastShapes, castNode, unify } from './operands.ts';

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
  return knownAs('greater', () => binary('less', b, a));
}

/**
 * a ≥ b, broadcast; bool.
 *
 * ```ts
 * await greaterEqual(tensor([1, 2, 3]), 2).toArray(); // [0, 1, 1]
 * ```
 */
export function greaterEqual(a: Operand, b: Operand): Tensor {
  return knownAs('greaterEqual', () => binary('lessEqual', b, a));
}

function logical(op: 'and' | 'or', a: Tensor, b: Tensor): Tensor {
  requireTensor(op, 'an operand', a);
  requireTensor(op, 'an operand', b);
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) throw broadcastError(op, [a, b]);
  return knownAs(op, () => {
    const nodes = [a, b].map((operand) => broadcastNode(castNode(nodeOf(operand), 'bool'), shape));
    return tensorOf(makeNode(op, nodes, {}));
  });
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
  return knownAs('not', () => tensorOf(makeNode('not', [castNode(nodeOf(x), 'bool')], {})));
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
