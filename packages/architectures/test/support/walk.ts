/**
 * What every architecture does, whatever it is for: rebuilt from JSON it gives the same bits, it has modes, a summary and errors that say where, derivatives, and files with
 * free axes. A family gives rows: its architectures at small sizes, as samples of `tools/layers`, whose measurements these are.
 */
import type { ModuleTypes } from '@hebb/layers';
import { describe, expect, it } from 'vitest';
import { behaviourFaults } from '../../../../tools/layers/src/measure/behaviour.ts';
import { configurationCell } from '../../../../tools/layers/src/measure/configuration.ts';
import { derivativesCell } from '../../../../tools/layers/src/measure/derivatives.ts';
import { onnxCell } from '../../../../tools/layers/src/measure/onnx.ts';
import { fill } from '../../../../tools/interop/src/formula.ts';
import { extentsOf, inputsOf, sizesOf, type Sample } from '../../../../tools/layers/src/sample.ts';
import type { Tensor } from '../../../tensor/src/index.ts';
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
