/** Steps by rows: reductions and elementwise work over the same rows in one kernel, with the values of closed forms in float64 for rows of any number and length. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  device,
  layerNorm,
  logSoftmax,
  logSumExp,
  realize,
  rmsNorm,
  scan,
  setDevice,
  softmax,
  tensor,
  variable,
  assign,
  compile,
  zeros,
  type Tensor,
} from '../src/index.ts';
import { compileTensors } from './support/programs.ts';
import { devices } from './support/devices.ts';
import { counted } from './support/optimised.ts';

/** Without pattern, of either sign. */
function numbers(...shape: number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => (((i + 1) * 7919) % 1009) / 101 - 5),
    { shape },
  );
}

type Row = readonly number[];
const sum = (row: Row): number => row.reduce((total, value) => total + value, 0);
const mean = (row: Row): number => sum(row) / row.length;

const closedForms = {
  softmax: (row: Row) => {
    const largest = row.reduce((a, b) => Math.max(a, b));
    const shifted = row.map((value) => Math.exp(value - largest));
    const total = sum(shifted);
    return shifted.map((value) => value / total);
  },
  logSoftmax: (row: Row) => {
    const largest = row.reduce((a, b) => Math.max(a, b));
    const total = Math.log(sum(row.map((value) => Math.exp(value - largest))));
    return row.map((value) => value - largest - total);
  },
  layerNorm: (row: Row) => {
    const centre = mean(row);
    const deviation = Math.sqrt(mean(row.map((value) => (value - centre) ** 2)) + 1e-5);
    return row.map((value) => (value - centre) / deviation);
  },
  rmsNorm: (row: Row) => {
    const scale = Math.sqrt(mean(row.map((value) => value ** 2)) + 1e-5);
    return row.map((value) => value / scale);
  },
} satisfies Record<string, (row: Row) => number[]>;

const functions: Readonly<Record<keyof typeof closedForms, (x: Tensor) => Tensor>> = {
  softmax: (x) => softmax(x, -1),
  logSoftmax: (x) => logSoftmax(x, -1),
  layerNorm: (x) => layerNorm(x, x.shape[x.ndim - 1] ?? 1),
  rmsNorm: (x) => rmsNorm(x, x.shape[x.ndim - 1] ?? 1, { eps: 1e-5 }),
};

async function rowsOf(x: Tensor): Promise<number[][]> {
  const values = [...(await x.data())].map(Number);
  const length = x.shape[x.ndim - 1] ?? 1;
  return Array.from({ length: x.size / length }, (_, i) => values.slice(i * length, (i + 1) * length));
}

async function expectRows(x: Tensor, wanted: readonly Row[], digits = 5): Promise<void> {
  const expected = wanted.flat();
  const actual = (await rowsOf(x)).flat();
  const worst = Math.max(
    0,
    ...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN)) / (1 + Math.abs(value))),
  );
  expect(actual.length).toBe(expected.length);
  expect(worst).toBeLessThan(10 ** -digits);
}

describe('the compiler', () => {
  beforeAll(() => setDevice('reference'));
  const kindsOf = (...outputs: Tensor[]): string[] => {
    const { plan, expected, actual } = compileTensors(outputs);
    expected.forEach((values, i) =>
      Array.from(values).forEach((value, j) => expect(Math.abs((actual[i]?.[j] ?? NaN) - value)).toBeLessThan(1e-6)),
    );
    return plan.kernels.map(({ kind }) => kind);
  };

  it('softmax, logSoftmax, logSumExp, layerNorm, rmsNorm are 1 kernel by rows', () => {
    const x = numbers(6, 10);
    for (const apply of [...Object.values(functions), (y: Tensor) => logSumExp(y, -1)])
      expect(kindsOf(apply(x))).toEqual(['rows']);
  });

  it('a norm that a user writes down is 1 kernel, over several axes too', () => {
    const x = numbers(3, 4, 5, 6);
    const centred = x.sub(x.mean([2, 3], { keepDims: true }));
    const spread = centred.abs().mean([2, 3], { keepDims: true });
    expect(kindsOf(centred.div(spread).add(x.max([2, 3], { keepDims: true })))).toEqual(['rows']);
  });

  it('what another kernel needs of a row goes to memory beside the result', () => {
    const x = numbers(6, 10);
    const largest = x.max(1, { keepDims: true });
    expect(kindsOf(x.sub(largest), largest.exp())).toEqual(['rows']);
  });

  it('one row takes what reads the row again, and nothing that shares no more than a number with it', () => {
    const [x, y] = [numbers(30), numbers(20)];
    expect(kindsOf(softmax(x, -1))).toEqual(['rows']);
    expect(kindsOf(x.div(x.square().sum().sqrt()))).toEqual(['rows']);
    expect(kindsOf(y.div(x.square().sum().sqrt()))).toEqual(['reduce', 'map']);
  });

  it('sums of columns, and rows that read other rows, are kernels of their own', () => {
    const x = numbers(6, 6);
    expect(kindsOf(x.sub(x.mean(0)))).toEqual(['reduce', 'map']);
    expect(kindsOf(x.sub(x.mean(1)))).toEqual(['reduce', 'map']);
    expect(
      kindsOf(
        x
          .div(x.sum(1, { keepDims: true }))
          .flip(0)
          .exp()
          .add(x.sum(1, { keepDims: true })),
      ),
    ).toEqual(['reduce', 'map']);
    expect(kindsOf(softmax(x, 0))).not.toContain('rows');
  });

  it('rows of a hundred thousand elements stay kernels of their own', () => {
    expect(compileTensors([softmax(zeros([1, 100_000]), -1)]).plan.kernels.map(({ kind }) => kind)).not.toContain(
      'rows',
    );
  });

  it('memory is used again within the rows: that of x for the result, once it has been read', () => {
    const x = numbers(64, 64);
    // The exponentials, and what they are made of until the result takes its place.
    const { plan } = compileTensors([softmax(x.sin().exp().sin(), -1).sum()]);
    expect(plan.arenaBytes).toBeLessThanOrEqual(2 * 64 * 64 * 4 + 4 * 512);
  });
});

