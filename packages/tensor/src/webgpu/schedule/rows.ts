/**
 * Schedule of steps by rows. A workgroup holds `outputs` rows × `lanes` threads, neighbours along a row, and goes through the phases; what a phase stores is seen by the next behind a barrier. One lane is a
 * thread for each row, which needs none.
 */
import type { Axis } from '../../compiler/index-expression.ts';
import type { MapKernel, Rows } from '../../compiler/kernel.ts';
import { Emitter, type Value } from '../wgsl/emitter.ts';
import { assemble, gridOf, groupNumber, indent, type Shader } from '../wgsl/shader.ts';
import { mergeAxes } from './axes.ts';
import type { BindingPlan } from './bindings.ts';
import { chooseReduceParts, chooseReduceShape } from './choose.ts';
import { emitLoops, flatLoops, nestedLoops } from './loops.ts';
import type { Target } from './map.ts';
import { emitReduction, type ReduceShape } from './reduce.ts';
import { pointCount, usesOf } from './traverse.ts';

/** Elements of a row for one thread beyond which few rows leave a graphics processor idle, and rows that are few. */
const longShare = 16;
const fewRows = 64;
/** Elements of all rows that an adapter on the processor does on one thread sooner than in several dispatches. */
const smallWork = 2 ** 14;

/** How rows lie on threads; undefined where the phases had better run one by one, each over the whole device. */
export function chooseRowShape({ row, phases }: Rows, target: Target): ReduceShape | undefined {
  const { profile, limits } = target;
  const reductions = phases.filter((phase) => phase.kind === 'reduce');
  const shapes = reductions.map((phase) => chooseReduceShape(phase, target));
  const longest = Math.max(
    ...phases.map((phase) => pointCount(phase.axes) / row.extent),
    ...reductions.map((phase) => pointCount(phase.reduceAxes)),
  );
  const isOnePart = reductions.every((phase, i) => chooseReduceParts(phase, shapes[i] as ReduceShape, target) <= 1);
  if (profile.software) {
    const [shape] = shapes;
    return isOnePart || row.extent * longest <= smallWork ? shape : undefined;
  }
  if (!isOnePart) return undefined;
  const threads = Math.max(...shapes.map(({ outputs, lanes }) => outputs * lanes));
  let lanes = Math.max(...shapes.map((shape) => shape.lanes));
  while (lanes < 8 && lanes * 8 <= longest) lanes *= 2;
  if (row.extent < fewRows && longest > longShare * lanes) return undefined;
  const states = reductions.reduce(
    (total, { reducers }) => total + reducers.reduce((sum, { operator }) => sum + (operator === 'argmax' ? 8 : 4), 0),
    0,
  );
  return lanes > 1 && states * threads > limits.workgroupBytes ? undefined : { outputs: threads / lanes, lanes };
}

export function renderRows(step: Rows, plan: BindingPlan, target: Target, { outputs, lanes }: ReduceShape): Shader {
  const { row, phases } = step;
  const threads = outputs * lanes;
  const grid = gridOf(Math.ceil(row.extent / outputs), target.limits.workgroupsPerDimension);
  const isExact = grid[0] * grid[1] * outputs === row.extent;
  const emitter = new Emitter(plan.views, target.profile.unroll);
  emitter.write(...rowLines({ outputs, lanes }, groupNumber(grid), row.extent, isExact));
  const wanted = isExact || lanes === 1 || outputs === 1 ? undefined : 'wanted';
  const variables = new Map<Axis, Value>([[row, { text: 'point', depth: 0, literal: false }]]);
  const shared: string[] = [];
  let first = 0;
  phases.forEach((phase, i) => {
    if (i > 0 && lanes > 1) emitter.write('storageBarrier();', 'workgroupBarrier();');
    // Pinned: what a phase reads is what memory holds then.
    emitter.open(true);
    if (phase.kind === 'map') emitMapPhase(emitter, phase, row, variables, { lanes, wanted });
    else {
      const guard = wanted === undefined ? 'y == 0u' : `y == 0u && ${wanted}`;
      shared.push(...emitReduction(emitter, phase, variables, { lanes, distance: 1, threads, guard, first }));
      first += phase.reducers.length;
    }
    const lines = emitter.close();
    emitter.write('{', ...indent(lines), '}');
  });
  return assemble({ emitter, bindings: plan.declarations, variables: shared, threads, grid, body: emitter.body });
}

/** `point`: the row of this thread; `y`: its lane. A workgroup with barriers must not lose threads, so extra ones look at the last row and store nothing. */
function rowLines({ outputs, lanes }: ReduceShape, group: string, rows: number, isExact: boolean): string[] {
  const beyond = isExact ? [] : [`if (point >= ${rows}) { return; }`];
  if (lanes === 1) return ['let y = 0u;', `let point = i32(${group} * ${outputs}u + lane);`, ...beyond];
  if (outputs === 1) return ['let y = lane;', `let point = i32(${group});`, ...beyond];
  const own = `i32(${group} * ${outputs}u + lane / ${lanes}u)`;
  const y = `let y = lane % ${lanes}u;`;
  if (isExact) return [y, `let point = ${own};`];
  return [y, `let free = ${own};`, `let wanted = free < ${rows};`, `let point = min(free, ${rows - 1});`];
}

function emitMapPhase(
  emitter: Emitter,
  phase: MapKernel,
  row: Axis,
  variables: ReadonlyMap<Axis, Value>,
  { lanes, wanted }: { readonly lanes: number; readonly wanted: string | undefined },
): void {
  const inner = phase.axes.filter((axis) => axis !== row);
  const length = pointCount(inner);
  const groups = mergeAxes(inner, usesOf(phase).indices);
  const range = { start: 'i32(y)', stop: emitter.bound(length), step: lanes, count: Math.ceil(length / lanes) };
  const loops = lanes === 1 ? nestedLoops(emitter, groups) : flatLoops(emitter, range, groups);
  emitter.open(true);
  emitLoops(emitter, loops, { before: () => [], after: () => [] }, (axes) => {
    emitter.withAxes(new Map([...variables, ...axes]), () => {
      // All values before the first store: a buffer that is updated in place is read as it was.
      const values = phase.stores.map(({ value }) => emitter.expression(value));
      const statements = phase.stores.map(({ buffer, index }, i) => emitter.store(buffer, index, values[i] as Value));
      emitter.write(...statements);
    });
  });
  const lines = emitter.close();
  emitter.write(...(wanted === undefined ? lines : [`if (${wanted}) {`, ...indent(lines), '}']));
}
