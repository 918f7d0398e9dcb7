/**
 * What a profile and an explanation ask of devices and of the runtime. While one is made, plans are compiled once more, with what they were made from, and so that the time of each of their steps can
 * be told; whoever does not ask has plans without any of it.
 */
import type { Origin } from '../graph/origins.ts';
import type { Program } from '../graph/program.ts';
import type { DeviceBuffer, Executable, HostArray } from './backend.ts';
import type { Device } from './device.ts';
import type { Engine } from './engine.ts';
import type { PlanEntry, PlanIdentity } from './plan-cache.ts';

/** One time that a step of a plan ran. */
export interface StepTime {
  /** Its position among the steps of the plan, loops written as their bodies. */
  readonly step: number;
  /** Milliseconds: of `performance.now()`, or from a beginning of the device's own. */
  readonly begin: number;
  readonly milliseconds: number;
  /** Threads that took part; 1 where a device has none. */
  readonly threads: number;
}

export interface TimedExecutable extends Executable {
  /** Of all that has run since it was asked last. Undefined: the device cannot tell steps apart. */
  takeTimes(): Promise<readonly StepTime[] | undefined>;
}

/** Why a value is written to memory, and so two kernels are two. */
export interface Boundary {
  /** Position of the kernel that reads the value. */
  readonly reader: number;
  /** `add float32[128,512]`. */
  readonly value: string;
  /** The rule, in words. */
  readonly reason: string;
}

/** An operation that is computed in several kernels in place of being written to memory once. */
export interface Recomputed {
  readonly value: string;
  /** How many kernels compute it. */
  readonly times: number;
}

/** What a step of a plan is: one kernel of the device, or several that it starts as one. */
export interface KernelDescription {
  readonly name: string;
  readonly kind:
    'map' | 'reduce' | 'contraction' | 'scatter' | 'cumulative' | 'sort' | 'copy' | 'parts' | 'rows' | 'batches';
  /** Where its operations were recorded, those of its reduction or product first. */
  readonly origins: readonly Origin[];
  /** Operations that are computed in it, in order; views of memory apart. */
  readonly operations: readonly string[];
  /** Views of memory, which are index arithmetic in it. */
  readonly views: readonly string[];
  /** Its loops: `128 × 512, each over 784`. */
  readonly loops: string;
  /** How often it runs in a run of the plan: the lengths of the loops around. */
  readonly times: number;
  /** Multiplications with an addition, of products, each time. */
  readonly multiplyAdds: number;
  /** Floating-point operations each time: two for each multiply–add, one for each other operation on an element. */
  readonly flops: number;
  /** Bytes of distinct elements each time, as far as indices say. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** What it writes that others read, and why these are kernels of their own. */
  readonly boundaries: readonly Boundary[];
  readonly recomputed: readonly Recomputed[];
}

export interface PlanDescription {
  readonly kernels: readonly KernelDescription[];
  /** Bytes of parameters, inputs and results. */
  readonly boundBytes: number;
  /** Bytes of the memory for what is computed on the way. */
  readonly temporaryBytes: number;
  /** What no layout in memory could be below: the most of it that is needed at once, in this order of kernels. */
  readonly temporaryBound: number;
}

export interface ObservedPlan {
  readonly executable: TimedExecutable;
  readonly compileMilliseconds: number;
  readonly description: PlanDescription;
}

/** What a device can do at most, measured. */
export interface DeviceLimits {
  /** Multiply–adds a second of one thread, or of the whole device where it has none; undefined where it is not measured. */
  readonly multiplyAdds: number | undefined;
  /** Bytes a second, read and written, of kernels that add a number to so many bytes; ascending. */
  readonly bandwidths: readonly { readonly bytes: number; readonly bytesPerSecond: number }[];
}

/** What an engine does for those who ask. */
export interface EngineObserver {
  compile(program: Program): ObservedPlan;
  limits(): Promise<DeviceLimits>;
}

/** Told of plans in the place of the device's cache. */
export interface RunObserver {
  planFor(device: Device, engine: Engine, identity: PlanIdentity, program: () => Program): PlanEntry;
  run(
    engine: Engine,
    entry: PlanEntry,
    bindings: readonly (DeviceBuffer | HostArray)[],
    scalars: readonly number[],
  ): void;
  /** What it keeps for a compiled function; made where there is nothing yet. */
  kept<T>(owner: object, make: () => T): T;
}

let observer: RunObserver | undefined;

export function runObserver(): RunObserver | undefined {
  return observer;
}

/** Has plans go to an observer; undefined: to the cache again. */
export function setRunObserver(next: RunObserver | undefined): void {
  observer = next;
}
