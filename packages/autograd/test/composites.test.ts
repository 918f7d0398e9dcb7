import {
  acosh,
  asinh,
  atan2,
  atanh,
  avgPool2d,
  conv1d,
  conv2d,
  cosh,
  fmod,
  frac,
  hypot,
  lerp,
  logSigmoid,
  maxPool2d,
  nanToNum,
  oneHot,
  polygamma,
  remainder,
  sinh,
  softplus,
  tan,
  tensor,
  xlogy,
  type Tensor,
} from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { gradientErrors, input, type Input } from './support/finite-differences.ts';

const labels = tensor(new Int32Array([2, 0, 1]));

function multilayerPerceptron(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor): Tensor {
  const hidden = x.matmul(w1.transpose(0, 1)).add(b1).tanh();
  const logits = hidden.matmul(w2.transpose(0, 1)).add(b2);
  return oneHot(labels, 3).mul(logits.logSoftmax(-1)).sum(-1).mean().neg();
}

const cases: Record<string, { f: (...inputs: Tensor[]) => Tensor; inputs: readonly Input[] }> = {
  tan: { f: tan, inputs: [input([2, 3], { low: -1.2, high: 1.2 })] },
  sinh: { f: sinh, inputs: [input([2, 3])] },
  cosh: { f: cosh, inputs: [input([2, 3])] },
  asinh: { f: asinh, inputs: [input([2, 3])] },
  acosh: { f: acosh, inputs: [input([2, 3], { low: 1.2, high: 3 })] },
  atanh: { f: atanh, inputs: [input([2, 3], { low: -0.8, high: 0.8 })] },
  hypot: { f: hypot, inputs: [input([2, 3]), input([3], { seed: 2 })] },
  xlogy: { f: xlogy, inputs: [input([2, 3]), input([3], { seed: 2, low: 0.3, high: 2 })] },
  logSigmoid: { f: logSigmoid, inputs: [input([2, 3], { low: -4, high: 4 })] },
  softplus: {
    f: (x) => softplus(x, { beta: 1.5, threshold: 3 }),
    inputs: [input([9], { low: -4, high: 4, away: [2] })],
  },
  atan2: { f: atan2, inputs: [input([2, 3], { low: -2, high: 2 }), input([3], { seed: 2 })] },
  'atan2 in all quadrants': {
    f: (x) => atan2(x, x.square().sub(0.7)),
    inputs: [input([9], { away: [-0.84, 0, 0.84] })],
  },
  fmod: {
    f: (a, b) => fmod(a, b).square(),
    inputs: [input([6], { low: 1.05, high: 1.9 }), input([6], { seed: 2, low: 0.65, high: 0.94 })],
  },
  remainder: {
    f: (a, b) => remainder(a.neg(), b).square(),
    inputs: [input([6], { low: 1.05, high: 1.25 }), input([6], { seed: 2, low: 0.65, high: 0.94 })],
  },
  'polygamma of order 1': { f: (x) => polygamma(1, x), inputs: [input([6], { low: 0.5, high: 6 })] },
  'polygamma of order 2 below 0': {
    f: (x) => polygamma(2, x).mul(0.01),
    inputs: [input([6], { low: -0.75, high: -0.25 })],
  },
  'softplus with a negative beta': {
    f: (x) => softplus(x, { beta: -0.5 }),
    inputs: [input([6], { low: -4, high: 4 })],
  },
  frac: { f: (x) => frac(x).square(), inputs: [input([2, 3], { away: [-1, 0, 1] })] },
  lerp: { f: lerp, inputs: [input([2, 3]), input([3], { seed: 2 }), input([2, 1], { seed: 3, away: [0.5] })] },
  nanToNum: { f: (x) => nanToNum(x).square(), inputs: [input([2, 3])] },
  gelu: { f: (x) => x.gelu(), inputs: [input([2, 3])] },
  softmax: { f: (x) => x.softmax(-1), inputs: [input([2, 4])] },
  'softmax over the first axis': { f: (x) => x.softmax(0), inputs: [input([3, 2])] },
  logSoftmax: { f: (x) => x.logSoftmax(1), inputs: [input([2, 3, 2])] },
  'conv2d with bias': {
    f: (x, w, bias) => conv2d(x, w, { bias, stride: 2, padding: 1 }),
    inputs: [input([2, 2, 5, 4]), input([3, 2, 3, 3], { seed: 2 }), input([3], { seed: 3 })],
  },
  "conv1d with padding 'same'": {
    f: (x, w) => conv1d(x, w, { padding: 'same', dilation: 2 }),
    inputs: [input([1, 2, 6]), input([2, 2, 2], { seed: 2 })],
  },
  maxPool2d: { f: (x) => maxPool2d(x, 3, { stride: 2, padding: 1 }), inputs: [input([1, 2, 5, 4])] },
  'maxPool2d with dilation': { f: (x) => maxPool2d(x, 2, { stride: 1, dilation: 2 }), inputs: [input([1, 1, 5, 5])] },
  averagePool2d: { f: (x) => avgPool2d(x, [2, 3], { stride: [1, 2], padding: [1, 1] }), inputs: [input([1, 2, 4, 5])] },
  'matmul of a batch and a matrix': {
    f: (a, b) => a.matmul(b),
    inputs: [input([2, 2, 3]), input([3, 2], { seed: 2 })],
  },
  'matmul with broadcast batches': {
    f: (a, b) => a.matmul(b),
    inputs: [input([2, 1, 2, 3]), input([3, 3, 2], { seed: 2 })],
  },
  'matmul of vectors': { f: (a, b) => a.matmul(b), inputs: [input([3]), input([3], { seed: 2 })] },
  'variance and standard deviation': { f: (x) => x.variance(1).add(x.std(1)), inputs: [input([2, 4])] },
  'layer normalisation': {
    f: (x, scale) =>
      x
        .sub(x.mean(-1, { keepDims: true }))
        .mul(x.variance(-1, { keepDims: true, correction: 0 }).add(0.1).rsqrt())
        .mul(scale),
    inputs: [input([2, 4]), input([4], { seed: 2 })],
  },
  'clamp, away from its ends': { f: (x) => x.clamp(-0.5, 0.7), inputs: [input([8], { away: [-0.5, 0.7] })] },
  'a product with broadcasting on both sides': {
    f: (a, b) => a.mul(b),
    inputs: [input([3, 1]), input([1, 4], { seed: 2 })],
  },
  'a perceptron with cross-entropy': {
    f: multilayerPerceptron,
    inputs: [
      input([3, 4]),
      input([5, 4], { seed: 2 }),
      input([5], { seed: 3 }),
      input([3, 5], { seed: 4 }),
      input([3], { seed: 5 }),
    ],
  },
};

describe.each(Object.entries(cases))('%s', (_, { f, inputs }) => {
  it('has the gradient, and its gradient, that finite differences say', () => {
    const { first, second, third, transpose } = gradientErrors(f, inputs);
    expect(first).toBeLessThan(1e-6);
    expect(second).toBeLessThan(1e-5);
    expect(third).toBeLessThan(1e-4);
    expect(transpose).toBeLessThan(1e-12);
  });
});
