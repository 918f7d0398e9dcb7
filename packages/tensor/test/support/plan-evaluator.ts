/**
 * A slow, obvious float64 evaluator of plans: the oracle of the backends' tests. It walks every point of every kernel, evaluates
 * indices and expressions directly, and shares nothing with any scheduler; single operators are the reference interpreter's.
 */
import { evaluateIndex, type Axis, type Index } from '../../src/compiler/index-expression.ts';
import type {
  BinaryOperator,
  Condition,
  CopyKernel,
  CumulativeKernel,
  Expression,
  Kernel,
  Operand,
  Plan,
  PlanStep,
  ScalarType,
  Store,
  Reducer,
  UnaryOperator,
} from '../../src/compiler/kernel.ts';
import { roundToHalf } from '../../src/graph/half.ts';
import { randomUniform } from '../../src/graph/threefry.ts';
import { elementFunctions } from '../../src/reference/elementwise.ts';

type Point = Map<Axis, number>;

interface Memory {
  /** One array per plan buffer, at its full size. */
  readonly buffers: Float64Array[];
  readonly scalars: readonly number[];
}

/**
 * Runs a plan on the given parameter contents (not modified) and returns the contents of every parameter afterwards.
 * Temporaries start as NaN so that a read of something never written shows.
 */
export function evaluatePlan(
  plan: Plan,
  parameters: readonly ArrayLike<number>[],
  scalars: readonly number[] = [],
): Float64Array[] {
  const results = parameters.map((data) => Float64Array.from(data));
  // An element for each byte, since not all have four.
  const arena = new Float64Array(plan.arenaBytes).fill(Number.NaN);
  const buffers = plan.buffers.map((buffer) => {
    if (buffer.kind === 'part') return new Float64Array();
    if (buffer.kind === 'temporary') return arena.subarray(buffer.offset, buffer.offset + buffer.size);
    const data = results[buffer.position];
    if (data === undefined || data.length < buffer.size)
      throw new Error(`parameter ${buffer.position} is missing or short`);
    return data;
  });
  const memory: Memory = { buffers, scalars };
  runSteps(plan, plan.kernels, memory);
  return results;
}

function runSteps(plan: Plan, steps: readonly PlanStep[], memory: Memory): void {
  for (const step of steps) {
    if (step.kind === 'parts') {
      // In the order that is least like the one in which they were recorded.
      for (const kernel of [...step.kernels].reverse()) runKernel(kernel, memory);
      continue;
    }
    if (step.kind === 'rows' || step.kind === 'batches') {
      const others = (axes: readonly Axis[]): Axis[] => axes.filter((axis) => axis !== step.row);
      // Rows do not depend on one another, so the last may come first.
      for (let row = step.row.extent - 1; row >= 0; row--) {
        for (const phase of step.phases) {
          const own = phase.kind === 'contraction' ? { ...phase, batch: others(phase.batch) } : { ...phase, axes: others(phase.axes) }; // prettier-ignore
          runKernel(own, memory, new Map([[step.row, row]]));
        }
      }
      continue;
    }
    if (step.kind !== 'loop') {
      runKernel(step, memory);
      continue;
    }
    for (let t = 0; t < step.length; t++) {
      if (step.until !== undefined && memory.buffers[step.until]?.[0] === 0) break;
      const position = step.reverse ? step.length - 1 - t : t;
      for (const part of step.parts) {
        const { position: whole = -1, size = 0 } = plan.buffers[part] ?? {};
        const range = memory.buffers[whole]?.subarray(position * size, (position + 1) * size);
        if (range?.length !== size || memory.buffers[whole]?.length !== step.length * size)
          throw new Error(`part ${part} does not fit into buffer ${whole}`);
        memory.buffers[part] = range;
      }
      runSteps(plan, step.kernels, memory);
    }
  }
}

