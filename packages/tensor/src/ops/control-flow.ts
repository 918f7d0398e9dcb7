/** Choices and loops that depend on values: composites of `where` and `scan`, since what is computed must not depend on them. */
import { requireFunction, requireInteger, requireOptions, type OptionNames } from '../arguments/index.ts';
import { recordBehind } from '../graph/enclosure.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { largestSize } from '../graph/types.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';
import { withInlining } from '../runtime/recording.ts';
import { tensor } from './creation.ts';
import type { Tensor } from '../tensor.ts';
import { carryHint, leavesOf, requireSameLeaves, type Leaves } from './leaves.ts';
import { broadcastNode, constantNode } from './operands.ts';
import { recordScan } from './scan.ts';

/** The node of a predicate, bool []. */
function predicateNode(op: string, name: string, predicate: unknown): Node {
  requireTensor(op, name, predicate);
  if (predicate.dtype !== 'bool') {
    throw new DTypeError(`[${op}] ${name} must be bool, not ${predicate}.`, {
      hint: 'Compare it: x.greater(0), x.notEqual(0).',
    });
  }
  if (predicate.size !== 1) {
    throw new ShapeError(`[${op}] ${name} must be one value, not ${predicate}.`, {
      hint: 'To choose for each element by itself, use where(condition, a, b).',
    });
  }
  return predicate.ndim === 0 ? nodeOf(predicate) : makeNode('reshape', [nodeOf(predicate)], { shape: [] });
}

/** Each tensor of `a` where the predicate holds, else that of `b`. */
function choose(predicate: Node, a: Leaves, b: Leaves): Node[] {
  return a.nodes.map((node, i) => {
    const other = b.nodes[i] as Node;
    return node === other ? node : makeNode('where', [broadcastNode(predicate, node.type.shape), node, other], {});
  });
}

/**
 * Records a branch. What it reads from outside, operands or not, it reads through gates, which change nothing but the gradient: it is zero, whatever
 * the branch makes of it, where the predicate is not `taken`. So a derivative that is NaN or infinite stays in the branch that was not taken.
 */
function recordBranch<T>(predicate: Node, taken: boolean, record: () => T): T {
  const gate = (node: Node): Node => {
    const boundary = [node, predicate].map((input) => makeNode('reshape', [input], { shape: input.type.shape }));
    return makeNode('composite', [node, predicate], {
      name: 'cond',
      definition: undefined,
      options: {},
      body: boundary[0] as Node,
      boundary,
      gradient: (cotangent, _, [, given]) => {
        const { dtype, shape } = cotangent.type;
        const zero = constantNode(0, dtype, shape);
        const parts = taken ? [cotangent, zero] : [zero, cotangent];
        return [makeNode('where', [broadcastNode(given as Node, shape), ...parts], {}), undefined];
      },
    });
  };
  return recordBehind(gate, () => withInlining(record));
}

function refusePromise(op: string, what: string, value: unknown): void {
  if (!(value instanceof Promise)) return;
  value.catch(() => {});
  throw new ArgumentError(`[${op}] ${what} returned a promise; it only records, and must not be async.`);
}

/**
 * `ifTrue(...operands)` where the predicate holds, else `ifFalse(...operands)`. The predicate is a tensor, so its value is not known while
 * recording: both functions are recorded and **both are computed**, and `where` chooses. (For a value of the host an `if` is right.) What is not chosen
 * may be NaN or infinite, and so may its derivatives of any order: gradients are those of the function that was chosen. (With `where(condition, a, b)` alone, a
 * cotangent of zero times an infinite derivative is NaN, as in PyTorch.)
 *
 * @param predicate - bool, one element.
 * @param ifTrue - returns tensors, in arrays, plain objects and Maps.
 * @param ifFalse - returns the same structure of the same types.
 *
 * Throws {@link DTypeError} and {@link ShapeError} for another predicate and where the two results differ in types, {@link ArgumentError} where
 * they differ in structure.
 *
 * ```ts
 * const halve = (x: Tensor) => x.div(2);
 * const x = tensor([6, 8]);
 * await cond(x.sum().greater(10), halve, (y) => y.add(1), x).toArray(); // [3, 4]
 * ```
 */
