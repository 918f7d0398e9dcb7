/** Frozen parameters: what `backward` and steps leave alone, in plain and in compiled functions, beside PyTorch's numbers. */
import { backward, grad, valueAndGrad } from '@hebb/autograd';
import {
  BatchNorm1d,
  decodeSafetensors,
  encodeSafetensors,
  LazyLinear,
  Linear,
  Module,
  ReLU,
  Sequential,
  UninitializedError,
} from '@hebb/layers';
import { AdamW, SGD, type TrainingOptimizer } from '@hebb/optimizers';
import { ArgumentError, assign, compile, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { setRecorder } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor, type Stored } from '../../tensor/test/support/golden.ts';

type Named = Readonly<Record<string, Stored>>;

/** Made by tools/golden/freezing.py. */
const pytorch = golden(new URL('golden/freezing.json', import.meta.url)) as {
  readonly frozen: readonly (readonly string[])[];
  readonly initial: Named;
  readonly inputs: readonly Stored[];
  readonly targets: readonly Stored[];
  readonly runs: readonly {
    readonly optimizer: 'SGD' | 'AdamW';
    readonly options: { readonly learningRate: number };
    readonly after: readonly { readonly loss: number; readonly state: Named }[];
  }[];
};
const optimizers = { SGD, AdamW };

class Net extends Module {
  backbone = new Sequential(new Linear(3, 4, { bias: false }), new BatchNorm1d(4), new ReLU());
  head = new Linear(4, 2);
  forward(x: Tensor): Tensor {
    return this.head.forward(this.backbone.forward(x));
  }
}

/** Embeds by its weight and predicts by the same one. */
class Tied extends Module {
  embedding = new Linear(3, 4, { bias: false });
  head = new Linear(3, 4);
  forward(x: Tensor): Tensor {
    return this.head.forward(x.matmul(this.embedding.weight));
  }
}

const tied = (): Tied => {
  const model = new Tied();
  return model.setMember('head.weight', model.getMember('embedding.weight'));
};

