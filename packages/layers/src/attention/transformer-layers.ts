/** The layers of transformers (Vaswani et al. 2017, arXiv:1706.03762). */
import type { Tensor } from '@hebb/tensor';
import { between, checkOptions, requireBoolean, requireFinite, requireInteger, requireOneOf, requireTensor, type OptionNames } from '@hebb/tensor/arguments'; // prettier-ignore
import { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { Module } from '../module/module.ts';
import { LayerNorm } from '../normalization/layer-norm.ts';
import { Dropout } from '../regularization/dropout.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import { MultiheadAttention, type ProjectedKeys } from './multihead-attention.ts';

export interface TransformerLayerOptions {
  /** Features between the two linear layers. Default 2048. */
  dimFeedforward?: number;
  /** Probability of the dropouts: of attention weights, in the middle of the feed-forward block, and of what each block adds. Default 0.1. */
  dropout?: number;
  /** Between the two linear layers: 'relu', 'gelu', or a module, `new GELU({ approximate: 'tanh' })`. Default 'relu'. */
  activation?: 'relu' | 'gelu' | Module;
  /** Added to the variance in layer normalisation. Default 1e-5. */
  layerNormEps?: number;
  /** Whether inputs are [batch, length, dModel], in the place of [length, batch, dModel]. Default false. */
  batchFirst?: boolean;
  /** Whether a block normalises what it takes (x + f(norm(x))), in the place of what it gives (norm(x + f(x))). Default false. */
  normFirst?: boolean;
}

export const transformerLayerOptions: OptionNames<TransformerLayerOptions> = {
  dimFeedforward: (where, name, value) => requireInteger(where, name, value, 1),
  dropout: between(0, 1),
  activation: (where, name, value) => {
    if (!(value instanceof Module)) requireOneOf(where, name, value, ['relu', 'gelu']);
  },
  layerNormEps: requireFinite,
  batchFirst: requireBoolean,
  normFirst: requireBoolean,
};

/** What the layers of encoders and decoders share. */
abstract class TransformerLayer<Inputs extends readonly unknown[]> extends Module<Inputs> {
  static override readonly positional: readonly string[] = ['dModel', 'nhead'];
  static override readonly options: ModuleOptions = transformerLayerOptions;

  readonly dModel: number;
  readonly nhead: number;
  readonly dimFeedforward: number;
  readonly dropout: number;
  readonly layerNormEps: number;
  readonly batchFirst: boolean;
  readonly normFirst: boolean;
  activation: 'relu' | 'gelu' | Module;

  constructor(where: string, dModel: number, nhead: number, options: TransformerLayerOptions) {
    super();
    requirePositiveIntegers(where, { dModel, nhead });
    checkOptions(where, options, transformerLayerOptions);
    const { dimFeedforward = 2048, dropout = 0.1, activation = 'relu', layerNormEps = 1e-5 } = options;
    this.dModel = dModel;
    this.nhead = nhead;
    this.dimFeedforward = dimFeedforward;
    this.dropout = dropout;
    this.layerNormEps = layerNormEps;
    this.batchFirst = options.batchFirst ?? false;
    this.normFirst = options.normFirst ?? false;
    this.activation = activation;
  }

  protected makeAttention(): MultiheadAttention {
    const { dropout, batchFirst } = this;
    return new MultiheadAttention(this.dModel, this.nhead, { dropout, batchFirst });
  }

  protected makeNorm(): LayerNorm {
    return new LayerNorm(this.dModel, { eps: this.layerNormEps });
  }

  protected activate(x: Tensor): Tensor {
    const { activation } = this;
    if (activation instanceof Module) return activation.forward(x);
    return activation === 'relu' ? x.relu() : x.gelu();
  }

  /** x with what a block adds to it, normalised before or after. */
  protected added(x: Tensor, norm: LayerNorm, dropout: Dropout, block: (x: Tensor) => Tensor): Tensor {
    if (this.normFirst) return x.add(dropout.forward(block(norm.forward(x))));
    return norm.forward(x.add(dropout.forward(block(x))));
  }

  override describe(): string {
    return `${super.describe()} ${this.dModel}, ${this.nhead} heads`;
  }
}

/** What a call of {@link TransformerEncoderLayer} may be given. */
export interface EncoderLayerInputs {
  /** Which tokens a token does not see, an `attentionMask` of {@link MultiheadAttention}. Default: none. */
  srcMask?: Tensor | undefined;
  /** bool[batch, length], true at tokens that are padding. Default: none. */
  srcKeyPaddingMask?: Tensor | undefined;
  /** Whether token i sees the tokens 0 … i alone. Default false. */
  isCausal?: boolean;
  /** The tokens before; see {@link MultiheadAttention}. Default: none. */
  cache?: KeyValueCache | undefined;
}

const encoderInputs: OptionNames<EncoderLayerInputs> = {
  srcMask: requireTensor,
  srcKeyPaddingMask: requireTensor,
  isCausal: requireBoolean,
  cache: true,
};

/**
 * Attention of tokens to each other and a feed-forward block of two linear layers, each added to its input and normalised (Vaswani et al. 2017): norm(x + f(x)), or with `normFirst` x + f(norm(x)), as in GPT-2 and ViT.
 *
 * Shape: src [length, batch, dModel], with `batchFirst` [batch, length, dModel], without a batch [length, dModel] → the same. Layers, PyTorch's: `self_attn`, `linear1`, `linear2`, `norm1`, `norm2`, and the dropouts.
 *
 * Throws {@link ArgumentError} where nhead does not divide dModel, {@link ShapeError} for other features and for masks that do not fit.
 *
 * ```ts
 * const layer = new TransformerEncoderLayer(16, 4, { dimFeedforward: 32, batchFirst: true, normFirst: true });
 * layer.forward(zeros([2, 5, 16]), { isCausal: true }).shape; // [2, 5, 16]
 * ```
 */
export class TransformerEncoderLayer extends TransformerLayer<[src: Tensor, options?: EncoderLayerInputs]> {
  static override readonly type: string = 'TransformerEncoderLayer';

  self_attn: MultiheadAttention;
  linear1: Linear;
  dropout0: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super('TransformerEncoderLayer', dModel, nhead, options);
    const { dimFeedforward, dropout } = this;
    this.self_attn = this.makeAttention();
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout0 = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = this.makeNorm();
    this.norm2 = this.makeNorm();
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
  }

  forward(src: Tensor, options: EncoderLayerInputs = {}): Tensor {
    checkOptions('TransformerEncoderLayer', options, encoderInputs);
    const { srcMask: attentionMask, srcKeyPaddingMask: keyPaddingMask, isCausal = false, cache } = options;
    const given = { attentionMask, keyPaddingMask, isCausal, cache };
    const x = this.added(src, this.norm1, this.dropout1, (y) => this.self_attn.forward(y, y, y, given).output);
    return this.added(x, this.norm2, this.dropout2, (y) =>
      this.linear2.forward(this.dropout0.forward(this.activate(this.linear1.forward(y)))),
    );
  }
}

