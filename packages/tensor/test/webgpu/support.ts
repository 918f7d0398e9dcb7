/** Builds small plans by hand, runs them on the WebGPU device of the tests and compares with the float64 evaluator. */
import { describe, expect } from 'vitest';
import {
  axisIndex,
  constantIndex,
  makeAxis,
  scaleIndex,
  sumIndex,
  type Axis,
  type Index,
} from '../../src/compiler/index-expression.ts';
import type {
  BinaryOperator,
  Condition,
  Expression,
  Kernel,
  Plan,
  PlanBuffer,
  ScalarType,
  Store,
  UnaryOperator,
} from '../../src/compiler/kernel.ts';
import type { HostArray } from '../../src/runtime/backend.ts';
import { WebgpuBackend } from '../../src/webgpu/backend.ts';
import { acquireDevice, type Acquired } from '../../src/webgpu/device.ts';
import { evaluatePlan } from '../support/plan-evaluator.ts';

/** Runs where a device is to be had, or has to be. */
export const enabled: boolean = process.env['HEBB_TEST_WEBGPU'] === '1' || process.env['HEBB_REQUIRE_WEBGPU'] === '1';
export const describeWebgpu: typeof describe | typeof describe.skip = enabled ? describe : describe.skip;

export async function openBackend(
  changes: (acquired: Acquired) => Partial<Acquired> = () => ({}),
): Promise<WebgpuBackend> {
  const acquired = await acquireDevice({ allowSoftware: true });
  if ('unavailable' in acquired) throw new Error(acquired.unavailable);
  return new WebgpuBackend({ ...acquired, ...changes(acquired) });
}

export function parameter(position: number, size: number, type: ScalarType = 'f32'): PlanBuffer {
  return { kind: 'parameter', position, offset: 0, type, size };
}

export function temporary(offset: number, size: number, type: ScalarType = 'f32'): PlanBuffer {
  return { kind: 'temporary', position: 0, offset, type, size };
}

export function makePlan(
  buffers: readonly PlanBuffer[],
  kernels: readonly Kernel[],
  scalars: readonly ('f32' | 'i32')[] = [],
): Plan {
  const ends = buffers.map(({ kind, offset, size }) =>
    kind === 'temporary' ? Math.ceil((offset + size * 4) / 256) * 256 : 0,
  );
  return {
    buffers,
    kernels,
    parameterCount: Math.max(0, ...buffers.map(({ kind, position }) => (kind === 'parameter' ? position + 1 : 0))),
    scalars: scalars.map((type) => ({ type })),
    arenaBytes: Math.max(0, ...ends),
  };
}

export function axesOf(...extents: number[]): Axis[] {
  return extents.map(makeAxis);
}

/** constant + Σ stride · axis. */
export function strided(axes: readonly Axis[], strides: readonly number[], constant = 0): Index {
  return sumIndex([constantIndex(constant), ...axes.map((axis, i) => scaleIndex(axisIndex(axis), strides[i] ?? 0))]);
}

export function rowMajor(...axes: Axis[]): Index {
  let stride = 1;
  const strides = axes.map(() => 0);
  for (let i = axes.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= axes[i]?.extent ?? 1;
  }
  return strided(axes, strides);
}

export function load(
  buffer: number,
  index: Index,
  type: ScalarType = 'f32',
  guards: readonly Condition[] = [],
): Expression {
  return { kind: 'load', type, buffer, index, guards };
}

export function constant(value: number, type: ScalarType = 'f32'): Expression {
  return { kind: 'constant', type, value };
}

export function unary(operator: UnaryOperator, operand: Expression): Expression {
  return { kind: 'unary', type: operand.type, operator, operand };
}

const comparisons: readonly BinaryOperator[] = ['equal', 'notEqual', 'less', 'lessEqual', 'and', 'or'];

export function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', type: comparisons.includes(operator) ? 'bool' : left.type, operator, left, right };
}

export function cast(type: ScalarType, operand: Expression): Expression {
  return { kind: 'cast', type, operand };
}

export function select(condition: Expression, ifTrue: Expression, ifFalse: Expression): Expression {
  return { kind: 'select', type: ifTrue.type, condition, ifTrue, ifFalse };
}

export function result(position = 0, type: ScalarType = 'f32'): Expression {
  return { kind: 'result', type, position };
}

export function store(buffer: number, index: Index, value: Expression): Store {
  return { buffer, index, value };
}

export function map(axes: readonly Axis[], ...stores: Store[]): Kernel {
  return { kind: 'map', name: 'map', axes, stores };
}

/** Distinct values between −2 and 2, exact in float32. */
export function values(size: number, seed = 1): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => (((i + 1) * 2654435761 * (2 * seed + 1)) % 4093) / 1024 - 2);
}

export function integers(size: number, range: number, seed = 1): Int32Array {
  return Int32Array.from(
    { length: size },
    (_, i) => (((i + 1) * 40503 * (2 * seed + 1)) % range) - Math.floor(range / 3),
  );
}

/** Runs the plan once on copies of the arrays and returns every parameter afterwards. */
export async function runPlan(
  backend: WebgpuBackend,
  plan: Plan,
  parameters: readonly HostArray[],
  scalars: readonly number[] = [],
): Promise<HostArray[]> {
  const executable = backend.compile(plan);
  const buffers = parameters.map((data) => {
    const buffer = backend.allocate(data.byteLength);
    backend.write(buffer, data);
    return buffer;
  });
  backend.run(executable, buffers, scalars);
  const results = parameters.map((data) => data.slice());
  await Promise.all(buffers.map((buffer, i) => backend.read(buffer, results[i]!)));
  for (const buffer of buffers) backend.free(buffer);
  executable.dispose();
  return results;
}

export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

/** Fails where a value differs by more than absolute + relative · |expected|; NaN equals NaN, infinities equal themselves. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 1e-6, relative = 1e-5 }: Tolerance = {},
): void {
  expect(actual.length).toBe(expected.length);
  const wrong: string[] = [];
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    if (Object.is(a, e) || a === e) continue;
    if (!(Math.abs(a - e) <= absolute + relative * Math.abs(e)) && wrong.length < 5)
      wrong.push(`[${i}] ${a}, expected ${e}`);
  }
  expect(wrong).toEqual([]);
}

/** Compares every parameter after a run with the evaluator's. */
export async function check(
  backend: WebgpuBackend,
  plan: Plan,
  parameters: readonly HostArray[],
  scalars: readonly number[] = [],
  tolerance: Tolerance = {},
): Promise<HostArray[]> {
  const actual = await runPlan(backend, plan, parameters, scalars);
  const expected = evaluatePlan(plan, parameters, scalars);
  actual.forEach((data, i) => expectClose(data, expected[i]!, tolerance));
  return actual;
}
