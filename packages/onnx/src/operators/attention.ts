/** Attention. */
import { isStatic, sameExtent, first } from '../extents.ts';
import type { Site } from '../site.ts';
import { numberOf, optionsOf, type CompositeRule } from './composite-rule.ts';

/** [batch, heads, length, depth], of which onnxruntime broadcasts nothing but heads that share keys. */
function hasFourAxes(site: Site<'composite'>): boolean {
  const [query = [], key = [], value = []] = [0, 1, 2].map((i) => site.inputExtents(i));
  const [heads = [], keyHeads = [], valueHeads = []] = [query, key, value].map((extents) => extents[1] ?? []);
  return (
    [query, key, value].every((extents) => extents.length === 4 && sameExtent(extents[0] ?? [], query[0] ?? [])) &&
    [heads, keyHeads, valueHeads].every(isStatic) &&
    sameExtent(keyHeads, valueHeads) &&
    first(heads) % first(keyHeads) === 0
  );
}

/** A mask may hide all keys from a query, which then is 0 here and not a number in ONNX: with a mask the body is written. */
export const attention: CompositeRule = {
  since: 23,
  covers: (site) =>
    site.node.inputs.length === 3 && site.node.inputs.every(({ dtype }) => dtype === 'float32') && hasFourAxes(site),
  write: (site) => {
    const options = optionsOf(site);
    return site.emit(
      'Attention',
      [0, 1, 2].map((i) => site.full(i)),
      { attributes: { is_causal: options['causal'] === true ? 1 : 0, scale: { float: numberOf(options, 'scale') } } },
    );
  },
};
