/**
 * What the compiler hands to a backend: kernels over named axes with scalar expressions, before any decision on loops,
 * vectors or workgroups. Each backend schedules these for its target and renders the result mechanically.
 *
 * Expressions are a DAG: the same object used twice is the same value. Renderers keep one local variable per object.
 */
import type { BinaryPrimitive, UnaryPrimitive } from '../graph/elementwise.ts';
import type { Combination, CumulativeOperator } from '../graph/attributes.ts';
import type { FormulaPrimitive } from '../graph/formulas.ts';
import type { Axis, Index } from './index-expression.ts';

/** Type of a scalar value inside a kernel. */
export type ScalarType = 'f32' | 'i32' | 'bool';

/**
 * How the elements of a buffer lie in memory. A load of f16 gives an f32, one of u8 an i32; what is stored there is a number that the type
 * holds exactly.
 */
export type StorageType = ScalarType | 'f16' | 'u8';

/** Bytes of an element. A device may use four for the narrow types: it says so to the host alone. */
export const bytesOf: Readonly<Record<StorageType, number>> = { f32: 4, i32: 4, bool: 4, f16: 2, u8: 1 };

/** lower ≤ index < upper. */
export interface Condition {
  readonly index: Index;
  readonly lower: number;
  readonly upper: number;
}

/** What devices compute by themselves; the others are expanded by their formulas. */
export type UnaryOperator = Exclude<UnaryPrimitive, FormulaPrimitive>;
export type BinaryOperator = BinaryPrimitive;

export type Expression =
  | { readonly kind: 'constant'; readonly type: ScalarType; readonly value: number }
  /**
   * Element `index` of buffer `buffer` (a position in {@link Plan.buffers}). Where `guards` is not empty the index may lie outside
   * the buffer unless all guards hold; any value may then be produced (a select above discards it) but no trap.
   */
  | {
      readonly kind: 'load';
      readonly type: ScalarType;
      readonly buffer: number;
      readonly index: Index;
      readonly guards: readonly Condition[];
    }
  /** Number `slot` of the plan's scalars. */
  | { readonly kind: 'scalar'; readonly type: 'f32' | 'i32'; readonly slot: number }
  /** An index as a value (i32). */
  | { readonly kind: 'index'; readonly type: 'i32'; readonly index: Index }
  /** bool: all conditions hold. */
  | { readonly kind: 'inside'; readonly type: 'bool'; readonly conditions: readonly Condition[] }
  | {
      readonly kind: 'unary';
      readonly type: ScalarType;
      readonly operator: UnaryOperator;
      readonly operand: Expression;
    }
  /**
   * Both operands have one type; comparisons and `and`/`or` give bool. Where a sum or product is `rounded`, it is so by itself on every device: none may
   * merge it with another operation. The numbers are then finite.
   */
  | {
      readonly kind: 'binary';
      readonly type: ScalarType;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly rounded?: true;
    }
  | {
      readonly kind: 'select';
      readonly type: ScalarType;
      readonly condition: Expression;
      readonly ifTrue: Expression;
      readonly ifFalse: Expression;
    }
  | { readonly kind: 'cast'; readonly type: ScalarType; readonly operand: Expression }
  /** The nearest number that float16 holds. */
  | { readonly kind: 'half'; readonly type: 'f32'; readonly operand: Expression }
  /** The same 32 bits as an f32 or an i32. */
  | { readonly kind: 'bitcast'; readonly type: 'f32' | 'i32'; readonly operand: Expression }
  /** f32 in [0, 1): (a word of Threefry-2x32-13 with counter words (index, counter), key words (seed, 0x48656262)) >>> 8, × 2⁻²⁴. */
  | {
      readonly kind: 'random';
      readonly type: 'f32';
      readonly word: 0 | 1;
      readonly index: Index;
      readonly seed: Expression;
      readonly counter: Expression;
    }
  /** In stores of all kernels but maps: the result of reducer `position` (0 where there are no reducers). */
  | { readonly kind: 'result'; readonly type: ScalarType; readonly position: number };

