/** Tensors in arrays and objects, as deep as you like. */
import { ArgumentError, Tensor } from '@hebb/tensor';

/** A tensor, or an array or object of such. */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** The same structure with every tensor replaced; `path` is where it stands (`[0].weight`), for messages. */
export function mapTensors<T>(tree: T, replace: (tensor: Tensor, path: string) => Tensor, path = ''): T {
  if (tree instanceof Tensor) return replace(tree, path) as T;
  if (Array.isArray(tree)) return tree.map((part: unknown, i) => mapTensors(part, replace, `${path}[${i}]`)) as T;
  if (typeof tree === 'object' && tree !== null && isPlain(tree)) {
    return Object.fromEntries(
      Object.entries(tree).map(([name, part]) => [name, mapTensors<unknown>(part, replace, `${path}.${name}`)]),
    ) as T;
  }
  const given = tree === null ? 'null' : typeof tree === 'object' ? tree.constructor.name : typeof tree;
  throw new ArgumentError(
    `[grad] gradients are taken with respect to tensors, in arrays and objects; argument${path} is ${given}.`,
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
