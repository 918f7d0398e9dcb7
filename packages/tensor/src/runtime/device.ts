/** Devices: choosing one, starting it, and running things on it in order. */
import { checkOptions, describe, requireBoolean, requireInteger } from '../arguments/index.ts';
import { ArgumentError, DeviceError } from '../graph/errors.ts';
import type { BackendMemory, Executable } from './backend.ts';
import type { Engine } from './engine.ts';
import { PlanCache } from './plan-cache.ts';
import type { EngineWorker } from '../remote/client.ts';
import { flagsOfEnvironment, flagsOfV8, setFlagsOfV8 } from './v8-flags.ts';

/** `auto` is WebGPU where a hardware adapter answers, else WebAssembly. */
export type DeviceName = 'auto' | 'wasm' | 'webgpu' | 'reference';

const deviceNames: readonly DeviceName[] = ['auto', 'wasm', 'webgpu', 'reference'];
/** Options of {@link setDevice}. */
export interface DeviceOptions {
  /**
   * Threads that share the work on WebAssembly, the caller's among them, 1 to 64; results are the same to the last bit for any number. In Node, and in a `worker` of a page that is
   * cross-origin isolated; elsewhere one thread does all, and the description of the device says why. Default: what HEBB_THREADS says, or 1.
   */
  readonly threads?: number;
  /**
   * Sets V8's flags that make WebAssembly faster, for the whole process and for good, when the device starts: `--experimental-wasm-revectorize` in Node 22 to 24 on x64 (products of matrices
   * up to twice as fast in Node 24), `--experimental-wasm-relaxed-simd` in Node 20, which rounds a multiplication with an addition once. V8 calls them experimental. The description of the device names them. Throws a {@link DeviceError} elsewhere, and
   * where the device has started. Default: whether HEBB_V8_FLAGS is 1, or `auto` where there are any.
   */
  readonly v8Flags?: boolean;
  /**
   * Compiles and computes, so that a page never waits: what is recorded goes there, values come back where they are read, and so does what went wrong. A worker of the web whose file calls
   * `serveDevice()` of '@hebb/tensor/worker', or 'hebb/worker'. The memory is the worker's, so `memory()` and `stats()` say what was so when it last answered, and `profile` and `explain` do not see into it. Throws a
   * {@link DeviceError} where the device has started otherwise. Default: none; the calling thread computes.
   *
   * ```js
   * const worker = new Worker(new URL('./device.js', import.meta.url), { type: 'module' });
   * setDevice('wasm', { worker });
   * ```
   */
  readonly worker?: EngineWorker;
}

const mostThreads = 64;

/** Bytes of plans kept per device unless `device.planCacheLimit` says otherwise. */
const planCacheLimit = 2 ** 30;

export interface DeviceStats {
  /** Lookups of plans since the device started. */
  readonly planCache: {
    readonly hits: number;
    readonly misses: number;
    readonly hitRate: number;
    /** Number of plans kept. */
    readonly size: number;
    /** About how many bytes they hold: code on the host, tables and copies of host data on the device. */
    readonly bytes: number;
    /** Bytes beyond which the least recently used are given up; see `device.planCacheLimit`. */
    readonly limit: number;
  };
  /** Number of plans run. */
  readonly runs: number;
  /** Kernels of the plan run last. */
  readonly kernelsInLastRun: number;
}

/** Something to do when the engine has started, and whom to tell if it fails. */
interface Work {
  readonly action: (engine: Engine) => void;
  readonly failed: ((error: Error, engine: Engine) => void) | undefined;
}

/** One device. Until its engine has been loaded and has started, work waits in order; afterwards it happens at once. */
export class Device {
  readonly requested: DeviceName;
  readonly plans: PlanCache = new PlanCache(planCacheLimit);
  runs = 0;
  /** Run last. What it holds is known where it was compiled, which may be later than it was run. */
  lastExecutable: Executable | undefined;
  /** Undefined: what the environment says. */
  #threads: number | undefined;
  #v8Flags: readonly string[] | undefined;
  #worker: { readonly line: EngineWorker; readonly failed: Promise<unknown> } | undefined;
  #engine: Engine | undefined;
  #failure: Error | undefined;
  /** Undefined once it has been done. */
  #waiting: Work[] | undefined = [];
  /** What went wrong in work that had to wait and has not been told yet. */
  readonly #untold = new Set<unknown>();
  #started: Promise<void> | undefined;

