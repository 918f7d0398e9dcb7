/**
 * Scatters of single elements: results lie in scratch memory, which updates change one after the other, in the order of the source; then a map
 * stores them.
 *
 * Float sums do not depend on that order, to the last bit. A first pass finds the exponent of the largest update of each destination; the
 * second rounds every update to a multiple of a power of two below it that makes all partial sums exact in double precision (J. Demmel,
 * H. D. Nguyen, "Fast reproducible floating-point summation", ARITH 2013).
 */
import type { Axis } from '../compiler/index-expression.ts';
import type { Expression, ScatterKernel } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { RESULT_BUFFER, type AxisValues, type KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import { product } from './blocks.ts';
import { VectorEvaluator } from './expression.ts';
import type { Address, Value } from './ir.ts';
import { emitMap } from './map.ts';
import { emitLoops, emitVectorLoop, type NestLoop } from './nest.ts';
import { op } from './opcodes.ts';
import { canonical, halvesOf, joinOf, rowMajor } from './scatter-parts.ts';

/** Where in scratch memory the result of the first destination lies: before it comes what goes nowhere. */
export const elementsBegin = 4;

/** Places in scratch memory, in bytes. Element 0 of each array takes what goes nowhere, the others are the destinations. */
interface Places {
  readonly count: number;
  readonly results: number;
  readonly sums: number;
  readonly exponents: number;
  readonly bytes: number;
}

function placesOf({ target, inner, combine, update }: ScatterKernel): Places {
  const count = target.extent * product(inner);
  const isSum = combine === 'add' && update.type === 'f32';
  // Whole vectors are cleared and converted.
  const cells = Math.ceil((count + 1) / 16) * 16;
  const results = 0;
  const sums = results + 4 * cells;
  const exponents = sums + (isSum ? 8 * cells : 0);
  return { count, results, sums, exponents, bytes: exponents + (isSum ? cells : 0) };
}

export function elementBytes(kernel: ScatterKernel): number {
  return placesOf(kernel).bytes;
}

/** One update as a lane of vectors. */
interface Update {
  /** Its cell: 0 for what goes nowhere, else the destination's number plus one. */
  readonly cell: Value;
  readonly lane: number;
  readonly values: Value;
}

/** Emits the scatter for the outer axes as they stand; the context's result begins at {@link elementsBegin}. */
export function emitElements(context: KernelContext, kernel: ScatterKernel, axes: AxisValues, scratch: Value): void {
  const { fb } = context;
  const { combine, update, target, inner } = kernel;
  const places = placesOf(kernel);
  const cells: Axis[] = [target, ...inner].filter(({ extent }) => extent !== 1);
  const number = rowMajor(cells);
  const cell = (base: Value, scale: 1 | 4 | 8, place: number): Address => ({
    base: fb.add(scratch, fb.mul(base, scale)),
    offset: place,
  });
  const loaded: Expression = { kind: 'load', type: update.type, buffer: RESULT_BUFFER, index: number, guards: [] };
  const finish = (result: Expression): void => {
    const stores = new Rewriter({ results: [result] }).stores(kernel.stores);
    emitMap(context, { kind: 'map', name: kernel.name, axes: cells, stores }, undefined, axes);
  };
  if (combine === 'add' && update.type === 'f32') {
    emitSums(context, kernel, axes, scratch, places, cell);
    // What was not updated is −0, which changes no base.
    finish({ kind: 'binary', type: 'f32', operator: 'add', left: kernel.base, right: loaded });
    return;
  }
  const start = [{ buffer: RESULT_BUFFER, index: number, value: kernel.base }];
  emitMap(context, { kind: 'map', name: kernel.name, axes: cells, stores: start }, undefined, axes);
  forEachUpdate(context, kernel, axes, (updates) => {
    for (const { cell: own, lane, values } of updates) {
      const address = cell(own, 4, places.results);
      const stored = update.type === 'bool' ? fb.op(op.v128And, values, fb.i32x4(1)) : values;
      const joined =
        combine === 'set'
          ? stored
          : fb.op(joinOf(combine, update.type), fb.load(op.v128Load32Splat, address, true), values);
      fb.store(op.v128Store32Lane, address, joined, lane);
    }
  });
  finish(loaded);
}

/** Fills `results` with the sums of all updates in float32, −0 where there is none. */
function emitSums(
  context: KernelContext,
  kernel: ScatterKernel,
  axes: AxisValues,
  scratch: Value,
  places: Places,
  cell: (base: Value, scale: 1 | 4 | 8, place: number) => Address,
): void {
  const { fb } = context;
  const clear = (from: number, to: number, value: Value): void =>
    fb.loop(fb.i32(from), fb.i32(to), { role: 'vector', name: 'clear', step: 16 }, (offset) =>
      fb.store(op.v128Store, { base: fb.add(scratch, offset), offset: 0 }, value),
    );
  clear(places.sums, places.exponents, fb.f64x2(-0));
  clear(places.exponents, places.bytes, fb.i32x4(0));
  forEachUpdate(context, kernel, axes, (updates) => {
    for (const { cell: own, lane, values } of updates) {
      const exponents = fb.op(op.v128And, fb.op(op.i32x4ShrU, values, fb.i32(23)), fb.i32x4(0xff));
      const exponent = fb.lane(op.i32x4ExtractLane, lane, exponents);
      const address = cell(own, 1, places.exponents);
      // Always stored: which exponents are new maxima no processor foresees.
      const known = fb.load(op.i32Load8U, address, true);
      fb.store(op.i32Store8, address, fb.select(fb.op(op.i32GtU, exponent, known), exponent, known));
    }
  });
  const table = context.bindings.table(fb, roundersFor(kernel.source.extent));
  forEachUpdate(context, kernel, axes, (updates) => {
    const [low, high] = halvesOf(fb, updates[0]?.values ?? fb.f32x4(0));
    for (const { cell: own, lane } of updates) {
      const exponent = fb.load(op.i32Load8U, cell(own, 1, places.exponents));
      const rounder = fb.load(op.v128Load64Splat, { base: fb.add(table, fb.mul(exponent, 8)), offset: 0 });
      const half = lane < 2 ? low : high;
      const rounded = fb.op(op.f64x2Sub, fb.op(op.f64x2Add, half, rounder), rounder);
      const address = cell(own, 8, places.sums);
      const sum = fb.op(op.f64x2Add, fb.load(op.v128Load64Splat, address, true), rounded);
      fb.store(op.v128Store64Lane, address, sum, lane & 1);
    }
  });
  fb.loop(fb.i32(0), fb.i32(4 * places.count + 4), { role: 'vector', name: 'round', step: 16 }, (offset) => {
    const from: Address = { base: fb.add(scratch, fb.mul(offset, 2)), offset: places.sums };
    const [low, high] = [0, 16].map((bytes) =>
      fb.op(op.f32x4DemoteF64x2Zero, fb.load(op.v128Load, { ...from, offset: from.offset + bytes })),
    );
    if (low === undefined || high === undefined) return;
    const all = canonical(fb, fb.shuffle(low, high, [0, 1, 4, 5]));
    fb.store(op.v128Store, { base: fb.add(scratch, offset), offset: places.results }, all);
  });
}

/**
 * By the biased exponent e of the largest float32: 1.5 · 2^(L + e − 127) as float64 with 2^L ≥ count and L ≥ 2, so that what is added to it is
 * rounded to a multiple of 2^(L + e − 127 − 52), of which a double holds any sum of `count`; 0 for infinities and NaN.
 */
function roundersFor(count: number): Int32Array<ArrayBuffer> {
  const extra = Math.max(2, Math.ceil(Math.log2(Math.max(count, 1))));
  const rounders = Float64Array.from({ length: 256 }, (_, exponent) =>
    exponent === 255 ? 0 : 1.5 * 2 ** (extra + Math.max(exponent, 1) - 127),
  );
  return new Int32Array(rounders.buffer);
}

/** Emits what `visit` does with the updates in their order, up to four neighbours at a time. */
function forEachUpdate(
  context: KernelContext,
  kernel: ScatterKernel,
  axes: AxisValues,
  visit: (updates: readonly Update[]) => void,
): void {
  const { fb } = context;
  const rewrite = simplifyAxes([[kernel.source, ...kernel.inner]], collectIndices([kernel.destination, kernel.update]));
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const destination = rewriter.expression(kernel.destination);
  const update = rewriter.expression(kernel.update);
  const loops = rewrite.groups[0] ?? [];
  // The order must be kept, so lanes can only run along the last axis.
  const last = loops.at(-1);
  const vector = last !== undefined && last.extent >= 4 ? last : undefined;
  const outer = loops.filter((axis) => axis !== vector).map((axis): NestLoop => ({ axis }));
  emitLoops(context, axes, outer, (inside) => {
    const lanes = (evaluator: VectorEvaluator, count: number): Update[] => {
      const values = evaluator.evaluate(update);
      const places = fb.op(op.i32x4Add, evaluator.evaluate(destination), fb.i32x4(1));
      return Array.from({ length: count }, (_, lane) => ({
        cell: fb.lane(op.i32x4ExtractLane, lane, places),
        lane,
        values,
      }));
    };
    if (vector === undefined) {
      visit(lanes(new VectorEvaluator({ context, axes: inside, vector, count: undefined, results: [] }), 1));
      return;
    }
    emitVectorLoop(context, inside, { axis: vector }, 1, ({ axes: at, start, count }) => {
      const evaluator = new VectorEvaluator({ context, axes: at, vector: { axis: vector, start }, count, results: [] });
      const all = lanes(evaluator, 4);
      if (count === undefined) {
        visit(all);
        return;
      }
      // One to three are left.
      const from = (lane: number): void => {
        const own = all[lane];
        if (own === undefined) return;
        visit([own]);
        fb.if(fb.op(op.i32GtU, count, fb.i32(lane + 1)), () => from(lane + 1));
      };
      from(0);
    });
  });
}
