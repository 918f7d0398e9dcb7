/** Whose gradient is being recorded, and what for all examples, for those who ask where a node comes from. */
import { onBehalfOf, type Node } from '@hebb/tensor/graph';

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
    return onBehalfOf(node, true, record);
  } finally {
    current = before;
  }
}

let mapped: Node | undefined;

/** The operation on one example that is being recorded for all; undefined elsewhere. */
export function mappedFrom(): Node | undefined {
  return mapped;
}

/** Runs what records for all examples what an operation does on one. */
export function asMappingOf<T>(node: Node, record: () => T): T {
  const before = mapped;
  mapped = node;
  try {
    return onBehalfOf(node, false, record);
  } finally {
    mapped = before;
  }
}
