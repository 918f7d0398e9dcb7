/** Numbers of a step whose count is known on the device alone, because steps may have been left out (`LossScaling`). */
import type { Tensor } from '@hebb/tensor';

/** 1 − βᵗ in float32: −(e^(t ln β) − 1), since a difference of 1 and 0.999 would lose half of its digits. β is ≥ 0 and < 1. */
export function complement(beta: number, step: Tensor): Tensor {
  return beta === 0 ? step.mul(0).add(1) : step.mul(Math.log(beta)).expm1().neg();
}

/** What Adam's relatives divide by: the size of a step, learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ), and eps · √(1 − β₂ᵗ). */
export function corrections(
  { betas: [beta1, beta2], eps }: { readonly betas: readonly [number, number]; readonly eps: number },
  step: Tensor,
): { readonly correction: Tensor; readonly eps: Tensor } {
  const root = complement(beta2, step).sqrt();
  return { correction: root.div(complement(beta1, step)), eps: root.mul(eps) };
}
