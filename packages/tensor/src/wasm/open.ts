/**
 * Kernels of which it is no part of their code how long some of their axes are, so that tensors of many sizes share it: another batch runs what is compiled and fast already. The outermost axes are
 * left open where nothing in the code depends on how long they are: flat maps (initial values, updates of parameters, activations that are alone) are any number of elements; steps by rows and batches any number of these; reductions,
 * scatters of rows and matrix products sum over as much as there is.
 *
 * The code is made for axes that are longer than any (`extent`), so that schedules take them for large, and no bound that the compiler simplifies by is one that real sizes break. It reads in its frame how long they are.
 */
import { forEachExpression, indicesOf } from '../compiler/expressions.ts';
import {
  axisIndex,
  dependsOn,
  isLinear,
  openAxis,
  strideAlong,
  type Axis,
  type Index,
} from '../compiler/index-expression.ts';
import type {
  Batches,
  Expression,
  Kernel,
  MapKernel,
  PlanBuffer,
  ReduceKernel,
  Rows,
  ScatterKernel,
} from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { isNear } from './address.ts';
import { longestAxis, product } from './blocks.ts';
import { countedInBytes } from './nest.ts';
import { isByRows } from './scatter-parts.ts';

/** What the code of a kernel leaves open. */
export interface Open {
  /** Of all axes together how many elements there are, or how long some of them are. */
  readonly kind: 'elements' | 'axes';
  /** For each open axis its quantity. */
  readonly axes: ReadonlyMap<Axis, number>;
  readonly quantities: readonly number[];
  /** What the nanoseconds of a kernel grow with, and how much of it those of its code are for. */
  readonly work: number;
  readonly builtWork: number;
}

/** A number that is known, or one that is as soon as a quantity is: `times` that in parts of `per`, the last of which may be smaller, and `plus`. */
export type Size =
  number | { readonly quantity: number; readonly times: number; readonly per: number; readonly plus: number };

export function sizeIn(size: Size, quantities: readonly number[]): number {
  if (typeof size === 'number') return size;
  const { quantity, times, per, plus } = size;
  return Math.ceil(((quantities[quantity] ?? 0) * times) / per) + plus;
}

/** `times` the length of an axis in parts of `per`, and `plus`. */
export function sizeOf(
  { extent, open }: Axis,
  { times = 1, per = 1, plus = 0 }: { times?: number; per?: number; plus?: number } = {},
): Size {
  if (open === undefined) return Math.ceil((extent * times) / per) + plus;
  return { quantity: open.quantity, times: open.times * times, per, plus };
}

/** Below, loops of a known length are worth code of their own. */
const fewElements = 16;
const fewPoints = 8;

/** Undefined for kernels whose code depends on all their sizes. */
export function openIn(kernel: Kernel | Rows | Batches, buffers: readonly PlanBuffer[]): Open | undefined {
  switch (kernel.kind) {
    case 'map':
      return elementsOf(kernel) ?? openAxes(outermost(kernel.axes), [kernel], buffers);
    case 'reduce': {
      const axes = [...outermost(kernel.axes), ...outermost(kernel.reduceAxes)];
      const apart = axes.filter((axis) => !isContiguous(axis, kernel));
      return openAxes(apart.length > 0 ? apart : axes, [kernel], buffers);
    }
    case 'scatter':
      return isByRows(kernel) ? openAxes([kernel.source], [kernel], buffers) : undefined;
    case 'rows':
      return openAxes(kernel.row.extent > 1 ? [kernel.row] : kernel.phases.flatMap(longAxes), kernel.phases, buffers);
    case 'batches':
      return openAxes([kernel.row], kernel.phases, buffers);
    case 'contraction':
    case 'cumulative':
    case 'sort':
      return undefined;
  }
}

/** Whether elements lie side by side along the axis, which then is no batch where there is another. */
function isContiguous(axis: Axis, { reducers }: ReduceKernel): boolean {
  let found = false;
  forEachExpression(
    reducers.map(({ value }) => value),
    (expression) => {
      if (expression.kind === 'load') found ||= Math.abs(strideAlong(expression.index, axis) ?? 0) === 1;
    },
  );
  return found;
}

/** The first axis that is one. */
function outermost(axes: readonly Axis[]): Axis[] {
  return axes.filter(({ extent }) => extent > 1).slice(0, 1);
}

/** Of a phase of a single row. */
function longAxes(phase: Rows['phases'][number]): Axis[] {
  const own = outermost(phase.axes);
  return phase.kind === 'reduce' ? [...own, ...outermost(phase.reduceAxes)] : own;
}

function elementsOf({ axes, stores }: MapKernel): Open | undefined {
  if (product(axes) < fewElements) return undefined;
  const strides = new Map<Axis, number>();
  let count = 1;
  for (let i = axes.length - 1; i >= 0; i--) {
    const axis = axes[i] as Axis;
    if (axis.extent > 1) strides.set(axis, count);
    count *= axis.extent;
  }
  const isFlat = ({ terms }: Index): boolean =>
    terms.length === strides.size &&
    terms.every(({ coefficient, atom }) => atom.kind === 'axis' && strides.get(atom) === coefficient);
  if (count >= countedInBytes || !stores.every(({ index }) => isFlat(index))) return undefined;
  let fits = true;
  forEachExpression(
    stores.map(({ value }) => value),
    (expression) => {
      if (expression.kind === 'inside' || (expression.kind === 'load' && expression.guards.length > 0)) fits = false;
      fits &&= indicesOf(expression).every((index) => index.terms.length === 0 || isFlat(index));
    },
  );
  return fits ? { kind: 'elements', axes: new Map(), quantities: [count], work: count, builtWork: 1 } : undefined;
}

