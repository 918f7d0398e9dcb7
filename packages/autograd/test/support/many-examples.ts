/** Functions of one example, mapped over many, against a loop over the examples, in float64. */
import { stack, tensor, type Tensor } from '@hebb/tensor';
import { vjp, vmap } from '../../src/index.ts';
import type { Input } from './finite-differences.ts';
import { float64Function, startRecording } from './float64.ts';

const count = 3;

/** Every way to map over some of the inputs. */
function subsets(length: number): boolean[][] {
  return Array.from({ length: 2 ** length - 1 }, (_, i) =>
    Array.from({ length }, (_unused, bit) => ((i + 1) & (1 << bit)) !== 0),
  );
}

/**
 * The largest differences between what is mapped and what a loop gives, over every choice of the inputs that are mapped over: of the values, of gradients of what is mapped, and
 * of mapped gradients.
 */
export function mappingErrors(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Input[],
): { values: number; outside: number; inside: number } {
  startRecording();
  // Near one another, since functions may have kinks and borders.
  const all = inputs.map(({ shape, values }) => {
    const examples = Array.from({ length: count }, (_, k) => values.map((value) => value * (1 + 0.01 * k)));
    const data = Float64Array.from(examples.flatMap((example) => [...example]));
    return { data, leaf: tensor(data, { shape: [count, ...shape] }) };
  });
  const shared = inputs.map(({ shape, values }) => ({ data: values, leaf: tensor(values, { shape }) }));
  const weight = (shape: readonly number[]): Tensor =>
    tensor(
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(3 * i + 1)),
      { shape },
    );
  const differences = (pairs: readonly (readonly [Tensor, Tensor])[]): number => {
    const leaves = [...all, ...shared];
    const run = float64Function(
      pairs.flatMap((pair) => [...pair]),
      leaves.map(({ leaf }) => leaf),
    );
    const results = run(leaves.map(({ data }) => data));
    let largest = 0;
    pairs.forEach(([a, b], i) => {
      if (String(a) !== String(b)) throw new Error(`${a} is no ${b}`);
      const [left, right] = [results[2 * i] as Float64Array, results[2 * i + 1] as Float64Array];
      left.forEach((value, j) => {
        const other = right[j] as number;
        const error = Object.is(value, other) ? 0 : Math.abs(value - other) / Math.max(1, Math.abs(other));
        if (!(error <= largest)) largest = error;
      });
    });
    return largest;
  };

  const errors = { values: 0, outside: 0, inside: 0 };
  for (const mask of subsets(inputs.length)) {
    const inAxes = mask.map((isMapped) => (isMapped ? 0 : null));
    const args = mask.map((isMapped, i) => (isMapped ? all : shared)[i]?.leaf as Tensor);
    const example = (given: readonly Tensor[], k: number): Tensor[] =>
      given.map((x, i) => (mask[i] === true ? x.narrow(0, k, 1).reshape(inputs[i]?.shape ?? []) : x));
    const loop =
      (g: (...x: Tensor[]) => Tensor) =>
      (...given: Tensor[]): Tensor =>
        stack(Array.from({ length: count }, (_, k) => g(...example(given, k))));
    const mapped = vmap(f, { inAxes });

    const [left, right] = [vjp(mapped, ...args), vjp(loop(f), ...args)];
    errors.values = Math.max(errors.values, differences([[left.value, right.value]]));
    const cotangent = weight(right.value.shape);
    const [ofMapped, ofLoop] = [left.pullback(cotangent), right.pullback(cotangent)];
    errors.outside = Math.max(
      errors.outside,
      differences(ofMapped.map((gradient, i) => [gradient, ofLoop[i] as Tensor] as const)),
    );

    const gradients = (...x: Tensor[]): Tensor[] => {
      const { value, pullback } = vjp(f, ...x);
      return pullback(weight(value.shape));
    };
    const inside = vmap(gradients, { inAxes })(...args);
    errors.inside = Math.max(
      errors.inside,
      differences(
        inside.map((gradient, i) => [gradient, loop((...x) => gradients(...x)[i] as Tensor)(...args)] as const),
      ),
    );
  }
  return errors;
}
