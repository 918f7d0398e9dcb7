/** What is kept of a row of logits, picked on the device: the likeliest classes, and how likely the label was. */
import { concat, full, iota, type Tensor } from '@hebb/tensor';
import type { ShapedValues } from './values.ts';

/**
 * Of logits [n, classes]: float32 [n, 2 + 2k], the number of classes, −ln p(label), the k likeliest classes and their probabilities. One tensor
 * is one read; class numbers are exact in float32 up to 2²⁴.
 */
export function packTopClasses(logits: Tensor, labels: Tensor, k: number): Tensor {
  const [count = 0, width = 0] = logits.shape;
  const values = logits.to('float32');
  const columns = iota([count, width], 1);
  const keep = { keepDims: true };
  const largest = values.max(1, keep);
  const logSum = values.sub(largest).exp().sum(1, keep).log();
  const own = columns
    .equal(labels.reshape([count, 1]))
    .where(values, 0)
    .sum(1, keep);
  const labelLoss = largest.sub(own).add(logSum);
  // NaN anywhere in a row is in its sum; labels that are no class would hide it.
  const isOdd = logSum.notEqual(logSum);
  const found: Tensor[] = [];
  const likely: Tensor[] = [];
  let rest = values;
  for (let i = 0; i < k; i++) {
    const best = rest.argmax(1, keep);
    found.push(best.to('float32'));
    likely.push(rest.max(1, keep).sub(largest).sub(logSum).exp());
    if (i + 1 < k) rest = columns.equal(best).where(-Infinity, rest);
  }
  return concat([full([count, 1], width), isOdd.where(NaN, labelLoss), ...found, ...likely], 1);
}

export interface TopClasses {
  readonly classCount: number;
  /** NaN where the row holds NaN. */
  readonly losses: Float64Array;
  /** [n, k] */
  readonly classes: Int32Array;
  readonly probabilities: Float32Array;
}

/** What {@link packTopClasses} put into one tensor. */
export function unpackTopClasses({ data, shape }: ShapedValues, k: number): TopClasses {
  const [count = 0, width = 0] = shape;
  const losses = new Float64Array(count);
  const classes = new Int32Array(count * k);
  const probabilities = new Float32Array(count * k);
  for (let row = 0; row < count; row++) {
    const start = row * width;
    losses[row] = data[start + 1] ?? NaN;
    for (let i = 0; i < k; i++) {
      classes[row * k + i] = data[start + 2 + i] ?? 0;
      probabilities[row * k + i] = data[start + 2 + k + i] ?? 0;
    }
  }
  return { classCount: data[0] ?? 0, losses, classes, probabilities };
}
