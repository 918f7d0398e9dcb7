/** Walks over a kernel's expressions: which buffers and indices it uses, and copies with other indices, buffers or results. */
import { forEachExpression, indicesOf } from '../../compiler/expressions.ts';
import type {
  Condition,
  CumulativeKernel,
  Expression,
  Kernel,
  Operand,
  PlanBuffer,
  PlanStep,
  ScatterKernel,
  Store,
} from '../../compiler/kernel.ts';
import {
  axisIndex,
  constantIndex,
  sumIndex,
  scaleIndex,
  type Axis,
  type Index,
} from '../../compiler/index-expression.ts';
import type { Rewriter } from '../../compiler/rewriter.ts';

export interface Uses {
  /** Every index that an expression or store evaluates, guards included. */
  readonly indices: Set<Index>;
  readonly loads: { readonly buffer: number; readonly index: Index }[];
  readonly stores: { readonly buffer: number; readonly index: Index }[];
}

export function emptyUses(): Uses {
  return { indices: new Set(), loads: [], stores: [] };
}

function addConditions(conditions: readonly Condition[], uses: Uses): void {
  for (const { index } of conditions) uses.indices.add(index);
}

/** Adds what expressions use. */
export function addExpressions(expressions: readonly Expression[], uses: Uses): void {
  forEachExpression(expressions, (next) => {
    for (const index of indicesOf(next)) uses.indices.add(index);
    if (next.kind === 'load') uses.loads.push({ buffer: next.buffer, index: next.index });
  });
}

export function addStores(stores: readonly Store[], uses: Uses): void {
  for (const { buffer, index } of stores) {
    uses.indices.add(index);
    uses.stores.push({ buffer, index });
  }
  addExpressions(
    stores.map(({ value }) => value),
    uses,
  );
}

export function addOperand(operand: Operand, uses: Uses): void {
  uses.indices.add(operand.index);
  uses.loads.push({ buffer: operand.buffer, index: operand.index });
  addConditions(operand.guards, uses);
}

/** A scatter whose updates hang in lists: each destination's first position along the source, and of each update the next; −1 ends a list. */
export interface LinkedScatter extends ScatterKernel {
  readonly heads: number;
  readonly next: number;
}

export function isLinked(kernel: Kernel): kernel is LinkedScatter {
  return 'heads' in kernel;
}

/** A cumulative kernel over one part of a longer axis. */
export interface CumulativePart extends CumulativeKernel {
  /** The number of the part is this axis's. */
  readonly part: Axis;
  /** Length of the whole axis; the last part may be shorter than `axis`. */
  readonly length: number;
  /** What comes before the part, combined. */
  readonly start: Expression;
  /** Whether the stores are made at the end alone. */
  readonly onlyLast: boolean;
}

export function isPart(kernel: CumulativeKernel): kernel is CumulativePart {
  return 'start' in kernel;
}

export function usesOf(kernel: Kernel): Uses {
  const uses = emptyUses();
  if (kernel.kind === 'scatter') addExpressions([kernel.update, kernel.base], uses);
  if (kernel.kind === 'sort') addExpressions([kernel.key], uses);
  if (kernel.kind === 'cumulative') addExpressions([kernel.value, ...(isPart(kernel) ? [kernel.start] : [])], uses);
  if (isLinked(kernel)) {
    for (const buffer of [kernel.heads, kernel.next]) uses.loads.push({ buffer, index: constantIndex(0) });
  }
  addStores(kernel.stores, uses);
  if (kernel.kind === 'reduce')
    addExpressions(
      kernel.reducers.map(({ value }) => value),
      uses,
    );
  if (kernel.kind === 'contraction') {
    addOperand(kernel.left, uses);
    addOperand(kernel.right, uses);
  }
  return uses;
}

/** The buffers that steps read and those that they write; a part of a buffer counts as the buffer where a loop inside moves it on. */
export function accessesOf(
  steps: readonly PlanStep[],
  buffers: readonly PlanBuffer[],
): { readonly read: Set<number>; readonly written: Set<number> } {
  const read = new Set<number>();
  const written = new Set<number>();
  for (const step of steps) {
    if (step.kind === 'copy') {
      for (const { from, to } of step.pieces) {
        read.add(from);
        written.add(to);
      }
    } else if (step.kind === 'parts' || step.kind === 'rows' || step.kind === 'batches') {
      const inner = accessesOf(step.kind === 'parts' ? step.kernels : step.phases, buffers);
      for (const buffer of inner.read) read.add(buffer);
      for (const buffer of inner.written) written.add(buffer);
    } else if (step.kind === 'loop') {
      const inner = accessesOf(step.kernels, buffers);
      for (const [own, all] of [
        [inner.read, read],
        [inner.written, written],
      ] as const) {
        for (const buffer of own) all.add(step.parts.includes(buffer) ? (buffers[buffer]?.position ?? -1) : buffer);
      }
    } else {
      const uses = usesOf(step);
      if (step.kind === 'scatter') addExpressions([step.destination], uses);
      for (const { buffer } of uses.loads) read.add(buffer);
      for (const { buffer } of uses.stores) written.add(buffer);
    }
  }
  return { read, written };
}

/** The kernel with axes or buffers replaced. */
export function rewriteKernel(kernel: Kernel, rewriter: Rewriter): Kernel {
  const stores = rewriter.stores(kernel.stores);
  switch (kernel.kind) {
    case 'map':
      return { ...kernel, stores };
    case 'reduce':
      return {
        ...kernel,
        stores,
        reducers: kernel.reducers.map((reducer) => ({ ...reducer, value: rewriter.expression(reducer.value) })),
      };
    case 'contraction':
      return { ...kernel, stores, left: rewriter.operand(kernel.left), right: rewriter.operand(kernel.right) };
    case 'cumulative': {
      const start = isPart(kernel) ? { start: rewriter.expression(kernel.start) } : {};
      return { ...kernel, stores, value: rewriter.expression(kernel.value), ...start };
    }
    case 'sort':
      return { ...kernel, stores, key: rewriter.expression(kernel.key) };
    case 'scatter':
      return {
        ...kernel,
        stores,
        destination: rewriter.expression(kernel.destination),
        update: rewriter.expression(kernel.update),
        base: rewriter.expression(kernel.base),
      };
  }
}

/** Row-major position over the axes. */
export function rowMajorIndex(axes: readonly Axis[]): Index {
  const parts: Index[] = [];
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    parts.push(scaleIndex(axisIndex(axis), stride));
    stride *= axis.extent;
  }
  return parts.length === 0 ? constantIndex(0) : sumIndex(parts);
}

export function pointCount(axes: readonly Axis[]): number {
  let count = 1;
  for (const { extent } of axes) count *= extent;
  return count;
}
