/** Transforms against scikit-learn, there and back again, and as JSON. */
import { describe, expect, it } from 'vitest';
import {
  ColumnTransformer,
  DataError,
  Imputer,
  LabelEncoder,
  MinMaxScaler,
  OneHotEncoder,
  Pipeline,
  StandardScaler,
  Table,
  labelEncode,
  parseCsv,
  stream,
  transformFromJSON,
  type AnyTransform,
  type ImputeStrategy,
  type JsonValue,
  type NumericArray,
  type TransformJSON,
} from '../src/index.ts';
import encoders from './golden/label-encoder.json' with { type: 'json' };
import golden from './golden/transforms.json' with { type: 'json' };

const numbers = (values: readonly (number | null)[]): Float64Array =>
  Float64Array.from(values, (value) => value ?? NaN);
const array = ({ x, shape }: { x: readonly (number | null)[]; shape: number[] }): NumericArray<Float64Array> => ({
  data: numbers(x),
  shape,
});

function expectClose(actual: ArrayLike<number>, expected: readonly (number | null)[]): void {
  expect(actual.length).toBe(expected.length);
  const far = expected.findIndex((value, i) => {
    const got = actual[i] ?? Infinity;
    return value === null ? !Number.isNaN(got) : !(Math.abs(got - value) <= 1e-11 * Math.max(1, Math.abs(value)));
  });
  expect(far, `${actual[far]} is not ${expected[far]}`).toBe(-1);
}

/** A transform that has been text in between. */
function again<T extends AnyTransform>(transform: T): T {
  const made = transformFromJSON(JSON.parse(JSON.stringify(transform)) as JsonValue);
  expect(made).not.toBe(transform);
  expect(made.constructor).toBe(transform.constructor);
  expect(JSON.stringify(made)).toBe(JSON.stringify(transform));
  return made as T;
}

const bits = ({ data }: NumericArray): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

const colours = ['red', 'green', 'blue', 'green'];
const holes = array(golden.holes);

it('names a dozen of many categories', () => {
  const many = Array.from({ length: 100 }, (_, i) => `c${i}`);
  const encoder = new OneHotEncoder().fit(parseCsv(`name\n${many.join('\n')}`));
  expect(() => encoder.transform(parseCsv('name\nd'))).toThrow(/categories c0, c1, c10, [^:]*, … \(100 in all\):/);
});