export function cond<A extends unknown[], R>(
  predicate: Tensor,
  ifTrue: (...operands: A) => R,
  ifFalse: (...operands: A) => R,
  ...operands: A
): R {
  const chosen = predicateNode('cond', 'the predicate', predicate);
  requireFunction('cond', 'ifTrue', ifTrue);
  requireFunction('cond', 'ifFalse', ifFalse);
  const record = (name: string, f: (...operands: A) => R, taken: boolean): Leaves => {
    const result = recordBranch(chosen, taken, () => f(...operands));
    refusePromise('cond', name, result);
    return leavesOf('cond', `the result of ${name}`, result);
  };
  const [a, b] = [record('ifTrue', ifTrue, true), record('ifFalse', ifFalse, false)];
  requireSameLeaves('cond', a, b, 'Bring both to one type: broadcastTo(…), or to(dtype).');
  return a.rebuild(choose(chosen, a, b)) as R;
}

export interface WhileLoopOptions {
  /** Steps after which the loop ends although the condition holds. Where all of them are computed (see {@link whileLoop}), it decides what the loop costs. */
  maxSteps: number;
}

const whileLoopOptions: OptionNames<WhileLoopOptions> = { maxSteps: true };

/**
 * `while (condition(carry)) carry = step(carry)`, at most `maxSteps` times. It is a {@link scan} of `maxSteps` steps, of which those after the
 * condition's end keep the carry: differentiable and recorded once. WebAssembly leaves those steps out; WebGPU, whose host knows no value of the device, computes
 * all of them, and so does every device for a gradient, which looks back on all of them. Gradients are those of the steps taken, as in {@link cond}, also where a
 * step more would give NaN.
 *
 * @param condition - takes the carry, returns bool of one element.
 * @param step - takes the carry, returns the next one, of the same structure and types.
 * @param carry - before the first step: tensors, in arrays, plain objects and Maps.
 * @returns `[carry, steps]`: the carry at the end, and how many steps were taken (int32 []); `maxSteps` where the condition may still hold.
 *
 * Throws as {@link scan} does.
 *
 * ```ts
 * // Newton's method for √2.
 * const [root, steps] = whileLoop(
 *   (x) => x.mul(x).sub(2).abs().greater(1e-5),
 *   (x) => x.add(tensor(2).div(x)).div(2),
 *   tensor(1),
 *   { maxSteps: 10 },
 * );
 * await root.item(); // 1.4142157
 * await steps.item(); // 3
 * ```
 */
export function whileLoop<const C>(
  condition: (carry: C) => Tensor,
  step: (carry: C) => C,
  carry: C,
  options: WhileLoopOptions,
): [C, Tensor] {
  requireFunction('whileLoop', 'the condition', condition);
  requireFunction('whileLoop', 'the step', step);
  requireOptions('whileLoop', options, whileLoopOptions);
  const { maxSteps } = options;
  requireInteger('whileLoop', 'maxSteps', maxSteps, 0, largestSize);
  leavesOf('whileLoop', 'carry', carry);
  const holds = (now: C): Tensor => tensorOf(predicateNode('whileLoop', 'the condition', condition(now)));
  const [[end, steps]] = recordScan(
    ([now, count, holdsNow]: readonly [C, Tensor, Tensor]) => {
      const goesOn = nodeOf(holdsNow);
      const next = recordBranch(goesOn, true, () => step(now));
      refusePromise('whileLoop', 'the step', next);
      const [before, after] = [leavesOf('whileLoop', 'carry', now), leavesOf('whileLoop', 'the next carry', next)];
      requireSameLeaves('whileLoop', before, after, carryHint);
      const taken = makeNode('cast', [goesOn], { dtype: 'int32' });
      const kept = before.rebuild(choose(goesOn, after, before)) as C;
      // Where the loop has ended the condition is asked again of the same carry.
      return [[kept, count.add(tensorOf(taken)), holdsNow.and(holds(kept))], undefined];
    },
    [carry, tensor(0, { dtype: 'int32' }), withInlining(() => holds(carry))] as readonly [C, Tensor, Tensor],
    undefined,
    { length: maxSteps, reverse: false, ends: true, recomputes: false },
  );
  return [end, steps];
}
