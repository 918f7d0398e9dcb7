/** Positions along an axis as arguments: int32 tensors or lists of integers, checked where their values are known on the host. */
import { describe, wrongArgument } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import type { Node } from '../graph/node.ts';
import { isFloat, type DType } from '../graph/types.ts';
import { isTensor, nodeOf } from '../handle.ts';
import type { Storage } from '../runtime/storage.ts';
import type { Tensor } from '../tensor.ts';
import { tensor } from './creation.ts';

/** An int32 tensor, or a list of integers. */
export type Positions = Tensor | readonly number[];

/** What stands for an element that is not there: NaN for floating numbers, 0 for integers, false for bool. */
export function outsideOf(dtype: DType): number {
  return isFloat(dtype) ? Number.NaN : 0;
}

/** The positions as an int32 tensor. */
export function positionsOf(op: string, name: string, given: Positions): Tensor {
  if (isTensor(given)) {
    if (given.dtype === 'int32') return given;
    throw new DTypeError(`[${op}] ${name} must be int32, not ${given}.`, {
      hint:
        given.dtype === 'bool'
          ? 'A mask chooses elements with maskedSelect, maskedFill or where.'
          : "Make it with tensor(data, { dtype: 'int32' }), or convert it with .to('int32').",
    });
  }
  if (!Array.isArray(given)) throw wrongArgument(op, name, 'an int32 tensor or an array of integers', given);
  for (let i = 0; i < given.length; i++) {
    const position: unknown = given[i];
    if (!Number.isInteger(position) || Math.abs(position as number) > 2 ** 31 - 1)
      throw new ArgumentError(`[${op}] ${name}[${i}] must be an integer, not ${describe(position)}.`);
  }
  return tensor(Int32Array.from(given as readonly number[]), { dtype: 'int32' });
}

/** Throws unless the positions are a list. */
export function requireList(op: string, name: string, positions: Tensor): void {
  if (positions.ndim === 1) return;
  throw new ShapeError(`[${op}] ${name} must have one axis, not ${positions}.`, {
    hint: positions.ndim === 0 ? 'Write [i] for one position.' : 'Flatten it.',
  });
}

/**
 * Throws {@link ArgumentError} naming the first position (or length: `what`) outside of low … high, where the values are known on the host: data from which
 * nothing has been computed yet but other shapes.
 */
export function requireWithin(
  op: string,
  name: string,
  positions: Tensor,
  low: number,
  high: number,
  what = 'position',
): void {
  let node: Node = nodeOf(positions);
  while (node.storage === undefined && (node.op === 'reshape' || node.op === 'broadcast'))
    node = node.inputs[0] as Node;
  const host = (node.storage as Storage | undefined)?.host;
  if (host === undefined || isWithin(host, low, high)) return;
  const first = host.findIndex((position: number) => position < low || position > high);
  const place: number[] = [];
  let rest = first;
  for (const extent of [...node.type.shape].reverse()) {
    place.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  const range = high < 0 ? 'there are none' : low === high ? `${low} is the only one` : `there are ${low} to ${high}`;
  throw new ArgumentError(
    `[${op}] ${name}${place.map((i) => `[${i}]`).join('')} is ${host[first]}, which is no ${what} here: ${range}.`,
  );
}

/** The smallest and the largest of what was looked at before: an index of every step is looked at once. */
const ranges = new WeakMap<ArrayLike<number>, readonly [number, number]>();

function isWithin(host: ArrayLike<number>, low: number, high: number): boolean {
  let range = ranges.get(host);
  if (range === undefined) {
    let [smallest, largest] = [Infinity, -Infinity];
    for (let i = 0; i < host.length; i++) {
      const position = host[i] as number;
      if (position < smallest) smallest = position;
      if (position > largest) largest = position;
    }
    range = [smallest, largest];
    ranges.set(host, range);
  }
  return range[0] >= low && range[1] <= high;
}
