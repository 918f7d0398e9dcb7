/** The recipe for layers in docs/recipes.md does what it says. */
import { fileURLToPath } from 'node:url';
import * as tensor from '@hebb/tensor';
import * as checks from '@hebb/tensor/arguments';
import { beforeAll, expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import * as layers from '../src/index.ts';

const modules = { '@hebb/tensor': tensor, '@hebb/tensor/arguments': checks, '@hebb/layers': layers };
const [recipe] = examplesOf(fileURLToPath(new URL('../../../docs/recipes.md', import.meta.url))).filter(({ code }) =>
  code.includes('extends Module '),
);

beforeAll(() => tensor.setDevice('reference'));

it('the recipe of a layer does what it says', async () => {
  if (recipe === undefined) throw new Error('the recipe is gone');
  const statements = await runExample(recipe, modules);
  expect(statements).toHaveLength(2);
  for (const { line, actual, expected, rounded } of statements)
    expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
});
