import { ArgumentError, Tensor } from '@hebb/tensor';
import { describe, requireInteger, typeNameOf } from '@hebb/tensor/arguments';
import { Module, requireModule, type AnyModule } from '../module/module.ts';

/**
 * A layer whose weight is computed of other parameters. It has the layer's members beside them, under the same names, so that a state dict is that of
 * PyTorch's, where the layer itself is changed.
 */
export abstract class Reparametrization<
  Inputs extends readonly unknown[] = [x: Tensor],
  Output = Tensor,
> extends Module<Inputs, Output> {
  static override readonly positional: readonly string[] = ['layer'];

  readonly layer: Module<Inputs, Output>;
  readonly axis: number;

  constructor(layer: Module<Inputs, Output>, axis: number) {
    super();
    const type = typeNameOf(this);
    requireModule(type, 'the layer', layer);
    const { weight } = layer as { readonly weight?: unknown };
    if (!(weight instanceof Tensor && weight.isVariable)) {
      throw new ArgumentError(
        `[${type}] takes a layer with a parameter 'weight'; that of ${layer.describe()} is ${describe(weight)}.`,
        {
          hint: 'A lazy layer has none before initialize; what is wrapped once is not wrapped again.',
        },
      );
    }
    requireInteger(type, 'axis', axis, -weight.ndim, weight.ndim - 1);
    this.layer = layer;
    this.axis = axis < 0 ? axis + weight.ndim : axis;
    // Not among the fields, which are walked and watched: it is another tensor at every call.
    Object.defineProperty(layer, 'weight', { get: () => this.weight, configurable: true, enumerable: false });
  }

  /** The weight that the layer computes with. */
  abstract get weight(): Tensor;

  /** The parameters and buffers of which the weight is computed: names of fields. */
  protected abstract get own(): readonly string[];

  override members(): Iterable<readonly [string, Tensor | AnyModule]> {
    const own = this.own.map((name) => [name, Reflect.get(this, name) as Tensor] as const);
    return [...this.layer.members(), ...own];
  }

  override replaceMember(name: string, value: Tensor | AnyModule): void {
    if (this.own.includes(name)) Reflect.set(this, name, value);
    else this.layer.replaceMember(name, value);
  }

  protected override atSamePlace(): readonly AnyModule[] {
    return [this.layer];
  }

  forward(...inputs: Inputs): Output {
    this.layer.train(this.training);
    return this.layer.forward(...inputs);
  }

  override describe(): string {
    return `${super.describe()} of ${this.layer.describe()}`;
  }
}
