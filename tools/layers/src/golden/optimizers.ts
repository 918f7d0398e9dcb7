/** Golden runs of optimizers: fifty steps each on a small network whose loss is not convex. */
import * as optimizers from '../../../../packages/optimizers/src/index.ts';
import { lossOf, type Parameters } from '../../../../packages/optimizers/test/support/problem.ts';
import { compile, variable, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { golden, toTensor, type Stored } from '../../../../packages/tensor/test/support/golden.ts';
import type { Case, Comparison } from './comparison.ts';

interface Run {
  readonly optimizer: string;
  readonly options: { readonly groups?: readonly { readonly match: string }[] };
  readonly after: Readonly<Record<string, readonly number[]>>;
  readonly float32: { readonly parameters: number };
}

interface Problems {
  readonly x: Stored;
  readonly y: Stored;
  readonly initial: Readonly<Record<string, Stored>>;
  readonly runs: readonly Run[];
  readonly lbfgs: readonly {
    readonly options: optimizers.LBFGSOptions;
    readonly after: readonly (readonly number[])[];
    readonly float32: { readonly parameters: number };
  }[];
}

const { x, y, initial, runs, lbfgs } = golden(
  new URL('../../../../packages/optimizers/test/golden/problems.json', import.meta.url),
) as Problems;

const fresh = (): Parameters =>
  Object.fromEntries(
    Object.entries(initial).map(([name, value]) => [name, variable(toTensor(value), { requiresGrad: true })]),
  );

/** The parameters now, beside all of them in a row. */
async function beside(parameters: Parameters, row: readonly number[]): Promise<Comparison[]> {
  let at = 0;
  const found: Comparison[] = [];
  for (const parameter of Object.values(parameters)) {
    const values = await parameter.data();
    for (let i = 0; i < parameter.size; i++)
      found.push({ kind: 'output', actual: Number(values[i]), expected: { data: [row[at++] ?? NaN] } });
  }
  return found;
}

async function runSteps({ optimizer: name, options, after }: Run): Promise<Comparison[]> {
  const parameters = fresh();
  const groups = options.groups?.map(({ match, ...others }) => ({ match: new RegExp(match), ...others }));
  const Type = Reflect.get(optimizers, name) as new (given: Parameters, options: object) => optimizers.Optimizer;
  const optimizer = new Type(parameters, groups === undefined ? options : { ...options, groups });
  const [inputs, targets] = [toTensor(x), toTensor(y)];
  const step = compile((): Tensor => optimizers.minimize(optimizer, () => lossOf(parameters, inputs, targets)));
  const found: Comparison[] = [];
  for (let count = 1; count <= 50; count++) {
    step();
    const expected = after[count];
    if (expected !== undefined) found.push(...(await beside(parameters, expected)));
  }
  return found;
}

async function runLbfgs({ options, after }: Problems['lbfgs'][number]): Promise<Comparison[]> {
  const parameters = fresh();
  const optimizer = new optimizers.LBFGS(parameters, options);
  const [inputs, targets] = [toTensor(x), toTensor(y)];
  const found: Comparison[] = [];
  for (const expected of after) {
    await optimizer.step(() => lossOf(parameters, inputs, targets));
    found.push(...(await beside(parameters, expected)));
  }
  return found;
}

export const optimizerCases: readonly Case[] = [
  ...runs.map((run): Case => ({ of: run.optimizer, run: () => runSteps(run), rounding: run.float32.parameters })),
  ...lbfgs.map((run): Case => ({ of: 'LBFGS', run: () => runLbfgs(run), rounding: run.float32.parameters })),
];
