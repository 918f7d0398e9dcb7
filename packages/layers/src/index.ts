/** `@hebb/layers`: modules with PyTorch's layouts, names, defaults and initial distributions, and their files. */
export { Module, type AnyModule } from './module.ts';
export type { LoadOptions, LoadReport } from './load.ts';
export type { ForwardHook, ForwardPreHook } from './forward.ts';
export { observeForwards, type ForwardCall } from './observe.ts';
export { withMode } from './modes.ts';
export { buffer, parameter } from './parameter.ts';
export { Sequential } from './sequential.ts';
export { Linear, type LinearOptions } from './linear.ts';
export { Conv2d, type Conv2dOptions } from './convolution.ts';
export { AvgPool2d, MaxPool2d, type AvgPool2dOptions, type MaxPool2dOptions } from './pooling.ts';
export { BatchNorm, BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.ts';
export { initialize, LazyModule, type InitializeOptions } from './lazy.ts';
export { LazyBatchNorm1d, LazyBatchNorm2d, LazyConv2d, LazyLinear } from './lazy-layers.ts';
export { UninitializedError } from './uninitialized.ts';
export type { InputShape, InputSpec, ModelInputs } from './inputs.ts';
export { Dropout } from './dropout.ts';
export { Flatten, Identity } from './shape.ts';
export { GELU, ReLU, Sigmoid, Softmax, Tanh, type GELUOptions } from './activations.ts';
export { kaimingNormal, kaimingUniform, xavierNormal, xavierUniform, type KaimingOptions } from './initialization.ts';
export type { ModuleConfig, ModuleOptions, ModuleType, ModuleTypes } from './build.ts';
export { fromConfig } from './config.ts';
export { summary, type Summary, type SummaryOptions, type SummaryRow } from './summary.ts';
export type { NamedTensors, StateDict } from './state.ts';
export {
  decodeSafetensors,
  decodeSafetensorsArrays,
  encodeSafetensors,
  encodeSafetensorsArrays,
  SafetensorsError,
  type SafetensorsArray,
  type SafetensorsArrays,
  type SafetensorsContent,
  type SafetensorsDType,
} from './safetensors/format.ts';
export {
  readSafetensors,
  readSafetensorsArrays,
  readSafetensorsMetadata,
  writeSafetensors,
} from './safetensors/file.ts';
