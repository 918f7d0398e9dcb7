/** Low-rank adaptation (Hu et al. 2021, arXiv:2106.09685): W + (alpha / rank) · B A in the place of a weight W, of which A and B alone are trained. */
import { assign, concat, ones, zeros, type Tensor } from '@hebb/tensor';
import { ArgumentError } from '@hebb/tensor';
import { between, checkOptions, listOf, oneOf, requireBoolean, requireFinite, requireInteger, wrongArgument, type OptionNames } from '@hebb/tensor/arguments'; // prettier-ignore
import { MultiheadAttention, type Attended, type AttendOptions, type AttentionProjection } from '../attention/multihead-attention.ts'; // prettier-ignore
import { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { Module, type AnyModule } from '../module/module.ts';
import { buffer, parameter } from '../module/parameter.ts';
import { Dropout } from '../regularization/dropout.ts';

export interface LoRAOptions {
  /** Rows of A, columns of B. Default 8. */
  rank?: number;
  /** What is added is multiplied by alpha / rank. Default: the rank. */
  alpha?: number;
  /** Probability with which inputs of A are dropped while training. Default 0. */
  dropout?: number;
}

export interface LoRALayerOptions extends LoRAOptions {
  /** Whether the weights of the layer inside are to be those of an adapter that was merged before it was saved; see {@link LoRA.merged}. Default false. */
  merged?: boolean;
}

export const loraOptions: OptionNames<LoRAOptions> = {
  rank: (where, name, value) => requireInteger(where, name, value, 1),
  alpha: requireFinite,
  dropout: between(0, 1),
};

const layerOptions: OptionNames<LoRALayerOptions> = { ...loraOptions, merged: requireBoolean };

/** A and B for a weight, B · A being 0 at first. */
function pairFor(inFeatures: number, outFeatures: number, rank: number): { readonly A: Linear; readonly B: Linear } {
  const B = new Linear(rank, outFeatures, { bias: false });
  B.weight = parameter(zeros([outFeatures, rank]));
  return { A: new Linear(inFeatures, rank, { bias: false }), B };
}

/**
 * What the adapters share. The layer inside is frozen; its weights stay what they are until {@link LoRA.merge}, so that several tasks share one model, each with its `loraStateDict`.
 *
 * @typeParam L - the layer inside.
 */
export abstract class LoRA<
  L extends AnyModule = AnyModule,
  Inputs extends readonly unknown[] = Tensor[],
  Output = Tensor,
> extends Module<Inputs, Output> {
  static override readonly positional: readonly string[] = ['base_layer'];
  static override readonly options: ModuleOptions = layerOptions;

  /** The layer inside, named as in files of adapters elsewhere. */
  readonly base_layer: L;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly lora_dropout: Dropout;
  /** A buffer, where what was learnt is in the weights of the layer inside: so the state of a merged adapter does not fit one that is not, and is not added twice. */
  merged: Tensor | undefined;

  constructor(layer: L, { rank = 8, alpha = rank, dropout = 0, merged = false }: LoRALayerOptions) {
    super();
    freezeExceptAdapters(layer);
    this.base_layer = layer;
    this.rank = rank;
    this.alpha = alpha;
    this.dropout = dropout;
    this.lora_dropout = new Dropout(dropout);
    this.merged = merged ? buffer(ones([])) : undefined;
  }

  /** What is to be added to the weights that are adapted, by their names in the layer inside. */
  protected abstract updates(): readonly (readonly [name: string, update: Tensor])[];

  /** (alpha / rank) · B (A x). */
  protected added(x: Tensor, A: Linear, B: Linear): Tensor {
    return B.forward(A.forward(this.lora_dropout.forward(x))).mul(this.alpha / this.rank);
  }

  /**
   * Adds what was learnt to the weights inside, so that the layer costs what it did without an adapter. They are new parameters then: a layer with which a weight was shared (tied weights)
   * keeps the old one. Nothing happens where it has been added.
   */
  merge(): this {
    if (this.merged !== undefined) return this;
    for (const [name, update] of this.updates()) {
      const weight = this.#weight(name);
      const sum = parameter(weight.add(update).to(weight.dtype));
      sum.trainable = weight.trainable;
      this.base_layer.setMember(name, sum);
    }
    this.merged = buffer(ones([]));
    return this;
  }

  /** Takes it out of the weights again, which stay parameters of this layer alone. */
  unmerge(): this {
    if (this.merged === undefined) return this;
    for (const [name, update] of this.updates()) {
      const weight = this.#weight(name);
      assign(weight, weight.sub(update).to(weight.dtype));
    }
    this.merged = undefined;
    return this;
  }

  #weight(name: string): Tensor {
    return this.base_layer.getMember(name) as Tensor;
  }

  override describe(): string {
    return `${super.describe()} of rank ${this.rank}`;
  }
}

