/** What a training run tells, and to whom. */
import type { Goal } from '@hebb/evaluation';
import type { Module } from '@hebb/layers';
import type { TrainingOptimizer } from '@hebb/optimizers';
import type { Stateful } from '@hebb/tensor';
import type { Every } from './every.ts';

export type { TrainingOptimizer };

/** One step, told as soon as its numbers have come back from the device, a few steps after it was issued. */
export interface StepRecord {
  /** Step since the start of the run, from 1. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** Step of the epoch, from 1. */
  readonly stepOfEpoch: number;
  /** The scalar named `loss`, or else the first one that the step returned. Mean over the batch. */
  readonly loss: number;
  /** All that the step returned, by name. */
  readonly scalars: Readonly<Record<string, number>>;
  /** The first optimizer's, schedule included. */
  readonly learningRate: number;
  /** Those of all optimizers, by name, schedules included. */
  readonly learningRates: Readonly<Record<string, number>>;
  /** Number of examples in the batch. */
  readonly examples: number;
}

/** One pass over the validation data. */
export interface ValidationRecord {
  /** Steps made before it. */
  readonly step: number;
  /** The epoch of the last step, from 1. */
  readonly epoch: number;
  /** Mean loss over the validation data, where there is one. */
  readonly validationLoss?: number;
  /** Means over the validation data of all that a task’s `validate` returned, by name, as `scalars` are of its `step`. */
  readonly validationScalars: Readonly<Record<string, number>>;
  /** The metrics on the validation data, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Mean training loss of the epoch so far. */
  readonly loss: number;
  /** Mean training scalars of the epoch so far, by name. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps made since the start of the run. */
  readonly step: number;
  /** Mean training loss over the epoch's examples, each as it was at its own step (with dropout and augmentation). */
  readonly loss: number;
  /** Means of all that the steps returned, by name. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Mean loss over the validation data after the epoch. */
  readonly validationLoss?: number;
  /** Means over the validation data after the epoch, by name; none where there was no validation. */
  readonly validationScalars: Readonly<Record<string, number>>;
  /** The metrics on the validation data after the epoch, by name; none where there was no validation. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Learning rate of the epoch's last step: the first optimizer's. */
  readonly learningRate: number;
  /** Those of all optimizers in that step, by name. */
  readonly learningRates: Readonly<Record<string, number>>;
  /** Wall-clock seconds of training, without validation. */
  readonly seconds: number;
  /** Wall-clock seconds of validation. */
  readonly validationSeconds: number;
  /** Training examples per second. */
  readonly examplesPerSecond: number;
}

/** What `fit` returns, and `run.history` of a {@link TrainingRun}. Plain data: `JSON.stringify(history)` is complete. */
export interface History {
  /** Training loss of each step since the very start, also where the run was resumed. */
  readonly losses: readonly number[];
  /** All that the steps returned, by name, one number a step; NaN for steps that did not return it. */
  readonly scalars: Readonly<Record<string, readonly number[]>>;
  /** Learning rates of each step, by the names of the optimizers: `learningRates.optimizer` where `fit` trains a model with one. */
  readonly learningRates: Readonly<Record<string, readonly number[]>>;
  /** Epochs finished. */
  readonly epochs: readonly EpochRecord[];
  readonly validations: readonly ValidationRecord[];
  /** Undefined where the data does not know its length. */
  readonly stepsPerEpoch?: number;
  /** Wall-clock seconds from start to end, everything included; with those of the runs that were resumed. */
  readonly seconds: number;
  /** Whether the run was stopped by its signal, or its loop was left. */
  readonly interrupted: boolean;
  /** Why a callback stopped the run, if one did. */
  readonly stopReason?: string;
  /** What callbacks warned of, if any did. */
  readonly warnings?: readonly string[];
}