function runKernel(kernel: Kernel | CopyKernel, memory: Memory, point: Point = new Map()): void {
  if (kernel.kind === 'copy') {
    for (const { from, fromIndex, to, toIndex, size } of kernel.pieces) {
      const [source, target] = [memory.buffers[from], memory.buffers[to]];
      if (source === undefined || target === undefined || source === target)
        throw new Error('a copy within one buffer');
      if (fromIndex < 0 || fromIndex + size > source.length || toIndex < 0 || toIndex + size > target.length)
        throw new Error(`a copy of ${size} outside of its buffers: ${fromIndex} to ${toIndex}`);
      target.set(source.subarray(fromIndex, fromIndex + size), toIndex);
    }
    return;
  }
  if (kernel.kind === 'map') {
    forEachPoint(kernel.axes, point, () => store(kernel.stores, point, memory, []));
  } else if (kernel.kind === 'reduce') {
    forEachPoint(kernel.axes, point, () => {
      const results = kernel.reducers.map(({ operator, value }) => {
        const values: number[] = [];
        forEachPoint(kernel.reduceAxes, point, () => values.push(evaluate(value, point, memory, [])));
        return reduce(operator, value.type, values);
      });
      store(kernel.stores, point, memory, results);
    });
  } else if (kernel.kind === 'scatter') {
    const { outer, target, inner, source, row, combine } = kernel;
    const results: { point: Point; value: number }[] = [];
    forEachPoint([...outer, target, ...inner], point, () => {
      // Destinations are numbered in row-major order.
      const own = [target, ...inner].reduce((number, axis) => number * axis.extent + (point.get(axis) ?? 0), 0);
      forEachPoint(row, point, () => {
        let value = evaluate(kernel.base, point, memory, []);
        forEachPoint([source], point, () => {
          if (evaluate(kernel.destination, point, memory, []) !== own) return;
          const update = evaluate(kernel.update, point, memory, []);
          if (combine === 'set') value = update;
          else if (combine === 'max') value = Math.max(value, update);
          else if (combine === 'min') value = Math.min(value, update);
          else value = apply(combine, kernel.update.type, value, update);
        });
        results.push({ point: new Map(point), value });
      });
    });
    for (const { point, value } of results) store(kernel.stores, point, memory, [value]);
  } else if (kernel.kind === 'sort') {
    forEachPoint([...kernel.outer, ...kernel.inner], point, () => {
      const keys: number[] = [];
      forEachPoint([kernel.axis], point, () => keys.push(evaluate(kernel.key, point, memory, [])));
      const order = keys.map((_, i) => i).sort((i, j) => (keys[i] ?? 0) - (keys[j] ?? 0));
      let place = 0;
      forEachPoint([kernel.axis], point, () => store(kernel.stores, point, memory, [order[place++] ?? 0]));
    });
  } else if (kernel.kind === 'cumulative') {
    forEachPoint([...kernel.outer, ...kernel.inner], point, () => {
      let soFar: number | undefined;
      forEachPoint([kernel.axis], point, () => {
        const next = evaluate(kernel.value, point, memory, []);
        soFar = soFar === undefined ? next : combined(kernel.operator, kernel.value.type, soFar, next);
        store(kernel.stores, point, memory, [soFar]);
      });
    });
  } else {
    forEachPoint([...kernel.batch, ...kernel.m, ...kernel.n], point, () => {
      let total = 0;
      forEachPoint(kernel.k, point, () => {
        total += operand(kernel.left, point, memory) * operand(kernel.right, point, memory);
      });
      store(kernel.stores, point, memory, [total]);
    });
  }
}

