/** The graphs of the example: a karate club, which is small enough to stand here, Cora, from its two files, and circles of friends that are drawn. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArrayDataset, DataError, DataLoader, Random, tensor, TrainingError } from 'hebb';

export interface Network {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly nodes: number;
  /** Features of each node, row by row. */
  readonly features: Float32Array;
  readonly width: number;
  /** Int32 [2, edges]; every undirected edge in both directions. */
  readonly edges: Int32Array;
  readonly labels: Int32Array;
}

/** The network as tensors. */
export const tensorsOf = ({ features, nodes, width, edges }: Network) => ({
  x: tensor(features, { shape: [nodes, width] }),
  edges: tensor(edges, { shape: [2, edges.length / 2] }),
});

/** A list of nodes as a batch, so many times: an epoch of so many steps. The batch says which nodes count; a network always goes over the whole graph. */
export const asBatches = (nodes: Int32Array, steps = 1) =>
  new DataLoader(
    new ArrayDataset({
      nodes: { data: Int32Array.from({ length: steps * nodes.length }, (_, i) => nodes[i % nodes.length] ?? 0), shape: [nodes.length] }, // prettier-ignore
    }),
    { batchSize: 1 },
  );

/** Who met whom outside of the club, member by member: those with a higher number (Zachary, "An Information Flow Model for Conflict and Fission in Small Groups", 1977). */
const friends: Readonly<Record<number, readonly number[]>> = {
  1: [2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 18, 20, 22, 32],
  2: [3, 4, 8, 14, 18, 20, 22, 31],
  3: [4, 8, 9, 10, 14, 28, 29, 33],
  4: [8, 13, 14],
  5: [7, 11],
  6: [7, 11, 17],
  7: [17],
  9: [31, 33, 34],
  10: [34],
  14: [34],
  15: [33, 34],
  16: [33, 34],
  19: [33, 34],
  20: [34],
  21: [33, 34],
  23: [33, 34],
  24: [26, 28, 30, 33, 34],
  25: [26, 28, 32],
  26: [32],
  27: [30, 34],
  28: [34],
  29: [32, 34],
  30: [33, 34],
  31: [33, 34],
  32: [33, 34],
  33: [34],
};
/** Who stayed with the instructor, member 1, when the club broke in two; the others went with the president, member 34. */
const withInstructor = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18, 20, 22]);

/** Of its members nothing is known. */
export function karateClub(): Network {
  const pairs = Object.entries(friends).flatMap(([from, all]) => all.map((to) => [Number(from) - 1, to - 1] as const));
  return {
    name: 'karate club',
    classNames: ['instructor', 'president'],
    nodes: 34,
    features: oneOfEach(34),
    width: 34,
    edges: bothWays(pairs),
    labels: Int32Array.from({ length: 34 }, (_, i) => Number(!withInstructor.has(i + 1))),
  };
}

/**
 * 240 people in twelve circles of 20 (a planted partition, Condon & Karp 2001): in a circle two know one another with a probability of 0.4, else of 0.0035, so that of ten people whom somebody knows about nine are of his or her circle. Nothing else is known of them. The same graph at each call.
 */
export function circles(): Network {
  const [size, count] = [20, 12];
  const nodes = size * count;
  const random = new Random(1);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < nodes; i++)
    for (let j = i + 1; j < nodes; j++)
      if (random.float() < (i % count === j % count ? 0.4 : 0.0035)) pairs.push([i, j]);
  return {
    name: 'circles of friends',
    classNames: Array.from({ length: count }, (_, i) => `circle ${i + 1}`),
    nodes,
    features: oneOfEach(nodes),
    width: nodes,
    edges: bothWays(pairs),
    labels: Int32Array.from({ length: nodes }, (_, i) => i % count),
  };
}

/** Where nothing is known of nodes each has a feature of its own. */
function oneOfEach(nodes: number): Float32Array {
  const features = new Float32Array(nodes * nodes);
  for (let i = 0; i < nodes; i++) features[(nodes + 1) * i] = 1;
  return features;
}

async function readTable(path: string): Promise<string[][]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DataError(`[cora] cannot read ${path}.`, { cause, hint: '--data DIR is a folder with cora.content and cora.cites.' }); // prettier-ignore
  });
  return text.split(/\r?\n/).filter((line) => line.trim() !== '').map((line) => line.split('\t')); // prettier-ignore
}

