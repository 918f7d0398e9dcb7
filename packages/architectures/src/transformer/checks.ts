/** Checks that the architectures of this folder share. */
import { KeyValueCache } from '@hebb/layers';
import { ArgumentError, DTypeError, ShapeError, type Tensor } from '@hebb/tensor';
import {
  requireArray,
  requireInteger,
  requireOptions,
  requireTensor,
  wrongArgument,
  type Check,
} from '@hebb/tensor/arguments';
import { isInside, requireMask } from '../recurrent/lengths.ts';

/** A check for a number of layers. Deeper ones are mistakes: the deepest transformers have a thousand layers (Wang et al. 2022, arXiv:2203.00555). */
export const depth: Check = (where, name, value) => requireInteger(where, name, value, 1, 1024);

/** Texts int32[batch, length], each of at most `longest` tokens. */
export function requireTexts(where: string, ids: Tensor, longest: number, name = 'texts'): void {
  requireTensor(where, name, ids);
  if (ids.ndim !== 2)
    throw new ShapeError(`[${where}] takes ${name} [batch, length] of numbers of tokens, not ${ids}.`, {
      hint: ids.ndim === 1 ? 'A single text needs an axis in front: ids.unsqueeze(0).' : 'It looks tokens up itself.',
    });
  if (ids.dtype !== 'int32')
    throw new DTypeError(`[${where}] takes ${name} of int32, not ${ids}.`, { hint: "Make them with tensor(ids, { dtype: 'int32' }), or convert them with .to('int32')." }); // prettier-ignore
  const [, length = 0] = ids.shape;
  if (length > longest)
    throw new ShapeError(`[${where}] has positions for ${longest} tokens, and ${name} are ${ids}.`, {
      hint: `Leave the beginning out, or make it with a larger contextLength.`,
    });
}

/** Throws `ArgumentError` unless there is a cache for each layer, where there are any. */
export function requireCaches(where: string, caches: readonly KeyValueCache[] | undefined, layers: number): void {
  if (caches === undefined) return;
  requireArray(where, 'caches', caches);
  if (caches.length !== layers)
    throw new ArgumentError(`[${where}] takes a cache for each of its ${layers} layers, not ${caches.length}.`, {
      hint: 'createCaches({ batch, capacity }) makes them.',
    });
  caches.forEach((cache, i) => {
    if (!(cache instanceof KeyValueCache)) throw wrongArgument(where, `caches[${i}]`, 'a KeyValueCache', cache);
  });
}

export interface CacheSizes {
  /** Number of texts. */
  readonly batch: number;
  /** Tokens that there is room for. */
  readonly capacity: number;
}

/** Empty caches, one a layer, of no more room than there are positions. */
export function cachesOf(
  where: string,
  sizes: CacheSizes,
  longest: number,
  layer: { readonly layers: number; readonly heads: number; readonly headDim: number },
): KeyValueCache[] {
  requireOptions(where, sizes, { batch: true, capacity: true });
  const { batch, capacity } = sizes;
  requireInteger(where, 'capacity', capacity, 1, longest);
  const { layers, heads, headDim } = layer;
  return Array.from({ length: layers }, () => new KeyValueCache({ batch, capacity, heads, headDim }));
}

/** Throws {@link ArgumentError} for texts without a token, of which there is nothing to be read. */
export function requireTokens(where: string, ids: Tensor, name = 'texts'): void {
  if (ids.shape[1] === 0)
    throw new ArgumentError(`[${where}] ${name} have no token, ${ids}.`, { hint: 'Begin them with a token that begins texts.' }); // prettier-ignore
}

/** Throws `ArgumentError` where `divisor` does not divide `dividend`. */
export function requireDivides(
  where: string,
  [divisor, by]: readonly [name: string, value: number],
  [dividend, of]: readonly [name: string, value: number],
): void {
  if (of % by !== 0) throw new ArgumentError(`[${where}] ${divisor} ${by} does not divide ${dividend} ${of}.`);
}

/** [batch, length, heads · d] → [batch, heads, length, d]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch = 0, length = 0, features = 0] = x.shape;
  return x.reshape([batch, length, heads, features / heads]).transpose(1, 2);
}

/** [batch, heads, length, d] → [batch, length, heads · d]. */
export function joinHeads(x: Tensor): Tensor {
  return x.transpose(1, 2).flatten(2);
}

/** bool[batch, length], true at tokens of `ids` that there are, of such a mask or of lengths int32[batch]. Throws `DTypeError` and `ShapeError` for anything else, `ArgumentError` for lengths beyond the texts where they are known on the host. */
export function insideOf(where: string, mask: Tensor, { shape: [batch = 0, length = 0] }: Tensor): Tensor {
  requireMask(where, mask, batch, length);
  return mask.dtype === 'bool' ? mask : isInside(mask, length);
}

/** A segment for each token. */
export function requireSegments(where: string, segments: Tensor, ids: Tensor): void {
  requireTensor(where, 'segments', segments);
  if (segments.dtype !== 'int32') throw new DTypeError(`[${where}] segments are int32, not ${segments}.`);
  if (segments.ndim !== 2 || segments.shape.some((extent, i) => extent !== ids.shape[i]))
    throw new ShapeError(`[${where}] there is a segment for each token of ${ids}, not ${segments}.`);
}
