/**
 * Operations that change nothing are not recorded: a row that is repeated once, a slice of everything, a sum up to each of one element. At some sizes, 1 above all, a graph
 * therefore lacks nodes that it has at others. Aligning puts them back, as nodes that give their input unchanged.
 */
import { isOp, Node, tensorType, type Attributes, type Primitive } from '@hebb/tensor/graph';
import { isData } from './data.ts';

/** What recording leaves out where the result has the type of the input. */
const elided: readonly Primitive[] = ['reshape', 'broadcast', 'slice', 'pad', 'cumulative'];

function isElidable(node: Node): boolean {
  return elided.includes(node.op) && !isData(node);
}

function inputOf(node: Node): Node {
  return node.inputs[0] as Node;
}

/** How many operations that may be left out stand one upon the other. */
function heightOf(node: Node): number {
  let height = 0;
  for (let current = node; isElidable(current); current = inputOf(current)) height++;
  return height;
}

/** Axes whose extent an operation changes; undefined where it changes their number. */
function changedAxes(node: Node): number[] | undefined {
  const [before, after] = [inputOf(node).type.shape, node.type.shape];
  if (before.length !== after.length) return undefined;
  return after.map((_, axis) => axis).filter((axis) => before[axis] !== after[axis]);
}

/** Whether `node` is the operation that `leader` is, rather than what that operation was applied to. */
function matches(node: Node, leader: Node): boolean {
  if (isData(node) || node.op !== leader.op) return false;
  const wanted = changedAxes(leader);
  const own = changedAxes(node);
  if (wanted === undefined || own === undefined) return wanted === own;
  return own.every((axis) => wanted.includes(axis));
}

export class Alignment {
  /** Nodes that were put back, by what they were put upon. */
  readonly #made = new Map<Node, Map<string, Node>>();

  /** The nodes of all traces at one place, with those put back that some traces left out. */
  align(versions: readonly Node[]): readonly Node[] {
    if (!versions.some(isElidable) || versions.every((node) => node === versions[0])) return versions;
    const heights = versions.map(heightOf);
    const scores = versions.map((node, i) => {
      const height = heights[i] ?? 0;
      return height === 0 ? 0 : height + (changedAxes(node)?.length ?? node.type.shape.length) / 1024;
    });
    const leader = versions[scores.indexOf(Math.max(...scores))] as Node;
    return versions.map((node) => (matches(node, leader) ? node : this.#identity(node, leader)));
  }

  #identity(node: Node, leader: Node): Node {
    if (isOp(leader, 'slice')) {
      const starts = node.type.shape.map(() => 0);
      return this.#make('slice', node, { starts, steps: leader.attributes.steps, shape: node.type.shape });
    }
    if (isOp(leader, 'pad')) {
      const none = node.type.shape.map(() => 0);
      const { interior, value } = leader.attributes;
      return this.#make('pad', node, { low: none, high: none, interior, value });
    }
    if (isOp(leader, 'cumulative') && (node.type.shape[leader.attributes.axis] ?? 0) <= 1)
      return this.#make('cumulative', node, leader.attributes);
    if (isOp(leader, 'broadcast')) return this.#make('broadcast', node, { shape: node.type.shape });
    const reduced = inputOf(leader);
    // The gradient of a broadcast sums over the repeated axes and puts them back; where nothing was repeated, it does neither.
    if (isOp(reduced, 'sum') && !isData(reduced) && leader.type.shape.length === node.type.shape.length) {
      const { axes } = reduced.attributes;
      if (axes.every((axis) => node.type.shape[axis] === 1)) {
        const rest = node.type.shape.filter((_, axis) => !axes.includes(axis));
        if (rest.length === reduced.type.shape.length) {
          const sum = this.#make('sum', node, { axes }, rest);
          return this.#make('reshape', sum, { shape: node.type.shape });
        }
      }
    }
    return this.#make('reshape', node, { shape: node.type.shape });
  }

  #make<P extends Primitive>(
    op: P,
    node: Node,
    attributes: Attributes[P],
    shape: readonly number[] = (attributes as { shape?: readonly number[] }).shape ?? node.type.shape,
  ): Node {
    const made = this.#made.get(node) ?? new Map<string, Node>();
    this.#made.set(node, made);
    const key = `${op} ${JSON.stringify(attributes, (_, part: unknown) => (typeof part === 'number' ? String(part) : part))}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const type = tensorType(node.type.dtype, shape);
    const result = new Node(op, [node], attributes, type, false) as unknown as Node;
    made.set(key, result);
    return result;
  }
}
