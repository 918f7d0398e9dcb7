/** Whether integers lie in a range, asked where their values are known on the host. */
import { ArgumentError } from '../graph/errors.ts';
import type { Node } from '../graph/node.ts';
import { nodeOf } from '../handle.ts';
import type { Storage } from '../runtime/storage.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Throws {@link ArgumentError} naming the first position (or length: `what`) outside of low … high, where the values are known on the host: data from which
 * nothing has been computed yet but other shapes. `except` is a number that may stand there, too.
 */
export function requireWithin(
  op: string,
  name: string,
  positions: Tensor,
  low: number,
  high: number,
  what = 'position',
  except?: number,
): void {
  let node: Node = nodeOf(positions);
  while (node.storage === undefined && (node.op === 'reshape' || node.op === 'broadcast'))
    node = node.inputs[0] as Node;
  const host = (node.storage as Storage | undefined)?.host;
  if (host === undefined || isWithin(host, low, high)) return;
  const first = host.findIndex((position: number) => (position < low || position > high) && position !== except);
  if (first < 0) return;
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
