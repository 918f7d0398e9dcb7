/** The reader's side of a dataset in workers. */
import { checkOptions, requireArray, requireNumber, type OptionNames } from '@hebb/tensor/arguments';
import type { ArrayBatch } from './batches.ts';
import { requireIndices, type Dataset } from './dataset.ts';
import { DataError, show } from './errors.ts';
import { Subset } from './subset.ts';
import { channel, isOurs, type Answer, type Description, type Question, type ToldError } from './worker-messages.ts';

/** A `Worker` of a browser or of Node's `worker_threads`. */
export interface DatasetWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

export interface WorkerDatasetOptions {
  /** Seconds until a worker must have answered that it serves a dataset. Default 60. */
  timeout?: number;
}

const workerOptions: OptionNames<WorkerDatasetOptions> = { timeout: requireNumber };

/** A dataset that is gathered in workers. */
export interface WorkerDataset<B extends ArrayBatch = ArrayBatch> extends Dataset<B> {
  /** Listens to the workers no more: nothing can be gathered afterwards. The workers go on, for whoever reads them next. */
  close(): void;
}

/**
 * A dataset that is gathered in workers: each of them calls `serveDataset` with the same dataset. A `DataLoader` asks all of them at once (its `workers` are as
 * many), and gives the batches in the same order for any number of them. The workers stay yours; in Node they do not keep a program from ending. `close()` ends the
 * listening to workers that are to do something else; one that is terminated needs none.
 *
 * ```ts
 * import { DataLoader, workerDataset } from '@hebb/data';
 *
 * const workers = [1, 2].map(() => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
 * const loader = new DataLoader(await workerDataset(workers), { batchSize: 64, shuffle: true });
 * for await (const { x, y } of loader) {
 *   // gathered in the workers while this computes
 * }
 * ```
 *
 * `Worker` is that of browsers; Node's is `import { Worker } from 'node:worker_threads'`, without `type`.
 *
 * @throws DataError if a worker fails, serves no dataset, or another one than the others; when examples are gathered, with what was thrown in the worker
 */
export async function workerDataset<B extends ArrayBatch = ArrayBatch>(
  workers: readonly DatasetWorker[],
  options: WorkerDatasetOptions = {},
): Promise<WorkerDataset<B>> {
  const where = 'workerDataset';
  requireArray(where, 'the workers', workers);
  checkOptions(where, options, workerOptions);
  const { timeout = 60 } = options;
  if (!(timeout > 0 && timeout <= 86_400))
    throw new DataError(`[${where}] timeout must be a number of seconds up to a day, got ${show(timeout)}.`);
  if (workers.length === 0) throw new DataError(`[${where}] expected at least one worker.`);
  if (new Set(workers).size < workers.length)
    throw new DataError(`[${where}] one worker stands in the list twice.`, { hint: 'Make one for each place.' });
  const readers = workers.map(requireWorker).map((worker, i) => new WorkerReader(worker, `worker ${i}`));
  const close = (): void => readers.forEach((reader) => reader.close());
  let first: Description | undefined;
  try {
    const descriptions = await Promise.all(readers.map((reader) => reader.describe(timeout)));
    [first] = descriptions;
    requireSameDataset(where, descriptions);
  } catch (error) {
    close();
    throw error;
  }
  const length = first?.length ?? 0;
  const dataset: WorkerDataset<B> = {
    length,
    lengths: first?.lengths,
    unaligned: first?.unaligned,
    workers: readers.length,
    gather: async (indices, paddedLength) => {
      const own = requireIndices(`${where}, gather`, indices, length);
      const idlest = readers.reduce((least, other) => (other.waiting < least.waiting ? other : least));
      return (await idlest.gather(own, paddedLength)) as B;
    },
    subset: (indices) => new Subset(dataset, indices),
    close,
  };
  return dataset;
}

function requireSameDataset(where: string, descriptions: readonly Description[]): void {
  const text = ({ length, lengths, unaligned }: Description): string =>
    JSON.stringify([length, lengths && Array.from(lengths), unaligned]);
  const [first] = descriptions;
  descriptions.forEach((description, i) => {
    if (first === undefined || text(description) === text(first)) return;
    throw new DataError(
      `[${where}] worker ${i} serves another dataset than worker 0: ${description.length} and ${first.length} examples${description.length === first.length ? ', with other lengths or fields' : ''}.`,
      { hint: 'All workers must serve the same dataset.' },
    );
  });
}

