/** Tensors that a function with a gradient of its own reads beside its inputs: its gradient knows nothing of them. */
import { ArgumentError } from '@hebb/tensor';
import { formatType, isOp, type Node } from '@hebb/tensor/graph';

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
