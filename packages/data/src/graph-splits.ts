/** Splits of one graph: of its edges, to learn which there are, and of its nodes, so many of each class. */
import {
  between,
  requireBoolean,
  requireInteger,
  requireList,
  requireOptions,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { NumericArray } from './arrays.ts';
import { edgesIn, type EdgeArray, type EdgeList } from './edges.ts';
import { DataError } from './errors.ts';
import { Random, requireSeed } from './random.ts';

type Pairs = NumericArray<Int32Array>;

export interface SplitEdgesOptions {
  /** How many nodes the graph has. */
  nodes: number;
  /** Share of the edges that are kept for validation. Default 0.05. */
  validation?: number;
  /** Share of the edges that are kept for the test. Default 0.1. */
  test?: number;
  /** Whether an edge and its reverse are one, which stands in one part alone. Default true. */
  undirected?: boolean;
  /** An integer from 0. Default 0. */
  seed?: number;
}

/** Pairs of nodes, int32 [2, pairs]: those that are edges, and as many others. */
export interface LinkPairs {
  readonly positive: Pairs;
  readonly negative: Pairs;
}

export interface EdgeSplit {
  /** int32 [2, edges]: those of the training part, which a network may go over; both directions of an undirected one. */
  readonly edges: Pairs;
  readonly train: LinkPairs;
  readonly validation: LinkPairs;
  readonly test: LinkPairs;
}

const edgeOptions: OptionNames<SplitEdgesOptions> = {
  nodes: true,
  validation: between(0, 1),
  test: between(0, 1),
  undirected: requireBoolean,
  seed: requireSeed,
};

/**
 * Edges in three parts, each with as many pairs that are no edges; no pair stands in two parts. An edge that is listed several times counts once, those from a node to itself are left out.
 *
 * @param list [2, edges]: an Int32Array row by row, the same with its shape, or an int32 tensor whose values are on the host
 * @throws DataError where there are fewer pairs that are no edges than edges, or nothing is left to learn from; for edges of nodes that there are not, and tensors that are still to be computed
 *
 * ```ts
 * import { splitEdges } from '@hebb/data';
 *
 * const ring = Int32Array.of(0, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 0);
 * const { edges, train, test } = splitEdges(ring, { nodes: 6, validation: 0, test: 1 / 3 });
 * [edges.shape, train.positive.shape, train.negative.shape, test.positive.shape]; // [[2, 8], [2, 4], [2, 4], [2, 2]]
 * ```
 */
export function splitEdges(list: EdgeList, options: SplitEdgesOptions): EdgeSplit {
  const where = 'splitEdges';
  requireOptions(where, options, edgeOptions);
  const { nodes, validation = 0.05, test = 0.1, undirected = true, seed = 0 } = options;
  requireInteger(where, 'nodes', nodes, 1, 2 ** 26);
  const edges = edgesIn(where, list, nodes);
  const pairs = new Random(seed).shuffle([...keysOf(edges, nodes, undirected)]);
  const [forValidation, forTest] = [Math.round(pairs.length * validation), Math.round(pairs.length * test)];
  const forTraining = pairs.length - forValidation - forTest;
  if (forTraining < 1) {
    throw new DataError(
      `[${where}] of ${pairs.length} edges ${forValidation} are for validation and ${forTest} for the test: none is left to learn from.`,
    );
  }
  const others = keysOf(negativeEdges(edges, { nodes, count: pairs.length, undirected, seed }).data, nodes, undirected);
  const negatives = [...others];
  const part = (begin: number, count: number): LinkPairs => ({
    positive: asPairs(pairs.slice(begin, begin + count), nodes),
    negative: asPairs(negatives.slice(begin, begin + count), nodes),
  });
  const known = pairs.slice(0, forTraining);
  const reversed = undirected ? known.map((key) => (key % nodes) * nodes + Math.floor(key / nodes)) : [];
  return {
    edges: asPairs([...known, ...reversed], nodes),
    train: part(0, forTraining),
    validation: part(forTraining, forValidation),
    test: part(forTraining + forValidation, forTest),
  };
}

export interface NegativeEdgesOptions {
  /** How many nodes the graph has. */
  nodes: number;
  /** How many pairs. */
  count: number;
  /** Whether a pair and its reverse are one. Default true. */
  undirected?: boolean;
  /** An integer from 0. Default 0. */
  seed?: number;
}

const negativeOptions: OptionNames<NegativeEdgesOptions> = {
  nodes: true,
  count: true,
  undirected: requireBoolean,
  seed: requireSeed,
};

/**
 * Different pairs of different nodes that are no edges, int32 [2, count], all equally likely.
 *
 * @param edges [2, edges]: an Int32Array row by row, the same with its shape, or an int32 tensor whose values are on the host
 * @throws DataError where there are not so many; for edges of nodes that there are not, and tensors that are still to be computed
 *
 * ```ts
 * import { negativeEdges } from '@hebb/data';
 *
 * const path = Int32Array.of(0, 1, 2, 1, 2, 3);
 * negativeEdges(path, { nodes: 4, count: 3 }).shape; // [2, 3]
 * ```
 */
export function negativeEdges(edges: EdgeList, options: NegativeEdgesOptions): Pairs {
  const where = 'negativeEdges';
  requireOptions(where, options, negativeOptions);
  const { nodes, count, undirected = true, seed = 0 } = options;
  requireInteger(where, 'nodes', nodes, 1, 2 ** 26);
  requireInteger(where, 'count', count, 0);
  const taken = keysOf(edgesIn(where, edges, nodes), nodes, undirected);
  const free = (nodes * (nodes - 1)) / (undirected ? 2 : 1) - taken.size;
  if (free < count) {
    throw new DataError(`[${where}] there are ${free} pairs that are no edges, not ${count}.`, {
      hint: 'The graph is nearly complete: ask for fewer.',
    });
  }
  const random = new Random(seed, 1);
  // Few that are free are written down; among many, one that is taken is drawn again.
  if (free < 4 * count) {
    const all: number[] = [];
    for (let i = 0; i < nodes; i++)
      for (let j = undirected ? i + 1 : 0; j < nodes; j++)
        if (i !== j && !taken.has(i * nodes + j)) all.push(i * nodes + j);
    return asPairs(random.shuffle(all).slice(0, count), nodes);
  }
  const drawn: number[] = [];
  while (drawn.length < count) {
    const key = keyOf(random.integer(nodes), random.integer(nodes), nodes, undirected);
    if (key === undefined || taken.has(key)) continue;
    taken.add(key);
    drawn.push(key);
  }
  return asPairs(drawn, nodes);
}

/** source · nodes + target; undefined for a node and itself. */
function keyOf(source: number, target: number, nodes: number, undirected: boolean): number | undefined {
  if (source === target) return undefined;
  return undirected && source > target ? target * nodes + source : source * nodes + target;
}

function keysOf(edges: EdgeArray, nodes: number, undirected: boolean): Set<number> {
  const keys = new Set<number>();
  const count = edges.length / 2;
  for (let k = 0; k < count; k++) {
    const key = keyOf(edges[k] ?? 0, edges[count + k] ?? 0, nodes, undirected);
    if (key !== undefined) keys.add(key);
  }
  return keys;
}

function asPairs(keys: readonly number[], nodes: number): Pairs {
  const data = new Int32Array(2 * keys.length);
  keys.forEach((key, k) => {
    data[k] = Math.floor(key / nodes);
    data[keys.length + k] = key % nodes;
  });
  return { data, shape: [2, keys.length] };
}

export interface SplitPerClassOptions {
  /** Examples of each class to learn from. Default 20. */
  train?: number;
  /** Examples of each class for validation. Default 30. */
  validation?: number;
  /** An integer from 0. Default 0. */
  seed?: number;
}

/** Positions, in growing order. */
export interface PerClassSplit {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  /** All others. */
  readonly test: Int32Array;
}

const perClassOptions: OptionNames<SplitPerClassOptions> = {
  train: (where, name, value) => requireInteger(where, name, value, 1),
  validation: (where, name, value) => requireInteger(where, name, value, 0),
  seed: requireSeed,
};

/**
 * So many nodes of each class to learn from and for validation, all others for the test: the random splits of Shchur et al. 2018 (arXiv:1811.05868), whose numbers are the defaults.
 *
 * @throws DataError where a class has fewer
 *
 * ```ts
 * import { splitPerClass } from '@hebb/data';
 *
 * const { train, validation, test } = splitPerClass([0, 1, 0, 1, 0, 1], { train: 1, validation: 1 });
 * [train.length, validation.length, test.length]; // [2, 2, 2]
 * ```
 */
export function splitPerClass(labels: ArrayLike<number>, options: SplitPerClassOptions = {}): PerClassSplit {
  const where = 'splitPerClass';
  requireList(where, 'labels', labels);
  requireOptions(where, options, perClassOptions);
  const { train = 20, validation = 30, seed = 0 } = options;
  const byClass = new Map<number, number[]>();
  const order = new Random(seed).permutation(labels.length);
  for (const i of order) {
    const label = labels[i] ?? 0;
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [i]);
    else members.push(i);
  }
  const parts: { train: number[]; validation: number[]; test: number[] } = { train: [], validation: [], test: [] };
  for (const [label, members] of byClass) {
    if (members.length < train + validation) {
      throw new DataError(
        `[${where}] class ${label} has ${members.length} examples; ${train} to learn from and ${validation} for validation were asked for.`,
      );
    }
    parts.train.push(...members.slice(0, train));
    parts.validation.push(...members.slice(train, train + validation));
    for (const i of members.slice(train + validation)) parts.test.push(i);
  }
  const sorted = (positions: number[]): Int32Array => Int32Array.from(positions).sort();
  return { train: sorted(parts.train), validation: sorted(parts.validation), test: sorted(parts.test) };
}
