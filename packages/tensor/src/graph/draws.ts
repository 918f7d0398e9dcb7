/**
 * Draws of random numbers in what is recorded once and happens often. Every draw of a generator has a number; in the body of a loop each step has
 * numbers of its own, those that it would have if the steps were written one after the other. They are a parameter of the body, so that a gradient,
 * which computes a step again, draws the same.
 */
import type { DrawAttributes } from './distributions.ts';
import { makeNode, makeParameter, type Node } from './node.ts';
import { turnsOf } from './turns.ts';
import { tensorType } from './types.ts';

/** What numbers draws: a generator. */
export interface DrawSource {
  /** int32 []. */
  seed(): Node;
  /** Takes the next `count` numbers; gives the first, int32 []. */
  take(count: number): Node;
}

/** The draws of one recording. */
export interface Draws {
  readonly sources: ReadonlyMap<DrawSource, SourceDraws>;
  /** The draws themselves, also those in bodies of loops inside. */
  readonly drawn: readonly Node[];
}

export interface SourceDraws {
  /** Stands for the number of the first draw; int32 []. */
  readonly first: Node;
  readonly seed: Node;
  readonly count: number;
}

interface Frame {
  readonly sources: Map<DrawSource, { readonly first: Node; readonly seed: Node; count: number }>;
  readonly drawn: Node[];
}

const int32 = tensorType('int32', []);
let frame: Frame | undefined;

/** Runs what records something that will happen more than once; whoever knows how often {@link claimDraws | claims} the draws. */
export function recordDraws<T>(record: () => T): { readonly value: T; readonly draws: Draws } {
  const before = frame;
  const own: Frame = { sources: new Map(), drawn: [] };
  frame = own;
  try {
    return { value: record(), draws: own };
  } finally {
    frame = before;
  }
}

/** The next `count` numbers of a source: its seed, and the first number. */
function take(source: DrawSource, count: number): { readonly seed: Node; readonly first: Node } {
  if (frame === undefined) return { seed: source.seed(), first: source.take(count) };
  let own = frame.sources.get(source);
  if (own === undefined) {
    own = { first: makeParameter(int32), seed: source.seed(), count: 0 };
    frame.sources.set(source, own);
  }
  const { first, seed } = own;
  const offset = makeNode('constant', [], { dtype: 'int32', shape: [], value: own.count });
  const number = own.count === 0 ? first : makeNode('add', [first, offset], {});
  own.count += count;
  return { seed, first: number };
}

/** Takes numbers for draws that happen `times` times; gives for each source the first of all. */
export function claimDraws({ sources, drawn }: Draws, times: number): Map<DrawSource, Node> {
  frame?.drawn.push(...drawn);
  return new Map([...sources].map(([source, { count }]) => [source, take(source, count * times).first]));
}

/** float32 of the shape and the distribution: the next draw. */
export function drawNode(source: DrawSource, shape: readonly number[], draw: DrawAttributes): Node {
  const { seed, first } = take(source, turnsOf(draw.distribution));
  return drawOf([seed, first], shape, draw);
}

/** The draw of a seed and a number. */
export function drawOf(
  inputs: readonly Node[],
  shape: readonly number[],
  { distribution, parameters }: DrawAttributes,
): Node {
  const node = makeNode('random', inputs, { shape, distribution, parameters });
  frame?.drawn.push(node);
  return node;
}
