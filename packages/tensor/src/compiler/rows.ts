/**
 * Reductions and elementwise work over the same rows, one after the other (mean → centred → variance → normalised; maximum → exponentials → sum → softmax), become one step that goes
 * row by row: a row stays near while all phases use it. What a phase leaves in memory for a later one is read in the same row alone, so rows do not depend on one another.
 */
import { elementwiseTraits } from '../graph/elementwise.ts';
import { forEachExpression } from './expressions.ts';
import {
  addIndex,
  axisIndex,
  dependsOn,
  makeAxis,
  scaleIndex,
  strideAlong,
  type Axis,
  type Index,
} from './index-expression.ts';
import type { Expression, MapKernel, PlanBuffer, PlanStep, ReduceKernel, Rows } from './kernel.ts';
import { noteRewritten } from './notes.ts';
import { Rewriter } from './rewriter.ts';
import { unflatten } from './views.ts';

type Phase = Rows['phases'][number];

/** Elements of a row at most: longer ones leave the cache, and devices of many processors want a row for themselves. */
const longestRow = 2 ** 16;
/** Phases at most; they are code. */
const mostPhases = 12;
/**
 * Cost of all operations of the phases at most, as much as one kernel may have in a row ({@link costOf}): the software adapter translates shaders of twice
 * the length in ten times the time.
 */
const mostWork = 256;

interface Access {
  readonly buffer: number;
  readonly index: Index;
  readonly isStore: boolean;
}

function pointCount(axes: readonly Axis[]): number {
  return axes.reduce((product, { extent }) => product * extent, 1);
}

function rootsOf(kernel: Phase): Expression[] {
  const roots = kernel.stores.map(({ value }) => value);
  if (kernel.kind === 'reduce') roots.push(...kernel.reducers.map(({ value }) => value));
  return roots;
}

/** Cost of a kernel's operations, each counted once. */
function workOf(kernel: Phase): number {
  let work = 0;
  forEachExpression(rootsOf(kernel), (expression) => {
    if ('operator' in expression) work += elementwiseTraits(expression.operator)?.cost ?? 1;
  });
  return work;
}

function accessesOf(kernel: Phase): Access[] {
  const accesses = kernel.stores.map(({ buffer, index }): Access => ({ buffer, index, isStore: true }));
  forEachExpression(rootsOf(kernel), (expression) => {
    if (expression.kind === 'load')
      accesses.push({ buffer: expression.buffer, index: expression.index, isStore: false });
  });
  return accesses;
}

/** The kernel with its first axes, and as much of the next as is needed, replaced by `row`; undefined where they are not as many rows. */
function byRows(kernel: Phase, row: Axis): Phase | undefined {
  const shape: number[] = [];
  const outer: { readonly axis: Axis; readonly rest: Axis }[] = [];
  const inner: Axis[] = [];
  let rows = 1;
  for (const axis of kernel.axes) {
    const wanted = row.extent / rows;
    if (wanted === 1) {
      inner.push(axis);
      continue;
    }
    const taken = wanted % axis.extent === 0 ? axis.extent : wanted;
    if (axis.extent % taken !== 0) return undefined;
    const rest = makeAxis(axis.extent / taken);
    if (rest.extent > 1) inner.push(rest);
    shape.push(taken);
    outer.push({ axis, rest });
    rows *= taken;
  }
  if (rows !== row.extent) return undefined;
  const positions = unflatten(axisIndex(row), shape);
  const axes = new Map(
    outer.map(({ axis, rest }, i): [Axis, Index] => [
      axis,
      addIndex(scaleIndex(positions[i] as Index, rest.extent), axisIndex(rest)),
    ]),
  );
  const rewriter = new Rewriter({ axes });
  const common = { name: kernel.name, axes: [row, ...inner], stores: rewriter.stores(kernel.stores) };
  if (kernel.kind === 'map') return { kind: 'map', ...common };
  const reducers = kernel.reducers.map((one) => ({ ...one, value: rewriter.expression(one.value) }));
  return { kind: 'reduce', ...common, reduceAxes: kernel.reduceAxes, reducers };
}

