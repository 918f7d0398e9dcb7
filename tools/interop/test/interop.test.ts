/** Models with weights by a formula: PyTorch's names, shapes, order and outputs. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { setDevice } from '../../../packages/tensor/src/index.ts';
import { expectClose, type Stored } from '../../../packages/tensor/test/support/golden.ts';
import { fill } from '../src/formula.ts';
import { models } from '../src/models.ts';

interface Fixture {
  readonly state: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly output: Stored;
}

beforeAll(() => setDevice('wasm'));

describe.each(Object.entries(models).filter(([, { isLarge }]) => !isLarge))('%s', (name, { make, output }) => {
  const file = new URL(`fixtures/${name}.json`, import.meta.url);
  const { state, output: expected } = JSON.parse(readFileSync(file, 'utf8')) as Fixture;

  it("has PyTorch's names, shapes and order, and gives its output for its weights", async () => {
    const model = make();
    expect([...model.stateDict({ everyName: true })].map(([key, { shape }]) => [key, shape])).toEqual(state);
    await expectClose(await output(fill(model.eval())), expected, name, 1e-4);
  });
});
