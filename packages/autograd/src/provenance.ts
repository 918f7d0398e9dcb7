/** Whose gradient is being recorded, for those who ask where a node comes from. */
import type { Node } from '@hebb/tensor/graph';

let current: Node | undefined;

/** The operation whose gradient is being recorded; undefined elsewhere. */
export function pulledBack(): Node | undefined {
  return current;
}

/** Runs what records the gradient of an operation. */
export function asGradientOf<T>(node: Node, record: () => T): T {
  const before = current;
  current = node;
  try {
    return record();
  } finally {
    current = before;
  }
}
