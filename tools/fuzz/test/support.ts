import { beforeAll, expect, it } from 'vitest';
import { setDevice, type DeviceName } from '../../../packages/tensor/src/index.ts';
import { checkGraph, shrink, stepsOf } from '../src/check.ts';

/** Declares the test that the first `count` graphs are on a device what the interpreter computes. HEBB_FUZZ=2000 asks for more. */
export function testGraphs(device: DeviceName, count: number, steps?: Parameters<typeof stepsOf>[1]): void {
  const graphs = Number(process.env['HEBB_FUZZ'] ?? count);
  beforeAll(() => setDevice(device));

  it(
    `${graphs} random graphs on ${device} have the values, gradients and updates of the interpreter`,
    async () => {
      for (let seed = 1; seed <= graphs; seed++) {
        const failure = await checkGraph(seed, stepsOf(seed, steps));
        expect(failure === undefined ? undefined : await shrink(failure)).toBeUndefined();
      }
    },
    60_000 + 2_000 * graphs,
  );
}
