/** Members by their paths: found, replaced, held in several places. */
import { ArgumentError, compile, ones, setDevice, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  buffer,
  decodeSafetensors,
  encodeSafetensors,
  fromConfig,
  Linear,
  Module,
  parameter,
  ReLU,
  Sequential,
  type ModuleConfig,
} from '../src/index.ts';
import { placeOf } from '../src/module/known.ts';

const linear = (): Linear => new Linear(2, 2, { bias: false });

/** A module with members in every kind of place. */
class Everything extends Module {
  field: Module = linear();
  list = [linear(), { deep: linear() }] as const;
  byName: Record<string, Module> = { cat: linear(), dog: linear() };
  map = new Map<string | number, Module>([
    ['a', linear()],
    [7, linear()],
  ]);
  set = new Set<Module>([linear(), linear(), linear()]);
  sequence = new Sequential(linear(), new Sequential(new ReLU(), linear()));
  scale = parameter(ones([2]));
  count = buffer(zeros([], { dtype: 'int32' }));
  forward(x: Tensor): Tensor {
    return x;
  }
}

const modulePaths = [
  'field',
  'list.0',
  'list.1.deep',
  'byName.cat',
  'map.a',
  'map.7',
  'set.1',
  'sequence.0',
  'sequence.1',
  'sequence.1.1',
];

/** y = x · Wᵀ + x · Aᵀ · Bᵀ with W frozen (Hu et al. 2021, arXiv:2106.09685). */
class LowRank extends Module {
  static override readonly type: string = 'LowRank';
  static override readonly positional: readonly string[] = ['base', 'rank'];
  readonly base: Linear;
  readonly rank: number;
  a: Tensor;
  b: Tensor;
  constructor(base: Linear, rank: number) {
    super();
    this.base = base.freeze();
    this.rank = rank;
    this.a = parameter(ones([rank, base.inFeatures]));
    this.b = parameter(zeros([base.outFeatures, rank]));
  }
  forward(x: Tensor): Tensor {
    return this.base.forward(x).add(x.matmul(this.a.transpose(0, 1)).matmul(this.b.transpose(0, 1)));
  }
}

class Classifier extends Module {
  static override readonly type: string = 'Classifier';
  body = new Sequential(new Linear(2, 3), new ReLU());
  head: Module = new Linear(3, 1);
  forward(x: Tensor): Tensor {
    return this.head.forward(this.body.forward(x));
  }
}

/** A language model without its middle: the weights of both ends are tied after it is made. */
class Tied extends Module {
  static override readonly type: string = 'Tied';
  embedding = new Linear(3, 4, { bias: false });
  head = new Linear(3, 4);
  forward(x: Tensor): Tensor {
    return this.head.forward(x.matmul(this.embedding.weight));
  }
}

const tied = (): Tied => {
  const model = new Tied();
  model.setMember('head.weight', model.getMember('embedding.weight'));
  return model;
};

const json = (module: Module): ModuleConfig => JSON.parse(JSON.stringify(module.config())) as ModuleConfig;

