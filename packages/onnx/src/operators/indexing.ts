/**
 * Elements at positions that are data. ONNX counts negative positions from the end and forbids those outside, so positions are limited here,
 * and what they name outside is chosen away.
 */
import { elementTypes } from '../schema.ts';
import type { Value } from '../emitter.ts';
import { first, isOne, isStatic, type Extent } from '../extents.ts';
import type { Site } from '../site.ts';
import { reshapeTo, sliceAxes } from './movement.ts';

/** A number of the model's sizes as a scalar. */
function sizeOf(site: Site, extent: Extent, dtype: 'int32'): Value {
  if (isStatic(extent)) return site.emitter.scalar(dtype, first(extent));
  const vector: Value = { name: site.extentVector('extent', extent), dtype: 'int64', extents: [site.emitter.fixed(1)] };
  const cast = site.emit('Cast', [vector], { dtype, extents: vector.extents, attributes: { to: elementTypes[dtype] } });
  return reshapeTo(site, cast, []);
}

interface Positions {
  /** Within the axis, of the extents of the index (smaller where it is broadcast). */
  readonly limited: Value;
  readonly inside: Value;
  /** The axis's extent, as a scalar. */
  readonly extent: Value;
}

function positions(site: Site, index: Value, extent: Extent): Positions {
  const options = { dtype: 'int32', extents: index.extents } as const;
  const size = sizeOf(site, extent, 'int32');
  const last = site.emit('Sub', [size, site.emitter.scalar('int32', 1)], { dtype: 'int32', extents: [] });
  const low = site.emit('Max', [index, site.emitter.scalar('int32', 0)], options);
  const limited = site.emit('Min', [low, last], options);
  const inside = site.emit('Equal', [limited, index], { dtype: 'bool', extents: index.extents });
  return { limited, inside, extent: size };
}

export function gather(site: Site<'gather'>): Value {
  const axis = site.fixed('axis');
  const index = site.input(1);
  const extents = site.inputExtents(0);
  const { limited, inside } = positions(site, index, extents[axis] ?? []);
  // An index that is the same along all other axes is one list: Gather takes whole slices.
  const behind = site.extents.length - index.extents.length;
  const isList = index.extents.every((extent, i) => i + behind === axis || isOne(extent));
  const own = index.extents[axis - behind];
  const taken =
    isList && own !== undefined
      ? site.emit('Gather', [site.full(0), reshapeTo(site, limited, [own])], {
          attributes: { axis },
          extents: extents.map((extent, i) => (i === axis ? own : extent)),
        })
      : site.emit('GatherElements', [site.full(0), site.expand(limited, site.inputExtents(1))], {
          attributes: { axis },
        });
  const outside = site.emitter.scalar(site.dtype, site.fixed('outside'));
  return site.elementwise('Where', [inside, taken, outside]);
}

/** Updates of nothing go to an element behind the last, which is cut off again. */
export function scatter(site: Site<'scatter'>): Value {
  const axis = site.fixed('axis');
  const combine = site.fixed('combine');
  const base = site.full(0);
  const { extents } = site;
  const own = extents[axis] ?? [];
  const { inside, extent } = positions(site, site.full(1), own);
  const index = site.emit('Where', [inside, site.full(1), extent], { dtype: 'int32', extents: site.inputExtents(1) });
  const longer = extents.map((n, i) => (i === axis ? n.map((size) => size + 1) : n));
  const pads = [...extents.map(() => 0), ...extents.map((_, i) => (i === axis ? 1 : 0))];
  const isBool = site.dtype === 'bool';
  const number = (value: Value): Value =>
    isBool
      ? site.emit('Cast', [value], { dtype: 'int32', extents: value.extents, attributes: { to: elementTypes.int32 } })
      : value;
  const dtype = isBool ? 'int32' : site.dtype;
  const padded = site.emit('Pad', [number(base), site.emitter.ints(pads), site.emitter.scalar(dtype, 0)], {
    dtype,
    extents: longer,
  });
  const reduction = combine === 'set' ? 'none' : combine;
  if ((combine === 'max' || combine === 'min') && site.emitter.opset < 18)
    site.fail(`ScatterElements takes the ${combine} of updates from opset 18 on`, 'Export with opset 18 or later.');
  const scattered = site.emit('ScatterElements', [padded, index, number(site.full(2))], {
    dtype,
    extents: longer,
    attributes: { axis, ...(reduction === 'none' ? {} : { reduction }) },
  });
  const cut = sliceAxes(site, scattered, [axis], [0], [-1], [1], extents);
  return isBool ? site.emit('Cast', [cut], { attributes: { to: elementTypes.bool } }) : cut;
}
