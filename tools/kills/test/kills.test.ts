/** @module-tag long: it kills programs. */
import { expect, it } from 'vitest';
import { checkKills } from '../src/kills.ts';

it('a run that is killed five times ends in the bytes of the uncut run', { timeout: 180_000 }, async () => {
  const { kills, same, differences } = await checkKills({ count: 5, seed: 1 });
  expect(differences).toEqual([]);
  expect([kills, same]).toEqual([5, 5]);
});