/** Writes `value` to element `index` of `buffer`; bools are written as 32-bit 0 or 1. */
export interface Store {
  readonly buffer: number;
  readonly index: Index;
  readonly value: Expression;
}

/**
 * For every point of `axes` (outermost first): evaluate and store. Points are independent. A buffer that is stored to may
 * also be loaded from, but then only at the very index that is stored (in-place updates).
 */
export interface MapKernel {
  readonly kind: 'map';
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly stores: readonly Store[];
}

export interface Reducer {
  /** argmax gives the i32 position (row-major over `reduceAxes`) of the first maximum. NaN: max and argmax propagate it as PyTorch does. */
  readonly operator: 'sum' | 'prod' | 'max' | 'min' | 'argmax';
  readonly value: Expression;
}

/** For every point of `axes`: reduce over `reduceAxes` (never atomically, always in one fixed order), then evaluate the stores. */
export interface ReduceKernel {
  readonly kind: 'reduce';
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly reduceAxes: readonly Axis[];
  readonly reducers: readonly Reducer[];
  readonly stores: readonly Store[];
}

/** One operand of a contraction: a guarded element of a buffer; 0 where a guard fails. */
export interface Operand {
  readonly buffer: number;
  readonly index: Index;
  readonly guards: readonly Condition[];
}

/**
 * result(batch, m, n) = Σ_k left(batch, m, k) · right(batch, k, n) in float32, then the stores (an epilogue over
 * batch, m and n axes). Matrix products, and convolutions as implicit GEMM: each of m, n, k is a list of axes (outermost first)
 * so that indices stay linear; flatten them as the target likes. Any list may be empty (extent 1). k may have extent 0 (result 0).
 * `left` never depends on the n axes, `right` never on the m axes; either may be independent of some or all batch axes.
 */
export interface ContractionKernel {
  readonly kind: 'contraction';
  readonly name: string;
  readonly batch: readonly Axis[];
  readonly m: readonly Axis[];
  readonly n: readonly Axis[];
  readonly k: readonly Axis[];
  readonly left: Operand;
  readonly right: Operand;
  readonly stores: readonly Store[];
}

/**
 * Combines each element of a base with the updates that name it as their destination, in the order of `source`; then the stores. At each point of
 * `outer` the destinations are the points of `target` and `inner`, numbered in row-major order; one has the same updates at all points of `row`.
 */
export interface ScatterKernel {
  readonly kind: 'scatter';
  readonly name: string;
  /** 'add' of f32 gives the same bits for every order of the updates; max and min propagate NaN. */
  readonly combine: Combination;
  /** Axes that the destination depends on, before and after the scattered one. */
  readonly outer: readonly Axis[];
  readonly target: Axis;
  readonly inner: readonly Axis[];
  /** The axis of updates. */
  readonly source: Axis;
  /** Axes that the destination does not depend on. */
  readonly row: readonly Axis[];
  /** Over outer, source, inner: the number of the destination (i32), −1 where there is none. */
  readonly destination: Expression;
  /** Over outer, source, inner and row. */
  readonly update: Expression;
  /** Over outer, target, inner and row, as are the stores. */
  readonly base: Expression;
  readonly stores: readonly Store[];
}

/**
 * For every point of `outer` and `inner`: runs along `axis` from position 0 on and combines; the stores at each position see as result what
 * all values up to there make.
 */
export interface CumulativeKernel {
  readonly kind: 'cumulative';
  readonly name: string;
  /** max and min propagate NaN. */
  readonly operator: CumulativeOperator;
  readonly outer: readonly Axis[];
  readonly axis: Axis;
  readonly inner: readonly Axis[];
  readonly value: Expression;
  readonly stores: readonly Store[];
}

/**
 * For every point of `outer` and `inner`: sorts the positions along `axis` by their keys, ascending, equal keys in the order of the axis. The
 * stores at place k of the axis see as result (i32) which position comes k-th.
 */
export interface SortKernel {
  readonly kind: 'sort';
  readonly name: string;
  readonly outer: readonly Axis[];
  readonly axis: Axis;
  readonly inner: readonly Axis[];
  /** i32. */
  readonly key: Expression;
  readonly stores: readonly Store[];
}

