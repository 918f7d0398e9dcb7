/** Activation functions as modules. All keep the shape of their input. */
import { composite, type CompositeDefinition, type Tensor } from '@hebb/tensor';
import { checkOptions, requireOneOf, type OptionNames, requireTensor, requireInteger } from '@hebb/tensor/arguments';
import type { ModuleConfig } from './build.ts';
import { Module } from './module.ts';

/** max(x, 0). */
export class ReLU extends Module {
  static override readonly name: string = 'ReLU';

  static fromConfig(): ReLU {
    return new ReLU();
  }

  forward(x: Tensor): Tensor {
    requireTensor('ReLU', 'the input', x);
    return x.relu();
  }

  override config(): ModuleConfig {
    return { type: 'ReLU' };
  }
}

export interface GELUOptions {
  /** 'none' (default): the exact form with erf. 'tanh': the approximation that GPT-2 uses. */
  approximate?: 'none' | 'tanh';
}

const geluOptions: OptionNames<GELUOptions> = { approximate: true };

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
  static override readonly name: string = 'GELU';

  readonly approximate: 'none' | 'tanh';

  constructor(options: GELUOptions = {}) {
    super();
    checkOptions('GELU', options, geluOptions);
    const { approximate = 'none' } = options;
    requireOneOf('GELU', 'approximate', approximate, ['none', 'tanh']);
    this.approximate = approximate;
  }

  static fromConfig(config: ModuleConfig): GELU {
    const { type: _, ...options } = config;
    return new GELU(options);
  }

  forward(x: Tensor): Tensor {
    requireTensor('GELU', 'the input', x);
    if (this.approximate === 'none') return x.gelu();
    return composite(geluTanh, {}, [x]);
  }

  override config(): ModuleConfig {
    return { type: 'GELU', approximate: this.approximate };
  }
}

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Module {
  static override readonly name: string = 'Sigmoid';

  static fromConfig(): Sigmoid {
    return new Sigmoid();
  }

  forward(x: Tensor): Tensor {
    requireTensor('Sigmoid', 'the input', x);
    return x.sigmoid();
  }

  override config(): ModuleConfig {
    return { type: 'Sigmoid' };
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  static override readonly name: string = 'Tanh';

  static fromConfig(): Tanh {
    return new Tanh();
  }

  forward(x: Tensor): Tensor {
    requireTensor('Tanh', 'the input', x);
    return x.tanh();
  }

  override config(): ModuleConfig {
    return { type: 'Tanh' };
  }
}

/** eˣ / Σ eˣ along `axis` (default −1). Not needed before `crossEntropy`, which takes logits. */
export class Softmax extends Module {
  static override readonly name: string = 'Softmax';

  readonly axis: number;

  constructor(axis = -1) {
    super();
    requireInteger('Softmax', 'axis', axis);
    this.axis = axis;
  }

  static fromConfig(config: ModuleConfig): Softmax {
    return new Softmax(config['axis'] as number | undefined);
  }

  forward(x: Tensor): Tensor {
    requireTensor('Softmax', 'the input', x);
    return x.softmax(this.axis);
  }

  override config(): ModuleConfig {
    return { type: 'Softmax', axis: this.axis };
  }
}
