/** A callback that keeps the last and the best state of a run on disk. */
import { isSameFile, linkFile, listFolder, readFile, removeFile, removeTemporaries } from '@hebb/files';
import { decodeSafetensors, decodeSafetensorsArrays, readSafetensorsMetadata, type StateDict } from '@hebb/layers';
import type { Stateful } from '@hebb/tensor';
import {
  checkOptions,
  describe,
  requireBoolean,
  requireInteger,
  requireOneOf,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { Callback, EpochRecord, History, Run, ValidationRecord } from './callback.ts';
import { giveStates, loadParts, reading, requireParts, writeParts, type Parts } from './checkpoint-file.ts';
import { decodeText, encodeText, readArrays } from './encode-state.ts';
import { CheckpointError } from './errors.ts';
import { requireEvery, type Every } from './every.ts';
import { fileError, requireWritableFolder, writePieces } from './files.ts';
import { folderOf, isResumedFrom, lastName, namesIn } from './resume.ts';
import { isCount } from './run-state.ts';
import { Monitor, monitorOptions, type MonitorOptions, type MonitorState } from './monitor.ts';
import { isSealed, requireWhole, requireWholeMetadata, sealedPieces } from './seal.ts';

export interface CheckpointOptions extends MonitorOptions {
  /** From one save to the next. Default `{ epochs: 1 }`. The end of the run is always saved. */
  every?: Every;
  /**
   * Keep the best weights besides, as best.safetensors: those of the smallest validation loss, or of what `monitor` says; of the smallest training loss of an epoch where
   * there is no validation, which `history.warnings` then says. Default true.
   */
  saveBest?: boolean;
  /**
   * Saves that are kept, an integer from 1: `last.safetensors`, and those before it under their steps, `step-1200.safetensors`. Default 1.
   */
  keep?: number;
  /** Replace what another run left in the folder. Default false: that is an error. */
  overwrite?: boolean;
  /** Tells two of a run apart where it is resumed, in whatever order they then are. Default: they are told apart by their order. */
  name?: string;
}

const checkpointOptions: OptionNames<CheckpointOptions> = {
  ...monitorOptions,
  every: true,
  saveBest: true,
  keep: true,
  overwrite: true,
  name: requireString,
};

/** What a file of a {@link Checkpoint} says of itself. */
export interface CheckpointInfo {
  /** Epoch of the last step before it, from 1. */
  readonly epoch: number;
  /** Steps made. */
  readonly step: number;
  /** The losses and metrics of the validation, or else of the epoch, before it; undefined before the first. No times: the same run gives the same bytes. */
  readonly record: Readonly<Record<string, unknown>> | undefined;
  /** Names of the parts that are modules. */
  readonly modules: readonly string[];
  /** In best.safetensors: by what it is the best. */
  readonly monitor?: { readonly name: string; readonly goal: 'min' | 'max'; readonly value: number };
}

/** What {@link Checkpoint} saves of itself. */
export type CheckpointState = {
  readonly monitor: MonitorState | undefined;
  /** Steps made when it was saved. */
  readonly step: number;
};

const [last, best] = [lastName, 'best.safetensors'];
const stepFile = /^step-(\d+)\.safetensors$/;
const isOurs = (name: string): boolean => name === last || name === best || stepFile.test(name);
/** Of the metadata of a file. */
const infoName = 'hebb.checkpoint';

/**
 * Saves a run while it trains: `last.safetensors` holds all that it needs to go on, in one file, which is replaced as a whole, so that a run
 * that is killed while saving leaves the save before. `best.safetensors` holds the weights of the best validation (of the epoch with the smallest training loss, where
 * there is no validation), those of the averages where an optimizer keeps some (EMA), under the model’s own names, which are PyTorch’s;
 * of several modules under `name.`.
 *
 * ```ts
 * const model = new Linear(2, 2);
 * const optimizer = new AdamW(model, { learningRate: 0.1 });
 * const data = new ArrayDataset({
 *   x: { data: Float32Array.of(0, 1, 1, 0), shape: [2] },
 *   y: { data: Int32Array.of(0, 1), shape: [] },
 * });
 * const callbacks = [new Checkpoint('runs/first')];
 * await fit(model, data, { loss: crossEntropy, optimizer, epochs: 2, callbacks, resume: 'runs/first' });
 * await fit(model, data, { loss: crossEntropy, optimizer, epochs: 3, callbacks, resume: 'runs/first' }); // one more
 * model.loadStateDict(await readSafetensors('runs/first/best.safetensors'));
 * const { last } = await Checkpoint.info('runs/first');
 * last?.epoch; // 3
 * ```
 *
 * A folder belongs to one run. Where it holds one already, the run must go on from it (`resume`) or replace it (`overwrite`). Saves follow what
 * all other callbacks have decided, whatever their order.
 *
 * Throws TrainingError, at the start of the run, where the folder cannot be made or written to, and {@link CheckpointError} where it holds
 * another run, or another one has begun to save there meanwhile. Node only.
 */
export class Checkpoint implements Callback, Stateful<CheckpointState> {
  static readonly type: string = 'Checkpoint';

  declare readonly name?: string;
  readonly folder: string;
  readonly every: Every;
  readonly #saveBest: boolean;
  readonly #isMonitorSaid: boolean;
  readonly #keep: number;
  readonly #overwrite: boolean;
  readonly #monitor: Monitor;
  #run: Run | undefined;
  /** Steps made at the last save of this run; undefined before the first. */
  #savedStep: number | undefined;
  /** Steps made in last.safetensors as this run left or found it; undefined where there is none. */
  #lastStep: number | undefined;
  /** Whether the run goes on from a save in the folder. */
  #isContinued = false;
  /** Whether best.safetensors is the one that the monitor knows of. */
  #hasBest = true;

  constructor(folder: string, options: CheckpointOptions = {}) {
    requireString('Checkpoint', 'folder', folder);
    checkOptions('Checkpoint', options, checkpointOptions);
    const { every = { epochs: 1 }, saveBest = true, keep = 1, overwrite = false, name } = options;
    if (name !== undefined) this.name = name;
    requireEvery('Checkpoint', 'every', every);
    requireBoolean('Checkpoint', 'saveBest', saveBest);
    requireInteger('Checkpoint', 'keep', keep, 1);
    requireBoolean('Checkpoint', 'overwrite', overwrite);
    this.folder = folder;
    this.every = every;
    this.#saveBest = saveBest;
    this.#isMonitorSaid = options.monitor !== undefined;
    this.#keep = keep;
    this.#overwrite = overwrite;
    this.#monitor = new Monitor('Checkpoint', options);
  }

  /**
   * Gives parts the states that a run saved, for a program of its own or to go on in another way; `fit({ resume })` does it for a whole run.
   * Parts have the names that they had in the run: `model` and `optimizer` in `fit`.
   *
   * `load('runs/first', { model, optimizer })` takes both from `last.safetensors`; `load('runs/first', { model }, { from: 'best' })` the best weights.
   *
   * @throws CheckpointError, having changed nothing, with every difference; also where there is no such file, or it is cut short
   */
  static async load(folder: string, parts: Parts, options: { from?: 'last' | 'best' } = {}): Promise<void> {
    requireString('Checkpoint.load', 'folder', folder);
    requireParts('Checkpoint.load', parts);
    checkOptions('Checkpoint.load', options, { from: true });
    const { from = 'last' } = options;
    requireOneOf('Checkpoint.load', 'from', from, ['last', 'best']);
    const path = `${folder}/${from}.safetensors`;
    if (from === 'last') return loadParts('Checkpoint.load', path, parts, { partial: true });
    const { info, weights } = await reading('Checkpoint.load', path, readBest);
    const names = info?.modules ?? ['model'];
    const states = Object.fromEntries(names.map((name) => [name, weightsOf(name, names, weights)]));
    await giveStates('Checkpoint.load', path, states, parts, { partial: true });
  }

  /**
   * What the saves in a folder say of themselves, without reading their arrays; undefined for one that is not there.
   *
   * @throws CheckpointError where a file cannot be read
   */
  static async info(
    folder: string,
  ): Promise<{ readonly last: CheckpointInfo | undefined; readonly best: CheckpointInfo | undefined }> {
    requireString('Checkpoint.info', 'folder', folder);
    const names = await namesIn('Checkpoint.info', folder);
    const about = (name: string): Promise<CheckpointInfo | undefined> =>
      names.includes(name) ? infoOf('Checkpoint.info', `${folder}/${name}`) : Promise.resolve(undefined);
    return { last: await about(last), best: await about(best) };
  }

  /** The best epoch so far, from 1; 0 before the first. */
  get bestEpoch(): number {
    return this.#monitor.best?.epoch ?? 0;
  }

  async onTrainStart(run: Run): Promise<void> {
    this.#run = run;
    this.#savedStep = undefined;
    this.#lastStep = undefined;
    this.#hasBest = true;
    if (this.#saveBest) this.#monitor.start(run);
    await requireWritableFolder('Checkpoint', this.folder);
    await this.#onDisk(async () => {
      await removeTemporaries(this.folder, (name) => isOurs(name) || name === '.hebb');
      const found = (await listFolder(this.folder)).filter(isOurs);
      const isResumed = await isResumedFrom(run.resume, this.folder);
      this.#isContinued = isResumed && found.includes(last);
      if (this.#isContinued) {
        this.#lastStep = (await infoOf('Checkpoint', `${this.folder}/${last}`))?.step;
        return;
      }
      // What is there without a last save is of a run that was killed before its first; that begins anew.
      if (found.length > 0 && !isResumed && !this.#overwrite) throw await this.#occupied(found);
      for (const name of found.sort((a, b) => Number(b === last) - Number(a === last)))
        await removeFile(`${this.folder}/${name}`);
    });
  }

  async #occupied(found: readonly string[]): Promise<CheckpointError> {
    const info = await Checkpoint.info(this.folder).catch(() => undefined);
    const named = (name: string, about: CheckpointInfo | undefined): string =>
      about === undefined ? name : `${name} of epoch ${about.epoch}, step ${about.step}`;
    const files = found.map((name) => named(name, name === last ? info?.last : name === best ? info?.best : undefined));
    return new CheckpointError(`[Checkpoint] ${this.folder} holds a run already: ${files.join('; ')}.`, {
      path: this.folder,
      hint: `Go on with it, fit(…, { resume: '${this.folder}' }), take another folder, or replace it: new Checkpoint('${this.folder}', { overwrite: true }).`,
    });
  }

  async onValidation(record: ValidationRecord, run: Run): Promise<void> {
    await this.#observe(record, run);
  }

  async onEpochEnd(record: EpochRecord, run: Run): Promise<void> {
    if (!run.hasValidation) await this.#observe(record, run);
  }

  async #observe(record: ValidationRecord | EpochRecord, run: Run): Promise<void> {
    if (!this.#saveBest || !this.#monitor.observe(record, run).isBest) return;
    const { name, goal } = this.#monitor;
    const value = this.#monitor.best?.value ?? Number.NaN;
    const info = { ...infoOfRun(run), record: withoutTimes(record), monitor: { name, goal, value } };
    await this.#stepOfLast();
    const arrays = await run.withAverages(() => readArrays(bestWeights(run)));
    await writePieces('Checkpoint', `${this.folder}/${best}`, sealedPieces(arrays, metadataOf(info)));
    this.#hasBest = true;
  }

  async onSave(run: Run): Promise<void> {
    const path = `${this.folder}/${last}`;
    await this.#onDisk(() => this.#keepLast(path, run));
    await this.#adoptBest(run);
    const record = run.hasValidation ? run.validations.at(-1) : run.epochs.at(-1);
    const info = { ...infoOfRun(run), record: record && withoutTimes(record) };
    await writeParts('Checkpoint', path, run.checkpointParts, metadataOf(info));
    this.#savedStep = this.#lastStep = run.step;
    await this.#onDisk(() => this.#forgetOld());
  }

  async onTrainEnd(_: History, run: Run): Promise<void> {
    if (this.#savedStep !== run.step) await this.onSave(run);
    else await this.#adoptBest(run);
    if (!this.#saveBest) return;
    const { complaint, best: found } = this.#monitor;
    if (complaint !== undefined) run.warn(`[Checkpoint] ${complaint}`);
    if (found !== undefined && !run.hasValidation && !this.#isMonitorSaid)
      run.warn(`[Checkpoint] ${best} is of epoch ${found.epoch}, whose training loss was the smallest: there is no validation. Say monitor: 'loss' where that is meant, or saveBest: false.`); // prettier-ignore
  }

  /** Steps made in last.safetensors. Refuses one of another run, which began to save after this one had begun. */
  async #stepOfLast(): Promise<number | undefined> {
    const isThere = (await namesIn('Checkpoint', this.folder)).includes(last);
    const step = isThere ? (await infoOf('Checkpoint', `${this.folder}/${last}`))?.step : undefined;
    if (step === undefined || step === this.#lastStep) return step;
    throw new CheckpointError(
      `[Checkpoint] another run, or another Checkpoint of this one, has saved to ${this.folder} meanwhile: ${last} is of step ${step}.`,
      { path: this.folder, hint: 'Give each Checkpoint a folder of its own.' },
    );
  }

  /** Keeps the save that is about to be replaced, under its step; forgets those that lie after where the run now is. */
  async #keepLast(path: string, run: Run): Promise<void> {
    const before = await this.#stepOfLast();
    if (this.#keep === 1) return;
    for (const name of await namesIn('Checkpoint', this.folder))
      if (Number(stepFile.exec(name)?.[1]) >= run.step) await removeFile(`${this.folder}/${name}`);
    if (before !== undefined && before < run.step) await linkFile(path, `${this.folder}/step-${before}.safetensors`);
  }

  async #forgetOld(): Promise<void> {
    const steps = (await listFolder(this.folder)).map((name) => Number(stepFile.exec(name)?.[1] ?? Number.NaN));
    const old = steps.filter((step) => !Number.isNaN(step)).sort((a, b) => b - a);
    for (const step of old.slice(this.#keep - 1)) await removeFile(`${this.folder}/step-${step}.safetensors`);
  }

  /** A run that goes on from another folder takes the best of that along. */
  async #adoptBest(run: Run): Promise<void> {
    if (this.#hasBest) return;
    this.#hasBest = true;
    const from = folderOf(run.resume ?? this.folder);
    const found = await namesIn('Checkpoint', from);
    if (!found.includes(best) || (await isSameFile(from, this.folder))) return;
    await this.#onDisk(() => linkFile(`${from}/${best}`, `${this.folder}/${best}`));
  }

  stateDict(): CheckpointState {
    return {
      monitor: this.#saveBest ? this.#monitor.stateDict() : undefined,
      step: this.#run?.step ?? 0,
    };
  }

  differences(state: unknown): readonly string[] {
    const { monitor, step } = Object(state) as { readonly [K in keyof CheckpointState]?: unknown };
    const found = isCount(step) ? [] : [`step must be an integer ≥ 0, not ${describe(step)}`];
    return this.#saveBest && monitor !== undefined ? [...found, ...this.#monitor.differences(monitor)] : found;
  }

  loadStateDict({ monitor, step }: CheckpointState): void {
    if (this.#saveBest && monitor !== undefined) this.#monitor.loadStateDict(monitor);
    this.#hasBest = !this.#saveBest || this.#monitor.best === undefined;
    this.#savedStep = this.#isContinued ? step : undefined;
  }

  async #onDisk<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw fileError('Checkpoint', error);
    }
  }
}

function infoOfRun(run: Run): Omit<CheckpointInfo, 'record'> {
  return { epoch: run.epoch, step: run.step, modules: [...run.modules.keys()] };
}

function withoutTimes(record: ValidationRecord | EpochRecord): Readonly<Record<string, unknown>> {
  const times = ['seconds', 'validationSeconds', 'examplesPerSecond'];
  return Object.fromEntries(Object.entries(record).filter(([name]) => !times.includes(name)));
}

function metadataOf(info: CheckpointInfo): Record<string, string> {
  return { [infoName]: encodeText('Checkpoint', info as never) };
}

/** The weights of all modules; of several, under their names. */
function bestWeights(run: Run): StateDict {
  const isOne = run.modules.size === 1;
  return new Map(
    [...run.modules].flatMap(([name, module]) =>
      [...module.stateDict()].map(([key, tensor]) => [isOne ? key : `${name}.${key}`, tensor] as const),
    ),
  );
}

/** What {@link bestWeights} made of one of the modules. */
function weightsOf(name: string, names: readonly string[], weights: StateDict): StateDict {
  if (names.length === 1) return weights;
  const own = [...weights].filter(([key]) => key.startsWith(`${name}.`));
  return new Map(own.map(([key, tensor]) => [key.slice(name.length + 1), tensor]));
}

/** The best weights, and what the file says of them; that is undefined where a program of the user's has written it. */
async function readBest(path: string): Promise<{ info: CheckpointInfo | undefined; weights: StateDict }> {
  const bytes = await readFile(path);
  const file = decodeSafetensorsArrays(bytes);
  const info = infoIn(file.metadata);
  if (isSealed(file.metadata)) requireWhole(file);
  return { info, weights: decodeSafetensors(bytes).state };
}

function infoOf(where: string, path: string): Promise<CheckpointInfo | undefined> {
  return reading(where, path, async () => infoIn(await readSafetensorsMetadata(path)));
}

function infoIn(metadata: Readonly<Record<string, string>>): CheckpointInfo | undefined {
  const text = metadata[infoName];
  if (text !== undefined || isSealed(metadata)) requireWholeMetadata(metadata);
  return text === undefined ? undefined : (decodeText(text) as unknown as CheckpointInfo);
}