  constructor(requested: DeviceName) {
    this.requested = requested;
  }

  /** The name of the engine; `auto` until it is known. */
  get name(): DeviceName {
    return this.#engine?.name ?? this.requested;
  }

  /** Has the engine use as many threads, if it has any, from now on. Throws a {@link DeviceError} where it has started without. */
  useThreads(threads: number): void {
    this.#engine?.setThreads?.(threads);
    this.#threads = threads;
  }

  /** Has V8's flags set when the engine starts, or not. Throws a {@link DeviceError} where it has started otherwise, and where there are none. */
  useV8Flags(wanted: boolean): void {
    const flags = wanted ? flagsOfV8('setDevice') : [];
    if (this.#engine !== undefined && flags.length !== this.#v8Flags?.length) {
      throw new DeviceError(
        `[setDevice] the WebAssembly device has started ${wanted ? 'without' : 'with'} V8's flags.`,
        {
          hint: `Choose { v8Flags: ${wanted} } before the first computation, or set HEBB_V8_FLAGS=${Number(wanted)}.`,
        },
      );
    }
    this.#v8Flags = flags;
  }

  /** Has the engine start in a worker. Throws a {@link DeviceError} where it has started otherwise. */
  useWorker(line: EngineWorker): void {
    if (line === this.#worker?.line) return;
    if (this.#engine !== undefined)
      throw new DeviceError('[setDevice] the WebAssembly device has started outside of this worker.', {
        hint: 'Choose { worker } before the first computation.',
      });
    // From now on: its file may be known not to load before the device starts.
    this.#worker = { line, failed: new Promise((resolve) => line.addEventListener('error', resolve)) };
  }

  /** Starts the engine where that has not happened yet. Rejects with a {@link DeviceError} where there is none. */
  async ready(): Promise<Engine> {
    this.#start();
    await this.#started;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#engine === undefined) throw new DeviceError(`internal: ${this.requested} did not start`);
    return this.#engine;
  }

  /**
   * Runs `action` in order with everything else on this device: now, or when the engine has started. An error goes to the caller in the
   * first case; in the second to `failed`, which marks what the action was to make, and to {@link synchronize}.
   */
  perform(action: (engine: Engine) => void, failed?: (error: Error, engine: Engine) => void): void {
    this.#start();
    if (this.#waiting !== undefined) this.#waiting.push({ action, failed });
    else if (this.#engine !== undefined) {
      try {
        action(this.#engine);
      } catch (error) {
        this.told(error);
        throw error;
      }
    }
  }

  /**
   * Like {@link perform}, for what answers later: `action` is issued in order, and its answer or error is the caller's alone. Undefined where it
   * has answered already.
   */
  request(action: (engine: Engine) => Promise<void> | undefined): Promise<void> | undefined {
    const { engine } = this;
    if (engine === undefined) return this.#requestLater(action);
    try {
      return action(engine);
    } catch (error) {
      this.told(error);
      throw error;
    }
  }

  async #requestLater(action: (engine: Engine) => Promise<void> | undefined): Promise<void> {
    let answer: Promise<void> | undefined;
    let failure: Error | undefined;
    this.perform(
      (engine) => {
        answer = action(engine) ?? Promise.resolve();
      },
      (error) => {
        failure = error;
        this.told(error);
      },
    );
    await this.ready();
    if (answer === undefined) throw failure ?? new DeviceError('internal: a request without an answer');
    return answer;
  }

  /** Resolves when everything issued so far is done; rejects with what went wrong and nobody has been told. */
  async synchronize(): Promise<void> {
    const engine = await this.ready();
    const [error] = this.#untold;
    this.#untold.clear();
    if (error !== undefined) throw error;
    await engine.synchronize();
  }

  /** Whether {@link perform} acts at once. */
  get running(): boolean {
    return this.#waiting === undefined;
  }

  /**
   * The engine where it takes work at once: {@link perform} without a function to call, for what happens several times in each run. Undefined as long as work has to wait,
   * and where there is no engine.
   */
  get engine(): Engine | undefined {
    return this.#waiting === undefined ? this.#engine : undefined;
  }

  /** Says that an error is on its way to a caller, whom {@link synchronize} need not tell then. */
  told(error: unknown): void {
    this.#untold.delete(error);
  }

  stats(): DeviceStats {
    const { hits, misses, size, bytes, limit } = this.plans;
    const hitRate = hits + misses === 0 ? 0 : hits / (hits + misses);
    return {
      planCache: { hits, misses, hitRate, size, bytes, limit },
      runs: this.runs,
      kernelsInLastRun: this.lastExecutable?.kernelCount ?? 0,
    };
  }

  memory(): BackendMemory {
    return this.#engine?.memory() ?? { usedBytes: 0, pooledBytes: 0, buffers: 0 };
  }

  #start(): void {
    this.#started ??= loadEngine(this.requested, () => ({
      threads: this.#threads ?? threadsOfEnvironment(),
      flags: (this.#v8Flags ??= flagsOfEnvironment(environmentVariable('HEBB_V8_FLAGS') ?? '0')),
      worker: this.#worker,
    })).then(
      (engine) => this.#adopt(engine),
      (error: unknown) => {
        this.#failure = toError(error);
        this.#waiting = undefined;
      },
    );
  }

