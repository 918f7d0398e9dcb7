/** Rows of a table by number, and reductions of several rows. */
import { checkOptions, requireInteger, requireOneOf, type OptionNames } from '../arguments/index.ts';
import { ArgumentError, DTypeError, ShapeError } from '../graph/errors.ts';
import { requireTensor, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { mul, sub } from './arithmetic.ts';
import { cast } from './casting.ts';
import { composite } from './composite.ts';
import { equal, lessEqual, notEqual, where } from './comparison.ts';
import { alongAxis, gatherNode } from './indexing.ts';
import { flatten, reshape, unsqueeze } from './movement.ts';
import { constantNode } from './operands.ts';
import { outsideOf, positionsOf, type Positions } from './positions.ts';
import { requireWithin } from './range.ts';
import { sum } from './reduce.ts';
import { segmentMax, segmentSum } from './segments.ts';
import { iota } from './creation.ts';
import { isFloat } from '../graph/types.ts';

export interface EmbeddingOptions {
  /** The row that gets no gradient; negative numbers count from the end. Default: none. */
  paddingIndex?: number;
}

const embeddingOptions: OptionNames<EmbeddingOptions> = { paddingIndex: requireInteger };

function requireTable(op: string, weight: Tensor): void {
  requireTensor(op, 'weight', weight);
  if (weight.ndim !== 2) throw new ShapeError(`[${op}] weight must be a table [rows, columns], not ${weight}.`);
}

/** The padding's row counted from the front. */
function paddingRow(op: string, index: number | undefined, rows: number): number | undefined {
  if (index === undefined) return undefined;
  if (index < -rows || index >= rows)
    throw new ArgumentError(`[${op}] paddingIndex ${index} is no row: there are ${rows}.`);
  return index < 0 ? index + rows : index;
}

/** The table, whose row of the padding gets no gradient. */
function withoutGradientOf(row: number | undefined, weight: Tensor): Tensor {
  if (row === undefined || !isFloat(weight.dtype)) return weight;
  return composite('withoutGradientOfRow', { row }, [weight], (table) => table, {
    gradient: (cotangent) => [where(equal(iota(cotangent.shape, 0), row), 0, cotangent)],
  });
}

/** Rows [n, columns] for a list of ids. */
function rowsOf(weight: Tensor, list: Tensor): Tensor {
  return gatherNode(weight, 0, alongAxis(list, 0, weight.shape), outsideOf(weight.dtype));
}

/**
 * Rows of a table by number: weight [rows, columns] at ids of any shape gives [...ids, columns]. The gradient adds up in the table's rows, in
 * an order that never changes a bit; the row `paddingIndex` gets none.
 *
 * Throws {@link DTypeError} for ids that are not int32, {@link ShapeError} for a weight that is no table, {@link ArgumentError} naming the first
 * id outside of the table where ids are known on the host; a computed one gives a row of NaN.
 *
 * ```ts
 * const weight = tensor([[1, 2], [3, 4], [5, 6]]);
 * await embedding([2, 0], weight).toArray(); // [[5, 6], [1, 2]]
 * ```
 */
export function embedding(ids: Positions, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const positions = positionsOf('embedding', 'ids', ids);
  requireTable('embedding', weight);
  checkOptions('embedding', options, embeddingOptions);
  const [rows = 0, columns = 0] = weight.shape;
  requireWithin('embedding', 'ids', positions, 0, rows - 1);
  const padding = paddingRow('embedding', options.paddingIndex, rows);
  return reshape(rowsOf(withoutGradientOf(padding, weight), flatten(positions)), [...positions.shape, columns]);
}

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** Where each bag begins in a list of ids, ascending from 0; ids of two axes are one bag per row without it. */
  offsets?: Positions;
  /** 'sum', 'mean' or 'max' of a bag's rows. Default 'mean', as in PyTorch. */
  mode?: 'sum' | 'mean' | 'max';
  /** A factor for each row, of the ids' shape; for mode 'sum'. */
  perSampleWeights?: Tensor;
}

