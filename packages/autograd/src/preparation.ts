/** What all functions of functions share: arguments as fresh tensors, options, and errors where a gradient would be a guess. */
import { ArgumentError, DTypeError, ShapeError, Tensor } from '@hebb/tensor';
import { checkOptions, describe, requireBoolean, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { makeIdentity, nodeOf, tensorOf, type Node, isFloat } from '@hebb/tensor/graph';
import { requireNoCut } from './cuts.ts';
import { mapTensors, requireNoPromise } from './structure.ts';

/** Position of an argument of A. */
export type Position<A extends readonly unknown[]> = number & keyof A;
/** The arguments of A at these positions. */
export type At<A extends readonly unknown[], N> = N extends readonly number[]
  ? { -readonly [I in keyof N]: A[N[I] & keyof A] }
  : A[N & keyof A];
/** One position, or several. */
export type Positions = number | readonly number[];

export interface GradOptions<N, X extends boolean = false> {
  /** The argument, or the list of arguments, with respect to which gradients are taken. Default 0, the first. */
  argnums?: N;
  /** Whether the function returns a pair: the loss, and anything else that is to be handed on (predictions, say). Default false. */
  hasAux?: X;
}

const gradOptions: OptionNames<GradOptions<unknown, boolean>> = { argnums: true, hasAux: requireBoolean };

/** The positions that options name, and whether there is more than the loss. */
export function readGradOptions(
  op: string,
  options: GradOptions<unknown, boolean>,
): { argnums: Positions; hasAux: boolean } {
  checkOptions(op, options, gradOptions);
  const { argnums = 0, hasAux = false } = options;
  return { argnums: requirePositions(op, argnums), hasAux };
}

/** Throws {@link ArgumentError} for what is no position, and no list of such. */
export function requirePositions(op: string, argnums: unknown): Positions {
  const list: unknown[] = Array.isArray(argnums) ? argnums : [argnums];
  if (list.length > 0 && list.every((n) => Number.isInteger(n) && (n as number) >= 0)) return argnums as Positions;
  throw wrongArgument(op, 'argnums', 'the position of an argument, or a list of positions', argnums);
}

/** The loss, and what a function returned beside it. */
export function partsOf(
  op: string,
  value: unknown,
  hasAux: boolean,
): { readonly loss: unknown; readonly aux: unknown } {
  if (!hasAux) return { loss: value, aux: undefined };
  if (Array.isArray(value) && value.length === 2) return { loss: value[0] as unknown, aux: value[1] as unknown };
  requireNoPromise(op, value);
  throw new ArgumentError(
    `[${op}] with hasAux the function must return [${['vjp', 'jvp', 'jacobian'].includes(op) ? 'value' : 'loss'}, aux], not ${describe(value)}.`,
  );
}

export function requireScalarLoss(op: string, loss: unknown): asserts loss is Tensor {
  if (!(loss instanceof Tensor)) {
    const given = loss instanceof Promise ? 'a promise; it must not be async' : loss === null ? 'null' : typeof loss;
    throw new ArgumentError(`[${op}] the function must return a tensor, the loss, not ${given}.`);
  }
  if (!isFloat(loss.dtype)) throw new DTypeError(`[${op}] the loss must be float32 or float16, not ${loss}.`);
  if (loss.size !== 1) {
    throw new ShapeError(`[${op}] the loss must be a single number, not ${loss}.`, {
      hint: 'Reduce it with mean() or sum(), or use vjp for a cotangent of your own.',
    });
  }
}

export function requireFloat(op: string, tensor: Tensor, name: string): void {
  if (isFloat(tensor.dtype)) return;
  const of = 'float32 or float16 tensors';
  throw new DTypeError(`[${op}] gradients are taken with respect to ${of}, ${name} is ${tensor}.`, {
    hint: "Convert it with .to('float32'), or let the function refer to it from around.",
  });
}

/** Arguments of which some are taken apart. */
export interface Prepared<A> {
  readonly args: A;
  /** Each wanted tensor as the function sees it, with its place for messages. */
  readonly wanted: ReadonlyMap<Node, string>;
  /** Anything for each wanted tensor, in the structure of the wanted arguments. */
  readonly rebuild: (valueOf: (node: Node, path: string) => unknown) => unknown;
}

/** Replaces the wanted arguments by fresh tensors, so that gradients are those of the argument alone, whatever else it is part of. */
export function prepare<A extends unknown[]>(op: string, args: A, argnums: Positions): Prepared<A> {
  const positions = typeof argnums === 'number' ? [argnums] : argnums;
  const wanted = new Map<Node, string>();
  const fresh = [...args];
  for (const position of positions) {
    if (!Number.isInteger(position) || position < 0 || position >= args.length) {
      throw new ArgumentError(
        `[${op}] there is no argument ${position} to take the gradient of; the function was called with ${args.length}.`,
      );
    }
    fresh[position] = mapTensors(op, args[position], `argument ${position}`, (tensor, name) => {
      requireFloat(op, tensor, name);
      const node = makeIdentity(nodeOf(tensor));
      wanted.set(node, name);
      return tensorOf(node);
    });
  }
  const rebuildAt = (position: number, valueOf: (node: Node, name: string) => unknown): unknown =>
    mapTensors(op, fresh[position], `argument ${position}`, (tensor, name) => valueOf(nodeOf(tensor), name));
  return {
    args: fresh as A,
    wanted,
    rebuild: (valueOf) =>
      typeof argnums === 'number'
        ? rebuildAt(argnums, valueOf)
        : argnums.map((position) => rebuildAt(position, valueOf)),
  };
}

/** {@link prepare} for all arguments. */
export function prepareAll<A extends unknown[]>(op: string, args: A): Prepared<A> {
  return prepare(op, args, [...args.keys()]);
}

/** Throws {@link ArgumentError} where wanted tensors that no gradient has reached are read by an operation that has none. */
export function requireGradients(
  op: string,
  roots: readonly Tensor[],
  wanted: ReadonlyMap<Node, string>,
  reached: ReadonlyMap<Node, unknown>,
  options: { readonly selections: boolean },
): void {
  const missing = new Map([...wanted].filter(([node]) => !reached.has(node)));
  if (missing.size === 0) return;
  requireNoCut(op, roots, {
    isWanted: (node) => missing.has(node),
    nameOf: (node) => missing.get(node) ?? 'a tensor',
    ...options,
  });
}
