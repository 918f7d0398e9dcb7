import { embedding, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { parameter } from '../module/parameter.ts';
import { requireVectors, tableOptions, VectorTable, type TableOptions } from './table.ts';

export type EmbeddingLayerOptions = TableOptions;

export interface PretrainedOptions extends TableOptions {
  /** Whether the table is frozen. Default true. */
  freeze?: boolean;
}

const pretrainedOptions: OptionNames<PretrainedOptions> = { ...tableOptions, freeze: requireBoolean };

/**
 * A vector for each of `numEmbeddings` numbers (words, items): row i of `weight` for id i.
 *
 * Shape: ids int32 [...] → [..., embeddingDim]. Parameter: `weight` [numEmbeddings, embeddingDim], normal with mean 0 and variance 1 at first, the row
 * `paddingIndex` 0, as in PyTorch. Its gradient adds up, in the rows that were looked up, in an order that never changes a bit.
 *
 * With `maxNorm`, rows that are longer are shortened when they are looked up: while training in `weight` itself, in evaluation mode in what is looked up.
 * The gradient of a step is that of all of its lookups.
 *
 * Throws `DTypeError` for ids that are not int32, {@link ArgumentError} for options out of range and for ids outside of the table, where they are known on
 * the host; computed ones give rows of NaN.
 *
 * ```ts
 * const words = new Embedding(100, 16, { paddingIndex: 0 });
 * words.forward(tensor([[3, 14, 0], [15, 92, 65]], { dtype: 'int32' })).shape;  // [2, 3, 16]
 * ```
 */
export class Embedding extends VectorTable {
  static override readonly type: string = 'Embedding';
  static override readonly options: ModuleOptions = tableOptions;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super(numEmbeddings, embeddingDim, options);
  }

  /**
   * A layer with the vectors of `weight` [numEmbeddings, embeddingDim], which are frozen unless `freeze` is false.
   *
   * Throws {@link ShapeError} for what is no table.
   *
   * ```ts
   * const layer = Embedding.fromPretrained(tensor([[1, 2], [3, 4]]));
   * await layer.forward(tensor([1], { dtype: 'int32' })).toArray();  // [[3, 4]]
   * layer.weight.trainable;  // false
   * ```
   */
  static fromPretrained(weight: Tensor, options: PretrainedOptions = {}): Embedding {
    const [rows, columns] = requireVectors('Embedding.fromPretrained', weight);
    checkOptions('Embedding.fromPretrained', options, pretrainedOptions);
    const { freeze = true, ...rest } = options;
    const layer = new Embedding(rows, columns, rest);
    layer.weight = parameter(weight);
    if (freeze) layer.freeze();
    return layer;
  }

  forward(ids: Tensor): Tensor {
    const { paddingIndex } = this;
    return embedding(ids, this.tableFor(ids), paddingIndex === undefined ? {} : { paddingIndex });
  }
}
