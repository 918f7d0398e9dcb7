/**
 * Reductions and elementwise work over the same rows, one after the other (mean → centred → variance → normalised; maximum → exponentials → sum → softmax), become one step that goes
 * row by row: a row stays near while all phases use it. What a phase leaves in memory for a later one is read in the same row alone, so rows do not depend on one another. So do products of
 * many small matrices with what is between them (attention: a row is a head), whose rows are their batches.
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
import type { Batches, ContractionKernel, Expression, Kernel, PlanBuffer, PlanStep, Rows } from './kernel.ts';
import { noteRewritten } from './notes.ts';
import type { Without } from './optimisations.ts';
import { Rewriter } from './rewriter.ts';
import { unflatten } from './views.ts';

type Phase = Batches['phases'][number];
type PlainPhase = Rows['phases'][number];

/** Elements of a row at most: longer ones leave the cache, and devices of many processors want a row for themselves. */
const longestRow = 2 ** 16;
/** Phases at most; they are code. */
const mostPhases = 12;
/** Of products: batches at least, which are what threads share, and rows, columns and terms of each; smaller ones are no products but sums. */
const fewestBatches = 16;
const leastSide = 8;
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
  if (kernel.kind === 'contraction')
    for (const { buffer, index } of [kernel.left, kernel.right]) accesses.push({ buffer, index, isStore: false });
  return accesses;
}

/** Whether it is many products of matrices, each of which has both of its operands for itself, and is small enough for the cache. */
function isManyProducts({ batch, m, n, k, left, right }: ContractionKernel): boolean {
  const [rows, columns, terms] = [m, n, k].map(pointCount) as [number, number, number];
  return (
    pointCount(batch) >= fewestBatches &&
    Math.min(rows, columns, terms) >= leastSide &&
    Math.max(rows * columns, rows * terms, columns * terms) <= longestRow &&
    batch.every((axis) => dependsOn(left.index, axis) && dependsOn(right.index, axis))
  );
}

/** The kernel with its first axes, and as much of the next as is needed, replaced by `row`; undefined where they are not as many rows. */
function byRows(kernel: Phase, row: Axis): Phase | undefined {
  // Of a product all batch axes are the rows, and nothing else is.
  if (kernel.kind === 'contraction' && pointCount(kernel.batch) !== row.extent) return undefined;
  const shape: number[] = [];
  const outer: { readonly axis: Axis; readonly rest: Axis }[] = [];
  const inner: Axis[] = [];
  let rows = 1;
  for (const axis of kernel.kind === 'contraction' ? kernel.batch : kernel.axes) {
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
  const stores = rewriter.stores(kernel.stores);
  if (kernel.kind === 'contraction') {
    const [left, right] = [rewriter.operand(kernel.left), rewriter.operand(kernel.right)];
    return { ...kernel, batch: [row], left, right, stores };
  }
  const common = { name: kernel.name, axes: [row, ...inner], stores };
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

/** The axes within a row. */
function innerAxes(phase: Phase): readonly Axis[] {
  if (phase.kind === 'contraction') return [...phase.m, ...phase.n];
  return [...phase.axes.slice(1), ...(phase.kind === 'reduce' ? phase.reduceAxes : [])];
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
            inner: innerAxes(phase),
            accesses: accessesOf(phase),
          };
    this.#known.set(kernel, found);
    return found;
  }
}

interface ByRows {
  readonly row: Axis;
  readonly phases: readonly Phase[];
}

/**
 * The kernels, in their order, by rows; undefined where that would not be the same, or where nothing is gained: the last has to read what one before it wrote, or a product what is near.
 */
