/** Activation functions as modules. All keep the shape of their input. */
import { composite, type CompositeDefinition, type Tensor } from '@hebb/tensor';
import { checkOptions, oneOf, requireInteger, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { Module } from '../module/module.ts';

/** max(x, 0). */
export class ReLU extends Module {
  static override readonly type: string = 'ReLU';

  forward(x: Tensor): Tensor {
    requireTensor('ReLU', 'the input', x);
    return x.relu();
  }
}

export interface GELUOptions {
  /** 'none' (default): the exact form with erf. 'tanh': the approximation that GPT-2 uses. */
  approximate?: 'none' | 'tanh';
}

const geluOptions: OptionNames<GELUOptions> = { approximate: oneOf('none', 'tanh') };

/** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). */
export const geluTanh: CompositeDefinition = {
  name: 'geluTanh',
  body(_, x) {
    // (1 + tanh u) / 2 = σ(2u), which keeps its digits where tanh u is near −1.
    const doubled = x.add(x.mul(x).mul(x).mul(0.044715)).mul(2 * Math.sqrt(2 / Math.PI));
    return x.mul(doubled.sigmoid());
  },
};

/**
 * Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415): x · Φ(x), or approximately
 * x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
 */
export class GELU extends Module {
  static override readonly type: string = 'GELU';
  static override readonly options: ModuleOptions = geluOptions;

  readonly approximate: 'none' | 'tanh';

  constructor(options: GELUOptions = {}) {
    super();
    checkOptions('GELU', options, geluOptions);
    const { approximate = 'none' } = options;
    this.approximate = approximate;
  }

  forward(x: Tensor): Tensor {
    requireTensor('GELU', 'the input', x);
    if (this.approximate === 'none') return x.gelu();
    return composite(geluTanh, {}, [x]);
  }
}

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Module {
  static override readonly type: string = 'Sigmoid';

  forward(x: Tensor): Tensor {
    requireTensor('Sigmoid', 'the input', x);
    return x.sigmoid();
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  static override readonly type: string = 'Tanh';

  forward(x: Tensor): Tensor {
    requireTensor('Tanh', 'the input', x);
    return x.tanh();
  }
}

/** eˣ / Σ eˣ along `axis` (default −1). Not needed before `crossEntropy`, which takes logits. */
export class Softmax extends Module {
  static override readonly type: string = 'Softmax';
  static override readonly positional: readonly string[] = ['axis'];

  readonly axis: number;

  constructor(axis = -1) {
    super();
    requireInteger('Softmax', 'axis', axis);
    this.axis = axis;
  }

  forward(x: Tensor): Tensor {
    requireTensor('Softmax', 'the input', x);
    return x.softmax(this.axis);
  }
}
