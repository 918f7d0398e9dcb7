/** What a run does with a batch: the step that trains, and what there is to validate. */
import { compile, StaleValueError, Tensor, type Stateful } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import type { Callback } from './callback.ts';
import { requireCallbacks } from './checks.ts';
import { TrainingError } from './errors.ts';
import { requireParts } from './parts.ts';
import type { Scalars } from './scalar-reader.ts';

/** The outputs of a batch: one tensor, or several in an array or object. */
export type TaskOutput = Tensor | readonly TaskOutput[] | { readonly [name: string]: TaskOutput };

/**
 * What is trained and how. `supervised` makes the usual one; any other training is an object of this form: two networks in turns, a
 * language model, several losses.
 *
 * ```ts
 * const task: Task<{ ids: Tensor }> = {
 *   parts: { model, optimizer },
 *   step: ({ ids }) => ({ loss: minimize(optimizer, () => nextTokenLoss(model, ids)) }),
 *   validate: ({ ids }) => nextTokenLoss(model, ids),
 * };
 * await fit(task, stream, { steps: 10_000 });
 * ```
 */
export interface Task<B = Readonly<Record<string, Tensor>>> {
  /** Everything that a checkpoint must hold: modules, optimizers, by name. */
  readonly parts: Readonly<Record<string, Stateful>>;
  /**
   * One step on a batch. `loss`, or the first of several numbers, is what displays and monitors call the loss. It is compiled unless
   * `compiled` is false: then it may read values and be async.
   */
  step(batch: B): Scalars | Promise<Scalars>;
  /** Numbers of a batch in evaluation mode; over the validation data they are means weighted by examples. Compiled like `step`. */
  validate?(batch: B): Scalars;
  /** The outputs of a batch, in evaluation mode: what metrics, and evaluation tasks, compare with the fields of the batch. Compiled like `step`. */
  output?(batch: B): TaskOutput;
  /** What `fit` tells of its events before the callbacks of its options: warnings that belong to the task. Default: none. */
  readonly callbacks?: readonly Callback[];
  /** Default true. */
  readonly compiled?: boolean;
  /** The fewest examples that a step takes, so that `fit` says before the first one where the last batch of an epoch has fewer. Default 1. */
  readonly fewestExamples?: number;
}

/** Throws TrainingError for anything but a task. */
export function requireTask(where: string, task: unknown): asserts task is Task<never> {
  const { parts, step, validate, output, callbacks, compiled, fewestExamples } = Object(task) as {
    [K in keyof Task]?: unknown;
  };
  requireParts(where, parts);
  for (const [name, method] of Object.entries({ step, validate, output })) {
    if (typeof method === 'function' || (name !== 'step' && method === undefined)) continue;
    throw new TrainingError(`[${where}] ${name} of the task must be a function of a batch, not ${describe(method)}.`);
  }
  if (callbacks !== undefined) requireCallbacks(`${where}, the task`, callbacks);
  if (compiled !== undefined && typeof compiled !== 'boolean')
    throw new TrainingError(`[${where}] compiled of the task must be true or false, not ${describe(compiled)}.`);
  if (fewestExamples !== undefined && !(Number.isSafeInteger(fewestExamples) && (fewestExamples as number) >= 1))
    throw new TrainingError(
      `[${where}] fewestExamples of the task must be a positive integer, not ${describe(fewestExamples)}.`,
    );
}

/** The step of a task, compiled unless the task says otherwise. */
export function stepOf<B>(where: string, task: Task<B>): (batch: B) => Scalars | Promise<Scalars> {
  if (task.compiled === false) return (batch) => task.step(batch);
  const compiled = compile((batch: Readonly<Record<string, Tensor>>): Tensor | Readonly<Record<string, Tensor>> => {
    const scalars: unknown = recorded(where, () => task.step(batch as B));
    return scalars instanceof Tensor ? scalars : requireTensors(where, 'step', scalars);
  });
  return (batch) => compiled(batch as Readonly<Record<string, Tensor>>);
}

/** Records a function of a task; what cannot be compiled says how it runs nevertheless. */
export function recorded<T>(where: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof StaleValueError)) throw error;
    const shown = new TrainingError(`[${where}] the step reads a value, and it is compiled:\n  ${error.message}`, {
      hint: asItIs,
    });
    shown.cause = error;
    throw shown;
  }
}

const asItIs =
  'Say { compiled: false } in the task: then the step runs as it is written, may be async and read values.';

/** What a compiled function of a task returned, by name. */
export function requireTensors(where: string, method: string, scalars: unknown): Readonly<Record<string, Tensor>> {
  if (scalars instanceof Promise) {
    scalars.catch(() => undefined);
    throw new TrainingError(`[${where}] ${method} of the task is async, and it is compiled.`, { hint: asItIs });
  }
  if (scalars instanceof Tensor) return { loss: scalars };
  if (typeof scalars === 'object' && scalars !== null) {
    const number = Object.entries(scalars).find(([, value]) => typeof value === 'number');
    if (number === undefined) return scalars as Readonly<Record<string, Tensor>>;
    throw new TrainingError(
      `[${where}] ${number[0]} of the task’s ${method} is the number ${number[1]}; compiled, it would be the same in every step.`,
      { hint: `Return a tensor. ${asItIs}` },
    );
  }
  throw new TrainingError(`[${where}] ${method} of the task must return tensors, not ${describe(scalars)}.`, {
    hint: 'Return the loss, a tensor of one number, or several by name: { loss, accuracy }.',
  });
}