function asRows(
  kernels: readonly Phase[],
  buffers: readonly PlanBuffer[],
  inputs: ReadonlySet<number>,
  known: PhasesOfRows,
): ByRows | undefined {
  const product = kernels.find((kernel) => kernel.kind === 'contraction');
  const first = product ?? kernels.find((kernel) => kernel.kind === 'reduce');
  const last = kernels.at(-1);
  if (first === undefined || last === undefined || kernels.length > mostPhases) return undefined;
  const earlier = new Set(kernels.slice(0, -1).flatMap(accessesOf).flatMap(({ buffer, isStore }) => (isStore || last.kind === 'contraction' ? [buffer] : []))); // prettier-ignore
  if (!accessesOf(last).some(({ buffer, isStore }) => !isStore && earlier.has(buffer))) return undefined;
  if (product === undefined && kernels.reduce((total, kernel) => total + workOf(kernel), 0) > mostWork)
    return undefined;
  const row = known.row(pointCount(first.kind === 'contraction' ? first.batch : first.axes));
  const phases: Phase[] = [];
  const uses = new Map<
    number,
    { readonly buffer: number; readonly span: number | undefined; readonly isStore: boolean }[]
  >();
  const written = new Set<number>();
  /** Memory of which phases access more than one element. */
  const near = new Set<number>();
  for (const kernel of kernels) {
    if (kernel.kind === 'contraction' && !isManyProducts(kernel)) return undefined;
    if (product === undefined && kernel.kind === 'reduce' && pointCount(kernel.axes) !== row.extent) return undefined;
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
  return { row, phases };
}

function asPlainRows(
  kernels: readonly PlainPhase[],
  buffers: readonly PlanBuffer[],
  inputs: ReadonlySet<number>,
  known: PhasesOfRows,
): Rows | undefined {
  const rows = asRows(kernels, buffers, inputs, known);
  return rows && { kind: 'rows', name: nameOf('rows', kernels), row: rows.row, phases: rows.phases as PlainPhase[] };
}

const nameOf = (kind: string, kernels: readonly Phase[]): string =>
  `${kind}: ${kernels.map(({ name }) => name).join(' → ')}`;

/** Kernels without products that can be one step, and that step. */
interface PlainRun {
  readonly kernels: PlainPhase[];
  readonly rows: Rows | undefined;
}

/** Kernels that follow one another, as long as they can be one step; and memory that is free once they have run. */
export class RowRun {
  readonly #buffers: readonly PlanBuffer[];
  readonly #inputs: ReadonlySet<number>;
  readonly #without: Without;
  #kernels: Phase[] = [];
  /** All of them by rows, where there are products. */
  #batches: ByRows | undefined;
  /** The steps that they are apart, but for the last ones without a product. */
  #steps: (Kernel | Rows)[] = [];
  #plain: PlainRun = { kernels: [], rows: undefined };
  #known = new PhasesOfRows();
  #knownPlain = new PhasesOfRows();
  #free: number[] = [];

  /** `inputs` are the buffers of the parameters that a program reads. */
  constructor(buffers: readonly PlanBuffer[], inputs: ReadonlySet<number>, without: Without) {
    this.#buffers = buffers;
    this.#inputs = inputs;
    this.#without = without;
  }

  /** Takes the kernel in, if it can be one step with those before it. */
  extend(kernel: PlanStep): boolean {
    if (this.#kernels.length === 0 || !isPhase(kernel)) return false;
    const kernels = [...this.#kernels, kernel];
    if (kernels.some(({ kind }) => kind === 'contraction')) {
      if (this.#without.has('batches')) return false;
      const batches = asRows(kernels, this.#buffers, this.#inputs, this.#known);
      if (batches === undefined) return false;
      this.#batches = batches;
      if (kernel.kind === 'contraction') {
        this.#endPlain();
        this.#steps.push(kernel);
      } else if (!this.#extendPlain(kernel)) {
        this.#endPlain();
        this.#plain = { kernels: [kernel], rows: undefined };
      }
    } else if (!this.#extendPlain(kernel as PlainPhase)) return false;
    this.#kernels.push(kernel);
    return true;
  }

  #extendPlain(kernel: PlainPhase): boolean {
    if (this.#without.has('rows')) return false;
    const kernels = [...this.#plain.kernels, kernel];
    const rows = asPlainRows(kernels, this.#buffers, this.#inputs, this.#knownPlain);
    if (rows === undefined) return false;
    this.#plain = { kernels, rows };
    return true;
  }

  #endPlain(): void {
    const { kernels, rows } = this.#plain;
    this.#steps.push(...(rows === undefined ? kernels : [rows]));
    this.#plain = { kernels: [], rows: undefined };
    this.#knownPlain = new PhasesOfRows();
  }

  /** Begins with a kernel; whether it is one that others can follow. */
  begin(kernel: PlanStep): boolean {
    if (!isPhase(kernel) || (kernel.kind === 'contraction' && !isManyProducts(kernel))) return false;
    this.#kernels = [kernel];
    if (kernel.kind === 'contraction') this.#steps = [kernel];
    else this.#plain = { kernels: [kernel], rows: undefined };
    return true;
  }

  /** Says that what a buffer holds is not read after this run. */
  free(buffer: number): void {
    this.#free.push(buffer);
  }

  /**
   * A buffer that was free before the last kernel, and whose rows lie where those of `made` would: its memory may be used within the run.
   */
  reuse(made: number, bytesOf: (buffer: number) => number): number | undefined {
    if (this.#without.has('reuse')) return undefined;
    const runs = [this.#batches, this.#plain.rows].filter((each) => each !== undefined);
    if (runs.length === 0) return undefined;
    const fills = (buffer: number): boolean =>
      runs.every(({ row, phases }) =>
        phases
          .flatMap((phase) =>
            accessesOf(phase).flatMap((each) => (each.buffer === buffer ? [spanOf(each.index, row)] : [])),
          )
          .every(
            (span) => span !== undefined && (row.extent === 1 || span * row.extent === this.#buffers[buffer]?.size),
          ),
      );
    if (!fills(made)) return undefined;
    const found = this.#free.findIndex((buffer) => bytesOf(buffer) === bytesOf(made) && fills(buffer));
    return found < 0 ? undefined : this.#free.splice(found, 1)[0];
  }

  /** Ends the run: its steps, and the buffers that are free now. */
  end(): { readonly steps: readonly PlanStep[]; readonly free: readonly number[] } {
    this.#endPlain();
    const batches: Batches | undefined = this.#batches && {
      kind: 'batches',
      name: nameOf('batches', this.#kernels),
      ...this.#batches,
      steps: this.#steps,
    };
    const ended = { steps: batches === undefined ? this.#steps : [batches], free: this.#free };
    this.#kernels = [];
    this.#batches = undefined;
    this.#steps = [];
    this.#known = new PhasesOfRows();
    this.#free = [];
    return ended;
  }
}

function isPhase(step: PlanStep): step is Phase {
  return step.kind === 'map' || step.kind === 'reduce' || step.kind === 'contraction';
}
