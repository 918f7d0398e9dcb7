/** What is known of values without computing anything. */
import { nodeOf } from '../handle.ts';
import { hostOf, placesOf, viewOf } from '../runtime/host-view.ts';
import type { Storage } from '../runtime/storage.ts';
import type { Tensor } from '../tensor.ts';

/** Whether two tensors of one shape are data on the host, and differ in an element. Where one is not, nobody knows yet: false. */
export function knownToDiffer(a: Tensor, b: Tensor): boolean {
  const [one, other] = [a, b].map((tensor) => (nodeOf(tensor).storage as Storage | undefined)?.host);
  return one !== undefined && other !== undefined && one.some((value, i) => !Object.is(value, other[i]));
}

/** The elements of an integer tensor in row-major order, where they are on the host or lie among such under another shape; else undefined. */
export function knownValues(tensor: Tensor): Int32Array | undefined {
  const view = viewOf(nodeOf(tensor));
  const host = hostOf(view);
  return host && placesOf(view).map((place) => host[place] as number);
}