describe('scikit-learn', () => {
  it.each(golden.partial.map((entry) => [entry.scaler, entry] as const))(
    'agrees on %s fitted in parts',
    (name, entry) => {
      const scaler = name === 'StandardScaler' ? new StandardScaler() : new MinMaxScaler();
      for (const part of golden.parts) scaler.partialFit(array(part));
      expectClose(scaler.transform(array(golden.parts[1]!)).data, entry.transformed);
      if (scaler instanceof StandardScaler) {
        expectClose(scaler.mean, entry.mean ?? []);
        expectClose(scaler.scale, entry.scale ?? []);
      } else {
        expectClose(scaler.dataMin, entry.dataMin ?? []);
        expectClose(scaler.dataMax, entry.dataMax ?? []);
      }
    },
  );

  it.each(golden.oneHot.map((entry, i) => [i, entry] as const))('agrees on one-hot codes %i', (_, entry) => {
    const { handle_unknown: handleUnknown = 'error', drop = null } = entry.options as {
      handle_unknown?: 'ignore';
      drop?: 'first';
    };
    const encoder = again(new OneHotEncoder({ handleUnknown, drop }).fit(entry.values));
    expect(encoder.categories).toEqual([entry.categories]);
    const encoded = encoder.transform(entry.fresh);
    expect([...encoded.data]).toEqual(entry.transformed);
    expect(encoded.shape).toEqual([entry.fresh.length, encoder.names.length]);
    expect(encoder.inverseTransform(encoded)).toEqual(entry.inverse);
  });

  it.each(golden.imputers.map((entry) => [entry.options.strategy, entry] as const))(
    'agrees on missing values filled in with %s',
    (_, entry) => {
      const { strategy, fill_value: fillValue } = entry.options;
      const imputer = again(
        new Imputer({
          strategy: strategy.replace('most_f', 'mostF') as ImputeStrategy,
          ...(fillValue !== undefined && { fillValue }),
        }).fit(holes),
      );
      expectClose(imputer.fill as number[], entry.fill);
      expectClose(imputer.transform(holes).data, entry.transformed);
      expect(imputer.inverseTransform(holes)).toBe(holes);
    },
  );

  it('agrees on the most frequent text', () => {
    const table = new Table({ word: { type: 'string', values: golden.words } });
    const imputer = again(new Imputer({ strategy: 'mostFrequent' }).fit(table));
    expect(imputer.transform(table).strings('word')).toEqual(golden.imputedWords);
  });

  it('agrees on a pipeline', () => {
    const pipeline = again(
      new Pipeline([
        new Imputer({ strategy: 'median' }),
        new StandardScaler(),
        new MinMaxScaler({ featureRange: [-1, 1] }),
      ]).fit(holes),
    );
    const transformed = pipeline.transform(holes);
    expectClose(transformed.data, golden.pipeline.transformed);
    expectClose((pipeline.inverseTransform(transformed) as NumericArray).data, golden.pipeline.back);
  });

  it('agrees on the columns of a table', () => {
    const table = new Table({
      a: { type: 'number', values: numbers(golden.columns.numbers) },
      letter: { type: 'string', values: golden.columns.letters },
      b: { type: 'number', values: numbers(golden.columns.more) },
    });
    const made = new ColumnTransformer({
      numbers: { columns: ['a', 'b'], transform: new Pipeline([new Imputer(), new StandardScaler()]) },
      letters: { columns: ['letter'], transform: new OneHotEncoder() },
    });
    expectClose(made.fitTransform(table).data, golden.columns.transformed);
    const transform = again(made);
    const matrix = transform.transform(table);
    expect(matrix.shape).toEqual([4, 5]);
    expectClose(matrix.data, golden.columns.transformed);
    const back = transform.inverseTransform(matrix);
    expect(back.names).toEqual(['a', 'b', 'letter']);
    expect(back.strings('letter')).toEqual(golden.columns.letters);
    expectClose(back.numbers('b'), golden.columns.more);
    expectClose(
      back.numbers('a').filter((_, i) => i !== 1),
      golden.columns.numbers.filter((value) => value !== null),
    );
  });

  it.each(encoders.map((entry, i) => [i, entry] as const))(
    'agrees on labels %i',
    (_, { values, labels, classNames }) => {
      const encoder = again(new LabelEncoder().fit(values));
      expect(encoder.classes.map(String)).toEqual(classNames);
      expect([...encoder.transform(values)]).toEqual(labels);
      expect(encoder.inverseTransform(labels)).toEqual(values);
      expect(labelEncode(values).labels).toEqual(encoder.transform(values));
    },
  );
});

