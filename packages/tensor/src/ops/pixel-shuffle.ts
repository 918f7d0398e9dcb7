/** Channels as pixels, and back. */
import { requireInteger } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { permute, reshape } from './movement.ts';

/**
 * Blocks of r × r channels become blocks of r × r pixels: [..., c·r², h, w] → [..., c, h·r, w·r], r = `upscaleFactor` (Shi et al. 2016). The dtype of x.
 *
 * Throws {@link ShapeError} where the channels do not divide, {@link ArgumentError} for a factor that is no integer ≥ 1.
 *
 * ```ts
 * await pixelShuffle(tensor([[[1]], [[2]], [[3]], [[4]]]), 2).toArray(); // [[[1, 2], [3, 4]]]
 * ```
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const { outer, channels, height, width } = partsOf('pixelShuffle', 'upscaleFactor', x, upscaleFactor);
  const r = upscaleFactor;
  if (channels % (r * r) !== 0)
    throw new ShapeError(`[pixelShuffle] the ${channels} channels of ${x} do not divide into blocks of ${r} × ${r}.`);
  const c = channels / (r * r);
  const blocks = reshape(x, [...outer, c, r, r, height, width]);
  const n = outer.length;
  return reshape(permute(blocks, [...outer.keys(), n, n + 3, n + 1, n + 4, n + 2]), [
    ...outer,
    c,
    height * r,
    width * r,
  ]);
}

/**
 * {@link pixelShuffle} taken back: [..., c, h·r, w·r] → [..., c·r², h, w], r = `downscaleFactor`.
 *
 * Throws {@link ShapeError} where height and width do not divide, {@link ArgumentError} for a factor that is no integer ≥ 1.
 *
 * ```ts
 * pixelUnshuffle(zeros([8, 3, 32, 32]), 2).shape; // [8, 12, 16, 16]
 * ```
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const { outer, channels, height, width } = partsOf('pixelUnshuffle', 'downscaleFactor', x, downscaleFactor);
  const r = downscaleFactor;
  if (height % r !== 0 || width % r !== 0)
    throw new ShapeError(`[pixelUnshuffle] height and width of ${x} do not divide by ${r}.`);
  const blocks = reshape(x, [...outer, channels, height / r, r, width / r, r]);
  const n = outer.length;
  return reshape(permute(blocks, [...outer.keys(), n, n + 2, n + 4, n + 1, n + 3]), [
    ...outer,
    channels * r * r,
    height / r,
    width / r,
  ]);
}

/**
 * Channels in another order: those of each group in turn, so that the next grouped convolution sees some of every group (Zhang et al. 2018, arXiv:1707.01083): [n, c, ...], the dtype of x.
 *
 * Throws {@link ShapeError} where the channels do not divide into the groups, {@link ArgumentError} for a number that is no integer ≥ 1.
 *
 * ```ts
 * await channelShuffle(tensor([[1, 2, 3, 4]]), 2).toArray(); // [[1, 3, 2, 4]]
 * ```
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  requireTensor('channelShuffle', 'x', x);
  requireInteger('channelShuffle', 'groups', groups, 1);
  const [n, c, ...rest] = x.shape;
  if (n === undefined || c === undefined || c % groups !== 0)
    throw new ShapeError(
      `[channelShuffle] the channels of ${x}, [batch, channels, …], do not divide into ${groups} groups.`,
    );
  const parts = reshape(x, [n, groups, c / groups, ...rest]);
  return reshape(permute(parts, [0, 2, 1, ...rest.map((_, axis) => axis + 3)]), x.shape);
}

function partsOf(
  op: string,
  name: string,
  x: Tensor,
  factor: number,
): { outer: number[]; channels: number; height: number; width: number } {
  requireTensor(op, 'x', x);
  requireInteger(op, name, factor, 1);
  if (x.ndim < 3) throw new ShapeError(`[${op}] takes images [..., channels, height, width], not ${x}.`);
  const [channels = 0, height = 0, width = 0] = x.shape.slice(-3);
  return { outer: x.shape.slice(0, -3), channels, height, width };
}
