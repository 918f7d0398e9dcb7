/** Groups of parameters, frozen ones, and states: the numbers of PyTorch with `param_groups`, from the start and from its `state_dict`. */
import { ArgumentError, compile, ones, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor, type Stored } from '../../tensor/test/support/golden.ts';
import { Adam, AdamW, fromPyTorchState, SGD, type Optimizer, type OptimizerState } from '../src/index.ts';

type Named = Readonly<Record<string, Stored>>;

interface Run {
  readonly optimizer: 'SGD' | 'Adam' | 'AdamW';
  readonly options: { readonly groups: readonly { readonly match: string }[] };
  readonly after: readonly Named[];
  readonly state: {
    readonly param_groups: readonly Record<string, unknown>[];
    readonly state: Readonly<Record<string, Readonly<Record<string, number | Stored>>>>;
  };
  readonly names: readonly string[];
}

const { initial, gradients, frozenSteps, savedAfter, runs } = golden(
  new URL('golden/groups.json', import.meta.url),
) as {
  readonly initial: Named;
  readonly gradients: readonly Named[];
  readonly frozenSteps: number;
  readonly savedAfter: number;
  readonly runs: readonly Run[];
};
const constructors = { SGD, Adam, AdamW };
const mapped = <T>(named: Named, change: (value: Stored) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name, change(value)]));

function start(
  { optimizer, options }: Run,
  values: Named,
): { parameters: Record<string, Tensor>; instance: Optimizer } {
  const parameters = mapped(values, (value) => variable(toTensor(value), { requiresGrad: true }));
  const groups = options.groups.map((group) => ({ ...group, match: new RegExp(group.match) }));
  return { parameters, instance: new constructors[optimizer](parameters, { ...options, groups }) };
}

/** Steps from `from` on by the gradients of the trainable parameters, compared after each. */
async function compare(
  run: Run,
  { parameters, instance }: ReturnType<typeof start>,
  from: number,
  compiled: boolean,
): Promise<void> {
  const record = (given: Record<string, Tensor>): void => instance.step(given);
  const step = compiled ? compile(record) : record;
  for (let i = from; i < run.after.length; i++) {
    for (const name of ['body.weight', 'body.bias']) (parameters[name] as Tensor).trainable = i >= frozenSteps;
    const given = mapped(gradients[i] as Named, toTensor);
    step(Object.fromEntries([...instance.parameters.keys()].map((name) => [name, given[name] as Tensor])));
    for (const [name, value] of Object.entries(run.after[i] as Named))
      await expectClose(parameters[name] as Tensor, value, `${run.optimizer}, step ${i}, ${name}`);
  }
}

describe.each(devices)('groups of parameters on %s', (device) => {
  beforeAll(() => setDevice(device));

  describe.each(runs.map((run) => [run.optimizer, run] as const))('%s', (_, run) => {
    it('steps as PyTorch does with some frozen at first', () => compare(run, start(run, initial), 0, false));
    it('does so compiled', () => compare(run, start(run, initial), 0, true));

    const converted = (instance: Optimizer): Promise<OptimizerState> => {
      const state = Object.entries(run.state.state).map(([index, slots]) => {
        const read = Object.entries(slots).map(([slot, value]) => [slot, typeof value === 'number' ? value : toTensor(value)]); // prettier-ignore
        return [index, Object.fromEntries(read) as Record<string, number | Tensor>] as const;
      });
      return fromPyTorchState(instance, { param_groups: run.state.param_groups, state: new Map(state) }, run.names);
    };

    it.each([false, true])('goes on from its state_dict (compiled: %s)', async (compiled) => {
      const started = start(run, run.after[savedAfter - 1] as Named);
      for (const { options } of started.instance.groups) options.learningRate = 1; // comes back with the state
      started.instance.loadStateDict(await converted(started.instance));
      await compare(run, started, savedAfter, compiled);
    });

    it('has that state after the same steps', async () => {
      const short = { ...run, after: run.after.slice(0, savedAfter) };
      const started = start(run, initial);
      await compare(short, started, 0, false);
      const own = started.instance.stateDict();
      const theirs = await converted(started.instance);
      expect(own.groups).toEqual(theirs.groups);
      expect([...own.state.keys()].sort()).toEqual(
        // PyTorch has no entry with content for SGD without momentum.
        [...new Set([...theirs.state.keys(), ...(run.optimizer === 'SGD' ? ['head.weight', 'head.bias'] : [])])].sort(),
      );
      for (const [name, { step, ...slots }] of theirs.state) {
        const entry = own.state.get(name);
        if (run.optimizer !== 'SGD') expect(entry?.step, name).toBe(step);
        expect(Object.keys(entry ?? {}).sort()).toEqual(['step', ...Object.keys(slots)].sort());
        for (const [slot, value] of Object.entries(slots)) {
          const expected = { shape: (value as Tensor).shape, data: [...(await (value as Tensor).data())] };
          await expectClose(entry?.[slot] as Tensor, expected, `${name}.${slot}`);
        }
      }
    });
  });
});

