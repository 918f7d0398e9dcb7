/** Matrix products and convolutions. */
import type { ConvolutionAttributes } from '@hebb/tensor/graph';
import type { OperatorAttributes } from '../builder.ts';
import type { Value } from '../emitter.ts';
import { first, isStatic, sameExtents, type Extent } from '../extents.ts';
import type { Site } from '../site.ts';
import { reshapeTo, sliceAxes } from './movement.ts';

/** `MatMul` broadcasts batch axes itself, as long as the matrices are whole. */
export function dot(site: Site<'dot'>): Value {
  const matrices = [0, 1].map((i) => {
    const value = site.input(i);
    const whole = value.extents.length >= 2 && sameExtents(value.extents.slice(-2), site.inputExtents(i).slice(-2));
    return whole ? value : site.full(i);
  });
  const rows = matrices[0]?.extents.slice(-2, -1) ?? [];
  const columns = matrices[1]?.extents.slice(-1) ?? [];
  const batches = matrices.map((value) => value.extents.slice(0, -2));
  const full = batches.find((batch) => sameExtents(batch, site.extents.slice(0, -2)));
  if (full !== undefined) return site.emit('MatMul', matrices, { extents: [...full, ...rows, ...columns] });
  return site.emit('MatMul', [site.full(0), site.full(1)]);
}

type Convolution = Site<'conv'> | Site<'convInputGradient'> | Site<'convWeightGradient'>;

interface Geometry {
  readonly stride: number[];
  readonly dilation: number[];
  readonly low: number[];
  readonly high: number[];
  readonly groups: number;
}

function geometryOf(site: Convolution): Geometry {
  const read = (what: string, key: 'stride' | 'dilation' | 'paddingLow' | 'paddingHigh'): number[] =>
    (site as Site<'conv'>).fixedList(what, (attributes: ConvolutionAttributes) => attributes[key]);
  return {
    stride: read('stride', 'stride'),
    dilation: read('dilation', 'dilation'),
    low: read('padding', 'paddingLow'),
    high: read('padding', 'paddingHigh'),
    groups: (site as Site<'conv'>).fixed('groups'),
  };
}

/** `Conv` with pads ≥ 0; what is negative of a padding is cropped from the input first. */
export function convolve(
  site: Site,
  x: Value,
  weight: Value,
  bias: Value | undefined,
  { stride, dilation, low, high, groups }: Geometry,
  extents: readonly Extent[],
): Value {
  const attributes: OperatorAttributes = {
    strides: stride,
    dilations: dilation,
    pads: [...low, ...high].map((n) => Math.max(n, 0)),
    group: groups,
  };
  const cropped = crop(
    site,
    x,
    low.map((n) => Math.max(-n, 0)),
    high.map((n) => Math.max(-n, 0)),
  );
  return site.emit('Conv', bias === undefined ? [cropped, weight] : [cropped, weight, bias], { attributes, extents });
}

/** Cuts `low` and `high` elements off the spatial axes. */
function crop(site: Site, value: Value, low: readonly number[], high: readonly number[]): Value {
  const axes = low.map((_, i) => i).filter((i) => (low[i] ?? 0) > 0 || (high[i] ?? 0) > 0);
  if (axes.length === 0) return value;
  const extents = value.extents.map((extent, axis) =>
    extent.map((n) => n - (low[axis - 2] ?? 0) - (high[axis - 2] ?? 0)),
  );
  return sliceAxes(
    site,
    value,
    axes.map((i) => i + 2),
    axes.map((i) => low[i] ?? 0),
    axes.map((i) => ((high[i] ?? 0) > 0 ? -(high[i] ?? 0) : Infinity)),
    axes.map(() => 1),
    extents,
  );
}

export function conv(site: Site<'conv'>): Value {
  return convolve(site, site.full(0), site.full(1), undefined, geometryOf(site), site.extents);
}