/** Elements of a buffer for each row, where the index names those of its own row alone: row · span + something below span. Of one row alone it does not matter. */
function spanOf(index: Index, row: Axis): number | undefined {
  if (row.extent === 1) return 0;
  const span = strideAlong(index, row) ?? 0;
  return index.min >= 0 && index.max - span * row.max < span ? span : undefined;
}

/** Whether memory is walked along the rows, as sums of columns do: better all rows at once. */
function goesAcross({ index }: Access, row: Axis, inner: readonly Axis[]): boolean {
  if (!inner.some((axis) => dependsOn(index, axis))) return false;
  return index.terms.some((term) => Math.abs(term.coefficient) === 1 && dependsOn({ ...index, terms: [term] }, row));
}

/** Whether every access is to the same element. */
function isFixed({ index }: Access): boolean {
  return index.min === index.max;
}

/** The memory that a buffer is, or is part of. */
function rootOf(buffers: readonly PlanBuffer[], buffer: number): number {
  const { kind, position } = buffers[buffer] ?? { kind: 'temporary', position: -1 };
  return kind === 'part' ? rootOf(buffers, position) : buffer;
}

/** A kernel by rows, and what it accesses. */
interface PhaseOfRows {
  readonly phase: Phase;
  readonly inner: readonly Axis[];
  readonly accesses: readonly Access[];
}

/** Kernels by rows, so that each is rewritten once while a run grows. */
class PhasesOfRows {
  #row: Axis | undefined;
  #known = new Map<Phase, PhaseOfRows | undefined>();

  /** An axis of as many rows: that of before where it is. */
  row(extent: number): Axis {
    if (this.#row?.extent !== extent) {
      this.#row = makeAxis(extent);
      this.#known = new Map();
    }
    return this.#row;
  }

  of(kernel: Phase, row: Axis): PhaseOfRows | undefined {
    if (this.#known.has(kernel)) return this.#known.get(kernel);
    const phase = byRows(kernel, row);
    if (phase !== undefined) noteRewritten(phase, [kernel]);
    const found =
      phase === undefined
        ? undefined
        : {
            phase,
            inner: [...phase.axes.slice(1), ...(phase.kind === 'reduce' ? phase.reduceAxes : [])],
            accesses: accessesOf(phase),
          };
    this.#known.set(kernel, found);
    return found;
  }
}

/**
 * The kernels, in their order, as one step; undefined where that would not be the same, or where nothing is gained: the last has to read what one before it wrote.
 */
function asRows(
  kernels: readonly Phase[],
  buffers: readonly PlanBuffer[],
  inputs: ReadonlySet<number>,
  known: PhasesOfRows,
): Rows | undefined {
  const first = kernels.find((kernel) => kernel.kind === 'reduce');
  const last = kernels.at(-1);
  if (first === undefined || last === undefined || kernels.length > mostPhases) return undefined;
  const earlier = new Set(kernels.slice(0, -1).flatMap(({ stores }) => stores.map(({ buffer }) => buffer)));
  if (!accessesOf(last).some(({ buffer, isStore }) => !isStore && earlier.has(buffer))) return undefined;
  if (kernels.reduce((total, kernel) => total + workOf(kernel), 0) > mostWork) return undefined;
  const row = known.row(pointCount(first.axes));
  const phases: Phase[] = [];
  const uses = new Map<
    number,
    { readonly buffer: number; readonly span: number | undefined; readonly isStore: boolean }[]
  >();
  const written = new Set<number>();
  /** Memory of which phases access more than one element. */
  const near = new Set<number>();
  for (const kernel of kernels) {
    if (kernel.kind === 'reduce' && pointCount(kernel.axes) !== row.extent) return undefined;
    const rewritten = known.of(kernel, row);
    if (rewritten === undefined) return undefined;
    const { phase, inner, accesses } = rewritten;
    if (pointCount(inner) > longestRow || pointCount(inner) === 0) return undefined;
    if (accesses.some((access) => goesAcross(access, row, inner))) return undefined;
    // Everything is within one row. What shares no more than numbers with the phases before finds nothing near: sixty updates by one norm are sixty kernels, for all processors.
    if (row.extent === 1 && phases.length > 0) {
      const long = accesses.filter((access) => !isFixed(access));
      if (long.length > 0 && !long.some(({ buffer }) => near.has(rootOf(buffers, buffer)))) return undefined;
    }
    for (const access of accesses) if (!isFixed(access)) near.add(rootOf(buffers, access.buffer));
    for (const { buffer, index, isStore } of accesses) {
      const root = rootOf(buffers, buffer);
      const use = { buffer, span: spanOf(index, row), isStore };
      const others = uses.get(root);
      if (others === undefined) uses.set(root, [use]);
      else others.push(use);
    }
    for (const { buffer } of phase.stores) written.add(buffer);
    phases.push(phase);
  }
  for (const list of uses.values()) {
    const [one] = list;
    if (one === undefined || !list.some(({ isStore }) => isStore)) continue;
    if (one.span === undefined || list.some(({ buffer, span }) => buffer !== one.buffer || span !== one.span))
      return undefined;
  }
  // Two parameters may be the same memory in a run: where one is replaced, none is read but in its own row.
  if ([...written].some((buffer) => inputs.has(buffer))) {
    for (const [root, list] of uses)
      if (inputs.has(root) && list.some(({ span }) => span === undefined)) return undefined;
  }
  return { kind: 'rows', name: `rows: ${kernels.map(({ name }) => name).join(' → ')}`, row, phases };
}

/** Kernels that follow one another, as long as they can be one step; and memory that is free once they have run. */
export class RowRun {
  readonly #buffers: readonly PlanBuffer[];
  readonly #inputs: ReadonlySet<number>;
  #kernels: Phase[] = [];
  #rows: Rows | undefined;
  #known = new PhasesOfRows();
  #free: number[] = [];

