/** Primitives by name, and what is said of a node beside its inputs: the attributes of each primitive. */
import type { DrawAttributes } from './distributions.ts';
import type { BinaryPrimitive, UnaryPrimitive } from './elementwise.ts';
import type { Node } from './node.ts';
import type { DType, TensorType } from './types.ts';

/** Spatial parameters shared by convolution and windows; one entry per spatial axis. */
export interface Window {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** What becomes of an element of base and the updates to it. */
export type Combination = 'set' | 'add' | 'mul' | 'max' | 'min';

/** How the elements up to a position are combined. */
export type CumulativeOperator = 'sum' | 'prod' | 'max' | 'min' | 'logSumExp';

export interface ConvolutionAttributes extends Window {
  /** Zeros before and after each spatial axis of the input; may be negative (cropping). */
  readonly paddingLow: readonly number[];
  readonly paddingHigh: readonly number[];
  readonly groups: number;
}

type None = Readonly<Record<never, never>>;

/** What a loop does at each step: a graph between parameters and results. */
export interface Body {
  /** The carries, the step's parts of what is read step by step, and then the very nodes that the body reads beside; one for each input of the loop. */
  readonly parameters: readonly Node[];
  /** The next carries, then what is stacked. */
  readonly results: readonly Node[];
}

/** A loop of `length` steps over the leading axes of its inputs. Its body stands in the key once, however many steps there are. */
export interface LoopAttributes {
  /** The types of all results. */
  readonly type: TensorType;
  /** What is said here, and the structure of the body, as plan keys have it. */
  readonly key: readonly number[];
  /** Number of carries. */
  readonly carries: number;
  /** Number of inputs that are read step by step. */
  readonly xs: number;
  readonly length: number;
  /**
   * The position of a carry, bool [], after which steps may be left out: once it is false, all carries stay as they are, as whoever makes the loop promises.
   * −1: there is none.
   */
  readonly until: number;
  /**
   * Of what is given at each step, the positions of what products and convolutions make: a gradient reads them instead of computing them again. Empty where
   * `recomputes`.
   */
  readonly kept: readonly number[];
  /** Whether a gradient computes everything of a step again but its carries. */
  readonly recomputes: boolean;
  /** Whether steps run from the last position of the leading axes to the first. */
  readonly reverse: boolean;
}

/** Attributes of every primitive; elementwise ones of one operand or two have none. Inputs are described beside each name. */
export interface Attributes extends Readonly<Record<UnaryPrimitive | BinaryPrimitive, None>> {
  // Leaves.
  /** Data: a realised tensor, a host array or a cell. No inputs. */
  buffer: { readonly dtype: DType; readonly shape: readonly number[] };
  /** Placeholder for an argument of a captured function. No inputs. */
  argument: { readonly dtype: DType; readonly shape: readonly number[] };
  /** A number that may change from step to step; shape []. In a capture `source` is asked again at every call. */
  scalar: { readonly dtype: 'float32' | 'int32'; readonly value: number; readonly source: (() => number) | undefined };
  /** The same number everywhere. */
  constant: { readonly dtype: DType; readonly shape: readonly number[]; readonly value: number };
  /** int32: the index along `axis`. */
  iota: { readonly shape: readonly number[]; readonly axis: number };
  /**
   * float32: the formula of the distribution (distributions.ts) of the two uniform numbers in [0, 1) that Threefry-2x32-13 gives for (row-major index, counter)
   * under key (seed, 0x48656262). Inputs: seed, counter (int32 []).
   */
  random: { readonly shape: readonly number[] } & DrawAttributes;

  // Elementwise; those of one operand and of two are in elementwise.ts.
  /** To `dtype`. float32 → int32 truncates toward zero; anything → bool is `≠ 0`. */
  cast: { readonly dtype: DType };
  /** The same 32 bits as another number: float32 or int32 to `dtype`. */
  bitcast: { readonly dtype: 'float32' | 'int32' };
  /** The identity, through which no gradient flows. */
  detach: None;
  /** condition (bool), a, b. */
  where: None;