interface WorkerEvent {
  readonly data?: unknown;
  readonly message?: unknown;
}

/** What of a worker's class of either kind is used; only one of `on` and `addEventListener` is there. */
interface AnyWorker extends DatasetWorker {
  on?(event: string, listener: (value: unknown) => void): void;
  off?(event: string, listener: (value: unknown) => void): void;
  addEventListener?(event: string, listener: (event: WorkerEvent) => void): void;
  removeEventListener?(event: string, listener: (event: WorkerEvent) => void): void;
  ref?(): void;
  unref?(): void;
}

function requireWorker(given: unknown, i: number): AnyWorker {
  const worker = Object(given) as Partial<AnyWorker>;
  const canListen = typeof worker.on === 'function' || typeof worker.addEventListener === 'function';
  if (canListen && typeof worker.postMessage === 'function') return given as AnyWorker;
  throw new DataError(
    `[workerDataset] worker ${i} must be a Worker, of the browser or of node:worker_threads, got ${show(given)}.`,
    {
      hint: "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }), whose file calls serveDataset(dataset).",
    },
  );
}

interface Waiting<T> {
  resolve(value: T): void;
  /** Where the worker ends. */
  end(what: Ending): void;
  fail(error: ToldError): void;
}

/** Why a worker answers no more. */
interface Ending {
  readonly what: string;
  readonly cause?: unknown;
}

/** One who reads a worker, under the name that its messages give it. */
class WorkerReader {
  readonly #line: WorkerLine;
  readonly #name: string;
  #isClosed = false;

  constructor(worker: AnyWorker, name: string) {
    this.#line = WorkerLine.to(worker);
    this.#name = name;
  }

  get waiting(): number {
    return this.#line.waiting;
  }

  async describe(timeout: number): Promise<Description> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => {
          reject(
            new DataError(`[workerDataset] ${this.#name} has not answered for ${timeout} seconds.`, {
              hint: 'Does its file call serveDataset(dataset)? Give { timeout } where opening the dataset takes longer.',
            }),
          );
        }, 1000 * timeout);
        this.#line.describe(this.#waiting(resolve, reject));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  gather(indices: Uint32Array, paddedLength: number | undefined): Promise<ArrayBatch> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new DataError(`[workerDataset] ${this.#name} is read no more: the dataset is closed.`);
      this.#line.gather(indices, paddedLength, this.#waiting(resolve, reject));
    });
  }

  close(): void {
    if (!this.#isClosed) this.#line.leave();
    this.#isClosed = true;
  }

  #waiting<T>(resolve: (value: T) => void, reject: (error: Error) => void): Waiting<T> {
    return {
      resolve,
      end: ({ what, cause }) =>
        reject(
          new DataError(`[workerDataset] ${this.#name} ${what}.`.replace(/\.\.$/, '.'), {
            ...(cause !== undefined && { cause }),
            hint: 'Its dataset cannot be read any more. What the worker itself printed says more.',
          }),
        ),
      fail: ({ message, stack }) => {
        const cause = new Error(message);
        if (stack !== undefined) cause.stack = stack;
        reject(new DataError(`[workerDataset] ${this.#name}: ${message}`, { cause }));
      },
    };
  }
}

/** What goes to and fro between here and one worker, for all who read it here: it is listened to once, as long as anybody reads. */
class WorkerLine {
  static readonly #lines = new WeakMap<AnyWorker, WorkerLine>();
  readonly #worker: AnyWorker;
  /** Tells gathers from here from those of other threads that read the same worker. */
  readonly #id = crypto.randomUUID();
  readonly #describes = new Set<Waiting<Description>>();
  readonly #gathers = new Map<string, Waiting<ArrayBatch>>();
  readonly #listening: () => void;
  #readers = 0;
  #nextId = 0;
  #ended: Ending | undefined;

  /** The line to a worker, for one more reader, who is to {@link leave} it. */
  static to(worker: AnyWorker): WorkerLine {
    const line = WorkerLine.#lines.get(worker) ?? new WorkerLine(worker);
    WorkerLine.#lines.set(worker, line);
    line.#readers++;
    return line;
  }

