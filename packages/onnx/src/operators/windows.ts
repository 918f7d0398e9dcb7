/** Sliding windows, which ONNX knows only inside of pooling and convolution: gathered and scattered here. */
import type { Value } from '../emitter.ts';
import { first, isStatic, type Extent } from '../extents.ts';
import type { Site } from '../site.ts';
import { reshapeTo } from './movement.ts';

/** [..., S] → [..., O, K]: one `Gather` per axis with the matrix of positions o·stride + k·dilation. */
export function unfold(site: Site<'unfold'>): Value {
  const kernel = site.fixedList('kernel', (attributes) => attributes.kernel);
  const stride = site.fixedList('stride', (attributes) => attributes.stride);
  const dilation = site.fixedList('dilation', (attributes) => attributes.dilation);
  const axes = kernel.length;
  const outer = site.extents.length - 2 * axes;
  let value = site.full(0);
  for (let i = axes - 1; i >= 0; i--) {
    const axis = outer + i;
    const count = site.extents[outer + i] ?? [];
    const width = site.extents[outer + axes + i] ?? [];
    const reach = (dilation[i] ?? 1) * (first(width) - 1) + 1;
    const positions = windowPositions(
      site,
      count,
      () => countWindows(site, value, axis, reach, stride[i] ?? 1),
      first(width),
      stride[i] ?? 1,
      dilation[i] ?? 1,
    );
    const extents = [...value.extents.slice(0, axis), count, width, ...value.extents.slice(axis + 1)];
    value = site.emit('Gather', [value, positions], { attributes: { axis }, extents });
  }
  // [..., O1, K1, O2, K2] → [..., O1, O2, K1, K2]
  const inner = Array.from({ length: axes }, (_, i) => outer + 2 * i);
  const permutation = [...Array.from({ length: outer }, (_, i) => i), ...inner, ...inner.map((i) => i + 1)];
  return axes === 1 ? value : site.emit('Transpose', [value], { attributes: { perm: permutation } });
}

/** ⌊(S − reach) / stride⌋ + 1 from the size that an axis has when the file runs, as a scalar. */
function countWindows(site: Site<'unfold'>, value: Value, axis: number, reach: number, stride: number): string {
  const { emitter } = site;
  const scalar = { dtype: 'int64', extents: [] } as const;
  const number = (n: number): string => emitter.builder.constant('int64', [], [n]);
  const vector = emitter.builder.node('Shape', [value.name], { start: axis, end: axis + 1 }, site.name('Shape'));
  const size = site.emit('Squeeze', [vector, emitter.ints([0])], scalar);
  const room = site.emit('Sub', [size, number(reach)], scalar);
  return site.emit('Add', [site.emit('Div', [room, number(stride)], scalar), number(1)], scalar).name;
}

function windowPositions(
  site: Site<'unfold'>,
  count: Extent,
  counted: () => string,
  width: number,
  stride: number,
  dilation: number,
): string | Value {
  const { emitter } = site;
  const offsets = Array.from({ length: width }, (_, k) => k * dilation);
  if (isStatic(count)) {
    const starts = Array.from({ length: first(count) }, (_, o) => o * stride);
    return emitter.builder.constant(
      'int64',
      [first(count), width],
      starts.flatMap((start) => offsets.map((offset) => start + offset)),
    );
  }
  const int64 = { dtype: 'int64', extents: [count] } as const;
  const limit = emitter.extentScalar(count) ?? counted();
  const range = site.emit(
    'Range',
    [emitter.builder.constant('int64', [], [0]), limit, emitter.builder.constant('int64', [], [1])],
    int64,
  );
  const starts =
    stride === 1 ? range : site.emit('Mul', [range, emitter.builder.constant('int64', [], [stride])], int64);
  const column = site.emit('Unsqueeze', [starts, emitter.ints([1])], {
    dtype: 'int64',
    extents: [count, emitter.fixed(1)],
  });
  return site.emit('Add', [column, emitter.ints(offsets)], { dtype: 'int64', extents: [count, emitter.fixed(width)] });
}

/**
 * [..., O, K] → [..., S], overlapping elements summed: along each axis a product with the 0/1 matrix [O·K, S] that says where an
 * element of a window lies.
 */
export function fold(site: Site<'fold'>): Value {
  const { emitter } = site;
  const kernel = site.fixedList('kernel', (attributes) => attributes.kernel);
  const stride = site.fixedList('stride', (attributes) => attributes.stride);
  const dilation = site.fixedList('dilation', (attributes) => attributes.dilation);
  const size = site.fixedList('size', (attributes) => attributes.size);
  const axes = kernel.length;
  const counts = site
    .inputExtents(0)
    .slice(-2 * axes, -axes)
    .map(first);
  const outer = site.extents.slice(0, -axes);
  const leading = outer.map((_, i) => i);
  const dtype = site.dtype;

  // [..., O1, O2, K1, K2] → [..., O1, K1, O2, K2]
  const pairs = kernel.flatMap((_, i) => [outer.length + i, outer.length + axes + i]);
  let value = site.full(0);
  if (axes > 1) {
    const perm = [...leading, ...pairs];
    value = site.emit('Transpose', [value], {
      attributes: { perm },
      extents: perm.map((axis) => value.extents[axis] ?? []),
    });
  }
  // The last pair becomes one axis of the result, which moves before the pairs that are left.
  for (let i = axes - 1; i >= 0; i--) {
    const [count, width, target] = [counts[i] ?? 0, kernel[i] ?? 0, size[i] ?? 0];
    const rest = value.extents.slice(0, -2);
    const flat = reshapeTo(site, value, [...rest, emitter.fixed(count * width)]);
    const matrix = new Array<number>(count * width * target).fill(0);
    for (let o = 0; o < count; o++) {
      for (let k = 0; k < width; k++)
        matrix[(o * width + k) * target + o * (stride[i] ?? 1) + k * (dilation[i] ?? 1)] = 1;
    }
    const placed = emitter.builder.constant(dtype, [count * width, target], matrix);
    value = site.emit('MatMul', [flat, placed], { extents: [...rest, emitter.fixed(target)] });
    if (axes > 1) {
      const rank = value.extents.length;
      const perm = [
        ...leading,
        rank - 1,
        ...Array.from({ length: rank - 1 - outer.length }, (_, j) => outer.length + j),
      ];
      value = site.emit('Transpose', [value], {
        attributes: { perm },
        extents: perm.map((axis) => value.extents[axis] ?? []),
      });
    }
  }
  return value;
}
