/** What a model takes, described by shapes: for those who run it without data. */
import { DTypeError, zeros, type DType, type Tensor } from '@hebb/tensor';
import { checkOptions, requireArray, requireInteger, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { AnyModule } from './module.ts';

/** Extents of an input; a name stands for one that is free: `['batch', 1, 28, 28]`. */
export type InputShape = readonly (number | string)[];

export interface InputSpec {
  readonly shape: InputShape;
  /** Default float32. */
  readonly dtype?: DType;
}

/** The inputs of a model: the shape of the one that it takes, or a list with one entry for each. */
export type ModelInputs = InputShape | readonly (InputShape | InputSpec)[];

const specOptions: OptionNames<InputSpec> = { shape: true, dtype: true };

/** One entry for each input. Throws {@link ArgumentError} for anything else. */
export function readInputs(op: string, inputs: ModelInputs, dtype: DType = 'float32'): Required<InputSpec>[] {
  requireArray(op, 'the shape of the input', inputs);
  const several = inputs.some((entry) => typeof entry === 'object');
  const list = (several ? inputs : [inputs]) as readonly (InputShape | InputSpec)[];
  return list.map((entry) => {
    if (!isShape(entry)) checkOptions(op, entry, specOptions);
    const spec = isShape(entry) ? { shape: entry } : entry;
    requireArray(op, 'the shape of an input', spec.shape);
    for (const extent of spec.shape) {
      if (typeof extent === 'number') requireInteger(op, 'an extent', extent, 0);
      else requireString(op, 'an extent', extent);
    }
    return { dtype, ...spec };
  });
}

function isShape(entry: InputShape | InputSpec): entry is InputShape {
  return Array.isArray(entry);
}

/** The shapes of inputs, with `extentOf` for the names. */
export function extentsOf(
  inputs: readonly Required<InputSpec>[],
  extentOf: (name: string) => number,
): { readonly shape: readonly number[]; readonly dtype: DType }[] {
  return inputs.map(({ shape, dtype }) => ({
    shape: shape.map((extent) => (typeof extent === 'number' ? extent : extentOf(extent))),
    dtype,
  }));
}

/** Inputs of zeros, with `extentOf` for the names. */
export function zerosFor(inputs: readonly Required<InputSpec>[], extentOf: (name: string) => number): Tensor[] {
  return extentsOf(inputs, extentOf).map(({ shape, dtype }) => zeros(shape, { dtype }));
}

/** An error of a model that was given such inputs: where it takes another element type, the cure is to say so, not to convert what the caller has not got. */
export function adviseInputs(op: string, error: unknown, inputs: readonly Required<InputSpec>[]): unknown {
  if (!(error instanceof DTypeError) || inputs.every(({ dtype }) => dtype !== 'float32')) return error;
  const shapes = inputs.map(({ shape }) => `[${shape.map((extent) => (typeof extent === 'string' ? `'${extent}'` : extent)).join(', ')}]`); // prettier-ignore
  const said = shapes.length === 1 ? `${shapes[0]}, { dtype: 'int32' }` : `[{ shape: ${shapes[0]}, dtype: 'int32' }, …]`; // prettier-ignore
  return error.advise(`Inputs are float32 unless you say what they are: ${op}(model, ${said}).`);
}

/** Calls `forward` with tensors, whatever types it has: those who describe inputs by shapes check nothing else of them. */
export function callWith(model: AnyModule, inputs: readonly Tensor[]): unknown {
  return (model as unknown as { forward(...inputs: readonly Tensor[]): unknown }).forward(...inputs);
}
