/** The worker's side of a dataset in a worker. */
import { isTypedArray, type NumericArray } from './arrays.ts';
import type { ArrayBatch } from './batches.ts';
import { requireDataset, type Dataset } from './dataset.ts';
import { DataError } from './errors.ts';
import { channel, isOurs, type Answer, type Question, type ToldError } from './worker-messages.ts';

/** What a worker hears and says by, in browsers and in Node. */
interface Port {
  listen(listener: (message: unknown) => void): void;
  post(message: Answer, transfer: ArrayBuffer[]): void;
}

/**
 * Called in a worker: hands out the dataset to the page that made the worker and reads it by `workerDataset`. The batches are gathered, decoded and padded
 * here, beside the thread that trains, and their memory is moved there without being copied: `gather` must return new arrays, as it must anyway.
 *
 * ```ts
 * // worker.ts
 * import { openMnist, serveDataset } from '@hebb/data';
 *
 * serveDataset(openMnist('mnist').then(({ train }) => train));
 * ```
 *
 * @param dataset also a promise of it; if it fails, whoever reads is told
 * @throws DataError where this is no worker, and for what is no dataset
 */
export function serveDataset(dataset: Dataset | Promise<Dataset>): void {
  if (!(dataset instanceof Promise)) requireDataset('serveDataset', dataset);
  const served = Promise.resolve(dataset).then((given) => {
    requireDataset('serveDataset', given);
    return given;
  });
  served.catch(() => undefined); // told to whoever reads
  const port = portOf();
  if (port === undefined) {
    throw new DataError('[serveDataset] this is no worker.', {
      hint: 'Call it in the file that new Worker(new URL(…, import.meta.url)) runs; here the workers are read: await workerDataset(workers).',
    });
  }
  const describe = async (): Promise<void> => {
    try {
      const { length, lengths, unaligned } = await served;
      port.post({ channel, tell: 'description', length, lengths, unaligned }, []);
    } catch (error) {
      port.post({ channel, tell: 'error', error: told(error) }, []);
    }
  };
  const gather = async (id: string, indices: Uint32Array, paddedLength: number | undefined): Promise<void> => {
    try {
      const gathered = movable(await (await served).gather(indices, paddedLength));
      port.post({ channel, tell: 'batch', id, batch: gathered.batch }, gathered.buffers);
    } catch (error) {
      port.post({ channel, tell: 'error', id, error: told(error) }, []);
    }
  };
  port.listen((message) => {
    if (!isOurs(message)) return;
    const question = message as Question;
    if (question.ask === 'gather') void gather(question.id, question.indices, question.paddedLength);
    else void describe();
  });
  // Whoever asked before anybody listened here is answered all the same.
  void describe();
}

/** The batch with the memory that can be moved: views of a part of something larger are copied, not to drag the whole along. */
function movable(batch: ArrayBatch): { batch: ArrayBatch; buffers: ArrayBuffer[] } {
  const buffers = new Set<ArrayBuffer>();
  const entries = Object.entries<NumericArray>(batch).map(([name, array]) => {
    const { data } = array;
    if (!isTypedArray(data)) return [name, array] as const; // the reader says what is wrong with it
    const own = data.byteLength === data.buffer.byteLength && data.buffer instanceof ArrayBuffer ? data : data.slice();
    if (own.buffer instanceof ArrayBuffer) buffers.add(own.buffer);
    return [name, { ...array, data: own }] as const;
  });
  return { batch: Object.fromEntries(entries), buffers: [...buffers] };
}

function told(error: unknown): ToldError {
  return error instanceof Error
    ? { message: error.message, stack: error.stack }
    : { message: String(error), stack: undefined };
}

function portOf(): Port | undefined {
  return nodePort() ?? browserPort();
}

interface NodePort {
  on(event: 'message', listener: (message: unknown) => void): void;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

function nodePort(): Port | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  const threads = process.getBuiltinModule('node:worker_threads');
  const parent = threads?.parentPort as NodePort | null | undefined;
  if (parent === null || parent === undefined) return undefined;
  return {
    listen: (listener) => parent.on('message', listener),
    post: (message, transfer) => parent.postMessage(message, transfer),
  };
}

interface WorkerScope {
  readonly document?: unknown;
  addEventListener?(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  postMessage?(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

function browserPort(): Port | undefined {
  const scope = globalThis as unknown as WorkerScope;
  if (scope.document !== undefined || typeof scope.postMessage !== 'function') return undefined;
  return {
    listen: (listener) => scope.addEventListener?.('message', ({ data }) => listener(data)),
    post: (message, transfer) => scope.postMessage?.(message, transfer),
  };
}
