/** Named subgraphs: one mechanism for a custom gradient, a single ONNX operator and one name in a profile. */
import { makeIdentity, makeNode, type Node } from '../graph/node.ts';
import type { Attributes } from '../graph/primitives.ts';
import { nodeOf, tensorOf, type Tensor } from '../tensor.ts';

export interface CompositeOptions {
  /** Cotangents of the inputs (undefined: none) from the cotangent of the output; replaces the gradient of the body. */
  gradient?: (cotangent: Tensor, output: Tensor, ...inputs: Tensor[]) => readonly (Tensor | undefined)[];
}

/**
 * Records `body(...inputs)` under a name. Walkers that know the name (ONNX export, a tuned kernel) use it; all others follow the body.
 *
 * @param options - everything beside the inputs that determines the result; numbers, strings, booleans and lists of numbers.
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
