/** Which inputs of a loop gradients flow to from its results: those that lead there through the body, over one step or several, by operations that have a gradient. */
import { isOp, type Node, isFloat } from '@hebb/tensor/graph';
import { hasGradient } from './rules.ts';

type Loop = Node<'scan'> & Node;

/** Answers for any number of loops, in loops as well, each looked through once for each of its results. */
export class LoopReach {
  /** The inputs of a node to which gradients flow, of loops all. */
  readonly #sourcesOf: (node: Node) => readonly Node[];
  readonly #known = new Map<Loop, Map<number, ReadonlySet<number>>>();

  constructor(sourcesOf: (node: Node) => readonly Node[]) {
    this.#sourcesOf = sourcesOf;
  }

  /** Positions of the inputs of a loop to which gradients of its result `index` flow. */
  inputs(loop: Loop, index: number): ReadonlySet<number> {
    const known = this.#known.get(loop) ?? new Map<number, ReadonlySet<number>>();
    this.#known.set(loop, known);
    const found = known.get(index) ?? this.#find(loop, index);
    known.set(index, found);
    return found;
  }

  #find(loop: Loop, index: number): ReadonlySet<number> {
    const { body, carries } = loop.attributes;
    const positions = new Map(body.parameters.map((parameter, i) => [parameter, i]));
    // A carry before a step is the first one, or what the step before made of it.
    const isBefore = index >= carries && index < 2 * carries;
    const reached = new Set<number>(isBefore ? [index - carries] : []);
    /** Of the results of the body; what leads to a carry leads to it a step later. */
    const asked = new Set([index < carries ? index : index - carries]);
    const seen = new Set<Node>();
    for (const result of asked) {
      const stack = [body.results[result] as Node];
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        if (seen.has(node) || !isFloat(node.type.dtype)) continue;
        seen.add(node);
        const position = positions.get(node);
        if (position === undefined) {
          stack.push(...this.#behind(node));
          continue;
        }
        reached.add(position);
        if (position < carries) asked.add(position);
      }
    }
    return reached;
  }

  #behind(node: Node): readonly Node[] {
    const loop = isOp(node, 'result') ? node.inputs[0] : undefined;
    if (isOp(node, 'result') && loop !== undefined && isOp(loop, 'scan'))
      return [...this.inputs(loop, node.attributes.index)].map((i) => loop.inputs[i] as Node);
    return hasGradient(node) ? this.#sourcesOf(node) : [];
  }
}
