/** Golden cases of layers: the families' files, and the recurrent layers', which have states. */
import { valueAndGrad } from '../../../../packages/autograd/src/index.ts';
import { fromConfig } from '../../../../packages/layers/src/index.ts';
import type { Golden } from '../../../../packages/layers/test/support/cases.ts';
import { layerCalls, layerFamilies, type LayerCall } from '../../../../packages/layers/test/support/calls.ts';
import {
  cases as recurrentCases,
  moduleOf,
  resultsOf,
  type RecurrentCase,
} from '../../../../packages/layers/test/support/recurrent.ts';
import { variable, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { golden, toTensor, type Stored } from '../../../../packages/tensor/test/support/golden.ts';
import { valuesOf } from '../../../../packages/training/test/support/layer-calls.ts';
import type { Case, Comparison } from './comparison.ts';

const leafOf = (stored: Stored): Tensor => variable(toTensor(stored), { requiresGrad: true });

const gradientsBeside = (
  found: ReadonlyMap<string, Tensor>,
  expected: Readonly<Record<string, Stored>>,
): Comparison[] =>
  Object.entries(expected).map(([name, stored]) => ({
    kind: 'gradient',
    actual: found.get(name) as Tensor,
    expected: stored,
  }));

async function runCall(call: LayerCall): Promise<Comparison[]> {
  const values = await valuesOf(call);
  return [
    ...[
      ...Object.entries(call.outputs),
      ...Object.entries(call.stateAfter).map(([name, stored]) => [`${name} after`, stored] as const),
    ].map(([name, expected]): Comparison => ({ kind: 'output', actual: values.get(name) as Tensor, expected })),
    ...Object.entries(call.gradients).map(([name, expected]): Comparison => ({
      kind: 'gradient',
      actual: values.get(`gradient of ${name}`) as Tensor,
      expected,
    })),
  ];
}

function runRecurrent(entry: RecurrentCase): Comparison[] {
  const module = moduleOf(entry);
  module.loadStateDict(Object.fromEntries(Object.entries(entry.state).map(([name, value]) => [name, toTensor(value)])));
  const x = leafOf(entry.input);
  const initial = entry.initial?.map(leafOf);
  const parts = (initial ?? []).map((part, i) => [`initial ${['hidden', 'cell'][i]}`, part] as const);
  let results: Tensor[] = [];
  const { grads } = valueAndGrad(
    () => {
      results = resultsOf(module, x, initial, entry.lengths ?? undefined);
      return results
        .map((result, i) => result.mul(toTensor(entry.cotangents[i] as Stored)).sum())
        .reduce((sum, part) => sum.add(part));
    },
    new Map<string, Tensor>([...module.namedParameters(), ['input', x], ...parts]),
  );
  return [
    ...results.map((actual, i): Comparison => ({ kind: 'output', actual, expected: entry.results[i] as Stored })),
    ...gradientsBeside(grads, entry.gradients),
  ];
}

/** Of the oldest file, whose layers are called several times. */
const several = golden(new URL('../../../../packages/layers/test/golden/pytorch.json', import.meta.url)) as Golden;

function runSeveral({
  config,
  training,
  state,
  inputs,
  output,
  cotangent,
  gradients,
}: Golden['cases'][number]): Comparison[] {
  const module = fromConfig(config).train(training);
  module.loadStateDict(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, toTensor(value)])));
  for (const earlier of inputs.slice(0, -1)) module.forward(toTensor(earlier));
  const input = leafOf(inputs.at(-1) as Stored);
  let result: Tensor = input;
  const { grads } = valueAndGrad(
    () => {
      result = module.forward(input);
      return result.mul(toTensor(cotangent)).sum();
    },
    new Map([...module.namedParameters(), ['input', input]]),
  );
  return [{ kind: 'output', actual: result, expected: output }, ...gradientsBeside(grads, gradients)];
}

export const layerCases: readonly Case[] = [
  ...layerFamilies.flatMap((family) =>
    layerCalls(family).map(([, call]): Case => ({ of: call.config.type, run: () => runCall(call) })),
  ),
  ...recurrentCases.map((entry): Case => ({ of: entry.config.type, run: () => runRecurrent(entry) })),
  ...several.cases.map((entry): Case => ({ of: entry.config.type, run: () => runSeveral(entry) })),
];
