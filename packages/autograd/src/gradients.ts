/** What users call. All of it records only; values come back when a tensor is read. */
import { ArgumentError, onesLike, Tensor, zerosLike } from '@hebb/tensor';
import { isPlain, requireFunction, requireTensor, wrongArgument } from '@hebb/tensor/arguments';
import { amendmentsOf, nodeOf, tensorOf, withInlining, type Node } from '@hebb/tensor/graph';
import { requireNoCut } from './cuts.ts';
import {
  partsOf,
  prepare,
  readGradOptions,
  requireFloat,
  requireGradients,
  requireScalarLoss,
  type At,
  type GradOptions,
  type Position,
  type Positions,
} from './preparation.ts';
import { cellOfVersion, derivativesTaken, reverse, reverseToParameters } from './reverse.ts';
import { mapTensors, type Replaced, type TensorTree } from './structure.ts';

/** Parameters in a list, an object or a Map, as deep as you like. */
export type Parameters = TensorTree;
/** Gradients in the structure of the parameters. */
export type Gradients<P> = Replaced<P, Tensor>;

function differentiate<A extends unknown[]>(
  op: string,
  f: (...args: A) => unknown,
  args: A,
  { argnums, hasAux }: { readonly argnums: Positions; readonly hasAux: boolean },
): { value: Tensor; grad: unknown; aux: unknown } {
  const { args: fresh, wanted, rebuild } = prepare(op, args, argnums);
  const before = derivativesTaken();
  const { loss: value, aux } = partsOf(
    op,
    withInlining(() => f(...fresh)),
    hasAux,
  );
  requireScalarLoss(op, value);
  // The derivative of what is linear is constant, and that of what is piecewise linear selects: their own derivatives are zero.
  const isDerivative = derivativesTaken() > before;
  const reached = reverse([{ node: nodeOf(value), cotangent: onesLike(value) }], wanted);
  requireGradients(op, [value], wanted, reached, { selections: !isDerivative });
  const grad = rebuild((node, name) => {
    const found = reached.get(node);
    if (found === undefined && !isDerivative) {
      throw new ArgumentError(
        `[${op}] the result does not depend on ${name}, ${tensorOf(node)}, through differentiable operations.`,
        {
          hint: 'Comparisons, argmax, integers and detach() pass no gradient on. Leave the argument out of argnums, or take its gradient as zero.',
        },
      );
    }
    return found?.cotangent ?? zerosLike(tensorOf(node));
  });
  return { value, grad, aux };
}

/**
 * The gradient of a function with a single number as its result: `grad(f)(x)` is ∂f/∂x at x, in the shape of x. With an array or object
 * of tensors as the argument the result has the same structure. Gradients of gradients work.
 *
 * @param f - returns a floating tensor of one element; with `hasAux` a pair of it and anything else.
 * @param options - `argnums`: one position, or several, for which a list is returned; `hasAux`: whether `f` returns `[loss, aux]`, for which `{ grad, aux }` is returned. Default 0 and false.
 *
 * Throws {@link ShapeError} where the result has more than one element, {@link DTypeError} where it or the argument holds no floating numbers, and
 * {@link ArgumentError} where the result does not depend on the argument. Where `f` takes derivatives itself that is no error and the gradient is zero: the second derivative of what is linear, say.
 *
 * ```ts
 * const f = (x: Tensor) => x.pow(3).sum();
 * await grad(f)(tensor([1, 2])).toArray(); // [3, 12]
 * await grad((x: Tensor) => grad(f)(x).sum())(tensor([1, 2])).toArray(); // [6, 12]
 *
 * const loss = (w: Tensor, x: Tensor) => [w.mul(x).sum().square(), w.mul(x)] as const;
 * const both = grad(loss, { hasAux: true })(tensor([1, 2]), tensor([3, 4]));
 * await both.grad.toArray(); // [66, 88]
 * await both.aux.toArray(); // [3, 8]
 * ```
 */
