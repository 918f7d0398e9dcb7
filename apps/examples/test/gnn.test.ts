/** The graphs of the example: facts of the karate club, and Cora's two files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setDevice, tensor, type Tensor } from 'hebb';
import { expect, it } from 'vitest';
import { build } from '../gnn/example.ts';
import { cora, karateClub } from '../gnn/graphs.ts';

it('the karate club has 34 members and 78 edges, 17 on each side, and its leaders know the most', () => {
  const { nodes, edges, labels } = karateClub();
  const count = edges.length / 2;
  expect([nodes, count]).toEqual([34, 2 * 78]);
  const degrees = new Array<number>(34).fill(0);
  const pairs = new Set<string>();
  for (let k = 0; k < count; k++) {
    degrees[edges[k] ?? 0] = (degrees[edges[k] ?? 0] ?? 0) + 1;
    pairs.add(`${edges[k]} ${edges[count + k]}`);
  }
  expect(pairs.size).toBe(2 * 78);
  for (const pair of pairs) expect(pairs.has(pair.split(' ').reverse().join(' '))).toBe(true);
  // Zachary's numbers of acquaintances, member by member.
  expect(degrees).toEqual([
    16, 9, 10, 6, 3, 4, 4, 4, 5, 2, 3, 1, 2, 5, 2, 2, 2, 2, 2, 3, 2, 2, 2, 5, 3, 3, 2, 4, 3, 4, 4, 6, 12, 17,
  ]);
  expect(labels.reduce((a, b) => a + b, 0)).toBe(17);
  expect([labels[0], labels[33], labels[8]]).toEqual([0, 1, 0]);
});

it('Cora is read with citations as undirected edges once each, words of sum 1, its largest part, and errors that name the line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-cora-'));
  const write = (content: string, cites: string): void => {
    writeFileSync(join(folder, 'cora.content'), content);
    writeFileSync(join(folder, 'cora.cites'), cites);
  };
  // Papers 7, 3, 9 hang together (3 and 9 cite one another, and twice), 5 is alone.
  const content = '7\t1\t0\t1\tTheory\n5\t1\t1\t1\tGenetics\n3\t0\t0\t0\tTheory\n9\t0\t1\t0\tCases\n';
  write(content, '7\t3\n3\t9\n9\t3\n3\t9\n');
  const network = await cora(folder);
  expect(network.nodes).toBe(3);
  expect(network.classNames).toEqual(['Cases', 'Genetics', 'Theory']);
  expect([...network.labels]).toEqual([2, 2, 0]);
  expect([...network.features]).toEqual([0.5, 0, 0.5, 0, 0, 0, 0, 1, 0]);
  expect([...network.edges]).toEqual([0, 1, 1, 2, 1, 2, 0, 1]);
  write(content, '7\t3\n3\t8\n');
  await expect(cora(folder)).rejects.toThrow('line 2 of cora.cites names paper 8');
  rmSync(folder, { recursive: true });
});

it.each(['gcn', 'gat'] as const)('%s learns from the nodes of a batch alone', async (kind) => {
  setDevice('wasm');
  const network = karateClub();
  const { model, task } = build({ kind, network });
  const nodes = tensor([[0, 33]], { dtype: 'int32' });
  const loss = async (): Promise<number> => Number(await (task.validate?.({ nodes }) as Tensor | undefined)?.item());
  const before = await loss();
  model.train();
  for (let i = 0; i < 20; i++) await (task.step({ nodes }) as Tensor).item();
  model.eval();
  expect(await loss()).toBeLessThan(before);
});
