/** What goes along an axis in order. ONNX has CumSum; the others are made in log₂ n steps, each of which combines with what lies 1, 2, 4, … before. */
import { elementTypes } from '../schema.ts';
import type { Value } from '../emitter.ts';
import { first, isStatic } from '../extents.ts';
import type { Site } from '../site.ts';
import { numberOf, optionsOf, type CompositeRule } from './composite-rule.ts';
import { sliceAxes } from './movement.ts';

export function cumulative(site: Site<'cumulative'>): Value {
  const axis = site.fixed('axis');
  const operator = site.fixed('operator');
  const reverse = site.fixed('reverse');
  const x = site.full(0);
  if (operator === 'sum') {
    const position = site.emitter.scalar('int32', axis);
    return site.emit('CumSum', [x, position], { attributes: reverse ? { reverse: 1 } : {} });
  }
  const extent = site.extents[axis] ?? [];
  if (!isStatic(extent))
    site.fail(`ONNX has no cumulative ${operator} along an axis of free size`, 'Give that axis a fixed size.');
  const identity = identityOf(operator, site.dtype);
  let result = x;
  for (let distance = 1; distance < first(extent); distance *= 2)
    result = combine(
      site,
      operator,
      result,
      shifted(site, result, { axis, distance: reverse ? -distance : distance, fill: identity }),
    );
  return result;
}

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

/** The values that lie `distance` before along the axis, `fill` where there are none. */
function shifted(
  site: Site<'cumulative'>,
  x: Value,
  { axis, distance, fill }: { axis: number; distance: number; fill: number },
): Value {
  const [low, high] = [Math.max(distance, 0), Math.max(-distance, 0)];
  const along = (n: number): number[] => site.extents.map((_, i) => (i === axis ? n : 0));
  const longer = site.extents.map((extent, i) => (i === axis ? extent.map((n) => n + low + high) : extent));
  const padded = site.emit(
    'Pad',
    [x, site.emitter.ints([...along(low), ...along(high)]), site.emitter.scalar(site.dtype, fill)],
    {
      extents: longer,
    },
  );
  return sliceAxes(site, padded, [axis], [high], [low > 0 ? -low : Infinity], [1], site.extents);
}

function identityOf(operator: 'prod' | 'max' | 'min' | 'logSumExp', dtype: string): number {
  const float = dtype === 'float32';
  switch (operator) {
    case 'prod':
      return 1;
    case 'max':
      return float ? -Infinity : -(2 ** 31);
    case 'min':
      return float ? Infinity : 2 ** 31 - 1;
    case 'logSumExp':
      return -Infinity;
  }
}

function combine(site: Site<'cumulative'>, operator: 'prod' | 'max' | 'min' | 'logSumExp', a: Value, b: Value): Value {
  if (operator !== 'logSumExp') return site.emit({ prod: 'Mul', max: 'Max', min: 'Min' }[operator], [a, b]);
  const largest = site.emit('Max', [a, b]);
  // Nothing is left of ∞ − ∞.
  const infinite = site.emit('Equal', [site.emit('Abs', [largest]), site.emitter.scalar('float32', Infinity)], {
    dtype: 'bool',
  });
  const shift = site.emit('Where', [infinite, site.emitter.scalar('float32', 0), largest]);
  const exponential = (x: Value): Value => site.emit('Exp', [site.emit('Sub', [x, shift])]);
  return site.emit('Add', [site.emit('Log', [site.emit('Add', [exponential(a), exponential(b)])]), shift]);
}
