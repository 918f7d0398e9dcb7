/** Named subgraphs of Hebb's own: as `composite` records them, whose checks are for definitions that users write. */
import type { Attributes, CompositeIdentity } from '../graph/attributes.ts';
import { gateOf, makeIdentity, makeNode } from '../graph/node.ts';
import { nodeOf, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { castNode } from './operands.ts';

/** Everything beside the inputs that determines the result; numbers, strings, booleans and lists of numbers. */
export type CompositeAttributes = Attributes['composite']['options'];

/**
 * What a composite computes, said once: an object that walkers know it by. Two composites of one definition differ in their attributes and
 * inputs alone: a body and a gradient see nothing else, and attributes are kept as they were.
 */
export interface CompositeDefinition<A extends CompositeAttributes = CompositeAttributes> extends CompositeIdentity {
  /** For messages and profiles; two definitions may have the same. */
  readonly name: string;
  /** The value, in operations on the inputs. */
  body(attributes: A, ...inputs: Tensor[]): Tensor;
  /** Cotangents of the inputs (undefined: none); replaces the gradient of the body. */
  gradient?(attributes: A, cotangent: Tensor, output: Tensor, ...inputs: Tensor[]): readonly (Tensor | undefined)[];
}

/**
 * Records what a definition computes as one operation, known by `identity`. Of float16 it is computed in float32 and rounded once; so are its gradients.
 */
export function compose<A extends CompositeAttributes>(
  definition: CompositeDefinition<A>,
  attributes: A,
  inputs: readonly Tensor[],
  identity: CompositeIdentity = definition,
): Tensor {
  if (inputs.every(({ dtype }) => dtype !== 'float16')) return record(definition, attributes, inputs, identity);
  const result = record(definition, attributes, inputs.map(asFloat32), identity);
  const isHalf = result.dtype === 'float32' && inputs.every(({ dtype }) => dtype !== 'float32');
  return isHalf ? tensorOf(castNode(nodeOf(result), 'float16')) : result;
}

/** float16 as float32, all else as it is. */
export function asFloat32(x: Tensor): Tensor {
  return x.dtype === 'float16' ? tensorOf(castNode(nodeOf(x), 'float32')) : x;
}

/** {@link compose} in the dtypes that are given. */
export function record<A extends CompositeAttributes>(
  own: CompositeDefinition<A>,
  attributes: A,
  inputs: readonly Tensor[],
  definition: CompositeIdentity | undefined,
): Tensor {
  const nodes = inputs.map(nodeOf);
  const gradient = own.gradient?.bind(own, attributes);
  const boundary = gradient && nodes.map((node) => makeNode('reshape', [node], { shape: node.type.shape }));
  let result = gateOf(nodeOf(own.body(attributes, ...(boundary?.map((node) => tensorOf(node)) ?? inputs))));
  // A body that is just a variable's value must not share the memory that the variable's updates overwrite.
  if (result.cell !== undefined) result = makeIdentity(result);
  const node = makeNode('composite', nodes, {
    name: own.name,
    definition,
    options: attributes,
    body: result,
    gradient:
      gradient &&
      ((cotangent, output, given) =>
        gradient(tensorOf(cotangent), tensorOf(output), ...given.map((input) => tensorOf(input))).map(
          (part) => part && nodeOf(part),
        )),
    boundary,
  });
  return tensorOf(node);
}
