/** `@hebb/optimizers`: from losses and parameters to new parameters, recorded as graph. */
export {
  Optimizer,
  type Gradients,
  type ParameterSource,
  type Slots,
  type StepNumbers,
  type StepScalars,
  type Update,
} from './optimizer.ts';
export type { GroupOptions, GroupSelection, OptimizerOptions, ParameterGroup, WithGroups } from './groups.ts';
export type { GroupState, OptimizerState, ParameterState } from './state.ts';
export {
  averagingOf,
  type Averaging,
  type Conditional,
  type Gathering,
  type GradientChange,
  type TrainingOptimizer,
} from './training-optimizer.ts';
export { SGD, type SGDOptions, type SGDSettings } from './algorithms/sgd.ts';
export { Adam, AdamW, type AdamOptions, type AdamSettings } from './algorithms/adam.ts';
export { SparseAdam, type SparseAdamOptions, type SparseAdamSettings } from './algorithms/sparse-adam.ts';
export { Adamax, type AdamaxOptions, type AdamaxSettings } from './algorithms/adamax.ts';
export { NAdam, type NAdamOptions, type NAdamSettings } from './algorithms/nadam.ts';
export { RAdam, type RAdamOptions, type RAdamSettings } from './algorithms/radam.ts';
export { Adagrad, type AdagradOptions, type AdagradSettings } from './algorithms/adagrad.ts';
export { Adadelta, type AdadeltaOptions, type AdadeltaSettings } from './algorithms/adadelta.ts';
export { RMSprop, type RMSpropOptions, type RMSpropSettings } from './algorithms/rmsprop.ts';
export { Rprop, type RpropOptions, type RpropSettings } from './algorithms/rprop.ts';
export { ASGD, type ASGDOptions, type ASGDSettings } from './algorithms/asgd.ts';
export { Lion, type LionOptions, type LionSettings } from './algorithms/lion.ts';
export { LAMB, type LAMBOptions, type LAMBSettings } from './algorithms/lamb.ts';
export { Adafactor, type AdafactorOptions, type AdafactorSettings } from './algorithms/adafactor.ts';
export { Muon, type MuonOptions, type MuonSettings } from './algorithms/muon.ts';
export { LBFGS, type LBFGSMemory, type LBFGSOptions, type LBFGSState } from './lbfgs/lbfgs.ts';
export { isBiasOrNorm } from './decay-groups.ts';
export { fromPyTorchState, toPyTorchState, type PyTorchOptimizerState } from './pytorch.ts';
export { minimize, type MinimizeOptions } from './minimize.ts';
export {
  clipGradientNorm,
  clipGradientValue,
  type ClipGradientNormOptions,
  type ClippedGradients,
} from './clipping.ts';
export type { DecayOptions, Schedule, WarmupOptions } from './schedules/schedule.ts';
export { cosineRestartsSchedule, cosineSchedule, type CosineRestartsOptions } from './schedules/cosine.ts';
export {
  constantSchedule,
  exponentialSchedule,
  inverseSquareRootSchedule,
  linearSchedule,
  polynomialSchedule,
  type ConstantScheduleOptions,
  type ExponentialScheduleOptions,
  type InverseSquareRootScheduleOptions,
  type PolynomialScheduleOptions,
} from './schedules/decay.ts';
export {
  multiStepSchedule,
  stepSchedule,
  type MultiStepScheduleOptions,
  type StepScheduleOptions,
} from './schedules/steps.ts';
export { applySchedule, keepSettings } from './schedules/apply.ts';
export { chainedSchedule, sequentialSchedule } from './schedules/combined.ts';
export { cyclicSchedule, type CyclicScheduleOptions } from './schedules/cyclic.ts';
export type { CycledMomentum } from './schedules/momentum.ts';
export { oneCycleSchedule, type OneCycleScheduleOptions } from './schedules/one-cycle.ts';
export { PlateauSchedule, type PlateauScheduleOptions, type PlateauState } from './schedules/plateau.ts';
export { OptimizerWrapper, type WrapperState } from './wrappers/wrapper.ts';
export { AveragingWrapper } from './wrappers/averaging.ts';
export { EMA, type EMAOptions } from './wrappers/ema.ts';
export { SWA, type SWAOptions } from './wrappers/swa.ts';
export { Lookahead, type LookaheadOptions } from './wrappers/lookahead.ts';
export { LossScaling, type LossScalingOptions } from './wrappers/loss-scaling.ts';
export { Accumulation, type AccumulationOptions } from './wrappers/accumulation.ts';
