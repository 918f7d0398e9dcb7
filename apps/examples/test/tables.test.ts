/** The program for tables in the README of feed-forward does what it says. */
import { join } from 'node:path';
import * as hebb from 'hebb';
import { expect, it } from 'vitest';
import { agrees, examplesOf, runExample } from '../../../tools/examples/src/examples.ts';
import { examples } from '../src/examples.ts';

it('a table with categories and gaps is learnt in a page of code', async () => {
  hebb.setDevice('wasm');
  const [program, second] = examplesOf(join(examples.folder, 'feed-forward/README.md'));
  expect(second).toBeUndefined();
  const [statement, ...others] = await runExample(program ?? { name: '', code: '' }, { hebb });
  expect(others).toEqual([]);
  expect(agrees(statement?.actual, statement?.expected, statement?.rounded ?? false), String(statement?.actual)).toBe(true); // prettier-ignore
});
