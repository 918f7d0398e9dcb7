/** Tensors in arrays, objects and Maps, as deep as you like. */
import { ArgumentError, DTypeError, ShapeError, Tensor } from '@hebb/tensor';
import { describe, mapStructure, type Structure } from '@hebb/tensor/arguments';
import { isFloat } from '@hebb/tensor/graph';

/** A tensor, or an array, object or Map of such. */
export type TensorTree = Structure<Tensor>;

/** The structure `R` with a `T` in the place of every tensor. */
export type Replaced<R, T> = R extends Tensor
  ? T
  : R extends ReadonlyMap<infer K, infer V>
    ? Map<K, Replaced<V, T>>
    : { -readonly [K in keyof R]: Replaced<R[K], T> };

const ofGradients = 'gradients are taken with respect to tensors';

/**
 * The same structure with every tensor replaced; `path` is where it stands (`argument 0[0].weight`), and `purpose` what is said of anything
 * else, for messages.
 */
export function mapTensors<T>(
  op: string,
  tree: T,
  name: string,
  replace: (tensor: Tensor, path: string) => unknown,
  purpose: string = ofGradients,
): T {
  const leaf = (value: unknown, path: string): unknown => {
    if (value instanceof Tensor) return replace(value, path);
    throw new ArgumentError(`[${op}] ${purpose}, in arrays, plain objects and Maps; ${path} is ${describe(value)}.`);
  };
  return mapStructure(tree, { op, name, leaf }) as T;
}

/** The tensors of a structure in the order of a walk, with the places where they stand, and the same structure with others in their places. */
export interface Leaves {
  readonly tensors: readonly Tensor[];
  readonly paths: readonly string[];
  /** Equal exactly for structures of the same arrays, keys and order. */
  readonly form: string;
  readonly rebuild: (others: readonly unknown[]) => unknown;
}

/** The leaves of what is a structure of tensors; throws {@link ArgumentError} for anything else. */
export function leavesOf(op: string, tree: unknown, name: string, purpose?: string): Leaves {
  const tensors: Tensor[] = [];
  const paths: string[] = [];
  let form = '';
  const leaf = (value: unknown, path: string): void => {
    form += 't';
    mapTensors(op, value, path, (tensor) => tensors.push(tensor), purpose);
    paths.push(path);
  };
  const enter = (part: string): void => {
    form += part;
  };
  mapStructure(tree, { op, name, leaf, enter });
  const rebuild = (others: readonly unknown[]): unknown => {
    let next = 0;
    return mapTensors(op, tree, name, () => others[next++]);
  };
  return { tensors, paths, form, rebuild };
}

/** What a function returned, as leaves: tensors of floating numbers in a structure. Throws {@link ArgumentError} and {@link DTypeError} for anything else. */
export function resultOf(op: string, value: unknown): Leaves {
  requireNoPromise(op, value);
  const leaves = leavesOf(op, value, 'the result', 'the function must return tensors');
  leaves.tensors.forEach((tensor, i) => {
    if (isFloat(tensor.dtype)) return;
    throw new DTypeError(`[${op}] the value must be floating numbers; ${leaves.paths[i]} is ${tensor}.`, {
      hint: 'Return what is to be differentiated alone.',
    });
  });
  return leaves;
}

/** Throws {@link ArgumentError} for what an async function returns. */
export function requireNoPromise(op: string, value: unknown): void {
  if (!(value instanceof Promise)) return;
  value.catch(() => {});
  throw new ArgumentError(`[${op}] the function must return tensors, not a promise; it must not be async.`);
}

/** The tensors of a structure that must be like another one, leaf by leaf. Throws where structures, shapes or dtypes differ. */
export function leavesLike(
  op: string,
  tree: unknown,
  like: Leaves,
  { name, of }: { name: string; of: string },
): readonly Tensor[] {
  const { tensors, paths, form } = leavesOf(op, tree, name, `${name} must be tensors`);
  if (form !== like.form) {
    throw new ArgumentError(`[${op}] ${name} must have the structure of ${of}: the same keys in the same order.`);
  }
  tensors.forEach((tensor, i) => {
    const expected = like.tensors[i] as Tensor;
    if (String(tensor) === String(expected)) return;
    const Kind = tensor.dtype === expected.dtype ? ShapeError : DTypeError;
    throw new Kind(`[${op}] ${paths[i]} is ${tensor}; it must have the type of ${like.paths[i]}, ${expected}.`);
  });
  return tensors;
}
