import { ArgumentError, ones, setDevice, ShapeError, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adam, AdamW, clipGradientNorm, cosineSchedule, SGD, stepSchedule } from '../src/index.ts';

beforeAll(() => setDevice('reference'));

const parameters = (): Record<string, Tensor> => ({ weight: variable(ones([2, 3])), bias: variable(zeros([2])) });

describe('what does not fit is named', () => {
  it.each([
    ['no parameters', () => new SGD([]), 'there are no parameters'],
    [
      'tensors that cannot change',
      () => new SGD({ weight: variable(ones([1])), x: ones([1]) }),
      'only variables can be optimised; these are not: x',
    ],
    [
      'a rate below zero',
      () => new SGD(parameters(), { learningRate: -1 }),
      'learningRate must be a number ≥ 0, not -1',
    ],
    [
      'momentum below zero',
      () => new SGD(parameters(), { momentum: -1, weightDecay: NaN }),
      'momentum must be a number ≥ 0, not -1; weightDecay must be a number ≥ 0, not NaN',
    ],
    [
      'Nesterov without momentum',
      () => new SGD(parameters(), { nesterov: true }),
      'nesterov needs momentum > 0 and dampening 0',
    ],
    ['a beta of 1', () => new AdamW(parameters(), { betas: [0.9, 1] }), 'betas[1] must be a number ≥ 0 and < 1, not 1'],
    ['too few gradients', () => new AdamW(parameters()).step([zeros([2, 3])]), 'got 1 gradients for 2 parameters'],
    [
      'gradients of other names',
      () => new AdamW(parameters()).step({ weight: zeros([2, 3]), offset: zeros([2]) }),
      'missing: bias; unexpected: offset',
    ],
    [
      'no model at all',
      () => new SGD(undefined as never),
      'takes a model, or parameters in a list, an object or a Map, not undefined',
    ],
    [
      'a list of models',
      () => new Adam([{ namedParameters: () => new Map() }] as never),
      'these are not: 0.\n  hint: List the parameters themselves: new Adam(model)',
    ],
    ['one parameter, not in a list', () => new SGD(variable(ones([2])) as never), 'not float32[2]'],
    [
      'a parameter that is there twice',
      () => {
        const weight = variable(ones([1]));
        return new SGD({ weight, again: weight });
      },
      'the parameter again is there twice: it is weight, too',
    ],
    [
      'the result of valueAndGrad instead of its gradients',
      () => new AdamW(parameters()).step({ value: zeros([]), grads: zeros([2]) }),
      'unexpected: value, grads.\n  hint: Take the gradients with respect to what is optimised',
    ],
    ['a gradient alone', () => new AdamW(parameters()).step(zeros([2, 3]) as never), 'not float32[2,3]'],
    ['null', () => new AdamW(parameters()).step(null as never), 'takes gradients in a list'],
    ['a promise', () => new AdamW(parameters()).step(Promise.resolve([]) as never), 'not a promise'],
    [
      'numbers',
      () => new AdamW(parameters()).step({ weight: zeros([2, 3]), bias: 1 as never }),
      'gradients must be float32 or float16 tensors: bias has number',
    ],
    [
      'integers',
      () => new AdamW(parameters()).step([zeros([2, 3]), zeros([2], { dtype: 'int32' })]),
      'bias has int32[2]',
    ],
    ...[undefined, NaN, -1, Infinity, '0.1'].map(
      (rate) =>
        [
          `the rate ${String(rate)} set later`,
          () => (new AdamW(parameters()).learningRate = rate as number),
          `[AdamW] learningRate must be a number ≥ 0, not ${typeof rate === 'string' ? `'${rate}'` : rate}`,
        ] as const,
    ),
    ['no gradients', () => new AdamW(parameters()).step(), 'no parameter has a gradient'],
    ['no gradients to clip', () => clipGradientNorm([], 1), 'there are no gradients'],
    ['a norm of zero', () => clipGradientNorm([ones([1])], 0), 'maxNorm must be > 0'],
    [
      'a warm-up without end',
      () => cosineSchedule({ warmup: 5 })(0, 5),
      'the warm-up of 5 steps must be shorter than the run, 5 steps',
    ],
    [
      'a run of unknown length',
      () => cosineSchedule()(0, Infinity),
      'must know the number of steps of the run, and got Infinity',
    ],
    ['steps of no length', () => stepSchedule({ every: 0 }), 'every must be a number > 0, not 0'],
    [
      'the state of another optimizer',
      () => new Adam(parameters()).loadStateDict(new AdamW(parameters()).stateDict()),
      'the state is that of AdamW, not of Adam',
    ],
    [
      'a state without some parameters',
      () => new Adam(parameters()).loadStateDict(new Adam([variable(ones([1]))]).stateDict()),
      'missing weight; missing bias; unexpected 0',
    ],
  ] as [string, () => unknown, string][])('%s', (_, body, message) => {
    expect(body).toThrow(ArgumentError);
    expect(body).toThrow(message);
  });

  it('gradients and states of other shapes, all at once', () => {
    const wrong = { weight: zeros([3, 2]), bias: zeros([1]) };
    expect(() => new SGD(parameters()).step(wrong)).toThrow(ShapeError);
    expect(() => new SGD(parameters()).step(wrong)).toThrow(
      'weight is float32[2,3], its gradient float32[3,2]; bias is float32[2], its gradient float32[1]',
    );
    const other = new SGD({ weight: variable(ones([3, 2])), bias: variable(zeros([2])) }, { momentum: 0.9 });
    other.step([zeros([3, 2]), zeros([2])]);
    expect(() => new SGD(parameters(), { momentum: 0.9 }).loadStateDict(other.stateDict())).toThrow(
      'weight.momentum_buffer is float32[2,3], in the state float32[3,2]',
    );
  });
});