/** Freezes a layer or a model; what adapters in it learn goes on training. */
export function freezeExceptAdapters(model: AnyModule): void {
  const learnt = new Set<Tensor>();
  for (const adapter of model.namedModules().values()) {
    if (!(adapter instanceof LoRA)) continue;
    for (const [name, value] of adapter.namedParameters()) if (/^lora_[AB]\./.test(name)) learnt.add(value);
  }
  for (const value of model.parameters()) if (!learnt.has(value)) value.trainable = false;
}

/** (alpha / rank) · B A. */
function product({ alpha, rank }: LoRA<AnyModule, never, unknown>, A: Linear, B: Linear): Tensor {
  return B.weight.matmul(A.weight).mul(alpha / rank);
}

/**
 * A {@link Linear} with an adapter: y = x Wᵀ + b + (alpha / rank) · B A x (Hu et al. 2021, arXiv:2106.09685).
 *
 * Shape: x [..., inFeatures] → [..., outFeatures]. Parameters: those of the layer, frozen, under `base_layer`; `lora_A.weight` [rank, inFeatures], as those of a Linear at first, and `lora_B.weight` [outFeatures, rank], 0 at first.
 *
 * Throws {@link ArgumentError} where the layer is none, or a rank no integer ≥ 1.
 *
 * ```ts
 * const layer = new LoRALinear(new Linear(16, 8), { rank: 2, alpha: 4 });
 * [...layer.trainableParameters().keys()]; // ['lora_A.weight', 'lora_B.weight']
 * layer.merge().forward(zeros([3, 16])).shape; // [3, 8]
 * ```
 */
export class LoRALinear extends LoRA<Linear> {
  static override readonly type: string = 'LoRALinear';

  readonly lora_A: Linear;
  readonly lora_B: Linear;

  constructor(layer: Linear, options: LoRALayerOptions = {}) {
    if (!(layer instanceof Linear)) throw wrongArgument('LoRALinear', 'the layer', 'a Linear', layer);
    checkOptions('LoRALinear', options, layerOptions);
    super(layer, options);
    const { A, B } = pairFor(layer.inFeatures, layer.outFeatures, this.rank);
    this.lora_A = A;
    this.lora_B = B;
  }

  protected updates(): readonly (readonly [string, Tensor])[] {
    return [['weight', product(this, this.lora_A, this.lora_B)]];
  }

  forward(x: Tensor): Tensor {
    const y = this.base_layer.forward(x);
    return this.merged !== undefined ? y : y.add(this.added(x, this.lora_A, this.lora_B));
  }
}

export type LoRATarget = 'query' | 'key' | 'value';

export interface LoRAAttentionOptions extends LoRALayerOptions {
  /** Which projections are adapted. Default ['query', 'value'], as in the paper. */
  targets?: readonly LoRATarget[];
}

const attentionOptions: OptionNames<LoRAAttentionOptions> = {
  ...layerOptions,
  targets: listOf(oneOf('query', 'key', 'value')),
};

const parts = ['query', 'key', 'value'] as const;

