/** What a loop asks of an optimizer, so that optimizers, what wraps them, and those of the user's own are used alike. */
import type { Tensor } from '@hebb/tensor';
import { wrongArgument } from '@hebb/tensor/arguments';
import type { ParameterGroup } from './groups.ts';

export interface TrainingOptimizer {
  /** What gradients are to be taken with respect to, by name: the parameters that it trains, without those frozen now. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly groups?: readonly ParameterGroup[];
  /** The rate, ≥ 0, before {@link factor}. */
  learningRate: number;
  /** What the rates of all parameters are multiplied by, ≥ 0: what a schedule sets. */
  factor: number;
  /** Updates of the parameters so far. */
  readonly stepCount: number;
  /** Records the update of the parameters by their gradients, under the names of {@link parameters}. */
  step(gradients: ReadonlyMap<string, Tensor>): void;
  stateDict(): unknown;
  loadStateDict(state: never): unknown;
  differences(state: never): readonly string[];
}

/** An optimizer that keeps an average of the parameters, which can take their place for a while: for validation, or at the end. */
export interface Averaging {
  /** Puts the averages into the parameters; steps are errors until {@link restore}. Nothing where they are there already. */
  apply(): void;
  /** Puts the trained values back. Nothing where they are there already. */
  restore(): void;
  readonly isApplied: boolean;
}

/** Whether an optimizer keeps an average of the parameters. */
export function isAveraging<O extends object>(optimizer: O): optimizer is O & Averaging {
  requireOptimizer('isAveraging', optimizer);
  const { apply, restore } = optimizer as Partial<Averaging>;
  return typeof apply === 'function' && typeof restore === 'function';
}

/** Throws `ArgumentError` for what takes no steps. */
export function requireOptimizer(op: string, optimizer: unknown): void {
  const { parameters, step } = Object(optimizer) as { readonly [K in keyof TrainingOptimizer]?: unknown };
  if (parameters instanceof Map && typeof step === 'function') return;
  throw wrongArgument(op, 'the optimizer', 'an object with parameters (a Map) and step(gradients)', optimizer, 'Make one for the model: new AdamW(model).'); // prettier-ignore
}