describe('what groups are', () => {
  beforeAll(() => setDevice('reference'));
  const weights = (...names: string[]): Record<string, Tensor> =>
    Object.fromEntries(names.map((name) => [name, variable(ones([1]), { requiresGrad: true })]));
  const holder = (members: Record<string, Tensor>) => ({ namedParameters: () => new Map(Object.entries(members)) });

  it('are chosen by names, functions and modules; the first that matches takes a parameter', () => {
    const [body, head] = [weights('a', 'b'), weights('c')];
    const model = holder({
      'body.a': body['a'] as Tensor,
      'body.b': body['b'] as Tensor,
      'head.c': head['c'] as Tensor,
    });
    const optimizer = new SGD(model, {
      learningRate: 0.1,
      groups: [
        { module: holder(head), learningRate: 1 },
        { match: /b$|c$/g, momentum: 0.5 },
      ],
    });
    expect(optimizer.groups.map(({ parameters }) => [...parameters.keys()])).toEqual([
      ['body.a'],
      ['head.c'],
      ['body.b'],
    ]);
    expect(optimizer.groups.map(({ options: { learningRate, momentum } }) => [learningRate, momentum])).toEqual([
      [0.1, 0],
      [1, 0],
      [0.1, 0.5],
    ]);
    const byFunction = new SGD(model, {
      groups: [{ match: (name, { size }) => size === 1 && name.startsWith('body') }],
    });
    expect([...(byFunction.groups[1]?.parameters.keys() ?? [])]).toEqual(['body.a', 'body.b']);
    expect([...optimizer.parameters.keys()]).toEqual(['body.a', 'body.b', 'head.c']);
  });

  it.each([
    ['match nothing', [{ match: /^heads/ }], 'group match: /^heads/] matches none of the parameters: body, head'],
    [
      'are hidden',
      [{ match: /head/ }, { match: /ea/ }],
      'belong to groups before it: head.\n  hint: A parameter belongs to',
    ],
    ['say neither', [{ learningRate: 1 }], 'this one says neither'],
    ['say both', [{ match: /a/, module: holder(weights('a')) }], 'this one says both'],
    ['take a text', [{ match: 'head.' }], "not 'head.'.\n  hint: Names that begin so: { match: /^head\\./ }"],
    ['take no module', [{ module: 3 }], 'module must be a module, or an array of modules, not 3'],
    ['have options that are none', [{ match: /head/, lr: 1 }], "there is no option 'lr'"],
    [
      'have options out of range',
      [{ match: /head/, momentum: -1 }],
      'SGD, group match: /head/] momentum must be a number ≥ 0, not -1',
    ],
  ])('that %s are refused', (_, groups, message) => {
    const make = (): unknown => new SGD(weights('body', 'head'), { groups: groups as never });
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });

  it('keep their proportions where the rate or the factor is set', async () => {
    const { a, b } = weights('a', 'b') as { a: Tensor; b: Tensor };
    const optimizer = new SGD({ a, b }, { learningRate: 0.1, groups: [{ match: /b/, learningRate: 1 }] });
    const rates = (): number[] => optimizer.groups.map(({ options }) => options.learningRate);
    optimizer.learningRate = 0.05;
    expect(rates()).toEqual([0.05, 0.5]);
    optimizer.factor = 0.5;
    expect(rates()).toEqual([0.05, 0.5]);
    optimizer.step({ a: ones([1]), b: ones([1]) });
    expect([(await a.data())[0], (await b.data())[0]]).toEqual([Math.fround(0.975), 0.75]);
    optimizer.learningRate = 0;
    expect(rates()).toEqual([0, 0]);
    optimizer.learningRate = 0.1; // there is no proportion to 0
    expect(rates()).toEqual([0.1, 0]);
  });

  it('have options that can be set, in compiled functions too', async () => {
    const { a, b } = weights('a', 'b') as { a: Tensor; b: Tensor };
    const optimizer = new SGD({ a, b }, { learningRate: 1, groups: [{ match: /b/ }] });
    const step = compile(() => optimizer.step({ a: ones([1]), b: ones([1]) }));
    const values = async (): Promise<unknown> => [(await a.data())[0], (await b.data())[0]];
    step();
    expect(await values()).toEqual([0, 0]);
    const options = optimizer.groups[1]?.options;
    if (options === undefined) throw new Error('no group');
    options.maximize = true;
    step();
    expect(await values()).toEqual([-1, 1]);
    options.weightDecay = 0.5;
    options.momentum = 0.5;
    step(); // direction −1 + 0.5 · 1
    expect(await values()).toEqual([-2, 1.5]);
    options.learningRate = 0;
    step();
    expect(await values()).toEqual([-3, 1.5]);
    expect(() => (options.momentum = -1)).toThrow('group match: /b/] momentum must be a number ≥ 0, not -1');
    expect(() => (options.nesterov = 1 as never)).toThrow('nesterov must be true or false');
    expect(() => ((options as { lr?: number }).lr = 1)).toThrow(TypeError);
  });
});

