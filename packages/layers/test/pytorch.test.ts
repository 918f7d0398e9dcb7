/** Outputs, running statistics and names against PyTorch's. Gradients are compared in `@hebb/training`, which may import autograd. */
import { setDevice } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor } from '../../tensor/test/support/golden.ts';
import { BatchNorm1d, BatchNorm2d, buffer, fromConfig, Linear, Module, parameter, Sequential } from '../src/index.ts';
import { ones, zeros, type Tensor } from '@hebb/tensor';
import { Net } from './support/net.ts';
import { caseName, mapValues, type Golden } from './support/cases.ts';

const { cases, names } = golden(new URL('golden/pytorch.json', import.meta.url)) as Golden;

describe.each(devices)('layers on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(cases.map((entry) => [caseName(entry), entry] as const))(
    '%s',
    async (name, { config, training, state, inputs, output, stateAfter }) => {
      const module = fromConfig(config).train(training);
      module.loadStateDict(mapValues(state, toTensor));
      const outputs = inputs.map((input) => module.forward(toTensor(input)));
      await expectClose(outputs.at(-1) as Tensor, output, name);
      const buffers = module.namedBuffers();
      expect([...buffers.keys()]).toEqual(Object.keys(stateAfter));
      for (const [key, value] of Object.entries(stateAfter))
        await expectClose(buffers.get(key) as Tensor, value, `${name}: ${key}`);
    },
  );
});

/** The same as in tools/golden/layers.py. */
class Mixed extends Module {
  scale = parameter(ones([3]));
  input = new Linear(2, 3);
  norm = new BatchNorm2d(3);
  blocks = [new Sequential(new Linear(3, 3), new BatchNorm1d(3)), new Linear(3, 3, { bias: false })];
  again = this.input;
  offset = buffer(zeros([2]));
  forward(x: Tensor): Tensor {
    return x;
  }
}

describe('names', () => {
  const state = (module: Module): unknown => [...module.stateDict()].map(([name, { shape }]) => [name, shape]);

  it("the manual's network has PyTorch's names, shapes and order", () => {
    expect(state(new Net())).toEqual(names.net.state);
    expect([...new Net().namedParameters().keys()]).toEqual(names.net.parameters);
  });

  it('own parameters come before those of modules, lists count their modules, shared modules are listed once', () => {
    const mixed = new Mixed();
    // PyTorch's state_dict repeats shared tensors, its named_parameters does not.
    expect(state(mixed)).toEqual(names.mixed.state.filter(([name]) => !name.startsWith('again')));
    expect([...mixed.namedParameters().keys()]).toEqual(names.mixed.parameters);
    expect([...mixed.namedBuffers().keys()]).toEqual(names.mixed.buffers);
  });
});
