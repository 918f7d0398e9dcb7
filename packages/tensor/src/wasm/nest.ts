/**
 * Loop nests over axes with a vector axis innermost: whole vectors, then one remainder with the number of lanes left. Ranges may be
 * known only at run time. Also the choice of the vector axis, by a small cost model of loads and stores per vector.
 */
import { forEachExpression } from '../compiler/expressions.ts';
import { dependsOn, strideAlong, type Axis, type Index } from '../compiler/index-expression.ts';
import type { Expression, Store } from '../compiler/kernel.ts';
import { elementwiseTraits } from '../graph/elementwise.ts';
import { extentOf, type AxisValues, type KernelContext } from './address.ts';
import { VectorEvaluator } from './expression.ts';
import type { LoopRole, Value } from './ir.ts';
import { op } from './opcodes.ts';

/** A loop over an axis, over its whole extent unless a range is given. */
export interface NestLoop {
  readonly axis: Axis;
  readonly role?: LoopRole;
  readonly name?: string;
  readonly begin?: Value;
  readonly end?: Value;
}

/** Plain loops, outermost first, around `body`. */
export function emitLoops(
  context: KernelContext,
  axes: AxisValues,
  loops: readonly NestLoop[],
  body: (axes: AxisValues) => void,
): void {
  const { fb } = context;
  const [first, ...rest] = loops;
  if (first === undefined) {
    body(axes);
    return;
  }
  const options = { role: first.role ?? 'loop', name: first.name ?? `a${first.axis.id}` };
  fb.loop(first.begin ?? fb.i32(0), first.end ?? extentOf(context, first.axis), options, (value) =>
    emitLoops(context, axes.with(first.axis, value), rest, body),
  );
}

/** What the body of a vector loop is told. */
export interface VectorStep {
  readonly axes: AxisValues;
  /** Value of the vector axis in lane 0. */
  readonly start: Value;
  /** How many vectors the body covers. */
  readonly vectors: number;
  /** In the remainder: lanes left, 1 to 3. */
  readonly count: Value | undefined;
}

/** Elements of which four bytes each are more than 32 bits count: narrow ones (uint8, float16) of a tensor can be so many. */
export const countedInBytes: number = 2 ** 30;

/**
 * The vector loop over [begin, end): blocks of `unroll` vectors (a power of two), then single vectors, then the remainder. `begin` must be a multiple of
 * 4 where `end` is not known to be `begin` plus one.
 */
export function emitVectorLoop(
  context: KernelContext,
  axes: AxisValues,
  loop: NestLoop,
  unroll: number,
  body: (step: VectorStep) => void,
): void {
  const { fb } = context;
  const begin = loop.begin ?? fb.i32(0);
  const end = loop.end ?? extentOf(context, loop.axis);
  const name = loop.name ?? `v${loop.axis.id}`;
  const role = loop.role ?? 'vector';
  const length = fb.sub(end, begin);
  const run = (from: Value, to: Value, vectors: number): void => {
    const options = { role, name: `${name}×${4 * vectors}` };
    if (loop.axis.open === undefined && loop.axis.extent >= countedInBytes) {
      fb.loop(from, to, { ...options, step: 4 * vectors }, (start) =>
        body({ axes: axes.with(loop.axis, start), start, vectors, count: undefined }),
      );
      return;
    }
    // Counted in bytes, so that unit strides need no shift.
    fb.loop(fb.mul(from, 4), fb.mul(to, 4), { ...options, step: 16 * vectors }, (bytes) => {
      const start = fb.op(op.i32ShrU, bytes, fb.i32(2));
      body({ axes: axes.with(loop.axis, start, bytes), start, vectors, count: undefined });
    });
  };
  let from = begin;
  if (unroll > 1 && !(length.kind === 'i32' && length.value < 4 * unroll)) {
    const blocks = fb.add(begin, fb.op(op.i32And, length, fb.i32(-4 * unroll)));
    run(from, blocks, unroll);
    from = blocks;
  }
  const whole = fb.add(begin, fb.op(op.i32And, length, fb.i32(-4)));
  if (!(from.kind === 'i32' && whole.kind === 'i32' && from.value === whole.value)) run(from, whole, 1);
  const count = fb.op(op.i32And, length, fb.i32(3));
  fb.if(count, () => {
    body({ axes: axes.with(loop.axis, whole, fb.mul(whole, 4)), start: whole, vectors: 1, count });
  });
}

/** One vector of a step. */
export interface VectorAt {
  /** The axes with the vector axis where this vector begins. */
  readonly shift: (axes: AxisValues) => AxisValues;
  readonly start: Value | undefined;
  readonly count: Value | undefined;
}

/** Without a vector axis: the element at the axes as they stand. */
export const vectorHere: VectorAt = { shift: (axes) => axes, start: undefined, count: undefined };

/** The vectors of a step, each with its place along the axis. */
export function vectorsOf(
  { fb }: KernelContext,
  axis: NestLoop['axis'],
  { axes, start, vectors, count }: VectorStep,
): readonly VectorAt[] {
  const bytes = axes.bytes(axis);
  return Array.from({ length: vectors }, (_, i): VectorAt => ({
    shift: (base) =>
      i === 0 ? base : base.with(axis, fb.add(start, 4 * i), bytes === undefined ? undefined : fb.add(bytes, 16 * i)),
    start: fb.add(start, 4 * i),
    count,
  }));
}

