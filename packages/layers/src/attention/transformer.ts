/** Stacks of transformer layers, and an encoder with its decoder. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { checkOptions, describe, listOf, requireArray, requireBoolean, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments'; // prettier-ignore
import { xavierUniform } from '../initialization/initialization.ts';
import { build, type ModuleOptions, type ModuleType } from '../module/build.ts';
import { Module, requireModule, type AnyModule } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { LayerNorm } from '../normalization/layer-norm.ts';
import { KeyValueCache } from './key-value-cache.ts';
import type { ProjectedKeys } from './multihead-attention.ts';
import {
  decoderInputs,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  transformerLayerOptions,
  type DecoderLayerInputs,
  type EncoderLayerInputs,
  type TransformerLayerOptions,
} from './transformer-layers.ts';

export interface TransformerStackOptions {
  /** What the result goes through, a `LayerNorm` where layers are `normFirst`. Default: nothing. */
  norm?: Module | undefined;
}

/** Deeper ones are mistakes: the deepest transformers have a thousand layers (Wang et al. 2022, arXiv:2203.00555). */
const mostLayers = 1024;

function requireCount(where: string, name: string, value: unknown): asserts value is number {
  requireInteger(where, name, value, 1);
  if (value > mostLayers)
    throw new ArgumentError(`[${where}] ${name} is ${value}; more than ${mostLayers} layers are none that train.`);
}

const stackOptions: OptionNames<TransformerStackOptions> = { norm: requireModule };

/** Copies of a layer with its weights, or the layers that were given. */
function layersOf<L extends AnyModule>(where: string, given: L | readonly L[], count: number | undefined): L[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  list.forEach((layer, i) => requireModule(where, Array.isArray(given) ? `layers[${i}]` : 'the layer', layer));
  if (count !== undefined) requireCount(where, 'numLayers', count);
  if (!Array.isArray(given)) {
    const layer = given as L;
    return Array.from({ length: count ?? 1 }, (_, i) => (i === 0 ? layer : copyOf(layer)));
  }
  if (list.length === 0 || (count ?? list.length) !== list.length)
    throw new ArgumentError(
      `[${where}] takes numLayers layers, one or more, not ${list.length} and ${describe(count)}.`,
    );
  return [...(given as readonly L[])];
}

/** Another module of the same configuration with the same weights. */
function copyOf<M extends AnyModule>(module: M): M {
  const types: Record<string, ModuleType> = {};
  for (const { constructor } of module.namedModules().values()) {
    const type = constructor as unknown as ModuleType & { readonly type: string };
    types[type.type] = type;
  }
  const copy = build(module.config(), types) as AnyModule as M;
  copy.loadStateDict(module.stateDict());
  return copy.train(module.training);
}

function requireCaches(where: string, name: string, value: unknown): void {
  listOf((place, item, cache) => {
    if (!(cache instanceof KeyValueCache)) throw new ArgumentError(`[${place}] ${item} is no KeyValueCache.`);
  })(where, name, value);
}

/** Throws {@link ArgumentError} unless there is one for each layer, where there are any. */
function requireOneEach(where: string, what: string, given: readonly unknown[] | undefined, layers: number): void {
  if (given !== undefined && given.length !== layers)
    throw new ArgumentError(`[${where}] takes ${what} for each of the ${layers} layers, not ${given.length}.`);
}

/** What a call of {@link TransformerEncoder} may be given. */
export interface EncoderInputs extends Omit<EncoderLayerInputs, 'srcMask' | 'cache'> {
  /** Which tokens a token does not see. Default: none. */
  mask?: Tensor | undefined;
  /** A cache for each layer. Default: none. */
  caches?: readonly KeyValueCache[] | undefined;
}

const encoderOptions: OptionNames<EncoderInputs> = {
  mask: requireTensor,
  srcKeyPaddingMask: requireTensor,
  isCausal: requireBoolean,
  caches: requireCaches,
};

/**
 * Encoder layers one after the other: `numLayers` of one layer, the layer itself and copies with the same weights, as in PyTorch; or a list of layers.
 *
 * Shape: src [length, batch, dModel], with `batchFirst` of the layers [batch, length, dModel] → the same. With `isCausal` it is a decoder alone, as GPT-2's; `createCaches` makes what a call needs to go on from tokens
 * before. Layers: `layers.0`, …, and `norm`.
 *
 * Throws {@link ArgumentError} for a number of layers below 1, and for what is no layer.
 *
 * ```ts
 * const encoder = new TransformerEncoder(new TransformerEncoderLayer(16, 4, { dimFeedforward: 32 }), 2);
 * encoder.forward(zeros([5, 2, 16])).shape; // [5, 2, 16]
 * ```
 */
