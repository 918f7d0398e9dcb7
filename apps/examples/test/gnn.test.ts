/** The graphs of the example: facts of the karate club, and Cora's two files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runExamples } from '@hebb/app-support';
import { setDevice, tensor, type Tensor } from 'hebb';
import { expect, it } from 'vitest';
import { build } from '../gnn/example.ts';
import { circles, cora, karateClub } from '../gnn/graphs.ts';
import { judgedPairs } from '../gnn/report.ts';
import { examples } from '../src/examples.ts';

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

it('circles of friends are one graph at each call, nine of ten edges inside of a circle, both ways, nobody alone', () => {
  const { nodes, edges, labels, features, width } = circles();
  expect(circles().edges).toEqual(edges);
  const count = edges.length / 2;
  const pairs = new Set(Array.from({ length: count }, (_, k) => `${edges[k]} ${edges[count + k]}`));
  expect(pairs.size).toBe(count);
  for (const pair of pairs) expect(pairs.has(pair.split(' ').reverse().join(' '))).toBe(true);
  const inside = [...pairs].filter((pair) => new Set(pair.split(' ').map((node) => labels[Number(node)])).size === 1);
  // 12 · 190 pairs at 0.4, 26,400 at 0.0035.
  expect(inside.length / count).toBeCloseTo(912 / (912 + 92.4), 1);
  expect(new Set(edges).size).toBe(nodes);
  expect([features.length, features.reduce((a, b) => a + b, 0)]).toEqual([nodes * width, nodes]);
});

it('missing links of circles of friends are found far above chance, and the report shows which', async () => {
  const out = mkdtempSync(join(tmpdir(), 'hebb-links-'));
  const program = { signal: new AbortController().signal, base: '/', onQuit: () => undefined };
  const code = await runExamples(examples, ['gnn', '--task', 'links', '--quick', '--device', 'wasm', '--out', out], program); // prettier-ignore
  const { metrics } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as { metrics: { value: number; target: object }[] }; // prettier-ignore
  expect(metrics[0]?.value).toBeGreaterThan(0.8);
  expect([code, metrics[0]?.target]).toEqual([0, { atLeast: 0.8 }]);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  for (const title of ['Probabilities of an edge', 'Found and mistaken', 'Pairs of the test']) expect(page).toContain(title); // prettier-ignore
  rmSync(out, { recursive: true });
});

it('judged pairs are the likeliest and the least likely with an edge and without, and right where they lie on their side of a half', () => {
  const network = karateClub();
  // 0–1 and 0–2 have edges, 15–16 and 9–24 have none; 9 and 24 have no neighbour in common, 0 and 1 have seven.
  const pairs = Int32Array.of(0, 0, 15, 9, 1, 2, 16, 24);
  const sections = judgedPairs(network, network.edges, { pairs, isEdge: [1, 1, 0, 0], logits: [3, -1, 1, -3] });
  const [histogram, curve, table] = sections;
  if (histogram?.kind !== 'chart' || curve?.kind !== 'chart' || table?.kind !== 'table') throw new Error('other sections'); // prettier-ignore
  for (const { points } of histogram.series) expect(points.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1);
  expect(curve.series[0]?.points).toEqual([[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]); // prettier-ignore
  const rows = new Map(table.rows.map(([pair, ...rest]) => [pair, rest]));
  expect(rows.get('0 (instructor) – 1 (instructor)')).toEqual(['yes', expect.closeTo(0.9526), 7, '✓']);
  expect(rows.get('0 (instructor) – 2 (instructor)')?.at(-1)).toBe('✗');
  expect(rows.get('15 (president) – 16 (instructor)')).toEqual(['no', expect.closeTo(0.7311), 0, '✗']);
  expect(rows.get('9 (president) – 24 (president)')).toEqual(['no', expect.closeTo(0.0474), 0, '✓']);
  expect(table.rows).toHaveLength(4);
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
