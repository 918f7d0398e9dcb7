/** Tensors in structures, as control flow takes and gives them. */
import { mapStructure } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import type { Node } from '../graph/node.ts';
import { formatType } from '../graph/types.ts';
import { nodeOf, requireTensor, tensorOf } from '../handle.ts';

/** The tensors of a structure with the places where they stand, the form of it, and the same structure with others in their places. */
export interface Leaves {
  /** What the structure is, for messages. */
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly paths: readonly string[];
  readonly form: string;
  readonly rebuild: (nodes: readonly Node[]) => unknown;
}

export function leavesOf(op: string, name: string, structure: unknown): Leaves {
  const nodes: Node[] = [];
  const paths: string[] = [];
  let form = '';
  const leaf = (value: unknown, path: string): void => {
    form += value === undefined ? '-' : 't';
    if (value === undefined) return;
    requireTensor(op, path, value);
    nodes.push(nodeOf(value));
    paths.push(path);
  };
  const enter = (part: string): void => {
    form += part;
  };
  mapStructure(structure, { op, name, leaf, enter });
  const rebuild = (others: readonly Node[]): unknown => {
    let next = 0;
    return mapStructure(structure, {
      op,
      name,
      leaf: (value) => (value === undefined ? undefined : tensorOf(others[next++] as Node)),
    });
  };
  return { name, nodes, paths, form, rebuild };
}

/** What to do about a carry that changes. */
export const carryHint = 'Give the first carry the type that a step gives it: broadcastTo(…), or to(dtype).';

/** Throws unless two structures have one form, and their tensors the same types. */
export function requireSameLeaves(op: string, expected: Leaves, given: Leaves, hint: string): void {
  if (expected.form !== given.form) {
    throw new ArgumentError(`[${op}] ${given.name} has another structure than ${expected.name}.`, {
      hint: 'Return it with the same keys in the same order, and the same number of tensors.',
    });
  }
  expected.nodes.forEach(({ type }, i) => {
    const next = given.nodes[i]?.type;
    if (next === undefined || next === type) return;
    const Kind = next.dtype === type.dtype ? ShapeError : DTypeError;
    throw new Kind(
      `[${op}] ${given.paths[i]} is ${formatType(next)}, but ${expected.paths[i]} is ${formatType(type)}; the types must be equal.`,
      { hint },
    );
  });
}
