/** Functions of one example, for many at once. */
import { ArgumentError, concat, scan, ShapeError, zeros, type Tensor } from '@hebb/tensor';
import { checkOptions, requireFunction, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
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
  /** How many examples are computed at once, the rest one chunk after another in a loop: memory for time. Default: all. */
  chunkSize?: number;
}

const vmapOptions: OptionNames<VmapOptions> = { inAxes: true, outAxes: true, chunkSize: true };

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
 * Memory is that of one example times their number; with `chunkSize` it is that of a chunk, in a {@link scan} over chunks, and `f` is called again for a last chunk that is smaller.
 *
 * Random numbers that `f` draws are drawn for each example. Values cannot be read in `f`, and nothing that depends on an example can be assigned to a variable.
 *
 * @param f - takes tensors without the axis of examples, and returns tensors.
 * @param options - `inAxes`: where the axis of examples stands, or null for what all examples share; `outAxes`: where it stands in the results. Both may be said of every tensor, in
 * structures like those of arguments and results; `chunkSize`: how many examples are computed at once. Default 0, 0, and all.
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
  const { chunkSize } = options;
  if (chunkSize !== undefined) requireInteger('vmap', 'chunkSize', chunkSize, 1);
  return (...args) => {
    const { fronts, count } = examplesOf(args, inAxes);
    const mapAll = (parts: readonly Tensor[], size: number): Mapped => {
      const batching = new Batching(size);
      const front = parts.values();
      const own = mapArguments(args, inAxes, () => {
        const all = nodeOf(front.next().value as Tensor);
        const { dtype, shape } = all.type;
        return tensorOf(batching.placeholder(tensorType(dtype, shape.slice(1)), all));
      }) as A;
      const value = batching.record(() => withInlining(() => f(...own)));
      requireNoPromise('vmap', value);
      return resultsOf(value, outAxes, batching);
    };
    const { value, results } =
      chunkSize === undefined || chunkSize >= count
        ? mapAll(fronts, count)
        : inChunks(mapAll, fronts, { count, chunkSize });
    return placed(value, outAxes, results) as R;
  };
}

/** What a function returned of one example, and of all. */
interface Mapped {
  readonly value: unknown;
  /** In the order of a walk, with the axis of examples in front where there is one. */
  readonly results: readonly { readonly tensor: Tensor; readonly isShared: boolean }[];
}

function resultsOf(value: unknown, outAxes: ExampleAxes, batching: Batching): Mapped {
  const results: { tensor: Tensor; isShared: boolean }[] = [];
  walkResults(value, outAxes, {
    mapped: (result) => results.push({ tensor: stack(result, batching), isShared: false }),
    shared: (result, path) => results.push({ tensor: single(result, batching, path), isShared: true }),
  });
  return { value, results };
}

/** The results in the structure of the value, with the axis of examples where it is wanted. */
function placed(value: unknown, outAxes: ExampleAxes, results: Mapped['results']): unknown {
  const all = results.values();
  const next = (): Tensor => (all.next().value as Mapped['results'][number]).tensor;
  return walkResults(value, outAxes, {
    mapped: (_result, axis, path) => {
      const tensor = next();
      const to = normalize(axis, tensor.ndim, `${path}, of rank ${tensor.ndim} with the examples,`);
      return to === 0 ? tensor : tensor.permute(moved(tensor.ndim, 0, to));
    },
    shared: next,
  });
}

function walkResults(value: unknown, axes: ExampleAxes, replacements: Parameters<typeof mapByAxes>[2]): unknown {
  const subject = { value, name: 'the result', purpose: 'the function must return tensors' };
  return mapByAxes(subject, { axes, name: 'outAxes' }, replacements);
}

/** The examples in a loop over chunks, and those that are left over. */
function inChunks(
  mapAll: (parts: readonly Tensor[], size: number) => Mapped,
  fronts: readonly Tensor[],
  { count, chunkSize }: { readonly count: number; readonly chunkSize: number },
): Mapped {
  const chunks = Math.floor(count / chunkSize);
  const whole = chunks * chunkSize;
  const stacked = fronts.map((x) => x.narrow(0, 0, whole).reshape([chunks, chunkSize, ...x.shape.slice(1)]));
  let first: Mapped = { value: undefined, results: [] };
  const [, each] = scan(
    (none: readonly Tensor[], parts: readonly Tensor[]): [readonly Tensor[], readonly Tensor[]] => {
      first = mapAll(parts, chunkSize);
      // A loop gives something.
      return [none, [...first.results.map(({ tensor }) => tensor), zeros([])]];
    },
    [] as readonly Tensor[],
    stacked as readonly Tensor[],
  );
  const rest =
    whole === count
      ? undefined
      : mapAll(
          fronts.map((x) => x.narrow(0, whole, count - whole)),
          count - whole,
        );
  const results = first.results.map(({ isShared }, i) => {
    const all = each[i] as Tensor;
    const [, , ...shape] = all.shape;
    if (isShared) return { tensor: all.narrow(0, 0, 1).squeeze(0), isShared };
    const done = all.reshape([whole, ...shape]);
    return {
      tensor: rest === undefined ? done : concat([done, (rest.results[i] as Mapped['results'][number]).tensor]),
      isShared,
    };
  });
  return { value: first.value, results };
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

/** A result of all examples. Without examples nothing is computed. */
function stack(result: Tensor, batching: Batching): Tensor {
  if (batching.count === 0) return zeros([0, ...result.shape], { dtype: result.dtype });
  return tensorOf(batching.all(nodeOf(result)));
}

/** A result that is the same for all examples. */
function single(result: Tensor, batching: Batching, path: string): Tensor {
  const { node, mapped } = batching.batch(nodeOf(result));
  if (!mapped) return tensorOf(node);
  throw new ArgumentError(`[vmap] ${path}, ${result}, depends on the example, but outAxes says null of it.`, {
    hint: 'Say along which axis the examples are to stand.',
  });
}