export class TransformerEncoder extends Module<[src: Tensor, options?: EncoderInputs]> {
  static override readonly type: string = 'TransformerEncoder';
  static override readonly positional: readonly string[] = ['layers', 'numLayers'];
  static override readonly options: ModuleOptions = stackOptions;

  readonly layers: readonly TransformerEncoderLayer[];
  norm: Module | undefined;

  constructor(
    layers: TransformerEncoderLayer | readonly TransformerEncoderLayer[],
    numLayers?: number,
    options: TransformerStackOptions = {},
  ) {
    super();
    checkOptions('TransformerEncoder', options, stackOptions);
    this.layers = layersOf('TransformerEncoder', layers, numLayers);
    this.norm = options.norm;
  }

  get numLayers(): number {
    return this.layers.length;
  }

  /** An empty cache for each layer. */
  createCaches(sizes: { readonly batch: number; readonly capacity: number }): KeyValueCache[] {
    return this.layers.map(({ self_attn }) => self_attn.createCache(sizes));
  }

  forward(src: Tensor, options: EncoderInputs = {}): Tensor {
    checkOptions('TransformerEncoder', options, encoderOptions);
    const { mask: srcMask, caches, ...given } = options;
    requireOneEach('TransformerEncoder', 'a cache', caches, this.numLayers);
    const x = this.layers.reduce((y, layer, i) => layer.forward(y, { ...given, srcMask, cache: caches?.[i] }), src);
    return this.norm === undefined ? x : this.norm.forward(x);
  }
}

/** What a call of {@link TransformerDecoder} may be given. */
export interface DecoderInputs extends Omit<DecoderLayerInputs, 'cache' | 'projected'> {
  /** A cache for each layer. Default: none. */
  caches?: readonly KeyValueCache[] | undefined;
  /** Keys and values of the memory for each layer, as {@link TransformerDecoder.projectMemory} gives them, so that a step of generation does not compute them again. Default: none. */
  projected?: readonly ProjectedKeys[] | undefined;
}

const { cache: _, projected: __, ...decoderMasks } = decoderInputs;
const decoderOptions: OptionNames<DecoderInputs> = {
  ...decoderMasks,
  caches: requireCaches,
  projected: (where, name, value) => requireArray(where, name, value),
};

/**
 * Decoder layers one after the other, made as those of {@link TransformerEncoder}.
 *
 * Shape: tgt [length, batch, dModel] and memory [memory length, batch, dModel], with `batchFirst` of the layers the batch first → the shape of tgt.
 *
 * Throws as {@link TransformerEncoder}.
 *
 * ```ts
 * const decoder = new TransformerDecoder(new TransformerDecoderLayer(16, 4, { dimFeedforward: 32 }), 2);
 * decoder.forward(zeros([5, 2, 16]), zeros([7, 2, 16])).shape; // [5, 2, 16]
 * ```
 */
export class TransformerDecoder extends Module<[tgt: Tensor, memory: Tensor, options?: DecoderInputs]> {
  static override readonly type: string = 'TransformerDecoder';
  static override readonly positional: readonly string[] = ['layers', 'numLayers'];
  static override readonly options: ModuleOptions = stackOptions;

  readonly layers: readonly TransformerDecoderLayer[];
  norm: Module | undefined;

  constructor(
    layers: TransformerDecoderLayer | readonly TransformerDecoderLayer[],
    numLayers?: number,
    options: TransformerStackOptions = {},
  ) {
    super();
    checkOptions('TransformerDecoder', options, stackOptions);
    this.layers = layersOf('TransformerDecoder', layers, numLayers);
    this.norm = options.norm;
  }

  get numLayers(): number {
    return this.layers.length;
  }

  /** An empty cache for each layer. */
  createCaches(sizes: { readonly batch: number; readonly capacity: number }): KeyValueCache[] {
    return this.layers.map(({ self_attn }) => self_attn.createCache(sizes));
  }

  /** Keys and values of a memory for each layer, for `projected` of {@link forward}. */
  projectMemory(memory: Tensor): ProjectedKeys[] {
    return this.layers.map(({ multihead_attn }) => multihead_attn.projectKeys(memory));
  }

