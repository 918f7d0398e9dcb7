/** Frozen parameters: what `backward` and steps leave alone, in plain and in compiled functions, beside PyTorch's numbers. */
import { backward, grad, valueAndGrad } from '@hebb/autograd';
import { BatchNorm1d, Linear, Module, ReLU, Sequential } from '@hebb/layers';
import { ArgumentError, assign, compile, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';

const weight = (value: number): Tensor => variable(tensor([value]), { requiresGrad: true });

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('backward passes through what is frozen and leaves it without a gradient', async () => {
    const [a, b, c] = [weight(2), weight(3), weight(5)];
    b.trainable = false;
    const loss = (): Tensor => a.mul(b).mul(c).sum();
    backward(loss());
    expect([await a.grad?.item(), b.grad, await c.grad?.item()]).toEqual([15, undefined, 6]);
    b.trainable = true;
    backward(loss());
    expect([await a.grad?.item(), await b.grad?.item(), await c.grad?.item()]).toEqual([30, 10, 12]);
    // Asked for by name, its gradient is there all the same.
    b.trainable = false;
    expect(await valueAndGrad(loss, { b }).grads.b.item()).toBe(10);
    expect(await grad((x: Tensor) => x.mul(c).sum())(b).item()).toBe(5);
  });

  it('a compiled step follows freezing and unfreezing, and finds its records again', async () => {
    const [a, b] = [weight(2), weight(3)];
    let recorded = 0;
    const step = compile((x: Tensor) => {
      recorded++;
      a.grad = b.grad = undefined;
      backward(a.mul(b).mul(x).sum());
      for (const parameter of [a, b])
        if (parameter.grad !== undefined) assign(parameter, parameter.sub(parameter.grad));
      a.grad = b.grad = undefined;
    });
    const run = async (): Promise<(number | undefined)[]> => {
      step(tensor([1]));
      return [await a.item(), await b.item()];
    };
    expect(await run()).toEqual([-1, 1]);
    a.trainable = false;
    expect(await run()).toEqual([-1, 2]);
    b.trainable = false;
    await expect(run()).rejects.toThrow('all parameters that the loss depends on are frozen');
    a.trainable = true;
    expect(await run()).toEqual([-3, 2]);
    b.trainable = true;
    expect(await run()).toEqual([-5, 5]);
    a.trainable = false;
    expect(await run()).toEqual([-5, 10]);
    expect(recorded).toBe(4);
  });

  it('modes are another matter: a frozen batch normalisation moves its statistics until eval()', async () => {
    const norm = new BatchNorm1d(1).freeze();
    norm.forward(tensor([[1], [3]]));
    expect(await norm.running_mean?.toArray(1)).toEqual([expect.closeTo(0.2)]);
    norm.eval().forward(tensor([[5], [7]]));
    expect(await norm.running_mean?.toArray(1)).toEqual([expect.closeTo(0.2)]);
  });
});

describe('trainable', () => {
  beforeAll(() => setDevice('reference'));

  it('is true of parameters alone; the role stays when it changes', () => {
    const [parameter, buffer, plain] = [weight(1), variable(tensor([1])), tensor([1])];
    expect([parameter, buffer, plain, parameter.mul(2)].map(({ trainable }) => trainable)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    parameter.trainable = false;
    buffer.trainable = false;
    plain.trainable = false;
    expect([parameter.trainable, parameter.requiresGrad, parameter.mul(2).requiresGrad]).toEqual([false, true, true]);
    expect(() => (buffer.trainable = true)).toThrow(ArgumentError);
    expect(() => (plain.trainable = true)).toThrow('is no parameter');
    expect(() => (parameter.trainable = 1 as never)).toThrow(ArgumentError);
  });

  it('modules freeze all that they hold, and list what is left', () => {
    class Net extends Module {
      backbone = new Sequential(new Linear(2, 3), new ReLU());
      head = new Linear(3, 1);
      forward(x: Tensor): Tensor {
        return this.head.forward(this.backbone.forward(x));
      }
    }
    const model = new Net();
    expect(model.backbone.freeze()).toBe(model.backbone);
    expect([...model.trainableParameters().keys()]).toEqual(['head.weight', 'head.bias']);
    expect([...model.stateDict().keys()]).toHaveLength(4);
    expect(model.parameterCount).toBe(13);
    backward(model.forward(zeros([1, 2])).sum());
    expect(
      [...model.namedParameters()].filter(([, { grad: left }]) => left !== undefined).map(([name]) => name),
    ).toEqual(['head.weight', 'head.bias']);
    expect(() =>
      backward(
        model
          .freeze()
          .forward(zeros([1, 2]))
          .sum(),
      ),
    ).toThrow('frozen');
    expect(model.unfreeze().trainableParameters().size).toBe(4);
  });
});
