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
import { nearest, wrongArgument, type Check } from '@hebb/tensor/arguments';

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

/** A check for the name of one. */
export const requireActivation: Check = (where, name, value) => {
  if (typeof value === 'string' && Object.hasOwn(activations, value)) return;
  const known = Object.keys(activations);
  const near = typeof value === 'string' ? nearest(value, known) : undefined;
  throw wrongArgument(where, name, 'the name of an activation', value, `${near === undefined ? '' : `Did you mean '${near}'? `}Known are ${known.join(', ')}.`); // prettier-ignore
};

/** A new module for the name, which {@link requireActivation} has let pass. */
export function activationNamed(name: ActivationName): Module {
  return activations[name]();
}