/** A run as callbacks see it; {@link TrainingRun} is such. */
export interface Run {
  /** What is trained, by name: the model and the optimizer of `fit`, the parts of a task. */
  readonly parts: Readonly<Record<string, Stateful>>;
  /** Those of the parts that are modules, in their order. */
  readonly modules: ReadonlyMap<string, Module>;
  /** Those of the parts that are optimizers, or wrappers of one, in their order. */
  readonly optimizers: ReadonlyMap<string, TrainingOptimizer>;
  /** The first of the modules. Throws TrainingError where there is none. */
  readonly model: Module;
  /** The first of the optimizers. Throws TrainingError where there is none. */
  readonly optimizer: TrainingOptimizer;
  /**
   * Everything that a checkpoint must hold to go on: the parts, `data` where the loader has a state, `schedule` and `callbacks` where they
   * have one, and `run` itself. Complete, and of one moment, in {@link Callback.onSave} and at the end.
   */
  readonly checkpointParts: Readonly<Record<string, Stateful>>;
  /** The folder that the run goes on from, if it was given one. */
  readonly resume: string | undefined;
  /** Number of epochs asked for; undefined for a run of so many steps. */
  readonly epochCount: number | undefined;
  /** Number of steps asked for, or all epochs' steps; undefined where the data does not know its length. */
  readonly stepCount: number | undefined;
  /** Batches in an epoch; undefined where the data does not know. */
  readonly stepsPerEpoch: number | undefined;
  /** Steps made so far. */
  readonly step: number;
  /** Of the last step, from 1; 0 before the first. */
  readonly epoch: number;
  /** Names of the metrics, in order. */
  readonly metricNames: readonly string[];
  /** Which way metrics are better, by name, of those that say so. */
  readonly goals: Readonly<Record<string, Goal>>;
  readonly hasValidation: boolean;
  /** False where it is known that validation gives no loss: there is none, or it is of metrics alone. */
  readonly hasValidationLoss: boolean;
  /** Epochs finished so far. */
  readonly epochs: readonly EpochRecord[];
  /** Validations so far. */
  readonly validations: readonly ValidationRecord[];
  /** Ends the run before its next step (from `onStep`: at most a few steps later); the reason is kept in the history. */
  stop(reason: string): void;
  /** Says what somebody should know who reads the history; nothing is printed but by a display of progress. */
  warn(warning: string): void;
  /** Runs `body` with the averages of optimizers that keep some (EMA, SWA) in place of the trained parameters, as validation does. */
  withAverages<T>(body: () => T | Promise<T>): Promise<T>;
}

/**
 * Hears of the events of a run. All methods are optional; what one throws ends the run. Progress displays, checkpoints and early stopping
 * are callbacks.
 *
 * Between two steps, where something is due, the run pauses: no step is in flight, all numbers are read, and what callbacks return is
 * awaited. A pause goes through its phases with all callbacks, in their order: `onValidationStart`, `onValidation`, `onEpochEnd`, `onPause`, and last
 * `onSave`, so that what is saved holds what every callback has decided, whatever their order. At the end of the run `onTrainEnd` comes
 * to those with an `onSave` first.
 *
 * Records are read-only: others read them. A module that a callback of a pause or a step leaves, as a whole, in another mode (`model.eval()`, and no `train()` after
 * it) is put back, and `warnings` of the history say so.
 *
 * A callback with `stateDict` and `loadStateDict` is saved with the run and goes on when that is resumed: `onTrainStart` comes first,
 * then `loadStateDict`.
 *
 * ```ts
 * const logger: Callback = {
 *   onEpochEnd: ({ epoch, loss }) => console.log(epoch, loss),
 * };
 * ```
 */
export interface Callback {
  /**
   * Under which its state is saved. Default: the `static type` of its class, a literal that minifiers leave alone; its position among the callbacks,
   * where it has none. To be said where two callbacks of one class are to be told apart when their order changes; an option of Checkpoint and EarlyStopping.
   */
  readonly name?: string;
  /** When `onPause` and `onSave` are called. Default `{ epochs: 1 }`. */
  readonly every?: Every;
  onTrainStart?(run: Run): void | Promise<void>;
  /** Called in the order of the steps. Not awaited: keep it short. */
  onStep?(step: StepRecord, run: Run): void;
  /** Called before every validation, when the numbers of all steps are known; what it returns is awaited. */
  onValidationStart?(run: Run): void | Promise<void>;
  /** Called after every validation, with the trained parameters in place (see {@link Run.withAverages}). */
  onValidation?(validation: ValidationRecord, run: Run): void | Promise<void>;
  onEpochEnd?(epoch: EpochRecord, run: Run): void | Promise<void>;
  /** Called at its `every`, after validation and the end of an epoch. */
  onPause?(run: Run): void | Promise<void>;
  /** Called at its `every`, when all callbacks have heard of the pause. */
  onSave?(run: Run): void | Promise<void>;
  onTrainEnd?(history: History, run: Run): void | Promise<void>;
  /** The run ends with this error, which is thrown afterwards. */
  onTrainError?(error: unknown, run: Run): void | Promise<void>;
}
