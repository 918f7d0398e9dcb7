/** Recurrent layers and cells against PyTorch's: outputs, last states and all gradients. */
import { valueAndGrad } from '@hebb/autograd';
import { realize, setDevice, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, it } from 'vitest';
import { caseName, cases, moduleOf, resultsOf } from '../../../layers/test/support/recurrent.ts';
import { devices } from '../../../tensor/test/support/devices.ts';
import { expectClose, toTensor, type Stored } from '../../../tensor/test/support/golden.ts';

const parameterOf = (stored: Stored): Tensor => variable(toTensor(stored), { requiresGrad: true });

describe.each(devices)('recurrent layers on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(cases.map((entry) => [caseName(entry), entry] as const))('%s', async (name, entry) => {
    const module = moduleOf(entry);
    module.loadStateDict(Object.fromEntries(Object.entries(entry.state).map(([key, value]) => [key, toTensor(value)])));
    const x = parameterOf(entry.input);
    const initial = entry.initial?.map(parameterOf);
    const inputs = [['input', x], ...(initial ?? []).map((part, i) => [`initial ${['hidden', 'cell'][i]}`, part])] as [
      string,
      Tensor,
    ][];
    const run = (): { value: Tensor; aux: Tensor[] } => {
      const results = resultsOf(module, x, initial, entry.lengths ?? undefined);
      const parts = results.map((result, i) => result.mul(toTensor(entry.cotangents[i] as Stored)).sum());
      return { value: parts.reduce((sum, part) => sum.add(part)), aux: results };
    };
    let results: Tensor[] = [];
    const { grads } = valueAndGrad(
      () => {
        const { value, aux } = run();
        results = aux;
        return value;
      },
      new Map([...module.namedParameters(), ...inputs]),
    );
    await realize([...results, ...grads.values()]);
    for (const [i, result] of results.entries())
      await expectClose(result, entry.results[i] as Stored, `${name}: result ${i}`);
    for (const [key, value] of Object.entries(entry.gradients))
      await expectClose(grads.get(key) as Tensor, value, `${name}: ${key}`);
  });
});
