/** The recipes for optimizers and schedules in docs/recipes.md do what they say. */
import { fileURLToPath } from 'node:url';
import * as tensor from '@hebb/tensor';
import { beforeAll, expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import * as optimizers from '../src/index.ts';

const modules = { '@hebb/tensor': tensor, '@hebb/optimizers': optimizers };
/** Those that need these two packages alone: the others are of other packages. */
const recipes = examplesOf(fileURLToPath(new URL('../../../docs/recipes.md', import.meta.url))).filter(({ code }) => {
  const imported = [...code.matchAll(/ from '([^']+)';$/gm)].map(([, name]) => name ?? '');
  return imported.includes('@hebb/optimizers') && imported.every((name) => name in modules);
});

beforeAll(() => tensor.setDevice('reference'));

it('there are two', () => expect(recipes.length).toBeGreaterThanOrEqual(2));

it.each(recipes)('the recipe of $name does what it says', async (recipe) => {
  const statements = await runExample(recipe, modules);
  expect(statements.length).toBeGreaterThan(0);
  for (const { line, actual, expected, rounded } of statements)
    expect(agrees(actual, expected, rounded), `${line}\ngot ${String(actual)}`).toBe(true);
});