/** What a call of {@link TransformerDecoderLayer} may be given. */
export interface DecoderLayerInputs {
  /** Which tokens a token does not see. Default: none. */
  tgtMask?: Tensor | undefined;
  /** Which tokens of the memory a token does not see. Default: none. */
  memoryMask?: Tensor | undefined;
  /** bool[batch, length], true at tokens that are padding. Default: none. */
  tgtKeyPaddingMask?: Tensor | undefined;
  /** bool[batch, memory length], true where the memory is padding. Default: none. */
  memoryKeyPaddingMask?: Tensor | undefined;
  /** Whether token i sees the tokens 0 … i alone. Default false. */
  tgtIsCausal?: boolean;
  /** Whether token i sees the tokens 0 … i of the memory alone. Default false. */
  memoryIsCausal?: boolean;
  /** The tokens before; see {@link MultiheadAttention}. Default: none. */
  cache?: KeyValueCache | undefined;
  /** Keys and values of the memory, as `projectKeys` of the layer's `multihead_attn` gives them. Default: computed. */
  projected?: ProjectedKeys | undefined;
}

export const decoderInputs: OptionNames<DecoderLayerInputs> = {
  tgtMask: requireTensor,
  memoryMask: requireTensor,
  tgtKeyPaddingMask: requireTensor,
  memoryKeyPaddingMask: requireTensor,
  tgtIsCausal: requireBoolean,
  memoryIsCausal: requireBoolean,
  cache: true,
  projected: true,
};

/**
 * As {@link TransformerEncoderLayer}, with attention to what an encoder gave between the two blocks.
 *
 * Shape: tgt [length, batch, dModel], memory [memory length, batch, dModel], with `batchFirst` the batch first → the shape of tgt. Layers, PyTorch's: `self_attn`, `multihead_attn`, `linear1`, `linear2`, `norm1` … `norm3`, and the dropouts.
 *
 * Throws as {@link TransformerEncoderLayer}.
 *
 * ```ts
 * const layer = new TransformerDecoderLayer(16, 4, { dimFeedforward: 32, batchFirst: true });
 * layer.forward(zeros([2, 5, 16]), zeros([2, 9, 16]), { tgtIsCausal: true }).shape; // [2, 5, 16]
 * ```
 */
export class TransformerDecoderLayer extends TransformerLayer<
  [tgt: Tensor, memory: Tensor, options?: DecoderLayerInputs]
> {
  static override readonly type: string = 'TransformerDecoderLayer';

  self_attn: MultiheadAttention;
  multihead_attn: MultiheadAttention;
  linear1: Linear;
  dropout0: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super('TransformerDecoderLayer', dModel, nhead, options);
    const { dimFeedforward, dropout } = this;
    this.self_attn = this.makeAttention();
    this.multihead_attn = this.makeAttention();
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout0 = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = this.makeNorm();
    this.norm2 = this.makeNorm();
    this.norm3 = this.makeNorm();
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  forward(tgt: Tensor, memory: Tensor, options: DecoderLayerInputs = {}): Tensor {
    checkOptions('TransformerDecoderLayer', options, decoderInputs);
    const { tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, cache, projected } = options;
    const { tgtIsCausal = false, memoryIsCausal = false } = options;
    const own = { attentionMask: tgtMask, keyPaddingMask: tgtKeyPaddingMask, isCausal: tgtIsCausal, cache };
    const other = {
      attentionMask: memoryMask,
      keyPaddingMask: memoryKeyPaddingMask,
      isCausal: memoryIsCausal,
      projected,
    };
    let x = this.added(tgt, this.norm1, this.dropout1, (y) => this.self_attn.forward(y, y, y, own).output);
    x = this.added(x, this.norm2, this.dropout2, (y) => this.multihead_attn.forward(y, memory, memory, other).output);
    return this.added(x, this.norm3, this.dropout3, (y) =>
      this.linear2.forward(this.dropout0.forward(this.activate(this.linear1.forward(y)))),
    );
  }
}
