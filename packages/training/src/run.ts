/** A training run: batches in order, numbers read while the device goes on, pauses between steps, a state that goes on where it was cut. */
import type { Goal } from '@hebb/evaluation';
import type { Module } from '@hebb/layers';
import { modesOf } from '@hebb/layers/internal';
import { defaultGenerator, type Stateful } from '@hebb/tensor';
import { requireFittingState, requireString } from '@hebb/tensor/arguments';
import type { Batches, LoadedBatch } from '@hebb/data';
import { aborted } from './abort.ts';
import { BatchFeed } from './batch-feed.ts';
import { batchTensors, type StepBatch } from './batches.ts';
import { Averages } from './averages.ts';
import type {
  Callback,
  EpochRecord,
  History,
  Run,
  StepRecord,
  TrainingOptimizer,
  ValidationRecord,
} from './callback.ts';
import { lossError, requireNumbers } from './diagnosis.ts';
import { TrainingError } from './errors.ts';
import { claim } from './in-training.ts';
import { isDue, type Every } from './every.ts';
import { trainingWeightOf } from './example-weights.ts';
import { keptModes } from './kept-modes.ts';
import { Listeners } from './listeners.ts';
import { callbackStates, membersOf } from './named-states.ts';
import { averagesOf, isStateful, modulesOf, optimizersOf } from './parts.ts';
import { TerminalProgress } from './progress.ts';
import { resumeRun } from './resume.ts';
import { firstOf, frozen, RunLog } from './run-log.ts';
import { RunClock } from './run-clock.ts';
import { eachEpoch, requireRunOptions, type TrainingRunOptions } from './run-options.ts';
import { runStateDifferences, type RunState } from './run-state.ts';
import { validateRun } from './run-validation.ts';
import { namedScalars, ScalarReader, type Scalars } from './scalar-reader.ts';
import { Schedules } from './schedule.ts';
import { breather } from './tasks.ts';
import { recordedNumbers } from './validation-numbers.ts';

/** Steps whose numbers are in flight between the device and the loop: enough to keep a GPU busy, few enough to find NaN soon. */
const stepsInFlight = 4;

interface Handed<B> {
  readonly loaded: LoadedBatch<B>;
  readonly weight: number;
  readonly learningRates: Readonly<Record<string, number>>;
}

interface Note {
  readonly record: Omit<StepRecord, 'loss' | 'scalars'>;
  readonly batch: object;
  readonly weight: number;
}

/**
 * A training run for a loop of your own, with all that `fit` does around a step: batches in the order of the loader, schedules, validation,
 * callbacks, checkpoints, progress, an end by signal, a history. Iterating gives each batch as tensors; every step reports what it made.
 *
 * ```ts
 * const run = new TrainingRun({ parts: { model, optimizer }, data: loader, epochs: 10, progress: true });
 * for await (const { x, y } of run) run.report({ loss: step(x, y) });
 * run.history.losses;
 * ```
 *
 * The numbers are read while the device goes on; `report` may be awaited and need not be. Modules among the parts are in training mode
 * inside the loop and in their former mode afterwards. Leaving the loop by `break` ends the run where it stands.
 *
 * Throws TrainingError for what makes no sense, at once or before the first step, and out of the loop for a loss that is not a finite
 * number, a few steps later at most; also whatever a callback throws.
 */