/** Those of the axes that may be open in all of the kernels. */
function openAxes(
  axes: readonly Axis[],
  kernels: Batches['phases'] | readonly ScatterKernel[],
  buffers: readonly PlanBuffer[],
): Open | undefined {
  let candidates = axes.filter(({ extent }) => extent >= fewPoints && extent < longestAxis);
  if (candidates.length === 0) return undefined;
  for (const kernel of kernels) {
    if (pointsOf(kernel) >= countedInBytes) return undefined;
    if (kernel.kind === 'contraction' && !isPlain(kernel)) return undefined;
    const indices = kernel.stores.map(({ index }) => index);
    let areNear = true;
    forEachExpression(rootsOf(kernel), (expression) => {
      // Bounds are of whole axes.
      const conditions = expression.kind === 'load' ? expression.guards : expression.kind === 'inside' ? expression.conditions : []; // prettier-ignore
      for (const { index } of conditions) candidates = candidates.filter((axis) => !dependsOn(index, axis));
      // What goes down is shifted before it is divided, by more than 32 bits hold where axes are longer than any.
      for (const index of indicesOf(expression))
        candidates = candidates.filter((axis) => !isDividedBackwards(index, axis));
      if (expression.kind === 'load' && conditions.length > 0)
        areNear &&= isNear({ buffers }, expression.buffer, expression.index, slackOf(expression.index));
    });
    // What is stored goes along in steps.
    candidates = candidates.filter((axis) => indices.every((index) => !dependsOn(index, axis) || isLinear(index)));
    if (!areNear || candidates.length === 0) return undefined;
  }
  return {
    kind: 'axes',
    axes: new Map(candidates.map((axis, quantity) => [axis, quantity])),
    quantities: candidates.map(({ extent }) => extent),
    work: product(candidates),
    builtWork: longestAxis ** candidates.length,
  };
}

/** Whether what is divided goes down along the axis. */
function isDividedBackwards({ terms }: Index, axis: Axis): boolean {
  return terms.some(({ atom }) => {
    if (atom.kind !== 'div' && atom.kind !== 'mod') return false;
    const { index } = atom;
    const goesDown = index.terms.some((term) => term.coefficient < 0 && dependsOn({ ...index, terms: [term] }, axis));
    return goesDown || isDividedBackwards(index, axis);
  });
}

/** Bytes around an element that four lanes along any axis may reach. */
function slackOf({ terms }: Index): number {
  return 64 + 12 * Math.max(0, ...terms.map(({ coefficient }) => Math.abs(coefficient)));
}

/** Operands without guards. */
function isPlain({ left, right }: Extract<Kernel, { kind: 'contraction' }>): boolean {
  return [left, right].every(({ guards }) => guards.length === 0);
}

type Phase = Batches['phases'][number] | ScatterKernel;

function rootsOf(kernel: Phase): Expression[] {
  const roots = kernel.stores.map(({ value }) => value);
  if (kernel.kind === 'reduce') roots.push(...kernel.reducers.map(({ value }) => value));
  if (kernel.kind === 'scatter') roots.push(kernel.destination, kernel.update, kernel.base);
  return roots;
}

function pointsOf(kernel: Phase): number {
  switch (kernel.kind) {
    case 'map':
      return product(kernel.axes);
    case 'reduce':
      return product(kernel.axes) * product(kernel.reduceAxes);
    case 'contraction':
      return product(kernel.batch) * product(kernel.m) * product(kernel.n) * product(kernel.k);
    case 'scatter':
      return product([...kernel.outer, kernel.source, ...kernel.inner, ...kernel.row]);
  }
}

/** The kernel with axes that are open in place of those that may be. */
export function withOpenAxes(kernel: Kernel | Rows | Batches, { axes }: Open): Kernel | Rows | Batches {
  if (axes.size === 0) return kernel;
  const replaced = new Map([...axes].map(([axis, quantity]) => [axis, openAxis(longestAxis, { quantity, times: 1 })]));
  const rewriter = new Rewriter({ axes: new Map([...replaced].map(([axis, open]) => [axis, axisIndex(open)])) });
  const axisOf = (axis: Axis): Axis => replaced.get(axis) ?? axis;
  const rewrite = <K extends Kernel>(one: K): K => rewritten(one) as K;
  const rewritten = (one: Kernel): Kernel => {
    const stores = rewriter.stores(one.stores);
    switch (one.kind) {
      case 'map':
        return { ...one, axes: one.axes.map(axisOf), stores };
      case 'reduce':
        return {
          ...one,
          axes: one.axes.map(axisOf),
          reduceAxes: one.reduceAxes.map(axisOf),
          reducers: one.reducers.map((each) => ({ ...each, value: rewriter.expression(each.value) })),
          stores,
        };
      case 'scatter':
        return {
          ...one,
          source: axisOf(one.source),
          destination: rewriter.expression(one.destination),
          update: rewriter.expression(one.update),
          base: rewriter.expression(one.base),
          stores,
        };
      case 'contraction':
        return {
          ...one,
          batch: one.batch.map(axisOf),
          left: rewriter.operand(one.left),
          right: rewriter.operand(one.right),
          stores,
        };
      case 'cumulative':
      case 'sort':
        return one;
    }
  };
  if (kernel.kind === 'batches') return { ...kernel, row: axisOf(kernel.row), phases: kernel.phases.map(rewrite) };
  if (kernel.kind === 'rows') return { ...kernel, row: axisOf(kernel.row), phases: kernel.phases.map(rewrite) };
  return rewrite(kernel);
}
