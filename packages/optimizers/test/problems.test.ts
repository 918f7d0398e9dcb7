/** Fifty steps of every optimizer on a small network whose loss is not convex, recorded and compiled, beside PyTorch's float64 or the papers' algorithms. */
import { compile, setDevice, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor, type Stored } from '../../tensor/test/support/golden.ts';
import * as optimizers from '../src/index.ts';
import {
  fromPyTorchState,
  minimize,
  Optimizer,
  toPyTorchState,
  type GroupOptions,
  type OptimizerState,
} from '../src/index.ts';
import { lossOf, type Parameters } from './support/problem.ts';

type Options = { readonly learningRate?: number; readonly groups?: readonly { readonly match: string }[] };

interface Run {
  readonly optimizer: string;
  readonly options: Options;
  /** All parameters in a row, by the number of steps. */
  readonly after: Readonly<Record<string, readonly number[]>>;
  readonly state: Readonly<Record<string, Stored>>;
  /** How far the same program in float32 is from these numbers, elsewhere, when the examples come in other orders. */
  readonly float32: { readonly parameters: number; readonly state: number };
  /** Where PyTorch has the optimizer. */
  readonly pytorch?: {
    readonly groups: readonly Readonly<Record<string, unknown>>[];
    readonly names: readonly string[];
    readonly steps: Readonly<Record<string, number>>;
  };
}

const { x, y, initial, runs } = golden(new URL('golden/problems.json', import.meta.url)) as {
  readonly x: Stored;
  readonly y: Stored;
  readonly initial: Readonly<Record<string, Stored>>;
  readonly runs: readonly Run[];
};
const cases = runs.map((run) => [`${run.optimizer} ${JSON.stringify(run.options)}`, run] as const);

type Constructor = new (parameters: Parameters, options: object) => Optimizer;

const exported = new Map<string, unknown>(Object.entries(optimizers));
const classOf = ({ optimizer }: Run): Constructor => exported.get(optimizer) as Constructor;

function start(run: Run): { readonly parameters: Parameters; readonly optimizer: Optimizer } {
  const parameters = Object.fromEntries(
    Object.entries(initial).map(([name, value]) => [name, variable(toTensor(value), { requiresGrad: true })]),
  );
  return { parameters, optimizer: new (classOf(run))(parameters, optionsOf(run)) };
}

function optionsOf({ options }: Run): object {
  if (options.groups === undefined) return options;
  const groups = options.groups.map(({ match, ...others }): GroupOptions<object> => ({
    match: new RegExp(match),
    ...others,
  }));
  return { ...options, groups };
}

/** The state of all parameters by `<parameter>.<slot>`. */
function slotsOf(state: OptimizerState['state']): Map<string, Tensor> {
  const slots = [...state].flatMap(([name, entry]) =>
    Object.entries(entry).flatMap(([slot, value]) =>
      typeof value === 'number' ? [] : [[`${name}.${slot}`, value] as const],
    ),
  );
  return new Map(slots);
}

/** 10⁻⁵, or what rounding alone does where that is more. */
const boundOf = (rounding: number): number => Math.max(1e-5, rounding);

async function check(run: Run, compiled: boolean): Promise<void> {
  const { parameters, optimizer } = start(run);
  const [inputs, targets] = [toTensor(x), toTensor(y)];
  const once = (): Tensor => minimize(optimizer, () => lossOf(parameters, inputs, targets));
  const step = compiled ? compile(once) : once;
  for (let count = 1; count <= 50; count++) {
    step();
    const expected = run.after[count];
    if (expected === undefined) continue;
    let at = 0;
    for (const [name, parameter] of Object.entries(parameters)) {
      const data = expected.slice(at, (at += parameter.size));
      await expectClose(
        parameter,
        { shape: parameter.shape, data },
        `step ${count}, ${name}`,
        boundOf(run.float32.parameters),
      );
    }
  }
  const { state, stepCount } = optimizer.stateDict();
  expect(stepCount).toBe(50);
  const slots = slotsOf(state);
  // PyTorch keeps these as tensors; here they follow from the count.
  const counted = /\.(?:eta|mu)$/;
  const wanted = Object.keys(run.state).filter((key) => !counted.test(key));
  // What a group leaves out is 0 in PyTorch, or not there.
  expect([...slots.keys()].sort()).toEqual(wanted.sort());
  for (const key of wanted)
    await expectClose(slots.get(key) as Tensor, run.state[key] as Stored, key, boundOf(run.float32.state));
}

