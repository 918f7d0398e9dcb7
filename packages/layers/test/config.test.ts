/** Modules to JSON and back, by what their classes say. */
import { ArgumentError, ones, setDevice, type Tensor } from '@hebb/tensor';
import { requireBoolean } from '@hebb/tensor/arguments';
import { beforeAll, describe, expect, it } from 'vitest';
import * as layers from '../src/index.ts';
import {
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  fromConfig,
  GELU,
  Linear,
  MaxPool2d,
  Module,
  parameter,
  Sequential,
  Softmax,
  type ModuleConfig,
} from '../src/index.ts';

beforeAll(() => setDevice('reference'));

const json = (module: Module): ModuleConfig => JSON.parse(JSON.stringify(module.config())) as ModuleConfig;
const state = (module: Module): string[] => [...module.stateDict()].map(([name, value]) => `${name} ${value}`);

class Plain extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

describe('config and fromConfig', () => {
  it.each<[Module, ModuleConfig]>([
    [new Linear(2, 3), { type: 'Linear', inFeatures: 2, outFeatures: 3, bias: true }],
    [new Linear(2, 3, { bias: false }), { type: 'Linear', inFeatures: 2, outFeatures: 3, bias: false }],
    [new Dropout(0.25), { type: 'Dropout', probability: 0.25 }],
    [new Flatten(0, 2), { type: 'Flatten', startAxis: 0, endAxis: 2 }],
    [new GELU({ approximate: 'tanh' }), { type: 'GELU', approximate: 'tanh' }],
    [new Softmax(1), { type: 'Softmax', axis: 1 }],
    [
      new BatchNorm1d(3, { momentum: null, affine: false }),
      { type: 'BatchNorm1d', numFeatures: 3, eps: 1e-5, momentum: null, affine: false, trackRunningStats: true },
    ],
    [
      new BatchNorm2d(3, { trackRunningStats: false }),
      { type: 'BatchNorm2d', numFeatures: 3, eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: false },
    ],
    [
      new Conv2d(4, 6, [3, 2], { stride: 2, groups: 2, bias: false }),
      { type: 'Conv2d', inChannels: 4, outChannels: 6, kernelSize: [3, 2], stride: [2, 2], padding: [0, 0], paddingMode: 'zeros', dilation: [1, 1], groups: 2, bias: false }, // prettier-ignore
    ],
    [
      new MaxPool2d(2),
      { type: 'MaxPool2d', kernelSize: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceilMode: false, returnIndices: false }, // prettier-ignore
    ],
    [
      new AvgPool2d(2, { padding: 1 }),
      { type: 'AvgPool2d', kernelSize: [2, 2], stride: [2, 2], padding: [1, 1], ceilMode: false, countIncludePad: true }, // prettier-ignore
    ],
  ])('%s', (module, config) => {
    expect(json(module)).toEqual(config);
    const again = fromConfig(config);
    expect(json(again)).toEqual(config);
    expect(again.constructor).toBe(module.constructor);
    expect(state(again)).toEqual(state(module));
  });

  it('every class of the package says what it is, and is in the table', () => {
    const classes = Object.entries(layers).filter(
      ([, value]) => typeof value === 'function' && value.prototype instanceof Module,
    );
    expect(classes.length).toBeGreaterThan(14);
    for (const [name, Type] of classes) {
      if (['LazyModule', 'BatchNorm', 'MessagePassing', 'LoRA'].includes(name)) continue; // Abstract: nothing is made of them, so no file names them.
      expect(Object.hasOwn(Type, 'type') && Reflect.get(Type, 'type')).toBe(name);
      expect(() => fromConfig({ type: `${name}?` })).toThrow(new RegExp(`known are .*\\b${name}\\b`));
    }
  });

  it('follow options that changed, and parameters that went', () => {
    const model = new Sequential(new Dropout(0.5), new Linear(2, 2));
    Object.assign(model.at(0) as Dropout, { probability: 0.1 });
    (model.at(1) as Linear).bias = undefined;
    expect(state(fromConfig(json(model)))).toEqual(['1.weight float32[2,2]']);
    expect((fromConfig(json(model)) as Sequential).at(0)?.describe()).toBe('Dropout 0.1');
  });

  it('take modules and lists of them as arguments, and options with and without a parameter of their name', () => {
    interface GateOptions {
      gain?: boolean;
      scale?: number;
      note?: string | undefined;
    }
    class Gated extends Module {
      static override readonly type: string = 'Gated';
      static override readonly positional: readonly string[] = ['inner', 'branches'];
      static override readonly options = { gain: requireBoolean, scale: true, note: true } as const;
      gain: Tensor | undefined;
      readonly scale: number;
      readonly note: string | undefined;
      readonly inner: Module;
      readonly branches: readonly Module[];
      constructor(inner: Module, branches: readonly Module[], { gain = true, scale = 1, note }: GateOptions = {}) {
        super();
        this.inner = inner;
        this.branches = branches;
        this.gain = gain ? parameter(ones([2])) : undefined;
        this.scale = scale;
        this.note = note;
      }
      forward(x: Tensor): Tensor {
        return this.inner.forward(x).mul(this.scale);
      }
    }
    const make = (options: GateOptions): Gated =>
      new Gated(new Linear(2, 2), [new Dropout(0.1), new Sequential()], options);
    for (const options of [{}, { gain: false, scale: 3 }, { note: 'x' }]) {
      const again = fromConfig(json(make(options)), { Gated }) as unknown as Gated;
      expect(json(again)).toEqual(json(make(options)));
      expect(state(again)).toEqual(state(make(options)));
      expect([again.scale, again.note]).toEqual([make(options).scale, make(options).note]);
    }
  });
});

