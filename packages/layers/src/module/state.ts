/** Named tensors: what modules and files exchange. */
import type { Tensor } from '@hebb/tensor';
import { isPlain, requireTensor, wrongArgument } from '@hebb/tensor/arguments';

/** Tensors by name, in PyTorch's order. */
export type StateDict = Map<string, Tensor>;
/** Tensors by name, as a Map or as a plain object. */
export type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** The pairs of name and tensor. Throws {@link ArgumentError}, in the name of the function `where`, for what is no such structure. */
export function stateEntries(state: NamedTensors, where = 'state'): (readonly [string, Tensor])[] {
  if (!(state instanceof Map) && !isPlain(state)) {
    const hint =
      typeof state === 'object' && state !== null && 'stateDict' in state ? 'Pass its stateDict().' : undefined;
    throw wrongArgument(where, 'the state', 'tensors by name, in a Map or an object', state, hint);
  }
  const entries =
    state instanceof Map
      ? [...(state as ReadonlyMap<string, Tensor>)]
      : Object.entries(state as Readonly<Record<string, Tensor>>);
  for (const [name, tensor] of entries) requireTensor(where, `'${name}'`, tensor);
  return entries;
}
