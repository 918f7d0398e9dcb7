/** Modules of modules: names, types, configurations, replacing, errors. */
import { ArgumentError, compile, ones, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  Dropout,
  fromConfig,
  Lambda,
  Linear,
  Module,
  ModuleDict,
  ModuleList,
  parameter,
  buffer,
  ParameterDict,
  ParameterList,
  ReLU,
  Residual,
  Sequential,
  type ModuleConfig,
} from '../src/index.ts';

beforeAll(() => setDevice('reference'));

const json = (module: { config(): ModuleConfig }): ModuleConfig =>
  JSON.parse(JSON.stringify(module.config())) as ModuleConfig;
const names = (module: { stateDict(): Map<string, Tensor> }): string[] => [...module.stateDict().keys()];
const square = (): Linear => new Linear(2, 2);

describe('ModuleList', () => {
  class Tower extends Module {
    static override readonly type: string = 'Tower';
    static override readonly positional: readonly string[] = ['floors'];
    readonly floors: ModuleList;
    constructor(floors: ModuleList) {
      super();
      this.floors = floors;
    }
    forward(x: Tensor): Tensor {
      let y = x;
      for (const floor of this.floors) y = floor.forward(y);
      return y;
    }
  }
  const tower = (): Tower => new Tower(new ModuleList([square(), new ReLU(), square()]));

  it('has the names of an array, and of PyTorch', () => {
    expect(names(tower())).toEqual(['floors.0.weight', 'floors.0.bias', 'floors.2.weight', 'floors.2.bias']);
    expect([tower().floors.length, tower().floors.at(-1)?.describe()]).toEqual([3, 'Linear 2 → 2']);
    expect(names(tower().floors)).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
  });

  it('is rebuilt, with weights that are tied, and with what was replaced', async () => {
    const model = tower();
    model.setMember('floors.1', new Sequential(new Dropout(0.5), new ReLU()));
    model.setMember('floors.2.weight', model.getMember('floors.0.weight'));
    const again = fromConfig(json(model), { Tower });
    again.loadStateDict(model.stateDict());
    expect(names(again)).toEqual(names(model));
    const x = tensor([[1, -2]]);
    expect(await again.eval().forward(x).toArray()).toEqual(await model.eval().forward(x).toArray());
    expect(json(again)).toEqual(json(model));
  });

  it('is followed by compiled functions when a module is put in, or added', async () => {
    const model = tower();
    const run = compile((x: Tensor) => model.forward(x));
    const x = tensor([[1, 2]]);
    await run(x).data();
    model.setMember('floors.1', new Lambda((y: Tensor) => y.mul(3)));
    model.floors.append(new Lambda((y: Tensor) => y.mul(0).add(7)));
    expect(await run(x).toArray()).toEqual([[7, 7]]);
  });

  it('knows the type of its modules, and refuses what is none', () => {
    expectTypeOf(new ModuleList([square()]).at(0)).toEqualTypeOf<Linear | undefined>();
    expect(() => new ModuleList([square(), 3 as never])).toThrow('[ModuleList] modules[1] is 3, not a module.');
    expect(() => new ModuleList(square() as never)).toThrow(/in an array, not as a Linear/);
    expect(() => new ModuleList([square()]).forward()).toThrow(ArgumentError);
  });
});

describe('ModuleDict', () => {
  const heads = (): ModuleDict<{ cat: Linear; dog: Residual }> =>
    new ModuleDict({ cat: new Linear(2, 3), dog: new Residual(square()) });

  it('has the names of its modules, and their types', () => {
    expect(names(heads())).toEqual(['cat.weight', 'cat.bias', 'dog.inner.weight', 'dog.inner.bias']);
    expectTypeOf(heads().get('cat')).toEqualTypeOf<Linear>();
    expectTypeOf(heads().keys()).toEqualTypeOf<('cat' | 'dog')[]>();
    // @ts-expect-error -- there is no such name
    expect(() => heads().get('cow')).toThrow("[ModuleDict] there is no module 'cow'");
    // @ts-expect-error -- nor this
    expect(() => heads().get('Cat')).toThrow(/Did you mean cat\? There are cat, dog\./);
    expect([heads().has('dog'), heads().has('toString'), heads().size]).toEqual([true, false, 2]);
    expect([...heads()].map(([name, module]) => `${name}: ${module.describe()}`)).toEqual([
      'cat: Linear 2 → 3',
      'dog: Residual',
    ]);
  });

  it('is rebuilt, also under names that mean something else elsewhere', () => {
    const odd = new ModuleDict({ type: square(), frozen: new ReLU(), modules: square(), constructor: new ReLU() });
    for (const dict of [heads(), odd]) {
      const again = fromConfig(json(dict));
      expect(names(again)).toEqual(names(dict));
      expect(json(again)).toEqual(json(dict));
    }
  });

  it('has its modules replaced by name, which compiled functions follow', async () => {
    const dict = heads();
    const run = compile((x: Tensor) => dict.get('cat').forward(x));
    expect((await run(ones([1, 2])).data()).length).toBe(3);
    dict.setMember('cat', new Linear(2, 5));
    expect((await run(ones([1, 2])).data()).length).toBe(5);
    expect([dict.get('cat').outFeatures, json(dict)['replaced']]).toEqual([5, undefined]);
    expect((fromConfig(json(dict)).getMember('cat') as Linear).outFeatures).toBe(5);
  });

  it('refuses what is no module, and names that parameters could not have', () => {
    expect(() => new ModuleDict({ 'a.b': square() })).toThrow(/'a\.b' cannot be the name of a module: it has a dot/);
    expect(() => new ModuleDict({ '': square() })).toThrow(/is empty/);
    expect(() => new ModuleDict({ a: 1 as never })).toThrow('[ModuleDict] a is 1, not a module.');
    expect(() => new ModuleDict(new Map([['a', square()]]) as never)).toThrow(/Object\.fromEntries/);
    expect(() => heads().forward()).toThrow(ArgumentError);
  });
});