/** The transpose of a convolution: in full, then cropped or padded to the input's size. */
export function convInputGradient(site: Site<'convInputGradient'>): Value {
  const { stride, dilation, low, high, groups } = geometryOf(site);
  const dy = site.full(0);
  const weight = site.full(1);
  const size = site.extents.slice(2);
  /** Extents of the transpose without padding, and what of it lies behind the input on each axis. */
  const whole = size.map((_, i) =>
    transposedExtent(dy.extents[i + 2] ?? [], weight.extents[i + 2] ?? [], stride[i] ?? 1, dilation[i] ?? 1),
  );
  const rest = whole.map((extent, i) => {
    const behind = extent.map((n, trace) => n - (low[i] ?? 0) - (size[i]?.[trace] ?? 0));
    return isStatic(behind) ? first(behind) : site.fail('the size of its result is not tied to the size of its input');
  });
  const outputPadding = rest.map((n, i) => (high[i] ?? 0) - n);
  const attributes: OperatorAttributes = { strides: stride, dilations: dilation, group: groups };
  const standard =
    [...low, ...high].every((n) => n >= 0) &&
    outputPadding.every((n, i) => n >= 0 && n < Math.max(stride[i] ?? 1, dilation[i] ?? 1));
  if (standard) {
    return site.emit('ConvTranspose', [dy, weight], {
      attributes: {
        ...attributes,
        pads: [...low, ...high],
        ...(outputPadding.some((n) => n > 0) && { output_padding: outputPadding }),
      },
    });
  }
  const full = site.emit('ConvTranspose', [dy, weight], {
    attributes,
    extents: [...site.extents.slice(0, 2), ...whole],
  });
  const cropped = crop(
    site,
    full,
    low.map((n) => Math.max(n, 0)),
    rest.map((n) => Math.max(n, 0)),
  );
  const pads = [0, 0, ...low.map((n) => Math.max(-n, 0)), 0, 0, ...rest.map((n) => Math.max(-n, 0))];
  if (pads.every((n) => n === 0)) return cropped;
  return site.emit('Pad', [cropped, site.emitter.ints(pads)]);
}

function transposedExtent(dy: Extent, kernel: Extent, stride: number, dilation: number): number[] {
  return dy.map((n, trace) => (n - 1) * stride + dilation * ((kernel[trace] ?? 1) - 1) + 1);
}

/**
 * ∂/∂w is a convolution of x with dy as its kernel, batch and channels swapped, stride and dilation swapped; it may reach past the
 * kernel's size where the stride left elements of x unread. Of g groups, x is [channels, g · batch, …] and dy [g · outputs, batch, …].
 */
export function convWeightGradient(site: Site<'convWeightGradient'>): Value {
  const { stride, dilation, low, high, groups } = geometryOf(site);
  const swap = [1, 0, ...stride.map((_, i) => i + 2)];
  const permuted = (value: Value, perm: readonly number[]): Value =>
    site.emit('Transpose', [value], { attributes: { perm }, extents: perm.map((axis) => value.extents[axis] ?? []) });
  const channelsFirst = (value: Value): Value => {
    if (groups === 1) return permuted(value, swap);
    const [batch = [], channels = [], ...spatial] = value.extents;
    const apart = [batch, site.emitter.fixed(groups), channels.map((n) => n / groups), ...spatial];
    const parted = permuted(reshapeTo(site, value, apart), [2, 1, 0, ...spatial.map((_, i) => i + 3)]);
    return reshapeTo(site, parted, [channels.map((n) => n / groups), batch.map((n) => n * groups), ...spatial]);
  };
  const x = channelsFirst(site.full(0));
  const dy = permuted(site.full(1), swap);
  const size = stride.map((_, i) => {
    const padded = (x.extents[i + 2] ?? []).map((n) => n + (low[i] ?? 0) + (high[i] ?? 0));
    return padded.map(
      (n, trace) =>
        Math.floor((n - (stride[i] ?? 1) * ((dy.extents[i + 2]?.[trace] ?? 1) - 1) - 1) / (dilation[i] ?? 1)) + 1,
    );
  });
  const channels = [x.extents[0] ?? [], dy.extents[0] ?? []];
  const product = convolve(site, x, dy, undefined, { stride: dilation, dilation: stride, low, high, groups }, [
    ...channels,
    ...size,
  ]);
  const axes = size.map((_, i) => i + 2);
  const ends = axes.map((axis) => first(site.extents[axis] ?? []));
  const fits = sameExtents(size, site.extents.slice(2));
  const cut = fits
    ? product
    : sliceAxes(
        site,
        product,
        axes,
        axes.map(() => 0),
        ends,
        axes.map(() => 1),
        [...channels, ...site.extents.slice(2)],
      );
  return permuted(cut, swap);
}