  /** Does what has been waiting, and what that adds. What fails concerns only those who need it. */
  #adopt(engine: Engine): void {
    this.#engine = engine;
    for (const { action, failed } of this.#waiting ?? []) {
      try {
        action(engine);
      } catch (error) {
        this.#untold.add(error);
        failed?.(toError(error), engine);
      }
    }
    this.#waiting = undefined;
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new DeviceError(String(error));
}

/** Each engine is code of its own that is loaded when a device is first used: bundlers make a chunk of every `import()` here. */
async function loadEngine(
  requested: DeviceName,
  wasm: () => {
    readonly threads: number;
    readonly flags: readonly string[];
    readonly worker: { readonly line: EngineWorker; readonly failed: Promise<unknown> } | undefined;
  },
): Promise<Engine> {
  const leftOut = environmentVariable('HEBB_WITHOUT');
  if (requested === 'reference') {
    const { createReferenceEngine } = await loaded(requested, import('../reference/engine.ts'));
    return createReferenceEngine();
  }
  if (requested !== 'wasm') {
    const { acquireDevice } = await loaded(requested, import('../webgpu/device.ts'));
    const gpu = await acquireDevice({ allowSoftware: requested === 'webgpu' });
    if (!('unavailable' in gpu)) {
      const { createWebgpuEngine, withoutListed } = await loaded(requested, import('../webgpu/engine.ts'));
      return createWebgpuEngine(gpu, withoutListed(leftOut, 'webgpu'));
    }
    if (requested === 'webgpu') {
      throw new DeviceError(`WebGPU is not available: ${gpu.unavailable}.`, {
        hint: "Use setDevice('wasm'), or HEBB_DEVICE=wasm; it runs everywhere.",
      });
    }
  }
  const { threads, flags, worker } = wasm();
  if (worker !== undefined) {
    if (leftOut !== undefined)
      throw new DeviceError('[HEBB_WITHOUT] a device in a worker leaves out nothing.', {
        hint: "Choose the device without a worker: setDevice('wasm').",
      });
    const { createRemoteEngine } = await loaded(requested, import('../remote/client.ts'));
    return createRemoteEngine(worker.line, worker.failed, threads);
  }
  const { createWasmEngine, withoutListed } = await loaded(requested, import('../wasm/engine.ts'));
  const without = withoutListed(leftOut, 'wasm');
  setFlagsOfV8(flags);
  try {
    return createWasmEngine(threads, flags, without);
  } catch (cause) {
    throw new DeviceError(`WebAssembly is not available: ${toError(cause).message}`, {
      hint: "setDevice('reference') runs everywhere, slowly.",
    });
  }
}

/** A module, or an error that says what its loading means. */
async function loaded<T>(requested: DeviceName, code: Promise<T>): Promise<T> {
  try {
    return await code;
  } catch (cause) {
    throw new DeviceError(`The code of the device '${requested}' does not load: ${toError(cause).message}`, {
      hint: 'It is a file of its own beside the bundle: check that it is served and that import() is allowed here.',
    });
  }
}

function environmentVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const value = process?.env?.[name];
  return value === '' ? undefined : value;
}

function requestedByEnvironment(): DeviceName {
  const name = environmentVariable('HEBB_DEVICE');
  return name === undefined ? 'auto' : checkName(name, 'HEBB_DEVICE');
}

