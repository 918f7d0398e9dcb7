/** What a recorded computation costs, and whose part of it: a walk of the graph that computes nothing. */
import type { Attributes } from '../graph/attributes.ts';
import { makeLeaf, type Node } from '../graph/node.ts';
import { isFloat, tensorType, type DType } from '../graph/types.ts';
import { nodeOf, tensorOf } from '../handle.ts';
import { dryRun } from '../runtime/dry-run.ts';
import type { Tensor } from '../tensor.ts';
import { baseOf, bytesOf, isConstant, peakOf } from './memory.ts';
import { operationsOf, type Operations } from './operations.ts';
import { savedFor } from './saved.ts';
import { behind, listening, valueSources } from './walk.ts';

export interface Cost extends Operations {
  /** Bytes of the values that the gradient reads. */
  readonly activationBytes: number;
}

export interface Costs<Owner> {
  /** By whoever recorded the operations. */
  readonly of: ReadonlyMap<Owner, Cost>;
  /** The most bytes that what is computed takes at once, results included. */
  readonly peakBytes: number;
}

/** An input whose value nobody knows. */
export function placeholder(shape: readonly number[], dtype: DType): Tensor {
  return tensorOf(makeLeaf('argument', tensorType(dtype, shape)));
}

/**
 * Records what `body` computes, without computing it, and says what it costs. Only what its results need is counted: every operation once, those in the body of a
 * loop once for each step, both branches of a choice, and nothing of what depends on constants alone. Operations are those recorded; what the compiler leaves out or
 * does again is not known here.
 *
 * @param owner - asked with every operation: to whom it counts.
 */
export function recordCosts<Owner>(body: () => readonly Tensor[], owner: () => Owner): Costs<Owner> {
  return dryRun(() => {
    const owners = new Map<Node, Owner>();
    const results = listening((node) => owners.set(node, owner()), body).map(nodeOf);
    const found = new Map<Owner, { -readonly [K in keyof Cost]: number }>();
    const costOf = (node: Node): { -readonly [K in keyof Cost]: number } => {
      // What was there before has no owner, and costs nothing.
      const key = owners.get(node) ?? owner();
      const known = found.get(key);
      if (known !== undefined) return known;
      const cost = { multiplyAdds: 0, flops: 0, activationBytes: 0 };
      found.set(key, cost);
      return cost;
    };
    countOperations(results, new Set(), 1, (node, times) => {
      const { multiplyAdds, flops } = operationsOf(node);
      const cost = costOf(node);
      cost.multiplyAdds += multiplyAdds * times;
      cost.flops += flops * times;
    });
    for (const [node, bytes] of savedValues(results)) costOf(node).activationBytes += bytes;
    return { of: found, peakBytes: peakOf(results) };
  });
}

function countOperations(
  results: readonly Node[],
  given: ReadonlySet<Node>,
  times: number,
  count: (node: Node, times: number) => void,
): void {
  const constant = new Map<Node, boolean>();
  for (const node of behind(results, (each) => (given.has(each) ? [] : valueSources(each)))) {
    if (given.has(node) || valueSources(node).length === 0 || isConstant(node, constant)) continue;
    count(node, times);
    if (node.op !== 'scan') continue;
    const { body, length } = node.attributes as Attributes['scan'];
    countOperations(body.results, new Set(body.parameters), times * length, count);
  }
}

/** Bytes of each value that the gradient with respect to the trainable parameters reads, parameters, inputs and constants apart. */
function savedValues(results: readonly Node[]): Map<Node, number> {
  const saved = new Map<Node, number>();
  const constant = new Map<Node, boolean>();
  const save = (node: Node): void => {
    const base = baseOf(node);
    // What lies there anyway, as all variables and the inputs do, or is made anew from a number.
    if (valueSources(base).length > 0 && !isConstant(base, constant)) saved.set(base, bytesOf(base.type));
  };
  const { read, loops } = readByGradient(results, () => false);
  for (const node of read) save(node);
  for (const { loop, wanted } of loops) {
    const { parts, stepBytes } = readOfLoop(loop, wanted);
    for (const node of parts) save(node);
    saved.set(loop, stepBytes);
  }
  return saved;
}

interface Reads {
  readonly read: ReadonlySet<Node>;
  /** Loops through which the gradient goes, and to which of their inputs. */
  readonly loops: readonly { readonly loop: Node; readonly wanted: readonly boolean[] }[];
}

/** What the gradient of `results` reads. It goes to the trainable parameters, and to the leaves that are `wanted`. */
function readByGradient(
  results: readonly Node[],
  wanted: (leaf: Node) => boolean,
  given: ReadonlySet<Node> = new Set(),
): Reads {
  /** A composite with a gradient of its own hides its body; all else is what it is computed from. */
  const sources = (node: Node): readonly Node[] => {
    if (given.has(node)) return [];
    const hides = node.op === 'composite' && (node.attributes as Attributes['composite']).gradient !== undefined;
    return hides ? node.inputs : valueSources(node);
  };
  const reached = new Set<Node>();
  const read = new Set<Node>();
  const loops: { loop: Node; wanted: boolean[] }[] = [];
  for (const node of behind(results, sources)) {
    const inputs = sources(node);
    if (inputs.length === 0) {
      if (node.cell?.trainable === true || wanted(node)) reached.add(node);
      continue;
    }
    if (node.op === 'detach' || !isFloat(node.type.dtype) || !inputs.some((input) => reached.has(input))) continue;
    reached.add(node);
    const wants = node.inputs.map((input) => reached.has(input));
    for (const each of savedFor(node, (position) => wants[position] === true)) read.add(each);
    if (node.op === 'scan') loops.push({ loop: node, wanted: wants });
  }
  return { read, loops };
}

/**
 * What the gradient of a loop reads: of all steps the carries and the products, unless it computes these again; and the inputs from which it computes the rest of what the
 * gradient of a step reads.
 */
function readOfLoop(
  loop: Node,
  wanted: readonly boolean[],
): { readonly parts: readonly Node[]; readonly stepBytes: number } {
  const { body, carries, kept, length } = loop.attributes as Attributes['scan'];
  const parameters = new Set(body.parameters);
  const positions = new Map(body.parameters.map((parameter, position) => [parameter, position]));
  const isWanted = (leaf: Node): boolean => {
    const position = positions.get(leaf);
    if (position === undefined || !isFloat(leaf.type.dtype)) return false;
    return position < carries || wanted[position] === true;
  };
  const { read, loops } = readByGradient(body.results, isWanted, parameters);
  const inner = loops.flatMap((each) => readOfLoop(each.loop, each.wanted).parts);
  const stored = new Set(kept.map((i) => body.results[carries + i]).filter((node) => node !== undefined));
  const ends = behind([...read, ...inner], (node) =>
    parameters.has(node) || stored.has(node) ? [] : valueSources(node),
  );
  const found = new Set(ends);
  const perStep = [...body.parameters.slice(0, carries), ...stored].filter((node) => found.has(node));
  return {
    parts: loop.inputs.filter((_, position) => position >= carries && found.has(body.parameters[position] as Node)),
    stepBytes: length * perStep.reduce((sum, { type }) => sum + bytesOf(type), 0),
  };
}
