/** Composites for all examples: a gradient that replaces that of the body is mapped over the examples, too. */
import { makeNode, type Node } from '@hebb/tensor/graph';
import type { Batched, Batching } from './batching.ts';
import { expand } from './batching-rules.ts';

/** The composite for all examples; without a gradient of its own it is its body. */
export function batchComposite(node: Node<'composite'> & Node, batching: Batching): Batched {
  const { name, options, body, boundary, gradient } = node.attributes;
  const value = batching.known(body);
  if (boundary === undefined || gradient === undefined) return value;
  const inputs = node.inputs.map((input) => batching.known(input));
  const isMapped = (i: number): boolean => inputs[i]?.mapped === true;
  if (!value.mapped && !inputs.some(({ mapped }) => mapped)) return { node, mapped: false };
  const all = makeNode(
    'composite',
    inputs.map((input) => input.node),
    {
      name,
      // A definition says what is computed of one example.
      definition: undefined,
      options,
      body: expand(value, batching.count),
      boundary: boundary.map((input) => batching.known(input).node),
      gradient: (cotangents, outputs, given) => {
        const cotangent = batching.placeholder(node.type, cotangents);
        const output = batching.placeholder(node.type, outputs);
        const own = node.inputs.map(({ type }, i) => {
          const input = given[i] as Node;
          return isMapped(i) ? batching.placeholder(type, input) : input;
        });
        const parts = batching.record(() => gradient(cotangent, output, own));
        // What all examples share gets the sum of their cotangents.
        return parts.map((part, i) => {
          if (part === undefined) return undefined;
          return isMapped(i) ? batching.all(part) : makeNode('sum', [batching.all(part)], { axes: [0] });
        });
      },
    },
  );
  return { node: all, mapped: true };
}
