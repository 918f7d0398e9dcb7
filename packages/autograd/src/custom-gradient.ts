/** Functions with a gradient of their own, of any structure of tensors: a composite with a single result, in which several are packed. */
import { ArgumentError, composite, concat, type Tensor } from '@hebb/tensor';
import { mapStructure, requireArray, requireFunction } from '@hebb/tensor/arguments';
import { leavesOf, resultOf, type Leaves } from './structure.ts';

/** Several results as one, and back. */
interface Packing {
  readonly pack: (results: readonly Tensor[]) => Tensor;
  readonly unpack: (packed: Tensor) => unknown;
}

/** Of a tensor the tensor itself; of a structure its elements in a row. */
function packingOf(name: string, value: unknown): { readonly packing: Packing; readonly tensors: readonly Tensor[] } {
  const single = leavesOf(name, value, 'the result', 'the function must return tensors');
  if (single.form === 't') {
    return { tensors: single.tensors, packing: { pack: ([result]) => result as Tensor, unpack: (packed) => packed } };
  }
  const { tensors, rebuild } = resultOf(name, value);
  if (tensors.length === 0) throw new ArgumentError(`[${name}] the function must return tensors; there are none.`);
  const shapes = tensors.map(({ shape, size }) => ({ shape, size }));
  const unpack = (packed: Tensor): unknown => {
    let start = 0;
    return rebuild(
      shapes.map(({ shape, size }) => {
        const part = packed.narrow(0, start, size).reshape(shape);
        start += size;
        return part;
      }),
    );
  };
  return { tensors, packing: { pack: (results) => concat(results.map((result) => result.flatten())), unpack } };
}

/** The cotangents of all input tensors from those of the inputs, each a structure like its input, or undefined where there is none. */
function cotangentsOf(name: string, given: unknown, inputs: readonly Leaves[]): (Tensor | undefined)[] {
  requireArray(name, 'what the gradient returns', given);
  if (given.length !== inputs.length) {
    throw new ArgumentError(
      `[${name}] the gradient returns one cotangent for each of the ${inputs.length} inputs (in the structure of the input, or undefined for none), not ${given.length}.`,
    );
  }
  return inputs.flatMap(({ tensors, form }, i) => {
    if (given[i] === undefined) return tensors.map(() => undefined);
    const parts: (Tensor | undefined)[] = [];
    let own = '';
    const leaf = (value: unknown, path: string): void => {
      own += 't';
      parts.push(value === undefined ? undefined : leavesOf(name, value, path, 'cotangents are tensors').tensors[0]);
    };
    const enter = (part: string): void => {
      own += part;
    };
    mapStructure(given[i], { op: name, name: `cotangent ${i}`, leaf, enter });
    if (own === form) return parts;
    throw new ArgumentError(
      `[${name}] cotangent ${i} must have the structure of input ${i}: the same keys in the same order.`,
    );
  });
}

/**
 * `f` with another gradient: the value is that of `f`; cotangents of the inputs come from `gradient`, one for each (undefined: none). Inputs and value are tensors, in
 * arrays, plain objects and Maps; cotangents have their structures. Several results are float32, and computed together.
 *
 * What `f` reads beside its inputs, from the scope around it, gets no cotangent. Constants are fine there; so are parameters, as long as
 * nobody asks for their gradient. {@link ArgumentError}, when the gradient is taken, where it is with respect to such a tensor: pass it as
 * an input, or `detach()` it. `gradient` may read whatever it likes: a second derivative follows it like any function.
 *
 * ```ts
 * // The sign in the value, the identity in the gradient: a straight-through estimator.
 * const binarize = customGradient((x: Tensor) => x.sign(), (cotangent) => [cotangent]);
 * await grad((x: Tensor) => binarize(x).mul(tensor([1, 2])).sum())(tensor([-3, 5])).toArray(); // [1, 2]
 * ```
 */
export function customGradient<A extends unknown[], R>(
  f: (...inputs: A) => R,
  gradient: (cotangent: R, output: R, ...inputs: A) => readonly (A[number] | undefined)[],
): (...inputs: A) => R {
  requireFunction('customGradient', 'f', f);
  requireFunction('customGradient', 'gradient', gradient);
  const name = f.name === '' ? 'customGradient' : `customGradient ${f.name}`;
  return (...inputs) => {
    const each = inputs.map((input, i) => leavesOf(name, input, `input ${i}`, 'inputs are tensors'));
    const rebuild = (own: readonly Tensor[]): A => {
      let start = 0;
      return each.map(({ tensors, rebuild: rebuildOne }) => {
        start += tensors.length;
        return rebuildOne(own.slice(start - tensors.length, start));
      }) as A;
    };
    let packing: Packing | undefined;
    const unpack = (packed: Tensor): R => (packing as Packing).unpack(packed) as R;
    const packed = composite(
      name,
      {},
      each.flatMap(({ tensors }) => tensors),
      (...own) => {
        const result = packingOf(name, f(...rebuild(own)));
        packing = result.packing;
        return packing.pack(result.tensors);
      },
      {
        gradient: (cotangent, output, ...own) =>
          cotangentsOf(name, gradient(unpack(cotangent), unpack(output), ...rebuild(own)), each),
      },
    );
    return unpack(packed);
  };
}
