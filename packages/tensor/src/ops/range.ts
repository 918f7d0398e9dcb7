/** Whether numbers lie in a range, asked where their values are known on the host. */
import { ArgumentError } from '../graph/errors.ts';
import { nodeOf } from '../handle.ts';
import { hostOf, placesOf, typeOf, viewOf, type HostView } from '../runtime/host-view.ts';
import { checkAtCalls } from '../runtime/recording.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Throws {@link ArgumentError} naming the first position (or length: `what`) outside of low … high, where the values are known on the host: data from which
 * nothing has been computed yet but other shapes, parts, orders and integers of the same value. Of an argument of a compiled function it is asked at each call.
 * `except` is a number that may stand there, too.
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
  const check = (view: HostView): void => requireViewWithin(view, { op, name, low, high, what, except });
  const view = viewOf(nodeOf(positions));
  check(view);
  checkAtCalls(view, check);
}

interface Range {
  readonly op: string;
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly what: string;
  readonly except: number | undefined;
}

function requireViewWithin(given: HostView, { op, name, low, high, what, except }: Range): void {
  // The index of the message is that of what users gave, before it was brought into another shape.
  let kept = given.steps.length;
  while (['reshape', 'broadcast'].includes(given.steps[kept - 1]?.op ?? '')) kept--;
  const view = { leaf: given.leaf, steps: given.steps.slice(0, kept) };
  const host = hostOf(view);
  // What a view leaves out may lie outside.
  if (host === undefined || isWithin(host, low, high)) return;
  const places = placesOf(view);
  // Integers were perhaps fractions before a cast.
  const isWhole = typeOf(view).dtype !== 'float32';
  const valueAt = (place: number): number => (isWhole ? Math.trunc(host[place] as number) : (host[place] as number));
  const first = places.findIndex((place) => {
    const position = valueAt(place);
    return (position < low || position > high) && position !== except;
  });
  if (first < 0) return;
  const index: number[] = [];
  let rest = first;
  for (const extent of [...typeOf(view).shape].reverse()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  const range = high < 0 ? 'there are none' : low === high ? `${low} is the only one` : `there are ${low} to ${high}`;
  throw new ArgumentError(
    `[${op}] ${name}${index.map((i) => `[${i}]`).join('')} is ${valueAt(places[first] as number)}, which is no ${what} here: ${range}.`,
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