/** Kernels that compute. */
export type Kernel = MapKernel | ReduceKernel | ContractionKernel | ScatterKernel | CumulativeKernel | SortKernel;

/** `size` elements from `fromIndex` of buffer `from` on, to `toIndex` of buffer `to` on. The two ranges do not overlap. */
export interface Piece {
  readonly from: number;
  readonly fromIndex: number;
  readonly to: number;
  readonly toIndex: number;
  readonly size: number;
}

/** Copies contiguous ranges, one after the other. */
export interface CopyKernel {
  readonly kind: 'copy';
  readonly name: string;
  readonly pieces: readonly Piece[];
}

/** Runs steps `length` times, one after the other. */
export interface Loop {
  readonly kind: 'loop';
  readonly name: string;
  readonly length: number;
  /** Whether the parts begin at the last position. */
  readonly reverse: boolean;
  /** A buffer of one bool: where it is 0 before a step, that step and all that follow may be left out. Undefined: none may. */
  readonly until: number | undefined;
  /** Buffers of kind `part` that move on with each step: of those that they are parts of, step t sees range t of `length` equal ones. */
  readonly parts: readonly number[];
  readonly kernels: readonly PlanStep[];
}

/** Kernels of which none depends on another, or writes where another reads: they may run in any order, or all at once as one dispatch. */
export interface Parts {
  readonly kind: 'parts';
  readonly name: string;
  readonly kernels: readonly (MapKernel | ReduceKernel)[];
}

/**
 * Kernels over the same rows that need one another's results: for each point of `row`, the phases in their order, each over what remains of its axes. They may as well run one after
 * the other, each over all rows. What one phase stores and another accesses is of the same row: the indices of both are row · span + something below span.
 */
export interface Rows {
  readonly kind: 'rows';
  readonly name: string;
  readonly row: Axis;
  /** The first of their axes is `row`. */
  readonly phases: readonly (MapKernel | ReduceKernel)[];
}

/**
 * Products of many small matrices, and what is computed between them: for each point of `row` the phases in their order, each over what remains of its axes. They may as well run one after the other, each over all rows: as `steps`,
 * for devices that have more processors than rows. What one phase stores and another accesses is of the same row, as in {@link Rows}.
 */
export interface Batches {
  readonly kind: 'batches';
  readonly name: string;
  readonly row: Axis;
  /** The first of their axes is `row`, which of a contraction is the only batch axis, and one that both operands depend on. */
  readonly phases: readonly (MapKernel | ReduceKernel | ContractionKernel)[];
  readonly steps: readonly (Kernel | Rows)[];
}

export type PlanStep = Kernel | CopyKernel | Parts | Rows | Batches | Loop;

/** All steps but loops, those of loops once, in order: what a plan's times are by. */
export function innerSteps(steps: readonly PlanStep[]): Exclude<PlanStep, Loop>[] {
  return steps.flatMap((step) => (step.kind === 'loop' ? innerSteps(step.kernels) : [step]));
}

/** A region of memory that a plan's kernels name by position. */
export interface PlanBuffer {
  /**
   * `parameter`: bound at each run (position in the run's bindings); `temporary`: at `offset` bytes (a multiple of 256) of the plan's
   * arena, possibly sharing bytes with temporaries that live at other times; `part`: the range of the buffer `position` that the loop around has
   * reached.
   */
  readonly kind: 'parameter' | 'temporary' | 'part';
  readonly position: number;
  readonly offset: number;
  /** Narrow for parameters and what is on the way to one; those alone are never operands of contractions or parts of loops. */
  readonly type: StorageType;
  /** Number of elements. */
  readonly size: number;
}

/** A compiled graph, ready to be scheduled by a backend. Kernels run in order; each sees what the ones before it wrote. */
export interface Plan {
  readonly kernels: readonly PlanStep[];
  readonly buffers: readonly PlanBuffer[];
  readonly parameterCount: number;
  readonly scalars: readonly { readonly type: 'f32' | 'i32' }[];
  readonly arenaBytes: number;
}
