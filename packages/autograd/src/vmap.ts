/** Functions of one example, for many at once. */
import { ArgumentError, ShapeError, zeros, type Tensor } from '@hebb/tensor';
import { checkOptions, requireFunction, type OptionNames } from '@hebb/tensor/arguments';
import { nodeOf, tensorOf, tensorType, withInlining } from '@hebb/tensor/graph';
import { Batching } from './batching.ts';
import { mapByAxes, requireAxes, type ExampleAxes, type ExampleAxis } from './example-axes.ts';
import { requireNoPromise } from './structure.ts';

export interface VmapOptions {
  /**
   * The axis of the examples: in all tensors of all arguments, or a list with an entry for each argument. An entry is an axis, or null where the argument is the same for all examples (and may be
   * anything), or a structure like the argument's, or like its upper levels, of such: `[{ weight: null, running: 0 }, 1]`. Default 0.
   */
  inAxes?: ExampleAxis | readonly ExampleAxes[];
  /** The axis of the examples in the results: of all, or a structure like the result's, or like its upper levels. Null: the result does not depend on the example, and is given once. Default 0. */
  outAxes?: ExampleAxes;
}

const vmapOptions: OptionNames<VmapOptions> = { inAxes: true, outAxes: true };

/** The axis counted from the front, of a tensor of that rank. */
function normalize(axis: number, rank: number, what: string): number {
  const position = axis < 0 ? axis + rank : axis;
  if (position >= 0 && position < rank) return position;
  throw new ShapeError(`[vmap] ${what} has no axis ${axis} for the examples.`, {
    hint: 'Say which axis it is, or null for what all examples share, in inAxes.',
  });
}

/** The axes in order but that one stands elsewhere. */
function moved(rank: number, from: number, to: number): number[] {
  const axes = [...new Array(rank).keys()].filter((axis) => axis !== from);
  axes.splice(to, 0, from);
  return axes;
}

/**
 * The function for many examples at once: `vmap(f)(xs)` is `f(x)` for every x along the leading axis of `xs`, stacked. `f` is called once, and what it
 * records for one example is rewritten for all of them, every operation with one more axis: no loop, and products of all examples become one product.
 * Arguments and results are tensors, in arrays, plain objects and Maps. It composes with everything that records: `vmap(grad(f))` gives the gradients of each
 * example, `grad` of what `vmap` gives follows gradients of one's own, and `vmap` nests.
 *
 * Random numbers that `f` draws are drawn for each example. Values cannot be read in `f`, and nothing that depends on an example can be assigned to a variable.
 *
 * @param f - takes tensors without the axis of examples, and returns tensors.
 * @param options - `inAxes`: where the axis of examples stands, or null for what all examples share; `outAxes`: where it stands in the results. Both may be said of every tensor, in
 * structures like those of arguments and results. Default 0 and 0.
 *
 * Throws {@link ShapeError} where there is no such axis, or arguments have different numbers of examples, and {@link ArgumentError} where nothing is mapped over, axes have another structure
 * than what they are said of, `f` returns anything but tensors, or a result whose axis is null depends on the example.
 *
 * ```ts
 * const weight = tensor([2, 3]);
 * const loss = (w: Tensor, x: Tensor) => w.mul(x).sum().square();
 * const xs = tensor([[1, 0], [0, 1]]);
 * await vmap(loss, { inAxes: [null, 0] })(weight, xs).toArray(); // [4, 9]
 * await vmap(grad(loss), { inAxes: [null, 0] })(weight, xs).toArray(); // [[4, 0], [0, 6]]
 *
 * const line = ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor) => w.mul(x).add(b);
 * const models = { w: tensor([1, 2, 3]), b: tensor(10) }; // three slopes, one offset
 * await vmap(line, { inAxes: [{ w: 0, b: null }, null] })(models, tensor(2)).toArray(); // [12, 14, 16]
 * ```
 */
