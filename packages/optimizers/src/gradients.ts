/** Parameters and gradients in the structures in which they come: lists, maps, objects. */
import { ArgumentError, ShapeError, Tensor } from '@hebb/tensor';

/** A model, or parameters by name, or a list of them, also as a Set or an iterator (named '0', '1', …). */
export type ParameterSource =
  | { namedParameters(): ReadonlyMap<string, Tensor> }
  | ReadonlyMap<string, Tensor>
  | Readonly<Record<string, Tensor>>
  | Iterable<Tensor>;

/** Gradients in the structure of the parameters: a list in the parameters' order, or by name. */
export type Gradients = readonly Tensor[] | ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** Pairs of name and tensor; the names of a list are its positions. */
function entriesOf(tensors: Exclude<ParameterSource, { namedParameters(): unknown }>): (readonly [string, Tensor])[] {
  if (Array.isArray(tensors)) return (tensors as readonly Tensor[]).map((tensor, i) => [String(i), tensor]);
  if (tensors instanceof Map) return [...(tensors as ReadonlyMap<string, Tensor>)];
  return Symbol.iterator in tensors
    ? Array.from(tensors as Iterable<Tensor>, (tensor, i) => [String(i), tensor] as const)
    : Object.entries(tensors);
}

/** A thing that knows its parameters by name: a model. */
export interface ParameterHolder {
  namedParameters(): ReadonlyMap<string, Tensor>;
}

export function isHolder(source: unknown): source is ParameterHolder {
  return typeof (source as Partial<ParameterHolder> | undefined)?.namedParameters === 'function';
}

/** Parameters by name. Throws {@link ArgumentError} where there are none, one is not a variable, or one is there twice. */
export function namedParametersOf(op: string, source: ParameterSource): ReadonlyMap<string, Tensor> {
  if (typeof source !== 'object' || source === null || source instanceof Tensor) {
    const given = source instanceof Tensor ? String(source) : source === null ? 'null' : typeof source;
    throw new ArgumentError(`[${op}] takes a model, or parameters in a list, an object or a Map, not ${given}.`, {
      hint: `new ${op}(model) trains all parameters of the model, new ${op}([weight]) those of the list.`,
    });
  }
  const named = new Map(isHolder(source) ? source.namedParameters() : entriesOf(source));
  if (named.size === 0) {
    throw new ArgumentError(`[${op}] there are no parameters to optimise.`, {
      hint: isHolder(source)
        ? 'A model’s parameters are found in its fields: layers, and what parameter(initial) makes. Private fields (#name) are not seen.'
        : 'Pass a model, or variables made with { requiresGrad: true }.',
    });
  }
  const fixed = [...named]
    .filter(([, parameter]) => !(parameter instanceof Tensor && parameter.isVariable))
    .map(([name]) => name);
  if (fixed.length > 0) {
    throw new ArgumentError(`[${op}] only variables can be optimised; these are not: ${fixed.join(', ')}.`, {
      hint: [...named.values()].some((value: unknown) => typeof value === 'object' && !(value instanceof Tensor))
        ? `List the parameters themselves: new ${op}(model), or new ${op}([...a.parameters(), ...b.parameters()]).`
        : 'Make parameters with variable(initial, { requiresGrad: true }), or parameter(initial) of @hebb/layers.',
    });
  }
  const names = new Map<Tensor, string>();
  for (const [name, parameter] of named) {
    const first = names.get(parameter);
    if (first !== undefined) {
      throw new ArgumentError(`[${op}] the parameter ${name} is there twice: it is ${first}, too.`, {
        hint: 'Every step would update it twice; list it once.',
      });
    }
    names.set(parameter, name);
  }
  return named;
}

/**
 * Those of all that are not frozen: `before`, or all, where these are the same. Variables that are no parameters (made without `requiresGrad`)
 * cannot be frozen. Compiled functions notice a change: `trainable` is guarded.
 */
export function trainableOf(
  all: ReadonlyMap<string, Tensor>,
  before: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  const frozen = new Set<string>();
  for (const [name, parameter] of all) if (parameter.requiresGrad && !parameter.trainable) frozen.add(name);
  if (frozen.size === 0) return all;
  const same = before.size === all.size - frozen.size && [...before.keys()].every((name) => !frozen.has(name));
  return same ? before : new Map([...all].filter(([name]) => !frozen.has(name)));
}

/**
 * Throws {@link ArgumentError} where the model's parameters are not those that it had before: updates would go to tensors that it does not
 * use any more.
 */
