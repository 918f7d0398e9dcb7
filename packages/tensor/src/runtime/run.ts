/** One run of one plan: leaves are bound, variables get their first values, and the plan is found or made. */
import { StaleValueError } from '../graph/errors.ts';
import type { Node } from '../graph/node.ts';
import { linearize, resolve, sameKey, toProgram, type Linearization, type Program } from '../graph/program.ts';
import { formatType, type TensorType } from '../graph/types.ts';
import type { HostArray } from './backend.ts';
import type { TensorCell } from './cell.ts';
import type { Device } from './device.ts';
import type { Engine } from './engine.ts';
import { runObserver } from './observation.ts';
import type { PlanEntry, PlanIdentity } from './plan-cache.ts';
import { boundTo, Storage, type Binding } from './storage.ts';

/** The plan of a linearised graph, from the cache or made now. Call inside {@link Device.perform}. */
export function planFor(device: Device, engine: Engine, identity: PlanIdentity, program: () => Program): PlanEntry {
  const observer = runObserver();
  const known = observer === undefined ? device.plans.find(identity) : undefined;
  if (known !== undefined) return known;
  const { hash, key } = identity;
  if (observer !== undefined) return observer.planFor(device, engine, { hash, key }, program);
  const source = program();
  return device.plans.insert({ hash, key }, source, engine.compile(source));
}

/** Gives every cell among the leaves a value. */
export function initializeCells(device: Device, leaves: readonly Node[]): void {
  const isNew = ({ cell, storage }: Node): boolean => cell !== undefined && storage === undefined;
  if (!leaves.some(isNew)) return;
  const cells = leaves.filter(isNew).map(({ cell }) => cell as TensorCell);
  const computed: TensorCell[] = [];
  for (const cell of cells) {
    const initializer = cell.initializer;
    if (initializer === undefined) throw new StaleValueError('internal: a cell without a value');
    const known = (resolve(initializer).storage as Storage | undefined)?.host;
    if (known === undefined) computed.push(cell);
    else storeHost(device, cell, known);
  }
  if (computed.length > 0) {
    const outputs = computed.map((cell) => resolve(cell.initializer as Node));
    const storages = execute(device, outputs);
    computed.forEach((cell, i) => {
      cell.leaf.storage = storages[i];
      cell.initializer = undefined;
    });
  }
}

export function storeHost(device: Device, cell: TensorCell, host: HostArray): void {
  const storage = new Storage(undefined);
  storage.allocate(device, cell.type);
  storage.write(device, host);
  cell.leaf.storage = storage;
  cell.initializer = undefined;
}

/** How the leaves of a plan are bound. Throws where a leaf has no value any more. */
export function bindLeaves(device: Device, leaves: readonly Node[]): Binding[] {
  return leaves.map((leaf) => {
    const storage = leaf.storage as Storage | undefined;
    if (storage === undefined) throw withoutValue(leaf);
    return storage.bind(device, leaf.type);
  });
}

function withoutValue({ type, local }: Node): StaleValueError {
  return local
    ? new StaleValueError(
        `A value of type ${formatType(type)} was recorded inside the body of a loop or of vmap and has no value outside of it.`,
        { hint: 'Return from the function what you want to read.' },
      )
    : new StaleValueError(
        `A value of type ${formatType(type)} was recorded inside a compiled function and is not known outside of it.`,
        { hint: 'Return from the compiled function what you want to read.' },
      );
}

/** Memory on the device for results, which plans are bound to behind their leaves. */
export function allocateAll(device: Device, types: readonly TensorType[], bindings: Binding[]): Storage[] {
  return types.map((type) => {
    const storage = new Storage(undefined);
    bindings.push(storage.allocate(device, type));
    return storage;
  });
}

/** One computation: outputs into memory of their own, and new values of cells into the cells' memory. */
export interface Job {
  readonly outputs: readonly Node[];
  readonly updates: readonly TensorCell[];
}

/** The graph of a job as a list, and for each of its results the leaf whose memory takes it, if any. */
export function linearizeJob({ outputs, updates }: Job): {
  linearization: Linearization;
  targets: (Node | undefined)[];
} {
  if (updates.length === 0) return { linearization: linearize(outputs), targets: [] };
  const targets = [...outputs.map(() => undefined), ...updates.map((cell) => cell.leaf)];
  return { linearization: linearize([...outputs, ...updates.map((cell) => cell.pending as Node)], targets), targets };
}

/** Programs of runs that wait for their device to start; a loop's steps share theirs. */
let waitingPrograms: { readonly key: Int32Array; readonly program: Program }[] = [];

function waitingProgram(linearization: Linearization, targets: readonly (Node | undefined)[]): Program {
  const { key } = linearization;
  const known = waitingPrograms.find((candidate) => sameKey(candidate.key, key));
  if (known !== undefined) return known.program;
  const program = toProgram(linearization, targets);
  waitingPrograms = [{ key, program }, ...waitingPrograms.slice(0, 7)];
  return program;
}

/** Issues one run of a linearised job; returns the storages of its outputs. */
export function issue(
  device: Device,
  job: Job,
  linearization: Linearization,
  targets: readonly (Node | undefined)[],
): Storage[] {
  initializeCells(device, linearization.leaves);
  const bindings = bindLeaves(device, linearization.leaves);
  const scalars = linearization.scalars.map((node) => node.attributes.value);
  const storages = allocateAll(
    device,
    job.outputs.map(({ type }) => type),
    bindings,
  );
  // Nodes lose their inputs once they are realised; a run that has to wait for its device takes the program along.
  const waiting = device.running ? undefined : waitingProgram(linearization, targets);
  const updated = job.updates.map((cell) => cell.storage);
  device.perform(
    (engine) => {
      const entry = planFor(device, engine, linearization, () => waiting ?? toProgram(linearization, targets));
      runPlan(device, engine, entry, bindings, scalars);
    },
    (error, engine) => {
      for (const storage of storages) storage.fail(error);
      if (waiting === undefined || updated.length === 0) return;
      // As settle() does where nothing waits: what was asked for must not stop the updates.
      const outputs = waiting.outputs.filter(({ parameter }) => parameter >= 0);
      try {
        const executable = engine.compile({ ...waiting, outputs });
        engine.run(executable, bindings.slice(0, linearization.leaves.length).map(boundTo), scalars);
        executable.dispose();
      } catch {
        for (const storage of updated) storage?.fail(error);
      }
    },
  );
  for (const node of linearization.nodes) node.planned = true;
  return storages;
}

/** Runs a plan and keeps the device's statistics. Call inside {@link Device.perform}. */
export function runPlan(
  device: Device,
  engine: Engine,
  entry: PlanEntry,
  bindings: readonly Binding[],
  scalars: readonly number[],
): void {
  const bound = bindings.map(boundTo);
  const observer = runObserver();
  if (observer !== undefined) observer.run(engine, entry, bound, scalars);
  else {
    engine.run(entry.executable, bound, scalars);
    device.plans.use(entry);
  }
  device.runs++;
  device.lastExecutable = entry.executable;
}

/** Computes nodes into memory of their own. */
function execute(device: Device, outputs: readonly Node[]): Storage[] {
  const job: Job = { outputs, updates: [] };
  const { linearization, targets } = linearizeJob(job);
  return issue(device, job, linearization, targets);
}
