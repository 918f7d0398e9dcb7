/** PyTorch's two masks of attention as the one that is added to, or hides, scores [batch, heads, queries, keys]. */
import { DTypeError, ShapeError, type Tensor } from '@hebb/tensor';

const where = 'MultiheadAttention';

/** What scores have to be masked with: bool, true where a key is seen, or numbers to be added. */
export interface MaskSizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

/** [keys] or [batch, keys], true at keys that nobody is to see, as [batch or 1, 1, 1, keys]. */
export function readPaddingMask(mask: Tensor, { batch, keys }: MaskSizes): Tensor {
  const [length, rows = 1] = [...mask.shape].reverse();
  if (mask.ndim < 1 || mask.ndim > 2 || length !== keys || (mask.ndim === 2 && rows !== batch))
    throw new ShapeError(`[${where}] keyPaddingMask must be [${batch}, ${keys}], batch and keys, not ${mask}.`);
  return visible('keyPaddingMask', mask.reshape([rows, 1, 1, keys]));
}

/** [queries, keys], or with a leading axis of heads or of batch · heads, true where a query is not to see a key, as four axes. */
export function readAttentionMask(mask: Tensor, sizes: MaskSizes): Tensor {
  const { batch, heads, queries, keys } = sizes;
  const [rows = 0, columns = 0] = mask.shape.slice(-2);
  const [leading = 1] = mask.ndim === 3 ? mask.shape : [];
  const isFour = mask.ndim === 4;
  const [first = 1, second = 1] = isFour ? mask.shape : [leading === batch * heads ? batch : 1, leading === batch * heads ? heads : leading]; // prettier-ignore
  const fits =
    mask.ndim >= 2 &&
    mask.ndim <= 4 &&
    rows === queries &&
    columns === keys &&
    (first === 1 || first === batch) &&
    (second === 1 || second === heads);
  if (!fits) {
    throw new ShapeError(
      `[${where}] attentionMask must be [${queries}, ${keys}], queries and keys, or [${batch * heads}, ${queries}, ${keys}] with the heads of every example, not ${mask}.`,
    );
  }
  return visible('attentionMask', mask.reshape([first, second, rows, columns]));
}

/** Both at once. */
export function joinMasks(masks: readonly Tensor[]): Tensor | undefined {
  return masks.reduce<Tensor | undefined>((joined, mask) => {
    if (joined === undefined) return mask;
    if (joined.dtype === 'bool' && mask.dtype === 'bool') return joined.and(mask);
    return asScores(joined).add(asScores(mask));
  }, undefined);
}

/** 0 where a key is seen and −∞ where it is not; numbers as they are. */
export function asScores(mask: Tensor): Tensor {
  return mask.dtype === 'bool' ? mask.where(0, -Infinity) : mask;
}

/** Of bool the opposite: true where a key is seen. */
function visible(name: string, mask: Tensor): Tensor {
  if (mask.dtype === 'int32' || mask.dtype === 'uint8') {
    throw new DTypeError(`[${where}] ${name} is bool, or numbers that are added to the scores, not ${mask}.`, {
      hint: "Convert 0 and 1 with .to('bool').",
    });
  }
  return mask.dtype === 'bool' ? mask.not() : mask;
}
