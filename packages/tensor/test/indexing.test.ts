/** Positions that are data: sums that no order changes, positions outside, errors, and what shares a kernel. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ArgumentError,
  compile,
  DTypeError,
  embedding,
  gather,
  indexAdd,
  indexSelect,
  nonZero,
  maskedSelect,
  scatter,
  scatterAdd,
  scatterReduce,
  segmentMax,
  segmentMean,
  segmentSum,
  setAt,
  setDevice,
  ShapeError,
  take,
  tensor,
  zeros,
  type Tensor,
} from '../src/index.ts';
import { devices } from './support/devices.ts';
import { compileTensors } from './support/programs.ts';

type Random = (below: number) => number;

function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x100000000) * below);
  };
}

/** 0 … n − 1 in another order. */
function permutation(n: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random(i + 1);
    const [a = 0, b = 0] = [order[i], order[j]];
    order[i] = b;
    order[j] = a;
  }
  return order;
}

const int32 = (values: ArrayLike<number>, shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), { dtype: 'int32', shape });

async function bytesOf(x: Tensor): Promise<string> {
  const data = await x.data();
  return Buffer.from(Float32Array.from(data).buffer).toString('hex');
}

/** Values of every size, whose sums cancel. */
function wideValues(n: number, random: Random): Float32Array {
  return Float32Array.from({ length: n }, () => {
    const magnitude = 2 ** (random(60) - 30) * (1 + random(1 << 20) / (1 << 20));
    return random(2) === 0 ? magnitude : -magnitude;
  });
}

