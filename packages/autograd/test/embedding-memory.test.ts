/** What the gradient of a table costs: memory of the rows that are looked up and of the table, never of both at once (a dense one-hot matrix). */
import { embedding, embeddingBag, randint, setDevice, zeros, type Tensor } from '@hebb/tensor';
import { linearize, nodeOf, toProgram } from '@hebb/tensor/graph';
import { beforeAll, expect, it } from 'vitest';
import { compileProgram } from '../../tensor/src/compiler/compile.ts';
import { grad } from '../src/index.ts';

const rows = 10_000;
const columns = 16;
const lookups = 512;

beforeAll(() => setDevice('wasm'));

it.each([
  ['embedding', (ids: Tensor, table: Tensor) => embedding(ids, table)],
  ['embeddingBag', (ids: Tensor, table: Tensor) => embeddingBag(ids.reshape([64, -1]), table)],
])('the gradient of %s takes memory for lookups and table, not for lookups times rows', (_, lookup) => {
  const ids = randint([lookups], 0, rows);
  const loss = (table: Tensor): Tensor => lookup(ids, table).square().sum();
  const program = toProgram(linearize([nodeOf(grad(loss)(zeros([rows, columns])))]));
  const table = rows * columns;
  // No node of the graph has an element for each pair of a lookup and a row, computed or not.
  expect(Math.max(...program.nodes.map(({ type }) => type.size))).toBeLessThanOrEqual(table);
  expect(compileProgram(program).arenaBytes).toBeLessThan(4 * (table + 8 * lookups * columns + 2 * rows));
});