describe('frozen parameters', () => {
  beforeAll(() => setDevice('reference'));

  it('are not among the parameters, take no step and have no state; later ones begin at step 1', async () => {
    const [a, b] = [1, 2].map((value) => variable(tensor([value]), { requiresGrad: true })) as [Tensor, Tensor];
    const optimizer = new AdamW({ a, b }, { learningRate: 0.5, weightDecay: 0 });
    b.trainable = false;
    expect([...optimizer.parameters.keys()]).toEqual(['a']);
    const step = compile((gradient: Tensor) => optimizer.step(new Map([...optimizer.parameters.keys()].map((name) => [name, gradient])))); // prettier-ignore
    step(ones([1]));
    step(ones([1]));
    expect(await b.toArray()).toEqual([2]);
    expect([...optimizer.stateDict().state.keys()]).toEqual(['a']);
    b.trainable = true;
    step(ones([1]));
    // The first step of Adam is of the size of the rate, also where others have taken some.
    expect((await b.data())[0]).toBeCloseTo(1.5, 6);
    expect([...optimizer.stateDict().state].map(([name, entry]) => [name, entry.step])).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
    expect(optimizer.stepCount).toBe(3);
  });

  it('count apart where two compiled functions train different parts in turns', async () => {
    const names = ['a', 'b', 'c'];
    const make = (): Record<string, Tensor> => Object.fromEntries(names.map((name) => [name, variable(ones([2]), { requiresGrad: true })])); // prettier-ignore
    const run = async (compiled: boolean): Promise<unknown> => {
      const parameters = make();
      const optimizer = new Adam(parameters, { learningRate: 0.1 });
      const stepOf = (some: string[]) => {
        const record = (): void => {
          for (const name of names) (parameters[name] as Tensor).grad = some.includes(name) ? ones([2]) : undefined;
          optimizer.step();
        };
        return compiled ? compile(record) : record;
      };
      const [first, second, all] = [stepOf(['a', 'b']), stepOf(['b']), stepOf(names)];
      for (const step of [first, second, first, all, second, second, first, all, all]) step();
      const { state, stepCount } = optimizer.stateDict();
      expect(stepCount).toBe(9);
      expect([...state].map(([name, { step }]) => [name, step])).toEqual([
        ['a', 6],
        ['b', 9],
        ['c', 3],
      ]);
      return Promise.all(names.map((name) => (parameters[name] as Tensor).toArray()));
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

describe('states that do not fit', () => {
  beforeAll(() => setDevice('reference'));
  const make = (shape: number[], options = {}): Adam =>
    new Adam({ a: variable(zeros(shape)), b: variable(zeros([1])) }, { groups: [{ match: /b/ }], ...options });

  it('are refused with every difference, and change nothing', () => {
    const other = make([2]);
    other.step({ a: ones([2]), b: ones([1]) });
    const state = other.stateDict();
    const optimizer = make([3], { learningRate: 0.25 });
    expect(optimizer.differences(state)).toEqual([
      'a.exp_avg is float32[3], in the state float32[2]',
      'a.exp_avg_sq is float32[3], in the state float32[2]',
    ]);
    expect(() => optimizer.loadStateDict(state)).toThrow(/state does not fit: a\.exp_avg is .*; a\.exp_avg_sq is/);
    expect([optimizer.learningRate, optimizer.stepCount]).toEqual([0.25, 0]);
    expect(optimizer.differences(optimizer.stateDict())).toEqual([]);
    const wrong = (change: object): readonly string[] => make([2]).differences({ ...state, ...change });
    expect(wrong({ stepCount: -1, factor: NaN })).toEqual([
      'stepCount must be an integer ≥ 0, not -1',
      'factor must be a number ≥ 0, not NaN',
    ]);
    expect(wrong({ groups: state.groups.slice(1) })).toEqual([
      'missing a',
      'it has 1 groups of parameters, the optimizer 2',
    ]);
    expect(wrong({ groups: [...state.groups].reverse() })).toEqual([
      'group 0 has b, which the optimizer has in another group',
      'group 1 has a, which the optimizer has in another group',
    ]);
    expect(wrong({ groups: [{ ...state.groups[0], betas: [2, 0.5] }, state.groups[1]] })).toEqual([
      'group 0: [Adam] betas[0] must be a number ≥ 0 and < 1, not 2',
    ]);
    expect(
      wrong({
        state: new Map([
          ['a', { step: 1, exp_avg: 3 }],
          ['z', { step: 1 }],
        ]),
      }),
    ).toEqual(['a.exp_avg must be a tensor, not 3', 'missing a.exp_avg_sq', 'unexpected state of z']);
    expect(wrong({ state: 3 })).toEqual(['state must be a Map by the names of parameters, not 3']);
  });

  it('a parameter without an entry begins anew', async () => {
    const optimizer = make([2]);
    optimizer.step({ a: ones([2]), b: ones([1]) });
    const { state, ...others } = optimizer.stateDict();
    optimizer.loadStateDict({ ...others, state: new Map([...state].slice(1)) });
    expect([...optimizer.stateDict().state.keys()]).toEqual(['b']);
    optimizer.step({ a: ones([2]), b: ones([1]) });
    const first = make([2]);
    first.step({ a: ones([2]), b: ones([1]) });
    const read = async (each: Adam): Promise<unknown> => {
      const average = each.stateDict().state.get('a')?.['exp_avg'];
      return (average as Tensor).toArray();
    };
    expect(await read(optimizer)).toEqual(await read(first));
  });
});
