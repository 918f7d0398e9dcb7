/** Outputs and all gradients of layers against PyTorch's, by family. */
import { setDevice } from '@hebb/tensor';
import { beforeAll, describe, it } from 'vitest';
import { layerCalls, layerFamilies } from '../../../layers/test/support/calls.ts';
import { devices } from '../../../tensor/test/support/devices.ts';
import { expectCall } from '../support/layer-calls.ts';

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  describe.each(layerFamilies)('%s', (family) => {
    it.each(layerCalls(family))('%s', (_, call) => expectCall(call));
  });
});
