/**
 * Reverse-mode differentiation as a walk over the graph (Linnainmaa 1970): from the loss back to what is wanted, adding up cotangents
 * where paths meet. It only records, so that the gradient is a graph like any other.
 */
import { HebbError, ShapeError, StaleValueError, type Tensor } from '@hebb/tensor';
import {
  amendmentsOf,
  formatType,
  isFloat,
  isOp,
  leavesDType,
  nextWalk,
  nodeOf,
  primitives,
  tensorOf,
  type Node,
} from '@hebb/tensor/graph';
import { hiddenBody, requireNoCaptures } from './captures.ts';
import { LoopReach } from './loop-reach.ts';
import { asGradientOf } from './provenance.ts';
import { rules, type Cotangent, type Rule } from './rules.ts';
import { scanCotangents, type ReverseBody } from './scan.ts';

/** The inputs to which a cotangent may flow; a composite without a gradient of its own is its body. */
function sourcesOf(node: Node): readonly Node[] {
  if (node.cell !== undefined || node.op === 'detach') return [];
  if (isOp(node, 'composite') && node.attributes.gradient === undefined) return [node.attributes.body];
  return node.inputs;
}

/** What a node's value is computed from: its sources, and the body that a gradient of its own hides. */
function dependenciesOf(node: Node): readonly Node[] {
  const body = hiddenBody(node);
  return body === undefined ? sourcesOf(node) : [...sourcesOf(node), body];
}

interface Paths {
  /** What lies between the roots and the wanted nodes, both included; sources before users. */
  readonly nodes: readonly Node[];
  /** The positions of the roots in `nodes`, −1 where no wanted node lies behind. */
  readonly roots: readonly number[];
  /** For each node the positions of its sources in `nodes`, −1 where no wanted node lies behind. */
  readonly sources: readonly (readonly number[])[];
  /** Everything visited that has no sources: parameters, and what went away. */
  readonly leaves: readonly Node[];
}

interface PathSearch {
  readonly isWanted: (node: Node) => boolean;
  /** Which nodes to look behind at all. */
  readonly keep: (node: Node) => boolean;
  /** What a wanted node is called in messages. */
  readonly nameOf: (node: Node) => string;
  /** Nodes behind which nothing is looked for. Default: none. */
  readonly isBoundary?: (node: Node) => boolean;
}

/**
 * Finds all paths from `roots` to wanted nodes; throws where a wanted node is hidden behind a gradient that does not know of it. Iterative, so that a chain of a hundred
 * thousand operations does not overflow the stack. Records nothing: recording may start a computation that walks the graph itself.
 */
function findPaths(roots: readonly Node[], { isWanted, keep, nameOf, isBoundary }: PathSearch): Paths {
  const walk = nextWalk();
  const nodes: Node[] = [];
  const sources: number[][] = [];
  const leaves: Node[] = [];
  const hiding: Node[] = [];
  const stack: Node[] = [...roots].reverse();
  const isEnd = (node: Node): boolean => isBoundary?.(node) === true;
  while (stack.length > 0) {
    const node = stack[stack.length - 1] as Node;
    if (node.mark === walk) {
      stack.pop();
      continue;
    }
    const behind = isEnd(node) ? [] : dependenciesOf(node);
    let ready = true;
    for (let i = behind.length - 1; i >= 0; i--) {
      const source = behind[i] as Node;
      if (source.mark === walk || !isFloat(source.type.dtype) || !keep(source)) continue;
      stack.push(source);
      ready = false;
    }
    if (!ready) continue;
    stack.pop();
    node.mark = walk;
    if (behind.length === 0 && !isWanted(node)) leaves.push(node);
    if (behind.length > 0 && hiddenBody(node) !== undefined) hiding.push(node);
    const sourcesHere = behind.length === 0 ? [] : sourcesOf(node);
    const positions = sourcesHere.map((source) => (source.mark === walk ? source.index : -1));
    node.index = -1;
    if (!isWanted(node) && positions.every((position) => position < 0)) continue;
    node.index = nodes.length;
    nodes.push(node);
    sources.push(positions);
  }
  const leadsOn = (node: Node): boolean => node.mark === walk && node.index >= 0;
  requireNoCaptures(
    hiding.filter((node) => leadsOn(hiddenBody(node) as Node)),
    {
      isWanted,
      sourcesOf: (node) => dependenciesOf(node).filter(leadsOn),
      nameOf,
    },
  );
  return { nodes, roots: roots.map((node) => node.index), sources, leaves };
}

