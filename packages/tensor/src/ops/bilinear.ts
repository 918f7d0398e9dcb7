/** A linear map of two arguments. */
import { checkOptions, type OptionNames } from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { einsum } from './einsum.ts';

export interface BilinearOptions {
  /** [out]; added to every result. */
  bias?: Tensor | undefined;
}

const bilinearOptions: OptionNames<BilinearOptions> = { bias: requireTensor };

/**
 * y[..., o] = Σ over i, j of a[..., i] · weight[o, i, j] · b[..., j], plus bias[o]: as `torch.nn.functional.bilinear`. Axes before the last are broadcast; float16 of float16, else float32.
 *
 * Throws {@link ShapeError} where shapes do not fit.
 *
 * ```ts
 * const weight = tensor([[[1, 0], [0, 1]], [[0, 1], [1, 0]]]);
 * await bilinear(tensor([1, 2]), tensor([3, 4]), weight).toArray(); // [11, 10]
 * ```
 *
 * @param a - [..., in1]
 * @param b - [..., in2]
 * @param weight - [out, in1, in2]
 * @returns [..., out]
 */
export function bilinear(a: Tensor, b: Tensor, weight: Tensor, options: BilinearOptions = {}): Tensor {
  requireTensor('bilinear', 'a', a);
  requireTensor('bilinear', 'b', b);
  requireTensor('bilinear', 'weight', weight);
  checkOptions('bilinear', options, bilinearOptions);
  const { bias } = options;
  const [out, first, second] = weight.shape;
  const reasons: string[] = [];
  if (weight.ndim !== 3) reasons.push('the weight must be [out, in1, in2]');
  else {
    if (a.shape.at(-1) !== first) reasons.push(`a must have ${first} features`);
    if (b.shape.at(-1) !== second) reasons.push(`b must have ${second} features`);
    if (bias !== undefined && bias.shape.join() !== String(out)) reasons.push(`the bias must be [${out}], not ${bias}`);
  }
  if (reasons.length > 0)
    throw new ShapeError(`[bilinear] cannot combine ${a} and ${b} by weight ${weight}: ${reasons.join('; ')}.`);
  const product = einsum('...i,oij,...j->...o', a, weight, b);
  return bias === undefined ? product : product.add(bias);
}
