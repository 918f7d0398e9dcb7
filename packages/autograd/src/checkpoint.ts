/** Recomputation in place of memory. */
import { Tensor } from '@hebb/tensor';
import { mapStructure, requireFunction } from '@hebb/tensor/arguments';
import { recordScan } from '@hebb/tensor/graph';
import { leavesOf, mapTensors, requireNoPromise } from './structure.ts';

/**
 * The same function, of which a gradient keeps the tensors among its arguments alone, and computes everything between them and the result once more when it needs it
 * (Chen et al. 2016, "Training deep nets with sublinear memory cost"): memory for time. Values and gradients, of any order, are those of `f`. Tensors are found in arrays,
 * plain objects and Maps; other arguments are handed on.
 *
 * What `f` reads from around it, parameters say, gets its gradients too. What depends on no argument is computed once and kept. Random numbers are the same both times.
 * Nothing can be assigned to inside (running statistics of batch normalisation, say). It is a loop of one step ({@link scan}), which the compiler never merges with what lies around it.
 *
 * Throws {@link ArgumentError} where `f` returns anything but tensors.
 *
 * ```ts
 * const layer = checkpoint((x: Tensor) => x.sin().exp().tanh());
 * await grad((x: Tensor) => layer(layer(x)).sum())(tensor([0])).toArray(); // [0.04332624]
 * ```
 */
export function checkpoint<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  requireFunction('checkpoint', 'f', f);
  return (...args) => {
    const tensors: Tensor[] = [];
    const replaceTensors = (leaf: (tensor: Tensor) => Tensor): A =>
      mapStructure(args, {
        op: 'checkpoint',
        name: 'arguments',
        leaf: (value) => (value instanceof Tensor ? leaf(value) : value),
      }) as A;
    replaceTensors((tensor) => {
      tensors.push(tensor.unsqueeze(0));
      return tensor;
    });
    const step = (nothing: readonly Tensor[], parts: readonly Tensor[]): readonly [readonly Tensor[], R] => {
      let next = 0;
      const value = f(...replaceTensors(() => parts[next++] as Tensor));
      requireNoPromise('checkpoint', value);
      leavesOf('checkpoint', value, 'the result', 'the function must return tensors');
      return [nothing, value];
    };
    const once = { length: 1, reverse: false, ends: false, recomputes: true };
    const [, results] = recordScan(step, [] as readonly Tensor[], tensors as readonly Tensor[], once);
    return mapTensors('checkpoint', results, 'the result', (result) => result.squeeze(0));
  };
}
