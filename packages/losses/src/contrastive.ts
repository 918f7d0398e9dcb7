/** Losses of representations that are learnt by telling pairs from all others. */
import { concat, iota, norm, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireTensor, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';
import { requireSameShape } from './shapes.ts';

export interface NtXentOptions extends ReductionOptions {
  /** What similarities are divided by, > 0. Default 0.5. */
  temperature?: number;
}

export interface InfoNceOptions extends ReductionOptions {
  /** What similarities are divided by, > 0. Default 0.1. */
  temperature?: number;
  /** [M, d]: what belongs to none of the queries. Default: the keys of all other queries. */
  negatives?: Tensor;
}

const ntXentOptions: OptionNames<NtXentOptions> = {
  ...reductionOptions,
  temperature(where, name, value) {
    if (!Number.isFinite(value) || (value as number) <= 0)
      throw wrongArgument(where, name, 'a finite number > 0', value);
  },
};
const infoNceOptions: OptionNames<InfoNceOptions> = { ...ntXentOptions, negatives: requireTensor };

/** Rows of length 1; zeros stay zeros. */
function unit(x: Tensor): Tensor {
  const length = norm(x, 1, { keepDims: true });
  return x.div(length.equal(0).where(1, length));
}

function requireRows(op: string, name: string, x: Tensor): void {
  if (x.ndim !== 2) throw new ShapeError(`[${op}] ${name} must be rows of numbers, [N, d], not ${x}.`);
}

/**
 * −ln softmax over the keys of cos(query, key) / temperature, at the query's own key: the cross-entropy of finding it among all keys of the batch, or beside `negatives`.
 *
 * van den Oord, Li & Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018 (arXiv:1807.03748); with cosines as in He et al., "Momentum Contrast", 2020
 * (arXiv:1911.05722). The mean of both directions, `infoNceLoss(a, b)` and `infoNceLoss(b, a)`, is that of CLIP (Radford et al. 2021, arXiv:2103.00020).
 *
 * Shape: queries and keys [N, d], row by row a pair; negatives [M, d] → [] for 'mean' (default) and 'sum', [N] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} where the shapes do not fit, {@link ArgumentError} for a temperature that is not > 0.
 *
 * ```ts
 * const [queries, keys] = [tensor([[1, 0], [0, 1]]), tensor([[2, 0], [0, 3]])];
 * await infoNceLoss(queries, keys, { temperature: 1 }).item();  // 0.3132617
 * ```
 */
export function infoNceLoss(queries: Tensor, keys: Tensor, options: InfoNceOptions = {}): Tensor {
  requireTensor('infoNceLoss', 'queries', queries);
  requireTensor('infoNceLoss', 'keys', keys);
  checkOptions('infoNceLoss', options, infoNceOptions);
  const { temperature = 0.1, negatives, reduction } = options;
  requireRows('infoNceLoss', 'queries', queries);
  requireSameShape('infoNceLoss', { queries, keys });
  const [query, key] = [unit(queries.to('float32')), unit(keys.to('float32'))];
  const logitsOf = (others: Tensor): Tensor => query.matmul(others.transpose(0, 1));
  let losses: Tensor;
  if (negatives === undefined) {
    const own = iota([queries.shape[0] ?? 0, 1], 0).equal(iota([queries.shape[0] ?? 0], 0));
    losses = own.where(logitsOf(key).div(temperature).logSoftmax(1), 0).sum(1).neg();
  } else {
    requireRows('infoNceLoss', 'negatives', negatives);
    if (negatives.shape[1] !== queries.shape[1])
      throw new ShapeError(`[infoNceLoss] negatives ${negatives} must be as long as the queries ${queries}.`);
    const own = query.mul(key).sum(1, { keepDims: true });
    const all = concat([own, logitsOf(unit(negatives.to('float32')))], 1);
    losses = all.div(temperature).logSoftmax(1).narrow(1, 0, 1).squeeze(1).neg();
  }
  return roundedAs([queries, keys, negatives], reduce(losses, reduction));
}

/**
 * SimCLR's loss of two views of each example: for each of the 2 N views −ln softmax of cos / temperature over all other views, at the other view of the same example. The loss of an example is
 * the mean of those of its two views.
 *
 * Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", 2020 (arXiv:2002.05709): normalised temperature-scaled cross-entropy.
 *
 * Shape: first and second [N, d], row by row two views of one example → [] for 'mean' (default) and 'sum', [N] for 'none'. float16 of float16, computed in float32 and rounded once; else
 * float32.
 *
 * Throws {@link ShapeError} where the shapes do not fit, {@link ArgumentError} for a temperature that is not > 0.
 *
 * ```ts
 * const [first, second] = [tensor([[1, 0], [0, 1]]), tensor([[2, 0], [0, 3]])];
 * await ntXentLoss(first, second, { temperature: 1 }).item();  // 0.5514447
 * ```
 */
export function ntXentLoss(first: Tensor, second: Tensor, options: NtXentOptions = {}): Tensor {
  requireTensor('ntXentLoss', 'first', first);
  requireTensor('ntXentLoss', 'second', second);
  checkOptions('ntXentLoss', options, ntXentOptions);
  const { temperature = 0.5, reduction } = options;
  requireRows('ntXentLoss', 'first', first);
  requireSameShape('ntXentLoss', { first, second });
  const [examples = 0] = first.shape;
  const views = unit(concat([first.to('float32'), second.to('float32')], 0));
  const [row, column] = [iota([2 * examples, 1], 0), iota([2 * examples], 0)];
  // No view is compared with itself.
  const logits = row.equal(column).where(-Infinity, views.matmul(views.transpose(0, 1)).div(temperature));
  const isPair = row.add(examples).equal(column).or(row.sub(examples).equal(column));
  const losses = isPair.where(logits.logSoftmax(1), 0).sum(1).neg();
  return roundedAs([first, second], reduce(losses.reshape([2, examples]).mean(0), reduction));
}
