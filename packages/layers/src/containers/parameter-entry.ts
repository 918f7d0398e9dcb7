/** What lists and dictionaries of parameters hold: checked, told to a configuration, made anew from one, and printed. */
import { ArgumentError, Tensor, zeros, type DType } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { parameter } from '../module/parameter.ts';

/** What a configuration says of a parameter. */
export interface ParameterConfig {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A parameter as it is; any other tensor as the first value of a new one. Throws {@link ArgumentError} for buffers, and for what is no tensor. */
export function toParameter(where: string, name: string, value: unknown): Tensor {
  if (!(value instanceof Tensor))
    throw new ArgumentError(`[${where}] ${name} is ${describe(value)}, not a parameter.`, {
      hint: 'Give parameter(tensor), or the tensor that it starts with.',
    });
  if (!value.isVariable) return parameter(value);
  if (value.requiresGrad) return value;
  throw new ArgumentError(`[${where}] ${name} is a buffer, ${value}, not a parameter.`, {
    hint: 'Buffers lie in fields, arrays and objects; parameter(buffer.detach()) is a parameter that starts with its value.',
  });
}

export const parameterConfig = ({ shape, dtype }: Tensor): ParameterConfig => ({ shape: [...shape], dtype });

/** Values are of the state, and come with it. */
export const fromParameterConfig = ({ shape, dtype }: ParameterConfig): Tensor =>
  parameter(zeros([...shape], { dtype }));

export function printParameters(
  type: string,
  entries: readonly (readonly [name: string, parameter: Tensor])[],
): string {
  if (entries.length === 0) return `${type}()`;
  const lines = entries.map(([name, { shape, dtype }]) => `  (${name}): parameter ${dtype}[${shape.join(',')}]`);
  return `${type}(\n${lines.join('\n')}\n)`;
}
