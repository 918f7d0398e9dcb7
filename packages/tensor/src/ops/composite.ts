/** Named subgraphs: one mechanism for a custom gradient, a single ONNX operator and one name in a profile. */
import {
  checkOptions,
  requireArray,
  requireFunction,
  requireObject,
  requireString,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { gateOf, makeIdentity, makeNode } from '../graph/node.ts';
import type { Attributes, CompositeGradient, CompositeIdentity } from '../graph/attributes.ts';
import { nodeOf, requireTensor, requireTensors, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { castNode } from './operands.ts';

/** Everything beside the inputs that determines the result; numbers, strings, booleans and lists of numbers. */
export type CompositeAttributes = Attributes['composite']['options'];

export interface CompositeOptions {
  /**
   * Cotangents of the inputs (undefined: none) from the cotangent of the output; replaces the gradient of the body. Nothing reaches what
   * the body reads beside its inputs: a gradient with respect to such a tensor is refused when it is asked for.
   */
  gradient?: (cotangent: Tensor, output: Tensor, ...inputs: Tensor[]) => readonly (Tensor | undefined)[];
}

const compositeOptions: OptionNames<CompositeOptions> = { gradient: true };

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
 * Records a body as one operation: the same value, which a walker that knows the definition (ONNX export, a tuned kernel) uses as a whole;
 * all others follow the body. A walker knows a definition by the object, never by its name.
 *
 * A definition's body and gradient see float16 inputs as float32; the result is rounded once, to float16 unless an input is float32. Given by a name alone, a composite has no definition: its name shows in messages, and every walker follows its body.
 *
 * ```ts
 * const swish = (x: Tensor) => composite('swish', {}, [x], (input) => input.mul(input.sigmoid()));
 * await swish(tensor([0, 2])).toArray(); // [0, 1.7615942]
 *
 * const power: CompositeDefinition<{ exponent: number }> = { name: 'power', body: ({ exponent }, x) => x.pow(exponent) };
 * await composite(power, { exponent: 4 }, [tensor([1, 2])]).toArray(); // [1, 16]
 * ```
 *
 * @param attributes - everything beside the inputs that determines the result
 *
 * Throws {@link ArgumentError} where an input or the body's result is no tensor.
 */
export function composite<A extends CompositeAttributes>(
  definition: CompositeDefinition<A>,
  attributes: A,
  inputs: readonly Tensor[],
): Tensor;
export function composite(
  name: string,
  attributes: CompositeAttributes,
  inputs: readonly Tensor[],
  body: (...inputs: Tensor[]) => Tensor,
  options?: CompositeOptions,
): Tensor;
export function composite(
  given: CompositeDefinition | string,
  attributes: CompositeAttributes,
  inputs: readonly Tensor[],
  body?: (...inputs: Tensor[]) => Tensor,
  options: CompositeOptions = {},
): Tensor {
  const definition = typeof given === 'string' ? undefined : given;
  if (typeof given !== 'string') requireObject('composite', 'the name or definition', given);
  const name = typeof given === 'string' ? given : given.name;
  requireString('composite', 'the name', name);
  requireObject(name, 'the attributes of a composite', attributes);
  requireTensors(name, 'the inputs of a composite', inputs);
  if (typeof (definition ?? { body }).body !== 'function')
    throw wrongArgument(name, 'the body of a composite', 'a function of its inputs', (definition ?? { body }).body);
  checkOptions('composite', options, compositeOptions);
  if (definition !== undefined && inputs.some(({ dtype }) => dtype === 'float16')) {
    // Computed in float32 and rounded once; so are its gradients.
    const result = composite(definition, attributes, inputs.map(asFloat32));
    const isHalf = result.dtype === 'float32' && inputs.every(({ dtype }) => dtype !== 'float32');
    return isHalf ? tensorOf(castNode(nodeOf(result), 'float16')) : result;
  }
  const own = ownAttributes(name, attributes);
  const gradient = definition === undefined ? options.gradient : definition.gradient?.bind(definition, own);
  if (gradient !== undefined) requireFunction(name, 'the gradient of a composite', gradient);
  const nodes = inputs.map(nodeOf);
  const boundary =
    gradient === undefined ? undefined : nodes.map((node) => makeNode('reshape', [node], { shape: node.type.shape }));
  const seen = boundary === undefined ? inputs : boundary.map((node) => tensorOf(node));
  const value = definition === undefined ? body?.(...seen) : definition.body(own, ...seen);
  requireTensor(name, 'what the body of a composite returns', value);
  let result = gateOf(nodeOf(value));
  // A body that is just a variable's value must not share the memory that the variable's updates overwrite.
  if (result.cell !== undefined) result = makeIdentity(result);
  const node = makeNode('composite', nodes, {
    name,
    definition,
    options: own,
    body: result,
    gradient: gradient === undefined ? undefined : onNodes(name, gradient),
    boundary,
  });
  return tensorOf(node);
}

/** float16 as float32, all else as it is. */
export function asFloat32(x: Tensor): Tensor {
  return x.dtype === 'float16' ? tensorOf(castNode(nodeOf(x), 'float32')) : x;
}

/** A copy that stays as it is, whatever happens to what was given; throws {@link ArgumentError} for what is no plain value. */
export function ownAttributes(name: string, attributes: CompositeAttributes): CompositeAttributes {
  const own: Record<string, CompositeAttributes[string]> = {};
  for (const [key, value] of Object.entries(attributes)) {
    const list = Array.isArray(value) ? (value as readonly unknown[]) : undefined;
    if (
      list === undefined
        ? !['number', 'boolean', 'string'].includes(typeof value)
        : list.some((n) => typeof n !== 'number')
    )
      throw wrongArgument(
        name,
        `the attribute ${key} of a composite`,
        'a number, a string, a boolean or a list of numbers',
        value,
      );
    own[key] = list === undefined ? value : Object.freeze([...(list as readonly number[])]);
  }
  return Object.freeze(own);
}

/** A gradient of tensors as one of nodes; throws {@link ArgumentError} where it does not return one cotangent, or none, per input. */
function onNodes(name: string, gradient: NonNullable<CompositeOptions['gradient']>): CompositeGradient {
  return (cotangent, output, inputs) => {
    const cotangents = gradient(tensorOf(cotangent), tensorOf(output), ...inputs.map((node) => tensorOf(node)));
    requireArray(name, 'what the gradient of a composite returns', cotangents);
    if (cotangents.length !== inputs.length) {
      throw new ArgumentError(
        `[${name}] the gradient of a composite returns one cotangent for each of the ${inputs.length} inputs (a tensor, or undefined for none), not ${cotangents.length}.`,
      );
    }
    return cotangents.map((part, i) => {
      if (part === undefined) return undefined;
      requireTensor(name, `cotangent ${i} of the gradient of a composite`, part);
      return nodeOf(part);
    });
  };
}
