import { ArgumentError, compile, ones, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../../tensor/test/support/caught.ts';
import { devices } from '../../tensor/test/support/devices.ts';
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  fromConfig,
  LazyLinear,
  Linear,
  Module,
  ModuleDict,
  parameter,
  ReLU,
  Sequential,
  type ModuleConfig,
} from '../src/index.ts';
import { Net } from './support/net.ts';

beforeAll(() => setDevice('reference'));

describe('errors', () => {
  it('names the module, the types and what to do', () => {
    const model = new Net();
    model.parameters();
    const error = caught(() => model.classifier.forward(zeros([32, 784])));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.message).toBe(
      [
        '[linear] cannot multiply float32[32,784] by weight float32[128,9216]ᵀ: the inner sizes 784 and 9216 differ.',
        '  module: classifier.1 (Linear 9216 → 128)',
        '  hint: Linear expects the last axis of its input to be inFeatures = 9216.',
      ].join('\n'),
    );
  });

  describe('of a model that nothing has walked', () => {
    const moduleOf = (body: () => unknown): string | undefined => caught(body).module;
    const wrong = (): Tensor => zeros([1, 2]);

    class Field extends Module<[x: Tensor]> {
      a = new Linear(4, 2);
      forward(x: Tensor): Tensor {
        return this.a.forward(x);
      }
    }
    class Blocks extends Module<[x: Tensor]> {
      blocks = [new Linear(2, 3), new Linear(4, 2)];
      forward(x: Tensor): Tensor {
        return this.blocks.reduce((y, block) => block.forward(y), x);
      }
    }
    class Inner extends Module<[x: Tensor]> {
      inner = new Sequential(new ReLU(), new Linear(4, 2));
      forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
    }
    class Named extends Module<[x: Tensor]> {
      heads = new ModuleDict({ x: new Linear(4, 2) });
      forward(x: Tensor): Tensor {
        return this.heads.get('x').forward(x);
      }
    }
    const nested = (): Field & { a: Module } => Object.assign(new Field(), { a: new Inner() as never });

    it.each<[what: string, model: () => Module<[x: Tensor]>, place: string]>([
      ['a field', () => new Field(), 'a (Linear 4 → 2)'],
      ['an array', () => new Blocks(), 'blocks.1 (Linear 4 → 2)'],
      ['a Sequential in a field', () => new Inner(), 'inner.1 (Linear 4 → 2)'],
      ['a module in a module', nested, 'a.inner.1 (Linear 4 → 2)'],
      ['a ModuleDict', () => new Named(), 'heads.x (Linear 4 → 2)'],
    ])('names a module in %s by its path', (_, model, place) => {
      expect(moduleOf(() => model().forward(wrong()))).toBe(place);
      const compiled = model();
      expect(moduleOf(() => compile((x: Tensor) => compiled.forward(x))(wrong()))).toBe(place);
    });

    it('names the module whose hook fails, and the one that a hook calls', () => {
      const hooked = new Inner();
      hooked.inner.at(0)?.registerForwardHook((_, [x]) => void x?.matmul(zeros([5, 1])));
      expect(moduleOf(() => hooked.forward(zeros([1, 4])))).toBe('inner.0 (ReLU)');
      const calling = new Inner();
      calling.registerForwardPreHook(({ inner }, [x]) => [inner.forward(x)]);
      expect(moduleOf(() => calling.forward(wrong()))).toBe('inner.1 (Linear 4 → 2)');
    });

    it('names it to a forward that catches the error, too', () => {
      class Catching extends Inner {
        said: string | undefined;
        override forward(x: Tensor): Tensor {
          this.said = moduleOf(() => super.forward(x));
          return x;
        }
      }
      const model = new Catching();
      model.forward(wrong());
      expect(model.said).toBe('inner.1 (Linear 4 → 2)');
    });

    it('names the path in the model that runs, where another was walked later', () => {
      const layer = new Linear(4, 2);
      const [model, other] = [new Field(), new Field()];
      model.a = layer;
      const list = new Sequential(layer);
      Object.assign(other, { a: list });
      other.namedModules();
      expect(moduleOf(() => model.forward(wrong()))).toBe('a (Linear 4 → 2)');
      expect(moduleOf(() => other.forward(wrong()))).toBe('a.0 (Linear 4 → 2)');
    });

    it('names one that is held twice as namedModules does', () => {
      class Twice extends Field {
        b = this.a;
        override forward(x: Tensor): Tensor {
          return this.b.forward(x);
        }
      }
      expect(moduleOf(() => new Twice().forward(wrong()))).toBe('a (Linear 4 → 2)');
    });

    it('describes what no field reaches, and a model that cannot be walked', () => {
      class Hidden extends Module<[x: Tensor]> {
        readonly #a = new Linear(4, 2);
        forward(x: Tensor): Tensor {
          return this.#a.forward(x);
        }
      }
      expect(moduleOf(() => new Hidden().forward(wrong()))).toBe('Linear 4 → 2');
      class Unlisted extends Field {
        holder = new (class Holder {
          a = new Linear(1, 1);
        })();
      }
      const error = caught(() => new Unlisted().forward(wrong()));
      expect(error).toBeInstanceOf(ShapeError);
      expect(error.module).toBe('Linear 4 → 2');
    });

    it('says where a lazy layer stands', () => {
      class Lazy extends Module<[x: Tensor]> {
        heads = { cat: new LazyLinear(2) };
        forward(x: Tensor): Tensor {
          return this.heads.cat.forward(x);
        }
      }
      expect(() => new Lazy().forward(wrong())).toThrow('heads.cat (LazyLinear ? → 2) has no parameters yet');
    });
  });

  it('names a module in a Sequential by its number before any model around it was walked', () => {
    const inner = new Sequential(new ReLU(), new Conv2d(3, 8, 3));
    expect(caught(() => inner.forward(zeros([1, 4, 9, 9]))).module).toBe('1 (Conv2d 3 → 8, 3×3)');
    const outer = new Sequential(new ReLU(), inner);
    expect(caught(() => outer.forward(zeros([1, 4, 9, 9]))).module).toBe('1.1 (Conv2d 3 → 8, 3×3)');
    // Walking the inner one alone keeps the longer path.
    inner.eval();
    expect(caught(() => outer.forward(zeros([1, 4, 9, 9]))).module).toBe('1.1 (Conv2d 3 → 8, 3×3)');
  });

  it('rejects sizes that are none, all at once', () => {
    expect(() => new Linear(0, 1.5)).toThrow(
      '[Linear] inFeatures must be an integer ≥ 1, not 0; outFeatures must be an integer ≥ 1, not 1.5.',
    );
    expect(() => new Conv2d(4, 6, 3, { groups: 4 })).toThrow('[Conv2d] 6 output channels do not divide into 4 groups');
    expect(() => new Conv2d(6, 4, 3, { groups: 4 })).toThrow(
      '[Conv2d] 6 input and 4 output channels do not divide into 4 groups',
    );
    expect(() => new Conv2d(1, 1, [3])).toThrow('kernelSize takes one integer ≥ 1 or two of them, not [3]');
    expect(() => new Dropout(1.5)).toThrow(ArgumentError);
    expect(caught(() => new BatchNorm2d(3).forward(zeros([1, 3, 1, 1]))).message).toContain(
      'more than one value per channel',
    );
    expect(caught(() => new BatchNorm2d(3).forward(zeros([2, 4, 1, 1]))).message).toContain('numFeatures = 3');
    expect(caught(() => new BatchNorm2d(3).forward(zeros([2, 3]))).message).toContain(
      'takes [batch, channels, height, width], not float32[2,3]',
    );
  });
});

