/** Composites with several results. */
import { requireArray, requireFunction, requireObject, requireString } from '../arguments/index.ts';
import type { CompositeIdentity } from '../graph/attributes.ts';
import { makeIdentity, makeNode } from '../graph/node.ts';
import { nodeOf, requireTensor, requireTensors, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { asFloat32, type CompositeAttributes } from './compose.ts';
import { ownAttributes } from './composite.ts';
import { castNode } from './operands.ts';

/** What a composite with several results computes, said once, as `CompositeDefinition` does for one. */
export interface SeveralDefinition<A extends CompositeAttributes = CompositeAttributes> extends CompositeIdentity {
  /** For messages and profiles; two definitions may have the same. */
  readonly name: string;
  /** The values, in operations on the inputs; as many whatever the sizes. */
  body(attributes: A, ...inputs: Tensor[]): readonly Tensor[];
}

/**
 * `composite` for a body with several results, which is recorded once: each result is known by the definition, the inputs, and its position, which walkers see
 * as the attribute `result`. The gradient is that of the body.
 *
 * ```ts
 * const parts: SeveralDefinition = { name: 'parts', body: (_, x) => [trunc(x), frac(x)] };
 * const [whole, fraction] = compositeResults(parts, {}, [tensor([1.5, -2.25])]);
 * await fraction?.toArray(); // [0.5, -0.25]
 * ```
 *
 * @param attributes - everything beside the inputs that determines the results
 *
 * Throws {@link ArgumentError} where an input or a result is no tensor.
 */
export function compositeResults<A extends CompositeAttributes>(
  definition: SeveralDefinition<A>,
  attributes: A,
  inputs: readonly Tensor[],
): Tensor[] {
  requireObject('compositeResults', 'the definition', definition);
  requireString('compositeResults', "the definition's name", definition.name);
  requireFunction('compositeResults', "the definition's body", Reflect.get(definition, 'body'));
  const { name } = definition;
  requireObject('compositeResults', 'the attributes', attributes);
  requireTensors('compositeResults', 'the inputs', inputs);
  if (inputs.some(({ dtype }) => dtype === 'float16')) {
    // As of composites with one result: computed in float32 and rounded once.
    const isHalf = inputs.every(({ dtype }) => dtype !== 'float32');
    return compositeResults(definition, attributes, inputs.map(asFloat32)).map((result) =>
      isHalf && result.dtype === 'float32' ? tensorOf(castNode(nodeOf(result), 'float16')) : result,
    );
  }
  const own = ownAttributes(name, attributes);
  const results = definition.body(own as A, ...inputs);
  requireArray(name, 'what the body of a composite with several results returns', results);
  const nodes = inputs.map(nodeOf);
  return results.map((value, result) => {
    requireTensor(name, `result ${result} of the body of a composite`, value);
    const node = nodeOf(value);
    const body = node.cell === undefined ? node : makeIdentity(node);
    const options = Object.freeze({ ...own, result });
    return tensorOf(
      makeNode('composite', nodes, { name, definition, options, body, gradient: undefined, boundary: undefined }),
    );
  });
}
