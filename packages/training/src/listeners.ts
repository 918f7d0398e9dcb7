/** The callbacks of a run, and the order in which they hear of its events. */
import type { Callback, EpochRecord, History, Run, StepRecord, ValidationRecord } from './callback.ts';
import { messageOf } from './errors.ts';
import { isDue } from './every.ts';
import { eachEpoch } from './run-options.ts';

export class Listeners {
  readonly callbacks: readonly Callback[];
  readonly #run: Run;
  /** Those that hear of pauses. */
  readonly #pausing: readonly Callback[];
  #lateFailure: { readonly error: unknown } | undefined;

  constructor(callbacks: readonly Callback[], run: Run) {
    this.callbacks = callbacks;
    this.#run = run;
    this.#pausing = callbacks.filter((callback) => 'onPause' in callback || 'onSave' in callback);
  }

  async trainStart(): Promise<void> {
    for (const callback of this.callbacks) await callback.onTrainStart?.(this.#run);
  }

  /** Whether any hears of steps. */
  get hearSteps(): boolean {
    return this.callbacks.some((callback) => callback.onStep !== undefined);
  }

  /** Not awaited, but what it rejects with ends the run, and not the process; see {@link throwLate}. */
  step(step: StepRecord): void {
    for (const callback of this.callbacks) {
      const returned: unknown = callback.onStep?.(step, this.#run);
      if (returned instanceof Promise) returned.catch((error: unknown) => (this.#lateFailure ??= { error }));
    }
  }

  /** Throws what an asynchronous `onStep` rejected with meanwhile. */
  throwLate(): void {
    if (this.#lateFailure !== undefined) throw this.#lateFailure.error;
  }

  async validationStart(): Promise<void> {
    for (const callback of this.callbacks) await callback.onValidationStart?.(this.#run);
  }

  async validation(validation: ValidationRecord): Promise<void> {
    for (const callback of this.callbacks) await callback.onValidation?.(validation, this.#run);
  }

  async epochEnd(epoch: EpochRecord): Promise<void> {
    for (const callback of this.callbacks) await callback.onEpochEnd?.(epoch, this.#run);
  }

  /** Those whose `every` has come. */
  due(moment: Parameters<typeof isDue>[1]): readonly Callback[] {
    return this.#pausing.filter(({ every = eachEpoch }) => isDue(every, moment));
  }

  async pause(due: readonly Callback[]): Promise<void> {
    for (const callback of due) await callback.onPause?.(this.#run);
  }

  async save(due: readonly Callback[]): Promise<void> {
    for (const callback of due) await callback.onSave?.(this.#run);
  }

  /** Those that save hear of the end first, `whenSaved` comes then, and the others last. */
  async trainEnd(history: () => History, whenSaved: () => void): Promise<void> {
    for (const callback of this.callbacks) if ('onSave' in callback) await callback.onTrainEnd?.(history(), this.#run);
    whenSaved();
    for (const callback of this.callbacks)
      if (!('onSave' in callback)) await callback.onTrainEnd?.(history(), this.#run);
  }

  /** Every callback hears of it, also where another one throws; then both errors come out, the run's own first. */
  async trainError(where: string, error: unknown): Promise<void> {
    const further: unknown[] = [];
    for (const callback of this.callbacks) {
      try {
        await callback.onTrainError?.(error, this.#run);
      } catch (thrown) {
        if (thrown !== error) further.push(thrown);
      }
    }
    if (further.length === 0) return;
    throw new AggregateError(
      [error, ...further],
      `${messageOf(error)}\n[${where}] onTrainError threw, too: ${further.map(messageOf).join('; ')}`,
    );
  }
}