/** One step by `valueAndGrad`, and one by `backward`. */
const steps: Readonly<Record<string, (optimizer: TrainingOptimizer, loss: () => Tensor) => Tensor>> = {
  valueAndGrad(optimizer, loss) {
    const { value, grads } = valueAndGrad(loss, optimizer.parameters);
    optimizer.step(grads);
    return value;
  },
  backward(optimizer, loss) {
    for (const parameter of optimizer.parameters.values()) parameter.grad = undefined;
    const value = loss();
    backward(value);
    optimizer.step();
    for (const parameter of optimizer.parameters.values()) parameter.grad = undefined;
    return value;
  },
};

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

  describe.each(Object.keys(steps))('trained by %s', (how) => {
    it.each(
      pytorch.runs.flatMap((run) => [
        [run.optimizer, 'plain', run] as const,
        [run.optimizer, 'compiled', run] as const,
      ]),
    )('%s, %s: what PyTorch makes of it while parts are frozen and unfrozen', async (_, kind, run) => {
      const model = new Net();
      model.loadStateDict(
        Object.fromEntries(Object.entries(pytorch.initial).map(([name, value]) => [name, toTensor(value)])),
        { strict: false },
      );
      const optimizer = new optimizers[run.optimizer](model, run.options);
      const plain = (x: Tensor, y: Tensor): Tensor =>
        (steps[how] as (typeof steps)[string])(optimizer, () => model.forward(x).sub(y).square().mean());
      const step = kind === 'compiled' ? compile(plain) : plain;
      for (const [i, { loss, state }] of run.after.entries()) {
        model.unfreeze();
        const prefixes = pytorch.frozen[i] ?? [];
        for (const [name, parameter] of model.namedParameters())
          if (prefixes.some((prefix) => name.startsWith(prefix))) parameter.trainable = false;
        const value = await step(toTensor(pytorch.inputs[i] as Stored), toTensor(pytorch.targets[i] as Stored)).item();
        expect(value).toBeCloseTo(loss, 4);
        for (const [name, expected] of Object.entries(state))
          await expectClose(model.stateDict().get(name) as Tensor, expected, `step ${i}: ${name}`, 5e-5);
      }
    });
  });

  it.each(['plain', 'compiled'])(
    'tied weights get one gradient, the sum of both uses, and survive files: %s',
    async (kind) => {
      const model = tied();
      const value = tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]); // prettier-ignore
      model.loadStateDict({ 'embedding.weight': value, 'head.bias': zeros([4]) });
      const optimizer = new SGD(model, { learningRate: 0.5 });
      expect([...optimizer.parameters.keys()]).toEqual(['embedding.weight', 'head.bias']);
      const plain = (x: Tensor): Tensor =>
        (steps['valueAndGrad'] as (typeof steps)[string])(optimizer, () => model.forward(x).sum());
      const step = kind === 'compiled' ? compile(plain) : plain;
      const x = tensor([[1, 2, 3, 4]]);
      await step(x).item();
      // loss = 1ᵀ W Wᵀ x, so that its gradient is x (Wᵀ 1)ᵀ + 1 (Wᵀ x)ᵀ, with Wᵀ 1 = (2, 2, 2) and Wᵀ x = (5, 6, 7).
      const gradient = [1, 2, 3, 4].map((xi) => [5, 6, 7].map((sum) => 2 * xi + sum));
      const rows = await value.toArray(2);
      const expected = rows.map((row, i) => row.map((w, j) => w - 0.5 * (gradient[i]?.[j] ?? NaN)));
      expect(await model.embedding.weight.toArray()).toEqual(expected);
      const { state } = decodeSafetensors(await encodeSafetensors(model.stateDict()));
      const again = tied();
      again.loadStateDict(state);
      expect(await again.head.weight.toArray()).toEqual(expected);
      expect(await again.forward(x).toArray()).toEqual(await model.forward(x).toArray());
      // Tied after the optimizer was made: it would train a tensor that the model does not have any more.
      const late = new Tied();
      const stale = new SGD(late, { learningRate: 0.5 });
      late.setMember('head.weight', late.embedding.weight);
      expect(() => (steps['valueAndGrad'] as (typeof steps)[string])(stale, () => late.forward(x).sum())).toThrow(
        ArgumentError,
      );
    },
  );

  it('modes are another matter: a frozen batch normalisation moves its statistics until eval()', async () => {
    const norm = new BatchNorm1d(1).freeze();
    norm.forward(tensor([[1], [3]]));
    expect(await norm.running_mean?.toArray(1)).toEqual([expect.closeTo(0.2)]);
    norm.eval().forward(tensor([[5], [7]]));
    expect(await norm.running_mean?.toArray(1)).toEqual([expect.closeTo(0.2)]);
  });
});

it('an optimizer wants parameters: a model with lazy layers is initialized first', () => {
  expect(() => new AdamW(new Sequential(new LazyLinear(2)), { learningRate: 1e-3 })).toThrow(UninitializedError);
});

describe('trainable', () => {
  beforeAll(() => setDevice('reference'));

  it('backward records nothing for a part without trainable parameters', () => {
    const model = new Net();
    const count = (record: () => void): number => {
      let nodes = 0;
      const before = setRecorder({ created: () => void nodes++ });
      try {
        record();
      } finally {
        setRecorder(before);
      }
      for (const parameter of model.parameters()) parameter.grad = undefined;
      return nodes;
    };
    const x = zeros([2, 3]);
    const whole = model.forward(x).sum();
    const head = model.head.forward(model.backbone.forward(x).detach()).sum();
    const [all, headAlone] = [count(() => backward(whole)), count(() => backward(head))];
    model.backbone.freeze();
    expect(count(() => backward(whole))).toBe(headAlone);
    expect(headAlone).toBeLessThan(all / 2);
  });

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
    class Small extends Module {
      backbone = new Sequential(new Linear(2, 3), new ReLU());
      head = new Linear(3, 1);
      forward(x: Tensor): Tensor {
        return this.head.forward(this.backbone.forward(x));
      }
    }
    const model = new Small();
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
