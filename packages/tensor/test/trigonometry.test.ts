/** sin and cos of every size of argument, those that are hardest to reduce among them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { setDevice, tensor } from '../src/index.ts';
import { devices } from './support/devices.ts';
import { exactSine, hardestAngles } from './support/quarter-turns.ts';
import { everyExponent, sweep, ulpError } from './support/ulp.ts';

const samples = Float32Array.from([
  ...everyExponent(64),
  ...hardestAngles(),
  ...sweep(-20, 20, 20001),
  ...sweep(-5000, 5000, 20001),
  ...sweep(1.04e6, 1.06e6, 5001),
  ...[3e5, 1e12, 3.4028234663852886e38, Math.PI, Math.PI / 2, -Math.PI / 4],
]);

it('float64 has the sine of every float32', () => {
  const hard = hardestAngles();
  expect(hard.length).toBeGreaterThan(1000);
  for (const x of [...hard, ...everyExponent(8)]) {
    expect(Math.abs(Math.sin(x) - exactSine(x))).toBeLessThan(1e-15);
    expect(Math.abs(Math.cos(x) - exactSine(x, 1))).toBeLessThan(1e-15);
  }
  // The float32 number nearest to a multiple of π/2.
  expect(Math.min(...[...hard].map((x) => Math.min(Math.abs(Math.sin(x)), Math.abs(Math.cos(x)))))).toBeLessThan(1e-8);
});

describe.each(devices)('%s', (device) => {
  beforeAll(() => setDevice(device));
  // Of the results that are not tiny by chance: in ulp; of all: absolute, 2 ulp of 1 being 2.4e-7.
  const limit = { ulps: device === 'webgpu' ? 2.5 : 1.6, absolute: 1.2e-7 };

  it.each(['sin', 'cos'] as const)('%s', async (name) => {
    const values = await tensor(samples)[name]().data();
    const exact = Math[name];
    const worst = { ulps: 0, absolute: 0, at: 0 };
    samples.forEach((x, i) => {
      const got = values[i] ?? NaN;
      const want = exact(x);
      const ulps = ulpError(got, want, device === 'webgpu' ? 2 ** -126 : 0);
      const absolute = Math.abs(got - want);
      if (!(ulps <= worst.ulps)) [worst.ulps, worst.at] = [ulps, x];
      if (!(absolute <= worst.absolute)) worst.absolute = absolute;
    });
    expect(worst.absolute).toBeLessThanOrEqual(limit.absolute);
    expect(worst.ulps, `at ${worst.at}`).toBeLessThanOrEqual(limit.ulps);
  });

  it('keep the sign of zero and denormal numbers, and have NaN at infinity', async () => {
    const x = tensor([0, -0, Infinity, -Infinity, NaN]);
    expect([...(await x.sin().data())]).toEqual([0, -0, NaN, NaN, NaN]);
    expect([...(await x.cos().data())]).toEqual([1, 1, NaN, NaN, NaN]);
    const [denormal = NaN] = await tensor([1e-40]).sin().data();
    expect([0, Math.fround(1e-40)]).toContain(denormal);
  });

  it('a number has the same sine whatever stands beside it', async () => {
    const x = Float32Array.from({ length: 64 }, (_, i) => (i % 3 === 0 ? 1e30 * (i + 1) : i / 7));
    const together = await tensor(x).sin().data();
    const alone = await tensor(x.filter((_, i) => i % 3 !== 0))
      .sin()
      .data();
    expect([...together].filter((_, i) => i % 3 !== 0)).toEqual([...alone]);
  });
});
