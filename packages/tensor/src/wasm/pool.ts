/** The helpers of a device: workers that share its memory, sleep while nothing runs, and end with the process. */
import { DeviceError } from '../graph/errors.ts';
import type { Allocator } from './allocator.ts';
import { control, mostThreads } from './control.ts';
import { helperSource, type HelperStart } from './helper.ts';
import { sharingModule, type Sharing } from './sharing.ts';

/** Why there can be no threads here; undefined where there can. */
export function withoutThreads(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined') {
    return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false
      ? 'the page is not cross-origin isolated'
      : 'there is no SharedArrayBuffer';
  }
  if (nodeWorkers() !== undefined) return undefined;
  if (typeof Worker !== 'function' || typeof Blob !== 'function') return 'there are no workers';
  return typeof document === 'undefined' ? undefined : "a page has them in a worker: setDevice('wasm', { worker })";
}

function nodeWorkers(): ReturnType<typeof process.getBuiltinModule<'node:worker_threads'>> | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  return process.getBuiltinModule('node:worker_threads');
}

/** Milliseconds that helpers have to come to the end of what they do when threads start anew. */
const patience = 10_000;

export class HelperPool {
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #mayWait: boolean;
  readonly #code: Uint8Array<ArrayBuffer>;
  /** The functions of kernels, as this thread calls them. */
  readonly table: WebAssembly.Table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  readonly share: Sharing['share'];
  #threads = 1;
  #shares = 1;
  #failure: string | undefined;
  #helpers = 0;
  /** The helper of each thread that has one, working or resting. */
  readonly #living = new Map<number, number>();

  constructor({ memory, maximumPages }: Allocator, threads: number) {
    this.#memory = memory;
    this.#code = sharingModule(maximumPages);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(this.#code), { env: { memory, table: this.table } }); // prettier-ignore
    this.share = exports['share'] as Sharing['share'];
    // The begin of memory is enough for what threads tell one another, however much it grows.
    this.#words = new Int32Array(memory.buffer);
    this.#mayWait = mayWait(this.#words);
    this.#store(control.mayWait, this.#mayWait ? 1 : 0);
    this.resize(threads);
  }

  get threads(): number {
    return this.#threads;
  }

  /** How many shares of scratch memory there must be: helpers that are to end may still take work. */
  get shares(): number {
    return this.#shares;
  }

  /** Has helpers rest or work, and starts more, until there are as many threads, the caller's among them. Where one has failed, all are replaced. */
  resize(threads: number): void {
    if (this.#failure !== undefined || this.#load(control.failed) !== 0) this.#startAnew();
    for (let thread = 1; thread < Math.max(threads, this.#threads); thread++) {
      const known = this.#living.get(thread);
      const number = thread >= threads ? 0 : (known ?? ++this.#helpers);
      this.#want(thread, number);
      if (known !== undefined || number === 0) continue;
      this.#living.set(thread, number);
      startHelper({ memory: this.#memory, code: this.#code, thread, number }, (reason) =>
        this.#ended(thread, number, reason),
      );
    }
    this.#threads = threads;
    this.#shares = Math.max(this.#shares, threads);
    this.#wake();
  }

  /** Throws a {@link DeviceError} where a helper has ended by itself. */
  check(): void {
    if (this.#failure === undefined && this.#load(control.failed) !== 0) this.#failure = this.#message();
    if (this.#failure === undefined) return;
    throw new DeviceError(`A thread of the WebAssembly device ended: ${this.#failure}`, {
      hint: `What was being computed is lost. setDevice('wasm', { threads: ${this.#threads} }) starts threads anew.`,
    });
  }

  /** Says that a plan with jobs is about to run, and whether that is worth waking helpers before its first. */
  begin(wakes: boolean): void {
    this.check();
    if (wakes && this.#load(control.sleepers) !== 0) this.#wake();
  }

  /** After a run was broken off: a helper failed, or nobody knows what helpers have yet to do. */
  broken(error: unknown): void {
    this.#store(control.ticket, 0);
    this.#failure ??= this.#load(control.failed) === 0 ? `a run was broken off (${String(error)})` : this.#message();
    this.check();
  }

  /** Ends all helpers and waits until they have: what they still do must not be taken for what comes next. */
  #startAnew(): void {
    this.#store(control.ticket, 0);
    for (let thread = 1; thread < mostThreads; thread++) this.#want(thread, -1);
    this.#living.clear();
    this.#wake();
    const end = performance.now() + patience;
    for (let thread = 1; thread < mostThreads; thread++) {
      const present = control.present + 4 * thread;
      for (let number = this.#load(present); number !== 0; number = this.#load(present)) {
        const left = end - performance.now();
        if (left <= 0) throw new DeviceError('A thread of the WebAssembly device does not end.');
        if (this.#mayWait) Atomics.wait(this.#words, present / 4, number, left);
      }
    }
    this.#failure = undefined;
    for (const address of [control.failed, control.waiting, control.sleepers]) this.#store(address, 0);
  }

  /** After a worker has ended. */
  #ended(thread: number, number: number, reason: string): void {
    const present = control.present + 4 * thread;
    Atomics.compareExchange(this.#words, present / 4, number, 0);
    if (this.#living.get(thread) !== number) return;
    this.#living.delete(thread);
    if (this.#load(control.wanted + 4 * thread) !== number) return;
    this.#want(thread, 0);
    this.#failure ??= this.#load(control.failed) === 0 ? reason : this.#message();
  }

  #want(thread: number, number: number): void {
    const word = control.wanted / 4 + thread;
    Atomics.store(this.#words, word, number);
    Atomics.notify(this.#words, word);
  }

  #wake(): void {
    Atomics.add(this.#words, control.bell / 4, 1);
    Atomics.notify(this.#words, control.bell / 4);
  }

  #message(): string {
    const length = this.#load(control.message);
    return String.fromCharCode(...new Uint8Array(this.#memory.buffer, control.message + 4, length));
  }

  #load(address: number): number {
    return Atomics.load(this.#words, address / 4);
  }

  #store(address: number, value: number): void {
    Atomics.store(this.#words, address / 4, value);
  }
}

/** Starts a worker; `ended` is told why it has ended. */
function startHelper(start: HelperStart, ended: (reason: string) => void): void {
  const threads = nodeWorkers();
  if (threads === undefined) {
    startWebHelper(start, ended);
    return;
  }
  const worker = new threads.Worker(helperSource, {
    eval: true,
    workerData: start,
    execArgv: [],
    name: `hebb ${start.thread}`,
  });
  worker.on('error', (error: unknown) => ended(String(error)));
  worker.on('exit', (code) => ended(`its worker has exited (code ${code})`));
  // The process may end while helpers sleep.
  worker.unref();
}

/** As {@link startHelper}, in a worker of a page, with which it ends. */
function startWebHelper(start: HelperStart, ended: (reason: string) => void): void {
  helperAddress ??= URL.createObjectURL(new Blob([helperSource], { type: 'text/javascript' }));
  const worker = new Worker(helperAddress, { name: `hebb ${start.thread}` });
  worker.addEventListener('error', ({ message }) => ended(message || 'its worker does not start'));
  worker.postMessage(start, []);
}

let helperAddress: string | undefined;

/** Whether this thread may sleep: the main thread of a page may not. */
function mayWait(words: Int32Array): boolean {
  try {
    Atomics.wait(words, control.mayWait / 4, 0, 0);
    return true;
  } catch {
    return false;
  }
}
