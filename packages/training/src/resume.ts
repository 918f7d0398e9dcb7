/** Where a run goes on from. */
import { FileError, isSameFile, listFolder } from '@hebb/files';
import type { Callback, Run } from './callback.ts';
import { loadParts } from './checkpoint-file.ts';
import { CheckpointError } from './errors.ts';
import { fileError } from './files.ts';

/** The save that a folder’s run goes on from. */
export const lastName = 'last.safetensors';

const isFile = (path: string): boolean => path.endsWith('.safetensors');

/** The folder of a save, or the folder itself. */
export function folderOf(path: string): string {
  return isFile(path) ? path.replace(/[^/\\]+$/, '.') : path;
}

/** Whether a run goes on from what lies in this folder. */
export async function isResumedFrom(resume: string | undefined, folder: string): Promise<boolean> {
  return resume !== undefined && (await isSameFile(folderOf(resume), folder));
}

/**
 * Gives a run the state that it goes on from. False where it begins: without `resume`, and where the run's own `Checkpoint` of that folder has
 * saved nothing yet.
 */
export async function resumeRun(where: string, run: Run, callbacks: readonly Callback[]): Promise<boolean> {
  const { resume } = run;
  if (resume === undefined) return false;
  if (!isFile(resume) && !(await namesIn(where, resume)).includes(lastName)) {
    const savers = callbacks.filter((callback) => 'onSave' in callback) as readonly { readonly folder?: unknown }[];
    for (const { folder } of savers) if (typeof folder === 'string' && (await isSameFile(folder, resume))) return false;
    throw new CheckpointError(`[${where}] ${resume} has no ${lastName} to go on from.`, {
      path: resume,
      hint: `A run that saves there, callbacks: [new Checkpoint('${resume}')], begins where nothing has been saved yet, and goes on later.`,
    });
  }
  const asked = optionsOf(run);
  await loadParts(where, isFile(resume) ? resume : `${resume}/${lastName}`, run.checkpointParts, {
    partial: false,
    hint: 'A run goes on with what it began with: the same model, optimizer, data and callbacks. Without resume it begins anew; Checkpoint.load takes single parts.',
  });
  warnOfFewer(run, resume);
  const taken = optionsOf(run);
  for (const [name, value] of asked) {
    if (JSON.stringify(taken.get(name)) === JSON.stringify(value)) continue;
    run.warn(`${name} is ${JSON.stringify(taken.get(name))}, as in ${resume}, and not ${JSON.stringify(value)}.`);
  }
  return true;
}

/** Says so where less is asked for than has been made. */
function warnOfFewer(run: Run, resume: string): void {
  const { epochCount, stepCount = Infinity, epoch, step } = run;
  const isFewer = epochCount === undefined ? step > stepCount : epoch > epochCount;
  if (!isFewer) return;
  const asked = epochCount === undefined ? `steps is ${stepCount}` : `epochs is ${epochCount}`;
  run.warn(
    `${asked}, and ${resume} is of epoch ${epoch}, step ${step}: nothing is left to train. They count from the very start.`,
  );
}

/** The options of all optimizers, by what a warning calls them: the saved ones take the place of those that the program says. */
function optionsOf({ optimizers }: Run): ReadonlyMap<string, unknown> {
  const options = new Map<string, unknown>();
  for (const [name, { groups, learningRate }] of optimizers) {
    for (const [i, group] of (groups ?? [{ options: { learningRate } }]).entries())
      for (const [option, value] of Object.entries(group.options))
        options.set(`${option} of ${name}${i === 0 ? '' : `, group ${i},`}`, value);
  }
  return options;
}

/** What lies in a folder; nothing where there is none. */
export async function namesIn(where: string, folder: string): Promise<readonly string[]> {
  try {
    return await listFolder(folder);
  } catch (error) {
    if (error instanceof FileError && error.code === 'ENOENT') return [];
    throw fileError(where, error);
  }
}
