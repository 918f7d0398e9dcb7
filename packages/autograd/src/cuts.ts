/** Operations without a gradient on the way from a value to what it was computed from, so that messages can name them. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { formatType, isOp, nodeOf, type Node, type Primitive } from '@hebb/tensor/graph';
import { hasGradient } from './rules.ts';

/** The input by which an operation selects among the others: what is selected has a derivative, the selection is constant almost everywhere. */
const selectors: Readonly<Partial<Record<Primitive, number>>> = { where: 0, gather: 1, scatter: 1 };

/** What a node's value is computed from, on whatever way; nothing behind `detach`, which says that it is to be constant. */
function sourcesOf(node: Node, selections: boolean): readonly Node[] {
  if (node.cell !== undefined || node.op === 'detach') return [];
  if (isOp(node, 'composite') && node.attributes.gradient === undefined) return [node.attributes.body];
  const selector = selections ? undefined : selectors[node.op];
  return selector === undefined ? node.inputs : node.inputs.filter((_, i) => i !== selector);
}

/** The name of an operation as users know it. */
function nameOf(node: Node): string {
  if (isOp(node, 'cast')) return `the conversion to ${node.type.dtype}`;
  return isOp(node, 'composite') ? node.attributes.name : node.op;
}

interface Cut {
  readonly wanted: Node;
  /** The operation that has no gradient. */
  readonly operation: string;
}

/** The first operation without a gradient that `roots` are computed by from a wanted node; undefined where there is none. */
function findCut(roots: readonly Node[], isWanted: (node: Node) => boolean, selections: boolean): Cut | undefined {
  /** For each node the wanted one behind it to which a gradient could flow. */
  const reaches = new Map<Node, Node | undefined>();
  const stack = [...roots];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (reaches.has(node)) {
      stack.pop();
      continue;
    }
    const behind = isWanted(node) ? [] : sourcesOf(node, selections);
    const missing = behind.filter((source) => !reaches.has(source));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    stack.pop();
    const wanted = isWanted(node)
      ? node
      : behind.map((source) => reaches.get(source)).find((found) => found !== undefined);
    if (wanted !== undefined && wanted !== node && !hasGradient(node.op)) return { wanted, operation: nameOf(node) };
    reaches.set(node, wanted);
  }
  return undefined;
}

const remedy =
  'Give it a gradient with customGradient, compute something smooth in its place, or detach() what is to be constant.';

export interface CutSearch {
  readonly isWanted: (node: Node) => boolean;
  /** What a wanted node is called in messages. */
  readonly nameOf: (node: Node) => string;
  /** Whether selections count: not where a gradient of zero is an answer, as for piecewise linear functions. */
  readonly selections: boolean;
}

/** Throws {@link ArgumentError} where the roots depend on a wanted node through an operation that has no gradient, and names both. */
export function requireNoCut(op: string, roots: readonly Tensor[], search: CutSearch): void {
  const cut = findCut(roots.map(nodeOf), search.isWanted, search.selections);
  if (cut === undefined) return;
  const { wanted, operation } = cut;
  throw new ArgumentError(
    `[${op}] the result depends on ${search.nameOf(wanted)}, ${formatType(wanted.type)}, only through ${operation}, which has no gradient.`,
    { hint: remedy },
  );
}
