/**
 * What every architecture does, whatever it is for: rebuilt from JSON it gives the same bits, it has modes, a summary and errors that say where, derivatives, and files with
 * free axes. A family gives rows: its architectures at small sizes, as samples of `tools/layers`, whose measurements these are.
 */
import type { AnyModule, Module, ModuleTypes } from '@hebb/layers';
import { describe, expect, it } from 'vitest';
import { behaviourFaults } from '../../../../tools/layers/src/measure/behaviour.ts';
import { configurationCell } from '../../../../tools/layers/src/measure/configuration.ts';
import { derivativesCell } from '../../../../tools/layers/src/measure/derivatives.ts';
import { onnxCell } from '../../../../tools/layers/src/measure/onnx.ts';
import { fill } from '../../../../tools/interop/src/formula.ts';
import { extentsOf, inputsOf, sizesOf, type Sample } from '../../../../tools/layers/src/sample.ts';
import { tensorsIn } from '../../../../tools/layers/src/prepare.ts';
import { minimize, SGD } from '../../../optimizers/src/index.ts';
import { realize, tensor, type Tensor } from '../../../tensor/src/index.ts';
import { architectureTypes } from '../../src/index.ts';

export { ids, mask, of, ways, x, type Sample } from '../../../../tools/layers/src/sample.ts';

/** What is said of the first input with a feature more, or less. */
function featureMessages(sample: Sample): string[] {
  const { features } = sample;
  const [first] = sample.inputs;
  if (features === 'any' || first === undefined) return [];
  const [sizes, given] = [sizesOf(sample, 0), inputsOf(sample)];
  const shape = extentsOf(first.shape, sizes);
  const axis = features < 0 ? shape.length + features : features;
  return [1, -1].map((more) => {
    const wrong = first.make(shape.map((extent, i) => (i === axis ? extent + more : extent)), 1, sizes); // prettier-ignore
    const model = sample.make();
    try {
      (model.forward as (...inputs: Tensor[]) => unknown)(wrong, ...given.slice(1));
      return `takes ${shape[axis]} + ${more}`;
    } catch (error) {
      const { message } = error as Error;
      return message.includes(String(wrong)) ? message : `no ${String(wrong)} in ${message}`;
    }
  });
}

const forward = (
  sample: Sample,
  model: AnyModule,
  given: readonly Tensor[],
): readonly (readonly [string, Tensor])[] => {
  const call = sample.call as ((model: AnyModule, ...given: readonly Tensor[]) => unknown) | undefined;
  return tensorsIn(call === undefined ? (model as Module<Tensor[], unknown>).forward(...given) : call(model, ...given));
};

/** What comes of inputs of which one size that may be any is 0: `numbers`, or the error. */
async function emptyResults(sample: Sample): Promise<string[]> {
  const sizes = sizesOf(sample, 0);
  const found: string[] = [];
  // Edges lead to nodes: without them there are none. Their own tests have graphs without both.
  for (const name of Object.keys(sizes).filter((each) => !['nodes', 'graphs'].includes(each))) {
    const smaller = { ...sizes, [name]: 0 };
    try {
      const given = sample.inputs.map(({ shape, make }, i) => make(extentsOf(shape, smaller), i + 1, smaller));
      const results = forward(sample, sample.make().eval(), given);
      await realize(results.map(([, value]) => value));
      // The mean of nothing, of a penalty for instance, is NaN as in PyTorch.
      for (const [place, value] of results.filter(([, { ndim }]) => ndim > 0))
        found.push([...(await value.data())].some(Number.isNaN) ? `NaN in ${place} where ${name} is 0` : 'numbers');
    } catch (error) {
      found.push((error as Error).message);
    }
  }
  return found;
}

