/**
 * Schedule of reductions. A workgroup holds `outputs` × `lanes` threads: the lanes of one output take every `lanes`-th element
 * and meet in a tree in shared memory. One lane is the plain loop; one output, the whole workgroup on one reduction. The order
 * is fixed, and sums are taken in blocks of blocks, so that the rounding error grows with the length of a block and not of
 * the sum (Higham, "The accuracy of floating point summation", 1993).
 */
import type { ReduceKernel } from '../../compiler/kernel.ts';
import type { Axis } from '../../compiler/index-expression.ts';
import { Emitter, type Value } from '../wgsl/emitter.ts';
import { assemble, gridOf, groupNumber, indent, type Shader } from '../wgsl/shader.ts';
import { mergeAxes, takeApart } from './axes.ts';
import type { BindingPlan } from './bindings.ts';
import { accumulatorFor, type Accumulator } from './accumulator.ts';
import { emitLoops, flatLoops, nestedLoops } from './loops.ts';
import type { Target } from './map.ts';
import { addExpressions, addStores, emptyUses, pointCount, rowMajorIndex } from './traverse.ts';

export interface ReduceShape {
  /** Outputs of a workgroup. */
  readonly outputs: number;
  /** Threads of one output, a power of two. */
  readonly lanes: number;
}

export function renderReduce(kernel: ReduceKernel, plan: BindingPlan, target: Target, shape: ReduceShape): Shader {
  const points = pointCount(kernel.axes);
  const threads = shape.outputs * shape.lanes;
  const groups = Math.ceil(points / shape.outputs);
  const grid = gridOf(groups, target.limits.workgroupsPerDimension);
  const exact = grid[0] * grid[1] * shape.outputs === points;
  const emitter = new Emitter(plan.views, target.profile.unroll);
  const shared: string[] = [];

  const variables = new Map<Axis, Value>();
  emitter.write(...outputLines(shape, grid, points, exact));
  const outer = emptyUses();
  addExpressions(
    kernel.reducers.map(({ value }) => value),
    outer,
  );
  const inner = [...outer.indices];
  addStores(kernel.stores, outer);
  takeApart(emitter, { text: 'point', depth: 0, literal: false }, mergeAxes(kernel.axes, outer.indices), variables);

  const accumulators = kernel.reducers.map((reducer, i) => accumulatorFor(emitter, reducer, i));
  const position = rowMajorIndex(kernel.reduceAxes);
  const reduceGroups = mergeAxes(kernel.reduceAxes, [...inner, position]);
  const length = pointCount(kernel.reduceAxes);
  for (const accumulator of accumulators) emitter.write(...accumulator.declare(''));
  if (length > 0) {
    const { lanes } = shape;
    const range = { start: 'i32(y)', stop: emitter.bound(length), step: lanes, count: Math.ceil(length / lanes) };
    const loops = lanes === 1 ? nestedLoops(emitter, reduceGroups) : flatLoops(emitter, range, reduceGroups);
    // Every inner loop has its own partial sums.
    const hooks = {
      before: (level: string) => accumulators.flatMap((accumulator) => accumulator.declarePartial(level)),
      after: (outer: string, inner: string) =>
        accumulators.flatMap((accumulator) => accumulator.mergePartial(outer, inner)),
    };
    const update = (axes: ReadonlyMap<Axis, Value>, flat: Value | undefined, level: string): void => {
      emitter.withAxes(new Map([...variables, ...axes]), () => {
        const where = flat ?? (accumulators.some(({ positioned }) => positioned) ? emitter.index(position) : undefined);
        const values = kernel.reducers.map(({ value }) => emitter.expression(value));
        accumulators.forEach((accumulator, i) =>
          emitter.write(...accumulator.add(level, values[i] as Value, where?.text ?? '0')),
        );
      });
    };
    emitLoops(emitter, loops, hooks, update);
  }

  let guard = '';
  if (shape.lanes > 1) {
    for (const accumulator of accumulators) shared.push(...accumulator.share(threads));
    emitter.write(...treeLines(emitter, accumulators, shape));
    guard = exact ? 'y == 0u' : shape.outputs === 1 ? 'y == 0u' : 'y == 0u && wanted';
  }
  emitter.open(true);
  emitter.results = accumulators.map((accumulator) => emitter.define(accumulator.result, 0));
  emitter.withAxes(variables, () => {
    const values = kernel.stores.map(({ value }) => emitter.expression(value));
    const statements = kernel.stores.map(({ buffer, index }, i) => emitter.store(buffer, index, values[i] as Value));
    emitter.write(...statements);
  });
  const epilogue = emitter.close();
  const body = [...emitter.body, ...(guard === '' ? epilogue : [`if (${guard}) {`, ...indent(epilogue), '}'])];
  return assemble({ emitter, bindings: plan.declarations, variables: shared, threads, grid, body });
}

/** `point`: the output of this thread; `y`: its lane. A workgroup with barriers must not lose threads, so extra ones repeat the last output. */
function outputLines(shape: ReduceShape, grid: readonly [number, number], points: number, exact: boolean): string[] {
  const number = groupNumber(grid);
  if (shape.lanes === 1) {
    const lines = [`let point = i32(${number} * ${shape.outputs}u + lane);`];
    return exact ? lines : [...lines, `if (point >= ${points}) { return; }`];
  }
  if (shape.outputs === 1) {
    const lines = ['let y = lane;', `let point = i32(${number});`];
    return exact ? lines : [...lines, `if (point >= ${points}) { return; }`];
  }
  const lines = [`let y = lane / ${shape.outputs}u;`];
  const point = `i32(${number} * ${shape.outputs}u + lane % ${shape.outputs}u)`;
  if (exact) return [...lines, `let point = ${point};`];
  return [...lines, `let free = ${point};`, `let wanted = free < ${points};`, `let point = min(free, ${points - 1});`];
}

function treeLines(emitter: Emitter, accumulators: readonly Accumulator[], { outputs, lanes }: ReduceShape): string[] {
  return [
    ...accumulators.flatMap((accumulator) => accumulator.publish()),
    `for (var half = u32(${emitter.bound(lanes / 2)}); half > 0u; half >>= 1u) {`,
    '  workgroupBarrier();',
    '  if (y < half) {',
    ...accumulators.flatMap((accumulator) => indent(indent(accumulator.combine(`lane + half * ${outputs}u`)))),
    '  }',
    '}',
    ...accumulators.flatMap((accumulator) => accumulator.collect()),
  ];
}
