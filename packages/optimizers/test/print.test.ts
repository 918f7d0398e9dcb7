/** How optimizers print, beside what PyTorch prints of one: a line for each group. */
import { inspect } from 'node:util';
import { ones, setDevice, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { Accumulation, AdamW, EMA, LBFGS, SGD } from '../src/index.ts';

beforeAll(() => setDevice('reference'));

const parameters = (): Record<string, Tensor> => ({ weight: variable(ones([2, 3])), bias: variable(zeros([2])) });

describe('an optimizer', () => {
  it('prints the options of its groups as they are now', () => {
    const optimizer = new AdamW(parameters(), { groups: [{ match: /bias/, weightDecay: 0, betas: [0.8, 0.9] }] });
    optimizer.learningRate = 0.5;
    const expected = [
      'AdamW (',
      '  group 0: learningRate: 0.5, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, amsgrad: false, maximize: false, parameters: 1',
      '  group 1: learningRate: 0.5, betas: [0.8, 0.9], eps: 1e-8, weightDecay: 0, amsgrad: false, maximize: false, parameters: 1',
      ')',
    ];
    expect(String(optimizer).split('\n')).toEqual(expected);
    expect(inspect(optimizer)).toBe(String(optimizer));
    optimizer.factor = 0.1;
    expect(String(optimizer).split('\n')).toEqual([expected[0], '  factor: 0.1', ...expected.slice(1)]);
  });

  it('prints L-BFGS likewise', () => {
    const optimizer = new LBFGS(parameters(), { maxIter: 4 });
    expect(String(optimizer)).toBe(
      'LBFGS (\n  learningRate: 1, maxIter: 4, maxEval: 5, toleranceGrad: 1e-7, toleranceChange: 1e-9, historySize: 100, parameters: 2\n)',
    );
    expect(inspect(optimizer)).toBe(String(optimizer));
  });

  it('prints wrappers from the outside in', () => {
    const optimizer = new SGD(parameters(), { learningRate: 0.1 });
    const wrapped = new EMA(new Accumulation(optimizer, { steps: 2 }), { decay: 0.9 });
    expect(String(wrapped)).toBe(`EMA of Accumulation of ${optimizer}`);
    expect(inspect(wrapped)).toBe(String(wrapped));
  });

  it("shows the values of a group's options in Node's console, and keeps what they were to programs", () => {
    const options = new SGD(parameters(), { learningRate: 0.1, momentum: 0.9 }).groups[0]?.options;
    const values = { learningRate: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0, nesterov: false, maximize: false };
    expect(inspect(options)).toBe(inspect(values));
    expect({ ...options }).toStrictEqual(values);
    expect(JSON.stringify(options)).toBe(JSON.stringify(values));
  });
});
