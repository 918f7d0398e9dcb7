/** Looks on while a function computes: which plans run, made from what, and how long each of their steps takes. */
import { mapStructure } from '../arguments/index.ts';
import { ArgumentError, DeviceError } from '../graph/errors.ts';
import type { Origin } from '../graph/origins.ts';
import { sameKey, type Program } from '../graph/program.ts';
import { isTensor } from '../handle.ts';
import { currentDevice } from '../runtime/device.ts';
import {
  runObserver,
  setRunObserver,
  type EngineObserver,
  type ObservedPlan,
  type RunObserver,
  type StepTime,
} from '../runtime/observation.ts';
import type { PlanEntry, PlanIdentity } from '../runtime/plan-cache.ts';
import { realize } from '../runtime/realize.ts';
import { activeRecording } from '../runtime/recording.ts';
import type { Tensor } from '../tensor.ts';
import { trackOrigins } from './origins.ts';

/** A plan that ran. */
export interface SeenPlan extends PlanEntry {
  readonly observed: ObservedPlan;
  readonly origins: readonly (Origin | undefined)[];
}

/** One call of the function. */
export interface Call {
  /** Of `performance.now()`. */
  readonly begin: number;
  readonly milliseconds: number;
  /** In the order in which they ran. */
  readonly plans: readonly SeenPlan[];
}

/** How long each step of a plan took in a call; undefined where the device does not tell. */
export type CallTimes = ReadonlyMap<SeenPlan, readonly StepTime[] | undefined>;

class Session implements RunObserver {
  readonly #engine: EngineObserver;
  readonly #plans: SeenPlan[] = [];
  readonly #kept = new WeakMap<object, unknown>();
  #before: readonly SeenPlan[] = [];
  #now: SeenPlan[] = [];
  #isTracking = false;

  constructor(engine: EngineObserver) {
    this.#engine = engine;
  }

  planFor(_: unknown, __: unknown, identity: PlanIdentity, program: () => Program): PlanEntry {
    const known = this.#plans.filter((plan) => sameKey(plan.identity.key, identity.key));
    if (!this.#isTracking) {
      // The same computation may be that of several layers; then it is the one whose turn it was in the call before.
      const turn = this.#before[this.#now.length];
      const found = turn !== undefined && known.includes(turn) ? turn : known[0];
      return found ?? this.#insert(identity, program());
    }
    const source = program();
    const found = known.find(({ origins }) =>
      origins.every((origin, i) => sameOrigin(origin, source.nodes[i]?.origin)),
    );
    return found ?? this.#insert(identity, source);
  }

  #insert({ hash, key }: PlanIdentity, program: Program): SeenPlan {
    const observed = this.#engine.compile(program);
    const plan: SeenPlan = {
      identity: { hash, key },
      executable: observed.executable,
      types: new Set(program.nodes.map(({ type }) => type)),
      bytes: 0,
      kept: true,
      pinned: false,
      observed,
      origins: program.nodes.map(({ origin }) => origin),
    };
    this.#plans.push(plan);
    return plan;
  }

  run: RunObserver['run'] = (engine, entry, bindings, scalars) => {
    if (this.#plans.includes(entry as SeenPlan)) this.#now.push(entry as SeenPlan);
    engine.run(entry.executable, bindings, scalars);
  };

  kept<T>(owner: object, make: () => T): T {
    const known = this.#kept.get(owner) as T | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.#kept.set(owner, made);
    return made;
  }

  /** Calls the function until all that it has asked for is computed. With `isTracking` it is remembered which layers and lines record what, which takes time. */
  async call(fn: () => unknown, isTracking: boolean): Promise<Call> {
    this.#before = this.#now;
    this.#now = [];
    this.#isTracking = isTracking;
    const end = isTracking ? trackOrigins() : undefined;
    try {
      const begin = performance.now();
      const result = await fn();
      await realize(...tensorsIn(result));
      await currentDevice().synchronize();
      return { begin, milliseconds: performance.now() - begin, plans: this.#now };
    } finally {
      end?.();
    }
  }

  /** What has run since this was asked last. */
  async times(): Promise<CallTimes> {
    const times = new Map<SeenPlan, readonly StepTime[] | undefined>();
    for (const plan of new Set(this.#now)) times.set(plan, await plan.observed.executable.takeTimes());
    return times;
  }

  dispose(): void {
    for (const plan of this.#plans) {
      plan.kept = false;
      plan.executable.dispose();
    }
  }
}

export type { Session };

function sameOrigin(a: Origin | undefined, b: Origin | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.layer === b.layer && a.isGradient === b.isGradient && (a.layer !== undefined || a.line === b.line);
}

function tensorsIn(result: unknown): Tensor[] {
  const tensors: Tensor[] = [];
  const leaf = (value: unknown): void => {
    if (isTensor(value)) tensors.push(value);
  };
  mapStructure(result, { op: 'profile', name: 'the result', leaf });
  return tensors;
}

/** Runs `body` while plans are looked into, by itself: what others compute meanwhile is seen, too. */
export async function withSession<T>(
  op: string,
  body: (session: Session, engine: EngineObserver, device: string) => Promise<T>,
): Promise<T> {
  if (activeRecording() !== undefined)
    throw new ArgumentError(`[${op}] cannot be used inside a compiled function.`, {
      hint: `Call it outside: await ${op}(() => step(x, y)).`,
    });
  const engine = await currentDevice().ready();
  if (engine.observer === undefined)
    throw new DeviceError(`[${op}] the device '${engine.name}' has no kernels to look into.`, {
      hint: "setDevice('wasm') or setDevice('webgpu') first.",
    });
  const observer = await engine.observer();
  // What was recorded before is no part of it.
  await realize();
  if (runObserver() !== undefined)
    throw new ArgumentError(`[${op}] another profile or explanation is being made.`, {
      hint: 'Await it first: both would see what either computes.',
    });
  const session = new Session(observer);
  setRunObserver(session);
  try {
    return await body(session, observer, engine.description);
  } finally {
    setRunObserver(undefined);
    session.dispose();
  }
}

/** Throws where a function has computed nothing. */
export function requirePlans(op: string, { plans }: Call): void {
  if (plans.length > 0) return;
  throw new ArgumentError(`[${op}] the function computed nothing on the device.`, {
    hint: 'Return the tensors that it is about, or read a value of them in it.',
  });
}
