/** Parameters and gradients in the structures in which they come: lists, maps, objects. */
import { ArgumentError, ShapeError, Tensor } from '@hebb/tensor';

/** A model, or parameters by name, or a list of them (named '0', '1', …). */
export type ParameterSource =
  | { namedParameters(): ReadonlyMap<string, Tensor> }
  | ReadonlyMap<string, Tensor>
  | Readonly<Record<string, Tensor>>
  | readonly Tensor[];

/** Gradients in the structure of the parameters: a list in the parameters' order, or by name. */
export type Gradients = readonly Tensor[] | ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** Pairs of name and tensor; the names of a list are its positions. */
function entriesOf(tensors: Exclude<ParameterSource, { namedParameters(): unknown }>): (readonly [string, Tensor])[] {
  if (Array.isArray(tensors)) return (tensors as readonly Tensor[]).map((tensor, i) => [String(i), tensor]);
  return tensors instanceof Map
    ? [...(tensors as ReadonlyMap<string, Tensor>)]
    : Object.entries(tensors as Readonly<Record<string, Tensor>>);
}

/** Parameters by name. Throws {@link ArgumentError} where there are none or one is not a variable. */
export function namedParametersOf(op: string, source: ParameterSource): ReadonlyMap<string, Tensor> {
  const isModel = 'namedParameters' in source && typeof source.namedParameters === 'function';
  const named = new Map(
    isModel
      ? (source as { namedParameters(): ReadonlyMap<string, Tensor> }).namedParameters()
      : entriesOf(source as Gradients),
  );
  if (named.size === 0) throw new ArgumentError(`[${op}] there are no parameters to optimise.`);
  const fixed = [...named]
    .filter(([, parameter]) => !(parameter instanceof Tensor && parameter.isVariable))
    .map(([name]) => name);
  if (fixed.length > 0) {
    throw new ArgumentError(`[${op}] only variables can be optimised; these are not: ${fixed.join(', ')}.`, {
      hint: 'Make parameters with variable(initial, { requiresGrad: true }), or parameter(initial) of @hebb/layers.',
    });
  }
  return named;
}

/**
 * The gradient of each parameter by its name.
 *
 * Throws {@link ArgumentError} listing missing and unexpected names, {@link ShapeError} listing all gradients of another shape.
 */
export function namedGradients(
  op: string,
  parameters: ReadonlyMap<string, Tensor>,
  gradients: Gradients,
): ReadonlyMap<string, Tensor> {
  const names = [...parameters.keys()];
  if (Array.isArray(gradients) && gradients.length !== names.length) {
    throw new ArgumentError(`[${op}] got ${gradients.length} gradients for ${names.length} parameters.`);
  }
  const named = new Map(
    Array.isArray(gradients)
      ? names.map((name, i) => [name, (gradients as readonly Tensor[])[i] as Tensor])
      : entriesOf(gradients),
  );
  const missing = names.filter((name) => named.get(name) === undefined);
  const unexpected = [...named.keys()].filter((name) => !parameters.has(name));
  if (missing.length + unexpected.length > 0) {
    const reasons = [
      missing.length > 0 ? `missing: ${missing.join(', ')}` : '',
      unexpected.length > 0 ? `unexpected: ${unexpected.join(', ')}` : '',
    ];
    throw new ArgumentError(
      `[${op}] the gradients do not match the parameters; ${reasons.filter(Boolean).join('; ')}.`,
    );
  }
  const misshapen = names.filter((name) => named.get(name)?.shape.join() !== parameters.get(name)?.shape.join());
  if (misshapen.length > 0) {
    const list = misshapen.map((name) => `${name} is ${parameters.get(name)}, its gradient ${named.get(name)}`);
    throw new ShapeError(`[${op}] gradients must have the shapes of their parameters: ${list.join('; ')}.`);
  }
  return named;
}