describe('states of PyTorch there and back', () => {
  beforeAll(() => setDevice('wasm'));

  const theirs = cases.filter(([, { pytorch }]) => pytorch !== undefined);
  it.each(theirs)('%s', async (_, run) => {
    const { groups, names, steps } = run.pytorch as NonNullable<Run['pytorch']>;
    const state = new Map(
      names.map((name, i) => {
        const slots = Object.entries(run.state).filter(([key]) => key.startsWith(`${name}.`));
        const tensors = slots.map(([key, value]) => [key.slice(name.length + 1), toTensor(value)] as const);
        return [String(i), { ...(steps[i] === undefined ? {} : { step: steps[i] }), ...Object.fromEntries(tensors) }];
      }),
    );
    // Made with other options: those of the state count.
    const { parameters } = start(run);
    const only = (run.options.groups ?? []).map(({ match }) => ({ match: new RegExp(match) }));
    const optimizer = new (classOf(run))(parameters, { groups: only });
    optimizer.loadStateDict(await fromPyTorchState(optimizer, { param_groups: groups, state }, names));
    const back = toPyTorchState(optimizer);
    expect(back.names).toEqual(names);
    back.param_groups.forEach((group, i) => {
      for (const [option, value] of Object.entries(group)) {
        const saved = groups[i]?.[option];
        // PyTorch 1.13 has no maximize in some.
        if (saved === undefined) expect([option, value]).toEqual(['maximize', false]);
        else expect(value, option).toEqual(saved);
      }
    });
    for (const [i, name] of names.entries()) {
      const entry = (back.state as Readonly<Record<number, Readonly<Record<string, Tensor | number>>>>)[i] ?? {};
      expect(entry['step']).toBe(steps[i]);
      for (const [key, value] of Object.entries(run.state).filter(([key]) => key.startsWith(`${name}.`))) {
        const slot = entry[key.slice(name.length + 1)];
        if (typeof slot === 'number') expect(slot, key).toBeCloseTo(value.data[0] as number, 6);
        else expect([...(await (slot as Tensor).data())], key).toEqual(value.data.map(Math.fround));
      }
    }
  });
});

it('every optimizer has runs here', () => {
  const abstract = ['Optimizer', 'OptimizerWrapper'];
  const all = Object.entries(optimizers)
    .filter(
      ([name, each]) => typeof each === 'function' && each.prototype instanceof Optimizer && !abstract.includes(name),
    )
    .map(([name]) => name);
  expect([...new Set(runs.map(({ optimizer }) => optimizer))].sort()).toEqual(all.sort());
});

describe.each(devices.filter((device) => device !== 'reference'))('fifty steps on %s', (device) => {
  beforeAll(() => setDevice(device));
  // A software adapter takes long to compile; there the run with the most options of each kind of arithmetic.
  const some = ['SGD', 'AdamW', 'NAdam', 'RMSprop', 'Rprop', 'Adafactor', 'Muon'];
  const last = new Map(
    cases.filter(([, { optimizer }]) => some.includes(optimizer)).map((each) => [each[1].optimizer, each]),
  );
  const chosen = device === 'wasm' ? cases : [...last.values()];

  it.each(chosen)('%s, compiled', (_, run) => check(run, true));
  if (device === 'wasm') it.each(chosen)('%s, recorded', (_, run) => check(run, false));
});
