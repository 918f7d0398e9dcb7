/**
 * Many small kernels in a row that do not depend on one another (the updates of sixty parameters, the norms of their gradients) become one step, so that a device starts
 * them all at once. Their spaces differ, so they cannot be one kernel with several outputs.
 */
import { maximumChoices } from './copies.ts';
import { forEachExpression } from './expressions.ts';
import { axisIndex } from './index-expression.ts';
import {
  bytesOf,
  type Batches,
  type CopyKernel,
  type Expression,
  type Kernel,
  type MapKernel,
  type PlanBuffer,
  type PlanStep,
  type ReduceKernel,
  type Rows,
  type ScalarType,
  type Store,
} from './kernel.ts';
import { noteRewritten } from './notes.ts';
import { Rewriter } from './rewriter.ts';
import { flatten } from './views.ts';

/** Bytes of a parameter, or (−1) of the arena. */
interface Range {
  readonly parameter: number;
  readonly begin: number;
  readonly end: number;
}

interface Accesses {
  readonly reads: readonly Range[];
  readonly writes: readonly Range[];
}

function overlap(some: readonly Range[], others: readonly Range[]): boolean {
  return some.some((a) =>
    others.some((b) => a.parameter === b.parameter && (a.parameter >= 0 || (a.begin < b.end && b.begin < a.end))),
  );
}

/** Whether two steps may not change places. */
function depend(a: Accesses, b: Accesses): boolean {
  return overlap(a.writes, b.reads) || overlap(a.writes, b.writes) || overlap(a.reads, b.writes);
}

/** What expressions and operands of a step read. */
function loadsOf(step: Kernel): Set<number> {
  const roots = step.stores.map(({ value }) => value);
  const loads = new Set<number>();
  if (step.kind === 'reduce') roots.push(...step.reducers.map(({ value }) => value));
  if (step.kind === 'scatter') roots.push(step.destination, step.update, step.base);
  if (step.kind === 'cumulative') roots.push(step.value);
  if (step.kind === 'sort') roots.push(step.key);
  if (step.kind === 'contraction') for (const { buffer } of [step.left, step.right]) loads.add(buffer);
  for (const buffer of loadedBy(roots)) loads.add(buffer);
  return loads;
}

function loadedBy(expressions: readonly Expression[]): Set<number> {
  const loads = new Set<number>();
  forEachExpression(expressions, (expression) => {
    if (expression.kind === 'load') loads.add(expression.buffer);
  });
  return loads;
}

/** What steps access, each looked at once however often they are put together. */
type KnownAccesses = Map<PlanStep, Accesses>;

function knownAccessesOf(
  step: Kernel | CopyKernel | Rows | Batches,
  buffers: readonly PlanBuffer[],
  known: KnownAccesses,
): Accesses {
  let accesses = known.get(step);
  if (accesses === undefined) {
    if (step.kind === 'rows' || step.kind === 'batches') {
      const phases = step.phases.map((phase) => knownAccessesOf(phase, buffers, known));
      accesses = { reads: phases.flatMap(({ reads }) => reads), writes: phases.flatMap(({ writes }) => writes) };
    } else accesses = accessesOf(step, buffers);
    known.set(step, accesses);
  }
  return accesses;
}

function accessesOf(step: Kernel | CopyKernel, buffers: readonly PlanBuffer[]): Accesses {
  const range = (position: number): Range => {
    const buffer = buffers[position];
    if (buffer === undefined) throw new Error(`internal: the plan has no buffer ${position}`);
    if (buffer.kind === 'parameter') return { parameter: buffer.position, begin: 0, end: 0 };
    return { parameter: -1, begin: buffer.offset, end: buffer.offset + buffer.size * bytesOf[buffer.type] };
  };
  if (step.kind === 'copy')
    return { reads: step.pieces.map(({ from }) => range(from)), writes: step.pieces.map(({ to }) => range(to)) };
  return { reads: [...loadsOf(step)].map(range), writes: step.stores.map(({ buffer }) => range(buffer)) };
}

/** Kernels that wait at most: each new one is compared with all of them. */
const mostWaiting = 512;

