/**
 * Schedules scatters in two functions. The first sorts the updates by destination, by counting: a list per destination, in the order of the
 * source. The second runs over the destinations, four lanes along an axis that all updates of a destination have in common (the columns of
 * an embedding), and combines the updates of each in registers. Nothing is read or written at random but the lists.
 *
 * Float sums do not depend on the order of the updates, to the last bit: each is rounded to a multiple of a power of two that makes all
 * partial sums exact in double precision (J. Demmel, H. D. Nguyen, "Fast reproducible floating-point summation", ARITH 2013). For n updates
 * the multiple lies 52 − ⌈log₂ n⌉ bits below the largest.
 */
import type { Axis, Index } from '../compiler/index-expression.ts';
import { addIndex, axisIndex, constantIndex, scaleIndex } from '../compiler/index-expression.ts';
import type { ScalarType, ScatterKernel } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { AxisValues, type KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import { product } from './blocks.ts';
import { VectorEvaluator } from './expression.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Address, Value, Variable } from './ir.ts';
import { chooseVectorAxis, emitLoops, emitStores, emitVectorLoop, type NestLoop } from './nest.ts';
import { op } from './opcodes.ts';

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
  readonly bytes: number;
}

export function listsOf({ outer, target, inner, source }: ScatterKernel): Lists {
  const others = product(outer) * product(inner);
  const destinations = others * target.extent;
  const members = Math.ceil((4 * (destinations + 1)) / 16) * 16;
  return { ends: 0, members, destinations, bytes: members + 4 * others * source.extent };
}

/** Position over axes, outermost first. */
function rowMajor(axes: readonly Axis[]): Index {
  return axes.reduce((total, axis) => addIndex(scaleIndex(total, axis.extent), axisIndex(axis)), constantIndex(0));
}

