/** A variable that a pass changes on its way is one variable to its gradients. */
import { assign, compile, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { backward, valueAndGrad } from '../src/index.ts';

describe.each(devices)('amended variables on %s', (device) => {
  beforeAll(() => setDevice(device));

  /** 2x + 3 · min(x, 1) + 4 · min(x, 1)², where x is cut to 1 between: with respect to x, which the cuts do not change for gradients, 5 + 8 · min(x, 1). */
  const lossOf = (x: Tensor, amends: boolean): Tensor => {
    const first = x.mul(2);
    assign(x, x.detach().minimum(1.5), { amends });
    const second = x.mul(3);
    assign(x, x.detach().minimum(1), { amends });
    return first.add(second).add(x.square().mul(4)).sum();
  };

  it.each(['recorded', 'compiled'] as const)('counts what is read before and after: %s', async (how) => {
    const x = variable(tensor([0.5, 2]), { requiresGrad: true });
    const once = (): Tensor => valueAndGrad(() => lossOf(x, true), [x]).grads[0] as Tensor;
    const step = how === 'compiled' ? compile(once) : once;
    expect(await step().toArray()).toEqual([5 + 4, 5 + 8]);
    expect(await x.toArray()).toEqual([0.5, 1]);
    expect(await step().toArray()).toEqual([5 + 4, 5 + 8]);
  });

  it('so does backward, also after the loss has been read', async () => {
    const x = variable(tensor([0.5, 2]), { requiresGrad: true });
    const loss = (): Tensor => {
      const first = x.add(0);
      assign(x, x.detach().minimum(1), { amends: true });
      return first.add(x.mul(3)).sum();
    };
    backward(loss());
    expect(await x.grad?.toArray()).toEqual([4, 4]);
    const next = loss();
    await next.item();
    backward(next);
    expect(await x.grad?.toArray()).toEqual([8, 8]);
  });

  it('without it counts what the variable was when the function began', async () => {
    const x = variable(tensor([0.5, 2]), { requiresGrad: true });
    const gradient = valueAndGrad(() => lossOf(x, false), [x]).grads[0] as Tensor;
    expect(await gradient.toArray()).toEqual([2, 2]);
  });
});
