/** What a training run tells, and to whom. */
import type { Module } from '@hebb/layers';
import type { TrainingOptimizer } from '@hebb/optimizers';

export type { TrainingOptimizer };

/** One step, told as soon as its loss has come back from the device, a few steps after it was issued. */
export interface StepRecord {
  /** Step since the start of the run, from 1. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** Step of the epoch, from 1. */
  readonly stepOfEpoch: number;
  /** Mean loss over the batch. */
  readonly loss: number;
  readonly learningRate: number;
  /** Number of examples in the batch. */
  readonly examples: number;
}

export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Mean training loss over the epoch's examples, each as it was at its own step (with dropout and augmentation). */
  readonly loss: number;
  /** Mean loss over the validation data after the epoch. */
  readonly validationLoss?: number;
  /** The metrics on the validation data after the epoch, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** Wall-clock seconds of training, without validation. */
  readonly seconds: number;
  /** Wall-clock seconds of validation. */
  readonly validationSeconds: number;
  /** Training examples per second. */
  readonly examplesPerSecond: number;
}

/** What {@link fit} returns. Plain data: `JSON.stringify(history)` is complete. */
export interface History {
  /** Training loss of each step. */
  readonly losses: readonly number[];
  /** Learning rate of each step. */
  readonly learningRates: readonly number[];
  readonly epochs: readonly EpochRecord[];
  readonly stepsPerEpoch: number;
  /** Wall-clock seconds from start to end, everything included. */
  readonly seconds: number;
  /** Whether the run was stopped by its signal. */
  readonly interrupted: boolean;
  /** Why a callback stopped the run, if one did. */
  readonly stopReason?: string;
}

/** The run, as callbacks see it. */
export interface TrainingRun {
  readonly model: Module;
  readonly optimizer: TrainingOptimizer;
  /** Number of epochs asked for. */
  readonly epochCount: number;
  readonly stepsPerEpoch: number;
  /** Names of the metrics, in order. */
  readonly metricNames: readonly string[];
  readonly hasValidation: boolean;
  /** Epochs finished so far. */
  readonly epochs: readonly EpochRecord[];
  /** Ends the run after the current epoch; the reason is kept in the history. */
  stop(reason: string): void;
}

/**
 * Hears of the events of a run. All methods are optional; what one throws ends the run. Progress displays, checkpoints and early stopping
 * are callbacks.
 *
 * ```ts
 * const logger: Callback = {
 *   onEpochEnd: ({ epoch, loss }) => console.log(epoch, loss),
 * };
 * ```
 */
export interface Callback {
  onTrainStart?(run: TrainingRun): void | Promise<void>;
  /** Called in the order of the steps. Not awaited: keep it short. */
  onStep?(step: StepRecord, run: TrainingRun): void;
  onEpochEnd?(epoch: EpochRecord, run: TrainingRun): void | Promise<void>;
  onTrainEnd?(history: History, run: TrainingRun): void | Promise<void>;
  /** The run ends with this error, which `fit` throws afterwards. */
  onTrainError?(error: unknown, run: TrainingRun): void | Promise<void>;
}