export function grad<A extends unknown[]>(f: (...args: A) => Tensor): (...args: A) => A[0];
export function grad<A extends unknown[], const N extends Position<A> | readonly number[] = 0>(
  f: (...args: A) => Tensor,
  options: GradOptions<N>,
): (...args: A) => At<A, N>;
export function grad<A extends unknown[], X, const N extends Position<A> | readonly number[] = 0>(
  f: (...args: A) => readonly [Tensor, X],
  options: GradOptions<N, true> & { readonly hasAux: true },
): (...args: A) => { grad: At<A, N>; aux: X };
export function grad<A extends unknown[]>(
  f: (...args: A) => unknown,
  options: GradOptions<Positions, boolean> = {},
): (...args: A) => unknown {
  requireFunction('grad', 'f', f);
  const read = readGradOptions('grad', options);
  return (...args) => {
    const { grad: gradient, aux } = differentiate('grad', f, args, read);
    return read.hasAux ? { grad: gradient, aux } : gradient;
  };
}

/**
 * The value of a function and its gradient, in two forms.
 *
 * `valueAndGrad(f)(x)` returns `{ value, grad }` for the arguments of `f`, as {@link grad} does; with `{ hasAux: true }` and an `f` that returns `[loss, aux]` it is `{ value, grad, aux }`.
 *
 * `valueAndGrad(() => loss, parameters)` calls the function once and returns `{ value, grads }` for variables that it uses, in the structure
 * in which `parameters` were given: lists, plain objects and Maps, as deep as you like. The gradient of a parameter that the loss does not depend on is zero.
 *
 * Throws {@link ShapeError} where the loss has more than one element, {@link DTypeError} where it or a parameter holds no floating numbers, and
 * {@link ArgumentError} where it depends on none of the parameters.
 *
 * ```ts
 * const weight = variable(tensor([3, 4]), { requiresGrad: true });
 * const { value, grads } = valueAndGrad(() => weight.square().sum(), { weight });
 * await value.item(); // 25
 * await grads.weight.toArray(); // [6, 8]
 * ```
 */
export function valueAndGrad<P extends Parameters>(
  f: () => Tensor,
  parameters: P,
): { value: Tensor; grads: Gradients<P> };
export function valueAndGrad<A extends unknown[]>(
  f: (...args: A) => Tensor,
): (...args: A) => { value: Tensor; grad: A[0] };
export function valueAndGrad<A extends unknown[], X, const N extends Position<A> | readonly number[] = 0>(
  f: (...args: A) => readonly [Tensor, X],
  options: GradOptions<N, true> & { readonly hasAux: true },
): (...args: A) => { value: Tensor; grad: At<A, N>; aux: X };
export function valueAndGrad<A extends unknown[], const N extends Position<A> | readonly number[] = 0>(
  f: (...args: A) => Tensor,
  options: GradOptions<N>,
): (...args: A) => { value: Tensor; grad: At<A, N> };
export function valueAndGrad<A extends unknown[]>(
  f: (...args: A) => unknown,
  second: Parameters | GradOptions<Positions, boolean> = { argnums: 0 },
): unknown {
  requireFunction('valueAndGrad', 'f', f);
  if (!Array.isArray(second) && !(second instanceof Map) && !(second instanceof Tensor) && !isPlain(second)) {
    const expected = 'a tensor, a list, an object or a Map of tensors';
    const hint = 'Of a model, pass model.parameters(); with an optimizer, optimizer.parameters.';
    throw wrongArgument('valueAndGrad', 'what gradients are taken of', expected, second, hint);
  }
  if (isOptions(second)) {
    const read = readGradOptions('valueAndGrad', second);
    return (...args: A) => {
      const { value, grad: gradient, aux } = differentiate('valueAndGrad', f, args, read);
      return read.hasAux ? { value, grad: gradient, aux } : { value, grad: gradient };
    };
  }
  return gradientsOf(f, second);
}

function isOptions(second: Parameters | GradOptions<Positions, boolean>): second is GradOptions<Positions, boolean> {
  if (Array.isArray(second) || second instanceof Tensor || second instanceof Map) return false;
  const { argnums, hasAux } = second as GradOptions<unknown, boolean>;
  return (argnums !== undefined && !(argnums instanceof Tensor)) || typeof hasAux === 'boolean';
}

