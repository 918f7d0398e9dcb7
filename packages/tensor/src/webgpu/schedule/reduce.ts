/**
 * Schedule of reductions. A workgroup holds `outputs` × `lanes` threads: the lanes of one output take every `lanes`-th element
 * and meet in a tree in shared memory. One lane is the plain loop; one output, the whole workgroup on one reduction. The order
 * is fixed, and sums are taken in blocks of blocks, so that the rounding error grows with the length of a block and not of
 * the sum (Higham, "The accuracy of floating point summation", 1993).
 */
import type { ReduceKernel } from '../../compiler/kernel.ts';
import type { Axis, Index } from '../../compiler/index-expression.ts';
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
  const variables = new Map<Axis, Value>();
  emitter.write(...outputLines(shape, grid, points, exact));
  const { outer } = indicesOf(kernel);
  takeApart(emitter, { text: 'point', depth: 0, literal: false }, mergeAxes(kernel.axes, outer), variables);
  const guard = exact || shape.outputs === 1 ? 'y == 0u' : 'y == 0u && wanted';
  const way = { lanes: shape.lanes, distance: shape.outputs, threads, guard, first: 0 };
  const shared = emitReduction(emitter, kernel, variables, way);
  return assemble({ emitter, bindings: plan.declarations, variables: shared, threads, grid, body: emitter.body });
}

/** The indices of a reduction's values, and those of its stores as well. */
function indicesOf(kernel: ReduceKernel): { readonly inner: readonly Index[]; readonly outer: readonly Index[] } {
  const uses = emptyUses();
  addExpressions(
    kernel.reducers.map(({ value }) => value),
    uses,
  );
  const inner = [...uses.indices];
  addStores(kernel.stores, uses);
  return { inner, outer: [...uses.indices] };
}

/** How the threads of one output share its reduction. */
export interface Lanes {
  /** Threads of one output; `y` (WGSL) is which of them this one is. */
  readonly lanes: number;
  /** How far apart two of them that follow each other are among all threads. */
  readonly distance: number;
  readonly threads: number;
  /** WGSL: whether this thread stores. */
  readonly guard: string;
  /** Number of the first reducer among all of the shader. */
  readonly first: number;
}

/** Writes one reduction and its stores, where `variables` are the axes of its output; gives the module-scope variables that it needs. */
export function emitReduction(
  emitter: Emitter,
  kernel: ReduceKernel,
  variables: ReadonlyMap<Axis, Value>,
  { lanes, distance, threads, guard, first }: Lanes,
): string[] {
  const { inner } = indicesOf(kernel);
  const accumulators = kernel.reducers.map((reducer, i) => accumulatorFor(emitter, reducer, first + i));
  const position = rowMajorIndex(kernel.reduceAxes);
  const reduceGroups = mergeAxes(kernel.reduceAxes, [...inner, position]);
  const length = pointCount(kernel.reduceAxes);
  for (const accumulator of accumulators) emitter.write(...accumulator.declare(''));
  if (length > 0) {
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
  if (lanes > 1) emitter.write(...treeLines(emitter, accumulators, lanes, distance));
  emitter.open(true);
  emitter.results = accumulators.map((accumulator) => emitter.define(accumulator.result, 0));
  emitter.withAxes(variables, () => {
    const values = kernel.stores.map(({ value }) => emitter.expression(value));
    const statements = kernel.stores.map(({ buffer, index }, i) => emitter.store(buffer, index, values[i] as Value));
    emitter.write(...statements);
  });
  const epilogue = emitter.close();
  if (lanes === 1) emitter.write(...epilogue);
  else emitter.write(`if (${guard}) {`, ...indent(epilogue), '}');
  return lanes === 1 ? [] : accumulators.flatMap((accumulator) => accumulator.share(threads));
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

function treeLines(emitter: Emitter, accumulators: readonly Accumulator[], lanes: number, distance: number): string[] {
  const other = distance === 1 ? 'lane + half' : `lane + half * ${distance}u`;
  return [
    ...accumulators.flatMap((accumulator) => accumulator.publish()),
    `for (var half = u32(${emitter.bound(lanes / 2)}); half > 0u; half >>= 1u) {`,
    '  workgroupBarrier();',
    '  if (y < half) {',
    ...accumulators.flatMap((accumulator) => indent(indent(accumulator.combine(other)))),
    '  }',
    '}',
    ...accumulators.flatMap((accumulator) => accumulator.collect()),
  ];
}
