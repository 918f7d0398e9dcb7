/** A loop over an axis as one operation: recorded once, however many steps there are. */
import {
  checkOptions,
  describe,
  requireBoolean,
  requireFunction,
  requireInteger,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { makeParameter, type Node } from '../graph/node.ts';
import { largestSize } from '../graph/types.ts';
import { makeScan, recordStep, scanResult } from '../graph/scan.ts';
import { formatType, tensorType } from '../graph/types.ts';
import { isTensor, nodeOf, tensorOf, unchanged } from '../handle.ts';
import { withInlining, writesLoopsOut } from '../runtime/recording.ts';
import { carryHint, leavesOf, requireSameLeaves, type Leaves } from './leaves.ts';
import { reshape, slice, stack } from './movement.ts';
import { constantNode } from './operands.ts';

export interface ScanOptions {
  /** Number of steps; needed where there is nothing to read step by step. Default: the extent of the leading axes of `xs`. */
  length?: number;
  /** Run from the last position to the first; what is stacked stays in the order of the axis. Default false. */
  reverse?: boolean;
}

const scanOptions: OptionNames<ScanOptions> = { length: true, reverse: true };

/** The number of steps. */
function lengthOf({ nodes, paths }: Leaves, wanted: number | undefined): number {
  const first = nodes[0]?.type.shape[0];
  nodes.forEach(({ type }, i) => {
    if (type.shape.length === 0) {
      throw new ShapeError(`[scan] ${paths[i]}, ${formatType(type)}, has no axis to read step by step.`, {
        hint: 'What every step reads as it is need not be passed: let the function refer to it.',
      });
    }
    if (type.shape[0] !== first) {
      const others = `${paths[0]} has ${first}`;
      throw new ShapeError(`[scan] ${paths[i]}, ${formatType(type)}, has ${type.shape[0]} steps, but ${others}.`);
    }
  });
  if (first === undefined && wanted === undefined) {
    throw new ArgumentError('[scan] there is nothing to read step by step, so the number of steps is not known.', {
      hint: 'Pass { length }.',
    });
  }
  if (first !== undefined && wanted !== undefined && first !== wanted)
    throw new ShapeError(`[scan] length is ${wanted}, but ${paths[0]} has ${first} steps.`);
  return wanted ?? first ?? 0;
}

/** What the function gave, as a pair. */
function pairOf(given: unknown): readonly [unknown, unknown] {
  if (Array.isArray(given) && given.length === 2) return given as unknown as readonly [unknown, unknown];
  if (given instanceof Promise) {
    given.catch(() => {});
    throw new ArgumentError('[scan] the function returned a promise; it only records a step, and must not be async.');
  }
  const what = isTensor(given) ? String(given) : describe(given);
  throw new ArgumentError(`[scan] the function must return [carry, y], not ${what}.`, {
    hint: 'Without anything to stack, return [carry, undefined].',
  });
}

/** The steps one after the other. */
function writeOut(
  step: (carry: never, x: never) => readonly [unknown, unknown],
  initial: Leaves,
  stacked: Leaves,
  { length, reverse }: { readonly length: number; readonly reverse: boolean },
): [unknown, unknown] {
  let carry = initial;
  const given: Leaves[] = [];
  for (let i = 0; i < length; i++) {
    const position = reverse ? length - 1 - i : i;
    const parts = stacked.nodes.map((node) => {
      const [, ...shape] = node.type.shape;
      return nodeOf(reshape(slice(tensorOf(node), [position], [position + 1]), shape));
    });
    const before = carry.rebuild(carry.nodes);
    const [next, y] = pairOf(withInlining(() => step(before as never, stacked.rebuild(parts) as never)));
    carry = leavesOf('scan', 'the next carry', next);
    requireSameLeaves('scan', initial, carry, carryHint);
    given[position] = leavesOf('scan', 'y', y);
  }
  const [first] = given;
  const all = first?.nodes.map((_, i) => nodeOf(stack(given.map(({ nodes }) => tensorOf(nodes[i] as Node)))));
  return [initial.rebuild(carry.nodes), first?.rebuild(all ?? [])];
}

/**
 * A loop over the leading axis of `xs`: `(carry, ys[t]) = step(carry, xs[t])` for t = 0 … length − 1. It is recorded once and is one
 * operation, so that a thousand steps are recorded, compiled and differentiated as fast as ten. Gradients are those of the unrolled loop, of any
 * order; they keep the carries and the products of all steps and compute the rest of each step again; in place of `step`, `checkpoint(step)` keeps carries alone.
 *
 * `step` is called once, to record what it does with tensors. What it reads from around it is the same at every step. Random numbers drawn inside
 * are drawn anew at each step, the same that the steps would draw if they were written one after the other; a gradient sees those of the step. Nothing can be assigned to inside.
 *
 * @param step - takes the carry and this step's part of `xs`, and returns `[carry, y]`: the next carry, of the same structure and types, and what is stacked (or undefined).
 * @param carry - before the first step: tensors, in arrays, plain objects and Maps.
 * @param xs - tensors `[length, …]` in a structure of the same kind; a step sees them without the leading axis. Undefined: nothing.
 * @returns `[carry, ys]`: the carry after the last step, and what the steps gave, `[length, …]`.
 *
 * Throws {@link ShapeError} and {@link DTypeError} where the carry changes its type or leading axes differ, {@link ArgumentError} for anything that is no tensor.
 *
 * ```ts
 * const xs = tensor([1, 2, 3]);
 * const [total, sums] = scan((sum, x) => [sum.add(x), sum.add(x)], tensor(0), xs);
 * await total.item(); // 6
 * await sums.toArray(); // [1, 3, 6]
 * ```
 */
export function scan<const C, const X, Y>(
  step: (carry: C, x: X) => readonly [C, Y],
  carry: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  requireFunction('scan', 'the step', step);
  checkOptions('scan', options, scanOptions);
  const { length, reverse = false } = options;
  if (length !== undefined) requireInteger('scan', 'length', length, 0, largestSize);
  requireBoolean('scan', 'reverse', reverse);
  return recordScan(step, carry, xs, { length, reverse, ends: false, recomputes: false });
}

/**
 * {@link scan}. With `ends`, the last carry is a bool after which, once it is false, all carries stay as they are; with `recomputes`, a gradient keeps carries
 * alone.
 */
export function recordScan<const C, const X, Y>(
  step: (carry: C, x: X) => readonly [C, Y],
  carry: C,
  xs: X,
  options: { length: number | undefined; reverse: boolean; ends: boolean; recomputes: boolean },
): [C, Y] {
  const { length: wanted, reverse, ends, recomputes } = options;
  const initial = leavesOf('scan', 'carry', carry);
  const stacked = leavesOf('scan', 'xs', xs);
  const length = lengthOf(stacked, wanted);
  if (writesLoopsOut() && length > 0) return writeOut(step, initial, stacked, { length, reverse }) as [C, Y];
  const before = initial.nodes.map(({ type }) => makeParameter(type));
  const parts = stacked.nodes.map(({ type: { dtype, shape } }) => makeParameter(tensorType(dtype, shape.slice(1))));
  const {
    value: { after, given },
    draws,
  } = recordStep(() =>
    withInlining(() => {
      const [next, y] = pairOf(step(initial.rebuild(before) as C, stacked.rebuild(parts) as X));
      return { after: leavesOf('scan', 'the next carry', next), given: leavesOf('scan', 'y', y) };
    }),
  );
  requireSameLeaves('scan', initial, after, carryHint);
  const types = given.nodes.map(({ type: { dtype, shape } }) => tensorType(dtype, [length, ...shape]));
  if (length === 0) {
    const none = types.map(({ dtype, shape }) => constantNode(0, dtype, shape));
    const same = initial.nodes.map((node) => nodeOf(unchanged(tensorOf(node))));
    return [initial.rebuild(same) as C, given.rebuild(none) as Y];
  }
  if (after.nodes.length + given.nodes.length === 0)
    throw new ArgumentError('[scan] the function neither hands on a carry nor gives anything to stack.');
  const loop = makeScan({
    carries: initial.nodes.map((node, i) => ({
      initial: node,
      parameter: before[i] as Node,
      next: after.nodes[i] as Node,
    })),
    xs: stacked.nodes.map((node, i) => ({ stacked: () => node, parameter: parts[i] as Node })),
    ys: given.nodes,
    draws,
    length,
    reverse,
    until: ends ? initial.nodes.length - 1 : undefined,
    recomputes,
  });
  return [
    initial.rebuild(after.nodes.map((_, i) => scanResult(loop, 'last', i))) as C,
    given.rebuild(types.map((_, i) => scanResult(loop, 'given', i))) as Y,
  ];
}
