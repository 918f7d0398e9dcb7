/** Layers that learn the sizes of their inputs. */
import {
  ArgumentError,
  compile,
  defaultGenerator,
  manualSeed,
  ones,
  setDevice,
  type Tensor,
  zeros,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  fromConfig,
  initialize,
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyConv2d,
  LazyLinear,
  LazyModule,
  Linear,
  Module,
  parameter,
  ReLU,
  Sequential,
  summary,
  UninitializedError,
  type ModuleConfig,
} from '../src/index.ts';

beforeAll(() => setDevice('reference'));

const lazy = (): Sequential =>
  new Sequential(
    new LazyConv2d(4, 3, { stride: 2, bias: false }),
    new LazyBatchNorm2d({ momentum: 0.2 }),
    new ReLU(),
    new Dropout(),
    new Flatten(),
    new LazyLinear(6),
    new LazyBatchNorm1d({ affine: false }),
    new LazyLinear(3, { bias: false }),
  );
const explicit = (): Sequential =>
  new Sequential(
    new Conv2d(2, 4, 3, { stride: 2, bias: false }),
    new BatchNorm2d(4, { momentum: 0.2 }),
    new ReLU(),
    new Dropout(),
    new Flatten(),
    new Linear(36, 6),
    new BatchNorm1d(6, { affine: false }),
    new Linear(6, 3, { bias: false }),
  );
const json = (module: Module): ModuleConfig => JSON.parse(JSON.stringify(module.config())) as ModuleConfig;

describe('initialize', () => {
  it('makes the model that one would have written, from the same draws', async () => {
    manualSeed(3);
    const written = explicit();
    const { draws } = defaultGenerator;
    manualSeed(3);
    const model = lazy();
    expect(initialize(model, ['batch', 2, 8, 8])).toBe(model);
    expect(defaultGenerator.draws).toBe(draws);
    expect(json(model)).toEqual(json(written));
    expect([...model.namedModules().values()].map(String)).toEqual([...written.namedModules().values()].map(String));
    const [mine, theirs] = [model.stateDict(), written.stateDict()];
    expect([...mine.keys()]).toEqual([...theirs.keys()]);
    for (const [name, value] of theirs) expect(await mine.get(name)?.toArray()).toEqual(await value.toArray());
    const x = ones([2, 2, 8, 8]);
    expect(await model.eval().forward(x).toArray()).toEqual(await written.eval().forward(x).toArray());
  });

  it('leaves what has its parameters as it is, modes and running statistics too', async () => {
    const model = new Sequential(new BatchNorm1d(2), new LazyLinear(3), new Dropout().eval());
    const before = model.at(0);
    initialize(model, [5, 2]);
    initialize(model, [5, 2]);
    expect(model.at(0)).toBe(before);
    expect([...model].map(({ training }) => training)).toEqual([true, true, false]);
    expect(await (before as BatchNorm1d).num_batches_tracked?.item()).toBe(0);
  });

  it('keeps mode, hooks and places: a layer held twice, one in a Map, a reference from before', () => {
    class Net extends Module<[a: Tensor, b: Tensor], { output: Tensor; state: Tensor }> {
      static override readonly type: string = 'Net';
      parts = new Map<string, Module<[x: Tensor]>>([['first', new LazyLinear(4)]]);
      first = this.parts.get('first');
      head: Module<[x: Tensor]> = new LazyLinear(1);
      forward(a: Tensor, b: Tensor): { output: Tensor; state: Tensor } {
        const state = [this.first, this.parts.get('first')]
          .flatMap((part, i) => (part === undefined ? [] : [part.forward(i === 0 ? a : b)]))
          .reduce((sum, value) => sum.add(value));
        return { output: this.head.forward(state), state };
      }
    }
    const model = new Net();
    const { first, head } = model;
    head.eval();
    let calls = 0;
    const remove = head.registerForwardHook(() => void calls++);
    initialize(model, [['batch', 3], { shape: ['batch', 3] }]);
    expect(model.first).toBeInstanceOf(Linear);
    expect(model.parts.get('first')).toBe(model.first);
    expect([...model.namedParameters().keys()]).toEqual([
      'parts.first.weight',
      'parts.first.bias',
      'head.weight',
      'head.bias',
    ]);
    expect([model.head.training, model.training]).toEqual([false, true]);
    calls = 0;
    expect(model.forward(ones([2, 3]), ones([2, 3])).output.shape).toEqual([2, 1]);
    expect(head.forward(ones([7, 4])).shape).toEqual([7, 1]);
    expect(first?.isInitialized).toBe(true);
    expect(calls).toBeGreaterThan(0);
    remove();
    calls = 0;
    model.forward(ones([2, 3]), ones([2, 3]));
    expect(calls).toBe(0);
    const again = fromConfig(json(model as unknown as Module), { Net });
    expect([...again.stateDict()].map(String)).toEqual([...model.stateDict()].map(String));
    expect(again.getMember('first')).toBe(again.getMember('parts.first'));
  });

  it('runs a layer of one’s own', () => {
    class Scale extends Module {
      weight: Tensor;
      constructor(size: number) {
        super();
        this.weight = parameter(ones([size]));
      }
      forward(x: Tensor): Tensor {
        return x.mul(this.weight);
      }
    }
    class LazyScale extends LazyModule {
      create(x: Tensor): Scale {
        return new Scale(x.shape.at(-1) ?? 1);
      }
    }
    const model = initialize(new Sequential(new LazyScale(), new LazyLinear(2)), ['n', 5]);
    expect([...model.stateDict()].map(([name, { shape }]) => [name, shape])).toEqual([
      ['0.weight', [5]],
      ['1.weight', [2, 5]],
      ['1.bias', [2]],
    ]);
  });
});