/**
 * A {@link MultiheadAttention} with adapters of its projections of queries, keys and values (Hu et al. 2021, arXiv:2106.09685); its `out_proj` is a Linear, which takes a {@link LoRALinear}.
 *
 * Shapes are those of the layer. Parameters: those of the layer, frozen, under `base_layer`; `lora_A.query.weight` [rank, embedDim], `lora_B.query.weight` [embedDim, rank], and likewise for other targets.
 *
 * Throws {@link ArgumentError} where the layer is none, or a rank no integer ≥ 1, and without targets.
 *
 * ```ts
 * const attention = new LoRAAttention(new MultiheadAttention(16, 4), { rank: 2 });
 * [...attention.trainableParameters().keys()]; // ['lora_A.query.weight', 'lora_A.value.weight', 'lora_B.query.weight', 'lora_B.value.weight']
 * attention.forward(zeros([5, 2, 16])).output.shape; // [5, 2, 16]
 * ```
 */
export class LoRAAttention extends LoRA<MultiheadAttention, Parameters<MultiheadAttention['forward']>, Attended> {
  static override readonly type: string = 'LoRAAttention';
  static override readonly options: ModuleOptions = attentionOptions;

  readonly targets: readonly LoRATarget[];
  readonly lora_A: Readonly<Partial<Record<LoRATarget, Linear>>>;
  readonly lora_B: Readonly<Partial<Record<LoRATarget, Linear>>>;

  constructor(layer: MultiheadAttention, options: LoRAAttentionOptions = {}) {
    if (!(layer instanceof MultiheadAttention))
      throw wrongArgument('LoRAAttention', 'the layer', 'a MultiheadAttention', layer);
    checkOptions('LoRAAttention', options, attentionOptions);
    super(layer, options);
    const { targets = ['query', 'value'] } = options;
    this.targets = parts.filter((part) => targets.includes(part));
    if (this.targets.length === 0) throw new ArgumentError('[LoRAAttention] needs a target: query, key or value.');
    const features = { query: layer.embedDim, key: layer.kdim, value: layer.vdim };
    const pairs = this.targets.map(
      (part) => [part, pairFor(features[part], layer.rowsOf(part)[1], this.rank)] as const,
    );
    this.lora_A = Object.fromEntries(pairs.map(([part, { A }]) => [part, A]));
    this.lora_B = Object.fromEntries(pairs.map(([part, { B }]) => [part, B]));
  }

  /** An empty cache for the layer inside. */
  createCache(sizes: {
    readonly batch: number;
    readonly capacity: number;
  }): ReturnType<MultiheadAttention['createCache']> {
    return this.base_layer.createCache(sizes);
  }

  protected updates(): readonly (readonly [string, Tensor])[] {
    const { base_layer: layer } = this;
    if (layer.in_proj_weight !== undefined) {
      const rows = parts.map((part) => this.#product(part) ?? zeros([layer.rowsOf(part)[1], layer.embedDim]));
      return [['in_proj_weight', concat(rows, 0)]];
    }
    const own = { query: 'q_proj_weight', key: 'k_proj_weight', value: 'v_proj_weight' };
    return this.targets.map((part) => [own[part], this.#product(part) as Tensor] as const);
  }

  #product(part: LoRATarget): Tensor | undefined {
    const [A, B] = [this.lora_A[part], this.lora_B[part]];
    return A && B && product(this, A, B);
  }

  forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: AttendOptions = {}): Attended {
    if (this.merged !== undefined) return this.base_layer.forward(query, key, value, options);
    const project = (x: Tensor, part: AttentionProjection): Tensor => this.#project(x, part);
    return this.base_layer.forward(query, key, value, { ...options, project });
  }

  #project(x: Tensor, part: AttentionProjection): Tensor {
    const y = this.base_layer.project(x, part);
    const updateOf = (target: LoRATarget): Tensor | undefined => {
      const [A, B] = [this.lora_A[target], this.lora_B[target]];
      return A && B && this.added(x, A, B);
    };
    if (part !== 'packed') {
      const update = updateOf(part);
      return update === undefined ? y : y.add(update);
    }
    const none = (target: LoRATarget): Tensor => zeros([...x.shape.slice(0, -1), this.base_layer.rowsOf(target)[1]]);
    return y.add(
      concat(
        parts.map((target) => updateOf(target) ?? none(target)),
        -1,
      ),
    );
  }
}
