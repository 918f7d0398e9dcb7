/**
 * Many small kernels in a row that do not depend on one another (the updates of sixty parameters, the norms of their gradients) become one step, so that a device starts
 * them all at once. Their spaces differ, so they cannot be one kernel with several outputs.
 */
import { maximumChoices } from './copies.ts';
import { forEachExpression } from './expressions.ts';
import {
  bytesOf,
  type CopyKernel,
  type Kernel,
  type MapKernel,
  type PlanBuffer,
  type PlanStep,
  type ReduceKernel,
} from './kernel.ts';

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
  forEachExpression(roots, (expression) => {
    if (expression.kind === 'load') loads.add(expression.buffer);
  });
  return loads;
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

/**
 * Replaces maps and reductions that are more than a few and independent by one step. All of them wait as long as nothing else needs them; then those that are needed run, level by level: first those that
 * depend on none that waits, then those that depend on these alone. Not for the steps of a loop, whose buffers move.
 */
export function joinIndependent(steps: readonly PlanStep[], buffers: readonly PlanBuffer[]): PlanStep[] {
  const result: PlanStep[] = [];
  let waiting: Waiting[] = [];
  const run = (some: readonly Waiting[]): void => {
    const levels: Waiting[][] = [];
    for (const each of some) (levels[each.level] ??= []).push(each);
    const isMany = levels.some((level) => level.length > maximumChoices);
    for (const level of isMany ? levels : [some]) {
      const kernels = (level ?? []).map(({ kernel }) => kernel);
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
  for (const step of steps) {
    if (step.kind === 'loop' || step.kind === 'parts') {
      run(waiting);
      result.push(step);
      continue;
    }
    const accesses = accessesOf(step, buffers);
    const needed = waiting.filter((other) => depend(other.accesses, accesses));
    if (step.kind === 'map' || step.kind === 'reduce') {
      const level = needed.reduce((highest, other) => Math.max(highest, other.level + 1), 0);
      waiting.push({ kernel: step, accesses, level, needed });
      if (waiting.length === mostWaiting) run(waiting);
      continue;
    }
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
  /** 0: it depends on none that waits; else one more than the highest of those that it needs. */
  readonly level: number;
  readonly needed: readonly Waiting[];
}

/** These, and all that they need. */
function withNeeded(some: readonly Waiting[]): ReadonlySet<Waiting> {
  const all = new Set(some);
  // A set gives what is added while it is walked, too.
  for (const each of all) for (const other of each.needed) all.add(other);
  return all;
}
