/** Activations by name, so that an architecture's options are JSON. */
import {
  CELU,
  ELU,
  GELU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  LeakyReLU,
  LogSigmoid,
  Mish,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  type Module,
} from '@hebb/layers';
import { ArgumentError } from '@hebb/tensor';
import { describe, nearest } from '@hebb/tensor/arguments';

/** All activations without parameters and without options that must be given, by the names of the functions. */
export type ActivationName =
  | 'relu'
  | 'gelu'
  | 'tanh'
  | 'sigmoid'
  | 'identity'
  | 'celu'
  | 'elu'
  | 'hardShrink'
  | 'hardSigmoid'
  | 'hardSwish'
  | 'hardTanh'
  | 'leakyRelu'
  | 'logSigmoid'
  | 'mish'
  | 'relu6'
  | 'rrelu'
  | 'selu'
  | 'silu'
  | 'softplus'
  | 'softShrink'
  | 'softSign'
  | 'tanhShrink';

/** What each name stands for. */
export const activations: Readonly<Record<ActivationName, () => Module>> = {
  relu: () => new ReLU(),
  gelu: () => new GELU(),
  tanh: () => new Tanh(),
  sigmoid: () => new Sigmoid(),
  identity: () => new Identity(),
  celu: () => new CELU(),
  elu: () => new ELU(),
  hardShrink: () => new Hardshrink(),
  hardSigmoid: () => new Hardsigmoid(),
  hardSwish: () => new Hardswish(),
  hardTanh: () => new Hardtanh(),
  leakyRelu: () => new LeakyReLU(),
  logSigmoid: () => new LogSigmoid(),
  mish: () => new Mish(),
  relu6: () => new ReLU6(),
  rrelu: () => new RReLU(),
  selu: () => new SELU(),
  silu: () => new SiLU(),
  softplus: () => new Softplus(),
  softShrink: () => new Softshrink(),
  softSign: () => new Softsign(),
  tanhShrink: () => new Tanhshrink(),
};

/** A new module for the name. Throws {@link ArgumentError} for others. */
export function activationNamed(op: string, name: ActivationName): Module {
  if (typeof name === 'string' && Object.hasOwn(activations, name)) return activations[name]();
  const known = Object.keys(activations);
  const near = typeof name === 'string' ? nearest(name, known) : undefined;
  throw new ArgumentError(
    `[${op}] there is no activation ${describe(name)}${near === undefined ? '' : `; did you mean '${near}'?`} Known are ${known.join(', ')}.`,
  );
}
