/** What algorithms share: the direction of a step before any average of it. */
import type { Tensor } from '@hebb/tensor';

/** g, or −g where the loss is to grow, plus decay · p where there is a decay. */
export function directionOf(
  parameter: Tensor,
  gradient: Tensor,
  { decay, maximize }: { readonly decay?: Tensor | undefined; readonly maximize: boolean },
): Tensor {
  const direction = maximize ? gradient.neg() : gradient;
  return decay === undefined ? direction : direction.add(parameter.mul(decay));
}

/** average + share · (value − average): the average that keeps 1 − share of what it was. */
export function moved(average: Tensor, value: Tensor, share: Tensor): Tensor {
  return average.add(value.sub(average).mul(share));
}

/** What is 0 is left out of the recording. */
export function unlessZero(value: number): number | undefined {
  return value === 0 ? undefined : value;
}