/** Whether a value on a path is gone, so that its gradient would silently be missing. */
function requireAlive(leaves: readonly Node[]): void {
  for (const leaf of leaves) {
    if (leaf.cell !== undefined || !leaf.differentiable || leaf.storage?.disposed !== true) continue;
    throw new StaleValueError(
      `[gradient] the loss was computed from a parameter ${formatType(leaf.type)} that has been updated or disposed of since, so its gradient is not known.`,
      { hint: 'Compute the loss again, or take its gradient before the update.' },
    );
  }
}

/** Of each node of the paths: its cotangent, undefined where it is zero, and whether a gradient came there at all. */
interface Pulled {
  readonly cotangents: readonly (Tensor | undefined)[];
  readonly reached: readonly boolean[];
}

function pullBack({ nodes, roots, sources }: Paths, ofRoots: readonly Tensor[]): Pulled {
  const cotangents = new Array<Tensor | undefined>(nodes.length).fill(undefined);
  const reached = nodes.map(() => false);
  const reach = (target: number): void => {
    if (target >= 0) reached[target] = true;
  };
  const loops = new LoopReach(sourcesOf);
  /** Of nodes with several results, by their positions. */
  const severals = new Map<number, (Tensor | undefined)[]>();
  const accumulate = (position: number, part: Tensor): void => {
    const sum = cotangents[position];
    cotangents[position] = sum === undefined ? part : sum.add(part);
    reach(position);
  };
  const accumulateParts = (
    node: Node,
    targets: readonly number[],
    parts: readonly (() => Tensor | undefined)[],
  ): void =>
    targets.forEach((target, i) => {
      if (target < 0) return;
      const make = parts[i];
      // Of a loop it is known only afterwards whether there is a way through the body.
      if (!isOp(node, 'scan')) reach(target);
      const part = make === undefined ? undefined : asGradientOf(node, make);
      if (part === undefined) return;
      const source = node.inputs[i] as Node;
      if (nodeOf(part).type !== source.type) throw mismatch(node, source, part);
      accumulate(target, part);
    });
  ofRoots.forEach((cotangent, i) => {
    const position = roots[i] ?? -1;
    if (position >= 0) accumulate(position, cotangent);
  });
  for (let position = nodes.length - 1; position >= 0; position--) {
    const node = nodes[position] as Node;
    const targets = sources[position] as readonly number[];
    if (reached[position] !== true) continue;
    if (isOp(node, 'scan')) {
      const several = severals.get(position);
      if (several === undefined) {
        targets.forEach(reach);
        continue;
      }
      const flows = new Set(several.flatMap((part, i) => (part === undefined ? [] : [...loops.inputs(node, i)])));
      const parts = asGradientOf(node, () =>
        scanCotangents(
          node,
          several,
          targets.map((target) => target >= 0),
          { reverseBody, reached: flows },
        ),
      );
      accumulateParts(
        node,
        targets,
        parts.map((part) => () => part),
      );
      for (const i of flows) reach(targets[i] as number);
      continue;
    }
    const dy = cotangents[position];
    if (targets.every((target) => target < 0)) continue;
    if (dy === undefined) {
      targets.forEach(reach);
      continue;
    }
    if (isOp(node, 'composite') && node.attributes.gradient === undefined) {
      accumulate(targets[0] as number, dy);
      continue;
    }
    if (isOp(node, 'result')) {
      const several = severals.get(targets[0] as number) ?? [];
      const { index } = node.attributes;
      several[index] = several[index]?.add(dy) ?? dy;
      severals.set(targets[0] as number, several);
      reach(targets[0] as number);
      continue;
    }
    accumulateParts(
      node,
      targets,
      asGradientOf(node, () => cotangentsOf(node, dy)),
    );
  }
  return { cotangents, reached };
}

/** The cotangents of a node's inputs, by the rule of its operation. Of float16 they are computed in float32 and rounded once. */
function cotangentsOf(node: Node, dy: Tensor): readonly Cotangent[] {
  const op = node.op as keyof typeof rules;
  const rule = rules[op] as Rule<typeof op>;
  const { attributes } = node;
  const [inputs, output] = [node.inputs.map(tensorOf), tensorOf(node)];
  if (op === 'cast' || op === 'composite' || inputs.every(({ dtype }) => dtype !== 'float16'))
    return rule(dy, { inputs, output, attributes });
  const isRounded = leavesDType(op, 'float16');
  const wide = (x: Tensor): Tensor => (isRounded && x.dtype === 'float16' ? x.to('float32') : x);
  const parts = rule(wide(dy), { inputs: inputs.map(wide), output: wide(output), attributes });
  return parts.map((part, i) => () => {
    const cotangent = part();
    return inputs[i]?.dtype === 'float16' ? cotangent?.to('float16') : cotangent;
  });
}

function mismatch(node: Node, source: Node, part: Tensor): HebbError {
  if (!isOp(node, 'composite'))
    return new HebbError(`internal: the gradient of ${node.op} has type ${part}, its input ${formatType(source.type)}`);
  return new ShapeError(
    `[${node.attributes.name}] the custom gradient gave ${part} for an input ${formatType(source.type)}; it must have the same type.`,
  );
}

