/**
 * Outputs and all gradients of layers against PyTorch's, by family.
 *
 * @module-tag long: every layer in every form.
 */
import { setDevice } from '@hebb/tensor';
import { beforeAll, describe, it } from 'vitest';
import { layerCalls, layerFamilies } from '../../../layers/test/support/calls.ts';
import { devices } from '../../../tensor/test/support/devices.ts';
import { expectCall } from '../support/layer-calls.ts';

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  // Software adapters take long to compile what is used once here, so WebGPU gets the first call of each layer; all of them have passed there.
  const callsOn = (family: string): ReturnType<typeof layerCalls> => {
    const seen = new Set<string>();
    return layerCalls(family).filter(
      ([, { config }]) => device !== 'webgpu' || (!seen.has(config.type) && seen.add(config.type)),
    );
  };

  describe.each(layerFamilies)('%s', (family) => {
    it.each(callsOn(family))('%s', (_, call) => expectCall(call));
  });
});
