import { norm, type Tensor } from '@hebb/tensor';
import { checkOptions, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import type { Module } from '../module/module.ts';
import { parameter } from '../module/parameter.ts';
import { Reparametrization } from './reparametrization.ts';

export interface WeightNormOptions {
  /** The axis of the weight that has a length for each of its positions. Default 0: one for each output. */
  axis?: number;
}

const weightNormOptions: OptionNames<WeightNormOptions> = { axis: requireInteger };

/**
 * Weight normalisation: the weight of a layer is g · v / ‖v‖, with length and direction as parameters of their own (Salimans & Kingma 2016,
 * arXiv:1602.07868). The layer is used as it is, and computes with that weight from then on.
 *
 * Parameters: `weight_g`, 1 on all axes but one, and `weight_v`, the shape of the weight, which they make at first; beside them those of the layer. The names
 * are those of PyTorch's `weight_norm` (later versions also have `parametrizations.weight.original0`), as in published models. Around a lazy layer they are made by `initialize`. Around a
 * {@link SpectralNorm} its weight is the direction v, and the parameters of that one are named `layer.…`.
 *
 * @typeParam Inputs - what the layer takes. @typeParam Output - what it gives.
 *
 * Throws {@link ArgumentError} for a layer without a weight.
 *
 * ```ts
 * const layer = new WeightNorm(new Linear(4, 3));
 * [...layer.namedParameters().keys()]; // ['bias', 'weight_g', 'weight_v']
 * layer.forward(ones([2, 4])).shape; // [2, 3]
 * ```
 */
export class WeightNorm<Inputs extends readonly unknown[] = [x: Tensor], Output = Tensor> extends Reparametrization<
  Inputs,
  Output
> {
  static override readonly type: string = 'WeightNorm';
  static override readonly options: ModuleOptions = weightNormOptions;

  declare weight_g: Tensor;
  /** Not there around another reparametrization, whose weight is the direction. */
  declare weight_v: Tensor;

  constructor(layer: Module<Inputs, Output>, options: WeightNormOptions = {}) {
    checkOptions('WeightNorm', options, weightNormOptions);
    super(layer, options.axis ?? 0);
    this.begin();
  }

  protected make(weight: Tensor): void {
    this.weight_g = parameter(this.#lengths(weight));
    if (this.inner === undefined) this.weight_v = parameter(weight);
  }

  #lengths(v: Tensor): Tensor {
    const others = v.shape.map((_, axis) => axis).filter((axis) => axis !== this.axis);
    return norm(v, others, { keepDims: true });
  }

  get weight(): Tensor {
    const direction = this.inner ?? this.weight_v;
    return direction.mul(this.weight_g.div(this.#lengths(direction)));
  }

  protected get own(): readonly string[] {
    return this.inner === undefined ? ['weight_g', 'weight_v'] : ['weight_g'];
  }
}