describe('getMember and setMember', () => {
  beforeAll(() => setDevice('reference'));

  it('know the names of walks', () => {
    const model = new Everything();
    for (const [path, module] of model.namedModules()) if (path !== '') expect(model.getMember(path)).toBe(module);
    for (const [path, value] of model.stateDict()) expect(model.getMember(path)).toBe(value);
  });

  it.each(modulePaths)('replace %s and nothing else', (path) => {
    const model = new Everything();
    const before = model.namedModules();
    const next = new Linear(2, 5);
    expect(model.setMember(path, next)).toBe(model);
    const after = model.namedModules();
    expect(after.get(path)).toBe(next);
    for (const [other, module] of before) if (!other.startsWith(path)) expect(after.get(other)).toBe(module);
    expect([...after.keys()].filter((other) => !other.startsWith(path))).toEqual(
      [...before.keys()].filter((other) => !other.startsWith(path)),
    );
    expect(placeOf(next)).toBe(`${path} (Linear 2 → 5)`);
  });

  it('replace parameters and buffers, of another shape and dtype too', () => {
    const model = new Everything();
    const [weight, count] = [parameter(ones([5, 2])), buffer(zeros([3]))];
    model
      .setMember('sequence.1.1.weight', weight)
      .setMember('count', count)
      .setMember('scale', parameter(zeros([9])));
    const state = model.stateDict();
    expect([state.get('sequence.1.1.weight'), state.get('count')]).toEqual([weight, count]);
    expect(state.get('scale')?.shape).toEqual([9]);
  });

  it('refuse paths that there are not, with the nearest and with what there is', () => {
    const model = new Everything();
    const refused = (path: unknown): string => {
      try {
        model.setMember(path as string, linear());
      } catch (error) {
        if (error instanceof ArgumentError) return error.message;
      }
      return 'nothing was refused';
    };
    expect(refused('sequence.1.1.wieght')).toBe(
      "[setMember] Everything has no member 'sequence.1.1.wieght'.\n  hint: Did you mean sequence.1.1.weight? sequence.1.1 holds weight.",
    );
    expect(refused('byName.bird')).toContain('byName holds cat, dog');
    expect(refused('sequence.5')).toContain('sequence holds 0, 1.');
    expect(refused('nowhere')).toContain("no member 'nowhere'");
    expect(refused('')).toContain("no member ''");
    expect(refused(3)).toContain('[setMember] the path');
    expect(() => model.getMember('list')).toThrow('[getMember] Everything has no member');
  });

  it('refuse a value of another kind', () => {
    const model = new Everything();
    const set = (path: string, value: unknown) => () => model.setMember(path, value as Tensor);
    expect(set('scale', ones([2]))).toThrow(
      /scale is a parameter, float32\[2\]; it takes a parameter[^]*parameter\(value\)/,
    );
    expect(set('scale', linear())).toThrow('not the module Linear 2 → 2');
    expect(set('count', 3)).toThrow('count is a buffer');
    expect(set('field', parameter(ones([1])))).toThrow('field is a module, Linear 2 → 2');
    expect(set('field', undefined)).toThrow(ArgumentError);
    expect(set('set.1', model.getMember('set.0'))).toThrow(
      "'set.1' of Everything lies in a Set, which holds the new value already",
    );
    expect(() => model.setMember('set.1', model.getMember('set.1'))).not.toThrow();
    Object.freeze(model.byName);
    expect(set('byName.cat', linear())).toThrow("'byName.cat' of Everything cannot be written");
  });

  it('a class that names its members itself says how to replace them', () => {
    class Pair extends Module {
      parts = new Map<string, Module>([['x', linear()]]);
      override members(): [string, Module][] {
        return [...this.parts].map(([name, part]) => [`part_${name}`, part]);
      }
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    class Willing extends Pair {
      override replaceMember(name: string, value: Module): void {
        this.parts.set(name.slice('part_'.length), value);
      }
    }
    expect(() => new Pair().setMember('part_x', linear())).toThrow(
      "[Pair] does not say how to replace its member 'part_x'",
    );
    const next = linear();
    expect(new Willing().setMember('part_x', next).getMember('part_x')).toBe(next);
  });
});

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('a layer turned into a low-rank adaptation computes the same at first, compiled too, and trains the rest', async () => {
    const model = new Classifier().freeze();
    const compiled = compile((x: Tensor) => model.forward(x));
    const x = tensor([[1, 2]]);
    const before = await compiled(x).toArray();
    model.setMember('body.0', new LowRank(model.getMember('body.0') as Linear, 1));
    expect(await compiled(x).toArray()).toEqual(before);
    expect([...model.trainableParameters().keys()]).toEqual(['body.0.a', 'body.0.b']);
    model.loadStateDict(
      { 'body.0.b': ones([3, 1]), 'head.weight': ones([1, 3]), 'head.bias': zeros([1]) },
      { strict: false },
    );
    const plain = await model.forward(x).toArray();
    expect(await compiled(x).toArray()).toEqual(plain);
    expect(plain).not.toEqual(before);
    // Configurations know of it.
    const again = fromConfig(json(model), { Classifier, LowRank });
    again.loadStateDict(model.stateDict());
    expect(await again.forward(x).toArray()).toEqual(plain);
  });

  it('tied weights are one parameter: in names, in what is computed, after files and configurations', async () => {
    const model = tied();
    expect([...model.stateDict().keys()]).toEqual(['embedding.weight', 'head.bias']);
    expect(model.parameterCount).toBe(12 + 4);
    const value = tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]); // prettier-ignore
    model.loadStateDict({ 'embedding.weight': value, 'head.bias': zeros([4]) });
    const x = tensor([[1, 2, 3, 4]]);
    expect(await model.forward(x).toArray()).toEqual([[5, 6, 7, 18]]);

    const again = fromConfig(json(model), { Tied });
    const { state } = decodeSafetensors(await encodeSafetensors(model.stateDict()));
    again.loadStateDict(state);
    expect([...again.stateDict().keys()]).toEqual(['embedding.weight', 'head.bias']);
    expect(await again.forward(x).toArray()).toEqual([[5, 6, 7, 18]]);
    again.loadStateDict({ 'embedding.weight': value.mul(2) }, { strict: false });
    expect(await again.forward(x).toArray()).toEqual([[20, 24, 28, 72]]);
    // As PyTorch's state_dict has it: under both names.
    again.loadStateDict(new Map([...state, ['head.weight', value]]));
    expect(again.getMember('head.weight')).toBe(again.getMember('embedding.weight'));
  });
});

