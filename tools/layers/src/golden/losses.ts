/** Golden cases of losses. */
import { vjp } from '../../../../packages/autograd/src/index.ts';
import {
  callLoss,
  computeLoss,
  type FunctionCase,
  type LossCase,
} from '../../../../packages/losses/test/support/cases.ts';
import { tensor, variable, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { valueAndGrad } from '../../../../packages/autograd/src/index.ts';
import { golden, toTensor, type Stored } from '../../../../packages/tensor/test/support/golden.ts';
import type { Case, Comparison } from './comparison.ts';

interface DifferentiatedCase extends FunctionCase {
  readonly outputs: readonly Stored[];
  readonly cotangents?: readonly (Stored | null)[];
  readonly gradients?: readonly (Stored | null)[];
}

const file = (name: string): unknown =>
  golden(new URL(`../../../../packages/losses/test/golden/${name}.json`, import.meta.url));
/** Numbers of JSON, some of them in words. */
const stored = ({ shape, data, dtype = 'float32' }: Stored): Tensor =>
  tensor(Float64Array.from(data, Number), { shape, dtype });

function runFunction(one: DifferentiatedCase): Comparison[] {
  const inputs = one.inputs.map(stored);
  const { outputs, cotangents, gradients } = one;
  const [expected] = outputs;
  if (expected === undefined) return [];
  if (gradients === undefined || cotangents === undefined)
    return [{ kind: 'output', actual: callLoss(one, inputs), expected }];
  let result: Tensor | undefined;
  const { pullback } = vjp(
    (...given: Tensor[]) => {
      const rest = [...given];
      result = callLoss(
        one,
        inputs.map((x, i) => (gradients[i] === null ? x : (rest.shift() as Tensor))),
      );
      return stored(cotangents[0] as Stored)
        .mul(result)
        .sum();
    },
    ...inputs.filter((_, i) => gradients[i] !== null),
  );
  const found = pullback(tensor(1));
  return [
    { kind: 'output', actual: result as Tensor, expected },
    ...gradients
      .filter((gradient) => gradient !== null)
      .map((gradient, i): Comparison => ({ kind: 'gradient', actual: found[i] as Tensor, expected: gradient })),
  ];
}

function runPrediction(one: LossCase): Comparison[] {
  const prediction = variable(toTensor(one.prediction), { requiresGrad: true });
  let value: Tensor = prediction;
  const { grads } = valueAndGrad(() => {
    value = computeLoss(one, prediction);
    return value.sum();
  }, [prediction]);
  return [
    { kind: 'output', actual: value, expected: one.value },
    { kind: 'gradient', actual: grads[0] as Tensor, expected: one.gradient },
  ];
}

export const lossCases: readonly Case[] = [
  ...(file('functions') as DifferentiatedCase[]).map((one): Case => ({ of: one.f, run: () => runFunction(one) })),
  ...(file('pytorch') as LossCase[]).map((one): Case => ({ of: one.loss, run: () => runPrediction(one) })),
];
