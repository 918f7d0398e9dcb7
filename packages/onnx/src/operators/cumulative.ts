/**
 * What goes along an axis in order. ONNX has CumSum, and from opset 26 on CumProd. The others are made in log₂ n steps, each of which combines with what lies 1, 2, 4, … before;
 * along an axis of free size by `Scan`, one element after the other.
 */
import type { Value } from '../emitter.ts';
import { first, isStatic, type Extent } from '../extents.ts';
import { Site } from '../site.ts';
import { infoOf } from './loops.ts';
import { sliceAxes } from './movement.ts';

type Combination = 'prod' | 'max' | 'min' | 'logSumExp';

export function cumulative(site: Site<'cumulative'>): Value {
  const axis = site.fixed('axis');
  const operator = site.fixed('operator');
  const reverse = site.fixed('reverse');
  const x = site.full(0);
  if (operator === 'sum' || (operator === 'prod' && site.emitter.opset >= 26)) {
    const position = site.emitter.scalar('int32', axis);
    const opType = operator === 'sum' ? 'CumSum' : 'CumProd';
    return site.emit(opType, [x, position], { attributes: reverse ? { reverse: 1 } : {} });
  }
  const extent = site.extents[axis] ?? [];
  const identity = identityOf(operator, site.dtype);
  if (!isStatic(extent)) return stepByStep(site, operator, x, identity);
  let result = x;
  for (let distance = 1; distance < first(extent); distance *= 2) {
    const before = shifted(site, result, { axis, distance: reverse ? -distance : distance, fill: identity });
    result = combine(site, operator, result, before, site.extents);
  }
  return result;
}

/** The step combines what has been with the next elements of all rows. */
function stepByStep(site: Site<'cumulative'>, operator: Combination, x: Value, identity: number): Value {
  const axis = site.fixed('axis');
  const direction = site.fixed('reverse') ? 1 : 0;
  const { dtype, emitter } = site;
  const rows = x.extents.filter((_, i) => i !== axis);
  const start = site.expand(emitter.scalar(dtype, identity), rows);
  const inside = emitter.inside();
  const value = (name: string): Value => ({ name: inside.builder.unique(site.name(name)), dtype, extents: rows });
  const [before, element] = [value('Scan/carry'), value('Scan/x')];
  const next = combine(new Site(inside, site.node, [], site.module), operator, before, element, rows);
  const stacked = inside.builder.node('Identity', [next.name], {}, site.name('Scan/Identity'));
  const info = (name: string): ReturnType<typeof infoOf> => infoOf(inside, name, dtype, rows);
  const body = {
    name: site.name('Scan/step'),
    node: inside.builder.nodes,
    input: [before, element].map(({ name }) => info(name)),
    output: [next.name, stacked].map(info),
  };
  const attributes = {
    body: { graph: body },
    num_scan_inputs: 1,
    scan_input_axes: [axis],
    scan_output_axes: [axis],
    scan_input_directions: [direction],
    scan_output_directions: [direction],
  };
  const outputs = [site.name('Scan/last'), site.name('Scan/steps')];
  const [, name = ''] = emitter.builder.several('Scan', [start.name, x.name], attributes, site.name('Scan'), outputs);
  return emitter.register({ name, dtype, extents: site.extents });
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

function identityOf(operator: Combination, dtype: string): number {
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

function combine(
  site: Site<'cumulative'>,
  operator: Combination,
  a: Value,
  b: Value,
  extents: readonly Extent[],
): Value {
  const apply = (opType: string, ...inputs: readonly Value[]): Value => site.emit(opType, inputs, { extents });
  if (operator !== 'logSumExp') return apply({ prod: 'Mul', max: 'Max', min: 'Min' }[operator], a, b);
  const largest = apply('Max', a, b);
  // Nothing is left of ∞ − ∞.
  const infinity = site.emitter.scalar('float32', Infinity);
  const infinite = site.emit('Equal', [apply('Abs', largest), infinity], { dtype: 'bool', extents });
  const shift = apply('Where', infinite, site.emitter.scalar('float32', 0), largest);
  const exponential = (x: Value): Value => apply('Exp', apply('Sub', x, shift));
  return apply('Add', apply('Log', apply('Add', exponential(a), exponential(b))), shift);
}
