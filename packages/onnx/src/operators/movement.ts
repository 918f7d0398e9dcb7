/** Operations that move elements. */
import type { Value } from '../emitter.ts';
import { first, isOne, isStatic, sameExtent, sameExtents, type Extent } from '../extents.ts';
import type { Site } from '../site.ts';

/** Another shape for a full value, in the simplest operator that gives it for every size of the inputs. */
export function reshapeTo(site: Site, value: Value, extents: readonly Extent[]): Value {
  if (sameExtents(value.extents, extents)) return value;
  const options = { dtype: value.dtype, extents };
  const inserted = insertedOnes(value.extents, extents);
  if (inserted !== undefined) return site.emit('Unsqueeze', [value, site.emitter.ints(inserted)], options);
  const removed = insertedOnes(extents, value.extents);
  if (removed !== undefined) return site.emit('Squeeze', [value, site.emitter.ints(removed)], options);

  const empty = extents.some((extent) => isStatic(extent) && first(extent) === 0);
  // In a shape, 0 keeps the extent at its place and one −1 is computed from the others.
  const parts = extents.map((extent, axis): number | Extent => {
    if (isStatic(extent)) return first(extent);
    const own = value.extents[axis];
    return !empty && own !== undefined && sameExtent(own, extent) ? 0 : extent;
  });
  const open = parts.filter((part) => typeof part !== 'number');
  const inferred = empty
    ? undefined
    : (open.find((extent) => site.emitter.expression(extent) === undefined) ?? open.at(-1));
  let used = false;
  const dims = parts.map((part) => {
    if (typeof part === 'number') return part;
    if (part === inferred && !used) {
      used = true;
      return -1;
    }
    return site.extentVector('new shape', part);
  });
  const shape = site.emitter.vectorOf(dims, site.name('Reshape/shape'));
  return site.emit('Reshape', [value, shape], { ...options, ...(empty && { attributes: { allowzero: 1 } }) });
}

/** The positions of the ones that make `longer` out of `shorter`, or undefined where that is not all. */
function insertedOnes(shorter: readonly Extent[], longer: readonly Extent[]): number[] | undefined {
  if (longer.length <= shorter.length) return undefined;
  const positions: number[] = [];
  let next = 0;
  longer.forEach((extent, axis) => {
    const expected = shorter[next];
    if (expected !== undefined && sameExtent(expected, extent)) next++;
    else if (isOne(extent)) positions.push(axis);
    else next = Infinity;
  });
  return next === shorter.length ? positions : undefined;
}

export function reshape(site: Site<'reshape'>): Value {
  return reshapeTo(site, site.full(0), site.extents);
}

export function transpose(site: Site<'transpose'>): Value {
  return site.emit('Transpose', [site.full(0)], { attributes: { perm: site.fixed('permutation') } });
}

/** The users broadcast, or expand the value where they do not. */
export function broadcast(site: Site<'broadcast'>): Value {
  return site.input(0);
}

export function detach(site: Site<'detach'>): Value {
  return site.input(0);
}

/** x[start : start + step·(n − 1) + 1 : step] per axis; positions near the end are counted from there. */
export function slice(site: Site<'slice'>): Value {
  const value = site.full(0);
  const starts = site.list((attributes) => attributes.starts);
  const steps = site.fixedList('step', (attributes) => attributes.steps);
  const axes: number[] = [];
  const from: (number | string)[] = [];
  const to: (number | string)[] = [];
  const stride: number[] = [];
  site.extents.forEach((extent, axis) => {
    const size = value.extents[axis] ?? [];
    const step = steps[axis] ?? 1;
    if (step === 1 && sameExtent(size, extent)) return;
    const start = starts[axis] ?? [];
    const stop = extent.map((n, trace) => (start[trace] ?? 0) + (n === 0 ? 0 : step * (n - 1) + 1));
    const toEnd = extent.every((n, trace) => n > 0 && (stop[trace] ?? 0) + step > (size[trace] ?? 0));
    axes.push(axis);
    from.push(position(site, 'start', start, size));
    to.push(toEnd ? Infinity : position(site, 'stop', stop, size));
    stride.push(step);
  });
  return sliceAxes(site, value, axes, from, to, stride, site.extents);
}

function position(site: Site<'slice'>, what: string, index: Extent, size: Extent): number | string {
  if (isStatic(index)) return first(index);
  const behind = index.map((n, trace) => n - (size[trace] ?? 0));
  return isStatic(behind) && first(behind) < 0 ? first(behind) : site.extentVector(what, index);
}

/** `Slice` along some axes. */
export function sliceAxes(
  site: Site,
  value: Value,
  axes: readonly number[],
  starts: readonly (number | string)[],
  ends: readonly (number | string)[],
  steps: readonly number[],
  extents: readonly Extent[],
): Value {
  const { emitter } = site;
  const inputs = [
    emitter.vectorOf(starts, site.name('Slice/starts')),
    emitter.vectorOf(ends, site.name('Slice/ends')),
    emitter.ints(axes),
    emitter.ints(steps),
  ];
  return site.emit('Slice', [value, ...inputs], { dtype: value.dtype, extents });
}

export function pad(site: Site<'pad'>): Value {
  const interior = site.fixedList('interior padding', (attributes) => attributes.interior);
  const value = interior.reduce(
    (current, gap, axis) => (gap === 0 ? current : spread(site, current, axis, gap)),
    site.full(0),
  );
  const low = site.list((attributes) => attributes.low);
  const high = site.list((attributes) => attributes.high);
  if ([...low, ...high].every((extent) => extent.every((n) => n === 0))) return value;
  const parts = [...low, ...high].map((extent) =>
    isStatic(extent) ? first(extent) : site.extentVector('padding', extent),
  );
  const pads = site.emitter.vectorOf(parts, site.name('Pad/pads'));
  return site.emit('Pad', [value, pads, site.emitter.scalar(site.dtype, site.fixed('value'))]);
}

/** Puts `gap` fillers between neighbours: an axis of its own for each element is padded and merged, and the last fillers cut off. */
function spread(site: Site<'pad'>, value: Value, axis: number, gap: number): Value {
  const { emitter } = site;
  const own = value.extents[axis] ?? [];
  if (own.some((n) => n === 0)) return value;
  const replaced = (extent: Extent, ...more: Extent[]): Extent[] => [
    ...value.extents.slice(0, axis),
    extent,
    ...more,
    ...value.extents.slice(axis + 1),
  ];
  const one = emitter.fixed(1);
  const column = site.emit('Unsqueeze', [value, emitter.ints([axis + 1])], { extents: replaced(own, one) });
  const pads = [...column.extents.map(() => 0), ...column.extents.map((_, i) => (i === axis + 1 ? gap : 0))];
  const padded = site.emit('Pad', [column, emitter.ints(pads), emitter.scalar(site.dtype, site.fixed('value'))], {
    extents: replaced(own, emitter.fixed(gap + 1)),
  });
  const merged = reshapeTo(site, padded, replaced(own.map((n) => n * (gap + 1))));
  return sliceAxes(site, merged, [axis], [0], [-gap], [1], replaced(own.map((n) => n * (gap + 1) - gap)));
}

export function flip(site: Site<'flip'>): Value {
  const axes = site.fixed('axes');
  return sliceAxes(
    site,
    site.full(0),
    axes,
    axes.map(() => -1),
    axes.map(() => -Infinity),
    axes.map(() => -1),
    site.extents,
  );
}

export function concat(site: Site<'concat'>): Value {
  return site.emit(
    'Concat',
    site.inputs.map((_, i) => site.full(i)),
    { attributes: { axis: site.fixed('axis') } },
  );
}
