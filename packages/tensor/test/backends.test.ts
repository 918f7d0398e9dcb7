import { beforeAll, describe, expect, it } from 'vitest';
import type { PlanPrimitive } from '../src/graph/attributes.ts';
import { primitiveNames } from '../src/graph/primitives.ts';
import { setDevice } from '../src/index.ts';
import { makeCases, toleranceOf } from './support/cases.ts';
import { differences, interpretTensors } from './support/compare.ts';
import { devices } from './support/devices.ts';

it('has a case for every primitive', () => {
  expect([...Object.keys(makeCases()), 'composite'].sort()).toEqual([...primitiveNames].sort());
});

describe.each(devices)('%s computes what the interpreter does:', (device) => {
  beforeAll(() => setDevice(device));

  const cases = makeCases();
  it.each(Object.keys(cases) as PlanPrimitive[])('%s', async (op) => {
    const failures: string[] = [];
    for (const [i, { actual, expected = actual }] of cases[op].entries()) {
      const [want = new Float64Array()] = interpretTensors([expected()]);
      const result = actual();
      const got = await result.data().catch((error: unknown) => String(error));
      const wrong = typeof got === 'string' ? [got] : differences(got, want, toleranceOf(op, result, want));
      if (wrong.length > 0) failures.push(`case ${i}, ${result}: ${wrong.join('; ')}`);
    }
    expect(failures).toEqual([]);
  });
});
