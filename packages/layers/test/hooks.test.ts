/** What surrounds a call of `forward`: names in errors, hooks, those who look on, modes for a while. */
import { ArgumentError, compile, ones, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../../tensor/test/support/caught.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import { Dropout, Linear, Module, observeForwards, ReLU, Sequential, withMode } from '../src/index.ts';

/** y = value · x. */
function times(value: number): Linear {
  const layer = new Linear(1, 1, { bias: false });
  layer.loadStateDict({ weight: tensor([[value]]) });
  return layer;
}

describe('the module named in an error', () => {
  beforeAll(() => setDevice('reference'));

  class Attention extends Module {
    forward(x: Tensor): Tensor {
      return x.reshape([7, 7]);
    }
  }
  class Block extends Module {
    attention = new Attention();
    forward(x: Tensor): Tensor {
      return this.attention.forward(x);
    }
  }
  class Net extends Module {
    blocks = [new Block(), new Block()];
    forward(x: Tensor): Tensor {
      return this.blocks.reduce((value, block) => block.forward(value), x);
    }
  }

  it('is the innermost, also one of the user’s own', () => {
    const model = new Net();
    model.parameters();
    const error = caught(() => model.forward(ones([2])));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.module).toBe('blocks.0.attention (Attention)');
    expect(caught(() => new Attention().forward(ones([2]))).module).toBe('Attention');
  });

  it('is found in a forward that is a field, and in one that was replaced', () => {
    class Field extends Module {
      forward = (x: Tensor): Tensor => x.reshape([5]);
    }
    const model = new Sequential(new ReLU(), new Field());
    expect(caught(() => model.forward(ones([2]))).module).toBe('1 (Field)');
    const replaced = new Sequential(new ReLU());
    const [relu] = replaced;
    if (relu !== undefined) relu.forward = (x: Tensor): Tensor => x.reshape([3]);
    replaced.parameters();
    expect(caught(() => replaced.forward(ones([2]))).module).toBe('0 (ReLU)');
  });
});

describe.each(devices)('hooks on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('replace inputs and outputs, in order, until they are removed; compiled functions notice', async () => {
    const model = new Sequential(times(2), times(3));
    const first = model.at(0) as Linear;
    const compiled = compile((x: Tensor) => model.forward(x));
    const results = async (): Promise<unknown[]> =>
      Promise.all([model.forward(tensor([1])).toArray(), compiled(tensor([1])).toArray()]);
    expect(await results()).toEqual([[6], [6]]);
    const remove = [
      first.registerForwardPreHook((module, [x]) => (module === first ? [x.add(1)] : undefined)),
      first.registerForwardPreHook((_, [x]) => [x.mul(10)]),
      model.registerForwardHook((_, inputs, output) => output.add(inputs[0])),
      first.registerForwardHook((_, [x], output) => output.sub(x)),
      first.registerForwardHook(() => undefined),
    ];
    // ((1 + 1) · 10 · 2 − 20) · 3 + 1
    expect(await results()).toEqual([[61], [61]]);
    remove[1]?.();
    remove[1]?.();
    // ((1 + 1) · 2 − 2) · 3 + 1
    expect(await results()).toEqual([[7], [7]]);
    for (const each of remove) each();
    expect(await results()).toEqual([[6], [6]]);
  });

  it('take and give several inputs, and outputs by name', async () => {
    class Cell extends Module<[x: Tensor, state: Tensor], { output: Tensor; state: Tensor }> {
      inner = times(2);
      forward(x: Tensor, state: Tensor): { output: Tensor; state: Tensor } {
        const next = this.inner.forward(x).add(state);
        return { output: next.neg(), state: next };
      }
    }
    const cell = new Cell();
    const step = compile((x: Tensor, state: Tensor) => cell.forward(x, state));
    const one = step(tensor([3]), tensor([1]));
    expect([await one.output.toArray(), await one.state.toArray()]).toEqual([[-7], [7]]);
    cell.registerForwardPreHook((_, [x, state]) => [x, state.mul(0)]);
    cell.registerForwardHook((_, [x], { state }) => ({ output: x, state }));
    const two = step(tensor([3]), tensor([1]));
    expect([await two.output.toArray(), await two.state.toArray()]).toEqual([[3], [6]]);
  });

  it('are called as often as the function is recorded', async () => {
    const model = times(1);
    let calls = 0;
    model.registerForwardHook(() => void calls++);
    const compiled = compile((x: Tensor) => model.forward(x));
    for (let i = 0; i < 3; i++) await compiled(tensor([i])).data();
    expect(calls).toBe(1);
  });

  it('say what they may return', () => {
    const model = times(1);
    model.registerForwardPreHook((() => 3) as never);
    const error = caught(() => model.forward(ones([1])));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message).toContain('returns the list of inputs, or nothing, not 3');
    expect(() => model.registerForwardHook(undefined as never)).toThrow(ArgumentError);
  });
});

describe('observers', () => {
  beforeAll(() => setDevice('reference'));

  it('hear of the calls of their model, inner ones first, with what the caller gave and got', () => {
    const model = new Sequential(new Linear(2, 3), new Sequential(new ReLU()));
    const other = new ReLU();
    model.at(0)?.registerForwardPreHook((_, [x]) => x && [x.add(1)]);
    const x = zeros([4, 2]);
    const heard: string[] = [];
    const output = observeForwards(
      model,
      ({ path, module, inputs, output: value }) => {
        heard.push(`${path} ${module.describe()} ${String(inputs[0])} ${String(value)}`);
        if (path === '0') expect(inputs[0]).toBe(x);
      },
      () => other.forward(model.forward(x)),
    );
    expect(heard).toEqual([
      '0 Linear 2 → 3 float32[4,2] float32[4,3]',
      '1.0 ReLU float32[4,3] float32[4,3]',
      '1 Sequential float32[4,3] float32[4,3]',
      ' Sequential float32[4,2] float32[4,3]',
    ]);
    model.forward(x);
    expect(heard).toHaveLength(4);
    expect(output.shape).toEqual([4, 3]);
  });

  it('may be several, and go where the body throws', () => {
    const model = new ReLU();
    const heard: string[] = [];
    const listener = (name: string) => () => void heard.push(name);
    const both = (): unknown =>
      observeForwards(model, listener('a'), () =>
        observeForwards(model, listener('b'), () => model.forward(ones([1]))),
      );
    both();
    expect(heard).toEqual(['b', 'a']);
    expect(() => observeForwards(model, listener('c'), () => model.forward(3 as never))).toThrow(ArgumentError);
    model.forward(ones([1]));
    expect(heard).toEqual(['b', 'a']);
  });
});

describe('withMode', () => {
  it('puts back the mode of every module: after a value, an error, a promise', async () => {
    const model = new Sequential(new Dropout(), new Dropout().eval());
    const modes = (): boolean[] => [...model.namedModules().values()].map(({ training }) => training);
    expect(withMode(model, false, modes)).toEqual([false, false, false]);
    expect(modes()).toEqual([true, true, false]);
    expect(() => withMode(model, true, () => expect(modes()).toEqual([false]))).toThrow();
    expect(modes()).toEqual([true, true, false]);
    const later = withMode(model, false, async () => {
      await Promise.resolve();
      return modes();
    });
    expect(modes()).toEqual([false, false, false]);
    expect(await later).toEqual([false, false, false]);
    expect(modes()).toEqual([true, true, false]);
  });
});
