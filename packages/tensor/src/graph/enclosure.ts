/** Parts of a program whose operations see what was made outside through gates: branches that may not be taken. */
import { setEnclosure, type Enclosure, type Node } from './node.ts';
import { isFloat } from './types.ts';

/** Runs what records a part of a program whose operations read floats from outside through `gate(node)`, wherever they have them from. */
export function recordBehind<T>(gate: (node: Node) => Node, record: () => T): T {
  const gates = new Map<Node, Node>();
  /** What was made inside, and the gates. */
  const own = new Set<Node>();
  const here: Enclosure = {
    gateOf(node) {
      if (own.has(node) || !isFloat(node.type.dtype) || node.op === 'constant') return node;
      let through = gates.get(node);
      if (through === undefined) {
        setEnclosure(around);
        try {
          through = gate(node);
        } finally {
          setEnclosure(here);
        }
        gates.set(node, through);
        own.add(through);
      }
      return through;
    },
    made(node) {
      own.add(node);
      around?.made(node);
    },
  };
  const around = setEnclosure(here);
  try {
    return record();
  } finally {
    setEnclosure(around);
  }
}
