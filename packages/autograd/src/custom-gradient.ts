/** Functions with a gradient of their own, of any structure of tensors: a composite with a single result, in which several are packed. */
import { ArgumentError, composite, concat, Tensor, zerosLike } from '@hebb/tensor';
import { describe, mapStructure, requireArray, requireFunction } from '@hebb/tensor/arguments';
import { leavesOf, requireNoPromise } from './structure.ts';
import { isFloat } from '@hebb/tensor/graph';

/** Several results as one, and back. */
interface Packing {
  readonly pack: () => Tensor;
  /** The results, or their cotangents, of what is packed. */
  readonly unpack: (packed: Tensor, what: 'results' | 'cotangents') => unknown;
}

/** Of a tensor the tensor itself; of a structure the elements of its floats in a row, beside which integers and booleans stay as they are. */
function packingOf(name: string, value: unknown): Packing {
  requireNoPromise(name, value);
  const { tensors, form, rebuild } = leavesOf(name, value, 'the result', 'the function must return tensors');
  if (form === 't') return { pack: () => tensors[0] as Tensor, unpack: (packed) => packed };
  const floats = tensors.filter(({ dtype }) => isFloat(dtype));
  if (floats.length === 0)
    throw new ArgumentError(
      `[${name}] the function must return floating tensors, of which there are gradients; there are none.`,
    );
  const unpack = (packed: Tensor, what: 'results' | 'cotangents'): unknown => {
    let start = 0;
    const parts = tensors.map((tensor) => {
      if (!isFloat(tensor.dtype)) return what === 'results' ? tensor : zerosLike(tensor);
      const { dtype, shape, size } = tensor;
      const part = packed.narrow(0, start, size).reshape(shape).to(dtype);
      start += size;
      return part;
    });
    return rebuild(parts);
  };
  return { pack: () => concat(floats.map((result) => result.flatten())), unpack };
}

/** An input: its tensors, whether each of its leaves is one, and the same structure with other tensors. */
interface Input {
  readonly tensors: readonly Tensor[];
  readonly isTensor: readonly boolean[];
  readonly form: string;
  readonly rebuild: (others: readonly Tensor[]) => unknown;
}

function inputOf(name: string, value: unknown, position: number): Input {
  const tensors: Tensor[] = [];
  const isTensor: boolean[] = [];
  let form = '';
  const walk = (leaf: (tensor: Tensor) => Tensor, enter?: (part: string) => void, other?: () => void): unknown =>
    mapStructure(value, {
      op: name,
      name: `input ${position}`,
      leaf: (part) => {
        if (part instanceof Tensor) return leaf(part);
        other?.();
        return part;
      },
      ...(enter !== undefined && { enter }),
    });
  const note = (known: boolean): void => {
    form += 't';
    isTensor.push(known);
  };
  walk(
    (tensor) => {
      note(true);
      tensors.push(tensor);
      return tensor;
    },
    (part) => (form += part),
    () => note(false),
  );
  const rebuild = (others: readonly Tensor[]): unknown => {
    let next = 0;
    return walk(() => others[next++] as Tensor);
  };
  return { tensors, isTensor, form, rebuild };
}

/** The cotangents of all input tensors from those of the inputs, each a structure like its input, or undefined where there is none. */
function cotangentsOf(name: string, given: unknown, inputs: readonly Input[]): (Tensor | undefined)[] {
  requireArray(name, 'what the gradient returns', given);
  if (given.length !== inputs.length) {
    throw new ArgumentError(
      `[${name}] the gradient returns one cotangent for each of the ${inputs.length} inputs (in the structure of the input, or undefined for none), not ${given.length}.`,
    );
  }
  return inputs.flatMap(({ tensors, isTensor, form }, i) => {
    if (given[i] === undefined) return tensors.map(() => undefined);
    const parts: (Tensor | undefined)[] = [];
    let own = '';
    const leaf = (value: unknown, path: string): void => {
      own += 't';
      if (value !== undefined && isTensor[parts.length] === false)
        throw new ArgumentError(
          `[${name}] ${path} is ${describe(value)}, but its input is no tensor: return undefined for it.`,
        );
      parts.push(value === undefined ? undefined : leavesOf(name, value, path, 'cotangents are tensors').tensors[0]);
    };
    const enter = (part: string): void => {
      own += part;
    };
    mapStructure(given[i], { op: name, name: `cotangent ${i}`, leaf, enter });
    if (own === form) return parts.filter((_, j) => isTensor[j]);
    throw new ArgumentError(
      `[${name}] cotangent ${i} must have the structure of input ${i}: the same keys in the same order.`,
    );
  });
}

/**
 * `f` with another gradient: the value is that of `f`; cotangents of the inputs come from `gradient`, one for each (undefined: none). Inputs and value are tensors, in
 * arrays, plain objects and Maps; cotangents have their structures. Inputs that are no tensors are handed on, and have none. Of several results those of floating numbers are computed
 * together; integers and booleans (positions, say) have no gradient, and cotangents of zero.
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
    const each = inputs.map((input, i) => inputOf(name, input, i));
    const rebuild = (own: readonly Tensor[]): A => {
      let start = 0;
      return each.map(({ tensors, rebuild: rebuildOne }) => {
        start += tensors.length;
        return rebuildOne(own.slice(start - tensors.length, start));
      }) as A;
    };
    let packing: Packing | undefined;
    const unpack = (packed: Tensor, what: 'results' | 'cotangents'): R =>
      (packing as Packing).unpack(packed, what) as R;
    const packed = composite(
      name,
      {},
      each.flatMap(({ tensors }) => tensors),
      (...own) => {
        packing = packingOf(name, f(...rebuild(own)));
        return packing.pack();
      },
      {
        gradient: (cotangent, output, ...own) =>
          cotangentsOf(
            name,
            gradient(unpack(cotangent, 'cotangents'), unpack(output, 'results'), ...rebuild(own)),
            each,
          ),
      },
    );
    return unpack(packed, 'results');
  };
}
