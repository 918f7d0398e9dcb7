/** What a loop asks of an optimizer, so that optimizers, what wraps them, and those of the user's own are used alike. */
import { ArgumentError, type Stateful, type Tensor } from '@hebb/tensor';
import { typeNameOf, wrongArgument } from '@hebb/tensor/arguments';
import type { ParameterGroup } from './groups.ts';

export interface TrainingOptimizer extends Stateful {
  /** What gradients are to be taken with respect to, by name: the parameters that it trains, without those frozen now. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly groups?: readonly ParameterGroup[] | undefined;
  /** The rate, ≥ 0, before {@link factor}. */
  learningRate: number;
  /** What the rates of all parameters are multiplied by, ≥ 0: what a schedule sets. */
  factor: number;
  /** Updates of the parameters so far. */
  readonly stepCount: number;
  /** Records the update of the parameters by their gradients, under the names of {@link parameters}; without them, by `.grad` of each. */
  step(gradients?: ReadonlyMap<string, Tensor>): void;
  differences(state: unknown): readonly string[];
  /** What messages and prompts show. */
  toString(): string;
}

/** An optimizer that keeps an average of the parameters, which can take their place for a while: for validation, or at the end. */
export interface Averaging {
  /** Puts the averages into the parameters; steps are errors until {@link restore}. Nothing where they are there already. */
  apply(): void;
  /** Puts the trained values back. Nothing where they are there already. */
  restore(): void;
  readonly isApplied: boolean;
  /** Whether there are averages here; false for what only hands {@link apply} and {@link restore} on to what it wraps. */
  readonly keepsAverages?: boolean;
}

/** What is done to gradients before an update by them: clipping. */
export type GradientChange = (gradients: ReadonlyMap<string, Tensor>) => ReadonlyMap<string, Tensor>;

/** An optimizer that updates by other gradients than those of the step: by the means of several, or by what is left without a scale. */
export interface Gathering {
  /** Runs `body`; steps in it do `change` to the gradients of an update, and to no others. */
  changing<T>(change: GradientChange, body: () => T): T;
}

/** An optimizer whose steps may be left out by a condition that is known on the device alone. */
export interface Conditional {
  /** Says once that steps may be left out, before any is. */
  leavesStepsOut?(): void;
  /** Runs `body`; steps in it change parameters, their state and what follows from the count of steps only where the condition, bool[], is true. */
  onlyWhere<T>(condition: Tensor, body: () => T): T;
}

/** An optimizer that wants gradients of the loss times a scale. */
export interface Scaling {
  scaled(loss: Tensor): Tensor;
}

/** An optimizer and those that it wraps, from the outside in. */
export function chainOf(optimizer: object): readonly object[] {
  const { optimizer: wrapped } = optimizer as { readonly optimizer?: unknown };
  return typeof wrapped === 'object' && wrapped !== null ? [optimizer, ...chainOf(wrapped)] : [optimizer];
}

/** Which of an optimizer and those that it wraps makes the gradients of an update out of those of a step, the last where several do. */
export function gatheringOf(optimizer: object): Gathering | undefined {
  return chainOf(optimizer)
    .filter((each): each is Gathering => 'changing' in each)
    .at(-1);
}

/** Which of an optimizer and those that it wraps scales the loss, if one does. */
export function scalingOf(optimizer: object): Scaling | undefined {
  return chainOf(optimizer).find((each): each is Scaling => 'scaled' in each);
}

/**
 * What keeps an average of the parameters: the optimizer itself ({@link EMA}, {@link SWA}, or one of your own that is {@link Averaging}), or one that it
 * wraps; undefined where none does.
 *
 * ```ts
 * const weight = variable(tensor([1]), { requiresGrad: true });
 * const ema = new EMA(new SGD([weight]), { decay: 0.99 });
 * averagingOf(new Accumulation(ema, { steps: 4 })) === ema; // true
 * averagingOf(ema.optimizer); // undefined
 * ```
 */
export function averagingOf(optimizer: TrainingOptimizer): Averaging | undefined {
  requireOptimizer('averagingOf', optimizer);
  return chainOf(optimizer).find((each): each is Averaging => (each as Partial<Averaging>).keepsAverages === true);
}

/** Throws `ArgumentError` for what takes no steps. */
export function requireOptimizer(op: string, optimizer: unknown): void {
  const { parameters, step } = Object(optimizer) as { readonly [K in keyof TrainingOptimizer]?: unknown };
  if (parameters instanceof Map && typeof step === 'function') return;
  throw wrongArgument(op, 'the optimizer', 'an object with parameters (a Map) and step(gradients)', optimizer, 'Make one for the model: new AdamW(model).'); // prettier-ignore
}

/** As {@link requireOptimizer}, and for what asks for the loss itself instead of taking gradients, L-BFGS. */
export function requireGradientSteps(op: string, optimizer: unknown): void {
  requireOptimizer(op, optimizer);
  const other = chainOf(optimizer as object).find((each) => 'takesClosure' in each);
  if (other === undefined) return;
  throw new ArgumentError(
    `[${op}] a step of ${typeNameOf(other)} takes a function that records the loss, is asynchronous and cannot be compiled; here are gradients.`,
    { hint: 'Call it by itself, outside of compile: await optimizer.step(() => loss).' },
  );
}

/** Takes a step, which records it at once. Throws {@link ArgumentError} where it is asynchronous: nobody would wait for it, or hear of its errors. */
export function stepNow(
  op: string,
  optimizer: Pick<TrainingOptimizer, 'step'>,
  gradients?: ReadonlyMap<string, Tensor>,
): void {
  const result: unknown = gradients === undefined ? optimizer.step() : optimizer.step(gradients);
  if (!(result instanceof Promise)) return;
  result.catch(() => undefined);
  throw new ArgumentError(`[${op}] the step of ${typeNameOf(optimizer)} is asynchronous; nobody would wait for it.`, {
    hint: 'Let step(gradients) record the update and return nothing, or await it in a loop of your own.',
  });
}