/** A temporary of the plan; gives its position. */
export type AddTemporary = (type: ScalarType, size: number) => number;

/**
 * Replaces maps and reductions that are more than a few and independent by one step. All of them wait as long as nothing else needs them; then those that are needed run, level by level: first those that
 * depend on none that waits, then those that depend on these alone. Not for the steps of a loop, whose buffers move. Steps by rows (sixty matrices, each divided by the norms of its rows) are taken apart
 * where that makes fewer steps.
 */
export function joinIndependent(
  steps: readonly PlanStep[],
  buffers: readonly PlanBuffer[],
  add: AddTemporary,
): PlanStep[] {
  const known: KnownAccesses = new Map();
  const rows = steps.filter((step) => step.kind === 'rows');
  if (rows.length === 0) return joined(steps, buffers, add, known);
  // Those of one row first, and for the same number of steps, too: a device of many processors takes their phases one by one.
  const single = rows.filter(({ row }) => row.extent === 1);
  const choices = (single.length === 0 ? [[], rows] : [single, [], rows]).map((apart) => {
    const taken = new Set<PlanStep>(apart);
    const wanted = steps.flatMap((step): readonly PlanStep[] =>
      step.kind === 'rows' && taken.has(step) ? step.phases : [step],
    );
    return { wanted, ...tryJoined(wanted, buffers, known) };
  });
  const best = choices.reduce((fewest, choice) => (choice.steps.length < fewest.steps.length ? choice : fewest));
  return best.isFinal ? best.steps : joined(best.wanted, buffers, add, known);
}

/** The steps that are left, with temporaries that nobody gets; whether there are none of these. */
function tryJoined(
  steps: readonly PlanStep[],
  buffers: readonly PlanBuffer[],
  known: KnownAccesses,
): { readonly steps: PlanStep[]; readonly isFinal: boolean } {
  const all = [...buffers];
  let offset = Number.MAX_SAFE_INTEGER / 2;
  const addNowhere: AddTemporary = (type, size) => {
    const bytes = bytesOf[type] * size;
    offset += bytes;
    return all.push({ kind: 'temporary', position: -1, offset: offset - bytes, type, size }) - 1;
  };
  return { steps: joined(steps, all, addNowhere, known), isFinal: all.length === buffers.length };
}

function joined(
  steps: readonly PlanStep[],
  buffers: readonly PlanBuffer[],
  add: AddTemporary,
  known: KnownAccesses,
): PlanStep[] {
  const result: PlanStep[] = [];
  let waiting: Waiting[] = [];
  const run = (some: readonly Waiting[]): void => {
    const levels = levelsOf(some);
    const isMany = levels.some((level) => level.length > maximumChoices);
    for (const level of isMany ? levels : [some]) {
      const kernels = level.map(({ kernel }) => kernel);
      if (!isMany || kernels.length <= maximumChoices) {
        result.push(...kernels);
        continue;
      }
      const kinds = [...new Set(kernels.map(({ name }) => name.split(' ')[0]))];
      result.push({ kind: 'parts', name: `${kernels.length} parts: ${kinds.slice(0, 3).join(', ')}`, kernels });
    }
    const done = new Set(some);
    waiting = waiting.filter((each) => !done.has(each));
  };
  const wait = (kernel: MapKernel | ReduceKernel): void => {
    const accesses = knownAccessesOf(kernel, buffers, known);
    if (kernel.kind === 'reduce' && isForEpilogue({ kernel, accesses }, waiting, buffers)) {
      for (const part of withoutEpilogue(kernel, add)) {
        noteRewritten(part, [kernel]);
        wait(part);
      }
      return;
    }
    const needed = waiting.filter((other) => depend(other.accesses, accesses));
    waiting.push({ kernel, accesses, needed });
    if (waiting.length === mostWaiting) run(waiting);
  };
  for (const step of steps) {
    if (step.kind === 'loop' || step.kind === 'parts') {
      run(waiting);
      result.push(step);
      continue;
    }
    if (step.kind === 'map' || step.kind === 'reduce') {
      wait(step);
      continue;
    }
    const accesses = knownAccessesOf(step, buffers, known);
    const needed = waiting.filter((other) => depend(other.accesses, accesses));
    if (needed.length > 0) {
      const all = withNeeded(needed);
      run(waiting.filter((each) => all.has(each)));
    }
    result.push(step);
  }
  run(waiting);
  return result;
}

