/** Graphs whose edges lead from nodes of one kind to nodes of another: the features of both, and their numbers. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { requirePositiveIntegers } from '../module/checks.ts';
import { nodesOf } from './edges.ts';

/** Features of nodes, [nodes, features]; or of the nodes that edges come from, and of those that they lead to, which may be others in kind and number. */
export type NodeFeatures = Tensor | readonly [sources: Tensor, targets: Tensor];

/** How many features nodes have; or the nodes that edges come from, and those that they lead to. */
export type FeatureCounts = number | readonly [sources: number, targets: number];

export const bothOf = (counts: FeatureCounts): readonly [sources: number, targets: number] =>
  typeof counts === 'number' ? [counts, counts] : counts;

/** Throws {@link ArgumentError} unless it is a positive integer, or two of them. */
export function requireFeatureCounts(layer: string, counts: FeatureCounts): void {
  const all: readonly number[] = Array.isArray(counts) ? (counts as readonly number[]) : [counts as number];
  if (Array.isArray(counts) && all.length !== 2)
    throw new ArgumentError(
      `[${layer}] inFeatures are one number, or two: of sources and of targets; not ${all.length}.`,
    );
  for (const inFeatures of all) requirePositiveIntegers(layer, { inFeatures });
}

export interface BothEnds {
  readonly sources: Tensor;
  readonly targets: Tensor;
  readonly sourceNodes: number;
  readonly targetNodes: number;
  /** Whether sources and targets are the same nodes. */
  readonly isOne: boolean;
}

/** Features of sources and targets, which are checked. Throws `ShapeError` where they are of another number, {@link ArgumentError} where one kind was given to a layer for two of different sizes. */
export function endsOf(layer: string, x: NodeFeatures, counts: FeatureCounts): BothEnds {
  const [sourceFeatures, targetFeatures] = bothOf(counts);
  const isOne = !Array.isArray(x);
  if (isOne && sourceFeatures !== targetFeatures)
    throw new ArgumentError(
      `[${layer}] takes features of sources and of targets, [${sourceFeatures}] and [${targetFeatures}] a node, and was given ${x as Tensor} alone.`,
      { hint: 'Give both: layer.forward([sources, targets], edges).' },
    );
  const [sources, targets] = (isOne ? [x, x] : x) as readonly [Tensor, Tensor];
  const sourceNodes = nodesOf(layer, sources, sourceFeatures);
  return {
    sources,
    targets,
    sourceNodes,
    targetNodes: isOne ? sourceNodes : nodesOf(layer, targets, targetFeatures),
    isOne,
  };
}

/** As descriptions have it. */
export const sayCounts = (counts: FeatureCounts): string =>
  typeof counts === 'number' ? String(counts) : `(${counts.join(', ')})`;
