/** Whole matrices of derivatives: all rows of a pullback at once, or all columns of a pushforward. */
import { eye, iota, zeros, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  oneOf,
  requireBoolean,
  requireFunction,
  requireInteger,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { knownAs, nodeOf, tensorOf, withInlining, type Node, type TensorType } from '@hebb/tensor/graph';
import { Batching } from './batching.ts';
import { grad } from './gradients.ts';
import {
  partsOf,
  prepare,
  requireGradients,
  requirePositions,
  type At,
  type Position,
  type Positions,
} from './preparation.ts';
import { pushForward } from './directions.ts';
import { reverse } from './reverse.ts';
import { resultOf, type Replaced } from './structure.ts';
import { vmap } from './vmap.ts';

export interface JacobianOptions<N> {
  /** The argument, or the list of arguments, with respect to which derivatives are taken. Default 0, the first. */
  argnums?: N;
  /** 'reverse' does what a gradient costs for each element of the result, 'forward' what a few values cost for each element of the argument. Default 'reverse'. */
  mode?: 'reverse' | 'forward';
  /** Whether the function returns `[value, aux]`, for which `{ jacobian, aux }` is returned with whatever aux is. Default false. */
  hasAux?: boolean;
  /** How many rows, or columns, are computed at once: memory is that of so many. Default all. */
  chunkSize?: number;
}

export interface HessianOptions<N> {
  /** The argument, or the list of arguments, with respect to which derivatives are taken. Default 0, the first. */
  argnums?: N;
  /** How many rows are computed at once: memory is that of so many. Default all. */
  chunkSize?: number;
}

const modes = ['reverse', 'forward'] as const;
const jacobianOptions: OptionNames<JacobianOptions<unknown>> = {
  argnums: requirePositionsOf,
  mode: oneOf(...modes),
  hasAux: requireBoolean,
  chunkSize: requireChunk,
};
const hessianOptions: OptionNames<HessianOptions<unknown>> = { argnums: requirePositionsOf, chunkSize: requireChunk };

function requirePositionsOf(op: string, _name: string, value: unknown): void {
  requirePositions(op, value);
}

function requireChunk(op: string, name: string, value: unknown): void {
  requireInteger(op, name, value, 1);
}

/** The unit vectors in the direction of every element of a tensor of that shape, one after another. */
function directions(op: string, { dtype, shape, size }: TensorType): Node {
  return knownAs(op, () =>
    nodeOf(
      eye(size)
        .to(dtype)
        .reshape([size, ...shape]),
    ),
  );
}

/** A derivative: of one tensor by another, with the axes of the first and then those of the second; undefined where it is zero. */
type Derivative = (output: Tensor, input: Node) => Tensor | undefined;

/** Row by row: the pullback of a unit vector for each element of the outputs. */
function byRows(
  op: string,
  outputs: readonly Tensor[],
  wanted: ReadonlyMap<Node, string>,
  reached: Set<Node>,
): Derivative {
  const all = outputs.map((output) => {
    const { type } = nodeOf(output);
    const batching = new Batching(type.size);
    const cotangent = batching.placeholder(type, directions(op, type));
    const found = reverse([{ node: nodeOf(output), cotangent: tensorOf(cotangent) }], wanted);
    for (const node of found.keys()) reached.add(node);
    return [output, { batching, found }] as const;
  });
  const rowsOf = new Map(all);
  return (output, input) => {
    const rows = rowsOf.get(output);
    const cotangent = rows?.found.get(input)?.cotangent;
    if (rows === undefined || cotangent === undefined) return undefined;
    return tensorOf(rows.batching.all(nodeOf(cotangent))).reshape([...output.shape, ...input.type.shape]);
  };
}

/** Column by column: the tangent along a unit vector for each element of the wanted tensors. */
function byColumns(op: string, outputs: readonly Tensor[], wanted: ReadonlyMap<Node, string>): Derivative {
  const all = [...wanted].map(([node, name]) => {
    const batching = new Batching(node.type.size);
    const tangent = batching.placeholder(node.type, directions(op, node.type));
    const tangents = pushForward(op, outputs, new Map([[node, tensorOf(tangent)]]), new Map([[node, name]]));
    return [node, { batching, tangents }] as const;
  });
  const columnsOf = new Map(all);
  return (output, input) => {
    const columns = columnsOf.get(input);
    const tangent = columns?.tangents[outputs.indexOf(output)];
    if (columns === undefined || tangent === undefined) return undefined;
    const axes = output.shape.map((_, axis) => axis + 1);
    return tensorOf(columns.batching.all(nodeOf(tangent)))
      .permute([...axes, 0])
      .reshape([...output.shape, ...input.type.shape]);
  };
}

/**
 * The values of a linear function at the unit vectors in the direction of every element, one after another along a first axis, so many at a time; undefined where it is
 * zero. No chunk knows the vectors of another.
 */
function atDirections(
  { dtype, shape, size }: TensorType,
  chunkSize: number,
  f: (direction: Tensor) => readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] {
  let kept: readonly boolean[] = [];
  const along = (place: Tensor): Tensor[] => {
    const values = f(iota([size], 0).equal(place).to(dtype).reshape(shape));
    kept = values.map((value) => value !== undefined);
    return values.filter((value) => value !== undefined);
  };
  const all = vmap(along, { chunkSize })(iota([size], 0)).values();
  return kept.map((isKept) => (isKept ? (all.next().value as Tensor) : undefined));
}

/** {@link byRows}, so many at a time. */
function byChunksOfRows(
  outputs: readonly Tensor[],
  wanted: ReadonlyMap<Node, string>,
  reached: Set<Node>,
  chunkSize: number,
): Derivative {
  const inputs = [...wanted.keys()];
  const rowsOf = new Map(
    outputs.map((output) => {
      const node = nodeOf(output);
      const rows = atDirections(node.type, chunkSize, (cotangent) => {
        const found = reverse([{ node, cotangent }], wanted);
        for (const one of found.keys()) reached.add(one);
        return inputs.map((input) => found.get(input)?.cotangent);
      });
      return [output, rows] as const;
    }),
  );
  return (output, input) =>
    rowsOf.get(output)?.[inputs.indexOf(input)]?.reshape([...output.shape, ...input.type.shape]);
}

/** {@link byColumns}, so many at a time. */
function byChunksOfColumns(
  op: string,
  outputs: readonly Tensor[],
  wanted: ReadonlyMap<Node, string>,
  chunkSize: number,
): Derivative {
  const columnsOf = new Map(
    [...wanted].map(([node, name]) => {
      const columns = atDirections(node.type, chunkSize, (tangent) =>
        pushForward(op, outputs, new Map([[node, tangent]]), new Map([[node, name]])),
      );
      return [node, columns] as const;
    }),
  );
  return (output, input) => {
    const axes = output.shape.map((_, axis) => axis + 1);
    return columnsOf
      .get(input)
      ?.[outputs.indexOf(output)]?.permute([...axes, 0])
      .reshape([...output.shape, ...input.type.shape]);
  };
}

function derivatives<A extends unknown[]>(
  op: string,
  f: (...args: A) => unknown,
  args: A,
  { argnums = 0, mode = 'reverse', chunkSize, check }: JacobianOptions<Positions> & { readonly check: boolean },
): unknown {
  const { args: fresh, wanted, rebuild } = prepare(op, args, argnums);
  const outputs = resultOf(
    op,
    withInlining(() => f(...fresh)),
  );
  const { tensors } = outputs;
  // Without elements there are no directions.
  const some = tensors.filter(({ size }) => size > 0);
  const inputs = new Map([...wanted].filter(([node]) => node.type.size > 0));
  const reached = new Set<Node>();
  const all = (): Derivative => (mode === 'reverse' ? byRows(op, some, inputs, reached) : byColumns(op, some, inputs));
  const inChunks = (size: number): Derivative =>
    mode === 'reverse' ? byChunksOfRows(some, inputs, reached, size) : byChunksOfColumns(op, some, inputs, size);
  const derivative = chunkSize === undefined ? all() : inChunks(chunkSize);
  if (check && mode === 'reverse')
    requireGradients(op, some, inputs, new Map([...reached].map((node) => [node, true])), { selections: false });
  return outputs.rebuild(
    tensors.map((output) =>
      rebuild(
        (input) => derivative(output, input) ?? zeros([...output.shape, ...input.type.shape], { dtype: output.dtype }),
      ),
    ),
  );
}

/**
 * The Jacobian of a function: `jacobian(f)(x)` is ∂f/∂x at x, with the axes of the result and then those of x: element [i…, j…] is the derivative of
 * element i… of the result by element j… of x. Where the result or the argument are arrays, objects or Maps of tensors, it is a structure like the result
 * with a structure like the argument in the place of every tensor.
 *
 * All rows are computed at once ({@link vmap} of the pullback, or of the tangents in mode 'forward'), so memory is that of one times their number; with `chunkSize` so many at a time, in a
 * loop.
 *
 * @param f - takes and returns tensors of floating numbers, in arrays, plain objects and Maps.
 * @param options - `argnums`: one position, or several, for which lists stand in the place of every tensor of the result; `mode`: what is cheaper, 'reverse' for fewer elements
 * in the result than in the argument, 'forward' for fewer in the argument; `hasAux`: whether `f` returns `[value, aux]`, for which `{ jacobian, aux }` is returned; `chunkSize`: how many rows or columns are computed at once.
 * Default 0, 'reverse', false and all.
 *
 * Throws {@link DTypeError} where the result or the argument holds no floating numbers, and {@link ArgumentError} where they are no tensors, or the result depends on the argument
 * only through an operation that has no gradient, which the message names. Where it does not depend on it at all, or the argument only selects, the Jacobian is zero.
 *
 * ```ts
 * const f = (x: Tensor) => x.square().mul(tensor([1, 10]));
 * await jacobian(f)(tensor([3, 5])).toArray(); // [[6, 0], [0, 100]]
 * jacobian((x: Tensor) => x.sum())(zeros([2, 3])).shape; // [2, 3]
 * ```
 */
export function jacobian<A extends unknown[], R, const N extends Position<A> | readonly number[] = 0>(
  f: (...args: A) => R,
  options?: JacobianOptions<N> & { readonly hasAux?: false },
): (...args: A) => Replaced<R, At<A, N>>;
export function jacobian<A extends unknown[], R, X, const N extends Position<A> | readonly number[] = 0>(
  f: (...args: A) => readonly [R, X],
  options: JacobianOptions<N> & { readonly hasAux: true },
): (...args: A) => { jacobian: Replaced<R, At<A, N>>; aux: X };
export function jacobian<A extends unknown[]>(
  f: (...args: A) => unknown,
  options: JacobianOptions<Positions> = {},
): (...args: A) => unknown {
  requireFunction('jacobian', 'f', f);
  checkOptions('jacobian', options, jacobianOptions);
  const { hasAux = false } = options;
  return (...args) => {
    let aux: unknown;
    const own = (...fresh: A): unknown => {
      const parts = partsOf('jacobian', f(...fresh), hasAux);
      ({ aux } = parts);
      return parts.loss;
    };
    const all = derivatives('jacobian', own, args, { ...options, check: true });
    return hasAux ? { jacobian: all, aux } : all;
  };
}

/**
 * The Hessian of a function with a single number as its result: `hessian(f)(x)` is ∂²f/∂x² at x, with the axes of x twice. Where the argument is an array, an object
 * or a Map of tensors, it is a structure like the argument with such a structure in the place of every tensor. It is {@link jacobian} of {@link grad}; {@link hvp} gives its
 * product with a vector without making it.
 *
 * @param f - returns a floating tensor of one element.
 * @param options - `argnums`: one position, or several, for which `hessian(f)(x, y)[i][j]` is ∂²f/∂argᵢ∂argⱼ; `chunkSize`: how many rows are computed at once. Default 0 and all.
 *
 * Throws what {@link grad} throws.
 *
 * ```ts
 * const f = (x: Tensor) => x.sum().square().add(x.pow(3).sum());
 * await hessian(f)(tensor([2, 3])).toArray(); // [[14, 2], [2, 20]]
 * ```
 */
export function hessian<A extends unknown[], const N extends Position<A> | readonly number[] = 0>(
  f: (...args: A) => Tensor,
  options: HessianOptions<N> = {},
): (...args: A) => Replaced<At<A, N>, At<A, N>> {
  requireFunction('hessian', 'f', f);
  checkOptions('hessian', options, hessianOptions);
  const { chunkSize } = options;
  const argnums: Positions = options.argnums ?? 0;
  const slope = grad(f, { argnums: argnums as N }) as (...args: A) => unknown;
  return (...args) =>
    derivatives('hessian', slope, args, {
      argnums,
      check: false,
      ...(chunkSize !== undefined && { chunkSize }),
    }) as Replaced<At<A, N>, At<A, N>>;
}
