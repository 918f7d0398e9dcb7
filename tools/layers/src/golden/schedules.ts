/** Golden runs of schedules, and of what wraps optimizers. */
import * as optimizers from '../../../../packages/optimizers/src/index.ts';
import { plateauOptions, schedules } from '../../../../packages/optimizers/test/support/schedules.ts';
import { makers, stepOf } from '../../../../packages/optimizers/test/support/wrappers.ts';
import { ones, variable, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { golden, toTensor, type Stored } from '../../../../packages/tensor/test/support/golden.ts';
import type { Case, Comparison } from './comparison.ts';

const file = (name: string): unknown =>
  golden(new URL(`../../../../packages/optimizers/test/golden/${name}.json`, import.meta.url));

const { steps, factors, plateaus } = file('schedules') as {
  readonly steps: number;
  readonly factors: Readonly<Record<string, readonly number[]>>;
  readonly plateaus: Readonly<
    Record<string, { readonly values: readonly number[]; readonly factors: readonly number[] }>
  >;
};

/** The function whose name is the beginning of a run's: that of `cyclicRange` is `cyclicSchedule`. */
function functionOf(run: string): string | undefined {
  const name = run === 'restarts' ? 'cosineRestarts' : run;
  const stems = Object.keys(optimizers).flatMap((known) =>
    known.endsWith('Schedule') ? [known.slice(0, -'Schedule'.length)] : [],
  );
  const [stem] = stems.filter((known) => name.startsWith(known)).sort((a, b) => b.length - a.length);
  return stem === undefined ? undefined : `${stem}Schedule`;
}

const beside = (found: readonly number[], expected: readonly number[]): Comparison[] =>
  expected.map((value, i) => ({ kind: 'output', actual: Math.fround(found[i] ?? NaN), expected: { data: [value] } }));

export const scheduleCases: readonly Case[] = [
  ...Object.entries(factors).flatMap(([name, expected]): Case[] => {
    const [of, schedule] = [functionOf(name), schedules[name]];
    if (of === undefined || schedule === undefined) return [];
    return [
      {
        of,
        run: () =>
          beside(
            expected.map((_, step) => schedule(step, steps)),
            expected,
          ),
      },
    ];
  }),
  ...Object.entries(plateaus).map(([name, { values, factors: expected }]): Case => ({
    of: 'PlateauSchedule',
    run: () => {
      const schedule = new optimizers.PlateauSchedule(plateauOptions[name]);
      return beside(
        values.map((value) => schedule.observe(value)),
        expected,
      );
    },
  })),
];

const { initial, gradients, ...runs } = file('wrappers') as {
  readonly initial: Stored;
  readonly gradients: readonly Stored[];
} & Readonly<Record<string, { readonly after: readonly Stored[]; readonly averages: readonly Stored[] }>>;

type Make = (weight: Tensor) => optimizers.OptimizerWrapper;

async function runWrapper(name: string, make: Make): Promise<Comparison[]> {
  const { after = [], averages = [] } =
    (runs as Readonly<Record<string, { after: readonly Stored[]; averages: readonly Stored[] }>>)[name] ?? {};
  const weight = variable(toTensor(initial), { requiresGrad: true });
  const optimizer = make(weight);
  const step = stepOf(name, optimizer, weight);
  const found: Comparison[] = [];
  const add = async (expected: Stored | undefined): Promise<void> => {
    const values = await weight.data();
    expected?.data.forEach((value, i) =>
      found.push({ kind: 'output', actual: Number(values[i]), expected: { data: [value] } }),
    );
  };
  for (const [i, gradient] of gradients.entries()) {
    step(toTensor(gradient));
    await add(after[i]);
    optimizer.apply();
    await add(averages[i]);
    optimizer.restore();
  }
  return found;
}

export const wrapperCases: readonly Case[] = Object.entries(makers).map(([name, make]): Case => ({
  of: make(variable(ones([1]), { requiresGrad: true })).constructor.name,
  run: () => runWrapper(name, make),
}));
