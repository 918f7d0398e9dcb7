/** Functions of one example, for many at once. */
import { ArgumentError, ShapeError, zeros, type Tensor } from '@hebb/tensor';
import { checkOptions, describe, requireFunction, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import { nodeOf, tensorOf, tensorType, withInlining } from '@hebb/tensor/graph';
import { Batching } from './batching.ts';
import { leavesOf, mapTensors, requireNoPromise } from './structure.ts';

/** The axis of the examples, or null where all examples share the argument. */
export type ExampleAxis = number | null;

export interface VmapOptions {
  /** The axis of the examples in all tensors of an argument, for all arguments or one for each; null: the argument is the same for all examples, and may be anything. Default 0. */
  inAxes?: ExampleAxis | readonly ExampleAxis[];
  /** The axis of the examples in the results. Default 0. */
  outAxes?: number;
}

const vmapOptions: OptionNames<VmapOptions> = { inAxes: true, outAxes: true };

function requireAxes(inAxes: unknown): asserts inAxes is ExampleAxis | readonly ExampleAxis[] {
  const list: readonly unknown[] = Array.isArray(inAxes) ? inAxes : [inAxes];
  if (list.every((axis) => axis === null || Number.isInteger(axis))) return;
  throw new ArgumentError(
    `[vmap] inAxes must be an axis or null, or a list of such with one for each argument, not ${describe(inAxes)}.`,
  );
}

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
 * @param options - `inAxes`: where the axis of examples stands, or null for arguments that all examples share; `outAxes`: where it stands in the results. Default 0 and 0.
 *
 * Throws {@link ShapeError} where there is no such axis, or arguments have different numbers of examples, and {@link ArgumentError} where nothing is mapped over
 * or `f` returns anything but tensors.
 *
 * ```ts
 * const weight = tensor([2, 3]);
 * const loss = (w: Tensor, x: Tensor) => w.mul(x).sum().square();
 * const xs = tensor([[1, 0], [0, 1]]);
 * await vmap(loss, { inAxes: [null, 0] })(weight, xs).toArray(); // [4, 9]
 * await vmap(grad(loss), { inAxes: [null, 0] })(weight, xs).toArray(); // [[4, 0], [0, 6]]
 * ```
 */
export function vmap<A extends unknown[], R>(f: (...args: A) => R, options: VmapOptions = {}): (...args: A) => R {
  requireFunction('vmap', 'f', f);
  checkOptions('vmap', options, vmapOptions);
  const { inAxes = 0, outAxes = 0 } = options;
  requireAxes(inAxes);
  requireInteger('vmap', 'outAxes', outAxes);
  return (...args) => {
    const { fronts, count } = examplesOf(args, inAxes);
    const batching = new Batching(count);
    const own = args.map((arg, i) => {
      const leaves = fronts[i];
      if (leaves === undefined) return arg;
      let next = 0;
      return mapTensors('vmap', arg, `argument ${i}`, () => {
        const front = nodeOf(leaves[next++] as Tensor);
        const { dtype, shape } = front.type;
        return tensorOf(batching.placeholder(tensorType(dtype, shape.slice(1)), front));
      });
    }) as A;
    const value = batching.record(() => withInlining(() => f(...own)));
    requireNoPromise('vmap', value);
    const results = leavesOf('vmap', value, 'the result', 'the function must return tensors');
    return results.rebuild(results.tensors.map((result) => stack(result, batching, outAxes))) as R;
  };
}

/** For each argument its tensors with the axis of examples in front, undefined for one that all share; and the number of examples. */
function examplesOf(
  args: readonly unknown[],
  inAxes: ExampleAxis | readonly ExampleAxis[],
): { fronts: readonly (readonly Tensor[] | undefined)[]; count: number } {
  if (typeof inAxes === 'object' && inAxes !== null && inAxes.length !== args.length) {
    throw new ArgumentError(
      `[vmap] inAxes has ${inAxes.length} entries, the function was called with ${args.length} arguments.`,
      { hint: 'Say an axis or null for each argument, or one axis for all.' },
    );
  }
  let known: { readonly count: number; readonly path: string } | undefined;
  const fronts = args.map((arg, i) => {
    const axis = typeof inAxes === 'object' && inAxes !== null ? (inAxes[i] ?? null) : inAxes;
    if (axis === null) return undefined;
    const { tensors, paths } = leavesOf('vmap', arg, `argument ${i}`, 'examples are taken of tensors');
    return tensors.map((tensor, j) => {
      const path = paths[j] as string;
      const from = normalize(axis, tensor.ndim, `${path}, ${tensor},`);
      const count = tensor.shape[from] ?? 0;
      known ??= { count, path };
      if (count !== known.count)
        throw new ShapeError(`[vmap] ${path} has ${count} examples, but ${known.path} has ${known.count}.`);
      return from === 0 ? tensor : tensor.permute(moved(tensor.ndim, from, 0));
    });
  });
  if (known !== undefined) return { fronts, count: known.count };
  throw new ArgumentError('[vmap] there is nothing to map over: no argument has an axis of examples.', {
    hint: 'Pass tensors with an axis of examples, and say null in inAxes only for what all examples share.',
  });
}

/** A result of all examples. */
function stack(result: Tensor, batching: Batching, outAxes: number): Tensor {
  const rank = result.ndim + 1;
  const to = normalize(outAxes, rank, `a result of rank ${rank}`);
  // Without examples nothing is computed.
  const all =
    batching.count === 0
      ? zeros([0, ...result.shape], { dtype: result.dtype })
      : tensorOf(batching.all(nodeOf(result)));
  return to === 0 ? all : all.permute(moved(rank, 0, to));
}
