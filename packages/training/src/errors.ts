/** The error of a training run that cannot go on. */
import { HebbError } from '@hebb/tensor';

export interface TrainingErrorDetails {
  /** Epoch, from 1. */
  epoch?: number;
  /** Step since the start of the run, from 1. */
  step?: number;
  /** Learning rate at that step. */
  learningRate?: number;
  /** The loss that was found. */
  loss?: number;
  hint?: string;
}

/** A training run that cannot start or cannot go on: the loss is not a number any more, an option makes no sense. */
export class TrainingError extends HebbError {
  static override readonly name: string = 'TrainingError';
  readonly epoch: number | undefined;
  readonly step: number | undefined;
  readonly learningRate: number | undefined;
  readonly loss: number | undefined;

  constructor(summary: string, details: TrainingErrorDetails = {}) {
    super(summary, details.hint === undefined ? {} : { hint: details.hint });
    this.epoch = details.epoch;
    this.step = details.step;
    this.learningRate = details.learningRate;
    this.loss = details.loss;
    this.conceal();
  }
}

/** A checkpoint that does not fit what it is to be loaded into, that cannot be read, or that would be overwritten. */
export class CheckpointError extends TrainingError {
  static override readonly name: string = 'CheckpointError';
  /** The file or folder. */
  readonly path: string;
  /** Everything that does not fit, as `part: reason`; empty where something else is wrong. */
  readonly differences: readonly string[];

  constructor(summary: string, details: { path: string; differences?: readonly string[]; hint?: string }) {
    const { path, differences = [], hint } = details;
    super(
      [summary, ...differences.map((each) => `  - ${each}`)].join('\n'),
      hint === undefined ? {} : { hint }, // prettier-ignore
    );
    this.path = path;
    this.differences = differences;
    this.conceal();
  }
}

/** What an error says; anything may be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