/** Evaluates the stores' values and stores them, every load of a buffer before the first store to it. */
export function emitStores(evaluator: VectorEvaluator, stores: readonly Store[]): void {
  const { fb } = evaluator.lanes.context;
  const values = stores.map(({ value }) => evaluator.evaluate(value));
  stores.forEach(({ buffer, index, value }, position) => {
    const data = values[position];
    if (data === undefined) return;
    if (position + 1 < stores.length) for (const load of evaluator.loads.get(buffer) ?? []) fb.evaluate(load);
    evaluator.store(buffer, index, value.type, data);
  });
}

/** Vectors that a loop makes at a time: its own instructions count where these are over soon, and V8's flag takes two for one. */
const pair = 2;

/** The vector loop whose body is these stores. */
export function emitVectorStores(
  context: KernelContext,
  axes: AxisValues,
  loop: NestLoop,
  stores: readonly Store[],
): void {
  emitVectorLoop(context, axes, loop, pair, (step) => emitNeighbours(context, loop.axis, step, stores));
}

/** The stores of the vectors of a step: all of them are computed before the first is stored, so that an engine may take two for one, which nothing that is stored in between allows. */
function emitNeighbours(
  context: KernelContext,
  axis: NestLoop['axis'],
  step: VectorStep,
  stores: readonly Store[],
): void {
  const evaluators = vectorsOf(context, axis, step).map(
    ({ shift, start = step.start, count }) =>
      new VectorEvaluator({ context, axes: shift(step.axes), vector: { axis, start }, count, results: [] }),
  );
  const [first, ...others] = evaluators;
  if (first === undefined) return;
  if (others.length === 0) {
    emitStores(first, stores);
    return;
  }
  const values = stores.map(({ value }) => evaluators.map((evaluator) => evaluator.evaluate(value)));
  for (const each of values.flat()) context.fb.evaluate(each);
  stores.forEach(({ buffer, index, value }, i) => {
    evaluators.forEach((evaluator, j) => {
      const data = values[i]?.[j];
      if (data !== undefined) evaluator.store(buffer, index, value.type, data);
    });
  });
}

/** Strides from which on neighbours lie in sets of the cache that are soon full, and those of which all lie in a few sets. */
const FAR = 512;
const SAME_SETS = 256;

function accessCost(stride: number | undefined, isStore: boolean): number {
  if (stride === undefined) return 12;
  if (stride !== 0 && stride % SAME_SETS === 0) return isStore ? 12 : 8;
  if (Math.abs(stride) >= FAR) return isStore ? 7 : 5;
  if (stride === 1) return 1;
  if (stride === -1) return 1.5;
  if (stride === 0) return isStore ? 1000 : 0.2;
  if (stride === 2 && !isStore) return 2.5;
  return isStore ? 5 : 4;
}

/** Whether the index has no stride along the axis for positions known only at run time alone, which lanes take from a vector. */
function isGather(index: Index, axis: Axis): boolean {
  return index.terms.every(({ atom }) => atom.kind === 'axis' || atom.kind === 'value' || !dependsOn(atom.index, axis));
}

/** Estimated cost per element of evaluating the expressions and stores in vectors along `axis` (`undefined`: one by one). */
export function vectorCost(axis: Axis | undefined, roots: readonly Expression[], stores: readonly Store[]): number {
  let access = 0;
  let compute = 0;
  forEachExpression([...roots, ...stores.map(({ value }) => value)], (expression) => {
    const stride = (index: Parameters<typeof strideAlong>[0]): number | undefined =>
      axis === undefined ? 1 : strideAlong(index, axis);
    if (expression.kind === 'load') {
      const own = stride(expression.index);
      access +=
        own === undefined && axis !== undefined && isGather(expression.index, axis) ? 6 : accessCost(own, false);
    } else if (expression.kind === 'index' || expression.kind === 'random') {
      compute += (stride(expression.index) === undefined ? 12 : 1) + (expression.kind === 'random' ? 60 : 0);
    } else if (expression.kind === 'inside') {
      for (const { index } of expression.conditions) compute += stride(index) === undefined ? 12 : 3;
    } else if (expression.kind === 'unary' || expression.kind === 'binary') {
      compute += elementwiseTraits(expression.operator)?.cost ?? 1;
    } else compute += 0.5;
  });
  for (const { index } of stores) access += accessCost(axis === undefined ? 1 : strideAlong(index, axis), true);
  const lanes = axis === undefined ? 1 : axis.extent / Math.ceil(axis.extent / 4);
  return (access + compute + 1) / lanes;
}

/** The cheapest vector axis among the candidates (later ones win ties), or none. */
export function chooseVectorAxis(
  candidates: readonly Axis[],
  roots: readonly Expression[],
  stores: readonly Store[],
): Axis | undefined {
  let best: Axis | undefined;
  let bestCost = vectorCost(undefined, roots, stores);
  for (const axis of candidates) {
    const cost = vectorCost(axis, roots, stores);
    if (cost <= bestCost) {
      best = axis;
      bestCost = cost;
    }
  }
  return best;
}
