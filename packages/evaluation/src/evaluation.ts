/** What an evaluation is, and what a task does with the batches of one. */
import type { Tensor } from '@hebb/tensor';
import type { Section } from './section.ts';
import type { ShapedValues } from './values.ts';

/** Whether a smaller or a larger number is better. */
export type Goal = 'min' | 'max';

/** What was found about a model. Every task has an evaluation of its own with more in it. */
export interface Evaluation {
  /** The numbers, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Number of examples. */
  readonly count: number;
  /** Wall-clock seconds, compilation included. */
  readonly seconds: number;
  /** Examples per second, compilation left out where there are several batches. */
  readonly examplesPerSecond: number;
  /** For a terminal. */
  toString(): string;
  /** Everything that is worth keeping, as plain data. */
  toJSON(): unknown;
  /** For a report; see `writeReport` of `@hebb/report`. */
  sections(): readonly Section[];
}

/** How the evaluation went. */
export interface EvaluationRun {
  readonly count: number;
  readonly seconds: number;
  readonly examplesPerSecond: number;
}

/** Values on the host in the structure in which tensors were returned: one, or several in arrays and objects. */
export type HostValues<T> = T extends Tensor
  ? ShapedValues
  : T extends readonly unknown[]
    ? { readonly [I in keyof T]: HostValues<T[I]> }
    : T extends object
      ? { readonly [K in keyof T]: HostValues<T[K]> }
      : T;

/** A batch as tensors, and as arrays. */
export type TensorFields = Readonly<Record<string, Tensor>>;
export type ArrayFields = Readonly<Record<string, ShapedValues>>;

/**
 * What is asked of a model's outputs: the `metrics` of `evaluate(model, data, metrics)` and of `fit(model, data, { metrics, … })`, which run the model and
 * give every batch to the task; it keeps what it needs.
 *
 * `O` is what the model returns, a tensor unless said otherwise; `V` what {@link reduce} makes of it.
 */
export interface EvaluationTask<R extends Evaluation = Evaluation, O = Tensor, V = O> {
  /**
   * Which way the numbers of its evaluations are better, by name: what early stopping and checkpoints go by. Numbers that are not in it can be
   * followed, too, where it is said there. Default: none.
   */
  readonly goals?: Readonly<Record<string, Goal>>;
  /**
   * Work for the device: what it returns is read and given to {@link EvaluationState.update} in place of the outputs. Recorded into the compiled
   * step, so it reads no values. Default: the outputs as they are.
   */
  reduce?(outputs: O, batch: TensorFields): V;
  /** An evaluation of nothing yet. */
  start(): EvaluationState<R, V>;
}

/** An evaluation under way. */
export interface EvaluationState<R extends Evaluation = Evaluation, V = Tensor> {
  /** The next batch, in the order of the data; its arrays are not to be changed. */
  update(outputs: HostValues<V>, batch: ArrayFields): void;
  /** Takes in what another state of the same task has seen of the batches that follow; `evaluate` itself has one state only. */
  merge?(other: this): void;
  /** @throws ArgumentError where there was no example. */
  result(run: EvaluationRun): R;
}