/** What is wrong where the first example of a batch begins with NaN: rows of others that change, a row that does not. */
async function spreadOfNaN(sample: Sample): Promise<string[]> {
  const [first] = sample.inputs;
  if (first?.dtype !== 'float32' || first.shape[0] !== 'batch') return [];
  const model = sample.make().eval();
  const given = inputsOf(sample);
  const [x] = given;
  if (x === undefined) return [];
  const values = Float32Array.from(await x.data(), Number);
  values[0] = NaN;
  const odd = [tensor(values, { shape: x.shape }), ...given.slice(1)];
  const [before, after] = [forward(sample, model, given), forward(sample, model, odd)];
  const faults: string[] = [];
  for (const [i, [place, value]] of after.entries()) {
    if (value.shape[0] !== x.shape[0] || value.dtype !== 'float32') continue;
    const [now, then] = [await value.data(), (await before[i]?.[1].data()) ?? []];
    const row = now.length / (value.shape[0] ?? 1);
    if (![...now.slice(0, row)].some(Number.isNaN)) faults.push(`no NaN in the first row of ${place}`);
    if ([...now.slice(row)].some((number, j) => !Object.is(number, then[row + j]))) faults.push(`other rows of ${place} change`); // prettier-ignore
  }
  if (model.parameters().length === 0) return faults;
  // A loss of all examples is NaN, and so are the parameters behind a step, some at least: `fit` ends there.
  const optimizer = new SGD(model, { learningRate: 0.1 });
  const loss = minimize(optimizer, () => {
    const all = forward(sample, model, odd).filter(([, { dtype }]) => dtype === 'float32');
    return all.map(([, value]) => value.square().mean()).reduce((sum, each) => sum.add(each));
  });
  if (!Number.isNaN(await loss.item())) faults.push('the loss of a step is a number');
  const numbers = await Promise.all(model.parameters().map(async (each) => [...(await each.data())]));
  if (!numbers.flat().some(Number.isNaN)) faults.push('all parameters are numbers behind a step');
  return faults;
}

/** By the names of classes: how small ones are made, and what they are given. */
export type Rows = Readonly<Record<string, readonly Sample[]>>;

/**
 * Tests of all rows. `types` are the classes of the family, each of which needs a row, so that none is forgotten.
 *
 * ```ts
 * walk(
 *   {
 *     MultilayerPerceptron: ways(
 *       of(() => new MultilayerPerceptron({ inputs: 4, hidden: [5], outputs: 3 }), [x(['batch', 4])], -1),
 *     ),
 *   },
 *   feedForwardTypes,
 * );
 * ```
 */
export function walk(rows: Rows, types: ModuleTypes): void {
  it('has a row for every class of the family', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.keys(types).sort());
  });

  describe.each(Object.entries(rows))('%s', (name, given) => {
    // What layers begin with lies on kinks: biases are 0, and where relu leaves nothing of a channel, so is what comes next.
    const samples = given.map((sample) => ({ ...sample, make: () => fill(sample.make()) }));

    it('says by its own name what it takes where features are more or fewer', () => {
      // What wraps a network of the user's leaves that to it.
      const names = ['GraphClassifier', 'LinkPredictor'].includes(name) ? 'G[A-Za-z]+' : name;
      for (const sample of samples)
        for (const said of featureMessages(sample)) expect(said).toMatch(new RegExp(`^\\[${names}[.\\]]`));
    });

    it('gives numbers where a size is 0, or says by its own name that it cannot be', async () => {
      const names = ['GraphClassifier', 'LinkPredictor'].includes(name) ? 'G[A-Za-z]+' : name;
      for (const sample of samples)
        for (const said of await emptyResults(sample)) expect(said).toMatch(new RegExp(`^(numbers|\\[${names}[.\\]])`));
    });

    it('keeps a NaN of one example to what is made of that, but for a step of training', async () => {
      for (const sample of samples) expect(await spreadOfNaN(sample)).toEqual([]);
    });

    it('is rebuilt from JSON by architectureTypes, and gives the same bits for its state', async () => {
      expect((await configurationCell(samples, architectureTypes)).note).toBeUndefined();
    });

    it('has modes, a summary of the shapes that it gives, and errors that name the module', async () => {
      expect(await behaviourFaults(samples)).toEqual([]);
    });

    it('has the derivatives of finite differences in float64', async () => {
      expect((await derivativesCell(samples, 1e-7)).note).toBeUndefined();
    });

    it('computes the same in onnxruntime, at sizes that are free', async () => {
      expect((await onnxCell(samples)).failed).toBeUndefined();
    });
  });
}
