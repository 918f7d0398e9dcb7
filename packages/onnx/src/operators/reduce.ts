/** Reductions. */
import { elementTypes } from '../schema.ts';
import type { Value } from '../emitter.ts';
import type { Site } from '../site.ts';

export function sum(site: Site<'sum'>): Value {
  return site.emit('ReduceSum', [site.full(0), site.emitter.ints(site.fixed('axes'))], {
    attributes: { keepdims: 0 },
  });
}

/** The axes of all but ReduceSum became an input with opset 18. */
function reduction(
  opType: 'ReduceMax' | 'ReduceMin' | 'ReduceProd',
): (site: Site<'max'> | Site<'min'> | Site<'prod'>) => Value {
  return (site) => {
    const axes = site.fixed('axes');
    if (site.emitter.opset >= 18)
      return site.emit(opType, [site.full(0), site.emitter.ints(axes)], { attributes: { keepdims: 0 } });
    return site.emit(opType, [site.full(0)], { attributes: { axes, keepdims: 0 } });
  };
}

export const prod: (site: Site<'prod'>) => Value = reduction('ReduceProd');
export const max: (site: Site<'max'>) => Value = reduction('ReduceMax');
export const min: (site: Site<'min'>) => Value = reduction('ReduceMin');

export function argmax(site: Site<'argmax'>): Value {
  const index = site.emit('ArgMax', [site.full(0)], {
    dtype: 'int64',
    attributes: { axis: site.fixed('axis'), keepdims: 0 },
  });
  return site.emit('Cast', [index], { attributes: { to: elementTypes.int32 } });
}
