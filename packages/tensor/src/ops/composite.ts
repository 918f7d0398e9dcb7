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
import { requireTensor, requireTensors } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, record, type CompositeAttributes, type CompositeDefinition } from './compose.ts';

export interface CompositeOptions {
  /**
   * Cotangents of the inputs (undefined: none) from the cotangent of the output; replaces the gradient of the body. Nothing reaches what
   * the body reads beside its inputs: a gradient with respect to such a tensor is refused when it is asked for.
   */
  gradient?: (cotangent: Tensor, output: Tensor, ...inputs: Tensor[]) => readonly (Tensor | undefined)[];
}

const compositeOptions: OptionNames<CompositeOptions> = { gradient: true };

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
  const own = ownAttributes(name, attributes);
  const gradient = definition === undefined ? options.gradient : definition.gradient?.bind(definition, own);
  if (gradient !== undefined) requireFunction(name, 'the gradient of a composite', gradient);
  const checked: CompositeDefinition = {
    name,
    body(_, ...seen) {
      const value = definition === undefined ? body?.(...seen) : definition.body(own, ...seen);
      requireTensor(name, 'what the body of a composite returns', value);
      return value;
    },
    ...(gradient && {
      gradient: (_, cotangent, output, ...seen) =>
        requireCotangents(name, gradient(cotangent, output, ...seen), seen.length),
    }),
  };
  return definition === undefined ? record(checked, own, inputs, undefined) : compose(checked, own, inputs, definition);
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

/** Throws {@link ArgumentError} unless a gradient returned one cotangent, or none, per input. */
function requireCotangents(name: string, given: unknown, count: number): readonly (Tensor | undefined)[] {
  requireArray(name, 'what the gradient of a composite returns', given);
  if (given.length !== count) {
    throw new ArgumentError(
      `[${name}] the gradient of a composite returns one cotangent for each of the ${count} inputs (a tensor, or undefined for none), not ${given.length}.`,
    );
  }
  return given.map((part: unknown, i) => {
    if (part !== undefined) requireTensor(name, `cotangent ${i} of the gradient of a composite`, part);
    return part;
  });
}
