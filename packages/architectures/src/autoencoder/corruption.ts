/** What denoising autoencoders take away from their inputs, and what sparse ones pay for their codes. */
import { ArgumentError, clamp, dropout, randn, type Tensor } from '@hebb/tensor';
import { oneOf, requireOptions, type Check, type OptionNames } from '@hebb/tensor/arguments';
import { notNegative, probability } from './checks.ts';

export interface CorruptionOptions {
  /** Standard deviation of the normal noise that is added to each element of the input while training. Default 0. */
  noise?: number;
  /** The probability that an element of the input is 0 while training. Default 0. */
  masking?: number;
}

export const corruptionOptions: OptionNames<CorruptionOptions> = { noise: notNegative, masking: probability };

/** x with noise, and zeros in it. */
export function corrupted(x: Tensor, { noise = 0, masking = 0 }: CorruptionOptions): Tensor {
  const masked = masking === 0 ? x : dropout(x, { probability: masking, training: true }).mul(1 - masking);
  return noise === 0 ? masked : masked.add(randn(x.shape).mul(noise));
}

export interface SparsityOptions {
  /**
   * 'l1': weight · Σ |h| over the code h of an example. 'kl': weight · Σⱼ KL(ρ ‖ ρ̂ⱼ), where ρ̂ⱼ is the mean of number j of the code over the batch, which lies in 0 … 1 behind 'sigmoid'.
   */
  penalty: 'l1' | 'kl';
  /** Factor of the penalty beside the mean squared error. */
  weight: number;
  /** ρ, how large each number is to be on average, for 'kl'. Default 0.05. */
  mean?: number;
}

const requirePenalty: Check = oneOf('l1', 'kl');

const sparsityOptions: OptionNames<SparsityOptions> = {
  penalty: requirePenalty,
  weight: notNegative,
  mean: (where, name, value) => {
    probability(where, name, value);
    if (value === 0 || value === 1)
      throw new ArgumentError(`[${where}] ${name} must lie between 0 and 1, not at an end.`);
  },
};

export const requireSparsity: Check = (where, name, value) => {
  const given = value as SparsityOptions;
  requireOptions(`${where}: ${name}`, given, sparsityOptions);
  // Neither has a default.
  requirePenalty(`${where}: ${name}`, 'penalty', given.penalty);
  notNegative(`${where}: ${name}`, 'weight', given.weight);
};

/** The penalty of a batch of codes. */
export function sparsityPenalty(code: Tensor, { penalty, weight, mean = 0.05 }: SparsityOptions): Tensor {
  const codes = code.flatten(1);
  if (penalty === 'l1') return codes.abs().sum(1).mean().mul(weight);
  // A sigmoid may round to 0 or 1, where the divergence has no end.
  const found = clamp(codes.mean(0), 1e-6, 1 - 1e-6);
  const used = found.log().mul(-mean);
  const unused = found
    .neg()
    .log1p()
    .mul(mean - 1);
  const least = mean * Math.log(mean) + (1 - mean) * Math.log(1 - mean);
  return used.add(unused).add(least).sum().mul(weight);
}
