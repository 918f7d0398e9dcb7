/** Activations by name, so that an architecture's options are JSON. */
import { GELU, Identity, ReLU, Sigmoid, Tanh, type Module } from '@hebb/layers';
import { ArgumentError } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

export type ActivationName = 'relu' | 'gelu' | 'tanh' | 'sigmoid' | 'identity';

/** What each name stands for. */
export const activations: Readonly<Record<ActivationName, () => Module>> = {
  relu: () => new ReLU(),
  gelu: () => new GELU(),
  tanh: () => new Tanh(),
  sigmoid: () => new Sigmoid(),
  identity: () => new Identity(),
};

/** A new module for the name. Throws {@link ArgumentError} for others. */
export function activationNamed(op: string, name: ActivationName): Module {
  if (typeof name === 'string' && Object.hasOwn(activations, name)) return activations[name]();
  throw new ArgumentError(
    `[${op}] there is no activation ${describe(name)}; known are ${Object.keys(activations).join(', ')}.`,
  );
}
