/** One file with everything that a run needs to go on: written whole, loaded whole or not at all. */
import { FileError, hasFiles, removeTemporaries } from '@hebb/files';
import { readSafetensorsArrays, SafetensorsError } from '@hebb/layers';
import { realize, Tensor, type State, type Stateful } from '@hebb/tensor';
import { checkOptions, describe, isPlain, requireBoolean, requirePath, type OptionNames } from '@hebb/tensor/arguments';
import { encodePieces, unpack } from './encode-state.ts';
import { CheckpointError, TrainingError } from './errors.ts';
import { writePieces } from './files.ts';
import { NamedStates } from './named-states.ts';

/** What is saved together, by name: `{ model, optimizer, generator }`. */
export type Parts = Readonly<Record<string, Stateful>>;

const instead =
  'In a browser make the bytes with encodeState and keep them, in IndexedDB say; decodeState gives the state back.';

/**
 * Saves the states of all parts in one file. It is written beside its place and renamed, so that whatever happens the file is the old one or
 * the new one; the folder is made where it is missing. All states are of one moment: what waits to be computed is computed first.
 *
 * ```ts
 * const model = new Linear(4, 2);
 * const optimizer = new AdamW(model, { learningRate: 1e-3 });
 * await saveCheckpoint('runs/mine/step-100.safetensors', { model, optimizer });
 * await loadCheckpoint('runs/mine/step-100.safetensors', { model, optimizer });
 * ```
 *
 * @param parts modules, optimizers, loaders, generators, anything with `stateDict()` and `loadStateDict(state)`
 * @throws TrainingError naming what cannot be saved, and naming the path where the file cannot be written
 */
export async function saveCheckpoint(path: string, parts: Parts): Promise<void> {
  requirePath('saveCheckpoint', 'the path', path);
  requireParts('saveCheckpoint', parts);
  await sweepOnce(path);
  await writeParts('saveCheckpoint', path, parts);
}

const swept = new Map<string, Promise<void>>();

/** Removes what a process that was killed while saving left beside the file; before the first save of this process. */
async function sweepOnce(path: string): Promise<void> {
  if (!hasFiles()) return;
  let done = swept.get(path);
  if (done === undefined) swept.set(path, (done = sweep(path)));
  await done;
}

async function sweep(path: string): Promise<void> {
  const [, folder = '', name = path] = /^(.*[/\\])?([^/\\]*)$/.exec(path) ?? [];
  // Where there is no such folder yet, or it cannot be read, saving says so.
  await removeTemporaries(folder || '.', (each) => each === name).catch(() => undefined);
}

export async function writeParts(
  where: string,
  path: string,
  parts: Parts,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await realize(); // counts of steps and draws are those of what has been computed
  const state = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.stateDict()]));
  await writePieces(where, path, await encodePieces(where, state, metadata), instead);
}

export interface LoadCheckpointOptions {
  /** Load the parts that are given and leave the others of the file alone. Default false: the file must have exactly these parts. */
  partial?: boolean;
}

const loadOptions: OptionNames<LoadCheckpointOptions> = { partial: true };

/**
 * Gives every part the state that {@link saveCheckpoint} saved, or {@link Checkpoint} as `last.safetensors`. All parts are checked before any
 * is changed.
 *
 * @throws CheckpointError, having changed nothing, where the file does not fit: its message and `differences` list every reason of every part;
 *   also where it cannot be read or is cut short
 */
export async function loadCheckpoint(path: string, parts: Parts, options: LoadCheckpointOptions = {}): Promise<void> {
  requirePath('loadCheckpoint', 'the path', path);
  requireParts('loadCheckpoint', parts);
  checkOptions('loadCheckpoint', options, loadOptions);
  const { partial = false } = options;
  requireBoolean('loadCheckpoint', 'partial', partial);
  await loadParts('loadCheckpoint', path, parts, { partial });
}

export interface LoadRules {
  /** Whether the file may have other parts. */
  readonly partial: boolean;
  /** What to do about differences. */
  readonly hint?: string;
}

export async function loadParts(where: string, path: string, parts: Parts, rules: LoadRules): Promise<void> {
  const { state } = await readCheckpoint(where, path);
  await giveStates(where, path, state, parts, rules);
}

/** Gives each part its state: all, or none where one does not fit. */
export async function giveStates(
  where: string,
  path: string,
  state: Readonly<Record<string, State>>,
  parts: Parts,
  { partial, hint }: LoadRules,
): Promise<void> {
  const differences: string[] = [];
  const lacking = Object.keys(parts).filter((name) => !Object.hasOwn(state, name));
  const has = Object.keys(state).join(', ') || 'none';
  for (const name of lacking) differences.push(`${name}: the file has no such part; it has ${has}`);
  if (!partial)
    for (const name of Object.keys(state).filter((each) => !Object.hasOwn(parts, each)))
      differences.push(`${name}: a part of the file that is not among those to load`);
  const present = Object.entries(parts)
    .filter(([name]) => !lacking.includes(name))
    .flatMap(([name, part]) => singlePartsOf(name, part, state[name], differences));
  const knowing = present.filter(({ part }) => typeof part.differences === 'function');
  for (const each of knowing) differences.push(...differencesOf(each));

  // Those that cannot say what does not fit try it, and go back where anything else does not fit.
  const undo: (() => unknown)[] = [];
  for (const { name, part, state: given } of present.filter((each) => !knowing.includes(each))) {
    const before = await copyOf(part.stateDict());
    try {
      await part.loadStateDict(given);
      undo.push(() => part.loadStateDict(before));
    } catch (error) {
      differences.push(`${name}: ${reasonOf(error)}`);
    }
  }
  const refuse = async (): Promise<CheckpointError> => {
    for (const back of undo.reverse()) await back();
    const count = `${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}`;
    const asBefore = 'Make the parts as they were when the checkpoint was saved';
    return new CheckpointError(`[${where}] ${path} does not fit: ${count}. Nothing was loaded.`, {
      path,
      differences,
      hint: hint ?? (partial ? `${asBefore}.` : `${asBefore}; { partial: true } loads some of them.`),
    });
  };
  if (differences.length > 0) throw await refuse();
  for (const { name, part, state: given } of knowing) {
    try {
      await part.loadStateDict(given);
    } catch (error) {
      differences.push(`${name}: ${reasonOf(error)}`);
      throw await refuse();
    }
  }
  await realize();
}

