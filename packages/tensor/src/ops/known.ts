/** What is known of values without computing anything. */
import { nodeOf } from '../handle.ts';
import { hostOf, placesOf, viewOf } from '../runtime/host-view.ts';
import type { Tensor } from '../tensor.ts';

/** Whether two tensors of one shape are on the host, also as views of data, and differ in an element. Where one is not, nobody knows yet: false. */
export function knownToDiffer(a: Tensor, b: Tensor): boolean {
  const [one, other] = [viewOf(nodeOf(a)), viewOf(nodeOf(b))];
  const [hostOfOne, hostOfOther] = [hostOf(one), hostOf(other)];
  if (hostOfOne === undefined || hostOfOther === undefined) return false;
  if (hostOfOne === hostOfOther && one.steps.length + other.steps.length === 0) return false;
  const [places, otherPlaces] = [placesOf(one), placesOf(other)];
  return places.some((place, i) => !Object.is(hostOfOne[place], hostOfOther[otherPlaces[i] as number]));
}