const embeddingBagOptions: OptionNames<EmbeddingBagOptions> = {
  ...embeddingOptions,
  offsets: true,
  mode: (where, name, value) => requireOneOf(where, name, value, ['sum', 'mean', 'max']),
  perSampleWeights: requireTensor,
};

/**
 * The sum, mean or largest of rows of a table, for each bag of ids: ids [bags, n], or a list of ids with `offsets` where each bag begins; the result
 * is [bags, columns], PyTorch's `embedding_bag`. Ids equal to `paddingIndex` are left out, also of the mean's count. A bag without ids is 0.
 *
 * Throws as {@link embedding}; {@link ArgumentError} for perSampleWeights with another mode than 'sum', {@link ShapeError} where ids or weights
 * do not fit.
 *
 * ```ts
 * const weight = tensor([[1, 2], [3, 4], [5, 6]]);
 * await embeddingBag(tensor([[0, 2], [1, 1]], { dtype: 'int32' }), weight).toArray(); // [[3, 4], [3, 4]]
 * await embeddingBag([0, 1, 2], weight, { offsets: [0, 1], mode: 'sum' }).toArray(); // [[1, 2], [8, 10]]
 * ```
 */
export function embeddingBag(ids: Positions, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor {
  const op = 'embeddingBag';
  const positions = positionsOf(op, 'ids', ids);
  requireTable(op, weight);
  checkOptions(op, options, embeddingBagOptions);
  const { mode = 'mean', perSampleWeights } = options;
  const [rows = 0] = weight.shape;
  requireWithin(op, 'ids', positions, 0, rows - 1);
  const padding = paddingRow(op, options.paddingIndex, rows);
  if (perSampleWeights !== undefined) {
    if (mode !== 'sum') throw new ArgumentError(`[${op}] perSampleWeights go with mode 'sum', not '${mode}'.`);
    if (!isFloat(perSampleWeights.dtype))
      throw new DTypeError(`[${op}] perSampleWeights must be float32, not ${perSampleWeights}.`);
    if (perSampleWeights.shape.join() !== positions.shape.join())
      throw new ShapeError(`[${op}] takes a weight for each id of ${positions}, not ${perSampleWeights}.`);
  }
  const { bags, count } = bagsOf(op, positions, options.offsets);
  const list = flatten(positions);
  const inBag = padding === undefined ? tensorOf(constantNode(1, 'bool', list.shape)) : notEqual(list, padding);
  // The padding's rows belong to no bag.
  const segments = where(inBag, bags, -1);
  const values = rowsOf(withoutGradientOf(padding, weight), list);
  const weighted = perSampleWeights === undefined ? values : mul(values, reshape(perSampleWeights, [list.size, 1]));
  const counts = unsqueeze(segmentSum(cast(inBag, 'float32'), segments, count), 1);
  const isEmpty = equal(counts, 0);
  if (mode === 'max') return where(isEmpty, 0, segmentMax(weighted, segments, count));
  const total = segmentSum(weighted, segments, count);
  return mode === 'sum' ? total : total.div(where(isEmpty, 1, counts));
}

/** The bag of each id in row-major order, and how many there are. */
function bagsOf(op: string, ids: Tensor, given: Positions | undefined): { bags: Tensor; count: number } {
  if (given === undefined) {
    const [count = 0, length = 0] = ids.shape;
    if (ids.ndim !== 2)
      throw new ShapeError(`[${op}] without offsets ids are [bags, n], not ${ids}.`, {
        hint: 'Say where each bag begins: { offsets }.',
      });
    return { bags: flatten(iota([count, length], 0)), count };
  }
  const offsets = positionsOf(op, 'offsets', given);
  if (ids.ndim !== 1 || offsets.ndim !== 1)
    throw new ShapeError(`[${op}] with offsets both are lists; ids are ${ids}, offsets ${offsets}.`);
  requireWithin(op, 'offsets', offsets, 0, ids.size);
  // The last bag that begins at or before an id: the number of such begins, less one.
  const begun = lessEqual(unsqueeze(offsets, 0), iota([ids.size, 1], 0));
  return { bags: sub(sum(begun, 1), 1), count: offsets.size };
}