  private constructor(worker: AnyWorker) {
    this.#worker = worker;
    this.#listening = listenTo(worker, {
      hear: (message) => this.#hear(message),
      end: (what, cause) => this.#end({ what, ...(cause !== undefined && { cause }) }),
    });
  }

  /** Gathers that the worker has been asked for and has not answered. */
  get waiting(): number {
    return this.#ended === undefined ? this.#gathers.size : Infinity;
  }

  leave(): void {
    if (--this.#readers > 0 || this.#ended !== undefined) return;
    this.#listening();
    WorkerLine.#lines.delete(this.#worker);
    this.#tellAll({ what: 'is read no more: the dataset was closed meanwhile' });
  }

  describe(waiting: Waiting<Description>): void {
    if (this.#isEnded(waiting)) return;
    this.#describes.add(waiting);
    this.#ask({ channel, ask: 'description' });
  }

  gather(indices: Uint32Array, paddedLength: number | undefined, waiting: Waiting<ArrayBatch>): void {
    if (this.#isEnded(waiting)) return;
    const id = `${this.#id}:${this.#nextId++}`;
    this.#gathers.set(id, waiting);
    this.#worker.ref?.();
    this.#ask({ channel, ask: 'gather', id, indices, paddedLength });
  }

  #isEnded(waiting: Waiting<never>): boolean {
    if (this.#ended !== undefined) waiting.end(this.#ended);
    return this.#ended !== undefined;
  }

  #ask(question: Question): void {
    this.#worker.postMessage(question, []);
  }

  #hear(message: unknown): void {
    if (!isOurs(message)) return;
    const answer = message as Answer;
    if (answer.tell === 'description') for (const waiting of this.#takeDescribes()) waiting.resolve(answer);
    else if (answer.tell === 'batch') this.#take(answer.id)?.resolve(answer.batch);
    else if (answer.id === undefined) for (const waiting of this.#takeDescribes()) waiting.fail(answer.error);
    else this.#take(answer.id)?.fail(answer.error);
  }

  #take(id: string): Waiting<ArrayBatch> | undefined {
    const waiting = this.#gathers.get(id);
    this.#gathers.delete(id);
    this.#rest();
    return waiting;
  }

  #takeDescribes(): readonly Waiting<Description>[] {
    const waiting = [...this.#describes];
    this.#describes.clear();
    this.#rest();
    return waiting;
  }

  /** A worker that has nothing to answer does not keep the program from ending. */
  #rest(): void {
    if (this.#gathers.size === 0) this.#worker.unref?.();
  }

  #end(ending: Ending): void {
    if (this.#ended !== undefined) return;
    this.#ended = ending;
    this.#tellAll(ending);
  }

  #tellAll(ending: Ending): void {
    for (const waiting of [...this.#describes, ...this.#gathers.values()]) waiting.end(ending);
    this.#describes.clear();
    this.#gathers.clear();
  }
}

interface Listener {
  readonly hear: (message: unknown) => void;
  readonly end: (what: string, cause?: unknown) => void;
}

/** Listens to a worker of either kind; the result ends it. */
function listenTo(worker: AnyWorker, { hear, end }: Listener): () => void {
  if (worker.on !== undefined) {
    const listeners: Readonly<Record<string, (value: unknown) => void>> = {
      message: hear,
      messageerror: (error) => end(`sent what cannot be read: ${String(error)}`),
      error: (error) => end(`failed: ${error instanceof Error ? error.message : String(error)}`, error),
      exit: (code) => end(`has ended (exit code ${String(code)})`),
    };
    for (const [event, listener] of Object.entries(listeners)) worker.on(event, listener);
    return () => {
      for (const [event, listener] of Object.entries(listeners)) worker.off?.(event, listener);
    };
  }
  const listeners: Readonly<Record<string, (event: WorkerEvent) => void>> = {
    message: ({ data }) => hear(data),
    messageerror: () => end('sent what cannot be read'),
    error: ({ message }) =>
      end(typeof message === 'string' && message !== '' ? `failed: ${message}` : 'could not be loaded'),
  };
  for (const [event, listener] of Object.entries(listeners)) worker.addEventListener?.(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) worker.removeEventListener?.(event, listener);
  };
}
