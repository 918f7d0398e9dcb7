/** Initial weights with a structure: orthogonal, mostly zero, or passing on what comes in. */
import {
  argSort,
  ArgumentError,
  diagonal,
  qr,
  rand,
  randn,
  ShapeError,
  tensor,
  where,
  type RandomOptions,
  type Tensor,
} from '@hebb/tensor';
import { checkOptions, requireArray, requireFinite, requireInteger, type OptionNames } from '@hebb/tensor/arguments';

export interface OrthogonalOptions extends RandomOptions {
  /** Factor; see {@link calculateGain}. Default 1. */
  gain?: number;
}

const orthogonalOptions: OptionNames<OrthogonalOptions> = { gain: requireFinite, generator: true };

/**
 * A matrix whose rows or columns, whichever are fewer, are orthonormal, times `gain`; axes after the first count as one (Saxe, McClelland & Ganguli 2013,
 * arXiv:1312.6120). The orthogonal factor of a normal matrix, with signs that make all such matrices equally likely.
 *
 * Throws {@link ShapeError} for less than two axes.
 *
 * ```ts
 * const w = orthogonal([2, 3]);
 * await w.matmul(w.transpose(0, 1)).toArray(); // [[1, 0], [0, 1]]
 * ```
 */
export function orthogonal(shape: readonly number[], options: OrthogonalOptions = {}): Tensor {
  requireArray('orthogonal', 'the shape', shape);
  checkOptions('orthogonal', options, orthogonalOptions);
  const { gain = 1, ...random } = options;
  const [rows, ...rest] = shape;
  if (rows === undefined || rest.length === 0)
    throw new ShapeError(`[orthogonal] a weight has at least two axes, not [${shape.join(', ')}].`);
  const columns = rest.reduce((product, extent) => product * extent, 1);
  const isWide = rows < columns;
  const drawn = randn(isWide ? [columns, rows] : [rows, columns], random);
  if (drawn.size === 0) return drawn.reshape(shape);
  const { q, r } = qr(drawn);
  const signed = q.mul(where(diagonal(r).less(0), -gain, gain));
  return (isWide ? signed.transpose(0, 1) : signed).reshape(shape);
}

export interface SparseOptions extends RandomOptions {
  /** Standard deviation of what is not 0. Default 0.01. */
  std?: number;
}

const sparseOptions: OptionNames<SparseOptions> = { std: requireFinite, generator: true };

/**
 * Normal with mean 0, but in each column ⌈sparsity · rows⌉ elements, chosen at random, are 0 (Martens 2010).
 *
 * @param shape - [out, in]
 * @param sparsity - the share of each column that is 0, 0 … 1
 *
 * Throws {@link ShapeError} unless there are two axes, {@link ArgumentError} for another share.
 *
 * ```ts
 * await sparse([10, 3], 0.75).equal(0).sum(0).toArray(); // [8, 8, 8]
 * ```
 */
export function sparse(shape: readonly number[], sparsity: number, options: SparseOptions = {}): Tensor {
  requireArray('sparse', 'the shape', shape);
  checkOptions('sparse', options, sparseOptions);
  const { std = 0.01, ...random } = options;
  if (shape.length !== 2) throw new ShapeError(`[sparse] a weight has the axes [out, in], not [${shape.join(', ')}].`);
  requireFinite('sparse', 'sparsity', sparsity);
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new ArgumentError(`[sparse] sparsity must lie in 0 … 1, not ${sparsity}.`);
  const zeros = Math.ceil(sparsity * (shape[0] ?? 0));
  const values = randn(shape, random).mul(std);
  // The place of each element among those of its column, in the order of draws of their own.
  const places = argSort(argSort(rand(shape, random), 0), 0);
  return where(places.less(zeros), 0, values);
}

export interface DiracOptions {
  /** Groups of the convolution. Default 1. */
  groups?: number;
}

const diracOptions: OptionNames<DiracOptions> = { groups: true };

/**
 * The weight of a convolution that passes on its input: in the middle of the kernel 1 from each input channel to the output channel of its number in its
 * group, as far as there are both, otherwise 0.
 *
 * @param shape - [out, in / groups, ...kernel], with 1 to 3 axes of the kernel
 *
 * Throws {@link ShapeError} for other axes, {@link ArgumentError} where the groups do not divide the outputs.
 *
 * ```ts
 * await dirac([1, 1, 3]).toArray(); // [[[0, 1, 0]]]
 * ```
 */
export function dirac(shape: readonly number[], options: DiracOptions = {}): Tensor {
  requireArray('dirac', 'the shape', shape);
  checkOptions('dirac', options, diracOptions);
  const { groups = 1 } = options;
  requireInteger('dirac', 'groups', groups, 1);
  if (shape.length < 3 || shape.length > 5)
    throw new ShapeError(
      `[dirac] a weight has the axes [out, in, ...kernel] with 1 to 3 of the kernel, not [${shape.join(', ')}].`,
    );
  for (const extent of shape) requireInteger('dirac', 'an extent', extent, 1);
  const [outputs = 1, inputs = 1, ...kernel] = shape;
  if (outputs % groups !== 0)
    throw new ArgumentError(`[dirac] ${outputs} outputs cannot be cut into ${groups} equal groups.`);
  const size = kernel.reduce((product, extent) => product * extent, 1);
  const middle = kernel.reduce((index, extent) => index * extent + Math.floor(extent / 2), 0);
  const perGroup = outputs / groups;
  const number = (axis: number, extent: number): Tensor =>
    tensor(Int32Array.from({ length: extent }, (_, i) => (axis === 0 ? i % perGroup : i)));
  const passes = number(0, outputs).unsqueeze(1).equal(number(1, inputs));
  const isMiddle = tensor(Int32Array.from({ length: size }, (_, i) => (i === middle ? 1 : 0))).greater(0);
  return where(passes.unsqueeze(2).and(isMiddle), 1, 0).to('float32').reshape(shape);
}