  /** `inputs` are the buffers of the parameters that a program reads. */
  constructor(buffers: readonly PlanBuffer[], inputs: ReadonlySet<number>) {
    this.#buffers = buffers;
    this.#inputs = inputs;
  }

  /** Takes the kernel in, if it can be one step with those before it. */
  extend(kernel: PlanStep): boolean {
    if (this.#kernels.length === 0 || (kernel.kind !== 'map' && kernel.kind !== 'reduce')) return false;
    const rows = asRows([...this.#kernels, kernel], this.#buffers, this.#inputs, this.#known);
    if (rows === undefined) return false;
    this.#kernels.push(kernel);
    this.#rows = rows;
    return true;
  }

  /** Begins with a kernel. */
  begin(kernel: MapKernel | ReduceKernel): void {
    this.#kernels = [kernel];
  }

  /** Says that what a buffer holds is not read after this run. */
  free(buffer: number): void {
    this.#free.push(buffer);
  }

  /**
   * A buffer that was free before the last kernel, and whose rows lie where those of `made` would: its memory may be used within the run.
   */
  reuse(made: number, bytesOf: (buffer: number) => number): number | undefined {
    const rows = this.#rows;
    if (rows === undefined) return undefined;
    const spansOf = (wanted: number): (number | undefined)[] =>
      rows.phases.flatMap((phase) =>
        accessesOf(phase).flatMap(({ buffer, index }) => (buffer === wanted ? [spanOf(index, rows.row)] : [])),
      );
    const fills = (buffer: number): boolean =>
      spansOf(buffer).every(
        (span) =>
          span !== undefined && (rows.row.extent === 1 || span * rows.row.extent === this.#buffers[buffer]?.size),
      );
    if (!fills(made)) return undefined;
    const found = this.#free.findIndex((buffer) => bytesOf(buffer) === bytesOf(made) && fills(buffer));
    return found < 0 ? undefined : this.#free.splice(found, 1)[0];
  }

  /** Ends the run: its steps, and the buffers that are free now. */
  end(): { readonly steps: readonly PlanStep[]; readonly free: readonly number[] } {
    const ended = { steps: this.#rows === undefined ? this.#kernels : [this.#rows], free: this.#free };
    this.#kernels = [];
    this.#rows = undefined;
    this.#known = new PhasesOfRows();
    this.#free = [];
    return ended;
  }
}
