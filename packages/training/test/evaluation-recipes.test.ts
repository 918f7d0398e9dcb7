/** The recipes for metrics and evaluation tasks in docs/recipes.md do what they say. */
import { fileURLToPath } from 'node:url';
import * as data from '@hebb/data';
import * as evaluation from '@hebb/evaluation';
import * as layers from '@hebb/layers';
import * as tensor from '@hebb/tensor';
import { expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import * as training from '../src/index.ts';

const modules = {
  '@hebb/data': data,
  '@hebb/evaluation': evaluation,
  '@hebb/layers': layers,
  '@hebb/tensor': tensor,
  '@hebb/training': training,
};
const recipes = examplesOf(fileURLToPath(new URL('../../../docs/recipes.md', import.meta.url))).filter(({ code }) =>
  /meanMetric|await evaluate\(/.test(code),
);

it('there are two', () => expect(recipes.length).toBeGreaterThanOrEqual(2));

it.each(recipes)('the recipe of $name does what it says', async (recipe) => {
  tensor.setDevice('wasm');
  const statements = await runExample(recipe, modules);
  expect(statements.length).toBeGreaterThan(1);
  for (const { line, actual, expected, rounded } of statements)
    expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
});
