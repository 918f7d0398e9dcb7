/**
 * Memory of WebAssembly behind 2 GiB and 3 GiB, and up to its end: what is computed there has the bytes of what is computed at its begin. Addresses are unsigned.
 *
 * @module-tag long: each graph is run in thirteen places.
 * @module-tag alone: its devices take tens of gigabytes of addresses, though next to no memory.
 */
import { expect, it } from 'vitest';
import { dropout, manualSeed, randint, randn, type Tensor } from '../../../packages/tensor/src/index.ts';
import { recordStep, stepsOf, type RecordedGraph } from '../src/check.ts';
import { catalogueSteps } from '../src/catalogue.ts';
import { waysInHighMemory } from '../src/high-memory.ts';
import { largerGraph, namesOfLarger } from '../src/larger.ts';
import { checkWays, graphOf } from '../src/left-out.ts';
import { makeRandom } from '../src/random.ts';

const graphs = Number(process.env['HEBB_FUZZ'] ?? 10);
const ways = waysInHighMemory();

it(
  `${graphs} random graphs with updates in place`,
  async () => {
    for (let seed = 1; seed <= graphs; seed++)
      expect(await checkWays(ways, graphOf(seed, stepsOf(seed)), seed), `seed ${seed}`).toEqual([]);
  },
  60_000 + 10_000 * graphs,
);

it.each(namesOfLarger)('%s', async (name) => {
  expect(await checkWays(ways, largerGraph(name))).toEqual([]);
});

const leaves = [1, 2].map((seed) => {
  const random = makeRandom(seed);
  return { shape: [3, 4], data: Float32Array.from({ length: 12 }, () => random(2001) / 1000 - 1) };
});

const graphOfOutputs = (make: (x: Tensor, y: Tensor) => readonly Tensor[]): RecordedGraph =>
  recordStep(
    (given) => {
      const outputs = [...make(given[0] as Tensor, given[1] as Tensor)];
      return { outputs, loss: [...outputs, ...given].map((t) => t.tanh().mean()).reduce((a, b) => a.add(b)) };
    },
    leaves,
    true,
  );

it('draws', async () => {
  manualSeed(3);
  const graph = graphOfOutputs((x, y) => [
    dropout(x.mul(randn([50, 3, 4])), { probability: 0.4 }),
    randint([99], 0, 10).to('float32').mul(y.sum()),
  ]);
  expect(await checkWays(ways, graph)).toEqual([]);
});

it('every operation of the catalogue', async () => {
  const places = ways.filter(({ name }) => /begin|64 KiB|behind 3 GiB/.test(name));
  expect(places).toHaveLength(5);
  let count = 0;
  for (const [i, step] of catalogueSteps.entries()) {
    const made = (x: Tensor, y: Tensor): readonly Tensor[] => {
      const results = step(x, y, 0, makeRandom(i)) ?? [];
      return Array.isArray(results) ? (results as readonly Tensor[]) : [results as Tensor];
    };
    expect(await checkWays(places, graphOfOutputs(made)), `sample ${i}`).toEqual([]);
    count++;
  }
  expect(count).toBeGreaterThan(300);
}, 600_000);
