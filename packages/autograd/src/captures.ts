/** Tensors that a function with a gradient of its own reads beside its inputs: its gradient knows nothing of them. */
import { ArgumentError } from '@hebb/tensor';
import { formatType, isOp, type Attributes, type Node } from '@hebb/tensor/graph';

/** A body behind a gradient that replaces its own, where the body may have read more than its inputs. */
export function hiddenBody(node: Node): Node | undefined {
  if (!isOp(node, 'composite') || node.cell !== undefined || node.attributes.boundary === undefined) return undefined;
  return node.attributes.body;
}

/** What is looked for behind the bodies, and how to get there. */
export interface CaptureSearch {
  readonly isWanted: (node: Node) => boolean;
  /** What a node's value is computed from, as far as wanted nodes lie behind. */
  readonly sourcesOf: (node: Node) => readonly Node[];
  /** What a wanted node is called in messages. */
  readonly nameOf: (node: Node) => string;
}

/**
 * Throws {@link ArgumentError} where the body of one of the composites depends on a wanted node other than through its inputs, so that the
 * gradient would silently lack that part.
 */
export function requireNoCaptures(composites: readonly Node[], { isWanted, sourcesOf, nameOf }: CaptureSearch): void {
  for (const composite of composites) {
    if (!isOp(composite, 'composite')) continue;
    const { name, body, boundary = [] } = composite.attributes;
    const seen = new Set<Node>([...boundary, body]);
    const stack = boundary.includes(body) ? [] : [body];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (isWanted(node)) {
        throw new ArgumentError(
          `[${name}] the function reads ${nameOf(node)}, ${formatType(node.type)}, which is not among its inputs; its own gradient gives cotangents to the inputs alone, so this one would lack a part.`,
          {
            hint: 'Pass the tensor as an input and return its cotangent too, or detach() it where no gradient is to reach it.',
          },
        );
      }
      for (const source of sourcesOf(node)) {
        if (seen.has(source)) continue;
        seen.add(source);
        stack.push(source);
      }
    }
  }
}

const insideOf = (node: Node): readonly Node[] => (isOp(node, 'composite') ? [node.attributes.body] : node.inputs);

/**
 * What a body reads from outside and what was computed there of the inputs of a composite with a gradient of its own, in the place of that gradient. It gives
 * cotangents to the inputs, so none comes here.
 */
export function hiddenParameters(body: {
  readonly parameters: readonly Node[];
  readonly results: readonly Node[];
}): ReadonlySet<Node> {
  const parameters = new Set(body.parameters);
  const found = new Set<Node>();
  const seen = new Set<Node>();
  const stack = [...body.results];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node) || parameters.has(node)) continue;
    seen.add(node);
    const hidden = hiddenBody(node);
    if (hidden === undefined) stack.push(...insideOf(node));
    else {
      stack.push(...node.inputs);
      for (const inner of between(hidden, (node.attributes as Attributes['composite']).boundary ?? []))
        if (parameters.has(inner)) found.add(inner);
    }
  }
  return found;
}

/** What lies on the ways from a boundary to a result, both ends included. */
function between(result: Node, boundary: readonly Node[]): ReadonlySet<Node> {
  const users = new Map<Node, Node[]>();
  const seen = new Set<Node>([result, ...boundary]);
  const stack = boundary.includes(result) ? [] : [result];
  for (let user = stack.pop(); user !== undefined; user = stack.pop()) {
    for (const source of insideOf(user)) {
      users.set(source, [...(users.get(source) ?? []), user]);
      if (!seen.has(source)) stack.push(source);
      seen.add(source);
    }
  }
  const on = new Set(boundary);
  for (const node of on) for (const user of users.get(node) ?? []) on.add(user);
  return on;
}
