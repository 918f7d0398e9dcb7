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

/**
 * A dataset that is gathered in workers: each of them calls `serveDataset` with the same dataset. A `DataLoader` asks all of them at once (its `workers` are as
 * many), and gives the batches in the same order for any number of them. The workers stay yours; in Node they do not keep a program from ending.
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
): Promise<Dataset<B>> {
  const where = 'workerDataset';
  requireArray(where, 'the workers', workers);
  checkOptions(where, options, workerOptions);
  const { timeout = 60 } = options;
  if (!(timeout > 0 && timeout <= 86_400))
    throw new DataError(`[${where}] timeout must be a number of seconds up to a day, got ${show(timeout)}.`);
  if (workers.length === 0) throw new DataError(`[${where}] expected at least one worker.`);
  if (new Set(workers).size < workers.length)
    throw new DataError(`[${where}] one worker stands in the list twice.`, { hint: 'Make one for each place.' });
  const lines = workers.map((worker, i) => new WorkerLine(requireWorker(worker, i), i));
  const descriptions = await Promise.all(lines.map((line) => line.describe(timeout)));
  const [first] = descriptions;
  const length = first?.length ?? 0;
  descriptions.forEach((description, i) => {
    if (sameDataset(description, first)) return;
    throw new DataError(
      `[${where}] worker ${i} serves another dataset than worker 0: ${description.length} and ${length} examples${description.length === length ? ', with other lengths or fields' : ''}.`,
      { hint: 'All workers must serve the same dataset.' },
    );
  });
  const dataset: Dataset<B> = {
    length,
    lengths: first?.lengths,
    unaligned: first?.unaligned,
    workers: lines.length,
    gather: async (indices, paddedLength) => {
      const own = requireIndices(`${where}, gather`, indices, length);
      const line = lines.reduce((least, other) => (other.waiting < least.waiting ? other : least));
      return (await line.gather(own, paddedLength)) as B;
    },
    subset: (indices) => new Subset(dataset, indices),
  };
  return dataset;
}

function sameDataset(a: Description, b: Description | undefined): boolean {
  const text = ({ length, lengths, unaligned }: Description): string =>
    JSON.stringify([length, lengths && Array.from(lengths), unaligned]);
  return b === undefined || text(a) === text(b);
}

/** What of a worker's class of either kind is used; only one of `on` and `addEventListener` is there. */
interface AnyWorker extends DatasetWorker {
  on?(event: string, listener: (value: unknown) => void): void;
  addEventListener?(event: string, listener: (event: { data?: unknown; message?: unknown }) => void): void;
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
  reject(error: Error): void;
}

/** What goes to and fro between here and one worker. */
class WorkerLine {
  readonly #worker: AnyWorker;
  readonly #name: string;
  /** Tells its gathers from those of others who read the same worker. */
  readonly #reader = crypto.randomUUID();
  readonly #gathers = new Map<string, Waiting<ArrayBatch>>();
  #description: Waiting<Description> | undefined;
  #nextId = 0;
  /** Why it answers no more. */
  #ended: DataError | undefined;

  constructor(worker: AnyWorker, index: number) {
    this.#worker = worker;
    this.#name = `worker ${index}`;
    if (worker.on !== undefined) {
      worker.on('message', (message) => this.#hear(message));
      worker.on('messageerror', (error) => this.#end(`sent what cannot be read: ${String(error)}`));
      worker.on('error', (error) =>
        this.#end(`failed: ${error instanceof Error ? error.message : String(error)}`, error),
      );
      worker.on('exit', (code) => this.#end(`has ended (exit code ${String(code)})`));
    } else {
      worker.addEventListener?.('message', ({ data }) => this.#hear(data));
      worker.addEventListener?.('messageerror', () => this.#end('sent what cannot be read'));
      worker.addEventListener?.('error', ({ message }) => {
        this.#end(typeof message === 'string' && message !== '' ? `failed: ${message}` : 'could not be loaded');
      });
    }
  }

  /** Gathers that it has been asked for and has not answered. */
  get waiting(): number {
    return this.#ended === undefined ? this.#gathers.size : Infinity;
  }

  async describe(timeout: number): Promise<Description> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise((resolve, reject) => {
        if (this.#ended !== undefined) throw this.#ended;
        this.#description = { resolve, reject };
        timer = setTimeout(() => {
          reject(
            new DataError(`[workerDataset] ${this.#name} has not answered for ${timeout} seconds.`, {
              hint: 'Does its file call serveDataset(dataset)? Give { timeout } where opening the dataset takes longer.',
            }),
          );
        }, 1000 * timeout);
        this.#ask({ channel, ask: 'description' });
      });
    } finally {
      clearTimeout(timer);
      this.#description = undefined;
      if (this.#gathers.size === 0) this.#worker.unref?.();
    }
  }

  gather(indices: Uint32Array, paddedLength: number | undefined): Promise<ArrayBatch> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      const id = `${this.#reader}:${this.#nextId++}`;
      this.#gathers.set(id, { resolve, reject });
      this.#worker.ref?.();
      this.#ask({ channel, ask: 'gather', id, indices, paddedLength });
    });
  }

  #ask(question: Question): void {
    this.#worker.postMessage(question, []);
  }

  #hear(message: unknown): void {
    if (!isOurs(message)) return;
    const answer = message as Answer;
    if (answer.tell === 'description') this.#description?.resolve(answer);
    else if (answer.tell === 'batch') this.#take(answer.id)?.resolve(answer.batch);
    else {
      const waiting = answer.id === undefined ? this.#description : this.#take(answer.id);
      waiting?.reject(this.#errorOf(answer.error));
    }
  }

  #take(id: string): Waiting<ArrayBatch> | undefined {
    const waiting = this.#gathers.get(id);
    this.#gathers.delete(id);
    if (this.#gathers.size === 0) this.#worker.unref?.();
    return waiting;
  }

  #errorOf({ message, stack }: ToldError): DataError {
    const cause = new Error(message);
    if (stack !== undefined) cause.stack = stack;
    return new DataError(`[workerDataset] ${this.#name}: ${message}`, { cause });
  }

  #end(what: string, cause?: unknown): void {
    if (this.#ended !== undefined) return;
    const error = new DataError(`[workerDataset] ${this.#name} ${what}.`.replace(/\.\.$/, '.'), {
      ...(cause !== undefined && { cause }),
      hint: 'Its dataset cannot be read any more. What the worker itself printed says more.',
    });
    this.#ended = error;
    this.#description?.reject(error);
    for (const waiting of this.#gathers.values()) waiting.reject(error);
    this.#gathers.clear();
  }
}
