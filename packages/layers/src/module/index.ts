/** Modules: their members, modes, states, hooks, configurations and summaries. */
export type { ModuleConfig, ModuleOptions, ModuleType, ModuleTypes } from './build.ts';
export type { ForwardHook, ForwardPreHook } from './forward.ts';
export type { InputShape, InputSpec, ModelInputs } from './inputs.ts';
export { initialize, LazyModule, type InitializeOptions } from './lazy.ts';
export type { LoadOptions, LoadReport } from './load.ts';
export { withMode } from './modes.ts';
export { Module, type AnyModule, type StateDictOptions } from './module.ts';
export { observeForwards, type ForwardCall } from './observe.ts';
export { buffer, parameter } from './parameter.ts';
export type { NamedTensors, StateDict } from './state.ts';
export {
  summary,
  type Summary,
  type SummaryMemory,
  type SummaryOptions,
  type SummaryRow,
  type SummaryStep,
} from './summary.ts';
export { UninitializedError } from './uninitialized.ts';