interface Waiting {
  readonly kernel: MapKernel | ReduceKernel;
  readonly accesses: Accesses;
  readonly needed: readonly Waiting[];
}

/**
 * Kernels by the level that they run at: behind all that they need. As early as that allows, or as late as what needs them allows: whichever makes fewer steps. (Sums of squares of gradients, of which
 * some are sums themselves, all wait for the last of them.)
 */
function levelsOf(some: readonly Waiting[]): Waiting[][] {
  const early = new Map<Waiting, number>();
  for (const each of some)
    early.set(
      each,
      each.needed.reduce((level, other) => Math.max(level, (early.get(other) ?? -1) + 1), 0),
    );
  const last = Math.max(0, ...early.values());
  const late = new Map<Waiting, number>();
  for (const each of [...some].reverse()) {
    const own = late.get(each) ?? last;
    late.set(each, own);
    for (const other of each.needed) late.set(other, Math.min(late.get(other) ?? last, own - 1));
  }
  const [first, second] = [early, late].map((levels) => {
    const byLevel: Waiting[][] = Array.from({ length: last + 1 }, () => []);
    for (const each of some) byLevel[levels.get(each) ?? 0]?.push(each);
    return byLevel;
  }) as [Waiting[][], Waiting[][]];
  return stepsOf(second) < stepsOf(first) ? second : first;
}

function stepsOf(levels: readonly (readonly Waiting[])[]): number {
  return levels.reduce((steps, { length }) => steps + (length > maximumChoices ? 1 : length), 0);
}

/** Whether a reduction waits for many alone because its epilogue reads what they make: sixty sums, of which the last adds up all, are sixty sums of which none waits for another, and their sum. */
function isForEpilogue(
  { kernel, accesses: { reads } }: { readonly kernel: ReduceKernel; readonly accesses: Accesses },
  waiting: readonly Waiting[],
  buffers: readonly PlanBuffer[],
): boolean {
  const makers = waiting.filter(({ accesses }) => overlap(accesses.writes, reads));
  // With its own reduction they are one more.
  if (makers.length + 1 <= maximumChoices) return false;
  const { reads: own } = accessesOf({ ...kernel, stores: [] }, buffers);
  return makers.every(({ accesses }) => !overlap(accesses.writes, own));
}

/** The results of a reduction in memory, and its epilogue as a map. */
function withoutEpilogue(kernel: ReduceKernel, add: AddTemporary): [ReduceKernel, MapKernel] {
  const { axes, reducers } = kernel;
  const extents = axes.map(({ extent }) => extent);
  const index = flatten(axes.map(axisIndex), extents);
  const results = reducers.map(({ operator, value }): { store: Store; load: Expression } => {
    const type = operator === 'argmax' ? 'i32' : value.type;
    const buffer = add(
      type,
      extents.reduce((size, extent) => size * extent, 1),
    );
    return {
      store: { buffer, index, value: { kind: 'result', type, position: 0 } },
      load: { kind: 'load', type, buffer, index, guards: [] },
    };
  });
  const rewriter = new Rewriter({ results: results.map(({ load }) => load) });
  const stores = results.map(({ store }, position): Store => ({
    ...store,
    value: { ...store.value, position } as Expression,
  }));
  return [
    { ...kernel, stores },
    { kind: 'map', name: `${kernel.name}.epilogue`, axes, stores: rewriter.stores(kernel.stores) },
  ];
}

/** These, and all that they need. */
function withNeeded(some: readonly Waiting[]): ReadonlySet<Waiting> {
  const all = new Set(some);
  // A set gives what is added while it is walked, too.
  for (const each of all) for (const other of each.needed) all.add(other);
  return all;
}
