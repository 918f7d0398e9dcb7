/** Activation functions. */
export { GLU, LogSoftmax, Softmax, Softmax2d, Softmin } from './along-axis.ts';
export { CELU, ELU, SELU } from './exponential-units.ts';
export {
  Hardshrink,
  Hardtanh,
  LeakyReLU,
  PReLU,
  ReLU,
  ReLU6,
  RReLU,
  Softshrink,
  Threshold,
  type PReLUOptions,
  type RReLUOptions,
} from './rectifiers.ts';
export {
  GELU,
  Hardsigmoid,
  Hardswish,
  LogSigmoid,
  Mish,
  Sigmoid,
  SiLU,
  Softplus,
  Softsign,
  Tanh,
  Tanhshrink,
} from './sigmoidal-units.ts';