const shapes = [
  [1, 16],
  [5, 1],
  [2000, 2],
  [33, 17],
  [2, 3, 130],
  [2, 9000],
  [1, 70_000],
] as const;

describe.each(devices)('on %s', (name) => {
  beforeAll(() => setDevice(name));

  if (name !== 'reference') {
    it.each(Object.keys(functions) as (keyof typeof functions)[])(`%s forward is 1 kernel on ${name}`, async (key) => {
      await functions[key](numbers(8, 24)).data();
      expect(device.stats().kernelsInLastRun).toEqual(counted(1));
    });
  }

  it.each(Object.keys(functions) as (keyof typeof functions)[])('%s of rows of any number and length', async (key) => {
    for (const shape of shapes) {
      const x = numbers(...shape);
      await expectRows(functions[key](x), (await rowsOf(x)).map(closedForms[key]));
    }
    for (const shape of [
      [0, 16],
      [3, 0, 4],
    ])
      expect((await functions[key](zeros(shape)).data()).length).toBe(0);
  });

  it('of views: every second column, the other way round, transposed, one row for all', async () => {
    const x = numbers(12, 20);
    for (const view of [x.slice([0, 1], [12, 20], [1, 2]).flip(1), x.transpose(0, 1), numbers(20).broadcastTo([7, 20])])
      for (const key of ['softmax', 'layerNorm'] as const)
        await expectRows(functions[key](view), (await rowsOf(view)).map(closedForms[key]));
  });

  it('in float16, rounded once', async () => {
    const x = numbers(9, 33).to('float16');
    for (const key of Object.keys(functions) as (keyof typeof functions)[])
      await expectRows(functions[key](x), (await rowsOf(x)).map(closedForms[key]), 3);
  });

  it('NaN and ∞ stay in their rows', async () => {
    const x = tensor([
      [1, 2, 3],
      [1, NaN, 3],
      [-Infinity, 0, -Infinity],
      [Infinity, 0, 1],
      [4, 5, 6],
    ]);
    const rows = await rowsOf(softmax(x, -1));
    expect(rows[1]).toEqual([NaN, NaN, NaN]);
    expect(rows[2]).toEqual([0, 1, 0]);
    expect(rows[3]?.[0]).toBeNaN();
    expect(rows[4]).toEqual(rows[0]);
    const normalised = await rowsOf(layerNorm(x, 3));
    for (const row of [1, 2, 3]) expect(normalised[row]).toEqual([NaN, NaN, NaN]);
    expect(normalised[4]).toEqual(normalised[0]);
  });

  it('the same bytes in 20 runs', async () => {
    const x = numbers(37, 130);
    const once = async (): Promise<number[]> => [...(await layerNorm(softmax(x, -1), 130).data())].map(Number);
    const first = await once();
    for (let i = 0; i < 20; i++) expect(await once()).toEqual(first);
  });

  it('in a loop, whose carry is replaced in place', async () => {
    const [carry] = scan((state, x) => [softmax(state.add(x), -1), state.max(-1)], numbers(5, 24), numbers(3, 5, 24));
    let expected = await rowsOf(numbers(5, 24));
    const steps = await rowsOf(numbers(3, 5, 24));
    for (let t = 0; t < 3; t++)
      expected = expected.map((row, i) =>
        closedForms.softmax(row.map((value, j) => value + (steps[5 * t + i]?.[j] ?? NaN))),
      );
    await expectRows(carry, expected);
  });

  it('in a compiled step that replaces a variable by its normalised rows', async () => {
    const weight = variable(numbers(20, 24));
    const step = compile((rate: Tensor) => {
      assign(weight, layerNorm(weight.mul(rate), 24));
      return weight.sum();
    });
    let expected = await rowsOf(numbers(20, 24));
    for (let t = 0; t < 3; t++) {
      await step(tensor(2 + t)).data();
      expected = expected.map((row) => closedForms.layerNorm(row.map((value) => value * (2 + t))));
    }
    await realize(weight);
    await expectRows(weight, expected);
  });
});