function combined(operator: CumulativeKernel['operator'], type: ScalarType, a: number, b: number): number {
  if (operator === 'max') return Math.max(a, b);
  if (operator === 'min') return Math.min(a, b);
  if (operator !== 'logSumExp') return apply(operator === 'sum' ? 'add' : 'mul', type, a, b);
  return a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

function forEachPoint(axes: readonly Axis[], point: Point, visit: () => void, depth = 0): void {
  const axis = axes[depth];
  if (axis === undefined) {
    visit();
    return;
  }
  for (let value = 0; value < axis.extent; value++) {
    point.set(axis, value);
    forEachPoint(axes, point, visit, depth + 1);
  }
  point.delete(axis);
}

function reduce(operator: Reducer['operator'], type: ScalarType, values: readonly number[]): number {
  if (operator === 'sum') {
    const total = values.reduce((a, b) => a + b, 0);
    return type === 'i32' ? total | 0 : total;
  }
  if (operator === 'prod') return values.reduce(type === 'i32' ? Math.imul : (a, b) => a * b, 1);
  if (operator === 'max') return values.reduce((a, b) => Math.max(a, b));
  if (operator === 'min') return values.reduce((a, b) => Math.min(a, b));
  const firstNaN = values.findIndex(Number.isNaN);
  return firstNaN >= 0 ? firstNaN : values.indexOf(values.reduce((a, b) => Math.max(a, b)));
}

/** All values of a point are evaluated before any of them is stored. */
function store(stores: readonly Store[], point: Point, memory: Memory, results: readonly number[]): void {
  const writes = stores.map(({ buffer, index, value }) => ({
    buffer,
    position: valueOf(index, point, memory),
    value: evaluate(value, point, memory, results),
  }));
  for (const { buffer, position, value } of writes) {
    const data = memory.buffers[buffer];
    if (data === undefined || !(position >= 0 && position < data.length)) {
      throw new Error(`store outside buffer ${buffer}: ${position}`);
    }
    data[position] = value;
  }
}

/** An index, whose run-time positions must stay in their ranges. */
function valueOf(index: Index, point: Point, memory: Memory): number {
  return evaluateIndex(index, point, ({ expression, min, max }) => {
    const value = evaluate(expression, point, memory, []);
    // Behind a guard that fails it may be anything that a read could give.
    if (Number.isNaN(value)) return min;
    if (!(value >= min && value <= max)) throw new Error(`a run-time position ${value} outside of ${min} … ${max}`);
    return value;
  });
}

function holds(conditions: readonly Condition[], point: Point, memory: Memory): boolean {
  return conditions.every(({ index, lower, upper }) => {
    const value = valueOf(index, point, memory);
    return lower <= value && value < upper;
  });
}

function read(buffer: number, position: number, memory: Memory): number {
  const data = memory.buffers[buffer];
  const value = data?.[position];
  if (value === undefined) throw new Error(`load outside buffer ${buffer}: ${position}`);
  return value;
}

function operand({ buffer, index, guards }: Operand, point: Point, memory: Memory): number {
  return holds(guards, point, memory) ? read(buffer, valueOf(index, point, memory), memory) : 0;
}

function evaluate(expression: Expression, point: Point, memory: Memory, results: readonly number[]): number {
  const visit = (inner: Expression): number => evaluate(inner, point, memory, results);
  switch (expression.kind) {
    case 'constant':
      return expression.type === 'f32' ? Math.fround(expression.value) : expression.value;
    case 'load':
      // A failed guard may give any value; NaN shows where it is not discarded.
      if (!holds(expression.guards, point, memory)) return Number.NaN;
      return read(expression.buffer, valueOf(expression.index, point, memory), memory);
    case 'scalar': {
      const value = memory.scalars[expression.slot] ?? Number.NaN;
      return expression.type === 'f32' ? Math.fround(value) : value | 0;
    }
    case 'index':
      return valueOf(expression.index, point, memory);
    case 'inside':
      return Number(holds(expression.conditions, point, memory));
    case 'unary':
      return apply(expression.operator, expression.operand.type, visit(expression.operand));
    case 'binary':
      return (expression.rounded === true ? Math.fround : Number)(
        apply(expression.operator, expression.left.type, visit(expression.left), visit(expression.right)),
      );
    case 'select':
      return visit(expression.condition) !== 0 ? visit(expression.ifTrue) : visit(expression.ifFalse);
    case 'cast':
      return cast(expression.type, visit(expression.operand));
    case 'half':
      return roundToHalf(visit(expression.operand));
    case 'bitcast':
      return bitcast(expression.operand.type, expression.type, visit(expression.operand));
    case 'random':
      return randomUniform(
        visit(expression.seed),
        visit(expression.counter),
        valueOf(expression.index, point, memory),
        expression.word,
      );
    case 'result':
      return results[expression.position] ?? Number.NaN;
  }
}

function apply(operator: UnaryOperator | BinaryOperator, type: ScalarType, a: number, b = 0): number {
  const { real, integer } = elementFunctions[operator];
  return (type === 'i32' ? integer : real)(a, b);
}

const words = new Int32Array(1);
const floats = new Float32Array(words.buffer);

function bitcast(from: ScalarType, to: ScalarType, value: number): number {
  if (from === 'i32') words[0] = value;
  else floats[0] = value;
  return (to === 'i32' ? words[0] : floats[0]) ?? Number.NaN;
}

function cast(type: ScalarType, value: number): number {
  if (type === 'bool') return Number(value !== 0);
  if (type === 'f32') return value;
  // Saturating truncation; NaN becomes 0.
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value))) | 0;
}

/** Maclaurin series below 2.5, continued fraction of erfc above (Abramowitz and Stegun 7.1.6 and 7.1.14). */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = x;
    let total = x;
    for (let n = 1; n < 80; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  if (a > 6) return Math.sign(x);
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

/** The continued fraction 7.1.14 from 1.5 on, where it converges, and 1 − erf below. */
export function erfc(x: number): number {
  if (!(x >= 1.5)) return 1 - erf(x);
  if (x > 30) return 0;
  let fraction = 0;
  for (let n = 300; n >= 1; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