export interface Reached {
  readonly node: Node;
  /** Undefined where it is zero. */
  readonly cotangent: Tensor | undefined;
}

/** A value and its cotangent, from which a walk starts. */
export interface Root {
  readonly node: Node;
  readonly cotangent: Tensor;
}

let derivatives = 0;

/** How many derivatives have been recorded so far: a function during which the number grows takes derivatives itself. */
export function derivativesTaken(): number {
  return derivatives;
}

/** Cotangents of the wanted nodes (with their names for messages) that the roots depend on, in the order in which the forward computation met them. */
export function reverse(roots: readonly Root[], wanted: ReadonlyMap<Node, string>): Map<Node, Reached> {
  derivatives++;
  const everything = [...wanted.keys()].some((node) => !node.differentiable);
  const paths = findPaths(
    roots.map(({ node }) => node),
    {
      isWanted: (node) => wanted.has(node),
      keep: (node) => everything || node.differentiable || wanted.has(node),
      nameOf: (node) => wanted.get(node) ?? 'a tensor',
    },
  );
  requireAlive(paths.leaves);
  if (everything) requireHistory(paths, wanted);
  const cotangents = roots.map(({ cotangent }) => cotangent);
  return collect(paths, pullBack(paths, cotangents), (node) => wanted.has(node));
}

const reverseBody: ReverseBody = (roots, wanted, isBoundary) => {
  const everything = [...wanted].some((node) => !node.differentiable);
  const isWanted = (node: Node): boolean => wanted.has(node);
  const paths = findPaths(
    roots.map(({ node }) => node),
    {
      isWanted,
      keep: (node) => everything || node.differentiable || wanted.has(node),
      nameOf: () => 'a tensor',
      isBoundary,
    },
  );
  requireAlive(paths.leaves);
  const reached = collect(
    paths,
    pullBack(
      paths,
      roots.map(({ cotangent }) => cotangent),
    ),
    isWanted,
  );
  return (node) => reached.get(node)?.cotangent;
};

/**
 * Values that depend on no parameter forget how they were computed once they have been read. Where one of them may hide a path to a wanted
 * plain tensor that is not reached otherwise, a gradient of zero would be a guess.
 */
function requireHistory({ nodes, leaves }: Paths, wanted: ReadonlyMap<Node, string>): void {
  const reached = new Set(nodes);
  const missing = [...wanted.keys()].find((node) => !node.differentiable && !reached.has(node));
  const forgotten = leaves.find(
    ({ op, cell, inputs }) => cell === undefined && inputs.length === 0 && primitives[op].arity !== 0,
  );
  if (missing === undefined || forgotten === undefined) return;
  throw new StaleValueError(
    `[gradient] the loss does not lead back to ${formatType(missing.type)}: it uses a ${formatType(forgotten.type)} that was read before, and a value that was read forgets how it was computed unless it depends on a parameter.`,
    { hint: 'Take the gradient inside grad or valueAndGrad, or make the tensor a variable with requiresGrad.' },
  );
}

/** The variable whose value a node is, or was before the pass itself amended it. */
export function cellOfVersion(node: Node): Node['cell'] {
  return node.cell ?? amendmentsOf(node).at(-1)?.cell;
}

/** Cotangents of the parameters (variables made with `requiresGrad`) that `root` depends on, without those that are frozen; and whether there are such. */
export function reverseToParameters(root: Node, cotangent: Tensor): { reached: Map<Node, Reached>; frozen: boolean } {
  // Asked once for each: a compiled function remembers every answer.
  const trainable = new Map<Node, boolean>();
  const isWanted = (node: Node): boolean => {
    const cell = cellOfVersion(node);
    if (cell?.requiresGrad !== true) return false;
    const known = trainable.get(node);
    if (known !== undefined) return known;
    const answer = cell.trainable;
    trainable.set(node, answer);
    return answer;
  };
  const paths = findPaths([root], { isWanted, keep: (node) => node.differentiable, nameOf: () => 'a parameter' });
  requireAlive(paths.leaves);
  return {
    reached: collect(paths, pullBack(paths, [cotangent]), isWanted),
    frozen: [...trainable.values()].includes(false),
  };
}

function collect(
  { nodes }: Paths,
  { cotangents, reached: isReached }: Pulled,
  isWanted: (node: Node) => boolean,
): Map<Node, Reached> {
  const reached = new Map<Node, Reached>();
  nodes.forEach((node, i) => {
    if (isWanted(node) && isReached[i] === true) reached.set(node, { node, cotangent: cotangents[i] });
  });
  return reached;
}