describe('ParameterList', () => {
  class Powers extends Module<[x: Tensor]> {
    static override readonly type: string = 'Powers';
    readonly factors = new ParameterList([tensor([1, 2]), parameter(tensor([3, 4]))]);
    forward(x: Tensor): Tensor {
      return [...this.factors].reduce((sum, factor) => sum.mul(x).add(factor), zeros([2]));
    }
  }

  it("has PyTorch's names, and what it is given trains", () => {
    const model = new Powers();
    expect(names(model)).toEqual(['factors.0', 'factors.1']);
    expect(names(model.factors)).toEqual(['0', '1']);
    expect([...model.trainableParameters().keys()]).toEqual(['factors.0', 'factors.1']);
    const shared = parameter(ones([2]));
    expect(new ParameterList([shared]).at(-1)).toBe(shared);
    expect(new ParameterList([shared, shared]).parameterCount).toBe(2);
  });

  it('is rebuilt with its shapes, types, what is frozen and what is tied, and takes the values of a state', async () => {
    const tied = parameter(ones([2, 3]));
    const list = new ParameterList([tied, tied, parameter(tensor([7]))]);
    tied.trainable = false;
    const again = fromConfig(json(list));
    expect(json(again)).toEqual(json(list));
    expect([...again.trainableParameters().keys()]).toEqual(['2']);
    again.loadStateDict(list.stateDict());
    const values = await Promise.all(again.parameters().map((value) => value.toArray()));
    expect(values).toEqual([
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      [7],
    ]);
  });

  it('is followed by compiled functions when a parameter is put in, or added', async () => {
    const model = new Powers();
    const run = compile((x: Tensor) => model.forward(x));
    const x = tensor([10, 10]);
    expect(await run(x).toArray()).toEqual([13, 24]);
    model.setMember('factors.1', parameter(tensor([0, 1])));
    model.factors.append(tensor([5, 6]));
    expect(await run(x).toArray()).toEqual([105, 216]);
    expect(model.factors.length).toBe(3);
  });

  it('prints what it holds, and refuses what is no parameter', () => {
    expect(String(new ParameterList([zeros([2, 3])]))).toBe('ParameterList(\n  (0): parameter float32[2,3]\n)');
    expect(String(new ParameterList())).toBe('ParameterList()');
    expect(() => new ParameterList([3 as never])).toThrow('[ParameterList] parameters[0] is 3, not a parameter.');
    expect(() => new ParameterList([buffer(ones([2]))])).toThrow(/parameters\[0\] is a buffer/);
    expect(() => new ParameterList([ones([2])]).setMember('0', buffer(ones([2])))).toThrow(/0 is a buffer/);
    expect(() => new ParameterList(ones([2]) as never)).toThrow(/come in an array/);
    expect(() => new ParameterList().forward()).toThrow(ArgumentError);
  });
});

