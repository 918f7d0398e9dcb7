import { ArgumentError, ShapeError, Tensor } from '@hebb/tensor';
import { checkOptions, describe, requireFinite, requireTensor, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleOptions } from '../module/build.ts';
import { requireModule, Module } from '../module/module.ts';

export interface ResidualOptions {
  /** What x goes through on the way around `inner`, where that changes the shape: a Linear, a 1 × 1 convolution. Default: x as it is. */
  projection?: Module<[x: Tensor]>;
  /** Factor of what `inner` gives. Default 1. */
  scale?: number;
}

export const residualOptions: OptionNames<ResidualOptions> = {
  projection: (where, name, value) => requireModule(where, name, value),
  scale: requireFinite,
};

/**
 * y = p(x) + scale · f(x): a way around the module `inner`, f (He et al. 2016, arXiv:1512.03385); p is the projection, or the identity. More inputs
 * (the edges of a graph, a mask) go to f alone.
 *
 * Shape: that of f(x), which p(x) must have, too.
 *
 * Throws {@link ArgumentError} for what is no module, {@link ShapeError} where the two shapes differ.
 *
 * ```ts
 * const block = new Residual(new Sequential(new Linear(4, 4), new ReLU()), { scale: 0.5 });
 * block.forward(zeros([2, 4])).shape;  // [2, 4]
 * ```
 */
export class Residual<Rest extends readonly unknown[] = []> extends Module<[x: Tensor, ...rest: Rest]> {
  static override readonly type: string = 'Residual';
  static override readonly positional: readonly string[] = ['inner'];
  static override readonly options: ModuleOptions = residualOptions;

  readonly inner: Module<[x: Tensor, ...rest: Rest]>;
  readonly projection: Module<[x: Tensor]> | undefined;
  readonly scale: number;

  constructor(inner: Module<[x: Tensor, ...rest: Rest]>, options: ResidualOptions = {}) {
    super();
    requireModule('Residual', 'inner', inner);
    checkOptions('Residual', options, residualOptions);
    const { projection, scale = 1 } = options;
    this.inner = inner;
    this.projection = projection;
    this.scale = scale;
  }

  forward(x: Tensor, ...rest: Rest): Tensor {
    requireTensor('Residual', 'the input', x);
    const change: unknown = this.inner.forward(x, ...rest);
    if (!(change instanceof Tensor))
      throw new ArgumentError(`[Residual] ${this.inner.describe()} returned ${describe(change)}, not one tensor.`);
    const around = this.projection === undefined ? x : this.projection.forward(x);
    if (around.shape.join() !== change.shape.join())
      throw new ShapeError(
        `[Residual] what goes around, ${around}, and what ${this.inner.describe()} gives, ${change}, differ in shape.`,
        { hint: 'Give it a projection: new Residual(inner, { projection: new Linear(inFeatures, outFeatures) }).' },
      );
    return around.add(this.scale === 1 ? change : change.mul(this.scale));
  }

  override describe(): string {
    return this.scale === 1 ? super.describe() : `${super.describe()} × ${this.scale}`;
  }
}
