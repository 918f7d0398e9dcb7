/** Gradients, and gradients of gradients, against central differences in float64. */
import { ones, tensor, type Tensor } from '@hebb/tensor';
import type { PlanPrimitive } from '@hebb/tensor/graph';
import { jvp, vjp } from '../../src/index.ts';
import { float64Function, startRecording } from './float64.ts';

export interface Input {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Numbers without pattern in low … high, distinct, and at least `gap` from the points in `away` (kinks, say; 0 by default). */
export function input(
  shape: readonly number[],
  { low = -1.5, high = 1.5, seed = 1, away = [0] as readonly number[], gap = 0.05 } = {},
): Input {
  const size = shape.reduce((a, b) => a * b, 1);
  const values: number[] = [];
  let state = seed * 7919 + size;
  while (values.length < size) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = low + ((high - low) * state) / 0x100000000;
    const distinct = size > 40 || values.every((other) => Math.abs(other - value) > 0.01);
    if (distinct && away.every((point) => Math.abs(value - point) > gap)) values.push(value);
  }
  return { shape, values: Float64Array.from(values) };
}

const epsilon = 1e-5;

function shift(values: Float64Array, position: number, delta: number): Float64Array {
  const shifted = values.slice();
  shifted[position] = (shifted[position] ?? 0) + delta;
  return shifted;
}

/** ∂f/∂x by central differences, for a function with one number as its result. */
function differences(f: (values: readonly Float64Array[]) => number, at: readonly Float64Array[]): Float64Array[] {
  return at.map((values, which) =>
    values.map((_, i) => {
      const shifted = (delta: number): number =>
        f(at.map((other, j) => (j === which ? shift(other, i, delta) : other)));
      return (shifted(epsilon) - shifted(-epsilon)) / (2 * epsilon);
    }),
  );
}

function largestError(actual: readonly Float64Array[], expected: readonly Float64Array[]): number {
  let error = 0;
  actual.forEach((values, which) =>
    values.forEach((value, i) => {
      const reference = expected[which]?.[i] ?? NaN;
      const difference = Math.abs(value - reference) / Math.max(1, Math.abs(reference));
      error = difference <= error ? error : difference;
    }),
  );
  return error;
}

export interface GradientErrors {
  readonly first: number;
  readonly second: number;
  /** Of the gradient of the derivative of the second in a direction. */
  readonly third: number;
  /** Of the derivative in a direction. */
  readonly tangent: number;
  /** Of ⟨w, Jv⟩ beside ⟨Jᵀw, v⟩, which are one number. */
  readonly transpose: number;
  /** The primitives that the function consists of. */
  readonly primitives: ReadonlySet<PlanPrimitive>;
}

/** (f(x + εv) − f(x − εv)) / 2ε. */
function differenceAlong(
  f: (values: readonly Float64Array[]) => Float64Array,
  at: readonly Float64Array[],
  direction: readonly Float64Array[],
): Float64Array {
  const moved = (delta: number): Float64Array =>
    f(at.map((values, which) => values.map((value, i) => value + delta * (direction[which]?.[i] ?? NaN))));
  const [above, below] = [moved(epsilon), moved(-epsilon)];
  return above.map((value, i) => (value - (below[i] ?? NaN)) / (2 * epsilon));
}

/** Σ ⟨aᵢ, bᵢ⟩. */
function inner(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  return a.reduce((sum, values, i) => values.reduce((part, value, j) => part + value * (b[i]?.[j] ?? NaN), sum), 0);
}

/**
 * Relative errors of the gradient of Σ w · f(x), of the gradient of ⟨that gradient, v⟩, of the gradient of ⟨that, v⟩, and of the derivative of f in the direction of v, for fixed w and v
 * without pattern.
 */
export function gradientErrors(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Input[]): GradientErrors {
  startRecording();
  const leaves = inputs.map(({ shape, values }) => tensor(values, { shape }));
  const output = f(...leaves);
  const weights = input(output.shape, { seed: 17 });
  const directions = inputs.map(({ shape }, i) => input(shape, { seed: 23 + i }));
  const asTensor = ({ shape, values }: Input): Tensor => tensor(values, { shape });
  const w = asTensor(weights);
  const v = directions.map(asTensor);
  const constants = [w, ...v];
  const constantValues = [weights, ...directions].map(({ values }) => values);
  const at = inputs.map(({ values }) => values);

  const loss = (...x: Tensor[]): Tensor =>
    f(...x)
      .mul(w)
      .sum();
  const slopeOf =
    (g: (...x: Tensor[]) => Tensor) =>
    (...x: Tensor[]): Tensor => {
      const { pullback } = vjp(g, ...x);
      const parts = pullback(ones([])).map((gradient, i) => gradient.mul(v[i] as Tensor).sum());
      return parts.reduce((a, b) => a.add(b));
    };
  const along = slopeOf(loss);
  const twice = slopeOf(along);
  const run = (outputs: readonly Tensor[]): ((values: readonly Float64Array[]) => Float64Array[]) => {
    const compute = float64Function(outputs, [...leaves, ...constants]);
    return (values) => compute([...values, ...constantValues]);
  };

  const first = vjp(loss, ...leaves);
  const firstOrder = run(first.pullback(ones([])))(at);
  const lossAt = run([loss(...leaves)]);
  const second = vjp(along, ...leaves);
  const secondOrder = run(second.pullback(ones([])))(at);
  const alongAt = run([along(...leaves)]);
  const thirdOrder = run(vjp(twice, ...leaves).pullback(ones([])))(at);
  const twiceAt = run([twice(...leaves)]);
  const tangent = run([jvp(f, leaves, v).tangent])(at);
  const outputAt = run([output]);
  const slope = differenceAlong(
    (values) => outputAt(values)[0] ?? new Float64Array(),
    at,
    directions.map(({ values }) => values),
  );
  const pushed = inner([weights.values], tangent);
  const pulled = inner(
    firstOrder,
    directions.map(({ values }) => values),
  );
  return {
    transpose: Math.abs(pushed - pulled) / Math.max(1, Math.abs(pulled)),
    third: largestError(
      thirdOrder,
      differences((values) => twiceAt(values)[0]?.[0] ?? NaN, at),
    ),
    tangent: largestError(tangent, [slope]),
    first: largestError(
      firstOrder,
      differences((values) => lossAt(values)[0]?.[0] ?? NaN, at),
    ),
    second: largestError(
      secondOrder,
      differences((values) => alongAt(values)[0]?.[0] ?? NaN, at),
    ),
    primitives: float64Function([output], leaves).primitives,
  };
}
