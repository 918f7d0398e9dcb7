/** What a kernel, a reading and a copy cost besides their arithmetic. */
import { compile, device, realize, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { measure } from '../measure.ts';
import type { Part } from '../rows.ts';

const kernelCount = 100;

/** Kernels that cannot become one: each needs all of the one before. */
function chain(x: Tensor): Tensor {
  let value = x;
  for (let i = 0; i < kernelCount; i++) value = x.add(value.sum());
  return value;
}

async function medianOf(count: number, call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[count >> 1] ?? NaN;
}

export const dispatchPart: Part = async ({ report }) => {
  setDevice('webgpu');
  await device.ready();
  const x = zeros([64]);
  await realize(x);
  const run = compile(chain);
  await run(x).data();
  const kernels = device.stats().kernelsInLastRun;
  const issue: number[] = [];
  for (let i = 0; i < 50; i++) {
    const start = performance.now();
    run(x).dispose();
    issue.push(performance.now() - start);
    await device.synchronize();
  }
  const issued = issue.sort((a, b) => a - b)[25] ?? NaN;
  report({
    name: 'processor time of a kernel',
    value: (1000 * issued) / kernels,
    unit: 'µs',
    note: `${kernels} kernels a run`,
  });
  const whole = await measure(() => run(x).dispose());
  report({ name: 'a kernel of a chain, start to start', value: (1000 * whole.median) / kernels, unit: 'µs' });

  const one = compile((value: Tensor) => value.add(1));
  await one(x).data();
  report({
    name: 'one kernel and a reading of its 64 numbers',
    value: 1000 * (await medianOf(60, () => one(x).data())),
    unit: 'µs',
  });
  const megabytes = 64;
  const host = new Float32Array((megabytes * 2 ** 20) / 4).fill(1);
  const up = await medianOf(5, async () => {
    const value = tensor(host);
    const sum = one(value);
    await device.synchronize();
    sum.dispose();
    value.dispose();
  });
  report({ name: `${megabytes} MB to the device, and one kernel`, value: (megabytes * 1.048576) / up, unit: 'GB/s' });
  const big = tensor(host);
  await realize(big);
  const down = await medianOf(5, async () => one(big).data());
  report({ name: `one kernel, and ${megabytes} MB back`, value: (megabytes * 1.048576) / down, unit: 'GB/s' });
};
