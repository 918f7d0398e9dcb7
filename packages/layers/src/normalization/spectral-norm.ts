import { assign, norm, randn, type Tensor } from '@hebb/tensor';
import { checkOptions, requireFinite, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import type { Module } from '../module/module.ts';
import { buffer, parameter } from '../module/parameter.ts';
import { Reparametrization } from './reparametrization.ts';

export interface SpectralNormOptions {
  /** Steps of the power iteration at each call while training. Default 1. */
  iterations?: number;
  /** The least length by which is divided. Default 1e-12. */
  eps?: number;
  /** The axis of the weight that counts outputs; the others together are the inputs. Default 0; transposed convolutions have theirs on axis 1. */
  axis?: number;
}

const spectralNormOptions: OptionNames<SpectralNormOptions> = {
  iterations: true,
  eps: requireFinite,
  axis: requireInteger,
};

/**
 * Spectral normalisation: the weight of a layer is divided by its largest singular value σ, which a power iteration follows (Miyato et al. 2018,
 * arXiv:1802.05957). While training each call takes `iterations` steps of v = Wᵀu / ‖Wᵀu‖, u = Wv / ‖Wv‖ first; σ is uᵀWv, of which u and v are constants to
 * gradients. They are drawn at random, so that σ says nothing before the first calls while training: in evaluation mode load both, or train first.
 *
 * Parameter: `weight_orig`, the shape of the weight; buffers: `weight_u` and `weight_v`, the singular vectors; beside them those of the layer. The names are
 * those of PyTorch's `spectral_norm` (later versions also have `parametrizations.weight.original`), as in published models. Around a lazy layer they are made by `initialize`. Around a
 * {@link WeightNorm} its weight is divided, and the parameters of that one are named `layer.…`.
 *
 * Throws {@link ArgumentError} for a layer without a weight.
 *
 * ```ts
 * const layer = new SpectralNorm(new Linear(4, 3));
 * [...layer.stateDict().keys()]; // ['bias', 'weight_orig', 'weight_u', 'weight_v']
 * layer.forward(ones([2, 4])).shape; // [2, 3]
 * ```
 */
export class SpectralNorm<Inputs extends readonly unknown[] = [x: Tensor], Output = Tensor> extends Reparametrization<
  Inputs,
  Output
> {
  static override readonly type: string = 'SpectralNorm';
  static override readonly options: ModuleOptions = spectralNormOptions;

  readonly iterations: number;
  readonly eps: number;
  /** Not there around another reparametrization, whose weight is divided. */
  declare weight_orig: Tensor;
  declare weight_u: Tensor;
  declare weight_v: Tensor;

  constructor(layer: Module<Inputs, Output>, options: SpectralNormOptions = {}) {
    checkOptions('SpectralNorm', options, spectralNormOptions);
    const { iterations = 1, eps = 1e-12, axis = 0 } = options;
    requirePositiveIntegers('SpectralNorm', { iterations });
    super(layer, axis);
    this.iterations = iterations;
    this.eps = eps;
    this.begin();
  }

  protected make(weight: Tensor): void {
    if (this.inner === undefined) this.weight_orig = parameter(weight);
    const [rows = 1, columns = 1] = this.#matrix(weight).shape;
    this.weight_u = buffer(this.#unit(randn([rows])));
    this.weight_v = buffer(this.#unit(randn([columns])));
  }

  /** The weight before it is divided. */
  get #original(): Tensor {
    return this.inner ?? this.weight_orig;
  }

  /** A weight as a matrix [outputs, inputs]. */
  #matrix(weight: Tensor): Tensor {
    const { axis } = this;
    const others = weight.shape.map((_, other) => other).filter((other) => other !== axis);
    return weight.permute([axis, ...others]).reshape([weight.shape[axis] ?? 1, -1]);
  }

  #unit(x: Tensor): Tensor {
    return x.div(norm(x).maximum(this.eps));
  }

  override forward(...inputs: Inputs): Output {
    if (this.training && this.isInitialized) this.#iterate();
    return super.forward(...inputs);
  }

  #iterate(): void {
    const matrix = this.#matrix(this.#original).detach();
    let [u, v] = [this.weight_u, this.weight_v];
    for (let i = 0; i < this.iterations; i++) {
      v = this.#unit(u.matmul(matrix));
      u = this.#unit(matrix.matmul(v));
    }
    assign(this.weight_u, u);
    assign(this.weight_v, v);
  }

  get weight(): Tensor {
    const weight = this.#original;
    const sigma = this.weight_u.mul(this.#matrix(weight).matmul(this.weight_v)).sum();
    return weight.div(sigma);
  }

  protected get own(): readonly string[] {
    return this.inner === undefined ? ['weight_orig', 'weight_u', 'weight_v'] : ['weight_u', 'weight_v'];
  }
}