export function requireSameParameters(
  op: string,
  model: ParameterHolder,
  parameters: ReadonlyMap<string, Tensor>,
): void {
  const now = model.namedParameters();
  // Nearly always the same in the same order.
  const held = [...parameters.values()];
  if (now.size === held.length && [...now.values()].every((parameter, i) => parameter === held[i])) return;
  const [before, after] = [new Set(parameters.values()), new Set(now.values())];
  const reasons = [
    ['no longer has', [...parameters].filter(([, parameter]) => !after.has(parameter))],
    ['has, and the optimizer does not,', [...now].filter(([, parameter]) => !before.has(parameter))],
  ] as const;
  const said = reasons.filter(([, list]) => list.length > 0);
  if (said.length === 0) return;
  throw new ArgumentError(
    `[${op}] the model was changed after the optimizer was made for it; it ${said
      .map(([what, list]) => `${what} ${list.map(([name, parameter]) => `${name} (${parameter})`).join(', ')}`)
      .join('; it ')}.`,
    { hint: 'Make the optimizer once the model is complete, and a new one where it has been changed.' },
  );
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
  const hint =
    'Take the gradients with respect to what is optimised: valueAndGrad(() => loss, optimizer.parameters), and pass its `grads`.';
  if (typeof gradients !== 'object' || gradients === null || gradients instanceof Tensor || isPromise(gradients)) {
    const given =
      gradients instanceof Tensor ? String(gradients) : isPromise(gradients) ? 'a promise' : typeof gradients;
    throw new ArgumentError(`[${op}] takes gradients in a list, an object or a Map, not ${given}.`, { hint });
  }
  if (Array.isArray(gradients) && gradients.length !== names.length) {
    throw new ArgumentError(
      `[${op}] got ${gradients.length} gradients for ${names.length} parameters: ${names.join(', ')}.`,
      { hint },
    );
  }
  const named: ReadonlyMap<string, Tensor> =
    gradients instanceof Map
      ? (gradients as ReadonlyMap<string, Tensor>)
      : new Map(
          Array.isArray(gradients)
            ? names.map((name, i) => [name, (gradients as readonly Tensor[])[i] as Tensor])
            : entriesOf(gradients),
        );
  if (fit(parameters, named)) return named;
  const missing = names.filter((name) => named.get(name) === undefined || named.get(name) === null);
  const unexpected = [...named.keys()].filter((name) => !parameters.has(name));
  if (missing.length + unexpected.length > 0) {
    const reasons = [
      missing.length > 0 ? `missing: ${missing.join(', ')}` : '',
      unexpected.length > 0 ? `unexpected: ${unexpected.join(', ')}` : '',
    ];
    throw new ArgumentError(
      `[${op}] the gradients do not match the parameters; ${reasons.filter(Boolean).join('; ')}.`,
      { hint },
    );
  }
  const others = [...named].filter(([, gradient]) => !isGradient(gradient));
  if (others.length > 0) {
    const list = others.map(
      ([name, gradient]: [string, unknown]) =>
        `${name} has ${gradient instanceof Tensor ? String(gradient) : typeof gradient}`,
    );
    throw new ArgumentError(`[${op}] gradients must be float32 or float16 tensors: ${list.join('; ')}.`, { hint });
  }
  const misshapen = names.filter((name) => named.get(name)?.shape.join() !== parameters.get(name)?.shape.join());
  if (misshapen.length > 0) {
    const list = misshapen.map((name) => `${name} is ${parameters.get(name)}, its gradient ${named.get(name)}`);
    throw new ShapeError(`[${op}] gradients must have the shapes of their parameters: ${list.join('; ')}.`);
  }
  return named;
}

function isGradient(value: unknown): value is Tensor {
  return value instanceof Tensor && (value.dtype === 'float32' || value.dtype === 'float16');
}

/** Whether there is a gradient for each parameter, of its shape, and none besides: the usual case, without looking for reasons. */
function fit(parameters: ReadonlyMap<string, Tensor>, gradients: ReadonlyMap<string, unknown>): boolean {
  if (gradients.size !== parameters.size) return false;
  for (const [name, { shape }] of parameters) {
    const gradient = gradients.get(name);
    if (!isGradient(gradient)) return false;
    // Equal shapes are nearly always one object.
    if (gradient.shape !== shape && gradient.shape.join() !== shape.join()) return false;
  }
  return true;
}

/** The gradients that `backward` left on parameters, by name. Throws {@link ArgumentError} where there are none. */
export function gradientsIn(op: string, parameters: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const [name, { grad }] of parameters) if (grad !== undefined) found.set(name, grad);
  if (found.size > 0) return found;
  throw new ArgumentError(`[${op}] no parameter has a gradient.`, {
    hint: 'Call backward(loss) before step(), or pass gradients: step(grads).',
  });
}

function isPromise(value: unknown): boolean {
  return value instanceof Promise;
}