describe('ParameterDict', () => {
  const affine = (): ParameterDict<'scale' | 'shift'> =>
    new ParameterDict({ scale: tensor([2, 3]), shift: parameter(tensor([1, 1])) });

  it("has PyTorch's names, and knows them", async () => {
    expect(names(affine())).toEqual(['scale', 'shift']);
    expectTypeOf(affine().keys()).toEqualTypeOf<('scale' | 'shift')[]>();
    // @ts-expect-error -- there is no such name
    expect(() => affine().get('Scale')).toThrow(/there is no parameter 'Scale'[^]*Did you mean scale\?/);
    expect([affine().has('shift'), affine().has('toString'), affine().size]).toEqual([true, false, 2]);
    expect(await affine().get('scale').toArray()).toEqual([2, 3]);
    expect([...affine()].map(([name, { requiresGrad }]) => [name, requiresGrad])).toEqual([
      ['scale', true],
      ['shift', true],
    ]);
  });

  it('is rebuilt, also under names that mean something else elsewhere', () => {
    const odd = new ParameterDict({ type: ones([2]), frozen: zeros([1]), entries: ones([3]), constructor: ones([]) });
    odd.get('type').trainable = false;
    for (const dict of [affine(), odd]) {
      const again = fromConfig(json(dict));
      expect(names(again)).toEqual(names(dict));
      expect(json(again)).toEqual(json(dict));
    }
  });

  it('has its parameters replaced by name, which compiled functions follow', async () => {
    const dict = affine();
    const run = compile((x: Tensor) => x.mul(dict.get('scale')).add(dict.get('shift')));
    expect(await run(ones([2])).toArray()).toEqual([3, 4]);
    dict.setMember('scale', parameter(tensor([10, 20])));
    expect(await run(ones([2])).toArray()).toEqual([11, 21]);
  });

  it('prints what it holds, and refuses what is no parameter, and names that parameters could not have', () => {
    expect(String(affine())).toBe(
      'ParameterDict(\n  (scale): parameter float32[2]\n  (shift): parameter float32[2]\n)',
    );
    expect(() => new ParameterDict({ 'a.b': ones([1]) })).toThrow(
      /'a\.b' cannot be the name of a parameter: it has a dot/,
    );
    expect(() => new ParameterDict({ '': ones([1]) })).toThrow(/is empty/);
    expect(() => new ParameterDict({ a: 1 as never })).toThrow('[ParameterDict] a is 1, not a parameter.');
    expect(() => new ParameterDict({ a: buffer(ones([1])) })).toThrow(/a is a buffer/);
    expect(() => new ParameterDict(new Map() as never)).toThrow(/Object\.fromEntries/);
    expect(() => affine().forward()).toThrow(ArgumentError);
  });
});

describe('Residual', () => {
  const triple = new Lambda((x: Tensor) => x.mul(3));

  it('adds what goes around, scaled and projected', async () => {
    const x = tensor([[1, 2]]);
    expect(await new Residual(triple).forward(x).toArray()).toEqual([[4, 8]]);
    expect(await new Residual(triple, { scale: 0.5 }).forward(x).toArray()).toEqual([[2.5, 5]]);
    const projection = new Lambda((y: Tensor) => y.neg());
    expect(await new Residual(triple, { projection }).forward(x).toArray()).toEqual([[2, 4]]);
  });

  it('hands further inputs to its module alone', async () => {
    const masked = new Residual(new Lambda((x: Tensor, mask: Tensor) => x.mul(mask)));
    expectTypeOf<Parameters<typeof masked.forward>>().toEqualTypeOf<[x: Tensor, mask: Tensor]>();
    expect(await masked.forward(tensor([1, 2]), tensor([0, 1])).toArray()).toEqual([1, 4]);
  });

  it('names its modules, and is rebuilt', () => {
    const block = new Residual(new Linear(2, 3), { projection: new Linear(2, 3, { bias: false }), scale: 2 });
    expect(names(block)).toEqual(['inner.weight', 'inner.bias', 'projection.weight']);
    expect(json(fromConfig(json(block)))).toEqual(json(block));
    expect(block.describe()).toBe('Residual × 2');
  });

  it('says which shapes differ, and what to do', () => {
    const model = new Sequential(new Residual(new Linear(2, 3)));
    expect(() => model.forward(ones([4, 2]))).toThrow(ShapeError);
    expect(() => model.forward(ones([4, 2]))).toThrow(/float32\[4,2\].*Linear 2 → 3.*float32\[4,3\][^]*projection/);
    // Broadcasting would hide it.
    expect(() => new Residual(new Linear(2, 1)).forward(ones([4, 2]))).toThrow(ShapeError);
  });
});

describe('Lambda', () => {
  const double = (x: Tensor): Tensor => x.mul(2);

  it('is rebuilt by the name of its function, which has to be given', async () => {
    const model = new Sequential(new Lambda(double, { name: 'double' }), new ReLU());
    expect(json(model)['modules']).toEqual([{ type: 'Lambda', name: 'double' }, { type: 'ReLU' }]);
    const again = fromConfig(json(model), { Lambda: Lambda.of({ double }) });
    expect(await again.forward(tensor([1, -1])).toArray()).toEqual([2, 0]);
    expect(json(again)).toEqual(json(model));
    expect(() => fromConfig(json(model))).toThrow(/the function 'double', which was not given[^]*Lambda\.of/);
    const others = Lambda.of({ halve: double });
    expect(() => fromConfig(json(model), { Lambda: others })).toThrow(/'double', which is none of those given: halve/);
    expect(() => fromConfig({ type: 'Lambda', name: 'toString' }, { Lambda: Lambda.of({}) })).toThrow(ArgumentError);
  });

  it('without a name has no configuration', () => {
    const model = new Sequential(new ReLU(), new Lambda(double));
    model.namedModules();
    expect(() => model.config()).toThrow(/1 \(Lambda\) is a function, which JSON cannot hold[^]*Give it a name/);
  });
});