export function vmap<A extends unknown[], R>(f: (...args: A) => R, options: VmapOptions = {}): (...args: A) => R {
  requireFunction('vmap', 'f', f);
  checkOptions('vmap', options, vmapOptions);
  const { inAxes = 0, outAxes = 0 } = options;
  requireAxes('inAxes', inAxes);
  if (typeof inAxes === 'object' && inAxes !== null && !Array.isArray(inAxes)) {
    throw new ArgumentError('[vmap] inAxes must be an axis or null, or a list with an entry for each argument.', {
      hint: 'The structure of a single argument goes into a list: [{ … }].',
    });
  }
  requireAxes('outAxes', outAxes);
  return (...args) => {
    const { fronts, count } = examplesOf(args, inAxes);
    const batching = new Batching(count);
    const front = fronts.values();
    const own = mapArguments(args, inAxes, () => {
      const all = nodeOf(front.next().value as Tensor);
      const { dtype, shape } = all.type;
      return tensorOf(batching.placeholder(tensorType(dtype, shape.slice(1)), all));
    }) as A;
    const value = batching.record(() => withInlining(() => f(...own)));
    requireNoPromise('vmap', value);
    return mapByAxes(
      { value, name: 'the result', purpose: 'the function must return tensors' },
      { axes: outAxes, name: 'outAxes' },
      {
        mapped: (result, axis, path) => stack(result, batching, { to: axis, path }),
        shared: (result, path) => single(result, batching, path),
      },
    ) as R;
  };
}

/** The arguments with something else in the place of every tensor that is mapped over. */
function mapArguments(
  args: readonly unknown[],
  inAxes: ExampleAxes,
  replace: (tensor: Tensor, axis: number, path: string) => unknown,
): unknown[] {
  const isList = Array.isArray(inAxes);
  if (isList && inAxes.length !== args.length) {
    throw new ArgumentError(
      `[vmap] inAxes has ${inAxes.length} entries, the function was called with ${args.length} arguments.`,
      { hint: 'Say an axis or null for each argument, or one axis for all.' },
    );
  }
  return args.map((value, i) =>
    mapByAxes(
      { value, name: `argument ${i}`, purpose: 'examples are taken of tensors' },
      isList ? { axes: inAxes[i] as ExampleAxes, name: `inAxes[${i}]` } : { axes: inAxes, name: 'inAxes' },
      { mapped: replace },
    ),
  );
}

/** The tensors that are mapped over, in the order of a walk, with the axis of examples in front; and the number of examples. */
function examplesOf(args: readonly unknown[], inAxes: ExampleAxes): { fronts: readonly Tensor[]; count: number } {
  let known: { readonly count: number; readonly path: string } | undefined;
  const fronts: Tensor[] = [];
  mapArguments(args, inAxes, (tensor, axis, path) => {
    const from = normalize(axis, tensor.ndim, `${path}, ${tensor},`);
    const count = tensor.shape[from] ?? 0;
    known ??= { count, path };
    if (count !== known.count)
      throw new ShapeError(`[vmap] ${path} has ${count} examples, but ${known.path} has ${known.count}.`);
    fronts.push(from === 0 ? tensor : tensor.permute(moved(tensor.ndim, from, 0)));
    return tensor;
  });
  if (known !== undefined) return { fronts, count: known.count };
  throw new ArgumentError('[vmap] there is nothing to map over: no argument has an axis of examples.', {
    hint: 'Pass tensors with an axis of examples, and say null in inAxes only for what all examples share.',
  });
}

/** A result of all examples. */
function stack(result: Tensor, batching: Batching, { to: axis, path }: { to: number; path: string }): Tensor {
  const rank = result.ndim + 1;
  const to = normalize(axis, rank, `${path}, of rank ${rank} with the examples,`);
  // Without examples nothing is computed.
  const all =
    batching.count === 0
      ? zeros([0, ...result.shape], { dtype: result.dtype })
      : tensorOf(batching.all(nodeOf(result)));
  return to === 0 ? all : all.permute(moved(rank, 0, to));
}

/** A result that is the same for all examples. */
function single(result: Tensor, batching: Batching, path: string): Tensor {
  const { node, mapped } = batching.batch(nodeOf(result));
  if (!mapped) return tensorOf(node);
  throw new ArgumentError(`[vmap] ${path}, ${result}, depends on the example, but outAxes says null of it.`, {
    hint: 'Say along which axis the examples are to stand.',
  });
}
