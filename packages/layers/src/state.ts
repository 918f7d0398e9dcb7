/** Named tensors: what modules and files exchange. */
import type { Tensor } from '@hebb/tensor';

/** Tensors by name, in PyTorch's order. */
export type StateDict = Map<string, Tensor>;
/** Tensors by name, as a Map or as a plain object. */
export type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** The pairs of name and tensor. */
export function stateEntries(state: NamedTensors): (readonly [string, Tensor])[] {
  return state instanceof Map
    ? [...(state as ReadonlyMap<string, Tensor>)]
    : Object.entries(state as Readonly<Record<string, Tensor>>);
}