function threadsOfEnvironment(): number {
  const threads = environmentVariable('HEBB_THREADS') ?? '1';
  if (/^[0-9]+$/.test(threads) && Number(threads) >= 1 && Number(threads) <= mostThreads) return Number(threads);
  throw new DeviceError(`[HEBB_THREADS] there are no ${describe(threads)} threads.`, {
    hint: `A whole number from 1 to ${mostThreads} is expected.`,
  });
}

function checkName(name: string, origin: string): DeviceName {
  if ((deviceNames as readonly string[]).includes(name)) return name as DeviceName;
  throw new DeviceError(`[${origin}] there is no device ${describe(name)}.`, {
    hint: `Choose one of ${deviceNames.join(', ')}.`,
  });
}

const devices = new Map<DeviceName, Device>();
let current: Device | undefined;

export function currentDevice(): Device {
  current ??= deviceNamed(requestedByEnvironment());
  return current;
}

function deviceNamed(name: DeviceName): Device {
  let found = devices.get(name);
  if (found === undefined) {
    found = new Device(name);
    devices.set(name, found);
  }
  return found;
}

function requireWorker(where: string, name: string, value: unknown): void {
  if (typeof (value as Partial<EngineWorker> | null)?.addEventListener === 'function') return;
  throw new ArgumentError(`[${where}] ${name} must be a worker of the web, not ${describe(value)}.`);
}

/** Makes `name` the current device, and says whether it was another; {@link setDevice} also settles pending work first. */
export function chooseDevice(name: DeviceName, options: DeviceOptions | undefined): boolean {
  const before = current;
  const chosen = deviceNamed(checkName(name, 'setDevice'));
  checkOptions('setDevice', options, {
    threads: (where, option, value) => requireInteger(where, option, value, 1, mostThreads),
    v8Flags: requireBoolean,
    worker: requireWorker,
  });
  const { threads, v8Flags, worker } = options ?? {};
  for (const [option, value] of Object.entries({ threads, v8Flags, worker })) {
    if (value === undefined || name === 'wasm' || name === 'auto') continue;
    throw new ArgumentError(`[setDevice] the device '${name}' has no ${option} to choose.`, {
      hint: `{ ${option}: ${typeof value === 'object' ? '…' : value} } is of 'wasm', and of 'auto' where that is WebAssembly.`,
    });
  }
  if (v8Flags !== undefined) chosen.useV8Flags(v8Flags);
  if (worker !== undefined) chosen.useWorker(worker);
  if (threads !== undefined) chosen.useThreads(threads);
  current = chosen;
  return current !== before;
}

/**
 * The current device, to look at; {@link setDevice} changes it.
 *
 * ```ts
 * setDevice('wasm');
 * const x = tensor([1, 2, 3]).add(1);
 * await x.sum().item(); // 9
 * device.name; // 'wasm'
 * device.stats().kernelsInLastRun; // 1
 * ```
 */
export const device = {
  /** `wasm`, `webgpu` or `reference`; `auto` until the first use has decided. */
  get name(): DeviceName {
    return currentDevice().name;
  },
  /** Starts the device and resolves to a description; rejects with a {@link DeviceError} where it is not available. */
  async ready(): Promise<string> {
    return (await currentDevice().ready()).description;
  },
  /** Bytes in use and kept for reuse. */
  memory(): BackendMemory {
    return currentDevice().memory();
  },
  /**
   * Bytes of plans that the device keeps, 1 GiB unless set: code on the host, tables and copies of host data. Where more are needed, those
   * used least recently are given up, with the recordings of compiled functions that they belong to, and are made anew when they are
   * needed again. `device.stats().planCache.bytes` says how many there are.
   *
   * Throws {@link ArgumentError} for what is no number of bytes.
   */
  get planCacheLimit(): number {
    return currentDevice().plans.limit;
  },
  set planCacheLimit(bytes: number) {
    if (typeof bytes !== 'number' || !(bytes >= 0)) {
      throw new ArgumentError(`[device.planCacheLimit] a number of bytes is expected, not ${describe(bytes)}.`);
    }
    currentDevice().plans.limit = bytes;
  },
  /** Plan cache hits and misses, kernels of the last run. */
  stats(): DeviceStats {
    return currentDevice().stats();
  },
  /** Resolves when everything issued so far has been computed. */
  async synchronize(): Promise<void> {
    await currentDevice().synchronize();
  },
};
