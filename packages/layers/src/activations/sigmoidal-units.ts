/** Activation functions like the sigmoid, and x times such, as modules. */
import {
  ArgumentError,
  gelu,
  hardsigmoid,
  hardswish,
  logSigmoid,
  mish,
  silu,
  softplus,
  softsign,
  tanhshrink,
  type GeluOptions,
  type SoftplusOptions,
  type Tensor,
} from '@hebb/tensor';
import { oneOf, requireFinite } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Activation, ConfiguredActivation } from './activation.ts';

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Activation {
  static override readonly type: string = 'Sigmoid';
  protected apply(x: Tensor): Tensor {
    return x.sigmoid();
  }
}

/** ln(1 / (1 + e⁻ˣ)), exact also where the sigmoid is 0 or 1 in float32. */
export class LogSigmoid extends Activation {
  static override readonly type: string = 'LogSigmoid';
  protected apply(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** min(max(x + 3, 0), 6) / 6. */
export class Hardsigmoid extends Activation {
  static override readonly type: string = 'Hardsigmoid';
  protected apply(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Activation {
  static override readonly type: string = 'Tanh';
  protected apply(x: Tensor): Tensor {
    return x.tanh();
  }
}

/** x − tanh x. */
export class Tanhshrink extends Activation {
  static override readonly type: string = 'Tanhshrink';
  protected apply(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/** x / (1 + |x|). */
export class Softsign extends Activation {
  static override readonly type: string = 'Softsign';
  protected apply(x: Tensor): Tensor {
    return softsign(x);
  }
}

/**
 * ln(1 + e^(beta · x)) / beta, and x itself where beta · x > threshold; beta 1 and threshold 20 by default.
 *
 * Throws {@link ArgumentError} for beta = 0.
 */
export class Softplus extends ConfiguredActivation<SoftplusOptions> {
  static override readonly type: string = 'Softplus';
  static override readonly options: ModuleOptions = { beta: requireFinite, threshold: requireFinite };
  declare readonly beta: number;
  declare readonly threshold: number;
  constructor(options: SoftplusOptions = {}) {
    super(options, { beta: 1, threshold: 20 });
    if (this.beta === 0) throw new ArgumentError('[Softplus] beta must not be 0, by which the result is divided.');
  }
  protected apply(x: Tensor): Tensor {
    return softplus(x, { beta: this.beta, threshold: this.threshold });
  }
}

/** x · σ(x), also called swish (Hendrycks & Gimpel 2016, arXiv:1606.08415; Ramachandran, Zoph & Le 2017, arXiv:1710.05941). */
export class SiLU extends Activation {
  static override readonly type: string = 'SiLU';
  protected apply(x: Tensor): Tensor {
    return silu(x);
  }
}

/** x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, arXiv:1905.02244). */
export class Hardswish extends Activation {
  static override readonly type: string = 'Hardswish';
  protected apply(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** x · tanh(ln(1 + eˣ)) (Misra 2019, arXiv:1908.08681). */
export class Mish extends Activation {
  static override readonly type: string = 'Mish';
  protected apply(x: Tensor): Tensor {
    return mish(x);
  }
}

/**
 * Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415): x · Φ(x), or with `approximate: 'tanh'`
 * x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
 */
export class GELU extends ConfiguredActivation<GeluOptions> {
  static override readonly type: string = 'GELU';
  static override readonly options: ModuleOptions = { approximate: oneOf('none', 'tanh') };
  declare readonly approximate: 'none' | 'tanh';
  constructor(options: GeluOptions = {}) {
    super(options, { approximate: 'none' });
  }
  protected apply(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
}