describe('before', () => {
  it.each<[string, (model: Sequential) => unknown]>([
    ['computing', (model) => model.forward(zeros([1, 2, 8, 8]))],
    ['compiling', (model) => compile((x: Tensor) => model.forward(x))(zeros([1, 2, 8, 8]))],
    ['the summary', (model) => summary(model, [1, 2, 8, 8])],
    ['parameters by name, which an optimizer asks for', (model) => model.namedParameters()],
    ['parameters', (model) => model.parameters()],
    ['counting', (model) => model.parameterCount],
    ['freezing', (model) => model.freeze()],
    ['a state', (model) => model.stateDict()],
    ['loading', (model) => model.loadStateDict({})],
  ])('%s says what to do', (_, use) => {
    const model = lazy();
    expect(() => use(model)).toThrow(UninitializedError);
    expect(() => use(model)).toThrow(
      /0 \(LazyConv2d \? → 4, 3×3\) has no parameters yet[^]*initialize\(model, inputShape\)/,
    );
    expect(() => use(initialize(model, [1, 2, 8, 8]))).not.toThrow(UninitializedError);
  });

  it('modes, paths and configurations work', () => {
    const model = lazy().eval();
    expect([...model].every(({ training }) => !training)).toBe(true);
    expect([...model].map(({ isInitialized }) => isInitialized)).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    const again = initialize(fromConfig(json(model)), [1, 2, 8, 8]);
    expect(json(again)).toEqual(json(explicit()));
  });
});

describe('what initialize refuses', () => {
  class Net extends Module {
    used = new LazyLinear(2);
    unused = [new LazyLinear(3)];
    forward(x: Tensor): Tensor {
      return this.used.forward(x);
    }
  }
  class Hidden extends Module {
    #inner = new LazyLinear(2);
    forward(x: Tensor): Tensor {
      return this.#inner.forward(x);
    }
  }
  it.each<[string, () => unknown, RegExp]>([
    ['a layer that is not called', () => initialize(new Net(), [1, 2]), /does not call unused\.0/],
    [
      'a layer that cannot be seen',
      () => initialize(new Hidden(), [1, 2]),
      /calls a LazyLinear \? → 2 that it does not hold/,
    ],
    ['a layer alone', () => initialize(new LazyLinear(3), [1, 2]), /not part of a model/],
    ['an input without the axis', () => initialize(lazy(), [4]), /\[batch, channels, …\] .* not float32\[4\]/],
    ['no shape', () => initialize(lazy(), 3 as never), /the shape of the input/],
    ['a wrong extent', () => initialize(lazy(), [1, -2]), /an extent/],
    ['a wrong dtype', () => initialize(lazy(), [1, 2], { dtype: 'float16' as never }), /float16/],
  ])('%s', (_, body, message) => {
    expect(body).toThrow(message);
  });

  it('sizes and options are checked when the layer is made', () => {
    expect(() => new LazyLinear(0)).toThrow('[LazyLinear] outFeatures must be an integer ≥ 1, not 0');
    expect(() => new LazyConv2d(3, 3, { groups: 2 })).toThrow(
      '[LazyConv2d] 3 output channels do not divide into 2 groups',
    );
    expect(() => new LazyBatchNorm1d({ eps: NaN })).toThrow(ArgumentError);
  });
});