/** Emits the function that makes the lists. */
export function emitScatterLists(context: KernelContext, kernel: ScatterKernel, scratch: Value): void {
  const { fb } = context;
  const lists = listsOf(kernel);
  const rewrite = simplifyAxes(
    [kernel.outer, [kernel.source], kernel.inner],
    [...collectIndices([kernel.destination]), axisIndex(kernel.source)],
  );
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const destination = rewriter.expression(kernel.destination);
  const position = rewriter.index(axisIndex(kernel.source));
  const loops = rewrite.groups.flat();
  // The order of the source must be kept, so lanes can only run along the last axis.
  const last = loops.at(-1);
  const vector = last !== undefined && last.extent >= 4 ? last : undefined;
  const word = (base: Value, offset: number): Address => ({ base: fb.add(scratch, fb.mul(base, 4)), offset });
  const read = (address: Address): Value => fb.load(op.i32Load, address, true);

  /** Calls `visit` with every update's word in `ends` and position along the source, in order. */
  const forEachUpdate = (visit: (end: Address, member: Value) => void): void => {
    const lane = (evaluator: VectorEvaluator, number: number): void => {
      const target = fb.lane(op.i32x4ExtractLane, number, evaluator.evaluate(destination));
      visit(word(target, lists.ends + 4), fb.lane(op.i32x4ExtractLane, number, evaluator.index(position)));
    };
    const outer = loops.filter((axis) => axis !== vector).map((axis): NestLoop => ({ axis }));
    emitLoops(context, new AxisValues(context), outer, (inside) => {
      if (vector === undefined) {
        lane(new VectorEvaluator({ context, axes: inside, vector, count: undefined, results: [] }), 0);
        return;
      }
      emitVectorLoop(context, inside, { axis: vector }, 1, ({ axes, start, count }) => {
        const evaluator = new VectorEvaluator({ context, axes, vector: { axis: vector, start }, count, results: [] });
        fb.evaluate(evaluator.evaluate(destination));
        const from = (number: number): void => {
          if (number === 4) return;
          const next = (): void => {
            lane(evaluator, number);
            from(number + 1);
          };
          if (number === 0 || count === undefined) next();
          else fb.if(fb.op(op.i32GtU, count, fb.i32(number)), next);
        };
        from(0);
      });
    });
  };

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

/** Emits the function that combines for the part [begin, end) of the outermost axis; returns the size of the grid. */
export function emitScatter(
  context: KernelContext,
  kernel: ScatterKernel,
  begin: Value,
  end: Value,
  scratch: Value,
): number {
  const { fb } = context;
  const { target, source } = kernel;
  const lists = listsOf(kernel);
  const number = rowMajor([...kernel.outer, target, ...kernel.inner]);
  const indices = [
    ...collectIndices([kernel.update, kernel.base, ...kernel.stores.map(({ value }) => value)]),
    ...kernel.stores.map(({ index }) => index),
  ];
  const rewrite = simplifyAxes([kernel.outer, [target], kernel.inner, kernel.row], [...indices, number], false);
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const [outer = [], , inner = [], row = []] = rewrite.groups;
  const update = rewriter.expression(kernel.update);
  const base = rewriter.expression(kernel.base);
  const stores = rewriter.stores(kernel.stores);
  const destination = rewriter.index(number);
  const vector = chooseVectorAxis(row, [update, base], stores);
  fb.note(
    `scatter (${kernel.combine}) from [${source.extent}] into [${target.extent}] for each of [${[...outer, ...inner].map(({ extent }) => extent).join(', ')}], rows of [${row.map(({ extent }) => extent).join(', ')}]` +
      (vector === undefined ? '' : `, vector axis of ${vector.extent}`),
  );
  const points = [...outer, ...(target.extent === 1 ? [] : [target]), ...inner];
  const pointLoops = points.map((axis, i): NestLoop => (i === 0 ? { axis, role: 'grid', begin, end } : { axis }));
  const rowLoops = row.filter((axis) => axis !== vector).map((axis): NestLoop => ({ axis }));
  emitLoops(context, new AxisValues(context), pointLoops, (at) => {
    const word = fb.add(scratch, fb.mul(at.value(destination), 4));
    const first = fb.load(op.i32Load, { base: word, offset: lists.ends });
    const last = fb.load(op.i32Load, { base: word, offset: lists.ends + 4 });
    const combine = (inside: AxisValues, lanes: readonly LaneSet[]): void => {
      const evaluatorsAt = (axes: AxisValues): VectorEvaluator[] =>
        lanes.map(
          ({ shift, start, count }) =>
            new VectorEvaluator({
              context,
              axes: shift(axes),
              vector: vector === undefined || start === undefined ? undefined : { axis: vector, start },
              count,
              results: [],
            }),
        );
      const own = evaluatorsAt(inside).map((evaluator) => evaluator.evaluate(base));
      const results = own.map((value) => {
        const result = fb.variable('result', 'v128');
        fb.set(result, value);
        return result;
      });
      const forEachUpdate = (visit: (values: readonly Value[]) => void): void => {
        fb.loop(first, last, { role: 'reduce', name: 'update' }, (position) => {
          const member = fb.load(op.i32Load, { base: fb.add(scratch, fb.mul(position, 4)), offset: lists.members });
          visit(evaluatorsAt(inside.with(source, member)).map((evaluator) => evaluator.evaluate(update)));
        });
      };
      const count = fb.sub(last, first);
      fb.if(count, () => {
        if (kernel.combine === 'set') {
          const position = fb.add(scratch, fb.mul(last, 4));
          const member = fb.load(op.i32Load, { base: fb.sub(position, 4), offset: lists.members });
          evaluatorsAt(inside.with(source, member)).forEach((evaluator, i) => {
            fb.set(results[i] as Variable, evaluator.evaluate(update));
          });
        } else if (kernel.combine === 'add' && update.type === 'f32') {
          addReproducibly(fb, results, count, forEachUpdate);
        } else {
          const join = joinOf(kernel.combine, update.type);
          forEachUpdate((values) => {
            values.forEach((value, i) => {
              const result = results[i] as Variable;
              fb.set(result, fb.op(join, fb.get(result), value));
            });
          });
        }
      });
      lanes.forEach(({ shift, start, count: left }, i) => {
        emitStores(
          new VectorEvaluator({
            context,
            axes: shift(inside),
            vector: vector === undefined || start === undefined ? undefined : { axis: vector, start },
            count: left,
            results: [fb.get(results[i] as Variable)],
          }),
          stores,
        );
      });
    };
    emitLoops(context, at, rowLoops, (inside) => {
      if (vector === undefined) {
        combine(inside, [{ shift: (axes) => axes, start: undefined, count: undefined }]);
        return;
      }
      const unroll = vector.extent >= 16 ? 4 : 1;
      emitVectorLoop(context, inside, { axis: vector }, unroll, ({ axes, start, vectors, count }) => {
        const bytes = axes.bytes(vector);
        const lanes = Array.from({ length: vectors }, (_, i): LaneSet => ({
          shift: (base) =>
            i === 0
              ? base
              : base.with(vector, fb.add(start, 4 * i), bytes === undefined ? undefined : fb.add(bytes, 16 * i)),
          start: fb.add(start, 4 * i),
          count,
        }));
        combine(axes, lanes);
      });
    });
  });
  return points[0]?.extent ?? 1;
}

/** One of the vectors that are computed side by side. */
interface LaneSet {
  /** The axes with the vector axis where this vector begins. */
  readonly shift: (axes: AxisValues) => AxisValues;
  readonly start: Value | undefined;
  readonly count: Value | undefined;
}

function joinOf(combine: 'add' | 'mul' | 'max' | 'min', type: ScalarType): number {
  const float = type === 'f32';
  switch (combine) {
    case 'add':
      return float ? op.f32x4Add : op.i32x4Add;
    case 'mul':
      return float ? op.f32x4Mul : op.i32x4Mul;
    case 'max':
      return float ? op.f32x4Max : op.i32x4MaxS;
    case 'min':
      return float ? op.f32x4Min : op.i32x4MinS;
  }
}

/** Adds all updates to the results, the same bits whatever their order. */
function addReproducibly(
  fb: FunctionBuilder,
  results: readonly Variable[],
  count: Value,
  forEachUpdate: (visit: (values: readonly Value[]) => void) => void,
): void {
  const largest = results.map(() => fb.variable('largest', 'v128'));
  for (const variable of largest) fb.set(variable, fb.f32x4(0));
  forEachUpdate((values) => {
    values.forEach((value, i) => {
      const variable = largest[i] as Variable;
      fb.set(variable, fb.op(op.f32x4Max, fb.get(variable), fb.op(op.f32x4Abs, value)));
    });
  });
  // 1.5 · 2^L · 2^⌊log₂ largest⌋ with 2^L ≥ count, L ≥ 2: whatever is added to it is rounded to the multiple, and it never changes its exponent.
  const logarithm = fb.sub(fb.i32(32), fb.op(op.i32Clz, fb.op(op.i32Or, fb.sub(count, 1), fb.i32(3))));
  const power = fb.op(op.i32Shl, fb.i32(1), logarithm);
  const factor = fb.op(op.f64x2Mul, fb.op(op.f64x2ConvertLowI32x4S, fb.op(op.i32x4Splat, power)), fb.f64x2(1.5));
  const halves = largest.flatMap((variable) => halvesOf(fb, fb.get(variable)));
  const rounders = halves.map((half) => {
    const rounder = fb.variable('rounder', 'v128');
    const infinity = fb.f64x2(Infinity);
    const exponent = fb.op(op.v128And, half, infinity);
    // Infinities and NaN are added as they are.
    const finite = fb.op(op.v128AndNot, exponent, fb.op(op.f64x2Eq, exponent, infinity));
    fb.set(rounder, fb.op(op.f64x2Mul, finite, factor));
    return rounder;
  });
  const sums = halves.map(() => fb.variable('sum', 'v128'));
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
    const all = fb.shuffle(low, high, [0, 1, 4, 5]);
    // Which NaN ∞ − ∞ gives is not the same as what a NaN among the updates gives.
    fb.set(result, fb.op(op.v128Bitselect, all, fb.f32x4(Number.NaN), fb.op(op.f32x4Eq, all, all)));
  });
}

/** The four floats as two vectors of doubles. */
function halvesOf(fb: FunctionBuilder, x: Value): [Value, Value] {
  return [fb.op(op.f64x2PromoteLowF32x4, x), fb.op(op.f64x2PromoteLowF32x4, fb.shuffle(x, x, [2, 3, 2, 3]))];
}
