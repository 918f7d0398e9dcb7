/** Every primitive on the device beside the float64 interpreter: the largest error of each, and what is out of bounds. */
import { setDevice } from '@hebb/tensor';
import type { PlanPrimitive } from '../../../../packages/tensor/src/graph/attributes.ts';
import { makeCases, toleranceOf } from '../../../../packages/tensor/test/support/cases.ts';
import { differences, interpretTensors } from '../../../../packages/tensor/test/support/compare.ts';
import { outOfTime, type Part } from '../rows.ts';

/** The largest |actual − expected| / max(1, |expected|) among finite numbers. */
function largestError(actual: ArrayLike<number>, expected: Float64Array): number {
  let largest = 0;
  expected.forEach((want, i) => {
    const error = Math.abs((actual[i] ?? NaN) - want) / Math.max(1, Math.abs(want));
    if (Number.isFinite(error) && error > largest) largest = error;
  });
  return largest;
}

export const operationsPart: Part = async ({ report, remaining }) => {
  setDevice('webgpu');
  const cases = makeCases();
  const names = Object.keys(cases) as PlanPrimitive[];
  for (const [position, op] of names.entries()) {
    if (remaining() < 1000) {
      report({ name: `${names.length - position} primitives from ${op} on`, value: outOfTime });
      return;
    }
    let worst = 0;
    const wrong: string[] = [];
    for (const [i, { actual, expected = actual }] of cases[op].entries()) {
      try {
        const [want = new Float64Array()] = interpretTensors([expected()]);
        const result = actual();
        const got = await result.data();
        worst = Math.max(worst, largestError(got, want));
        const found = differences(got, want, toleranceOf(op, result, want));
        if (found.length > 0) wrong.push(`case ${i}, ${result}: ${found.join('; ')}`);
      } catch (error) {
        wrong.push(`case ${i}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    report({
      name: op,
      value: worst,
      unit: 'error',
      ...(wrong.length > 0 && { failed: true, note: wrong.slice(0, 3).join(' | ') }),
    });
  }
};
