/**
 * Schedules what runs along an axis: lanes and loops over the other axes, one step after the other inside. Sums and products of floats are
 * kept in double precision, so that the rounding errors of long axes do not add up.
 */
import { logSumExpSteps } from '../compiler/cumulative.ts';
import type { CumulativeKernel } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { AxisValues, type KernelContext } from './address.ts';
import { collectIndices, simplifyAxes } from './axes.ts';
import { VectorEvaluator, type Lanes } from './expression.ts';
import type { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';
import { gridOf, gridRange } from './map.ts';
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
import type { Size } from './open.ts';
import { op } from './opcodes.ts';

export function emitCumulative(context: KernelContext, kernel: CumulativeKernel, begin: Value, end: Value): Size {
  const { fb } = context;
  const { operator, axis } = kernel;
  const indices = [
    ...collectIndices([kernel.value, ...kernel.stores.map(({ value }) => value)]),
    ...kernel.stores.map(({ index }) => index),
  ];
  const rewrite = simplifyAxes([kernel.outer, [axis], kernel.inner], indices, false);
  const rewriter = new Rewriter({ axes: rewrite.replacements });
  const [outer = [], , inner = []] = rewrite.groups;
  const value = rewriter.expression(kernel.value);
  const stores = rewriter.stores(kernel.stores);
  const points = [...outer, ...inner];
  const vector = chooseVectorAxis(points, [value], stores);
  fb.note(
    `cumulative ${operator} along [${axis.extent}] for each of [${points.map(({ extent }) => extent).join(', ')}]` +
      (vector === undefined ? '' : `, vector axis of ${vector.extent}`),
  );
  const loops = points.filter((other) => other !== vector);
  const run = (inside: AxisValues, vectors: readonly VectorAt[]): void => {
    const lanesAt = ({ shift, start, count }: VectorAt, axes: AxisValues, results: readonly Value[]): Lanes => ({
      context,
      axes: shift(axes),
      vector: vector === undefined || start === undefined ? undefined : { axis: vector, start },
      count,
      results,
    });
    const states = vectors.map(() => makeState(context, kernel, vector !== undefined));
    for (const state of states) state.begin();
    const step = (at: AxisValues): void =>
      vectors.forEach((lanes, i) => {
        const next = new VectorEvaluator(lanesAt(lanes, at, [])).evaluate(value);
        const result = states[i]?.add(next) ?? next;
        emitStores(new VectorEvaluator(lanesAt(lanes, at, [result])), stores);
      });
    emitLoops(context, inside, axis.extent === 1 ? [] : [{ axis, role: 'reduce' }], step);
  };
  emitLoops(
    context,
    new AxisValues(context),
    loops.map((other, i): NestLoop => (i === 0 ? { axis: other, role: 'grid', begin, end } : { axis: other })),
    (inside) => {
      if (vector === undefined) {
        run(inside, [vectorHere]);
        return;
      }
      const range = loops.length > 0 ? {} : gridRange(context, fb.i32(vector.extent), begin, end);
      const unroll = vector.extent >= 16 ? 4 : 1;
      emitVectorLoop(context, inside, { axis: vector, ...range }, unroll, (step) =>
        run(step.axes, vectorsOf(context, vector, step)),
      );
    },
  );
  return gridOf(loops[0], vector);
}

/** What has been combined so far, in four lanes. */
interface State {
  begin(): void;
  /** Combines with the next values; the result so far. */
  add(next: Value): Value;
}

function makeState(context: KernelContext, kernel: CumulativeKernel, lanes: boolean): State {
  const { fb } = context;
  const { operator } = kernel;
  const float = kernel.value.type === 'f32';
  if (operator === 'logSumExp') return logSumExpState(context);
  if (float && (operator === 'sum' || operator === 'prod')) return doubleState(fb, operator, lanes);
  const state = fb.variable('so far', 'v128');
  const { start, join } = {
    sum: { start: fb.i32x4(0), join: op.i32x4Add },
    prod: { start: fb.i32x4(1), join: op.i32x4Mul },
    max: float
      ? { start: fb.f32x4(-Infinity), join: op.f32x4Max }
      : { start: fb.i32x4(-0x80000000), join: op.i32x4MaxS },
    min: float ? { start: fb.f32x4(Infinity), join: op.f32x4Min } : { start: fb.i32x4(0x7fffffff), join: op.i32x4MinS },
  }[operator];
  return {
    begin: () => fb.set(state, start),
    add(next) {
      fb.set(state, fb.op(join, fb.get(state), next));
      return fb.get(state);
    },
  };
}

/** Two lanes to a vector of doubles; the second is left out where only lane 0 counts. */
function doubleState(fb: FunctionBuilder, operator: 'sum' | 'prod', lanes: boolean): State {
  const join = operator === 'sum' ? op.f64x2Add : op.f64x2Mul;
  const halves = Array.from({ length: lanes ? 2 : 1 }, () => fb.variable('so far', 'v128'));
  const result = fb.variable('result', 'v128');
  return {
    begin() {
      for (const half of halves) fb.set(half, fb.f64x2(operator === 'sum' ? 0 : 1));
    },
    add(next) {
      const [low = next, high] = halves.map((half, i) => {
        const own = i === 0 ? next : fb.shuffle(next, next, [2, 3, 2, 3]);
        fb.set(half, fb.op(join, fb.get(half), fb.op(op.f64x2PromoteLowF32x4, own)));
        return fb.op(op.f32x4DemoteF64x2Zero, fb.get(half));
      });
      fb.set(result, high === undefined ? low : fb.shuffle(low, high, [0, 1, 4, 5]));
      return fb.get(result);
    },
  };
}

function logSumExpState(context: KernelContext): State {
  const { fb } = context;
  const [largest, others, before, result] = ['largest', 'others', 'before', 'result'].map((name) =>
    fb.variable(name, 'v128'),
  ) as [
    ReturnType<typeof fb.variable>,
    ReturnType<typeof fb.variable>,
    ReturnType<typeof fb.variable>,
    ReturnType<typeof fb.variable>,
  ];
  const evaluator = (...results: Value[]): VectorEvaluator =>
    new VectorEvaluator({ context, axes: new AxisValues(context), vector: undefined, count: undefined, results });
  return {
    begin() {
      fb.set(largest, fb.f32x4(-Infinity));
      fb.set(others, fb.f32x4(-1));
    },
    add(next) {
      const step = evaluator(fb.get(before), fb.get(others), next);
      fb.set(before, fb.get(largest));
      fb.set(largest, step.evaluate(logSumExpSteps.largest));
      fb.set(others, step.evaluate(logSumExpSteps.others));
      fb.set(result, evaluator(fb.get(largest), fb.get(others)).evaluate(logSumExpSteps.value));
      return fb.get(result);
    },
  };
}
