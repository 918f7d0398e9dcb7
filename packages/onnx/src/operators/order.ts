/** Positions in order. */
import { elementTypes } from '../schema.ts';
import type { Value } from '../emitter.ts';
import type { Site } from '../site.ts';
import { numberOf, optionsOf, type CompositeRule } from './composite-rule.ts';

/** TopK of all elements; of equal ones the first comes first. */
export function argSort(site: Site<'argSort'>): Value {
  const axis = site.fixed('axis');
  const count = site.extentVector('number of elements', site.extents[axis] ?? []);
  return positions(site, axis, count, site.fixed('descending'));
}

export const topPositions: CompositeRule = {
  covers: (site) => numberOf(optionsOf(site), 'k') > 0,
  write: (site) => {
    const options = optionsOf(site);
    const count = site.emitter.ints([numberOf(options, 'k')]);
    return positions(site, numberOf(options, 'axis'), count, options['largest'] === true);
  },
};

/** Where the first `count` of the order stand. */
function positions(site: Site, axis: number, count: string, isDescending: boolean): Value {
  const x = site.full(0);
  const numbers =
    x.dtype === 'bool'
      ? site.emit('Cast', [x], { dtype: 'int32', extents: x.extents, attributes: { to: elementTypes.int32 } })
      : x;
  const attributes = { axis, largest: isDescending ? 1 : 0, sorted: 1 };
  const type = { dtype: 'int64', extents: site.extents } as const;
  const found = site.emitter.emit('TopK', [numbers, count], attributes, type, site.name('TopK'), 1);
  return site.emit('Cast', [found], { attributes: { to: elementTypes.int32 } });
}