describe('a model that was changed after the optimizer was made', () => {
  const model = (members: Record<string, Tensor>) => ({
    members,
    namedParameters: () => new Map(Object.entries(members)),
  });

  it('is not trained in silence on what it no longer has, by list, by name, or by .grad', () => {
    const members = parameters();
    const holder = model(members);
    const optimizer = new AdamW(holder);
    optimizer.step([zeros([2, 3]), zeros([2])]);
    const old = members['weight'] as Tensor;
    members['weight'] = variable(ones([2, 3]));
    const message =
      /no longer has weight \(float32\[2,3\]\); it has, and the optimizer does not, weight[^]*hint: Make the optimizer once/;
    expect(() => optimizer.step([zeros([2, 3]), zeros([2])])).toThrow(message);
    expect(() => optimizer.step({ weight: zeros([2, 3]), bias: zeros([2]) })).toThrow(message);
    old.grad = ones([2, 3]);
    expect(() => optimizer.step()).toThrow(message);
    members['weight'] = old;
    optimizer.step([zeros([2, 3]), zeros([2])]);
    members['head'] = variable(ones([1]));
    expect(() => optimizer.step()).toThrow('it has, and the optimizer does not, head (float32[1])');
  });

  it('tells what is optimised, by name', () => {
    const members = parameters();
    expect(new SGD(model(members)).parameters).toEqual(new Map(Object.entries(members)));
    expect([...new SGD(Object.values(members)).parameters.keys()]).toEqual(['0', '1']);
  });
});

it('parameters without a gradient are left alone by step()', async () => {
  const { weight, bias } = parameters() as { weight: Tensor; bias: Tensor };
  weight.grad = ones([2, 3]);
  new SGD({ weight, bias }, { learningRate: 0.5, weightDecay: 1 }).step();
  expect(await weight.toArray()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(await bias.toArray()).toEqual([0, 0]);
});

it('takes a model, names its state after its parameters, and starts from zeros', async () => {
  const own = parameters();
  const model = { namedParameters: () => new Map(Object.entries(own)) };
  const optimizer = new AdamW(model);
  const numbers = {
    type: 'AdamW',
    factor: 1,
    groups: [
      {
        learningRate: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weightDecay: 0.01,
        amsgrad: false,
        maximize: false,
        parameters: ['weight', 'bias'],
      },
    ],
  };
  expect(optimizer.stateDict()).toEqual({ ...numbers, stepCount: 0, state: new Map() });
  optimizer.step([zeros([2, 3]), zeros([2])]);
  const { state, ...others } = optimizer.stateDict();
  expect(others).toEqual({ ...numbers, stepCount: 1 });
  expect([...state].map(([name, entry]) => [name, Object.keys(entry)])).toEqual([
    ['weight', ['step', 'exp_avg', 'exp_avg_sq']],
    ['bias', ['step', 'exp_avg', 'exp_avg_sq']],
  ]);
  const square = state.get('bias')?.['exp_avg_sq'];
  expect(await (square as Tensor).toArray()).toEqual([0, 0]);
});

it('takes a Set or an iterator as a list', () => {
  const [weight, bias] = [variable(ones([2])), variable(ones([1]))];
  for (const list of [new Set([weight, bias]), new Map([['w', weight] as const, ['b', bias] as const]).values()])
    expect([...new SGD(list).parameters]).toEqual([
      ['0', weight],
      ['1', bias],
    ]);
});
