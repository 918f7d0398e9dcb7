/** Products of derivatives with vectors: of the Jacobian from the left and from the right, and of the Hessian. */
import { onesLike, tensor, zerosLike, type Tensor } from '@hebb/tensor';
import { checkOptions, requireArray, requireBoolean, requireFunction, type OptionNames } from '@hebb/tensor/arguments';
import { makeIdentity, nodeOf, tensorOf, withInlining, type Node } from '@hebb/tensor/graph';
import { partsOf, prepareAll, requireGradients, requireScalarLoss, type Prepared } from './preparation.ts';
import { reverse } from './reverse.ts';
import { leavesLike, leavesOf, resultOf, type Leaves } from './structure.ts';

export interface VjpOptions {
  /** Whether the function returns `[value, aux]`: aux is handed on as it is. Default false. */
  hasAux?: boolean;
}

export interface JvpOptions {
  /** Whether the function returns `[value, aux]`: aux is handed on as it is. Default false. */
  hasAux?: boolean;
}

const jvpOptions: OptionNames<JvpOptions> = { hasAux: requireBoolean };

/** Cotangents of the wanted tensors from those of outputs; undefined where it is zero. */
export function pullBack(
  op: string,
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  wanted: ReadonlyMap<Node, string>,
): (node: Node) => Tensor | undefined {
  const roots = outputs.map((output, i) => ({ node: nodeOf(output), cotangent: cotangents[i] as Tensor }));
  const reached = reverse(roots, wanted);
  requireGradients(op, outputs, wanted, reached, { selections: false });
  return (node) => reached.get(node)?.cotangent;
}

/**
 * Tangents of outputs from those of the wanted tensors; undefined where it is zero. The pullback v ↦ vᵀJ is linear, and its derivative in the
 * direction of t is Jt, so that no operation needs a second rule (Christianson 1992, "Automatic Hessians by reverse accumulation").
 */
export function pushForward(
  op: string,
  outputs: readonly Tensor[],
  tangents: ReadonlyMap<Node, Tensor>,
  wanted: ReadonlyMap<Node, string>,
): (Tensor | undefined)[] {
  const seeds = outputs.map((output) => makeIdentity(nodeOf(zerosLike(output))));
  const cotangentOf = pullBack(op, outputs, seeds.map(tensorOf), wanted);
  const roots = [...wanted.keys()].flatMap((node) => {
    const pulled = cotangentOf(node);
    return pulled === undefined ? [] : [{ node: nodeOf(pulled), cotangent: tangents.get(node) as Tensor }];
  });
  const reached = reverse(roots, new Map(seeds.map((seed) => [seed, 'a cotangent'])));
  return seeds.map((seed) => reached.get(seed)?.cotangent);
}

/** Calls the function with fresh arguments; its result as leaves. */
function call<A extends unknown[], R>(op: string, f: (...args: A) => R, args: A): { value: R; outputs: Leaves } {
  const value = withInlining(() => f(...args));
  return { value, outputs: resultOf(op, value) };
}

/**
 * The vector-Jacobian product: calls `f` and returns its value with a function that maps a cotangent (of the value's structure and shapes) to the
 * cotangents of all arguments, each in the structure of its argument: `pullback(v)[i]` = vᵀ · ∂f/∂argᵢ. Arguments and value are tensors, in arrays,
 * plain objects and Maps.
 *
 * Options may stand before the arguments: with `{ hasAux: true }` the function returns `[value, aux]`, and `vjp` returns `{ value, pullback, aux }` with whatever aux is.
 *
 * Throws {@link ShapeError}, {@link DTypeError} or {@link ArgumentError} where the cotangent is not of the value's types and structure, and where the value
 * depends on an argument only through an operation that has no gradient, which the message names. An argument that the value does not depend on, or that only selects
 * (the condition of `where`, an index), has the cotangent zero.
 *
 * ```ts
 * const { value, pullback } = vjp((x: Tensor) => x.square(), tensor([1, 2, 3]));
 * const [cotangent] = pullback(tensor([1, 0, 1]));
 * await cotangent.toArray(); // [2, 0, 6]
 *
 * const withRoot = (x: Tensor) => [x.square(), x.sqrt()] as const;
 * await vjp(withRoot, { hasAux: true }, tensor([4, 9])).aux.toArray(); // [2, 3]
 * ```
 */
export function vjp<A extends unknown[], R, X>(
  f: (...args: A) => readonly [R, X],
  options: VjpOptions & { readonly hasAux: true },
  ...args: A
): { value: R; pullback: (cotangent: R) => A; aux: X };
export function vjp<A extends unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): { value: R; pullback: (cotangent: R) => A };
export function vjp(
  f: (...args: unknown[]) => unknown,
  ...given: unknown[]
): { value: unknown; pullback: (cotangent: unknown) => unknown; aux?: unknown } {
  requireFunction('vjp', 'f', f);
  const hasOptions = isVjpOptions(given[0]);
  const { hasAux = false } = hasOptions ? (given[0] as VjpOptions) : {};
  const args = hasOptions ? given.slice(1) : given;
  let aux: unknown;
  const own = (...fresh: unknown[]): unknown => {
    const parts = partsOf('vjp', f(...fresh), hasAux);
    ({ aux } = parts);
    return parts.loss;
  };
  const { args: fresh, wanted, rebuild } = prepareAll('vjp', args);
  const { value, outputs } = call('vjp', own, fresh);
  const pullback = (cotangent: unknown): unknown => {
    const cotangents = leavesLike('vjp', cotangent, outputs, { name: 'the cotangent', of: 'the value' });
    const cotangentOf = pullBack('vjp', outputs.tensors, cotangents, wanted);
    return rebuild((node) => cotangentOf(node) ?? zerosLike(tensorOf(node)));
  };
  return { value, pullback, ...(hasAux && { aux }) };
}

