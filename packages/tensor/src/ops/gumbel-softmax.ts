/** Draws of a class that let gradients through. */
import { checkOptions, describe, requireBoolean, requireInteger, type OptionNames } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { iota } from './creation.ts';
import { inFloat32 } from './operands.ts';
import { requireGenerator, type RandomOptions } from './random.ts';
import { gumbel } from './sampling.ts';
import { softmax } from './softmax.ts';

export interface GumbelSoftmaxOptions extends RandomOptions {
  /** τ > 0: near 0 draws are nearly one class, far above it nearly uniform. Default 1. */
  temperature?: number;
  /** Whether the result is one class alone; its gradient stays that of the soft draw. Default false. */
  hard?: boolean;
  /** The axis of the classes. Default −1. */
  axis?: number;
}

const gumbelSoftmaxOptions: OptionNames<GumbelSoftmaxOptions> = {
  temperature: requirePositive,
  hard: requireBoolean,
  axis: requireInteger,
  generator: requireGenerator,
};

function requirePositive(op: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity))
    throw new ArgumentError(`[${op}] ${name} must be a finite number > 0, not ${describe(value)}.`);
}

/** 1 at the largest along an axis, else 0; the gradient goes straight through. */
const hardened: CompositeDefinition<{ axis: number }> = {
  name: 'hardened',
  body: ({ axis }, y) =>
    iota(y.shape, axis)
      .equal(y.argmax(axis, { keepDims: true }))
      .where(1, 0)
      .to('float32'),
  gradient: (_, cotangent) => [cotangent],
};

/**
 * softmax((logits + g) / τ) along an axis, with g standard Gumbel distributed: a draw of a class, as often each as softmax says, through which gradients flow (Jang et al. 2017,
 * arXiv:1611.01144; Maddison et al. 2017, arXiv:1611.00712). With `hard` it is exactly 1 for the class that is drawn and 0 for all others, with the gradient of the soft draw
 * (straight-through). PyTorch's `gumbel_softmax`.
 *
 * Shape: that of the logits. float16 of float16, computed in float32 and rounded once; else float32.
 *
 * Throws {@link ArgumentError} for a temperature that is not > 0, {@link ShapeError} for an axis that does not exist.
 *
 * ```ts
 * const drawn = gumbelSoftmax(tensor([[0, 1, 2], [5, 0, 0]]), { hard: true });
 * await drawn.sum(-1).toArray(); // [1, 1]
 * ```
 */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  requireTensor('gumbelSoftmax', 'logits', logits);
  checkOptions('gumbelSoftmax', options, gumbelSoftmaxOptions);
  const { temperature = 1, hard = false, axis = -1, ...random } = options;
  return inFloat32(logits, (wide) => {
    const soft = softmax(wide.add(gumbel(wide.shape, random)).div(temperature), axis);
    if (!hard) return soft;
    if (wide.ndim === 0) return compose(hardened, { axis: 0 }, [soft.reshape([1])]).reshape([]);
    return wide.size === 0 ? soft : compose(hardened, { axis: axis < 0 ? axis + wide.ndim : axis }, [soft]);
  });
}
