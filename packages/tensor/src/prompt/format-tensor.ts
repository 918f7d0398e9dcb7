import { checkOptions, requireInteger } from '../arguments/index.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { FormatOptions } from './format.ts';
import { formatted } from './prompt.ts';

/**
 * The type of a tensor and its elements as text, as {@link Tensor.print} prints them. Of a long tensor only the ends that are shown are read.
 *
 * Throws {@link ArgumentError} for unknown options, and what reading a value throws.
 *
 * ```ts
 * await formatTensor(tensor([[1, 2.5], [-3, 4]])); // 'Tensor float32[2,2]\n[[ 1.0,  2.5],\n [-3.0,  4.0]]'
 * await formatTensor(tensor([1, 2, 3])); // 'Tensor float32[3] [1, 2, 3]'
 * ```
 */
export async function formatTensor(x: Tensor, options: FormatOptions = {}): Promise<string> {
  requireTensor('formatTensor', 'x', x);
  return formatted('formatTensor', x, options, { checkOptions, requireInteger });
}