describe('frozen parameters', () => {
  const trainable = (module: Module): string[] => [...module.trainableParameters().keys()];

  it('are frozen in what is rebuilt, wherever they lie', () => {
    const model = new Sequential(new Sequential(new Linear(2, 2), new BatchNorm1d(2)), new Linear(2, 2));
    (model.getMember('0.1') as Module).freeze();
    (model.getMember('1.bias') as Tensor).trainable = false;
    const config = json(model);
    // Said by the module that holds them.
    expect(config.frozen).toBeUndefined();
    expect((config['modules'] as ModuleConfig[])[1]?.frozen).toEqual(['bias']);
    const again = fromConfig(config);
    expect(trainable(again)).toEqual(['0.0.weight', '0.0.bias', '1.weight']);
    expect(json(again)).toEqual(config);
    expect(trainable(fromConfig(json(again.unfreeze())))).toHaveLength(6);
  });

  it('of a module that makes its layers itself are said by that', () => {
    class Net extends Module {
      static override readonly type: string = 'Net';
      readonly body = new Linear(2, 2);
      readonly head = new Linear(2, 2);
      forward(x: Tensor): Tensor {
        return this.head.forward(this.body.forward(x));
      }
    }
    const net = new Net();
    net.body.freeze();
    expect(json(net)).toEqual({ type: 'Net', frozen: ['body.weight', 'body.bias'] });
    expect(trainable(fromConfig(json(net), { Net }))).toEqual(['head.weight', 'head.bias']);
    net.setMember('body', new Sequential(new Linear(2, 2), net.body));
    expect(json(net).frozen).toBeUndefined();
    expect(trainable(fromConfig(json(net), { Net }))).toEqual([
      'body.0.weight',
      'body.0.bias',
      'head.weight',
      'head.bias',
    ]);
  });

  it('that are tied stay tied and frozen', () => {
    const model = new Sequential(new Linear(2, 2, { bias: false }), new Linear(2, 2, { bias: false }));
    model.setMember('1.weight', model.getMember('0.weight'));
    model.freeze();
    const again = fromConfig(json(model));
    expect([trainable(again), again.getMember('0.weight') === again.getMember('1.weight')]).toEqual([[], true]);
  });

  it('that are none are refused', () => {
    expect(() => fromConfig({ ...json(new BatchNorm1d(2)), frozen: ['running_mean'] })).toThrow(
      '[fromConfig] running_mean of BatchNorm1d is to be frozen, and is no parameter.',
    );
    expect(() => fromConfig({ ...json(new Linear(2, 2)), frozen: ['weihgt'] })).toThrow(/weihgt[^]*weight/);
  });
});

describe('a class that does not say how to rebuild it', () => {
  it('is refused, and is not rebuilt as the class that it extends', () => {
    class Doubled extends Linear {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    expect(() => new Plain().config()).toThrow(/Plain does not say how to rebuild it\.[^]*static type = 'Plain'/);
    expect(() => new Sequential(new Doubled(2, 2)).config()).toThrow(
      'Doubled does not say how to rebuild it, and is not to be rebuilt as Linear',
    );
    expect(new Doubled(2, 2).describe()).toBe('Doubled 2 → 2');
    class Named extends Doubled {
      static override readonly type: string = 'Named';
    }
    const again = fromConfig(json(new Sequential(new Named(2, 3))), { Named });
    expect(again.getMember('0')).toBeInstanceOf(Named);
    expect(() => fromConfig(json(new Named(2, 3)))).toThrow("no module type 'Named'");
  });

  it('a fromConfig that comes from the class above does not pass for one', () => {
    class Above extends Plain {
      static override readonly type: string = 'Above';
      static fromConfig(): Above {
        return new Above();
      }
    }
    class Below extends Above {
      static override readonly type: string = 'Below';
    }
    expect(fromConfig(json(new Above()), { Above })).toBeInstanceOf(Above);
    expect(() => fromConfig(json(new Below()), { Below })).toThrow('the fromConfig of Below returned');
  });

  it('arguments that are not kept, and those that JSON cannot hold', () => {
    class Forgetful extends Plain {
      static override readonly type: string = 'Forgetful';
      static override readonly positional: readonly string[] = ['size'];
    }
    expect(() => new Forgetful().config()).toThrow(/no field size[^]*this\.size = size/);
    for (const value of [NaN, ones([2]), () => 1, [new Map()], { deep: 1n }])
      expect(() => Object.assign(new Forgetful(), { size: value }).config()).toThrow(
        /Forgetful\.size[^ ]* is .*JSON cannot hold/,
      );
    expect(() => fromConfig({ type: 'ReLU', slope: 1 })).toThrow('ReLU takes no slope');
    expect(() => fromConfig({ type: 'Linear', inFeatures: 1, outFeatures: 1, biass: true })).toThrow(ArgumentError);
  });
});
