/** What of a recorded computation is made of what, for those who see no graph. */
import type { Node } from '../graph/node.ts';
import { isFloat } from '../graph/types.ts';
import { nodeOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { listening, valueSources } from './walk.ts';

/** Stands for a value, whichever tensors have it. */
export interface FlowValue<Owner> {
  /** Who recorded its operation; undefined for what was there before. */
  readonly owner: Owner | undefined;
  readonly operation: string;
  /** Whether it is a number, no index and no mask. */
  readonly isFloat: boolean;
  readonly madeOf: readonly FlowValue<Owner>[];
}

/**
 * Runs what records, and gives it what says of a tensor what it was made of; for as long as it runs.
 *
 * @param owner - asked with every operation: whose it is.
 */
export function recordFlow<Owner, T>(
  owner: () => Owner | undefined,
  body: (valueOf: (tensor: Tensor) => FlowValue<Owner>) => T,
): T {
  const owners = new Map<Node, Owner | undefined>();
  const values = new Map<Node, FlowValue<Owner>>();
  const valueOf = (node: Node): FlowValue<Owner> => {
    const known = values.get(node);
    if (known !== undefined) return known;
    const value: FlowValue<Owner> = {
      owner: owners.get(node),
      operation: node.op,
      isFloat: isFloat(node.type.dtype),
      get madeOf() {
        return valueSources(node).map(valueOf);
      },
    };
    values.set(node, value);
    return value;
  };
  return listening(
    (node) => owners.set(node, owner()),
    () => body((tensor) => valueOf(nodeOf(tensor))),
  );
}
