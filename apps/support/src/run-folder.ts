/**
 * The folder of an example's run, and what it says of the run: `run.json`.
 *
 * The same call goes on with a run that was cut. Any other run that lies there, finished or called in another way, is put into a folder beside the new one's files,
 * `earlier-1`, `earlier-2`, …: it is neither taken for the new one nor lost.
 */
import { mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFile } from '@hebb/files';
import { requireWritable } from './output.ts';

/** What a run is called with, as far as it decides what comes of it. */
export interface Call {
  readonly example: string;
  readonly level: string;
  readonly seed: number;
  readonly device: string;
  readonly data: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What run.json holds. */
interface Saved {
  readonly call: Call;
  readonly isDone: boolean;
  /** Seconds that it has taken so far. */
  readonly seconds: number;
  /** Names of the files that the run has written, in their order. */
  readonly files: readonly string[];
}

const runFile = 'run.json';
const checkpoints = 'checkpoints';

export class RunFolder {
  readonly folder: string;
  /** Where a run that was there lies now. */
  readonly moved: string | undefined;
  /** Whether an interrupted run of the same call goes on. */
  readonly isContinued: boolean;
  readonly #call: Call;
  readonly #secondsBefore: number;
  readonly #started = performance.now();
  readonly #files: string[] = [];

  private constructor(folder: string, call: Call, found: { moved?: string; continued?: Saved }) {
    this.folder = folder;
    this.#call = call;
    this.moved = found.moved;
    this.isContinued = found.continued !== undefined;
    this.#secondsBefore = found.continued?.seconds ?? 0;
    this.#files.push(...(found.continued?.files ?? []));
  }

  /**
   * @throws TrainingError where the folder cannot be made or written to
   */
  static async open(folder: string, call: Call): Promise<RunFolder> {
    await requireWritable(folder, [runFile, 'report.html', 'results.json']);
    const found = await read(join(folder, runFile));
    const isSame = found !== undefined && JSON.stringify(found.call) === JSON.stringify(toJson(call));
    const opened =
      found === undefined
        ? new RunFolder(folder, call, {})
        : isSame && !found.isDone
          ? new RunFolder(folder, call, { continued: found })
          : new RunFolder(folder, call, { moved: await moveAside(folder, found) });
    await opened.save(false);
    return opened;
  }

  /** The finished run of an example that lies in a folder, if there is one. */
  static async finished(folder: string, example: string): Promise<Call | undefined> {
    const found = await read(join(folder, runFile));
    return found?.isDone === true && found.call.example === example ? found.call : undefined;
  }

  /** Seconds of the run, those before an interruption included. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  get files(): readonly string[] {
    return this.#files;
  }

  checkpoints(name: string): string {
    return join(this.folder, checkpoints, name);
  }

  /** The path of a file that the run is about to write. */
  async path(name: string): Promise<string> {
    if (!this.#files.includes(name)) {
      this.#files.push(name);
      await this.save(false);
    }
    return join(this.folder, name);
  }

  /** Takes back what {@link RunFolder.open} did, of a run that failed before it wrote or learnt anything: what lay here lies here again. Whether there was anything. */
  async takeBack(): Promise<boolean> {
    const names = await readdir(this.folder);
    if (this.#files.length > 0 || names.includes(checkpoints)) return false;
    await rm(join(this.folder, runFile), { force: true });
    if (this.moved === undefined) return false;
    for (const name of await readdir(this.moved)) await rename(join(this.moved, name), join(this.folder, name));
    await rmdir(this.moved);
    return true;
  }

  async save(isDone: boolean): Promise<void> {
    const saved: Saved = { call: this.#call, isDone, seconds: this.seconds, files: this.#files };
    await writeFile(join(this.folder, runFile), `${JSON.stringify(saved, null, 2)}\n`);
    // What a finished run would go on from is of no use any more.
    if (isDone) await rm(join(this.folder, checkpoints), { recursive: true, force: true });
  }
}

/** Undefined also for what is no file of ours. */
async function read(path: string): Promise<Saved | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const saved = JSON.parse(text) as Partial<Saved> | null;
    if (saved?.call === undefined || !Array.isArray(saved.files)) return undefined;
    return { call: saved.call, isDone: saved.isDone === true, seconds: saved.seconds ?? 0, files: saved.files };
  } catch {
    return undefined;
  }
}

const toJson = (call: Call): unknown => JSON.parse(JSON.stringify(call)) as unknown;

async function moveAside(folder: string, { files }: Saved): Promise<string> {
  const names = await readdir(folder);
  let number = 1;
  while (names.includes(`earlier-${number}`)) number++;
  const target = join(folder, `earlier-${number}`);
  await mkdir(target);
  for (const name of [...files, checkpoints, runFile])
    if (names.includes(name)) await rename(join(folder, name), join(target, name));
  return target;
}
