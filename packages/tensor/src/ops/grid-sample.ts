/** Images read at places that are computed. */
import {
  checkOptions,
  requireArray,
  requireBoolean,
  requireOneOf,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { sizeOf } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { iota } from './creation.ts';
import { where } from './comparison.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { gatherNode } from './indexing.ts';
import { broadcastTo, concat, narrow, reshape } from './movement.ts';
import { inFloat32 } from './operands.ts';

const modes = ['bilinear', 'nearest', 'bicubic'] as const;
const paddingModes = ['zeros', 'border', 'reflection'] as const;

export interface GridSampleOptions {
  /** 'bilinear' (default; of volumes over eight neighbours), 'nearest' (halves to even), or 'bicubic' (a = −0.75; images alone). */
  mode?: (typeof modes)[number];
  /** What lies outside of the image: 'zeros' (default), the 'border', or the image in mirror image ('reflection'). */
  paddingMode?: (typeof paddingModes)[number];
  /** Whether −1 and 1 are the centres of the corner pixels (else the edges of the image). Default false. */
  alignCorners?: boolean;
}

const gridSampleOptions: OptionNames<GridSampleOptions> = {
  mode: true,
  paddingMode: true,
  alignCorners: requireBoolean,
};

/**
 * Images sampled where a grid says, as `torch.nn.functional.grid_sample`; float16 of float16, else float32: x [n, c, h, w], grid [n, oh, ow, 2] → [n, c, oh, ow]. A grid point is (x, y), −1 to 1 from the
 * left (upper) to the right (lower) edge. Volumes [n, c, d, h, w] take a grid [n, od, oh, ow, 3] of (x, y, z). Differentiable in both, but for 'nearest' in the image alone.
 *
 * Throws {@link ShapeError} where shapes do not fit, {@link ArgumentError} for unknown modes.
 *
 * ```ts
 * const image = tensor([[[[1, 2], [3, 4]]]]);
 * await gridSample(image, tensor([[[[0, 0], [-0.5, 0.5]]]])).toArray(); // [[[[2.5, 3]]]]
 * ```
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const op = 'gridSample';
  requireTensor(op, 'x', x);
  requireTensor(op, 'the grid', grid);
  checkOptions(op, options, gridSampleOptions);
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  requireOneOf(op, 'mode', mode, modes);
  requireOneOf(op, 'paddingMode', paddingMode, paddingModes);
  const axes = x.ndim - 2;
  if (axes !== 2 && axes !== 3)
    throw new ShapeError(`[${op}] takes images [n, c, h, w] or volumes [n, c, d, h, w], not ${x}.`);
  if (grid.ndim !== x.ndim || grid.shape[0] !== x.shape[0] || grid.shape.at(-1) !== axes)
    throw new ShapeError(`[${op}] the grid of ${x} is [${x.shape[0]}, …, ${axes}] of ${x.ndim} axes, not ${grid}.`);
  const spatial = x.shape.slice(2);
  if (spatial.some((n) => n === 0)) throw new ShapeError(`[${op}] there are no pixels in ${x}.`);
  if (mode === 'bicubic' && axes !== 2)
    throw new ArgumentError(`[${op}] mode 'bicubic' is for images, [n, c, h, w], not for ${x}.`);
  if (x.dtype === 'float16') return inFloat32(x, (wide) => gridSample(wide, grid, options));
  return compose(gridSampleDefinition, { mode, paddingMode, alignCorners }, [x, grid]);
}

interface Sampling {
  readonly mode: string;
  readonly paddingMode: string;
  readonly alignCorners: boolean;
  readonly [name: string]: string | boolean;
}

export const gridSampleDefinition: CompositeDefinition<Sampling> = {
  name: 'gridSample',
  body: (attributes, x, grid) => sampled(x, grid, attributes),
};

function sampled(x: Tensor, grid: Tensor, { mode, paddingMode, alignCorners }: Sampling): Tensor {
  const axes = x.ndim - 2;
  const spatial = x.shape.slice(2);
  const [batch = 0, channels = 0] = x.shape;
  const places = grid.shape.slice(1, -1);
  const pixels = reshape(x.to('float32'), [batch, channels, sizeOf(spatial)]);
  // The grid's last axis is in the order x, y, z; the image's axes are z, y, x.
  const coordinates = spatial.map((extent, axis) => {
    const g = reshape(narrow(grid.to('float32'), -1, axes - 1 - axis, 1), [batch, 1, sizeOf(places)]);
    return alignCorners
      ? g.add(1).mul((extent - 1) / 2)
      : g
          .add(1)
          .mul(extent / 2)
          .sub(0.5);
  });
  const bordered = (position: Tensor, axis: number): Tensor =>
    intoImage(position, spatial[axis] ?? 1, paddingMode, alignCorners);
  // Cubic neighbours are brought into the image one by one, others with the point.
  const points = mode === 'bicubic' ? coordinates : coordinates.map(bordered);
  const taps = points.map((point) => tapsOf(point, mode as (typeof modes)[number]));
  const combine = (axis: number, position: Tensor | undefined, weight: Tensor | undefined): Tensor => {
    if (axis === axes) return read(pixels, position as Tensor, weight);
    const parts = (taps[axis] ?? []).map(({ at, weight: own }) => {
      const place = mode === 'bicubic' ? bordered(at, axis) : at;
      const extent = spatial[axis] ?? 1;
      const inside = place.greaterEqual(0).and(place.lessEqual(extent - 1));
      const index = place.to('int32');
      const known = where(inside, index, -1);
      const joined =
        position === undefined ? known : where(position.less(0).or(known.less(0)), -1, position.mul(extent).add(known));
      return combine(axis + 1, joined, own === undefined ? weight : weight === undefined ? own : weight.mul(own));
    });
    return parts.reduce((sum, part) => sum.add(part));
  };
  return reshape(combine(0, undefined, undefined), [batch, channels, ...places]);
}

/** Pixels at flat positions [n, 1, p], times weights; 0 where the position is negative. */
function read(pixels: Tensor, position: Tensor, weight: Tensor | undefined): Tensor {
  const shape = [pixels.shape[0] ?? 0, pixels.shape[1] ?? 0, position.shape[2] ?? 0];
  const elements = gatherNode(pixels, 2, broadcastTo(position, shape), 0);
  return weight === undefined ? elements : elements.mul(weight);
}

/** A coordinate that lies outside, moved into the image where the padding says so. */
function intoImage(position: Tensor, extent: number, mode: string, alignCorners: boolean): Tensor {
  if (mode === 'zeros') return position;
  if (mode === 'border') return position.clamp(0, extent - 1);
  const [low, high] = alignCorners ? [0, extent - 1] : [-0.5, extent - 0.5];
  const span = high - low;
  if (span === 0) return position.mul(0);
  // There and back again is a period; the distance from its middle is a zigzag.
  const distance = position.sub(low).abs();
  const turns = distance.div(span).floor().detach();
  const rest = distance.sub(turns.mul(span));
  const isBack = turns.sub(turns.mul(0.5).floor().mul(2)).equal(1);
  return where(isBack, rest.neg().add(high), rest.add(low)).clamp(0, extent - 1);
}

interface Tap {
  readonly at: Tensor;
  readonly weight: Tensor | undefined;
}

function tapsOf(point: Tensor, mode: (typeof modes)[number]): Tap[] {
  if (mode === 'nearest') return [{ at: point.round().detach(), weight: undefined }];
  const base = point.floor().detach();
  const offset = point.sub(base);
  if (mode === 'bilinear')
    return [
      { at: base, weight: offset.neg().add(1) },
      { at: base.add(1), weight: offset },
    ];
  return [-1, 0, 1, 2].map((tap) => ({ at: base.add(tap), weight: cubicWeight(offset, tap) }));
}

/** Keys' kernel of cubic convolution with a = −0.75 at the distance |offset − tap|. */
function cubicWeight(offset: Tensor, tap: number): Tensor {
  const a = -0.75;
  const d = tap <= 0 ? offset.sub(tap) : offset.neg().add(tap);
  if (tap === 0 || tap === 1)
    return d
      .mul(a + 2)
      .sub(a + 3)
      .mul(d.square())
      .add(1);
  return d
    .mul(a)
    .sub(5 * a)
    .mul(d)
    .add(8 * a)
    .mul(d)
    .sub(4 * a);
}

export interface AffineGridOptions {
  /** Whether −1 and 1 are the centres of the corner pixels (else the edges of the image), as in {@link gridSample}. Default false. */
  alignCorners?: boolean;
}

const affineGridOptions: OptionNames<AffineGridOptions> = { alignCorners: requireBoolean };

/**
 * The grid of an affine map for {@link gridSample}, float16 of float16, else float32: theta [n, 2, 3] and the size [n, c, h, w] of the result → [n, h, w, 2], at each pixel θ · (x, y, 1); [n, 3, 4] and
 * [n, c, d, h, w] → [n, d, h, w, 3].
 *
 * Throws {@link ShapeError} where theta does not fit the size, {@link ArgumentError} for a size that is no list of integers ≥ 1.
 *
 * ```ts
 * const mirrored = affineGrid(tensor([[[-1, 0, 0], [0, 1, 0]]]), [1, 1, 1, 2]);
 * await gridSample(tensor([[[[1, 2]]]]), mirrored).toArray(); // [[[[2, 1]]]]
 * ```
 */
export function affineGrid(theta: Tensor, size: readonly number[], options: AffineGridOptions = {}): Tensor {
  const op = 'affineGrid';
  requireTensor(op, 'theta', theta);
  requireArray(op, 'size', size);
  checkOptions(op, options, affineGridOptions);
  const { alignCorners = false } = options;
  if ((size.length !== 4 && size.length !== 5) || size.some((n) => !Number.isInteger(n) || n < 1))
    throw wrongArgument(op, 'size', 'the size of images, [n, c, h, w] or [n, c, d, h, w], of integers ≥ 1', size);
  const axes = size.length - 2;
  const [batch = 1, , ...spatial] = size;
  if (theta.ndim !== 3 || theta.shape[0] !== batch || theta.shape[1] !== axes || theta.shape[2] !== axes + 1)
    throw new ShapeError(
      `[${op}] of a size [${size.join(', ')}] takes theta [${batch}, ${axes}, ${axes + 1}], not ${theta}.`,
    );
  if (theta.dtype === 'float16') return inFloat32(theta, (wide) => affineGrid(wide, size, options));
  const ones = spatial.map(() => 1);
  const factors = theta.to('float32');
  // θ[:, row, column] against the coordinate of one axis.
  const entry = (row: number, column: number): Tensor =>
    reshape(narrow(narrow(factors, 1, row, 1), 2, column, 1), [batch, ...ones, 1]);
  const coordinates = spatial.map((extent, axis) => {
    const i = iota([1, ...ones.map((_, other) => (other === axis ? extent : 1)), 1], axis + 1).to('float32');
    if (!alignCorners) return i.mul(2).add(1).div(extent).sub(1);
    return extent === 1
      ? i
      : i
          .mul(2)
          .div(extent - 1)
          .sub(1);
  });
  const rows = Array.from({ length: axes }, (_, row) =>
    coordinates
      // The first column is that of x, the last spatial axis.
      .map((coordinate, axis) => entry(row, axes - 1 - axis).mul(coordinate))
      .reduce((sum, term) => sum.add(term), entry(row, axes)),
  );
  return concat(rows, -1);
}
