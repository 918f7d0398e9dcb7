/** `@hebb/training`: the loop, its callbacks, and evaluation of models. */
export { fit, type FitOptions, type FitTaskOptions } from './fit.ts';
export type {
  Callback,
  EpochRecord,
  History,
  Run,
  StepRecord,
  TrainingOptimizer,
  ValidationRecord,
} from './callback.ts';
export { TrainingRun } from './run.ts';
export type { RunState } from './run-state.ts';
export type { TrainingRunOptions } from './run-options.ts';
export type { Scalars } from './scalar-reader.ts';
export type { Task, TaskOutput } from './task.ts';
export { adversarial, type AdversarialBatch, type AdversarialOptions } from './adversarial/adversarial.ts';
export type { AdversarialLoss, AdversarialLossName } from './adversarial/losses.ts';
export { supervised, type SupervisedBatch, type SupervisedOptions } from './supervised.ts';
export type { Every } from './every.ts';
export type { ObservingSchedule, RunSchedule } from './schedule.ts';
export type { BatchArrays, Examples, StepBatch } from './batches.ts';
export type { LossFunction } from './loss.ts';
export { Checkpoint, type CheckpointInfo, type CheckpointOptions, type CheckpointState } from './checkpoint.ts';
export { EarlyStopping, type EarlyStoppingOptions, type EarlyStoppingState } from './early-stopping.ts';
export type { Best, MonitorOptions, MonitorState } from './monitor.ts';
export { CheckpointError, TrainingError, type TrainingErrorDetails } from './errors.ts';
export { decodeState, encodeState } from './encode-state.ts';
export { loadCheckpoint, saveCheckpoint, type LoadCheckpointOptions, type Parts } from './checkpoint-file.ts';
export { TerminalProgress, type ProgressStream, type TerminalProgressOptions } from './progress.ts';
export { evaluate } from './evaluate.ts';
export type { EvaluateOptions } from './evaluation-data.ts';
export type { Arrays } from './forward-batches.ts';
export { predict, predictBatches, type PredictedBatch } from './predict.ts';
export { updateBatchNorm, type UpdateBatchNormOptions } from './update-batch-norm.ts';
