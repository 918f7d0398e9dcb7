/** What a device cannot bind is refused by name, before anything runs. No device is needed. */
import { expect, test } from 'vitest';
import { compileProgram } from '../../src/compiler/compile.ts';
import { linearize, toProgram } from '../../src/graph/program.ts';
import { nodeOf } from '../../src/handle.ts';
import { argSort, DeviceError, iota } from '../../src/index.ts';
import { defaultLimits, gpuProfile } from '../../src/webgpu/profile.ts';
import { placesApart } from '../../src/webgpu/schedule/bindings.ts';
import { lowerPlan, type Lowered } from '../../src/webgpu/schedule/lower.ts';

/** The dispatches of sorting `count` numbers. */
const sorting = (count: number): Lowered =>
  lowerPlan(
    compileProgram(toProgram(linearize([nodeOf(argSort(iota([count], 0)))]))),
    { limits: defaultLimits, profile: gpuProfile },
    placesApart(1),
  );

test('rows that are larger than a binding are not sorted', () => {
  expect(() => sorting(40_000_000)).toThrow(DeviceError);
  expect(() => sorting(40_000_000)).toThrow(/sorts 160000000 bytes at once, .* at most 134217728 bytes/);
  // Keys, blocks of 32, 20 rounds of merging, and the positions.
  expect(sorting(30_000_000).steps.length).toBe(23);
});