  forward(tgt: Tensor, memory: Tensor, options: DecoderInputs = {}): Tensor {
    checkOptions('TransformerDecoder', options, decoderOptions);
    const { caches, projected, ...given } = options;
    requireOneEach('TransformerDecoder', 'a cache', caches, this.numLayers);
    requireOneEach('TransformerDecoder', 'keys and values', projected, this.numLayers);
    const x = this.layers.reduce(
      (y, layer, i) => layer.forward(y, memory, { ...given, cache: caches?.[i], projected: projected?.[i] }),
      tgt,
    );
    return this.norm === undefined ? x : this.norm.forward(x);
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  /** Layers of the encoder. Default 6. */
  numEncoderLayers?: number;
  /** Layers of the decoder. Default 6. */
  numDecoderLayers?: number;
}

const transformerOptions: OptionNames<TransformerOptions> = {
  ...transformerLayerOptions,
  numEncoderLayers: requireCount,
  numDecoderLayers: requireCount,
};

/** What a call of {@link Transformer} may be given. */
export interface TransformerInputs extends Omit<DecoderLayerInputs, 'cache' | 'projected'> {
  /** Which tokens of the source do not see which. Default: none. */
  srcMask?: Tensor | undefined;
  /** bool[batch, source length], true at tokens that are padding. Default: none. */
  srcKeyPaddingMask?: Tensor | undefined;
  /** Whether token i of the source sees the tokens 0 … i alone. Default false. */
  srcIsCausal?: boolean;
}

const transformerInputs: OptionNames<TransformerInputs> = {
  ...decoderMasks,
  srcMask: requireTensor,
  srcKeyPaddingMask: requireTensor,
  srcIsCausal: requireBoolean,
};

/**
 * An encoder of a source and a decoder of a target that attends to it (Vaswani et al. 2017, arXiv:1706.03762), both with a layer normalisation at their end. Embeddings, positions and the projection to words are the model's own.
 *
 * Shape: src [source length, batch, dModel], tgt [target length, batch, dModel], with `batchFirst` the batch first → the shape of tgt. Parts: `encoder`, a {@link TransformerEncoder}, and `decoder`, a
 * {@link TransformerDecoder}; weights are Glorot-uniform at first. A target that is to be predicted needs `tgtIsCausal`.
 *
 * Throws {@link ArgumentError} where nhead does not divide dModel, {@link ShapeError} for other features and for masks that do not fit.
 *
 * ```ts
 * const model = new Transformer(16, 4, { numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 32, batchFirst: true });
 * model.forward(zeros([2, 7, 16]), zeros([2, 5, 16]), { tgtIsCausal: true }).shape; // [2, 5, 16]
 * ```
 */
export class Transformer extends Module<[src: Tensor, tgt: Tensor, options?: TransformerInputs]> {
  static override readonly type: string = 'Transformer';
  static override readonly positional: readonly string[] = ['dModel', 'nhead'];
  static override readonly options: ModuleOptions = transformerOptions;

  readonly dModel: number;
  readonly nhead: number;
  readonly numEncoderLayers: number;
  readonly numDecoderLayers: number;
  readonly dimFeedforward: number;
  readonly dropout: number;
  readonly activation: 'relu' | 'gelu' | Module;
  readonly layerNormEps: number;
  readonly batchFirst: boolean;
  readonly normFirst: boolean;
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;

  constructor(dModel = 512, nhead = 8, options: TransformerOptions = {}) {
    super();
    checkOptions('Transformer', options, transformerOptions);
    const { numEncoderLayers = 6, numDecoderLayers = 6, ...ofLayers } = options;
    const list = <L>(length: number, make: () => L): L[] => Array.from({ length }, make);
    const encoderLayers = list(numEncoderLayers, () => new TransformerEncoderLayer(dModel, nhead, ofLayers));
    const decoderLayers = list(numDecoderLayers, () => new TransformerDecoderLayer(dModel, nhead, ofLayers));
    const { dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst } = encoderLayers[0] as TransformerEncoderLayer; // prettier-ignore
    this.dModel = dModel;
    this.nhead = nhead;
    this.numEncoderLayers = numEncoderLayers;
    this.numDecoderLayers = numDecoderLayers;
    this.dimFeedforward = dimFeedforward;
    this.dropout = dropout;
    this.activation = activation;
    this.layerNormEps = layerNormEps;
    this.batchFirst = batchFirst;
    this.normFirst = normFirst;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps: layerNormEps });
    this.encoder = new TransformerEncoder(encoderLayers, numEncoderLayers, { norm: norm() });
    this.decoder = new TransformerDecoder(decoderLayers, numDecoderLayers, { norm: norm() });
    for (const [name, { ndim, shape }] of this.namedParameters())
      if (ndim > 1) this.setMember(name, parameter(xavierUniform(shape)));
  }

  forward(src: Tensor, tgt: Tensor, options: TransformerInputs = {}): Tensor {
    checkOptions('Transformer', options, transformerInputs);
    const { srcMask: mask, srcKeyPaddingMask, srcIsCausal: isCausal = false, ...ofDecoder } = options;
    const memory = this.encoder.forward(src, { mask, srcKeyPaddingMask, isCausal });
    return this.decoder.forward(tgt, memory, ofDecoder);
  }

  override describe(): string {
    return `${super.describe()} ${this.dModel}, ${this.nhead} heads`;
  }
}