describe('loadStateDict', () => {
  it('names itself where it gets no state', () => {
    expect(() => new Linear(1, 1).loadStateDict(undefined as never)).toThrow(
      /^\[loadStateDict\] the state must be tensors/,
    );
  });

  const model = (): Sequential => new Sequential(new Linear(2, 3), new ReLU(), new Linear(3, 1));

  it('lists missing, unexpected and mis-shaped names in one error and changes nothing', async () => {
    const target = model();
    const before = await target.parameters()[0]?.toArray();
    const error = caught(() =>
      target.loadStateDict({
        '0.weight': ones([3, 2]),
        '0.bias': zeros([4]),
        '2.weight': zeros([1, 3]),
        'head.weight': zeros([1]),
      }),
    );
    expect(error.message).toBe(
      [
        '[loadStateDict] the state does not fit Sequential: 0.bias is float32[3] in the module and float32[4] in the state, and 2 more.',
        '  missing: 2.bias',
        '  unexpected: head.weight',
        '  of another shape: 0.bias is float32[3] in the module and float32[4] in the state',
        '  hint: With { strict: false } missing and unexpected names are left alone.',
      ].join('\n'),
    );
    expect(await target.parameters()[0]?.toArray()).toEqual(before);
  });

  it('names the first tensor in its first line, and how many more there are', () => {
    const state = model().stateDict();
    const said = (change: (state: Map<string, Tensor>) => void, strict = true): string => {
      const other = new Map(state);
      change(other);
      return caught(() => model().loadStateDict(other, { strict })).message;
    };
    const fits = '[loadStateDict] the state does not fit Sequential: ';
    const shape = '2.bias is float32[1] in the module and float32[2] in the state';
    expect(said((other) => other.set('2.bias', zeros([2])))).toBe(`${fits}${shape}.`);
    expect(said((other) => other.set('2.bias', zeros([2])).set('more', zeros([1])), false)).toBe(`${fits}${shape}.`);
    expect(said((other) => other.set('2.bias', zeros([2])).set('0.bias', zeros([4])))).toBe(
      `${fits}0.bias is float32[3] in the module and float32[4] in the state, and 1 more.\n  of another shape: 0.bias is float32[3] in the module and float32[4] in the state, ${shape}`,
    );
    const hint = '\n  hint: With { strict: false } missing and unexpected names are left alone.';
    expect(said((other) => other.delete('2.bias'))).toBe(`${fits}2.bias is missing.${hint}`);
    expect(said((other) => other.set('more', zeros([1])))).toBe(`${fits}more is unexpected.${hint}`);
    expect(said((other) => other.clear())).toBe(
      `${fits}0.weight is missing, and 3 more.\n  missing: 0.weight, 0.bias, 2.weight, 2.bias${hint}`,
    );
  });

  it('with strict: false reports what it left alone, and still refuses other shapes', async () => {
    const target = model();
    const report = target.loadStateDict(
      new Map([
        ['0.weight', ones([3, 2])],
        ['more', zeros([1])],
      ]),
      { strict: false },
    );
    expect(report).toEqual({ missing: ['0.bias', '2.weight', '2.bias'], unexpected: ['more'] });
    expect(await target.namedParameters().get('0.weight')?.toArray()).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(() => target.loadStateDict({ '0.bias': zeros([4]) }, { strict: false })).toThrow(ShapeError);
  });

  it('copies values: the other model changes nothing here, and loading itself is the identity', async () => {
    const [source, target] = [model(), model()];
    target.loadStateDict(source.stateDict());
    const values = await Promise.all(source.parameters().map((p) => p.toArray()));
    source.loadStateDict(model().stateDict());
    target.loadStateDict(target.stateDict());
    expect(await Promise.all(target.parameters().map((p) => p.toArray()))).toEqual(values);
  });

  it('takes a shared parameter under one of its names or all of them', async () => {
    class Tied extends Module {
      first = new Linear(2, 2, { bias: false });
      second = this.first;
      third = parameter(zeros([1]));
      forward(x: Tensor): Tensor {
        return this.second.forward(this.first.forward(x));
      }
    }
    const tied = new Tied();
    expect([...tied.stateDict().keys()]).toEqual(['third', 'first.weight']);
    // All names, as PyTorch's state_dict() has them.
    const everything = tied.stateDict({ everyName: true });
    expect([...everything.keys()]).toEqual(['third', 'first.weight', 'second.weight']);
    expect(everything.get('second.weight')).toBe(tied.first.weight);
    const [value, third] = [ones([2, 2]), zeros([1])];
    tied.loadStateDict({ 'second.weight': value, third });
    expect(await tied.first.weight.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
    tied.loadStateDict({ 'first.weight': value, 'second.weight': value, third });
    expect(() => tied.loadStateDict({ third })).toThrow('first.weight is missing');
    // What is the same may be two tensors; what differs would be one or the other, by the order of names.
    const [once, again, other] = [[1, 2], [1, 2], [1, 3]].map((row) => tensor([row, row])) as [Tensor, Tensor, Tensor]; // prettier-ignore
    tied.loadStateDict({ 'second.weight': once, 'first.weight': again, third });
    const apart = { 'second.weight': other, 'first.weight': again, third };
    expect(() => tied.loadStateDict(apart)).toThrow(/second\.weight and first\.weight are one tensor in Tied.*, and differ in the state/); // prettier-ignore
    expect(await tied.first.weight.toArray()).toEqual([[1, 2], [1, 2]]); // prettier-ignore
    tied.loadStateDict(apart, { strict: false });
    // Nobody knows yet what has not been computed.
    tied.loadStateDict({ ...apart, 'second.weight': other.add(1) });
  });
});

describe('fields', () => {
  it('private fields, computed tensors and other values are not listed', () => {
    class Odd extends Module {
      weight = parameter(ones([2]));
      computed = this.weight.mul(2);
      constant = zeros([3]);
      options = { list: [1, 2] };
      nothing = undefined;
      #hidden = new Linear(2, 2);
      forward(x: Tensor): Tensor {
        return this.#hidden.forward(x);
      }
    }
    expect([...new Odd().stateDict().keys()]).toEqual(['weight']);
  });

  it('a module that holds itself is walked once', () => {
    class Loop extends Module {
      weight = parameter(ones([2]));
      self: Module = this;
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const loop = new Loop();
    expect([...loop.namedModules().keys()]).toEqual(['']);
    loop.loadStateDict({ weight: zeros([2]) });
  });

  it('counts parameters and switches modes everywhere', () => {
    const model = new Net();
    // 32·9 + 32 + 64·288 + 64 + 128·9216 + 128 + 10·128 + 10
    expect(model.parameterCount).toBe(1_199_882);
    expect(model.eval()).toBe(model);
    expect([...model.namedModules().values()].every((module) => !module.training)).toBe(true);
    model.train();
    expect(model.features.at(-1)?.training).toBe(true);
    expect(() => (model.training = 'false' as never)).toThrow('[Module] training must be');
    expect(model.training).toBe(true);
  });
});

describe('fromConfig', () => {
  it('rebuilds every layer from JSON', () => {
    const model = new Sequential(
      new Conv2d(3, 6, [3, 2], { stride: 2, padding: [1, 0], dilation: [1, 2], groups: 3, bias: false }),
      new BatchNorm2d(6, { momentum: null, affine: false, eps: 1e-3 }),
      new Sequential(new Dropout(0.1), new Linear(2, 3)),
    );
    const config = JSON.parse(JSON.stringify(model.config())) as ModuleConfig;
    const again = fromConfig(config);
    expect(again.config()).toEqual(model.config());
    expect([...again.stateDict()].map(([name, value]) => `${name} ${value}`)).toEqual(
      [...model.stateDict()].map(([name, value]) => `${name} ${value}`),
    );
  });

  it('builds classes of the user, also inside others, and says which types there are', () => {
    class Double extends Module {
      static override readonly type: string = 'Double';
      forward(x: Tensor): Tensor {
        return x.mul(2);
      }
    }
    const config = new Sequential(new Double()).config();
    expect((fromConfig(config, { Double }) as Sequential).at(0)).toBeInstanceOf(Double);
    expect(() => fromConfig(config)).toThrow(
      /there is no module type 'Double'; known are .*\bAdaptiveAvgPool1d, .*\bBatchNorm1d, /,
    );
    expect(() => fromConfig({ type: 'constructor' })).toThrow(ArgumentError);
    expect(() => new Net().config()).toThrow('Net does not say how to rebuild it');
  });
});

describe.each(devices)('modes on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('batch normalisation keeps its running statistics in compiled functions, and they follow the mode', async () => {
    const [plain, compiled] = [new BatchNorm2d(2), new BatchNorm2d(2)];
    const step = compile((x: Tensor) => compiled.forward(x));
    for (let i = 1; i <= 3; i++) {
      const x = tensor([
        [[[i, 2]], [[3, 4 * i]]],
        [[[5, 6]], [[-7, 8]]],
      ]);
      expect(await step(x).toArray()).toEqual(await plain.forward(x).toArray());
    }
    expect(await compiled.running_mean?.toArray()).toEqual(await plain.running_mean?.toArray());
    expect(await compiled.running_var?.toArray()).toEqual(await plain.running_var?.toArray());
    expect(await compiled.num_batches_tracked?.item()).toBe(3);
    const x = tensor([[[[1]], [[2]]]]);
    expect(await compile((y: Tensor) => compiled.forward(y))(tensor([[[[1, 2]], [[2, 3]]]])).data()).toHaveLength(4);
    expect(await compiled.num_batches_tracked?.item()).toBe(4);
    plain.eval();
    expect(await plain.forward(x).toArray()).toBeDefined();
    compiled.eval();
    const before = await compiled.running_mean?.toArray();
    const other = tensor([
      [[[9, 2]], [[3, 4]]],
      [[[5, 6]], [[-7, 8]]],
    ]);
    expect(await step(other).toArray()).toEqual(await compiled.forward(other).toArray());
    expect(await compiled.running_mean?.toArray()).toEqual(before);
  });
});

