/** What a walk finds in the fields of a module, and what it refuses to skip. */
import { runInNewContext } from 'node:vm';
import { ArgumentError, ones, setDevice, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buffer,
  decodeSafetensors,
  Dropout,
  encodeSafetensors,
  Linear,
  Module,
  parameter,
  ReLU,
  summary,
} from '../src/index.ts';
import { placeOf } from '../src/module/known.ts';

beforeAll(() => setDevice('reference'));

/** A module with these fields. */
class Holder extends Module {
  constructor(fields: object) {
    super();
    Object.assign(this, fields);
  }
  forward(x: Tensor): Tensor {
    return [...this.namedModules().values()].reduce(
      (value, module) => (module instanceof Linear ? module.forward(value) : value),
      x,
    );
  }
}

const names = (module: Module): string[] => [...module.stateDict().keys()];
const linear = (): Linear => new Linear(2, 2, { bias: false });

describe('containers', () => {
  it('plain objects, Maps, Sets and arrays are walked, named by keys and positions, as deep as they go', () => {
    const model = new Holder({
      heads: { cat: linear(), dog: linear() },
      experts: new Map<string | number, unknown>([
        ['first', linear()],
        [7, [linear(), linear()]],
      ]),
      blocks: new Set([linear(), new ReLU(), linear()]),
      scales: { fine: { x: parameter(ones([1])), steps: buffer(zeros([])) }, note: 'text' },
      bare: Object.assign(Object.create(null) as object, { inner: linear() }),
      // As a frame makes them: their prototype is the Object.prototype of another realm.
      foreign: Object.assign(runInNewContext('({})') as object, { inner: linear() }),
    });
    expect(names(model)).toEqual([
      'scales.fine.x',
      'scales.fine.steps',
      'heads.cat.weight',
      'heads.dog.weight',
      'experts.first.weight',
      'experts.7.0.weight',
      'experts.7.1.weight',
      'blocks.0.weight',
      'blocks.2.weight',
      'bare.inner.weight',
      'foreign.inner.weight',
    ]);
    expect([...model.namedBuffers().keys()]).toEqual(['scales.fine.steps']);
    expect(model.parameterCount).toBe(9 * 4 + 1);
    const cat = model.namedModules().get('heads.cat') as Module;
    expect(placeOf(cat)).toBe('heads.cat (Linear 2 → 2)');
  });

  it('modes, state dicts, safetensors and the summary follow', async () => {
    const make = (): Holder => new Holder({ parts: new Map([['a', { drop: new Dropout(), layer: linear() }]]) });
    const [model, other] = [make(), make()];
    model.eval();
    expect([...model.namedModules()].map(([name, module]) => [name, module.training])).toEqual([
      ['', false],
      ['parts.a.drop', false],
      ['parts.a.layer', false],
    ]);
    const { state } = decodeSafetensors(await encodeSafetensors(model.stateDict()));
    other.loadStateDict(state);
    expect(await other.parameters()[0]?.toArray()).toEqual(await model.parameters()[0]?.toArray());
    expect(() => other.loadStateDict({})).toThrow('parts.a.layer.weight is missing');
    const { rows, parameters } = summary(model, ['batch', 2]);
    expect(rows.map(({ path, outputShape }) => [path, outputShape])).toEqual([
      ['', ['batch', 2]],
      ['parts.a.drop', undefined],
      ['parts.a.layer', ['batch', 2]],
    ]);
    expect(parameters).toBe(4);
  });

  it('what is held twice is listed once and loads under both names; cycles end', () => {
    const shared = { layer: linear() };
    const circle: Record<string, unknown> = { layer: linear() };
    circle['self'] = circle;
    const model = new Holder({ a: shared, b: shared, circle, list: [shared.layer] });
    expect(names(model)).toEqual(['a.layer.weight', 'circle.layer.weight']);
    const value = zeros([2, 2]);
    model.loadStateDict({ 'b.layer.weight': value, 'circle.layer.weight': value });
    model.loadStateDict({ 'list.0.weight': value, 'circle.layer.weight': value });
  });

  it('values that are no members are left alone, however they are nested', () => {
    const model = new Holder({
      options: { list: [1, { deep: [null, undefined, 'x'] }] },
      vocabulary: new Map([['a.b', 1]]),
      constant: { mask: ones([2]) },
      date: new Date(0),
      bytes: new Uint8Array(4),
      activate: (x: Tensor) => x.relu(),
      [Symbol('note')]: 1,
    });
    expect(names(model)).toEqual([]);
  });
});

describe('what would have no name is refused', () => {
  class Block {
    inner = { layer: linear() };
  }
  it.each([
    ['a key with a dot', { heads: { 'a.b': linear() } }, /'heads\.a\.b' cannot be the name.*has a dot/],
    ['a field with a dot', { 'a.b': linear() }, /'a\.b' cannot be the name.*has a dot/],
    ['a dot further out', { heads: { 'a.b': { c: linear() } } }, /'heads\.a\.b\.c' cannot/],
    ['an empty key', { heads: { '': linear() } }, /is empty/],
    ['a symbol', { [Symbol('head')]: linear() }, /'Symbol\(head\)' cannot.*key of the type symbol/],
    ['a Map by objects', { heads: new Map([[{}, linear()]]) }, /key of the type object/],
    [
      'a module in an object of another class',
      { block: new Block() },
      /field block .*block\.inner\.layer \(Linear 2 → 2\)/,
    ],
    ['a parameter in one', { list: [{ cache: new (class Cache { w = parameter(ones([2])); })() }] }, /list\.0\.cache\.w \(float32\[2\]\)/], // prettier-ignore
  ])('%s', (_, fields, message) => {
    const model = new Holder(fields);
    for (const walk of [
      () => model.parameters(),
      () => model.eval(),
      () => model.loadStateDict({}, { strict: false }),
    ]) {
      expect(walk).toThrow(ArgumentError);
      expect(walk).toThrow(message);
    }
  });

  it('keys that are one name', () => {
    const model = new Holder({
      m: new Map<unknown, Module>([
        [1, linear()],
        ['1', linear()],
      ]),
    });
    expect(() => model.parameters()).toThrow("two members have the name 'm.1.weight'");
    expect(() => model.namedModules()).toThrow("two members have the name 'm.1'");
    expect(() => model.loadStateDict({})).toThrow(ArgumentError);
  });

  it('names that a class makes itself must differ, too', () => {
    class Same extends Holder {
      override members(): [string, Linear][] {
        return [
          ['a', linear()],
          ['a', linear()],
        ];
      }
    }
    expect(() => new Same({}).parameters()).toThrow("two members have the name 'a.weight'");
  });

  it('an object that only refers to what the model holds anyway is no reason', () => {
    class Trainer {
      model: Module | undefined;
      get expensive(): never {
        throw new Error('a getter was called');
      }
    }
    const trainer = new Trainer();
    const model = new Holder({ layer: linear(), trainer });
    trainer.model = model;
    expect(names(model)).toEqual(['layer.weight']);
  });
});
