/** Points at regular distances, and grids of them. */
import { checkOptions, requireFinite, requireInteger, requireOneOf, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { largestSize } from '../graph/types.ts';
import { requireTensors } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { iota, tensor } from './creation.ts';
import { requireTable } from './limits.ts';
import { reshape } from './movement.ts';

function requireEnds(op: string, start: number, stop: number, count: number): void {
  requireFinite(op, 'start', start);
  requireFinite(op, 'stop', stop);
  requireInteger(op, 'count', count, 0, largestSize);
}

/**
 * `count` numbers from `start` to `stop`, both included, at equal distances; float32.
 *
 * Throws {@link ArgumentError} where count is no integer ≥ 0.
 *
 * ```ts
 * await linspace(0, 1, 5).toArray(); // [0, 0.25, 0.5, 0.75, 1]
 * ```
 */
export function linspace(start: number, stop: number, count: number): Tensor {
  requireEnds('linspace', start, stop, count);
  const step = count <= 1 ? 0 : (stop - start) / (count - 1);
  const index = iota([count], 0);
  // From the nearer end, so that both are met.
  const forwards = index.to('float32').mul(step).add(start);
  const backwards = index
    .sub(count - 1)
    .to('float32')
    .mul(step)
    .add(stop);
  return index.less(Math.ceil(count / 2)).where(forwards, backwards);
}

export interface LogspaceOptions {
  /** Whose powers; > 0. Default 10. */
  base?: number;
}

const logspaceOptions: OptionNames<LogspaceOptions> = { base: true };

/**
 * `count` numbers from base^start to base^stop, both included, at equal ratios; float32, correctly rounded.
 *
 * Throws {@link ArgumentError} where count is no integer from 0 to 2²⁶, or the base not positive.
 *
 * ```ts
 * await logspace(-1, 2, 4).toArray(); // [0.1, 1, 10, 100]
 * await logspace(0, 3, 4, { base: 2 }).toArray(); // [1, 2, 4, 8]
 * ```
 */
export function logspace(start: number, stop: number, count: number, options: LogspaceOptions = {}): Tensor {
  requireEnds('logspace', start, stop, count);
  requireTable('logspace', 'count', count, count);
  checkOptions('logspace', options, logspaceOptions);
  const { base = 10 } = options;
  requireFinite('logspace', 'base', base);
  if (base <= 0) throw new ArgumentError(`[logspace] the base must be positive, not ${base}.`);
  // On the host: an exponent that is rounded to float32 is worth many digits of its power.
  const step = count <= 1 ? 0 : (stop - start) / (count - 1);
  const exponent = (i: number): number => (2 * i < count ? start + i * step : stop - (count - 1 - i) * step);
  const powers = new Float32Array(count);
  for (let i = 0; i < count; i++) powers[i] = base ** exponent(i);
  return tensor(powers);
}

export interface MeshgridOptions {
  /** 'ij' (default): axis i of the results belongs to tensor i. 'xy': the first two axes are swapped, as pictures have them. */
  indexing?: 'ij' | 'xy';
}

const meshgridOptions: OptionNames<MeshgridOptions> = { indexing: true };

/**
 * The coordinates of all points of a grid: vectors of n₀, n₁, … numbers → tensors of shape [n₀, n₁, …], the i-th of which changes along axis i alone.
 *
 * Throws {@link ShapeError} for tensors with several axes, {@link ArgumentError} for an empty list.
 *
 * ```ts
 * const [rows, columns] = meshgrid([tensor([1, 2]), tensor([10, 20, 30])]);
 * await rows?.toArray(); // [[1, 1, 1], [2, 2, 2]]
 * await columns?.toArray(); // [[10, 20, 30], [10, 20, 30]]
 * ```
 */
export function meshgrid(tensors: readonly Tensor[], options: MeshgridOptions = {}): Tensor[] {
  requireTensors('meshgrid', 'tensors', tensors);
  checkOptions('meshgrid', options, meshgridOptions);
  const { indexing = 'ij' } = options;
  requireOneOf('meshgrid', 'indexing', indexing, ['ij', 'xy']);
  if (tensors.length === 0) throw new ArgumentError('[meshgrid] needs at least one tensor.');
  for (const t of tensors) if (t.ndim > 1) throw new ShapeError(`[meshgrid] takes vectors, not ${t}.`);
  const axisOf = (i: number): number => (indexing === 'xy' && tensors.length > 1 && i < 2 ? 1 - i : i);
  const shape = tensors.map((_, axis) => tensors[axisOf(axis)]?.size ?? 1);
  return tensors.map((t, i) =>
    reshape(
      t,
      shape.map((_, axis) => (axis === axisOf(i) ? t.size : 1)),
    ).broadcastTo(shape),
  );
}
