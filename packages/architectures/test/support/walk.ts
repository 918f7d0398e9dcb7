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
import type { Sample } from '../../../../tools/layers/src/sample.ts';
import { architectureTypes } from '../../src/index.ts';

export { ids, mask, of, ways, x, type Sample } from '../../../../tools/layers/src/sample.ts';

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

  describe.each(Object.entries(rows))('%s', (_name, given) => {
    // What layers begin with lies on kinks: biases are 0, and where relu leaves nothing of a channel, so is what comes next.
    const samples = given.map((sample) => ({ ...sample, make: () => fill(sample.make()) }));

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
