/** Walks of a recorded graph for what it costs. */
import type { Attributes } from '../graph/attributes.ts';
import { setRecorder, type Node } from '../graph/node.ts';

/** What a value is computed from; nothing, where it is there already: of leaves, variables, values in memory. */
export function valueSources(node: Node): readonly Node[] {
  if (node.cell !== undefined || node.storage !== undefined) return [];
  return node.op === 'composite' ? [(node.attributes as Attributes['composite']).body] : node.inputs;
}

/** All nodes behind `roots`, sources before users. Iterative, so that long chains do not overflow the stack. */
export function behind(roots: readonly Node[], sourcesOf: (node: Node) => readonly Node[]): Node[] {
  const order: Node[] = [];
  const done = new Set<Node>();
  const stack = [...roots].reverse();
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const missing = done.has(node) ? [] : sourcesOf(node).filter((source) => !done.has(source));
    if (missing.length > 0) {
      stack.push(...missing.reverse());
      continue;
    }
    stack.pop();
    if (done.has(node)) continue;
    done.add(node);
    order.push(node);
  }
  return order;
}

/** Runs what records, and tells `listener` of every operation. */
export function listening<T>(listener: (node: Node) => void, record: () => T): T {
  const before = setRecorder(undefined);
  setRecorder({
    created(node) {
      before?.created(node);
      listener(node);
    },
    inside(node) {
      before?.inside?.(node);
      listener(node);
    },
  });
  try {
    return record();
  } finally {
    setRecorder(before);
  }
}

/** What `record` reads for the nodes that it returns of all that was there before. */
export function traceSources(record: () => readonly (Node | undefined)[]): readonly Node[] {
  const made = new Set<Node>();
  const results = listening((node) => made.add(node), record).filter((node) => node !== undefined);
  const walked = behind(results, (node) => (made.has(node) ? valueSources(node) : []));
  return walked.filter((node) => !made.has(node));
}