function gradientsOf(f: () => unknown, parameters: Parameters): { value: Tensor; grads: unknown } {
  const named: { readonly name: string; readonly node: Node }[] = [];
  mapTensors('valueAndGrad', parameters, 'parameters', (tensor, path) => {
    // `parameters[1]` is parameter 1, `parameters.scale` is parameter scale.
    const inner = path.slice('parameters'.length);
    const name = `parameter${inner === '' ? '' : ' '}${inner[0] === '[' ? inner.slice(1).replace(']', '') : inner.slice(1)}`;
    requireFloat('valueAndGrad', tensor, name);
    named.push({ name, node: nodeOf(tensor) });
    return tensor;
  });
  const value = withInlining(f);
  requireScalarLoss('valueAndGrad', value);
  const versions = new Map(named.map(({ node }) => [node, [node, ...amendmentsOf(node)]]));
  const wanted = new Map(named.flatMap(({ name, node }) => (versions.get(node) ?? []).map((each) => [each, name])));
  const reached = reverse([{ node: nodeOf(value), cotangent: onesLike(value) }], wanted);
  const isLost = named.length > 0 && reached.size === 0;
  requireGradients('valueAndGrad', [value], wanted, reached, { selections: isLost });
  if (isLost) {
    const given = named.length === 1 ? `the ${named[0]?.name}` : `any of the ${named.length} parameters`;
    throw new ArgumentError(
      `[valueAndGrad] the loss does not depend on ${given} through differentiable operations; there is nothing to train.`,
      {
        hint: 'Comparisons, argmax, integers and detach() pass no gradient on. Are these the parameters of the model that made the loss?',
      },
    );
  }
  const nodes = named.map(({ node }) => node).values();
  const grads = mapTensors('valueAndGrad', parameters, 'parameters', () => {
    const node = nodes.next().value as Node;
    const parts = (versions.get(node) ?? []).flatMap((each) => reached.get(each)?.cotangent ?? []);
    return parts.length === 0 ? zerosLike(tensorOf(node)) : parts.reduce((sum, part) => sum.add(part));
  });
  return { value, grads };
}

/**
 * Adds the gradient of `loss` to `.grad` of every parameter (variable with `requiresGrad`) that the loss depends on, as PyTorch does; set
 * `.grad` to undefined to start over. Parameters that the loss does not depend on, and those that are frozen (`trainable` false), are left alone.
 *
 * Inside a compiled function it does the same at every call: it adds to what is there, and what it leaves can be read afterwards. Gradients that
 * are set to undefined again before the function ends need not be stored.
 *
 * @param loss - floating numbers, one element.
 *
 * Throws {@link ShapeError} for a loss of more than one element, {@link ArgumentError} where it depends on no parameter or on frozen ones only, and
 * {@link StaleValueError} where a parameter has been updated since the loss was computed.
 *
 * ```ts
 * const weight = variable(tensor([3, 4]), { requiresGrad: true });
 * backward(weight.square().sum());
 * await weight.grad?.toArray(); // [6, 8]
 * ```
 */
export function backward(loss: Tensor): void {
  requireScalarLoss('backward', loss);
  if (nodeOf(loss).local) {
    throw new ArgumentError('[backward] a loss inside the body of a loop or of vmap leaves no gradient outside.', {
      hint: 'Use grad or valueAndGrad there, and return the gradients.',
    });
  }
  const { reached, frozen } = reverseToParameters(nodeOf(loss), onesLike(loss));
  if (reached.size === 0 && frozen) {
    throw new ArgumentError('[backward] all parameters that the loss depends on are frozen.', {
      hint: 'Unfreeze what is to be trained: module.unfreeze(), or parameter.trainable = true.',
    });
  }
  if (reached.size === 0) {
    const isParameter = (node: Node): boolean => cellOfVersion(node)?.requiresGrad === true;
    requireNoCut('backward', [loss], { isWanted: isParameter, nameOf: () => 'a parameter', selections: true });
    throw new ArgumentError('[backward] the loss does not depend on any parameter.', {
      hint: 'Parameters are variables made with { requiresGrad: true }; detach() and integers pass no gradient on.',
    });
  }
  for (const { node, cotangent } of reached.values()) {
    const cell = cellOfVersion(node);
    if (cell === undefined) continue;
    const gradient = (cotangent ?? zerosLike(tensorOf(node))).detach();
    cell.gradient = nodeOf(cell.gradient === undefined ? gradient : tensorOf(cell.gradient).add(gradient));
  }
}

/** The same value, through which no gradient flows: `x.detach()`. */
export function stopGradient(x: Tensor): Tensor {
  requireTensor('stopGradient', 'x', x);
  return x.detach();
}
