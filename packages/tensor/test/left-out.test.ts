/**
 * Optimisations that HEBB_WITHOUT leaves out: the device says so, and refuses names that none has.
 *
 * @module-tag alone: it loads the runtime anew.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { withoutListed } from '../src/compiler/optimisations.ts';
import type * as Hebb from '../src/index.ts';

afterEach(() => vi.unstubAllEnvs());

async function without(list: string): Promise<typeof Hebb> {
  vi.stubEnv('HEBB_WITHOUT', list);
  vi.resetModules();
  const hebb: typeof Hebb = await import('../src/index.ts');
  hebb.setDevice('wasm');
  return hebb;
}

it('computes a kernel for each operation without fusion and merging', async () => {
  const values: ArrayLike<number>[] = [];
  const kernels: number[] = [];
  for (const list of ['', 'fusion, merging']) {
    const hebb = await without(list);
    values.push(await hebb.tensor([1, 2, 3]).exp().tanh().add(1).data());
    kernels.push(hebb.device.stats().kernelsInLastRun);
    if (list !== '') expect(await hebb.device.ready()).toMatch(/, without fusion, merging$/);
  }
  expect(values[1]).toEqual(values[0]);
  expect(kernels).toEqual([1, 3]);
});

it('leaves out all', async () => {
  const hebb = await without('all');
  expect(await hebb.device.ready()).toMatch(/, without common-subexpressions, .*, open-sizes$/);
  expect(await hebb.tensor([1, 2]).add(1).toArray()).toEqual([2, 3]);
});

it('sums nothing to 0, whatever was in memory before', async () => {
  const hebb = await without('all');
  const { conv2d, matmul, ones, realize, zeros } = hebb;
  // Packed operands and sums lie in memory that all plans share.
  await realize(matmul(ones([200, 90]).mul(NaN), ones([90, 300])));
  const bias = hebb.tensor([1, 2, 3, 4]);
  expect([...(await matmul(zeros([30, 0]), zeros([0, 40])).data())]).toEqual(Array.from({ length: 1200 }, () => 0));
  const images = conv2d(zeros([2, 0, 5, 5]), zeros([4, 0, 3, 3]), { bias });
  expect([...(await images.sum([0, 2, 3]).data())]).toEqual([18, 36, 54, 72]);
});

it('refuses for WebGPU what WebAssembly alone has', () => {
  expect(() => withoutListed('rows, packing-once', 'webgpu')).toThrow("no optimisation 'packing-once' on webgpu");
  expect([...withoutListed('rows', 'webgpu')]).toEqual(['rows']);
  expect(withoutListed('all', 'webgpu').has('shared-code')).toBe(false);
});

it('refuses what is none, and lists those that there are', async () => {
  const hebb = await without('fusion,fuson');
  await expect(hebb.tensor([1]).add(1).data()).rejects.toThrow(
    /^\[HEBB_WITHOUT\] there is no optimisation 'fuson' on wasm\.\n {2}hint: There are common-subexpressions, simplification, fusion.*; or all\.$/,
  );
});
