/** `@hebb/optimizers`: from parameters and gradients to new parameters, recorded as graph. */
export { Optimizer, type Gradients, type OptimizerState, type ParameterSource } from './optimizer.ts';
export { SGD, type SGDOptions } from './sgd.ts';
export { Adam, AdamW, type AdamOptions } from './adam.ts';
export { clipGradientNorm, type ClippedGradients } from './clipping.ts';
export {
  cosineSchedule,
  stepSchedule,
  type CosineScheduleOptions,
  type Schedule,
  type StepScheduleOptions,
} from './schedules.ts';
