/** What activation functions share as modules: a row each in the files beside this one. */
import type { Tensor } from '@hebb/tensor';
import { checkOptions, requireInteger, requireTensor, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';
import { Module } from '../module/module.ts';

/** y = f(x), element by element: the shape of x is kept. */
export abstract class Activation extends Module {
  /** The function. */
  protected abstract apply(x: Tensor): Tensor;

  forward(x: Tensor): Tensor {
    requireTensor(typeNameOf(this), 'the input', x);
    return this.apply(x);
  }
}

/** An activation function with options; each is a field that may be changed, and compiled functions follow. */
export abstract class ConfiguredActivation<O extends object> extends Activation {
  constructor(options: O, defaults: Required<O>) {
    super();
    const Type = this.constructor as typeof Module;
    checkOptions(typeNameOf(this), options, Type.options as OptionNames<O>);
    for (const name of Object.keys(Type.options) as (keyof O)[])
      Object.assign(this, { [name]: options[name] ?? defaults[name] });
  }

  override describe(): string {
    const names = Object.keys((this.constructor as typeof Module).options);
    const values = names.map((name) => `${name} ${String(Reflect.get(this, name))}`);
    return `${super.describe()} ${values.join(', ')}`;
  }
}

/** A function along one axis, by default the last one. */
export abstract class ActivationAlongAxis extends Activation {
  static override readonly positional: readonly string[] = ['axis'];

  readonly axis: number;

  constructor(axis = -1) {
    super();
    requireInteger(typeNameOf(this), 'axis', axis);
    this.axis = axis;
  }
}