interface SinglePart {
  readonly name: string;
  readonly part: Stateful;
  readonly state: State;
}

/** A part, or all those of which it is made (the callbacks), so that each is checked, and taken back, by itself. */
function singlePartsOf(name: string, part: Stateful, state: State, differences: string[]): SinglePart[] {
  if (!(part instanceof NamedStates)) return [{ name, part, state }];
  const given = isPlain(state) ? (state as Readonly<Record<string, State>>) : {};
  differences.push(...part.nameDifferences(given).map((reason) => `${name}: ${reason}`));
  return [...part.members]
    .filter(([member]) => Object.hasOwn(given, member))
    .map(([member, each]) => ({ name: `${name}.${member}`, part: each, state: given[member] }));
}

function differencesOf({ name, part, state }: SinglePart): string[] {
  try {
    return (part.differences?.(state) ?? []).map((reason) => `${name}: ${reason}`);
  } catch (error) {
    return [`${name}: ${reasonOf(error)}`]; // a state of quite another kind
  }
}

/** The parts of a checkpoint by name, and its metadata. Throws CheckpointError where it cannot be read, or is no checkpoint. */
export async function readCheckpoint(
  where: string,
  path: string,
): Promise<{ state: { readonly [name: string]: State }; metadata: Readonly<Record<string, string>> }> {
  const file = await reading(where, path, (source) => readSafetensorsArrays(source));
  try {
    const state = unpack(file);
    if (isPlain(state)) return { state: state as { readonly [name: string]: State }, metadata: file.metadata };
    throw new SafetensorsError('[decodeState] the file holds a state, but not one of parts by name.');
  } catch (error) {
    throw asCheckpointError(where, path, error);
  }
}

/** Reads a file, or says as a CheckpointError why not. */
export async function reading<T>(where: string, path: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(path);
  } catch (error) {
    throw asCheckpointError(where, path, error);
  }
}

function asCheckpointError(where: string, path: string, error: unknown): unknown {
  const cause = error instanceof SafetensorsError && error.cause instanceof FileError ? error.cause : error;
  const details = { path, ...(cause instanceof Error && 'hint' in cause && { hint: String(cause.hint) }) };
  if (cause instanceof FileError) {
    return Object.assign(new CheckpointError(`[${where}] ${cause.summary}`, details), { cause });
  }
  if (!(cause instanceof SafetensorsError)) return cause;
  const summary = `[${where}] cannot read ${path}: ${reasonOf(cause)}`;
  const hint = cause.message.split('\n  hint: ')[1] ?? 'The file is damaged. Go on from another one.';
  return Object.assign(new CheckpointError(summary, { path, hint }), { cause });
}

/** The first sentence of an error without the name of the function and the hint. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return describe(error);
  const text = error.message.split('\n  hint:', 1)[0] ?? '';
  return text.replace(/^(.*?: )?\[[^\]]*\] /s, '').replaceAll(/\n\s*/g, ' ');
}

/** A copy of a state that does not change with what it is the state of. */
export async function copyOf<S extends State>(state: S): Promise<S> {
  const tensors: Tensor[] = [];
  const copy = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Tensor) {
      tensors.push(value.detach());
      return tensors.at(-1);
    }
    if (ArrayBuffer.isView(value)) return (value as Float32Array).slice();
    if (Array.isArray(value)) return value.map(copy);
    const entries = [...(value instanceof Map ? (value as Map<unknown, unknown>) : Object.entries(value))].map(
      ([name, element]) => [name, copy(element)] as const,
    );
    return value instanceof Map ? new Map(entries) : Object.fromEntries(entries as [string, unknown][]);
  };
  const result = copy(state);
  await realize(...tensors);
  return result as S;
}

export function requireParts(where: string, parts: unknown): asserts parts is Parts {
  const hint = 'Pass what is to be saved together, by name: { model, optimizer }.';
  if (!isPlain(parts)) {
    throw new TrainingError(`[${where}] the parts must be objects by name, not ${describe(parts)}.`, { hint });
  }
  const entries = Object.entries(parts as Readonly<Record<string, unknown>>);
  if (entries.length === 0) throw new TrainingError(`[${where}] there are no parts.`, { hint });
  for (const [name, part] of entries) {
    const { stateDict, loadStateDict } = Object(part) as { stateDict?: unknown; loadStateDict?: unknown };
    if (typeof stateDict === 'function' && typeof loadStateDict === 'function') continue;
    throw new TrainingError(
      `[${where}] the part ${name} must have stateDict() and loadStateDict(state), as modules and optimizers do; it is ${describe(part)}.`,
      {
        hint: 'Numbers of your own: { stateDict: () => ({ best }), loadStateDict: (state) => { best = state.best; } }.',
      },
    );
  }
}
