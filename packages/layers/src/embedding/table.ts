/** What Embedding and EmbeddingBag share: a table of vectors, with a row for the padding and a largest norm. */
import {
  ArgumentError,
  assign,
  composite,
  concat,
  embedding,
  indexCopy,
  norm,
  randn,
  scatterAdd,
  ShapeError,
  zeros,
  ones,
  type Tensor,
} from '@hebb/tensor';
import {
  checkOptions,
  requireBoolean,
  requireInteger,
  requireTensor,
  typeNameOf,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { requirePositive, requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';

export interface TableOptions {
  /** The row that stands for padding: 0 at first, and without a gradient. Negative numbers count from the end. Default: none. */
  paddingIndex?: number | undefined;
  /** Rows that are longer are shortened to this norm when they are looked up. Default: none are. */
  maxNorm?: number | undefined;
  /** The p of that norm. Default 2. */
  normType?: number;
  /** Whether the gradient of a row is divided by how often it was looked up. Default false. */
  scaleGradByFrequency?: boolean;
}

export const tableOptions: OptionNames<TableOptions> = {
  paddingIndex: requireInteger,
  maxNorm: requirePositive,
  normType: requirePositive,
  scaleGradByFrequency: requireBoolean,
};

export abstract class VectorTable extends Module {
  static override readonly positional: readonly string[] = ['numEmbeddings', 'embeddingDim'];

  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  /** Counted from the front. */
  readonly paddingIndex: number | undefined;
  readonly maxNorm: number | undefined;
  readonly normType: number;
  readonly scaleGradByFrequency: boolean;
  weight: Tensor;

  constructor(numEmbeddings: number, embeddingDim: number, options: TableOptions) {
    super();
    const layer = typeNameOf(this);
    checkOptions(layer, options, (this.constructor as typeof Module).options);
    requirePositiveIntegers(layer, { numEmbeddings, embeddingDim });
    const { paddingIndex, maxNorm, normType = 2, scaleGradByFrequency = false } = options;
    if (paddingIndex !== undefined && (paddingIndex < -numEmbeddings || paddingIndex >= numEmbeddings))
      throw new ArgumentError(`[${layer}] paddingIndex ${paddingIndex} is no row: there are ${numEmbeddings}.`);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIndex = paddingIndex !== undefined && paddingIndex < 0 ? paddingIndex + numEmbeddings : paddingIndex;
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFrequency = scaleGradByFrequency;
    this.weight = parameter(withoutRow(randn([numEmbeddings, embeddingDim]), this.paddingIndex));
  }

  /** The table in which `ids` are looked up: rows no longer than `maxNorm`, with the gradient that is asked for. */
  protected tableFor(ids: Tensor): Tensor {
    requireTensor(typeNameOf(this), 'ids', ids);
    let table = this.weight;
    if (this.maxNorm !== undefined) table = this.#shortened(table, ids, this.maxNorm);
    return this.scaleGradByFrequency ? dividedGradient(table, ids) : table;
  }

  /** While training, the table itself changes, as PyTorch's does; in evaluation mode only what is looked up. */
  #shortened(table: Tensor, ids: Tensor, maxNorm: number): Tensor {
    const list = ids.flatten();
    const rows = embedding(list, table.detach());
    const norms = norm(rows, 1, { p: this.normType, keepDims: true });
    // The small number is PyTorch's.
    const short = norms.greater(maxNorm).where(rows.mul(norms.add(1e-7).reciprocal().mul(maxNorm)), rows);
    const next = indexCopy(table.detach(), 0, list, short);
    if (this.training) {
      assign(table, next, { amends: true });
      return table;
    }
    // The gradient is that of the table, as while training.
    return composite('maxNorm', {}, [table, next], (_, values) => values, {
      gradient: (cotangent) => [cotangent, undefined],
    });
  }

  override describe(): string {
    return `${super.describe()} ${this.numEmbeddings} × ${this.embeddingDim}`;
  }
}

/** The table, whose rows' gradients are divided by how often `ids` has them. */
function dividedGradient(table: Tensor, ids: Tensor): Tensor {
  const [rows = 0] = table.shape;
  const counts = scatterAdd(zeros([rows]), 0, ids.flatten(), ones([ids.size]));
  const shares = counts.equal(0).where(1, counts).reciprocal().unsqueeze(1);
  return composite('dividedGradient', {}, [table, shares], (x) => x, {
    gradient: (cotangent, _output, _table, factors) => [cotangent.mul(factors), undefined],
  });
}

function withoutRow(table: Tensor, row: number | undefined): Tensor {
  if (row === undefined) return table;
  const [rows = 0, columns = 0] = table.shape;
  return concat([table.narrow(0, 0, row), zeros([1, columns]), table.narrow(0, row + 1, rows - row - 1)], 0);
}

/** Throws {@link ShapeError} for what is no table of vectors. */
export function requireVectors(where: string, weight: Tensor): [rows: number, columns: number] {
  requireTensor(where, 'the weight', weight);
  const [rows, columns] = weight.shape;
  if (weight.ndim !== 2 || rows === undefined || columns === undefined)
    throw new ShapeError(`[${where}] takes a table [numEmbeddings, embeddingDim], not ${weight}.`);
  return [rows, columns];
}