it('a list of modules is refused by Sequential with what to do', () => {
  expect(() => new Sequential([new ReLU()] as never)).toThrow(
    /argument 0 is an array, not a module[^]*Sequential\(\.\.\.list\)/,
  );
});

it('Sequential passes one tensor on, and says which module returned anything else', () => {
  class Cell extends Module<[x: Tensor], { output: Tensor; state: Tensor }> {
    forward(x: Tensor): { output: Tensor; state: Tensor } {
      return { output: x, state: x };
    }
  }
  const model = new Sequential(new ReLU(), new Cell() as unknown as Module, new ReLU());
  expect(() => model.forward(ones([1]))).toThrow('[Sequential] module 1, Cell, returned { output, state }; one tensor');
});

it('a module without forward says so when it is called', () => {
  const Base = Module as unknown as new () => object; // as JavaScript sees it
  class Misspelt extends Base {
    foward(x: Tensor): Tensor {
      return x;
    }
  }
  class Empty extends Base {}
  class Later extends Module {
    forward = (x: Tensor): Tensor => x.add(1);
  }
  expect(() => (new Misspelt() as unknown as Module).forward(ones([1]))).toThrow(
    /^\[Misspelt\] has no method forward[^]*foward/,
  );
  expect(() => new Sequential(new Empty() as Module).forward(ones([1]))).toThrow(/^\[Empty\][^]*forward\(x\)/);
  expect(new Later().forward(ones([1])).shape).toEqual([1]);
});
