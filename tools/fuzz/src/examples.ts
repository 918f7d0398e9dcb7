/** One random graph and its gradient, mapped over examples, against a loop over them, in float64. */
import { grad, vmap } from '../../../packages/autograd/src/index.ts';
import { linearize, nodeOf, toProgram } from '../../../packages/tensor/src/graph.ts';
import { stack, tensor, type Tensor } from '../../../packages/tensor/src/index.ts';
import { interpret } from '../../../packages/tensor/src/reference/interpret.ts';
import { buildLoss } from './check.ts';
import { randomLeaves } from './graphs.ts';
import { makeRandom } from './random.ts';

const count = 3;

/** What a value and gradients differ by, mapped and looped; `undefined` where they agree. Every third leaf is shared by all examples. */
export function checkMapping(seed: number, steps: number): string | undefined {
  const stored = randomLeaves(makeRandom(seed));
  const isShared = stored.map((_, i) => (i + seed) % 3 === 0 && stored.length > 1);
  const examples = stored.map(({ shape, data }, i) =>
    isShared[i] === true
      ? tensor(data, { shape })
      : stack(
          Array.from({ length: count }, (_, k) =>
            tensor(
              data.map((x) => x * (1 - 0.1 * k)),
              { shape },
            ),
          ),
        ),
  );
  const inAxes = isShared.map((shared) => (shared ? null : 0));
  if (!inAxes.includes(0)) return undefined;
  const f = (...x: Tensor[]): Tensor[] => {
    const loss = (...y: Tensor[]): Tensor => buildLoss(y, seed, steps);
    return [loss(...x), ...grad(loss, { argnums: [...x.keys()] })(...x)];
  };
  const mapped = vmap(f, { inAxes })(...examples);
  const each = Array.from({ length: count }, (_, k) =>
    f(...examples.map((x, i) => (isShared[i] === true ? x : x.narrow(0, k, 1).squeeze(0)))),
  );
  const looped = mapped.map((_, i) => stack(each.map((results) => results[i] as Tensor)));
  const linearization = linearize([...mapped, ...looped].map(nodeOf));
  const values = linearization.leaves.map((leaf) =>
    Float64Array.from((leaf.storage as { host?: Float32Array } | undefined)?.host ?? []),
  );
  const results = interpret(toProgram(linearization), values, []);
  for (const [i, result] of mapped.entries()) {
    const [left, right] = [results[i] as Float64Array, results[mapped.length + i] as Float64Array];
    if (String(result) !== String(looped[i])) return `result ${i} is ${result}, not ${looped[i]}`;
    const at = left.findIndex((value, j) => {
      const other = right[j] as number;
      return !Object.is(value, other) && !(Math.abs(value - other) <= 1e-9 * Math.max(1, Math.abs(other)));
    });
    if (at >= 0) return `seed ${seed}, ${steps} steps: result ${i}[${at}] is ${left[at]}, not ${right[at]}`;
  }
  return undefined;
}
