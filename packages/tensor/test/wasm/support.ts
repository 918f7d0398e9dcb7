/** Small plans by hand, run on the WebAssembly backend and by the float64 evaluator. */
import {
  addIndex,
  axisIndex,
  constantIndex,
  makeAxis,
  scaleIndex,
  type Axis,
  type Index,
} from '../../src/compiler/index-expression.ts';
import type { Condition, Expression, Kernel, Plan, PlanBuffer, ScalarType } from '../../src/compiler/kernel.ts';
import type { Backend, HostArray } from '../../src/runtime/backend.ts';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { evaluatePlan } from '../support/plan-evaluator.ts';

export const backend: Backend = createWasmBackend();

export type HostArrayLike = Float32Array;
export { addIndex, axisIndex, constantIndex, makeAxis, scaleIndex, type Axis, type Index };

/** constant + Σ stride · axis */
export function linear(terms: readonly (readonly [Axis, number])[], constant = 0): Index {
  return terms.reduce(
    (total, [axis, stride]) => addIndex(total, scaleIndex(axisIndex(axis), stride)),
    constantIndex(constant),
  );
}

/** Row-major position over the axes. */
export function rowMajor(axes: readonly Axis[]): Index {
  return axes.reduce((total, axis) => addIndex(scaleIndex(total, axis.extent), axisIndex(axis)), constantIndex(0));
}

export const load = (
  buffer: number,
  index: Index,
  type: ScalarType = 'f32',
  guards: readonly Condition[] = [],
): Expression => ({
  kind: 'load',
  type,
  buffer,
  index,
  guards,
});
export const constant = (value: number, type: ScalarType = 'f32'): Expression => ({ kind: 'constant', type, value });
export const result = (position = 0, type: ScalarType = 'f32'): Expression => ({ kind: 'result', type, position });

type Unary = Extract<Expression, { kind: 'unary' }>['operator'];
type Binary = Extract<Expression, { kind: 'binary' }>['operator'];
const comparisons: readonly Binary[] = ['equal', 'notEqual', 'less', 'lessEqual', 'and', 'or'];

export const unary = (operator: Unary, operand: Expression): Expression => ({
  kind: 'unary',
  type: operand.type,
  operator,
  operand,
});
export const binary = (operator: Binary, left: Expression, right: Expression): Expression => ({
  kind: 'binary',
  type: comparisons.includes(operator) ? 'bool' : left.type,
  operator,
  left,
  right,
});
export const select = (condition: Expression, ifTrue: Expression, ifFalse: Expression): Expression => ({
  kind: 'select',
  type: ifTrue.type,
  condition,
  ifTrue,
  ifFalse,
});
export const inside = (conditions: readonly Condition[]): Expression => ({ kind: 'inside', type: 'bool', conditions });
export const cast = (operand: Expression, type: ScalarType): Expression => ({ kind: 'cast', type, operand });

/** mulberry32: the same numbers on every run. */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class PlanBuilder {
  readonly buffers: PlanBuffer[] = [];
  readonly kernels: Kernel[] = [];
  readonly scalars: { type: 'f32' | 'i32' }[] = [];
  readonly data: HostArray[] = [];
  #arena = 0;
  #random: () => number;

  constructor(seed = 1) {
    this.#random = generator(seed);
  }

  /** A parameter with random contents (or those given); returns the buffer's position. */
  parameter(size: number, type: ScalarType = 'f32', values?: ArrayLike<number>): number {
    const make = (): number =>
      type === 'f32'
        ? this.#random() * 2 - 1
        : type === 'i32'
          ? Math.floor(this.#random() * 200) - 100
          : Number(this.#random() < 0.5);
    const source = values ?? Array.from({ length: size }, make);
    this.data.push(type === 'f32' ? Float32Array.from(source) : Int32Array.from(source));
    return this.buffers.push({ kind: 'parameter', position: this.data.length - 1, offset: 0, type, size }) - 1;
  }

  temporary(size: number, type: ScalarType = 'f32'): number {
    const offset = this.#arena;
    this.#arena += Math.ceil((size * 4) / 256) * 256;
    return this.buffers.push({ kind: 'temporary', position: 0, offset, type, size }) - 1;
  }

  plan(): Plan {
    return {
      kernels: this.kernels,
      buffers: this.buffers,
      parameterCount: this.data.length,
      scalars: this.scalars,
      arenaBytes: this.#arena,
    };
  }
}

/** Contents of all parameters after some runs on a backend. */
export async function runPlan(
  plan: Plan,
  data: readonly HostArray[],
  scalars: readonly number[] = [],
  device: Backend = backend,
  runs = 1,
): Promise<HostArray[]> {
  const executable = device.compile(plan);
  const buffers = data.map((values) => {
    const buffer = device.allocate(values.byteLength);
    device.write(buffer, values);
    return buffer;
  });
  for (let run = 0; run < runs; run++) device.run(executable, buffers, scalars);
  const results = data.map((values) => values.slice());
  for (const [i, buffer] of buffers.entries()) {
    const into = results[i];
    if (into !== undefined) await device.read(buffer, into);
    device.free(buffer);
  }
  executable.dispose();
  return results;
}

/** What the code of a plan does, line by line. */
export function sourceOf(builder: PlanBuilder, device: Backend = backend): string {
  const executable = device.compile(builder.plan());
  const source = device.source(executable);
  executable.dispose();
  return source;
}

/** Where a backend's results differ from the evaluator's; empty if they agree within `tolerance` · max(scale, |value|). */
export async function mismatches(
  builder: PlanBuilder,
  scalars: readonly number[] = [],
  { tolerance = 1e-5, scale = 1, device = backend }: { tolerance?: number; scale?: number; device?: Backend } = {},
): Promise<string[]> {
  const plan = builder.plan();
  const expected = evaluatePlan(plan, builder.data, scalars);
  const actual = await runPlan(plan, builder.data, scalars, device);
  const wrong: string[] = [];
  expected.forEach((values, parameter) => {
    values.forEach((want, i) => {
      const got = actual[parameter]?.[i] ?? Number.NaN;
      if (Object.is(got, want) || got === want || (Number.isNaN(got) && Number.isNaN(want))) return;
      if (!(Math.abs(got - want) <= tolerance * Math.max(scale, Math.abs(want)))) {
        wrong.push(`parameter ${parameter}[${i}] is ${got} instead of ${want}`);
      }
    });
  });
  return wrong.slice(0, 5);
}