/** Papers with the words in them and the papers that they cite: `cora.content` and `cora.cites`. As in Shchur et al. 2018, the largest part in which every paper leads to every other. */
export async function cora(folder: string): Promise<Network> {
  const rows = await readTable(join(folder, 'cora.content'));
  const cites = await readTable(join(folder, 'cora.cites'));
  const numbers = new Map(rows.map(([id = ''], i) => [id, i]));
  const seen = new Set<number>();
  const pairs: (readonly [number, number])[] = [];
  for (const [line, [cited = '', citing = '']] of cites.entries()) {
    const [a, b] = [numbers.get(cited), numbers.get(citing)];
    if (a === undefined || b === undefined)
      throw new DataError(
        `[cora] line ${line + 1} of cora.cites names paper ${a === undefined ? cited : citing}, which cora.content does not have.`,
      );
    // Some pairs are cited both ways, or twice.
    const key = Math.min(a, b) * rows.length + Math.max(a, b);
    if (a === b || seen.has(key)) continue;
    seen.add(key);
    pairs.push([a, b]);
  }
  const kept = largestPart(rows.length, pairs);
  const place = new Map(kept.map((old, i) => [old, i]));
  const width = (rows[0]?.length ?? 2) - 2;
  const features = new Float32Array(kept.length * width);
  const classNames = [...new Set(rows.map((row) => row.at(-1) ?? ''))].sort();
  const labels = new Int32Array(kept.length);
  kept.forEach((old, i) => {
    const row = rows[old] ?? [];
    const words = row.slice(1, -1).map(Number);
    if (words.length !== width || !words.every(Number.isFinite))
      throw new DataError(`[cora] paper ${row[0]} of cora.content has not ${width} numbers between its name and its topic.`); // prettier-ignore
    const count = words.reduce((a, b) => a + b, 0);
    // Each paper's words have sum 1, however many it has.
    features.set(
      words.map((word) => (count === 0 ? 0 : word / count)),
      i * width,
    );
    labels[i] = classNames.indexOf(row.at(-1) ?? '');
  });
  const between = pairs.flatMap(([a, b]) => {
    const [from, to] = [place.get(a), place.get(b)];
    return from === undefined || to === undefined ? [] : [[from, to] as const];
  });
  return { name: 'Cora', classNames, nodes: kept.length, features, width, edges: bothWays(between), labels };
}

function bothWays(pairs: readonly (readonly [number, number])[]): Int32Array {
  const forth = [...pairs.map(([a]) => a), ...pairs.map(([, b]) => b)];
  return Int32Array.from([...forth, ...pairs.map(([, b]) => b), ...pairs.map(([a]) => a)]);
}

/** The nodes of the largest connected part, in growing order. */
function largestPart(nodes: number, pairs: readonly (readonly [number, number])[]): number[] {
  const neighbours = Array.from({ length: nodes }, (): number[] => []);
  for (const [a, b] of pairs) {
    neighbours[a]?.push(b);
    neighbours[b]?.push(a);
  }
  const seen = new Set<number>();
  let largest: number[] = [];
  for (let start = 0; start < nodes; start++) {
    if (seen.has(start)) continue;
    seen.add(start);
    const part = [start];
    for (let i = 0; i < part.length; i++)
      for (const next of neighbours[part[i] ?? 0] ?? [])
        if (!seen.has(next)) {
          seen.add(next);
          part.push(next);
        }
    if (part.length > largest.length) largest = part;
  }
  return largest.sort((a, b) => a - b);
}

/** Cora from its folder; where there is none the karate club, and for links, of which it has too few, circles of friends. Throws TrainingError where a network is asked for by name that would not be used: the club's, and that of links, is always a GCN. */
export async function graphOf(
  { task, network }: { readonly task: string; readonly network: string },
  folder: string | undefined,
): Promise<Network> {
  // prettier-ignore
  if (network !== 'both' && (task === 'links' || folder === undefined)) {
    const own = `${task === 'links' ? '--task links has' : 'the karate club has'} a network of its own`;
    throw new TrainingError(`[example] --network ${network} is for --task nodes and the papers of Cora; ${own}.`, {
      hint: 'Leave --network out, or say --task nodes --data DIR, a folder with cora.content and cora.cites.',
    });
  }
  if (folder !== undefined) return await cora(folder);
  return task === 'links' ? circles() : karateClub();
}
