/** Losses against PyTorch's, with all options. Gradients are compared in `@hebb/training`, which may import autograd. */
import { setDevice } from '@hebb/tensor';
import { beforeAll, describe, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor } from '../../tensor/test/support/golden.ts';
import { computeLoss, lossName, type LossCase } from './support/cases.ts';

const cases = golden(new URL('golden/pytorch.json', import.meta.url)) as LossCase[];

describe.each(devices)('losses on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(cases.map((entry) => [lossName(entry), entry] as const))('%s', async (name, entry) => {
    await expectClose(computeLoss(entry, toTensor(entry.prediction)), entry.value, name);
  });
});
