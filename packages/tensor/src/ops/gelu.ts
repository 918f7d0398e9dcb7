/** The Gaussian error linear unit, with PyTorch's option. */
import { checkOptions, oneOf, type OptionNames } from '../arguments/index.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { exactGelu } from './activations.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { floating } from './operands.ts';

export interface GeluOptions {
  /** 'none' (default): the exact form with erf. 'tanh': the approximation that GPT-2 uses. */
  approximate?: 'none' | 'tanh';
}

const geluOptions: OptionNames<GeluOptions> = { approximate: oneOf('none', 'tanh') };

/** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). */
export const geluTanhDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'geluTanh',
  body(_, x) {
    // (1 + tanh u) / 2 = σ(2u), which keeps its digits where tanh u is near −1.
    const doubled = x.add(x.mul(x).mul(x).mul(0.044715)).mul(2 * Math.sqrt(2 / Math.PI));
    return x.mul(doubled.sigmoid());
  },
};

/**
 * The Gaussian error linear unit: x · Φ(x) = x/2 · erfc(−x/√2), or approximately x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))); float16 of float16,
 * else float32, the shape of x.
 *
 * Hendrycks & Gimpel, "Gaussian Error Linear Units", 2016 (arXiv:1606.08415).
 *
 * ```ts
 * await gelu(tensor([0, 1])).toArray(); // [0, 0.8413447]
 * await gelu(tensor([0, 1]), { approximate: 'tanh' }).toArray(); // [0, 0.841192]
 * ```
 */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  requireTensor('gelu', 'x', x);
  checkOptions('gelu', options, geluOptions);
  return options.approximate === 'tanh' ? compose(geluTanhDefinition, {}, [floating(x)]) : exactGelu(x);
}