export class TrainingRun<B = Readonly<Record<string, { readonly data: ArrayBufferView }>>>
  implements Run, Stateful<RunState>
{
  readonly parts: Readonly<Record<string, Stateful>>;
  readonly modules: ReadonlyMap<string, Module>;
  readonly optimizers: ReadonlyMap<string, TrainingOptimizer>;
  readonly epochCount: number | undefined;
  readonly stepCount: number | undefined;
  readonly stepsPerEpoch: number | undefined;
  readonly goals: Readonly<Record<string, Goal>>;
  readonly hasValidation: boolean;
  readonly hasValidationLoss: boolean;
  readonly resume: string | undefined;

  readonly #where: string;
  readonly #data: Batches<B>;
  readonly #feed: BatchFeed<B>;
  readonly #averages: Averages;
  readonly #listeners: Listeners;
  readonly #schedules: Schedules;
  readonly #validate: TrainingRunOptions<B>['validate'];
  readonly #validateEvery: Every;
  readonly #signal: AbortSignal | undefined;
  readonly #metricNames: Set<string>;
  readonly #limit: { readonly steps?: number; readonly epochs?: number };

  readonly #log = new RunLog();
  readonly #reader: ScalarReader<Note>;
  readonly #clock = new RunClock();
  #step = 0;
  #isSettled = true;
  #stopReason: string | undefined;
  readonly #warnings: string[] = [];
  #hasWarnedOfModes = false;

  #status: 'new' | 'running' | 'ended' = 'new';
  #isInterrupted = false;
  #failure: { readonly error: unknown } | undefined;
  #handed: Handed<B> | undefined;
  #reporting: Promise<void> | undefined;
  #odd: readonly string[] = [];

  constructor(options: TrainingRunOptions<B>) {
    const { where, hasValidationLoss } = requireRunOptions(options);
    const { parts, data, epochs, steps, schedule, validate, validateEvery = eachEpoch, signal, progress } = options;
    this.#where = where;
    this.parts = parts;
    this.resume = options.resume;
    this.modules = modulesOf(parts);
    this.optimizers = optimizersOf(parts);
    this.#averages = new Averages(averagesOf(parts));
    this.#data = data;
    this.#feed = new BatchFeed(where, data, signal);
    this.#limit = { ...(steps !== undefined && { steps }), ...(epochs !== undefined && { epochs }) };
    this.epochCount = epochs;
    this.stepsPerEpoch = data.length;
    this.stepCount = steps ?? (epochs === undefined || data.length === undefined ? undefined : epochs * data.length);
    this.#schedules = new Schedules(where, schedule, this.optimizers);
    this.#validate = validate;
    this.#validateEvery = validateEvery;
    this.hasValidation = validate !== undefined;
    this.hasValidationLoss = hasValidationLoss;
    if (this.hasValidation && !hasValidationLoss) this.#schedules.requireValidationLoss();
    this.goals = options.goals ?? {};
    this.#metricNames = new Set(Object.keys(this.goals));
    this.#signal = signal;
    this.#listeners = new Listeners([...(options.callbacks ?? []), ...progressOf(progress)], this);
    this.#reader = new ScalarReader(stepsInFlight, (values, note) => this.#hear(values, note));
  }

  get model(): Module {
    const [model] = this.modules.values();
    if (model === undefined)
      throw new TrainingError(`[${this.#where}] there is no module among the parts of this run.`);
    return model;
  }

  get optimizer(): TrainingOptimizer {
    const [optimizer] = this.optimizers.values();
    if (optimizer === undefined)
      throw new TrainingError(`[${this.#where}] there is no optimizer among the parts of this run.`);
    return optimizer;
  }

  get checkpointParts(): Readonly<Record<string, Stateful>> {
    const callbacks = callbackStates(this.#listeners.callbacks);
    const schedule = this.#schedules.state;
    return {
      ...Object.fromEntries(Object.entries(this.parts).filter(([, part]) => isStateful(part))),
      ...(isStateful(this.#data) && { data: this.#data }),
      ...(schedule !== undefined && { schedule }),
      ...(callbacks !== undefined && { callbacks }),
      run: this,
    };
  }

  get step(): number {
    return this.#step;
  }

  get epoch(): number {
    return this.#log.epochs.length + (this.#feed.stepOfEpoch > 0 ? 1 : 0);
  }

  get epochs(): readonly EpochRecord[] {
    return this.#log.epochs;
  }

  get validations(): readonly ValidationRecord[] {
    return this.#log.validations;
  }

  get metricNames(): readonly string[] {
    return [...this.#metricNames];
  }

  /** The run so far; complete when it has ended. */
  get history(): History {
    const { losses, scalars, learningRates, epochs, validations } = this.#log;
    return {
      losses,
      scalars,
      learningRates,
      epochs,
      validations,
      ...(this.stepsPerEpoch !== undefined && { stepsPerEpoch: this.stepsPerEpoch }),
      seconds: this.#clock.whole.seconds,
      interrupted: this.#status === 'ended' ? this.#isInterrupted : !this.#hasAllSteps(),
      ...(this.#stopReason !== undefined && !this.#hasAllSteps() && { stopReason: this.#stopReason }),
      ...(this.#warnings.length > 0 && { warnings: [...this.#warnings] }),
    };
  }

  stop(reason: string): void {
    requireString(`${this.#where}, run.stop`, 'the reason', reason);
    this.#stopReason ??= reason;
  }

  warn(warning: string): void {
    requireString(`${this.#where}, run.warn`, 'the warning', warning);
    this.#warnings.push(warning);
  }

  withAverages<T>(body: () => T | Promise<T>): Promise<T> {
    return this.#averages.during(body);
  }

  /**
   * Tells what a step made: a number called `loss`, or numbers by name. To be called once for every batch. Resolves when the run is ready
   * for another step; the loop waits for that itself.
   */
  report(scalars: Scalars): Promise<void> {
    const handed = this.#handed;
    if (handed === undefined) {
      throw new TrainingError(
        `[${this.#where}] report() was called ${this.#status === 'running' ? 'twice for one batch' : 'outside of the loop'}.`,
        { hint: 'Report every batch once: for await (const batch of run) run.report({ loss: step(batch) }).' },
      );
    }
    const named = namedScalars(this.#where, scalars);
    const { loaded, weight, learningRates } = handed;
    this.#handed = undefined;
    this.#step++;
    this.#feed.advance(loaded);
    this.#isSettled = false;
    const record = {
      step: this.#step,
      epoch: this.epoch,
      stepOfEpoch: this.#feed.stepOfEpoch,
      learningRate: firstOf(learningRates),
      learningRates,
      examples: loaded.count,
    };
    this.#reporting = this.#reader.push(named, { record, batch: loaded.batch as object, weight });
    this.#reporting.catch(() => undefined); // comes out of the loop, too
    return this.#reporting;
  }

  /** Says why the loop is about to be left by an exception, for `onTrainError`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StepBatch<B>, void, undefined> {
    if (this.#status !== 'new') {
      throw new TrainingError(`[${this.#where}] this run has been iterated over already.`, {
        hint: 'Make another one: new TrainingRun({ … }).',
      });
    }
    const { callbacks, schedule } = this.checkpointParts;
    const release = claim(this.#where, this, [...membersOf(callbacks), ...membersOf(schedule)]);
    this.#status = 'running';
    const restoreModes = modesOf(...this.modules.values());
    this.#schedules.remember();
    const breathe = breather(20);
    this.#clock.whole.resume();
    try {
      await this.#start();
      for (let next = await this.#proceed(); next !== undefined; next = await this.#proceed()) {
        yield this.#handOut(next);
        await this.#settleReport();
        await breathe();
      }
      await this.#end();
    } catch (error) {
      this.fail(error);
      throw error;
    } finally {
      try {
        if (this.#status === 'running') await this.#leave();
      } finally {
        this.#clock.whole.pause();
        this.#feed.close();
        restoreModes();
        this.#schedules.restore();
        release();
      }
    }
  }

  async #start(): Promise<void> {
    this.#averages.restore();
    this.#odd = await requireNumbers(this.#where, this.modules);
    for (const module of this.modules.values()) module.train();
    await this.#listeners.trainStart();
    if (await resumeRun(this.#where, this, this.#listeners.callbacks))
      this.#odd = await requireNumbers(this.#where, this.modules);
  }

  /** Does what is due between two steps, and gives the batch of the next one; undefined where there is no other step. */
  async #proceed(): Promise<LoadedBatch<B> | undefined> {
    this.#clock.epoch.resume();
    this.#listeners.throwLate();
    if (this.#isAborted()) return undefined;
    if (!this.#isSettled && !(await this.#pause())) return undefined;
    if (this.#isAborted() || this.#isOver()) return undefined;
    const next = await this.#feed.next(this.epochs.length + 1);
    return next === aborted ? undefined : next;
  }

  #handOut(loaded: LoadedBatch<B>): StepBatch<B> {
    const batch = loaded.batch as object;
    const tensors = batchTensors(this.#where, batch);
    const weight = trainingWeightOf(`${this.#where}, step ${this.#step + 1}`, batch, loaded.count);
    this.#schedules.apply(this.#step, this.stepCount);
    this.#feed.take();
    const rates = [...this.optimizers].map(
      ([name, { learningRate, factor }]) => [name, learningRate * factor] as const,
    );
    const learningRates = Object.fromEntries(rates);
    this.#handed = { loaded, weight, learningRates };
    return tensors as unknown as StepBatch<B>;
  }

  async #settleReport(): Promise<void> {
    if (this.#handed !== undefined) {
      throw new TrainingError(`[${this.#where}] step ${this.#step + 1} reported nothing.`, {
        hint: 'Report every batch: for await (const batch of run) run.report({ loss: step(batch) }).',
      });
    }
    await this.#reporting;
  }

  /** The numbers of a step have come back. */
  #hear(scalars: Readonly<Record<string, number>>, { record, batch, weight }: Note): void {
    const step = this.#log.stepRecord(this.#where, record, scalars);
    const name = Object.keys(scalars).find((each) => this.#log.isLoss(each) && !Number.isFinite(scalars[each]));
    if (name !== undefined)
      throw lossError(this.#where, name, scalars[name] ?? Number.NaN, step, batch, this.stepsPerEpoch, this.#odd);
    this.#log.add(step, weight);
    this.#tellStep(step);
  }

  #tellStep(step: StepRecord): void {
    if (!this.#listeners.hearSteps) return;
    const putBack = keptModes(this.modules);
    this.#listeners.step(frozen(step));
    const changed = putBack();
    if (changed.length === 0 || this.#hasWarnedOfModes) return;
    this.#hasWarnedOfModes = true;
    this.warn(`At step ${step.step} onStep of a callback left ${changed.join(', ')} in another mode, with eval() or train(); it was put back, as after every step.`); // prettier-ignore
  }

  /**
   * What is due after a step: validation, the end of an epoch, callbacks. False where the signal came before any of it; then it is due
   * when the run is resumed.
   */
  async #pause(): Promise<boolean> {
    const isEpochEnd = await this.#feed.isEpochEnd(this.epochs.length + 1);
    if (isEpochEnd === aborted) return false;
    const moment = { step: this.#step, epochs: this.epochs.length + (isEpochEnd ? 1 : 0), isEpochEnd };
    const due = this.#listeners.due(moment);
    const isLast = moment.step === this.#limit.steps || moment.epochs === this.#limit.epochs;
    const isValidating = isDue(this.#validateEvery, moment) || isLast || this.#stopReason !== undefined;
    if (!isEpochEnd && due.length === 0 && !(isValidating && this.hasValidation)) {
      this.#isSettled = true;
      return true;
    }
    await this.#reader.drain();
    this.#clock.epoch.pause();
    const validation = isValidating ? await this.#validateNow() : undefined;
    if (validation === aborted) return false;
    const putBack = keptModes(this.modules);
    if (validation !== undefined) {
      this.#log.addValidation(validation);
      if (validation.validationLoss === undefined) this.#schedules.requireValidationLoss();
      else this.#schedules.observe(validation.validationLoss);
      await this.#listeners.validation(validation);
    }
    if (isEpochEnd) await this.#endEpoch(validation);
    await this.#listeners.pause(due);
    const changed = putBack();
    if (changed.length > 0) this.warn(`After step ${this.#step} a callback left ${changed.join(', ')} in another mode, with eval() or train(); it was put back.`); // prettier-ignore
    this.#isSettled = true;
    // The factor of one step is no property of the optimizer: the next step sets it anew, here and where the run is resumed.
    this.#schedules.restore();
    await this.#listeners.save(due);
    return true;
  }

  async #validateNow(): Promise<ValidationRecord | undefined | typeof aborted> {
    if (this.#validate === undefined) return undefined;
    if (this.#isAborted()) return aborted;
    await this.#listeners.validationStart();
    const validation = await validateRun(this, this.#validate, this.#signal);
    if (validation === aborted) return aborted;
    const { found, seconds } = validation;
    const numbers = recordedNumbers(this.#where, found);
    for (const name of Object.keys(numbers.metrics)) this.#metricNames.add(name);
    this.#clock.validationSeconds += seconds;
    return this.#log.validationRecord({ step: this.#step, epoch: this.epoch, seconds }, numbers);
  }

  async #endEpoch(validation: ValidationRecord | undefined): Promise<void> {
    const { epochSeconds: seconds, epochValidationSeconds: validationSeconds } = this.#clock.times;
    const record = this.#log.endEpoch({ step: this.#step, seconds, validationSeconds }, validation);
    if (!this.hasValidation) this.#schedules.observe(record.loss);
    this.#feed.endEpoch();
    this.#clock.endEpoch();
    await this.#listeners.epochEnd(record);
  }

  async #end(): Promise<void> {
    await this.#reader.drain();
    this.#listeners.throwLate();
    this.#isInterrupted = !this.#isOver();
    this.#clock.whole.pause();
    this.#schedules.restore();
    await this.#listeners.trainEnd(
      () => ({ ...this.history, interrupted: this.#isInterrupted }),
      () => this.#averages.apply(),
    );
    this.#status = 'ended';
  }

  /** The loop was left before the end: by `break`, by an exception of its own, or by an error of the run. */
  async #leave(): Promise<void> {
    try {
      if (this.#failure === undefined && this.#handed === undefined) {
        await this.#reporting;
        await this.#end();
        return;
      }
      this.#failure ??= {
        error: new TrainingError(`[${this.#where}] the loop was left in the middle of step ${this.#step + 1}.`),
      };
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      this.#status = 'ended';
      this.#isInterrupted = !this.#isOver();
      if (this.#failure !== undefined) await this.#listeners.trainError(this.#where, this.#failure.error);
    }
  }

  #isAborted(): boolean {
    return this.#signal?.aborted === true;
  }

  #hasAllSteps(): boolean {
    const { steps, epochs } = this.#limit;
    return steps !== undefined ? this.#step >= steps : epochs !== undefined && this.epochs.length >= epochs;
  }

  #isOver(): boolean {
    return this.#hasAllSteps() || this.#stopReason !== undefined;
  }

  stateDict(): RunState {
    return {
      step: this.#step,
      ...this.#feed.place,
      isSettled: this.#isSettled,
      stopReason: this.#stopReason,
      generator: { seed: defaultGenerator.seed, draws: defaultGenerator.draws },
      schedules: this.#schedules.records,
      log: this.#log.stateDict(),
      times: { ...this.#log.times(), ...this.#clock.times },
    };
  }

  differences(state: unknown): readonly string[] {
    return runStateDifferences(state, { stepsPerEpoch: this.stepsPerEpoch, schedules: this.#schedules });
  }

  loadStateDict(state: RunState): void {
    requireFittingState('TrainingRun', this.differences(state));
    const { step, stepOfEpoch, cursor, dataEpoch, isSettled, stopReason, generator, schedules, log, times } = state;
    this.#step = step;
    this.#feed.place = { cursor, dataEpoch, stepOfEpoch };
    this.#isSettled = isSettled;
    this.#stopReason = stopReason;
    defaultGenerator.reset(generator.seed, generator.draws);
    const changed = this.#schedules.load(schedules);
    if (step > 0) for (const warning of changed) this.warn(warning);
    this.#log.loadStateDict(log, times);
    for (const { metrics } of this.#log.validations)
      for (const name of Object.keys(metrics)) this.#metricNames.add(name);
    this.#clock.times = times;
  }
}

function progressOf(progress: boolean | Callback | undefined): Callback[] {
  if (progress === undefined || progress === false) return [];
  return [progress === true ? new TerminalProgress() : progress];
}