describe('as JSON', () => {
  // Numbers that text makes others of where one is careless.
  const odd = {
    data: Float64Array.of(0.1, -0, 1 / 3, 5e-324, 1.7976931348623157e308, 2 ** 53 + 2, NaN, 0, 2, 3, 4, 5),
    shape: [2, 6],
  };

  it.each<
    [
      string,
      () => AnyTransform & {
        transform(x: NumericArray): NumericArray;
        inverseTransform(x: NumericArray): NumericArray;
      },
    ]
  >([
    ['StandardScaler', () => new StandardScaler().fit(odd)],
    ['StandardScaler without mean', () => new StandardScaler({ withMean: false }).fit(odd)],
    ['StandardScaler without std', () => new StandardScaler({ withStd: false, per: 'global' }).fit(odd)],
    ['MinMaxScaler', () => new MinMaxScaler({ featureRange: [-0.1, 0.3], clip: true }).fit(odd)],
    ['MinMaxScaler of all', () => new MinMaxScaler({ per: 'global' }).fit(odd)],
    ['Imputer', () => new Imputer().fit(odd)],
    ['Imputer with -0', () => new Imputer({ strategy: 'constant', fillValue: -0 }).fit(odd)],
    [
      'Pipeline',
      () =>
        new Pipeline<NumericArray>([new Imputer(), new Pipeline([new StandardScaler(), new MinMaxScaler()])]).fit(odd),
    ],
  ])('%s gives the same bits', (_, make) => {
    const transform = make();
    const made = again(transform);
    const values = { data: Float64Array.of(0.3, NaN, 1e-300, -7.1, 1e300, 12345.678), shape: [1, 6] };
    expect(bits(made.transform(values))).toBe(bits(transform.transform(values)));
    expect(bits(made.inverseTransform(values))).toBe(bits(transform.inverseTransform(values)));
  });

  it('goes on learning where it was', () => {
    const [first, second, third] = golden.parts.map(array);
    const whole = new StandardScaler().partialFit(first!).partialFit(second!).partialFit(third!);
    const cut = again(again(new StandardScaler().partialFit(first!)).partialFit(second!)).partialFit(third!);
    expect(JSON.stringify(cut)).toBe(JSON.stringify(whole));
    expect(again(new MinMaxScaler().partialFit(first!)).partialFit(third!).dataMax).toEqual(
      new MinMaxScaler().partialFit(first!).partialFit(third!).dataMax,
    );
  });

  it('keeps what has not learnt yet', () => {
    for (const [transform, x] of [
      [new StandardScaler(), holes],
      [new MinMaxScaler(), holes],
      [new Imputer(), holes],
      [new LabelEncoder(), colours],
      [new OneHotEncoder(), colours],
    ] as unknown as readonly [AnyTransform, never][]) {
      const made = again(transform);
      expect(() => made.transform(x)).toThrow(/not fitted yet[^]*fit\(train\)/);
      expect(() => made.inverseTransform(x)).toThrow(DataError);
    }
    const columns = again(new ColumnTransformer({ a: { columns: ['a'], transform: new StandardScaler() } }));
    expect(() => columns.transform(parseCsv('a\n1\n'))).toThrow(/\[ColumnTransformer\] not fitted yet/);
  });

  it('takes classes of your own, inside of others too', () => {
    class Logarithm {
      static readonly type = 'Logarithm';
      fit(): this {
        return this;
      }
      transform({ data, shape }: NumericArray): NumericArray {
        return { data: Float64Array.from(data, Math.log), shape };
      }
      inverseTransform({ data, shape }: NumericArray): NumericArray {
        return { data: Float64Array.from(data, Math.exp), shape };
      }
      toJSON(): TransformJSON {
        return { type: Logarithm.type };
      }
      static fromJSON(): Logarithm {
        return new Logarithm();
      }
    }
    const x = { data: Float64Array.of(1, 10, 100), shape: [3, 1] };
    const pipeline = new Pipeline<NumericArray>([new Logarithm(), new StandardScaler()]).fit(x);
    const json = JSON.parse(JSON.stringify(pipeline)) as JsonValue;
    const made = transformFromJSON(json, [Logarithm]) as typeof pipeline;
    expect(bits(made.transform(x))).toBe(bits(pipeline.transform(x)));
    expectClose(made.inverseTransform(made.transform(x)).data, [1, 10, 100]);
    expect(() => transformFromJSON(json)).toThrow(
      /got the type "Logarithm"[^]*transformFromJSON\(json, \[MyTransform\]\)/,
    );
  });

  it.each<[string, JsonValue, RegExp]>([
    ['nothing', null, /expected the JSON of a transform, got the type undefined/],
    ['another type', { type: 'PCA' }, /got the type "PCA"[^]*StandardScaler/],
    [
      'a missing part',
      { type: 'StandardScaler', per: 'feature', withMean: true, withStd: true, fitted: true },
      /JSON's counts must be an array of numbers, got undefined/,
    ],
    [
      'other numbers',
      {
        type: 'StandardScaler',
        per: 'feature',
        withMean: true,
        withStd: true,
        fitted: true,
        counts: [1],
        mean: ['1'],
        squares: [0],
      },
      /JSON's mean must be an array of numbers, got "1"/,
    ],
    [
      'parts of other lengths',
      {
        type: 'MinMaxScaler',
        per: 'feature',
        featureRange: [0, 1],
        clip: false,
        fitted: true,
        dataMin: [1],
        dataMax: [1, 2],
      },
      /one length, got dataMin 1, dataMax 2/,
    ],
    ['another choice', { type: 'Imputer', strategy: 'mode' }, /JSON's strategy must be 'mean' or 'median'/],
    ['no steps', { type: 'Pipeline' }, /JSON's steps must be an array/],
    ['a step that is none', { type: 'Pipeline', steps: [3] }, /expected the JSON of a transform/],
    ['groups that are none', { type: 'ColumnTransformer', groups: [3] }, /JSON's groups must be an array of text/],
    [
      'classes that are none',
      { type: 'LabelEncoder', classes: [null] },
      /JSON's classes must be an array of texts or numbers/,
    ],
  ])('says what is wrong with %s', (_, json, message) => {
    expect(() => transformFromJSON(json)).toThrow(message);
    expect(() => transformFromJSON(json)).toThrow(DataError);
  });
});

it('scalers learn from a stream', async () => {
  const values = Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 1e3 + 1e6);
  const scaler = new StandardScaler();
  for await (const { batch } of stream(values)
    .map((x) => ({ x: Float64Array.of(x) }))
    .batch(64)
    .batches())
    scaler.partialFit(batch.x);
  const whole = new StandardScaler().fit({ data: Float64Array.from(values), shape: [1000, 1] });
  expectClose(scaler.mean, [...whole.mean]);
  expectClose(scaler.scale, [...whole.scale]);
  expect(() => scaler.partialFit({ data: Float64Array.of(1, 2), shape: [1, 2] })).toThrow(
    /fitted on 1 features, got 2/,
  );
});

it('one-hot codes of a table go by the names of its columns', () => {
  const table = parseCsv('colour,size,alive\nred,1,True\ngreen,2,False\nred,3,True\n');
  const encoder = again(new OneHotEncoder().fit(table.select(['colour', 'size'])));
  expect(encoder.names).toEqual(['colour=green', 'colour=red', 'size=1', 'size=2', 'size=3']);
  const encoded = encoder.transform(table);
  expect([...encoded.data]).toEqual([0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]);
  const back = encoder.inverseTransform(encoded) as Table;
  expect(back.strings('colour')).toEqual(['red', 'green', 'red']);
  expect(back.numbers('size')).toEqual(Float64Array.of(1, 2, 3));
});

it('what does not fit is told with what to do', () => {
  const table = parseCsv('a,b\n1,x\n,y\n3,\n');
  expect(() => new OneHotEncoder().fit(['a', null])).toThrow(/1 of 2 values are missing/);
  expect(() => new OneHotEncoder().fit(colours).transform(['pink'])).toThrow(
    /example 0: "pink"[^]*handleUnknown: 'ignore'/,
  );
  expect(() => new OneHotEncoder({ handleUnknown: 'ignore' }).fit(colours).transform([null])).toThrow(
    /example 0: no value[^]*Imputer/,
  );
  expect(() => new OneHotEncoder().fit(colours).inverseTransform({ data: new Float64Array(2), shape: [1, 2] })).toThrow(
    /expected 3 columns, got the shape \[1,2\]/,
  );
  expect(() => new OneHotEncoder().fit(table.dropMissing()).transform(['x'])).toThrow(/fitted on 2 columns of a table/);
  expect(() => new OneHotEncoder().fit(table.dropMissing()).transform(table.select(['a']))).toThrow(
    /has no column "b"/,
  );
  expect(() => new Imputer().fit(table)).toThrow(/column 'b' holds strings, which have no mean[^]*mostFrequent/);
  expect(() => new Imputer().fit({ data: Float64Array.of(NaN, 1), shape: [1, 2] })).toThrow(
    /feature 0 has no value at all[^]*constant/,
  );
  expect(() => new Imputer({ strategy: 'constant' })).toThrow(/fillValue, a number or a text/);
  expect(() => new Imputer({ fillValue: 3 })).toThrow(/belongs to the strategy 'constant', got 3 with 'mean'/);
  expect(() => new Imputer({ strategy: 'constant', fillValue: 0 }).fit(table)).toThrow(
    /column 'b' holds strings, the fillValue is 0/,
  );
  expect(() => new Imputer().fit(holes).transform({ data: new Float64Array(2), shape: [1, 2] })).toThrow(
    /fitted on 3 features, got 2/,
  );
  expect(() => new LabelEncoder().fit(colours).transform(['pink'])).toThrow(/not among the classes blue, green, red/);
  expect(() => new LabelEncoder().fit(colours).inverseTransform([3])).toThrow(/label 0 is 3; labels are 0 to 2/);
  expect(() => new LabelEncoder().fit([])).toThrow(/at least one value/);
  expect(() => new Pipeline([])).toThrow(/at least one step/);
  expect(() => new Pipeline([3 as never])).toThrow(/step 0 must be a transform, got 3/);
  expect(() => new ColumnTransformer({})).toThrow(/at least one group/);
  expect(() => new ColumnTransformer({ a: { columns: ['c'], transform: new StandardScaler() } }).fit(table)).toThrow(
    /has no column "c"/,
  );
  expect(() => new ColumnTransformer({ a: { columns: ['b'], transform: new LabelEncoder() } }).fit(table)).toThrow(
    DataError,
  );
  expect(labelEncode([1, '1', 2]).labels).toEqual(Int32Array.of(0, 0, 1)); // one name, one class
});

it.each<readonly [string, unknown]>([
  ['null', null],
  ['a number', 3],
  ['an object', {}],
  ['a symbol', Symbol('a')],
  ['a type that is no text', { type: Object.create(null) as object, fromJSON: () => new StandardScaler() }],
  ['no fromJSON', { type: 'mine' }],
])('refuses %s for a class of transforms', (_, given) => {
  expect(() => transformFromJSON({ type: 'StandardScaler' }, [given as never])).toThrow(/types\[0\] must be a class/);
});
