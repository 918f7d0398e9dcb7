/**
 * Schedules reductions: four lanes run along a reduced axis and are combined at the end, or along an output axis, whichever reads
 * memory better. The order is fixed. Long float32 sums are taken in blocks of at most 64 additions per lane, whose
 * sums are added with the error of every addition kept (T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", 2005).
 */
import { addIndex, axisIndex, constantIndex, scaleIndex, type Axis, type Index } from '../compiler/index-expression.ts';
import type { Expression, ReduceKernel, Reducer } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import {
  combine,
  combineLanes,
  finalValue,
  fold,
  foldedTotal,
  identity,
  isFloatSum,
  makeAccumulators,
  registersOf,
  reset,
  takeBits,
  type Accumulator,
} from './accumulator.ts';
import { AxisValues, extentOf, type KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import { VectorEvaluator } from './expression.ts';
import type { Value } from './ir.ts';
import { gridOf, gridRange, type GridPart } from './map.ts';
import { emitLoops, emitStores, emitVectorLoop, vectorCost, type NestLoop } from './nest.ts';
import type { Size } from './open.ts';
import { op } from './opcodes.ts';

/** Additions per lane before a partial sum is folded into the total. */
const BLOCK = 64;

/**
 * Emits the kernel into the function at hand, all of it or a part of its grid; returns the size of the grid. `start` has the values of axes
 * around it.
 */
export function emitReduce(
  context: KernelContext,
  kernel: ReduceKernel,
  part: GridPart | undefined,
  start: AxisValues = new AxisValues(context),
): Size {
  const values = kernel.reducers.map(({ value }) => value);
  const position = rowMajor(kernel.reduceAxes);
  const rewrite = simplifyAxes(
    [kernel.axes, kernel.reduceAxes],
    [
      ...collectIndices([...values, ...kernel.stores.map(({ value }) => value)]),
      ...kernel.stores.map(({ index }) => index),
      position,
    ],
  );
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const reduction: Reduction = {
    context,
    start,
    axes: rewrite.groups[0] ?? [],
    reduceAxes: rewrite.groups[1] ?? [],
    reducers: kernel.reducers.map(({ operator, value }) => ({ operator, value: rewriter.expression(value) })),
    stores: rewriter.stores(kernel.stores),
    position: rewriter.index(position),
  };
  const vector = chooseReduceVector(reduction);
  context.fb.note(
    `reduce [${reduction.reduceAxes.map(({ extent }) => extent).join(', ')}] for each of [${reduction.axes
      .map(({ extent }) => extent)
      .join(
        ', ',
      )}]; ${vector === undefined ? 'no vector axis' : `vector over ${vector.reduced ? 'a reduced' : 'an output'} axis of ${vector.axis.extent}`}`,
  );
  return vector?.reduced === false
    ? emitAlongOutput(reduction, vector.axis, part)
    : emitAlongReduced(reduction, vector?.axis, part);
}

interface Reduction {
  readonly context: KernelContext;
  readonly start: AxisValues;
  readonly axes: readonly Axis[];
  readonly reduceAxes: readonly Axis[];
  readonly reducers: readonly Reducer[];
  readonly stores: ReduceKernel['stores'];
  /** Row-major position over the reduced axes. */
  readonly position: Index;
}

function rowMajor(axes: readonly Axis[]): Index {
  return axes.reduce((total, axis) => addIndex(scaleIndex(total, axis.extent), axisIndex(axis)), constantIndex(0));
}

function chooseReduceVector({
  axes,
  reduceAxes,
  reducers,
  stores,
}: Reduction): { readonly axis: Axis; readonly reduced: boolean } | undefined {
  const values: Expression[] = reducers.map(({ value }) => value);
  const length = Math.max(1, lengthOf(reduceAxes));
  const argmax = reducers.some(({ operator }) => operator === 'argmax');
  let best: { axis: Axis; reduced: boolean } | undefined;
  let bestCost = vectorCost(undefined, values, []) + vectorCost(undefined, [], stores) / length;
  for (const axis of axes) {
    const cost = vectorCost(axis, values, []) + vectorCost(axis, [], stores) / length;
    if (cost <= bestCost) [best, bestCost] = [{ axis, reduced: false }, cost];
  }
  // argmax visits positions in ascending order in every lane only if the vector axis is the last.
  for (const axis of argmax ? reduceAxes.slice(-1) : reduceAxes) {
    const combine = (12 * reducers.length + vectorCost(undefined, [], stores)) / length;
    const cost = vectorCost(axis, values, []) + combine;
    if (cost < bestCost) [best, bestCost] = [{ axis, reduced: true }, cost];
  }
  return best;
}

function lengthOf(axes: readonly Axis[]): number {
  return axes.reduce((product, { extent }) => product * extent, 1);
}

/** Vectors side by side: as many as keep their states in registers. */
function unrollOf({ reducers, reduceAxes }: Reduction): number {
  const length = lengthOf(reduceAxes);
  const registers = reducers.reduce((total, reducer) => total + registersOf(reducer, length), 0);
  return reducers.length <= 2 && registers <= 4 ? 4 : 2;
}

/** The outermost loop, over a part of the grid where one is given. */
function gridLoop(axis: Axis, part: GridPart | undefined): NestLoop {
  return part === undefined ? { axis } : { axis, role: 'grid', ...part };
}

/** Lanes along a reduced axis (or a single lane): one output at a time. */
function emitAlongReduced(reduction: Reduction, vector: Axis | undefined, part: GridPart | undefined): Size {
  const { context, start, axes, reduceAxes, reducers, stores } = reduction;
  const unroll = vector !== undefined && vector.extent >= 32 ? unrollOf(reduction) : 1;
  const outer = axes.map((axis, i) => gridLoop(axis, i === 0 ? part : undefined));
  emitLoops(context, start, outer, (inside) => {
    const sets = Array.from({ length: unroll }, () => makeAccumulators(context, reducers, lengthOf(reduceAxes)));
    const loops = [...reduceAxes.filter((axis) => axis !== vector), ...(vector === undefined ? [] : [vector])];
    emitReduceLoops(reduction, inside, loops, vector, unroll, sets, (at, set, start, count) => {
      accumulate(reduction, set, {
        context,
        axes: at,
        vector: vector === undefined || start === undefined ? undefined : { axis: vector, start },
        count,
        results: [],
      });
    });
    const results = sets.length === 0 ? [] : combineLanes(context, sets, vector !== undefined);
    emitStores(new VectorEvaluator({ context, axes: inside, vector: undefined, count: undefined, results }), stores);
  });
  return gridOf(axes[0], undefined);
}

/** Lanes along an output axis: four (or sixteen) outputs at a time. */
function emitAlongOutput(reduction: Reduction, vector: Axis, part: GridPart | undefined): Size {
  const { context, start: around, axes, reduceAxes, reducers, stores } = reduction;
  const outer = axes.filter((axis) => axis !== vector);
  const few = vector.extent >= 16 && reducers.length <= 2 ? unrollOf(reduction) : 1;
  // Two lines of the cache of each row that is walked down; more vectors do not stay in registers.
  const unroll = vector.extent >= 64 && isPlainProduct(reducers) ? 8 : few;
  const loops = outer.map((axis, i) => gridLoop(axis, i === 0 ? part : undefined));
  emitLoops(context, around, loops, (inside) => {
    const range =
      outer.length > 0 || part === undefined ? {} : gridRange(context, extentOf(context, vector), part.begin, part.end);
    emitVectorLoop(context, inside, { axis: vector, ...range }, unroll, ({ axes: at, start, vectors, count }) => {
      const sets = Array.from({ length: vectors }, () => makeAccumulators(context, reducers, lengthOf(reduceAxes)));
      const shifted = (axes: AxisValues, set: number): AxisValues => shiftAxis(context, axes, at, vector, start, set);
      emitReduceLoops(reduction, at, reduceAxes, undefined, 1, [sets.flat()], (inner) => {
        sets.forEach((set, i) => {
          const lane = context.fb.add(start, 4 * i);
          accumulate(reduction, set, {
            context,
            axes: shifted(inner, i),
            vector: { axis: vector, start: lane },
            count,
            results: [],
          });
        });
      });
      sets.forEach((set, i) => {
        const lane = context.fb.add(start, 4 * i);
        const results = set.map((accumulator) => finalValue(context, accumulator));
        emitStores(
          new VectorEvaluator({ context, axes: shifted(at, i), vector: { axis: vector, start: lane }, count, results }),
          stores,
        );
      });
    });
  });
  return gridOf(outer[0], vector);
}

/** A vector times a matrix: memory bounds it, and nothing but the sums takes registers. */
function isPlainProduct([reducer, ...others]: readonly Reducer[]): boolean {
  if (reducer === undefined || others.length > 0 || reducer.operator !== 'sum') return false;
  const { value } = reducer;
  return value.kind === 'binary' && value.operator === 'mul' && [value.left, value.right].every(({ kind, type }) => kind === 'load' && type === 'f32'); // prettier-ignore
}

/** The axes with the vector axis advanced by `set` vectors. */
function shiftAxis(
  { fb }: KernelContext,
  axes: AxisValues,
  origin: AxisValues,
  vector: Axis,
  start: Value,
  set: number,
): AxisValues {
  if (set === 0) return axes;
  const bytes = origin.bytes(vector);
  return axes.with(vector, fb.add(start, 4 * set), bytes === undefined ? undefined : fb.add(bytes, 16 * set));
}

type Step = (axes: AxisValues, set: readonly Accumulator[], start: Value | undefined, count: Value | undefined) => void;

/**
 * The loops over the reduced axes. `sets[u]` takes vector u of the unrolled vector axis (the last of `loops`, if given). Around as many
 * inner iterations as make {@link BLOCK} additions the partial sums are folded into the totals.
 */
function emitReduceLoops(
  { context, reducers }: Reduction,
  axes: AxisValues,
  loops: readonly Axis[],
  vector: Axis | undefined,
  unroll: number,
  sets: readonly (readonly Accumulator[])[],
  step: Step,
): void {
  const { fb } = context;
  const additions = loops.map((axis) => (axis === vector ? Math.ceil(axis.extent / (4 * unroll)) : axis.extent));
  const floatSum = reducers.some(({ operator, value }) => operator === 'sum' && value.type === 'f32');
  let inner = loops.length;
  let product = 1;
  while (inner > 0 && product * (additions[inner - 1] ?? 1) <= BLOCK) product *= additions[--inner] ?? 1;
  const folds = floatSum && inner > 0;
  const all = sets.flat();
  for (const accumulator of all) reset(context, accumulator, folds);

  const runVector = (at: AxisValues, range: Pick<NestLoop, 'begin' | 'end'>): void => {
    if (vector === undefined) return;
    emitVectorLoop(
      context,
      at,
      { axis: vector, role: 'reduce', ...range },
      unroll,
      ({ axes: inside, start, vectors, count }) => {
        for (let u = 0; u < vectors; u++) {
          step(shiftAxis(context, inside, inside, vector, start, u), sets[u] ?? [], fb.add(start, 4 * u), count);
        }
      },
    );
  };
  const descend = (depth: number, at: AxisValues, range: Pick<NestLoop, 'begin' | 'end'>): void => {
    const axis = loops[depth];
    if (axis === undefined) {
      step(at, sets[0] ?? [], undefined, undefined);
      return;
    }
    if (axis === vector) {
      runVector(at, range);
      return;
    }
    emitLoops(context, at, [{ axis, role: 'reduce', ...range }], (inside) => visit(depth + 1, inside));
  };
  const visit = (depth: number, at: AxisValues): void => {
    const axis = loops[depth];
    if (!folds || depth !== inner - 1 || axis === undefined) {
      descend(depth, at, {});
      return;
    }
    // This axis is cut into blocks; all axes inside belong to one block.
    const size = Math.max(1, Math.floor(BLOCK / product)) * (axis === vector ? 4 * unroll : 1);
    const extent = extentOf(context, axis);
    fb.loop(fb.i32(0), extent, { role: 'reduce', name: `block of ${size}`, step: size }, (from) => {
      for (const accumulator of all) if (isFloatSum(accumulator)) fb.set(accumulator.value, fb.f32x4(0));
      descend(depth, at, { begin: from, end: fb.minimum(fb.add(from, size), extent) });
      for (const accumulator of all) if (isFloatSum(accumulator)) fold(context, accumulator);
    });
  };
  if (additions.includes(0)) {
    if (folds) for (const accumulator of all) if (isFloatSum(accumulator)) fb.set(accumulator.value, fb.f32x4(0));
  } else visit(0, axes);
  if (folds) {
    for (const accumulator of all)
      if (isFloatSum(accumulator)) fb.set(accumulator.value, foldedTotal(context, accumulator));
  }
}

function accumulate(
  reduction: Reduction,
  set: readonly Accumulator[],
  lanes: ConstructorParameters<typeof VectorEvaluator>[0],
): void {
  const { context, reducers, position } = reduction;
  const { fb } = context;
  const evaluator = new VectorEvaluator(lanes);
  // Lanes beyond the end of a reduced axis must not count; beyond the end of an output axis they do no harm.
  const vector = lanes.vector?.axis;
  const masked = lanes.count !== undefined && vector !== undefined && reduction.reduceAxes.includes(vector);
  const inside =
    masked && lanes.count !== undefined
      ? fb.op(op.i32x4GtS, fb.op(op.i32x4Splat, lanes.count), fb.i32x4(0, 1, 2, 3))
      : undefined;
  set.forEach((accumulator, i) => {
    const reducer = reducers[i];
    if (reducer === undefined) return;
    const raw = evaluator.evaluate(reducer.value);
    const best = fb.get(accumulator.value);
    const x = inside === undefined ? raw : fb.op(op.v128Bitselect, raw, identity(context, accumulator), inside);
    if (accumulator.byBits) {
      takeBits(context, accumulator, x);
      return;
    }
    if (accumulator.operator !== 'argmax') {
      fb.set(accumulator.value, combine(context, accumulator, best, x));
      return;
    }
    let take = accumulator.float ? fb.op(op.f32x4Gt, x, best) : fb.op(op.i32x4GtS, x, best);
    if (accumulator.float) {
      // The first NaN wins over every number.
      take = fb.op(op.v128Or, take, fb.op(op.v128And, fb.op(op.f32x4Ne, x, x), fb.op(op.f32x4Eq, best, best)));
    }
    fb.set(
      accumulator.position,
      fb.op(op.v128Bitselect, evaluator.index(position), fb.get(accumulator.position), take),
    );
    fb.set(accumulator.value, fb.op(op.v128Bitselect, x, best, take));
  });
}
