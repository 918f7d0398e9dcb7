/**
 * Every optimisation can be left out, and threads can be any number: the values stay. HEBB_FUZZ=2000 asks for more graphs.
 *
 * @module-tag long: thirty random graphs, each compiled and run in more than twenty ways.
 */
import { beforeAll, expect, it } from 'vitest';
import { setDevice } from '../../../packages/tensor/src/index.ts';
import { stepsOf } from '../src/check.ts';
import { largerGraph, namesOfLarger } from '../src/larger.ts';
import { allWays, checkWays, graphOf, waysThatDiffer } from '../src/left-out.ts';

const graphs = Number(process.env['HEBB_FUZZ'] ?? 30);
const ways = allWays();

beforeAll(() => setDevice('wasm'));

it(
  `${graphs} random graphs with updates in place have the interpreter's values without any one optimisation, and the same bytes on 1, 2 and 4 threads`,
  async () => {
    for (let seed = 1; seed <= graphs; seed++)
      expect(await checkWays(ways, graphOf(seed, stepsOf(seed)), seed), `seed ${seed}`).toEqual([]);
  },
  60_000 + 10_000 * graphs,
);

it.each(namesOfLarger)(
  '%s have them, too',
  async (name) => {
    expect(await checkWays(ways, largerGraph(name))).toEqual([]);
  },
  60_000,
);

it('leaves out what it says: each changes the plan or its code for a graph', () => {
  const seen = new Set<string>();
  for (const name of namesOfLarger) for (const way of waysThatDiffer(ways, largerGraph(name))) seen.add(way);
  for (let seed = 1; seed <= 60 && seen.size < ways.length - 1; seed++)
    for (const way of waysThatDiffer(ways, graphOf(seed, stepsOf(seed)))) seen.add(way);
  expect(ways.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual(['all optimisations']);
});
