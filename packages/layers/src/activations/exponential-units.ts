/** Activation functions that bend into an exponential below 0, as modules. */
import { ArgumentError, celu, elu, selu, type EluOptions, type Tensor } from '@hebb/tensor';
import { requireFinite } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Activation, ConfiguredActivation } from './activation.ts';

/** x where x > 0, else alpha · (eˣ − 1), alpha 1 by default (Clevert, Unterthiner & Hochreiter 2015, arXiv:1511.07289). */
export class ELU extends ConfiguredActivation<EluOptions> {
  static override readonly type: string = 'ELU';
  static override readonly options: ModuleOptions = { alpha: requireFinite };
  declare readonly alpha: number;
  constructor(options: EluOptions = {}) {
    super(options, { alpha: 1 });
  }
  protected apply(x: Tensor): Tensor {
    return elu(x, { alpha: this.alpha });
  }
}

/** x where x > 0, else alpha · (e^(x / alpha) − 1), alpha 1 by default (Barron 2017, arXiv:1704.07483). Throws {@link ArgumentError} for alpha = 0. */
export class CELU extends ConfiguredActivation<EluOptions> {
  static override readonly type: string = 'CELU';
  static override readonly options: ModuleOptions = { alpha: requireFinite };
  declare readonly alpha: number;
  constructor(options: EluOptions = {}) {
    super(options, { alpha: 1 });
    if (this.alpha === 0) throw new ArgumentError('[CELU] alpha must not be 0, by which x is divided.');
  }
  protected apply(x: Tensor): Tensor {
    return celu(x, { alpha: this.alpha });
  }
}

/**
 * 1.0507 · x where x > 0, else 1.7581 · (eˣ − 1), which keeps mean 0 and variance 1 from layer to layer (Klambauer et al. 2017, arXiv:1706.02515). For
 * weights of variance 1 / fanIn: `kaimingNormal` with `nonlinearity: 'linear'`; for dropout {@link AlphaDropout}.
 */
export class SELU extends Activation {
  static override readonly type: string = 'SELU';
  protected apply(x: Tensor): Tensor {
    return selu(x);
  }
}