describe('what is shared', () => {
  beforeAll(() => setDevice('reference'));

  it('is said by the innermost module that holds all of its places, once', () => {
    const layer = new Linear(2, 2);
    const inner = new Sequential(layer, new ReLU(), layer);
    const outer = new Sequential(inner, layer, new Sequential(new ReLU()));
    const config = json(outer);
    expect(config.shared).toEqual([['0.0', '0.2', '1']]);
    expect((config['modules'] as ModuleConfig[]).map(({ shared }) => shared)).toEqual([
      [['0', '2']],
      undefined,
      undefined,
    ]);
    const again = fromConfig(config);
    expect([...again.stateDict().keys()]).toEqual([...outer.stateDict().keys()]);
    expect(again.getMember('0.2')).toBe(again.getMember('1'));
    expect(again.config()).toEqual(outer.config());
  });

  it('is said for modules that a class makes itself, and for what was replaced in them', () => {
    class Twice extends Module {
      static override readonly type: string = 'Twice';
      layers = new Sequential(new Linear(2, 2), new ReLU(), new Linear(2, 2));
      forward(x: Tensor): Tensor {
        return this.layers.forward(x);
      }
    }
    const model = new Twice();
    model.layers.setMember('1', new Sequential(new Linear(2, 2), new Linear(2, 2)));
    model.setMember('layers.2.weight', model.getMember('layers.0.weight'));
    model.setMember('layers.1.1', model.getMember('layers.1.0'));
    const config = json(new Sequential(model));
    const again = fromConfig(config, { Twice });
    expect([...again.stateDict().keys()]).toEqual([...model.stateDict().keys()].map((name) => `0.${name}`));
    expect(json(again)).toEqual(config);
    expect(config.shared).toBeUndefined();
    expect((config['modules'] as ModuleConfig[])[0]).toMatchObject({
      replaced: { 'layers.1': { type: 'Sequential', shared: [['0', '1']] } },
      shared: [['layers.0.weight', 'layers.2.weight']],
    });
  });

  it('is left out where nothing is', () => {
    expect(Object.keys(json(new Sequential(new Linear(2, 2), new ReLU())))).toEqual(['type', 'modules']);
  });
});
