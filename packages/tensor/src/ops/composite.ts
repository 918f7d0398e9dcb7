/** Named subgraphs: one mechanism for a custom gradient, a single ONNX operator and one name in a profile. */
import { makeIdentity, makeNode, type Node } from '../graph/node.ts';
import type { Attributes } from '../graph/primitives.ts';
import { nodeOf, tensorOf, type Tensor } from '../tensor.ts';

export interface CompositeOptions {
  /** Cotangents of the inputs (undefined: none) from the cotangent of the output; replaces the gradient of the body. */
  gradient?: (cotangent: Tensor, output: Tensor, ...inputs: Tensor[]) => readonly (Tensor | undefined)[];
}

/**
 * Records `body(...inputs)` under a name: the same value, which walkers that know the name (ONNX export, a tuned
 * kernel) use as one operation; all others follow the body.
 *
 * ```ts
 * const swish = (x: Tensor) => composite('swish', {}, [x], (input) => input.mul(input.sigmoid()));
 * await swish(tensor([0, 2])).toArray(); // [0, 1.7615942]
 * ```
 *
 * @param options - everything beside the inputs that determines the result; numbers, strings, booleans and lists of
 *   numbers.
 */
export function composite(
  name: string,
  options: Attributes['composite']['options'],
  inputs: readonly Tensor[],
  body: (...inputs: Tensor[]) => Tensor,
  { gradient }: CompositeOptions = {},
): Tensor {
  let result = nodeOf(body(...inputs));
  // A body that is just a variable's value must not share the memory that the variable's updates overwrite.
  if (result.cell !== undefined) result = makeIdentity(result);
  const node = makeNode('composite', inputs.map(nodeOf), {
    name,
    options,
    body: result,
    gradient:
      gradient === undefined
        ? undefined
        : (cotangent: Node, output: Node, nodes: readonly Node[]) =>
            gradient(tensorOf(cotangent), tensorOf(output), ...nodes.map(tensorOf)).map((t) =>
              t === undefined ? undefined : nodeOf(t),
            ),
  });
  return tensorOf(node);
}
