/**
 * Scatters of rows, in two functions. The first sorts the updates by destination, by counting: a list per destination, in the order of the
 * source. The second runs over the destinations, four lanes along the row, and combines the updates of each in registers, so that nothing is
 * read or written at random but the rows, and destinations without updates cost nothing but their base.
 *
 * Float sums do not depend on the order of the updates, to the last bit: each is rounded to a multiple of a power of two that makes all
 * partial sums exact in double precision (J. Demmel, H. D. Nguyen, "Fast reproducible floating-point summation", ARITH 2013). For n updates
 * the multiple lies 52 − ⌈log₂ n⌉ bits below the largest.
 */
import { axisIndex } from '../compiler/index-expression.ts';
import type { ScatterKernel } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import type { AxisValues, KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import { product } from './blocks.ts';
import { VectorEvaluator } from './expression.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Address, Value, Variable } from './ir.ts';
import {
  chooseVectorAxis,
  emitLoops,
  emitStores,
  emitVectorLoop,
  vectorHere,
  vectorsOf,
  type NestLoop,
  type VectorAt,
} from './nest.ts';
import { sizeOf, type Size } from './open.ts';
import { op } from './opcodes.ts';
import { canonical, halvesOf, joinOf, rowMajor } from './scatter-parts.ts';

/** Where the lists lie in scratch memory, in bytes. */
interface Lists {
  /**
   * One word per destination and one before them: first counts, at last where each list ends, which is where the next begins. Updates
   * that go nowhere are the list before the first.
   */
  readonly ends: number;
  /** Positions along the source axis, list after list. */
  readonly members: number;
  readonly destinations: number;
  readonly bytes: Size;
}

function listsOf({ target, inner, source }: ScatterKernel): Lists {
  const destinations = target.extent * product(inner);
  const members = Math.ceil((4 * (destinations + 1)) / 16) * 16;
  return { ends: 0, members, destinations, bytes: sizeOf(source, { times: 4 * product(inner), plus: members }) };
}

export function listBytes(kernel: ScatterKernel): Size {
  return listsOf(kernel).bytes;
}

/** Emits the function that makes the lists for the outer axes as they stand. */
export function emitLists(context: KernelContext, kernel: ScatterKernel, axes: AxisValues, scratch: Value): void {
  const { fb } = context;
  const lists = listsOf(kernel);
  const rewrite = simplifyAxes(
    [[kernel.source], kernel.inner],
    [...collectIndices([kernel.destination]), axisIndex(kernel.source)],
  );
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const destination = rewriter.expression(kernel.destination);
  const position = rewriter.index(axisIndex(kernel.source));
  const loops = rewrite.groups.flat().map((axis): NestLoop => ({ axis }));
  const word = (base: Value, offset: number): Address => ({ base: fb.add(scratch, fb.mul(base, 4)), offset });
  const read = (address: Address): Value => fb.load(op.i32Load, address, true);
  /** Calls `visit` with every update's word in `ends` and position along the source, in order. */
  const forEachUpdate = (visit: (end: Address, member: Value) => void): void =>
    emitLoops(context, axes, loops, (inside) => {
      const evaluator = new VectorEvaluator({
        context,
        axes: inside,
        vector: undefined,
        count: undefined,
        results: [],
      });
      const own = fb.lane(op.i32x4ExtractLane, 0, evaluator.evaluate(destination));
      visit(word(own, lists.ends + 4), fb.lane(op.i32x4ExtractLane, 0, evaluator.index(position)));
    });

  fb.note(`lists of ${lists.destinations} destinations`);
  fb.loop(fb.i32(0), fb.i32(lists.members), { role: 'vector', name: 'clear', step: 16 }, (offset) => {
    fb.store(op.v128Store, { base: fb.add(scratch, offset), offset: lists.ends }, fb.i32x4(0));
  });
  forEachUpdate((end) => fb.store(op.i32Store, end, fb.add(read(end), 1)));
  const total = fb.variable('total', 'i32');
  fb.set(total, fb.i32(0));
  fb.loop(fb.i32(0), fb.i32(lists.destinations + 1), { name: 'begin' }, (number) => {
    const address = word(number, lists.ends);
    const count = fb.variable('count', 'i32');
    fb.set(count, read(address));
    fb.store(op.i32Store, address, fb.get(total));
    fb.set(total, fb.add(fb.get(total), fb.get(count)));
  });
  forEachUpdate((end, member) => {
    fb.store(op.i32Store, word(read(end), lists.members), member);
    fb.store(op.i32Store, end, fb.add(read(end), 1));
  });
}

/** Emits the function that combines the updates of the lists, for the outer axes as they stand. */
export function emitRows(context: KernelContext, kernel: ScatterKernel, axes: AxisValues, scratch: Value): void {
  const { fb } = context;
  const { target, source } = kernel;
  const lists = listsOf(kernel);
  const number = rowMajor([target, ...kernel.inner]);
  const indices = [
    ...collectIndices([kernel.update, kernel.base, ...kernel.stores.map(({ value }) => value)]),
    ...kernel.stores.map(({ index }) => index),
  ];
  const rewrite = simplifyAxes([[target], kernel.inner, kernel.row], [...indices, number], false);
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const [points = [], inner = [], row = []] = rewrite.groups;
  const update = rewriter.expression(kernel.update);
  const base = rewriter.expression(kernel.base);
  const stores = rewriter.stores(kernel.stores);
  const destination = rewriter.index(number);
  const vector = chooseVectorAxis(row, [update, base], stores);
  fb.note(
    `rows of [${row.map(({ extent }) => extent).join(', ')}]${vector === undefined ? '' : `, vector axis of ${vector.extent}`}`,
  );
  const evaluatorOf = (at: AxisValues, { shift, start, count }: VectorAt, results: readonly Value[]): VectorEvaluator =>
    new VectorEvaluator({
      context,
      axes: shift(at),
      vector: vector === undefined || start === undefined ? undefined : { axis: vector, start },
      count,
      results,
    });
  const plain = (list: readonly NestLoop['axis'][]): NestLoop[] => list.map((axis) => ({ axis }));
  emitLoops(context, axes, plain([...points, ...inner]), (at) => {
    const word = fb.add(scratch, fb.mul(at.value(destination), 4));
    const first = fb.load(op.i32Load, { base: word, offset: lists.ends });
    const last = fb.load(op.i32Load, { base: word, offset: lists.ends + 4 });
    const memberAt = (position: Value, back = 0): Value =>
      fb.load(op.i32Load, { base: fb.add(scratch, fb.mul(fb.sub(position, back), 4)), offset: lists.members });
    const combine = (inside: AxisValues, lanes: readonly VectorAt[]): void => {
      const updatesAt = (member: Value): Value[] =>
        lanes.map((lane) => evaluatorOf(inside.with(source, member), lane, []).evaluate(update));
      const results = lanes.map((lane) => {
        const result = fb.variable('result', 'v128');
        fb.set(result, evaluatorOf(inside, lane, []).evaluate(base));
        return result;
      });
      const forEachUpdate = (visit: (values: readonly Value[]) => void): void =>
        fb.loop(first, last, { role: 'reduce', name: 'update' }, (position) => visit(updatesAt(memberAt(position))));
      const count = fb.sub(last, first);
      fb.if(count, () => {
        if (kernel.combine === 'set') {
          updatesAt(memberAt(last, 1)).forEach((value, i) => fb.set(results[i] as Variable, value));
        } else if (kernel.combine === 'add' && update.type === 'f32') {
          addReproducibly(fb, results, count, forEachUpdate);
        } else {
          const join = joinOf(kernel.combine, update.type);
          forEachUpdate((values) =>
            values.forEach((value, i) => {
              const result = results[i] as Variable;
              fb.set(result, fb.op(join, fb.get(result), value));
            }),
          );
        }
      });
      lanes.forEach((lane, i) => emitStores(evaluatorOf(inside, lane, [fb.get(results[i] as Variable)]), stores));
    };
    emitLoops(context, at, plain(row.filter((axis) => axis !== vector)), (inside) => {
      if (vector === undefined) {
        combine(inside, [vectorHere]);
        return;
      }
      const unroll = vector.extent >= 4 * VECTORS ? VECTORS : 1;
      emitVectorLoop(context, inside, { axis: vector }, unroll, (step) =>
        combine(step.axes, vectorsOf(context, vector, step)),
      );
    });
  });
}

/** Vectors of a row side by side. */
const VECTORS = 4;

/** Adds all updates to the results, the same bits whatever their order. */
function addReproducibly(
  fb: FunctionBuilder,
  results: readonly Variable[],
  count: Value,
  forEachUpdate: (visit: (values: readonly Value[]) => void) => void,
): void {
  const largest = results.map(() => fb.variable('largest', 'v128'));
  for (const variable of largest) fb.set(variable, fb.f32x4(0));
  // The sum of two is the same in either order.
  fb.if(fb.op(op.i32GtU, count, fb.i32(2)), () =>
    forEachUpdate((values) => {
      values.forEach((value, i) => {
        const variable = largest[i] as Variable;
        // Without signs, bits are in the order of floats, ∞ and NaN above all.
        fb.set(variable, fb.op(op.i32x4MaxS, fb.get(variable), fb.op(op.v128And, value, fb.i32x4(0x7fffffff))));
      });
    }),
  );
  // 1.5 · 2^L · 2^⌊log₂ largest⌋ with 2^L ≥ count, L ≥ 2: whatever is added to it is rounded to the multiple, and it never changes its exponent.
  const logarithm = fb.sub(fb.i32(32), fb.op(op.i32Clz, fb.op(op.i32Or, fb.sub(count, 1), fb.i32(3))));
  const power = fb.op(op.i32Shl, fb.i32(1), logarithm);
  const factor = fb.op(op.f64x2Mul, fb.op(op.f64x2ConvertLowI32x4S, fb.op(op.i32x4Splat, power)), fb.f64x2(1.5));
  const rounders = largest
    .flatMap((variable) => halvesOf(fb, fb.get(variable)))
    .map((half) => {
      const rounder = fb.variable('rounder', 'v128');
      const infinity = fb.f64x2(Infinity);
      const exponent = fb.op(op.v128And, half, infinity);
      // Infinities and NaN are added as they are.
      const finite = fb.op(op.v128AndNot, exponent, fb.op(op.f64x2Eq, exponent, infinity));
      fb.set(rounder, fb.op(op.f64x2Mul, finite, factor));
      return rounder;
    });
  const sums = rounders.map(() => fb.variable('sum', 'v128'));
  for (const sum of sums) fb.set(sum, fb.f64x2(0));
  forEachUpdate((values) => {
    values
      .flatMap((value) => halvesOf(fb, value))
      .forEach((half, i) => {
        const rounder = fb.get(rounders[i] as Variable);
        const rounded = fb.op(op.f64x2Sub, fb.op(op.f64x2Add, half, rounder), rounder);
        const sum = sums[i] as Variable;
        fb.set(sum, fb.op(op.f64x2Add, fb.get(sum), rounded));
      });
  });
  results.forEach((result, i) => {
    const [low, high] = halvesOf(fb, fb.get(result)).map((half, j) =>
      fb.op(op.f32x4DemoteF64x2Zero, fb.op(op.f64x2Add, half, fb.get(sums[2 * i + j] as Variable))),
    );
    if (low === undefined || high === undefined) return;
    fb.set(result, canonical(fb, fb.shuffle(low, high, [0, 1, 4, 5])));
  });
}
