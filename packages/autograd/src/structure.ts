/** Tensors in arrays, objects and Maps, as deep as you like. */
import { ArgumentError, Tensor } from '@hebb/tensor';
import { describe, mapStructure, type Structure } from '@hebb/tensor/arguments';

/** A tensor, or an array, object or Map of such. */
export type TensorTree = Structure<Tensor>;

/** The same structure with every tensor replaced; `path` is where it stands (`argument 0[0].weight`), for messages. */
export function mapTensors<T>(op: string, tree: T, name: string, replace: (tensor: Tensor, path: string) => Tensor): T {
  const leaf = (value: unknown, path: string): Tensor => {
    if (value instanceof Tensor) return replace(value, path);
    throw new ArgumentError(
      `[${op}] gradients are taken with respect to tensors, in arrays, plain objects and Maps; ${path} is ${describe(value)}.`,
    );
  };
  return mapStructure(tree, { op, name, leaf }) as T;
}
