/** Compiled functions follow what changes of a module on the host. */
import { compile, full, manualSeed, ones, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { BatchNorm1d, Dropout, Identity, Linear, Module, parameter, ReLU, Sequential, summary } from '../src/index.ts';

/** y = value · x. */
function times(value: number): Linear {
  const layer = new Linear(1, 1, { bias: false });
  layer.loadStateDict({ weight: tensor([[value]]) });
  return layer;
}

class Net extends Module {
  first: Module = times(2);
  scale = 1;
  branch: 'on' | 'off' = 'on';
  parts = new Map<string, Module>([['a', times(1)]]);
  list: Module[] = [];
  bag = new Set<Module>();
  weight = parameter(ones([1]));
  recorded = 0;
  kept: Tensor | undefined;
  forward(x: Tensor): Tensor {
    this.recorded++;
    let y = this.first.forward(x).mul(this.scale).mul(this.weight);
    this.kept = y;
    if (this.branch === 'off') y = y.neg();
    for (const part of [...this.parts.values(), ...this.list, ...this.bag]) y = part.forward(y);
    return this.training ? y : y.add(1000);
  }
}

beforeEach(() => manualSeed(5));

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('follow the mode read by a forward of one’s own, or by a method', async () => {
    const model = new Net();
    const compiled = compile((x: Tensor) => model.forward(x));
    const x = tensor([1]);
    expect(await compiled(x).toArray()).toEqual([2]);
    model.eval();
    expect(await compiled(x).toArray()).toEqual([1002]);
    model.train();
    expect(await compiled(x).toArray()).toEqual([2]);
    class Coder extends Module {
      encode = (y: Tensor): Tensor => (this.training ? y : y.neg());
      forward(y: Tensor): Tensor {
        return this.encode(y);
      }
    }
    const coder = new Coder();
    const encode = compile((y: Tensor) => coder.encode(y));
    expect(await encode(x).toArray()).toEqual([1]);
    coder.eval();
    expect(await encode(x).toArray()).toEqual([-1]);
  });

  it.each<[string, (model: Net) => unknown, number]>([
    ['a layer that was replaced', (model) => (model.first = times(5)), 5],
    ['a parameter that was replaced', (model) => (model.weight = parameter(full([1], 7))), 14],
    ['the weight of a layer inside', (model) => Object.assign(model.first, { weight: parameter(tensor([[3]])) }), 3],
    ['a number', (model) => (model.scale = 10), 20],
    ['a name', (model) => (model.branch = 'off'), -2],
    ['a replaced entry of a Map', (model) => model.parts.set('a', times(4)), 8],
    ['a new entry of a Map', (model) => model.parts.set('b', times(6)), 12],
    ['an entry of a Map under the name of a property', (model) => model.parts.set('size', times(6)), 12],
    ['an array of layers that was replaced', (model) => (model.list = [times(3)]), 6],
    ['a Set of layers that was replaced', (model) => (model.bag = new Set([times(9)])), 18],
  ])('follow %s', async (_, change, expected) => {
    const model = new Net();
    const compiled = compile((x: Tensor) => model.forward(x));
    expect(await compiled(tensor([1])).toArray()).toEqual([2]);
    change(model);
    expect(await compiled(tensor([1])).toArray()).toEqual([expected]);
    expect(await compiled(tensor([1])).toArray()).toEqual([expected]);
  });

  it('follow the contents of arrays and Sets that hold layers, and those of a Sequential', async () => {
    const model = new Net();
    model.list.push(times(1));
    model.bag.add(times(1));
    const sequence = new Sequential(times(1), new Identity());
    const [one, two] = [compile((x: Tensor) => model.forward(x)), compile((x: Tensor) => sequence.forward(x))];
    expect([await one(tensor([1])).toArray(), await two(tensor([1])).toArray()]).toEqual([[2], [1]]);
    model.list.push(times(3));
    expect(await one(tensor([1])).toArray()).toEqual([6]);
    model.list[0] = times(2);
    model.bag.add(times(2));
    expect(await one(tensor([1])).toArray()).toEqual([24]);
    const modules = sequence.modules as Module[];
    modules[1] = times(4);
    expect(await two(tensor([1])).toArray()).toEqual([4]);
    modules.push(times(2));
    expect(await two(tensor([1])).toArray()).toEqual([8]);
  });

  it('follow options of layers: a dropout’s probability, a normalisation’s momentum', async () => {
    const dropout = new Dropout(0);
    const drop = compile((x: Tensor) => dropout.forward(x));
    expect(await drop(ones([4])).toArray()).toEqual([1, 1, 1, 1]);
    Object.assign(dropout, { probability: 1 });
    expect(await drop(ones([4])).toArray()).toEqual([0, 0, 0, 0]);
    const norm = new BatchNorm1d(1, { momentum: 0 });
    const normalise = compile((x: Tensor) => norm.forward(x));
    const x = tensor([[1], [3]]);
    await normalise(x).data();
    expect(await norm.running_mean?.toArray()).toEqual([0]);
    Object.assign(norm, { momentum: 1 });
    await normalise(x).data();
    expect(await norm.running_mean?.toArray()).toEqual([2]);
  });

  it('are not recorded anew for what forward itself writes, nor where nothing changed', async () => {
    const model = new Net();
    const compiled = compile((x: Tensor) => model.forward(x));
    for (let i = 1; i <= 5; i++) expect(await compiled(tensor([i])).toArray()).toEqual([2 * i]);
    expect(model.recorded).toBe(1);
    model.loadStateDict(model.stateDict());
    model.parameters();
    model.train();
    await compiled(tensor([1])).data();
    expect(model.recorded).toBe(1);
  });

  it('find both records again when a value goes back and forth', async () => {
    const model = new Net();
    const compiled = compile((x: Tensor) => model.forward(x));
    for (const scale of [1, 2, 1, 2, 1]) {
      model.scale = scale;
      expect(await compiled(tensor([1])).toArray()).toEqual([2 * scale]);
    }
    expect(model.recorded).toBe(2);
  });

  it('a model that was summarised is followed all the same, and its forward is its own again', async () => {
    const model = new Sequential(times(2), new ReLU());
    const forward: unknown = Reflect.get(model, 'forward');
    summary(model, ['batch', 1]);
    expect(Reflect.get(model, 'forward')).toBe(forward);
    expect(Object.keys(model)).toEqual(['modules']);
    const compiled = compile((x: Tensor) => model.forward(x));
    await compiled(zeros([1])).data();
    (model.modules as Module[])[0] = times(-3);
    expect(await compiled(tensor([-1])).toArray()).toEqual([3]);
  });
});