const rowsOf = (values: Float32Array, order: Int32Array, width: number): Float32Array =>
  Float32Array.from(
    { length: values.length },
    (_, i) => values[(order[Math.floor(i / width)] ?? 0) * width + (i % width)] ?? 0,
  );

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  describe.each([
    [1, 500, 7],
    [37, 200, 5],
    [1, 3000, 2],
  ])('rows of %i', (width, count, destinations) => {
    const random = makeRandom(width + count);
    const values = wideValues(count * width, random);
    const ids = Int32Array.from({ length: count }, () => random(destinations));
    const shapeOf = (n: number): number[] => (width === 1 ? [n] : [n, width]);
    const sum = (order: Int32Array): Tensor =>
      segmentSum(
        tensor(rowsOf(values, order, width), { shape: shapeOf(count) }),
        int32(order.map((i) => ids[i] ?? 0)),
        destinations,
      );

    // Of devices alone: the interpreter adds up in the order of the axis, in float64; it is what they are compared with, and promises no bits.
    if (device !== 'reference') {
      it('a sum is the same bytes for every order of the updates', async () => {
        const expected = await bytesOf(sum(permutation(count, makeRandom(0))));
        for (let seed = 1; seed <= 12; seed++)
          expect(await bytesOf(sum(permutation(count, makeRandom(seed))))).toBe(expected);
      });
    }

    it('a sum is as exact as float32 holds, measured by its largest terms', async () => {
      const actual = await sum(Int32Array.from({ length: count }, (_, i) => i)).data();
      const exact = new Float64Array(destinations * width);
      const largest = new Float64Array(destinations * width);
      values.forEach((value, i) => {
        const place = (ids[Math.floor(i / width)] ?? 0) * width + (i % width);
        exact[place] = (exact[place] ?? 0) + value;
        largest[place] = Math.max(largest[place] ?? 0, Math.abs(value));
      });
      exact.forEach((value, i) => {
        const tolerance = 2 ** -24 * Math.abs(value) + count * 2 ** -40 * (largest[i] ?? 0);
        expect(Math.abs((actual[i] ?? NaN) - value)).toBeLessThanOrEqual(tolerance);
      });
    });
  });

  it('infinities and NaN pass through sums in every order', async () => {
    const terms = [Infinity, 1, -Infinity, 2, NaN, 3, Infinity, Infinity, 1e38, -3e38, 3e38, 3e38];
    const places = [0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 5, 5];
    const expected = [Infinity, -Infinity, NaN, Infinity, Math.fround(-3e38), Infinity];
    for (let seed = 0; seed < 6; seed++) {
      const order = permutation(terms.length, makeRandom(seed));
      const x = tensor(Float32Array.from(order, (i) => terms[i] ?? 0));
      const sums = await segmentSum(x, int32(order.map((i) => places[i] ?? 0)), 6).data();
      expect([...sums]).toEqual(expected);
    }
    const opposites = await segmentSum(tensor([Infinity, 5, -Infinity]), [0, 0, 0], 1).data();
    expect(opposites[0]).toBeNaN();
  });

  it('what is not updated keeps its bits, negative zeros too', async () => {
    const x = tensor([-0, NaN, 5, -0]);
    const [first, second, third, fourth] = await indexAdd(x, 0, [2], tensor([1])).data();
    expect([first, second, third, fourth]).toEqual([-0, NaN, 6, -0]);
  });

  it('positions outside give NaN, 0 and false where elements are read, however far they are', async () => {
    const far = int32([-1, 3, 2147483647, -2147483648, 1]).add(int32([0]));
    expect([...(await take(tensor([1, 2, 3]), far.mul(1)).data())]).toEqual([3, NaN, NaN, NaN, 2]);
    expect([...(await gather(tensor([1, 2, 3]), 0, far.mul(1)).data())]).toEqual([NaN, NaN, NaN, NaN, 2]);
    expect([...(await gather(int32([7, 8, 9]), 0, far.mul(1)).data())]).toEqual([0, 0, 0, 0, 8]);
    expect([...(await gather(tensor([true, true, true]), 0, far.mul(1)).data())]).toEqual([0, 0, 0, 0, 1]);
    const rows = embedding(
      far.mul(1),
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    expect([...(await rows.data())]).toEqual([NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN, 3, 4]);
  });

  it('updates outside are dropped, however far they are', async () => {
    const far = int32([-1, 3, 2147483647, -2147483648, 1]).mul(int32([1]));
    for (const [f, expected] of [
      [scatter, [0, 5, 0]],
      [scatterAdd, [0, 5, 0]],
    ] as const) {
      expect([...(await f(zeros([3]), 0, far, tensor([1, 2, 3, 4, 5])).data())]).toEqual(expected);
    }
    expect([...(await segmentMean(tensor([1, 2, 3, 4, 5]), far, 3).data())]).toEqual([0, 5, 0]);
  });

  it('of several updates for one position the last stays, and products are taken in order', async () => {
    const index = int32([2, 0, 2, 0, 2]);
    expect(await scatter(zeros([3]), 0, index, tensor([1, 2, 3, 4, 5])).toArray()).toEqual([4, 0, 5]);
    // 1e30 · 1e30 overflows; in order it does not.
    const factors = tensor([1e30, 1e-30, 1e30, 1e-30]);
    const product = scatterReduce(tensor([1]), 0, [0, 0, 0, 0], factors, 'prod');
    expect((await product.data())[0]).toBeCloseTo(1, 5);
  });

  it('an empty segment is 0, or the least', async () => {
    expect(await segmentMax(tensor([3]), [2], 3).toArray()).toEqual([-Infinity, -Infinity, 3]);
    expect(await segmentMax(int32([3]), [2], 3).toArray()).toEqual([-(2 ** 31), -(2 ** 31), 3]);
    expect(await segmentSum(zeros([0, 2]), [], 2).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('elements are chosen by a mask that is read', async () => {
    const x = tensor([
      [1, -2],
      [-3, 4],
    ]);
    expect(await (await maskedSelect(x, x.greater(0))).toArray()).toEqual([1, 4]);
    expect(await (await maskedSelect(x, tensor([true, false]))).toArray()).toEqual([1, -3]);
    expect((await maskedSelect(x, x.greater(9))).shape).toEqual([0]);
    expect(await (await nonZero(x.greater(0))).toArray()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect((await nonZero(zeros([2, 3]))).shape).toEqual([0, 2]);
    expect((await nonZero(tensor(5))).shape).toEqual([1, 0]);
  });

  it('a compiled function takes other positions at every call', async () => {
    const table = tensor(
      Float32Array.from({ length: 12 }, (_, i) => i),
      { shape: [4, 3] },
    );
    const look = compile((ids: Tensor) => embedding(ids, table).sum(1));
    expect(await look(int32([0, 3])).toArray()).toEqual([3, 30]);
    expect(await look(int32([1, 1])).toArray()).toEqual([12, 12]);
  });
});

describe('positions known on the host', () => {
  it('are checked there, and the first that is wrong is named', () => {
    const x = zeros([3, 4]);
    const index = int32([0, 2, 1, 3, 0, 9], [2, 3]);
    expect(() => gather(x, 0, index.broadcastTo([2, 3]))).toThrow(
      '[gather] index[1][0] is 3, which is no position here: there are 0 to 2.',
    );
    expect(() => indexSelect(x, 1, [0, -1])).toThrow('[indexSelect] index[1] is -1');
    expect(() => take(x, [0, 12])).toThrow('[take] index[1] is 12, which is no position here: there are -12 to 11.');
    expect(() => embedding([5], zeros([5, 2]))).toThrow(ArgumentError);
    expect(() => segmentSum(zeros([2]), [0, 1], 1)).toThrow('[segmentSum] ids[1] is 1');
    expect(() => setAt(x, [[], int32([4])], 1)).toThrow('[setAt] index[1][0] is 4');
    expect(() => gather(zeros([0]), 0, [0])).toThrow('there are none');
  });

  it('are checked through parts, orders and integers of what is on the host', () => {
    const table = zeros([5, 2]);
    const ids = int32([0, 4, 5, 1, 2, 9], [2, 3]);
    const refused: [view: Tensor, message: string][] = [
      [ids.narrow(0, 0, 1), 'ids[0][2] is 5'],
      [ids.narrow(1, 2, 1).squeeze(1), 'ids[0][0] is 5'],
      [ids.narrow(0, 1, 1).squeeze(0).narrow(0, 1, 2), 'ids[1] is 9'],
      [ids.transpose(0, 1), 'ids[2][0] is 5'],
      [ids.narrow(0, 1, 1).squeeze(0).flip([0]), 'ids[0] is 9'],
      [ids.slice([0, 0], [2, 3], [1, 2]), 'ids[0][1] is 5'],
      [ids.detach().reshape([3, 2]).narrow(0, 1, 1), 'ids[0][0] is 5'],
      [tensor([0, 5, 1], { dtype: 'uint8' }).to('int32'), 'ids[1] is 5'],
      [tensor([4.9, 0, -1.5]).to('int32'), 'ids[2] is -1'],
    ];
    for (const [view, message] of refused) expect(() => embedding(view, table), message).toThrow(`[embedding] ${message}, which is no position`); // prettier-ignore
    // What is left out may be wrong, and what is computed of it.
    expect(embedding(ids.narrow(1, 0, 2), table).shape).toEqual([2, 2, 2]);
    expect(embedding(tensor([4.9, 0, -0.5]).to('int32'), table).shape).toEqual([3, 2]);
    expect(embedding(ids.mul(0), table).shape).toEqual([2, 3, 2]);
    expect(embedding(ids.narrow(0, 0, 0), table).shape).toEqual([0, 3, 2]);
  });

  it('are checked at every call of a compiled function that takes them', async () => {
    const table = tensor([[1], [2], [3]]);
    const look = compile((ids: Tensor) => embedding(ids, table).sum());
    expect(() => look(int32([0, 3]))).toThrow('[embedding] ids[1] is 3, which is no position here: there are 0 to 2.');
    expect(await look(int32([0, 2])).item()).toBe(4);
    expect(() => look(int32([0, 3]))).toThrow('[embedding] ids[1] is 3');
    expect(await look(int32([1, 1])).item()).toBe(4);
    // A part of what is on the host, and a part of that inside.
    expect(() => look(int32([0, 1, 7]).narrow(0, 1, 2))).toThrow('ids[1] is 7');
    const columns = compile((batch: { ids: Tensor }) => embedding(batch.ids.narrow(1, 1, 1).squeeze(1), table).sum());
    expect(await columns({ ids: int32([9, 1, 9, 2], [2, 2]) }).item()).toBe(5);
    expect(() => columns({ ids: int32([9, 1, 9, 3], [2, 2]) })).toThrow('[embedding] ids[1][0] is 3');
    expect(() => columns({ ids: int32([7, 9, 0, 1, 0, 4], [2, 3]).narrow(1, 1, 2).flip([0]) })).toThrow(
      'ids[0][0] is 4',
    );
    // Computed ones cannot be looked at, and are NaN.
    expect(await look(int32([0, 2]).add(int32([0, 1]))).item()).toBeNaN();
    // Other operations, and a compiled function inside of one.
    const others = compile((x: Tensor, at: Tensor) => [gather(x, 0, at), look(at)]);
    expect(() => others(tensor([1, 2]), int32([0, 2]))).toThrow('[gather] index[1] is 2');
    expect(() => compile((at: Tensor) => look(at))(int32([0, 5]))).toThrow('[embedding] ids[1] is 5');
    expect(() => compile((at: Tensor) => segmentSum(zeros([2]), at, 2))(int32([0, 2]))).toThrow(
      '[segmentSum] ids[1] is 2',
    );
    expect(() => compile((at: Tensor) => setAt(zeros([2]), [at], 1))(int32([-3]))).toThrow('[setAt] index[0][0] is -3');
  });

  it('must be int32, and of a fitting shape', () => {
    const x = zeros([3, 4]);
    expect(() => gather(x, 0, zeros([3, 4]))).toThrow(DTypeError);
    expect(() => gather(x, 0, int32([0]))).toThrow(ShapeError);
    expect(() => gather(x, 0, int32(new Int32Array(15), [3, 5]))).toThrow(ShapeError);
    expect(() => indexAdd(x, 0, [0, 1], zeros([3, 4]))).toThrow(ShapeError);
    expect(() => indexAdd(x, 0, [0, 1], int32(new Int32Array(8), [2, 4]))).toThrow(DTypeError);
    expect(() => scatter(int32([1, 2]), 0, [0], 1.5)).toThrow(DTypeError);
    expect(() => segmentSum(x, [0, 1], 2)).toThrow(ShapeError);
    expect(() => setAt(x, [0, 0, 0], 1)).toThrow(ShapeError);
    expect(() => setAt(x, [int32([0, 1]), int32([0, 1, 2])], 1)).toThrow(ShapeError);
    expect(() => setAt(x, [zeros([4]).equal(0)], 1)).toThrow(ShapeError);
    expect(() => setAt(x, [zeros([3]).equal(0), int32([0])], 1)).toThrow(ArgumentError);
    expect(() => setAt(x, [[0, 1, 0]], 1)).toThrow(ArgumentError);
    expect(() => setAt(x.equal(0), [0], x.equal(0), { accumulate: true })).toThrow(DTypeError);
  });
});

describe.each(devices)('a part replaced on %s', (device) => {
  beforeAll(() => setDevice(device));

  it('a mask over two axes beside a position', async () => {
    const x = setAt(zeros([2, 2, 2]), [tensor([[true, false], [true, true]]), 1], tensor([5, 6, 7])); // prettier-ignore
    expect(await x.data()).toEqual(Float32Array.of(0, 5, 0, 0, 0, 6, 0, 7));
  });

  it('of a scalar by a mask', async () => {
    expect(await setAt(tensor(2), [tensor(true)], 3).item()).toBe(3);
    expect(await setAt(tensor(2), [tensor(false)], 3).item()).toBe(2);
    expect(await setAt(tensor(2), [], 3).item()).toBe(3);
  });

  it('computed positions outside are dropped, in every tensor of several', async () => {
    const [rows, columns] = [int32([0, 1, -3, 2]), int32([0, 2, 0, -1])].map((t) => t.add(zeros([4]).to('int32')));
    const x = setAt(zeros([2, 2]), [rows as Tensor, columns as Tensor], 1);
    expect(await x.data()).toEqual(Float32Array.of(1, 0, 0, 0));
  });

  it('too few elements for a mask leave NaN', async () => {
    const x = setAt(zeros([4]), [zeros([4]).equal(0)], tensor([1, 2]));
    expect(await x.data()).toEqual(Float32Array.of(1, 2, NaN, NaN));
  });
});

describe('plans', () => {
  const index = int32([2, 0, 1, 2]);
  const table = tensor(
    Float32Array.from({ length: 12 }, (_, i) => i),
    { shape: [3, 4] },
  );

  it('read through a gather: views, elementwise work and reductions around it are one kernel', () => {
    const y = indexSelect(table.exp().transpose(0, 1).mul(2), 1, index).transpose(0, 1).add(1).sum(1);
    expect(compileTensors([y]).plan.kernels.map(({ kind }) => kind)).toEqual(['reduce']);
  });

  it('compute what a gather repeats before it', () => {
    const often = int32(Int32Array.from({ length: 40 }, (_, i) => i % 3));
    const { plan } = compileTensors([indexSelect(table.exp(), 0, often).add(1)]);
    expect(plan.kernels.map(({ kind }) => kind)).toEqual(['map', 'map']);
    expect(plan.buffers.filter(({ kind }) => kind === 'temporary').map(({ size }) => size)).toEqual([12]);
  });

  it('end a scatter with the elementwise work that follows it', () => {
    const y = indexAdd(
      zeros([3, 4]),
      0,
      index,
      tensor(
        Float32Array.from({ length: 16 }, (_, i) => i),
        { shape: [4, 4] },
      ),
    );
    const { plan } = compileTensors([y.mul(0.1).neg().add(table)]);
    expect(plan.kernels.map(({ kind }) => kind)).toEqual(['scatter']);
  });
});
