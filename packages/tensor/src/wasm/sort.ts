/**
 * Schedules sorting of rows. Short rows: each element's place is the number of those before it, counted four at a time. Longer ones: a radix
 * sort of the keys by 8 bits at a time, from the lowest on, which keeps the order of equal keys; digits that all keys have in common are passed
 * over.
 */
import { axisIndex } from '../compiler/index-expression.ts';
import type { SortKernel } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { AxisValues, type KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import { VectorEvaluator } from './expression.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Address, Value } from './ir.ts';
import { emitLoops, emitStores, emitVectorLoop, type NestLoop } from './nest.ts';
import { op } from './opcodes.ts';

/** Rows of at most so many elements are sorted by counting. */
const countingLimit = 48;
const radix = 256;

/** Where a row lies in scratch memory, in bytes: keys and positions before and after a pass, and how often each digit occurs. */
interface Rows {
  readonly keys: number;
  readonly positions: number;
  /** Of the second copies behind the first. */
  readonly other: number;
  readonly counts: number;
  readonly bytes: number;
}

export function sortedRows({ axis }: SortKernel): Rows {
  const row = Math.ceil(axis.extent / 4) * 16;
  const counts = 4 * row;
  return { keys: 0, positions: row, other: 2 * row, counts, bytes: counts + 4 * 4 * radix };
}

/** Emits the function that sorts the rows of the part [begin, end) of the outermost axis; returns the size of the grid. */
export function emitSort(context: KernelContext, kernel: SortKernel, begin: Value, end: Value, scratch: Value): number {
  const { fb } = context;
  const { axis } = kernel;
  const rows = sortedRows(kernel);
  const indices = [
    ...collectIndices([kernel.key, ...kernel.stores.map(({ value }) => value)]),
    ...kernel.stores.map(({ index }) => index),
    axisIndex(axis),
  ];
  const rewrite = simplifyAxes([kernel.outer, [axis], kernel.inner], indices, false);
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const [outer = [], , inner = []] = rewrite.groups;
  const key = rewriter.expression(kernel.key);
  const stores = rewriter.stores(kernel.stores);
  const points = [...outer, ...inner];
  const counting = axis.extent <= countingLimit;
  fb.note(
    `sort [${axis.extent}] for each of [${points.map(({ extent }) => extent).join(', ')}] by ${counting ? 'counting' : 'radix'}`,
  );
  const loops = points.map((other, i): NestLoop =>
    i === 0 ? { axis: other, role: 'grid', begin, end } : { axis: other },
  );
  emitLoops(context, new AxisValues(context), loops, (inside) => {
    emitVectorLoop(context, inside, { axis }, 1, ({ axes, start, count }) => {
      const lanes = new VectorEvaluator({ context, axes, vector: { axis, start }, count, results: [] });
      const address = { base: fb.add(scratch, fb.mul(start, 4)), offset: rows.keys };
      fb.store(op.v128Store, address, lanes.evaluate(key));
    });
    const sorted = counting
      ? sortByCounting(fb, rows, axis.extent, scratch)
      : sortByRadix(fb, rows, axis.extent, scratch);
    emitVectorLoop(context, inside, { axis }, 1, ({ axes, start, count }) => {
      const position = fb.load(op.v128Load, { base: fb.add(sorted(), fb.mul(start, 4)), offset: rows.positions }, true);
      const result = fb.variable('position', 'v128');
      fb.set(result, position);
      emitStores(
        new VectorEvaluator({ context, axes, vector: { axis, start }, count, results: [fb.get(result)] }),
        stores,
      );
    });
  });
  return points[0]?.extent ?? 1;
}

/** Address of the copy in which the sorted positions lie. */
type Copy = () => Value;

function sortByCounting(fb: FunctionBuilder, rows: Rows, extent: number, scratch: Value): Copy {
  const lanes = fb.i32x4(0, 1, 2, 3);
  fb.loop(fb.i32(0), fb.i32(extent), { name: 'element', step: 4 }, (first) => {
    const own = fb.load(op.v128Load, { base: fb.add(scratch, fb.mul(first, 4)), offset: rows.keys }, true);
    const mine = fb.variable('keys', 'v128');
    const before = fb.variable('before', 'v128');
    fb.set(mine, own);
    fb.set(before, fb.i32x4(0));
    const places = fb.op(op.i32x4Add, fb.op(op.i32x4Splat, first), lanes);
    fb.loop(fb.i32(0), fb.i32(extent), { role: 'reduce', name: 'other' }, (other) => {
      const address = { base: fb.add(scratch, fb.mul(other, 4)), offset: rows.keys };
      const theirs = fb.load(op.v128Load32Splat, address, true);
      const isSmaller = fb.op(op.i32x4LtS, theirs, fb.get(mine));
      const isEqual = fb.op(op.i32x4Eq, theirs, fb.get(mine));
      const isEarlier = fb.op(op.i32x4LtS, fb.op(op.i32x4Splat, other), places);
      const counts = fb.op(op.v128Or, isSmaller, fb.op(op.v128And, isEqual, isEarlier));
      fb.set(before, fb.op(op.i32x4Sub, fb.get(before), counts));
    });
    const put = (lane: number): void => {
      if (lane === 4) return;
      const position = fb.add(first, lane);
      fb.if(fb.op(op.i32LtU, position, fb.i32(extent)), () => {
        const place = fb.lane(op.i32x4ExtractLane, lane, fb.get(before));
        fb.store(op.i32Store, { base: fb.add(scratch, fb.mul(place, 4)), offset: rows.positions }, position);
        put(lane + 1);
      });
    };
    put(0);
  });
  return () => scratch;
}

function sortByRadix(fb: FunctionBuilder, rows: Rows, extent: number, scratch: Value): Copy {
  const read = (address: Address): Value => fb.load(op.i32Load, address, true);
  const word = (base: Value, index: Value, offset: number): Address => ({
    base: fb.add(base, fb.mul(index, 4)),
    offset,
  });
  const digits = [0, 1, 2, 3];
  const countsOf = (digit: number): number => rows.counts + 4 * radix * digit;
  // The sign bit counts in the other direction.
  const digitOf = (key: Value, digit: number): Value => {
    const shifted = fb.op(op.i32ShrU, key, fb.i32(8 * digit));
    return digit === 3 ? fb.op(op.i32Xor, shifted, fb.i32(128)) : fb.op(op.i32And, shifted, fb.i32(radix - 1));
  };
  fb.loop(fb.i32(0), fb.i32(4 * 4 * radix), { role: 'vector', name: 'clear', step: 16 }, (offset) => {
    fb.store(op.v128Store, { base: fb.add(scratch, offset), offset: rows.counts }, fb.i32x4(0));
  });
  fb.loop(fb.i32(0), fb.i32(extent), { name: 'count' }, (i) => {
    const key = fb.variable('key', 'i32');
    fb.set(key, read(word(scratch, i, rows.keys)));
    fb.store(op.i32Store, word(scratch, i, rows.positions), i);
    for (const digit of digits) {
      const address = word(scratch, digitOf(fb.get(key), digit), countsOf(digit));
      fb.store(op.i32Store, address, fb.add(read(address), 1));
    }
  });
  const [from, to] = [fb.variable('from', 'i32'), fb.variable('to', 'i32')];
  fb.set(from, scratch);
  fb.set(to, fb.add(scratch, rows.other));
  for (const digit of digits) {
    const first = digitOf(read({ base: scratch, offset: rows.keys }), digit);
    // Whether there is a second value of this digit.
    fb.if(fb.op(op.i32Ne, read(word(scratch, first, countsOf(digit))), fb.i32(extent)), () => {
      const total = fb.variable('total', 'i32');
      const count = fb.variable('count', 'i32');
      fb.set(total, fb.i32(0));
      fb.loop(fb.i32(0), fb.i32(radix), { name: 'begin' }, (value) => {
        const address = word(scratch, value, countsOf(digit));
        fb.set(count, read(address));
        fb.store(op.i32Store, address, fb.get(total));
        fb.set(total, fb.add(fb.get(total), fb.get(count)));
      });
      fb.loop(fb.i32(0), fb.i32(extent), { name: 'move' }, (i) => {
        const key = fb.variable('key', 'i32');
        const place = fb.variable('place', 'i32');
        fb.set(key, read(word(fb.get(from), i, rows.keys)));
        const next = word(scratch, digitOf(fb.get(key), digit), countsOf(digit));
        fb.set(place, read(next));
        fb.store(op.i32Store, next, fb.add(fb.get(place), 1));
        fb.store(op.i32Store, word(fb.get(to), fb.get(place), rows.keys), fb.get(key));
        fb.store(
          op.i32Store,
          word(fb.get(to), fb.get(place), rows.positions),
          read(word(fb.get(from), i, rows.positions)),
        );
      });
      const swap = fb.variable('swap', 'i32');
      fb.set(swap, fb.get(from));
      fb.set(from, fb.get(to));
      fb.set(to, fb.get(swap));
    });
  }
  return () => fb.get(from);
}
