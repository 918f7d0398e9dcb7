/** Devices: choosing one, starting it, and running things on it in order. */
import { describe } from '../arguments/index.ts';
import { DeviceError } from '../graph/errors.ts';
import { createReferenceEngine } from '../reference/engine.ts';
import { createWasmBackend } from '../wasm/backend.ts';
import { createWebgpuBackend } from '../webgpu/backend.ts';
import type { BackendMemory } from './backend.ts';
import { compilingEngine, type Engine } from './engine.ts';
import { PlanCache } from './plan-cache.ts';

/** `auto` is WebGPU where a hardware adapter answers, else WebAssembly. */
export type DeviceName = 'auto' | 'wasm' | 'webgpu' | 'reference';

const deviceNames: readonly DeviceName[] = ['auto', 'wasm', 'webgpu', 'reference'];
/** Number of plans kept per device. */
const planCapacity = 256;

export interface DeviceStats {
  /** Lookups of plans since the device started. */
  readonly planCache: {
    readonly hits: number;
    readonly misses: number;
    readonly hitRate: number;
    readonly size: number;
  };
  /** Number of plans run. */
  readonly runs: number;
  /** Kernels of the plan run last. */
  readonly kernelsInLastRun: number;
}

/** One device. Until its engine has started, work waits in order; afterwards it happens at once. */
export class Device {
  readonly requested: DeviceName;
  readonly plans: PlanCache = new PlanCache(planCapacity);
  runs = 0;
  kernelsInLastRun = 0;
  #engine: Engine | undefined;
  #failure: Error | undefined;
  #waiting: ((engine: Engine) => void)[] = [];
  #started: Promise<void> | undefined;

  constructor(requested: DeviceName) {
    this.requested = requested;
  }

  /** The name of the engine; `auto` until it is known. */
  get name(): DeviceName {
    return this.#engine?.name ?? this.requested;
  }

  /** Starts the engine where that has not happened yet. Rejects with a {@link DeviceError} where there is none. */
  async ready(): Promise<Engine> {
    this.#start();
    await this.#started;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#engine === undefined) throw new DeviceError(`internal: ${this.requested} did not start`);
    return this.#engine;
  }

  /** Runs `action` in order with everything else on this device: now, or when the engine has started. */
  perform(action: (engine: Engine) => void): void {
    this.#start();
    if (this.#engine !== undefined && this.running) action(this.#engine);
    else if (this.#failure === undefined) this.#waiting.push(action);
  }

  /** Whether {@link perform} acts at once. */
  get running(): boolean {
    return this.#engine !== undefined && this.#waiting.length === 0;
  }

  stats(): DeviceStats {
    const { hits, misses, size } = this.plans;
    const hitRate = hits + misses === 0 ? 0 : hits / (hits + misses);
    return { planCache: { hits, misses, hitRate, size }, runs: this.runs, kernelsInLastRun: this.kernelsInLastRun };
  }

  memory(): BackendMemory {
    return this.#engine?.memory() ?? { usedBytes: 0, pooledBytes: 0, buffers: 0 };
  }

  #start(): void {
    if (this.#started !== undefined) return;
    if (this.requested === 'wasm' || this.requested === 'reference') {
      this.#started = Promise.resolve();
      try {
        this.#adopt(this.requested === 'wasm' ? compilingEngine(createWasmBackend()) : createReferenceEngine());
      } catch (error) {
        this.#fail(error);
      }
    } else {
      const started = startAsynchronously(this.requested).then(
        (engine) => this.#adopt(engine),
        (error: unknown) => this.#fail(error),
      );
      // Nobody may be waiting for it.
      started.catch(() => {});
      this.#started = started;
    }
  }

  /** Does what has been waiting. Where some of it fails, everybody who waits for the start hears of it; what comes later is not concerned. */
  #adopt(engine: Engine): void {
    this.#engine = engine;
    const errors: unknown[] = [];
    for (let action = this.#waiting.shift(); action !== undefined; action = this.#waiting.shift()) {
      try {
        action(engine);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 0) return;
    this.#started = Promise.resolve();
    throw errors[0];
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new DeviceError(String(error));
    this.#waiting = [];
  }
}

async function startAsynchronously(requested: DeviceName): Promise<Engine> {
  const gpu = await createWebgpuBackend({ allowSoftware: requested === 'webgpu' });
  if (!('unavailable' in gpu)) return compilingEngine(gpu);
  if (requested === 'webgpu') {
    throw new DeviceError(`WebGPU is not available: ${gpu.unavailable}`, {
      hint: "Use setDevice('wasm'), or HEBB_DEVICE=wasm; it runs everywhere.",
    });
  }
  return compilingEngine(createWasmBackend());
}

function requestedByEnvironment(): DeviceName {
  const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  const name = environment?.['HEBB_DEVICE'];
  return name === undefined || name === '' ? 'auto' : checkName(name, 'HEBB_DEVICE');
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

/** Makes `name` the current device; {@link setDevice} also settles pending work first. */
export function chooseDevice(name: DeviceName): void {
  current = deviceNamed(checkName(name, 'setDevice'));
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
  /** Plan cache hits and misses, kernels of the last run. */
  stats(): DeviceStats {
    return currentDevice().stats();
  },
  /** Resolves when everything issued so far has been computed. */
  async synchronize(): Promise<void> {
    const engine = await currentDevice().ready();
    await engine.synchronize();
  },
};
