import { ArgumentError, embeddingBag, ShapeError, type EmbeddingBagOptions, type Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireBoolean, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { parameter } from '../module/parameter.ts';
import { requireVectors, tableOptions, VectorTable, type TableOptions } from './table.ts';

export interface EmbeddingBagLayerOptions extends TableOptions {
  /** What is made of a bag's rows: 'sum', 'mean' or 'max'. Default 'mean'. */
  mode?: 'sum' | 'mean' | 'max';
  /** Whether the last offset is the end of the last bag, instead of the beginning of one more. Default false. */
  includeLastOffset?: boolean;
}

interface PretrainedBagOptions extends EmbeddingBagLayerOptions {
  /** Whether the table is frozen. Default true. */
  freeze?: boolean;
}

const bagOptions: OptionNames<EmbeddingBagLayerOptions> = {
  ...tableOptions,
  mode: oneOf('sum', 'mean', 'max'),
  includeLastOffset: requireBoolean,
};
const pretrainedOptions: OptionNames<PretrainedBagOptions> = { ...bagOptions, freeze: requireBoolean };

/**
 * The sum, mean or largest of the rows of `weight` for each bag of ids, without the rows themselves as a result between.
 *
 * Shape: ids int32 [bags, n], or a list with `offsets` int32 [bags] where each bag begins → [bags, embeddingDim]. `perSampleWeights`, of the ids' shape,
 * multiply rows in mode 'sum'. Ids equal to `paddingIndex` are left out, also of the mean's count; a bag without ids is 0. Parameter: `weight` as of
 * {@link Embedding}.
 *
 * Throws as {@link Embedding}; {@link ArgumentError} for perSampleWeights with another mode, {@link ShapeError} where ids, offsets and weights do not fit.
 *
 * ```ts
 * const bags = new EmbeddingBag(10, 3, { mode: 'sum' });
 * const ids = tensor([1, 2, 4, 5, 4], { dtype: 'int32' });
 * bags.forward(ids, tensor([0, 3], { dtype: 'int32' })).shape;  // [2, 3]
 * ```
 */
export class EmbeddingBag extends VectorTable {
  static override readonly type: string = 'EmbeddingBag';
  static override readonly options: ModuleOptions = bagOptions;

  readonly mode: 'sum' | 'mean' | 'max';
  readonly includeLastOffset: boolean;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingBagLayerOptions = {}) {
    super(numEmbeddings, embeddingDim, options);
    const { mode = 'mean', includeLastOffset = false, scaleGradByFrequency } = options;
    if (mode === 'max' && scaleGradByFrequency === true)
      throw new ArgumentError(`[EmbeddingBag] scaleGradByFrequency goes with mode 'sum' or 'mean', not 'max'.`);
    this.mode = mode;
    this.includeLastOffset = includeLastOffset;
  }

  /** A layer with the vectors of `weight`, as `Embedding.fromPretrained`. */
  static fromPretrained(weight: Tensor, options: PretrainedBagOptions = {}): EmbeddingBag {
    const [rows, columns] = requireVectors('EmbeddingBag.fromPretrained', weight);
    checkOptions('EmbeddingBag.fromPretrained', options, pretrainedOptions);
    const { freeze = true, ...rest } = options;
    const layer = new EmbeddingBag(rows, columns, rest);
    layer.weight = parameter(weight);
    if (freeze) layer.freeze();
    return layer;
  }

  forward(ids: Tensor, offsets?: Tensor, perSampleWeights?: Tensor): Tensor {
    const { mode, paddingIndex } = this;
    const options: EmbeddingBagOptions = { mode };
    if (paddingIndex !== undefined) options.paddingIndex = paddingIndex;
    if (offsets !== undefined) options.offsets = this.#beginnings(offsets);
    if (perSampleWeights !== undefined) options.perSampleWeights = perSampleWeights;
    return embeddingBag(ids, this.tableFor(ids), options);
  }

  #beginnings(offsets: Tensor): Tensor {
    requireTensor('EmbeddingBag', 'offsets', offsets);
    if (!this.includeLastOffset) return offsets;
    if (offsets.ndim !== 1 || offsets.size === 0)
      throw new ShapeError(`[EmbeddingBag] offsets are a list with the end of the last bag, not ${offsets}.`);
    return offsets.narrow(0, 0, offsets.size - 1);
  }
}
