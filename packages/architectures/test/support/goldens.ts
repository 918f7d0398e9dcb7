/** Goldens of architectures, as tools/golden/architecture_cases.py writes them: PyTorch's names, outputs and gradients for weights and inputs by a formula. */
import { valueAndGrad } from '../../../autograd/src/index.ts';
import { fromConfig, type AnyModule, type ModuleConfig } from '@hebb/layers';
import { setDevice, stack, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, golden, type Stored } from '../../../tensor/test/support/golden.ts';
import { fill, integers, numbers } from '../../../../tools/interop/src/formula.ts';
import { tensorsIn } from '../../../../tools/layers/src/prepare.ts';
import { architectureTypes } from '../../src/index.ts';

interface Case {
  readonly name: string;
  readonly config: ModuleConfig;
  /** Called with the inputs. Default: `forward`. */
  readonly method?: string;
  /** Inputs of `forward`, by the formula: of whole numbers with `below`, in 0 … 1 with `isShare`. */
  readonly inputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly below?: number;
    readonly isShare?: true;
  }[];
  /** All names with their shapes, in PyTorch's order. */
  readonly state: readonly (readonly [name: string, shape: readonly number[]])[];
  /** In evaluation mode; that of a single tensor is `output`. */
  readonly outputs: Readonly<Record<string, Stored>>;
  /** While training, of the sum of all outputs times numbers of the formula. */
  readonly loss: number;
  /** Of each parameter: the length of its gradient, and its product with numbers of the formula. */
  readonly gradients: Readonly<Record<string, readonly [length: number, product: number]>>;
}

const outputsOf = (result: unknown): Map<string, Tensor> => new Map(tensorsIn(result));

const product = (a: Tensor, name: string): Tensor => a.mul(numbers(name, ...a.shape)).sum();

/** Tests of all cases in `golden/FAMILY.json`. Logits agree to 10⁻⁵, gradients to 10⁻⁴ of 1 + the number. */
export function compareWithGoldens(family: string): void {
  const cases = golden(new URL(`../golden/${family}.json`, import.meta.url)) as readonly Case[];

  describe.each(cases.map((each) => [each.name, each] as const))('%s beside PyTorch', (_name, each) => {
    beforeAll(() => setDevice('wasm'));

    const model = () => fill(fromConfig(each.config, architectureTypes));
    const call = (of: AnyModule): Map<string, Tensor> => {
      const method = Reflect.get(of, each.method ?? 'forward') as (...given: Tensor[]) => unknown;
      return outputsOf(method.apply(of, inputs()));
    };
    const inputs = (): Tensor[] =>
      each.inputs.map(({ name, shape, below, isShare }) => {
        if (below !== undefined) return integers(name, below, ...shape);
        const made = numbers(name, ...shape);
        return isShare === true ? made.add(1).div(2) : made;
      });

    it('has the names and shapes of the state, in order', () => {
      // PyTorch's has what is tied under all of its names.
      const state = [...model().stateDict({ everyName: true })].map(([name, { shape }]) => [name, [...shape]]);
      expect(state).toEqual(each.state);
    });

    it('gives the outputs', async () => {
      const outputs = call(model().eval());
      expect([...outputs.keys()]).toEqual(Object.keys(each.outputs));
      for (const [name, expected] of Object.entries(each.outputs))
        await expectClose(outputs.get(name) as Tensor, expected, name);
    });

    it('gives the gradients of all parameters while training', async () => {
      const trained = model().train();
      const parameters = trained.namedParameters();
      const { value, grads } = valueAndGrad(
        () =>
          [...call(trained)]
            .filter(([, output]) => output.dtype === 'float32')
            .map(([name, output]) => product(output, `cotangent of ${name}`))
            .reduce((a, b) => a.add(b)),
        parameters,
      );
      const near = (actual: number, expected: number, scale: number): boolean =>
        Math.abs(actual - expected) <= 1e-4 * (1 + scale);
      // All numbers of one plan: a plan for each would take a second.
      const numbersOf = [...grads].flatMap(([name, gradient]) => [
        gradient.square().sum().sqrt(),
        product(gradient, `direction of ${name}`),
      ]);
      const [loss = NaN, ...found] = Array.from(await stack([value, ...numbersOf]).data(), Number);
      expect(near(loss, each.loss, Math.abs(each.loss)), `the loss is ${loss}, not ${each.loss}`).toBe(true);
      const wrong = [...grads.keys()].flatMap((name, i) => {
        const [length = NaN, along = NaN] = each.gradients[name] ?? [];
        const [actual = NaN, actualAlong = NaN] = found.slice(2 * i, 2 * i + 2);
        const fits = near(actual, length, length) && near(actualAlong, along, length);
        return fits ? [] : [`${name}: ${actual}, ${actualAlong}, not ${length}, ${along}`];
      });
      expect(wrong).toEqual([]);
      expect([...grads.keys()].sort()).toEqual(Object.keys(each.gradients).sort());
    });
  });
}