/** Arguments are tensors, and structures of nothing else. */
function isVjpOptions(value: unknown): boolean {
  const { hasAux } = Object(value) as { hasAux?: unknown };
  return typeof hasAux === 'boolean' && Object.keys(value as object).length === 1;
}

/** Arguments taken apart together with a vector of their structure. */
function prepareWith<A extends unknown[]>(
  op: string,
  args: A,
  vector: A,
  name: string,
): { prepared: Prepared<A>; vectors: ReadonlyMap<Node, Tensor> } {
  requireArray(op, 'the arguments', args);
  requireArray(op, name, vector);
  const prepared = prepareAll(op, [...args] as A);
  const like = leavesOf(op, prepared.args, 'arguments');
  const parts = leavesLike(op, [...vector], like, { name, of: 'the arguments' });
  return { prepared, vectors: new Map(like.tensors.map((one, i) => [nodeOf(one), parts[i] as Tensor])) };
}

/**
 * The Jacobian-vector product, the derivative of `f` in a direction: its value at `args` and ∑ᵢ ∂f/∂argᵢ · tangentᵢ, in the structure of the value.
 * Arguments and value are tensors, in arrays, plain objects and Maps.
 *
 * It is the derivative of the pullback of {@link vjp}, which is linear, so everything that has a gradient has it. A gradient of your own
 * ({@link customGradient}) that is not linear in its cotangent counts with its derivative at cotangent 0.
 *
 * @param args - a list of the arguments of `f`.
 * @param tangents - a list of the same structure, shapes and dtypes.
 * @param options - `hasAux`: whether `f` returns `[value, aux]`, for which `{ value, tangent, aux }` is returned with whatever aux is. Default false.
 *
 * Throws {@link ShapeError}, {@link DTypeError} or {@link ArgumentError} where the tangents are not of the arguments' types and structure, or the value
 * depends on an argument only through an operation that has no gradient. Arguments that only select count with zero, as in {@link vjp}.
 *
 * ```ts
 * const { value, tangent } = jvp((x: Tensor) => x.square(), [tensor([1, 2, 3])], [tensor([1, 0, 10])]);
 * await tangent.toArray(); // [2, 0, 60]
 * ```
 */
export function jvp<A extends unknown[], R>(
  f: (...args: A) => R,
  args: A,
  tangents: A,
  options?: JvpOptions & { readonly hasAux?: false },
): { value: R; tangent: R };
export function jvp<A extends unknown[], R, X>(
  f: (...args: A) => readonly [R, X],
  args: A,
  tangents: A,
  options: JvpOptions & { readonly hasAux: true },
): { value: R; tangent: R; aux: X };
export function jvp<A extends unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  tangents: A,
  options: JvpOptions = {},
): { value: unknown; tangent: unknown; aux?: unknown } {
  requireFunction('jvp', 'f', f);
  checkOptions('jvp', options, jvpOptions);
  const { hasAux = false } = options;
  const { prepared, vectors } = prepareWith('jvp', args, tangents, 'the tangents');
  let aux: unknown;
  const { value, outputs } = call(
    'jvp',
    (...own: A) => {
      const parts = partsOf('jvp', f(...own), hasAux);
      ({ aux } = parts);
      return parts.loss;
    },
    prepared.args,
  );
  const pushed = pushForward('jvp', outputs.tensors, vectors, prepared.wanted);
  const all = outputs.tensors.map((output, i) => pushed[i] ?? zerosLike(output));
  return { value, tangent: outputs.rebuild(all), ...(hasAux && { aux }) };
}

/**
 * The product of the Hessian of a function with a single number as its result and a vector: ∑ⱼ ∂²f/∂argᵢ∂argⱼ · vectorⱼ, for each argument in its
 * structure. It costs a few times what `f` costs and never makes the matrix: the gradient of ⟨∇f, vector⟩ (Pearlmutter 1994).
 *
 * @param f - returns a floating tensor of one element.
 * @param args - a list of the arguments of `f`: tensors, in arrays, plain objects and Maps.
 * @param vector - a list of the same structure, shapes and dtypes.
 *
 * Throws {@link ShapeError}, {@link DTypeError} or {@link ArgumentError} where the vector is not of the arguments' types and structure, or `f` returns
 * anything but a floating tensor of one element.
 *
 * ```ts
 * const f = (x: Tensor) => x.pow(3).sum();
 * const [product] = hvp(f, [tensor([1, 2])], [tensor([1, 10])]);
 * await product.toArray(); // [6, 120]
 * ```
 */
export function hvp<A extends unknown[]>(f: (...args: A) => Tensor, args: A, vector: A): A {
  requireFunction('hvp', 'f', f);
  const { prepared, vectors } = prepareWith('hvp', args, vector, 'the vector');
  const value = withInlining(() => f(...prepared.args));
  requireScalarLoss('hvp', value);
  const { wanted, rebuild } = prepared;
  const gradientOf = pullBack('hvp', [value], [onesLike(value)], wanted);
  const along = [...wanted.keys()].flatMap((node) => {
    const gradient = gradientOf(node);
    return gradient === undefined ? [] : [gradient.mul(vectors.get(node) as Tensor).sum()];
  });
  const slope = along.reduce((sum, part) => sum.add(part), tensor(0));
  const reached = reverse([{ node: nodeOf(slope), cotangent: onesLike(slope) }], wanted);
  return rebuild((node) => reached.get(node)?.cotangent ?? zerosLike(tensorOf(node))) as A;
}
