import { ArgumentError, Tensor } from '@hebb/tensor';
import { describe, requireInteger, typeNameOf } from '@hebb/tensor/arguments';
import { Module, requireModule, type AnyModule } from '../module/module.ts';

/**
 * A layer whose weight is computed of other parameters. It has the layer's members beside them, under the same names, so that a state dict is that of
 * PyTorch's, where the layer itself is changed. Around another reparametrization, whose weight it takes as its own, the members of that one are named `layer.…`. Around a lazy layer it begins
 * when `initialize` has made that.
 */
export abstract class Reparametrization<
  Inputs extends readonly unknown[] = [x: Tensor],
  Output = Tensor,
> extends Module<Inputs, Output> {
  static override readonly positional: readonly string[] = ['layer'];

  layer: Module<Inputs, Output>;
  /** Counted from the front, once there is a weight. */
  axis: number;
  #hasBegun = false;
  /** Those around, which begin when this one has. */
  #waiting: (() => void)[] = [];

  constructor(layer: Module<Inputs, Output>, axis: number) {
    super();
    requireModule(typeNameOf(this), 'the layer', layer);
    this.layer = layer;
    this.axis = axis;
  }

  /** Takes over the layer's weight, as soon as there is one. For the constructors of subclasses. */
  protected begin(): void {
    const { layer } = this;
    const type = typeNameOf(this);
    if (!layer.isInitialized) {
      if (layer instanceof Reparametrization) layer.#waiting.push(() => this.begin());
      return;
    }
    const { weight } = layer as { readonly weight?: unknown };
    const isFree = weight instanceof Tensor && (weight.isVariable || layer instanceof Reparametrization);
    if (!isFree || Object.getOwnPropertyDescriptor(layer, 'weight')?.get !== undefined) {
      throw new ArgumentError(
        `[${type}] takes a layer with a parameter 'weight'; that of ${layer.describe()} is ${isFree ? 'that of another reparametrization' : describe(weight)}.`,
        isFree ? { hint: 'What is wrapped once is used through what wraps it: wrap that.' } : {},
      );
    }
    requireInteger(type, 'axis', this.axis, -weight.ndim, weight.ndim - 1);
    if (this.axis < 0) this.axis += weight.ndim;
    this.make(weight.detach());
    this.#hasBegun = true;
    // Not among the fields, which are walked and watched: it is another tensor at every call.
    Object.defineProperty(layer, 'weight', { get: () => this.weight, configurable: true, enumerable: false });
    for (const outer of this.#waiting) outer();
    this.#waiting = [];
  }

  /** Makes the parameters and buffers of a weight. */
  protected abstract make(weight: Tensor): void;

  /** The weight that the layer computes with. */
  abstract get weight(): Tensor;

  /** The weight that a layer computes which is a reparametrization itself; undefined where the weight is made of {@link own} parameters. */
  protected get inner(): Tensor | undefined {
    const { layer } = this;
    if (!(layer instanceof Reparametrization)) return undefined;
    // Its field of that name gives the weight of this one.
    return Reflect.get(Object.getPrototypeOf(layer) as object, 'weight', layer) as Tensor;
  }

  /** The parameters and buffers of which the weight is computed: names of fields. */
  protected abstract get own(): readonly string[];

  override get isInitialized(): boolean {
    return this.#hasBegun;
  }

  /** Whether the layer is a member under its own name: it is not made yet, or has names of its own that could be the same. */
  get #keepsName(): boolean {
    return !this.#hasBegun || this.layer instanceof Reparametrization;
  }

  override members(): Iterable<readonly [string, Tensor | AnyModule]> {
    const own = this.#hasBegun ? this.own.map((name) => [name, Reflect.get(this, name) as Tensor] as const) : [];
    return [...(this.#keepsName ? [['layer', this.layer as AnyModule] as const] : this.layer.members()), ...own];
  }

  override replaceMember(name: string, value: Tensor | AnyModule): void {
    if (this.own.includes(name)) Reflect.set(this, name, value);
    else if (!this.#keepsName) this.layer.replaceMember(name, value);
    else if (this.#hasBegun) super.replaceMember(name, value);
    else {
      this.layer = value as Module<Inputs, Output>;
      this.begin();
    }
  }

  protected override atSamePlace(): readonly AnyModule[] {
    return this.#keepsName ? [] : [this.layer];
  }

  forward(...inputs: Inputs): Output {
    this.layer.train(this.training);
    return this.layer.forward(...inputs);
  }

  override describe(): string {
    return `${super.describe()} of ${this.layer.describe()}`;
  }
}