  // Movement.
  reshape: { readonly shape: readonly number[] };
  /** Output axis i is input axis `permutation[i]`. */
  transpose: { readonly permutation: readonly number[] };
  /** NumPy's rule: right-aligned, extents of 1 are repeated. */
  broadcast: { readonly shape: readonly number[] };
  /** Per axis `start`, `step` (> 0) and the extent of the result. */
  slice: { readonly starts: readonly number[]; readonly steps: readonly number[]; readonly shape: readonly number[] };
  /** Adds `low` and `high` (≥ 0) elements of `value` around, and `interior` (≥ 0) between neighbours. */
  pad: {
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly interior: readonly number[];
    readonly value: number;
  };
  flip: { readonly axes: readonly number[] };
  concat: { readonly axis: number };
  /** Sliding windows over the last k axes, k = kernel.length: [..., S] → [..., O, K], O = ⌊(S − dilation·(K−1) − 1)/stride⌋ + 1. */
  unfold: { readonly kernel: readonly number[] } & Window;
  /** The transpose of `unfold`: [..., O, K] → [..., size], overlapping elements summed. */
  fold: { readonly size: readonly number[]; readonly kernel: readonly number[] } & Window;

  // Indexing. Index (int32) and x have one rank, and equal extents but along `axis`; a broadcast index is free.
  /** x, index → x[…, index, …], of the index's shape; `outside` where the index is none of x. */
  gather: { readonly axis: number; readonly outside: number };
  /**
   * base, index, updates (of the index's shape) → base, into whose elements at […, index, …] the updates are combined. 'set' keeps the last
   * along the axis, 'mul' multiplies in its order; float sums are the same bits in any order. Updates outside of base are dropped.
   */
  scatter: { readonly axis: number; readonly combine: Combination };

  // Reductions; the reduced axes (ascending) disappear.
  sum: { readonly axes: readonly number[] };
  prod: { readonly axes: readonly number[] };
  max: { readonly axes: readonly number[] };
  min: { readonly axes: readonly number[] };
  /** int32: the first index of the maximum along one axis. */
  argmax: { readonly axis: number };

  // Along an axis, in order.
  /** All elements up to each position (in `reverse`: from each position on) combined. logSumExp is float32 only. */
  cumulative: { readonly axis: number; readonly operator: CumulativeOperator; readonly reverse: boolean };

  /** int32: the positions along the axis in ascending (or descending) order of x, equal elements in their own; NaN is larger than all numbers. */
  argSort: { readonly axis: number; readonly descending: boolean };

  // Several values.
  /**
   * A loop. Inputs: the carries before the first step, what is read step by step (leading axis `length`), and what each step reads as it
   * is. Results: the carries after the last step; the carries before each step, stacked; what the body gives at each step, stacked.
   */
  scan: { readonly body: Body } & LoopAttributes;
  /** One of the results of a node that has several. */
  result: { readonly index: number };

  // Contractions (float32).
  /** Batched matrix product [...b, m, k] · [...b, k, n] → [...b, m, n]; the batch axes are equal. */
  dot: None;
  /** Cross-correlation: x [n, c, ...s], w [o, c/groups, ...k] → [n, o, ...]. One or two spatial axes or more. */
  conv: ConvolutionAttributes;
  /** ∂conv/∂x applied to dy: dy [n, o, ...], w [o, c/groups, ...k] → [n, c, ...inputSize]. */
  convInputGradient: ConvolutionAttributes & { readonly inputSize: readonly number[] };
  /** ∂conv/∂w applied to dy: x [n, c, ...s], dy [n, o, ...] → [o, c/groups, ...kernelSize]. */
  convWeightGradient: ConvolutionAttributes & { readonly kernelSize: readonly number[] };

  /**
   * A named subgraph. `body` is the same value written in primitives over the same inputs; walkers that do not know
   * `definition` follow `body`. `gradient`, where given, replaces the gradient of the body.
   */
  composite: {
    /** For messages and profiles; says nothing about what is computed. */
    readonly name: string;
    /** What the body is an instance of, by identity; undefined for a body of its own. */
    readonly definition: CompositeIdentity | undefined;
    readonly options: Readonly<Record<string, number | boolean | string | readonly number[]>>;
    readonly body: Node;
    readonly gradient: CompositeGradient | undefined;
    /**
     * What the body saw as its inputs, so that whatever else it depends on can be told apart; undefined without `gradient`, where nothing
     * is hidden.
     */
    readonly boundary: readonly Node[] | undefined;
  };
}

/** The object by which walkers know what a composite computes. */
export interface CompositeIdentity {
  readonly name: string;
}

/** Cotangents of a composite's inputs (undefined where there is none) from the cotangent of its output. */
export type CompositeGradient = (
  cotangent: Node,
  output: Node,
  inputs: readonly Node[],
) => readonly (Node | undefined)[];

export type Primitive = keyof Attributes;
/** What a plan may contain: composites are replaced by their bodies before a plan is made. */
export type PlanPrimitive = Exclude<Primitive, 'composite'>;
