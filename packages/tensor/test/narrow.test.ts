/** float16 and uint8: stored narrow, computed as float32 and int32, rounded or wrapped after each operation, the same on every device. */
import { beforeAll, describe, expect, it } from 'vitest';
import { binaryPrimitives, unaryPrimitives, type ElementwiseTraits } from '../src/graph/elementwise.ts';
import { halfBits, halfValue, roundToHalf } from '../src/graph/half.ts';
import { makeNode } from '../src/graph/node.ts';
import type { Primitive } from '../src/graph/attributes.ts';
import { nodeOf, tensorOf } from '../src/handle.ts';
import {
  add,
  assign,
  compile,
  concat,
  cumsum,
  flip,
  gather,
  indexAdd,
  matmul,
  mul,
  pad,
  realize,
  scan,
  setDevice,
  slice,
  sort,
  sum,
  tensor,
  variable,
  zeros,
  type DType,
  type Tensor,
} from '../src/index.ts';
import { interpretTensors } from './support/compare.ts';
import { devices } from './support/devices.ts';

describe('the bits of float16', () => {
  it('are those of every number that it holds', () => {
    for (let bits = 0; bits < 2 ** 16; bits++) {
      const value = halfValue(bits);
      if (!Number.isNaN(value) && halfBits(value) !== bits) expect.fail(`${bits.toString(16)} is ${value}`);
    }
    expect(halfBits(Number.NaN)).toBe(0x7e00);
  });

  it('are those of the nearest number, ties to even', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const middle = (halfValue(bits) + halfValue(bits + 1)) / 2;
      const rounded = [middle * (1 - 2 ** -40), middle, middle * (1 + 2 ** -40)].map(halfBits);
      if (rounded.join() !== [bits, bits + (bits & 1), bits + 1].join()) expect.fail(`${middle}: ${rounded.join()}`);
    }
    expect([65519.99, 65520, 1e300, -1e-300].map(roundToHalf)).toEqual([65504, Infinity, Infinity, -0]);
  });
});

/** Numbers of every size, special ones, and what lies between neighbours of float16. */
const floats = [0, -0, 1, -1, 0.1, 3, 2049, 65504, 65519, 65520, -70000, 1e-7, 6e-8, 2e-8, -3e-5, 6.1e-5, 0.333, Infinity, -Infinity, NaN]; // prettier-ignore
const bytes = [0, 1, 2, 3, 7, 8, 9, 31, 32, 100, 127, 128, 200, 254, 255];

function dataOf(dtype: DType): Tensor {
  if (dtype === 'uint8') return tensor(Uint8Array.from(bytes));
  return dtype === 'bool' ? tensor(bytes.map((n) => n % 2 === 0)) : tensor(floats, { dtype });
}

/** x down and y across. */
function pairs(dtype: DType): [Tensor, Tensor] {
  const x = dataOf(dtype);
  return [x.unsqueeze(1).broadcastTo([x.size, x.size]), x.unsqueeze(0).broadcastTo([x.size, x.size])];
}

/** float16 numbers in a row: how far two are apart. */
function steps(a: number, b: number): number {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b)) || a === b) return 0;
  const place = (x: number): number => (x < 0 ? -halfBits(-x) : halfBits(x));
  return Number.isNaN(a) || Number.isNaN(b) ? Infinity : Math.abs(place(a) - place(b));
}

/** The first few that are not the same numbers, signs of zeros included. */
function differences(actual: ArrayLike<number>, expected: Float32Array): string[] {
  const found: string[] = [];
  expected.forEach((value, i) => {
    if (!Object.is(actual[i], value) && found.length < 5) found.push(`${actual[i]}, not ${value}`);
  });
  return found;
}

/** Correctly rounded in float32 wherever it is computed: the same bits, since rounding twice changes nothing for these. */
const exact = new Set(['neg', 'abs', 'sign', 'relu', 'floor', 'ceil', 'round', 'trunc', 'add', 'sub', 'mul', 'div', 'sqrt', 'maximum', 'minimum', 'copySign', 'fmod', 'equal', 'notEqual', 'less', 'lessEqual']); // prettier-ignore

describe.each(devices)('on %s', (name) => {
  beforeAll(() => setDevice(name));

  const table: readonly (readonly [string, ElementwiseTraits, number])[] = [
    ...Object.entries(unaryPrimitives).map(([op, traits]) => [op, traits, 1] as const),
    ...Object.entries(binaryPrimitives).map(([op, traits]) => [op, traits, 2] as const),
  ];
  const ofFloats = table.filter(([, { takes }]) => takes === 'any' || takes === 'number' || takes === 'float');
  const ofBytes = table.filter(([, { takes }]) => takes !== 'float');

  it('every float16 is read and written, and what lies between two goes to the nearest', async () => {
    const numbers: number[] = [];
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [halfValue(bits), halfValue(bits + 1)];
      const middle = (low + high) / 2;
      numbers.push(low, middle * (1 - 2 ** -20), middle, middle * (1 + 2 ** -20));
    }
    numbers.push(65504, 65519, 65520, 65536, 131072, 3e38, Infinity, NaN);
    const values = Float32Array.from([...numbers, ...numbers.map((x) => -x)]);
    const halves = tensor(values).to('float16');
    // Written, and read by another kernel; and rounded in one kernel with what reads it.
    const read = tensor(await halves.data(), { dtype: 'float16' }).to('float32');
    const inOneKernel = tensor(values).to('float16').to('float32');
    const expected = Float32Array.from(values, roundToHalf);
    for (const result of [halves, read, inOneKernel]) expect(differences(await result.data(), expected)).toEqual([]);
  });

  it.each(ofFloats)('%s of float16 is that of float32, rounded', async (op, { gives }, arity) => {
    const operands = arity === 1 ? [dataOf('float16')] : pairs('float16');
    const result = tensorOf(makeNode(op as Primitive, operands.map(nodeOf), {}));
    expect(result.dtype).toBe(gives ?? 'float16');
    const [expected] = interpretTensors([result]) as [Float64Array];
    const actual = await result.data();
    const allowed = exact.has(op) ? 0 : 1;
    expected.forEach((value, i) => {
      if (!(steps(actual[i] ?? 0, value) <= allowed)) expect.fail(`element ${i} is ${actual[i]}, not ${value}`);
    });
  });

  it.each(ofBytes)('%s of uint8 is that of integers, modulo 256', async (op, { gives }, arity) => {
    const operands = arity === 1 ? [dataOf('uint8')] : pairs('uint8');
    const result = tensorOf(makeNode(op as Primitive, operands.map(nodeOf), {}));
    expect(result.dtype).toBe(gives ?? 'uint8');
    const wide = operands.map((x) => nodeOf(x.to('int32')));
    const expected = tensorOf(makeNode(op as Primitive, wide, {}));
    const data = await expected.data();
    expect([...(await result.data())]).toEqual([...data].map((n) => n & 255));
  });

  it('round once after each operation, fused or not', async () => {
    const x = tensor(
      Array.from({ length: 37 }, (_, i) => Math.sin(i) * 3),
      { dtype: 'float16' },
    );
    const formula = (a: Tensor): Tensor => a.mul(a).add(0.3).div(7).sub(a).exp();
    const fused = await formula(x).data();
    let y = x.mul(x);
    for (const next of [
      (t: Tensor) => t.add(0.3),
      (t: Tensor) => t.div(7),
      (t: Tensor) => t.sub(x),
      (t: Tensor) => t.exp(),
    ]) {
      await realize(y);
      y = next(y);
    }
    expect(fused).toEqual(await y.data());
    expect(fused).toEqual(Float32Array.from(fused, roundToHalf));
  });

  it('lie in memory in any number, and views read them', async () => {
    for (const dtype of ['float16', 'uint8'] as const) {
      for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 33]) {
        const list = Array.from({ length: count }, (_, i) => (i * 7) % 200);
        const x = tensor(list, { dtype, shape: [count] });
        await realize(x);
        const twice = x.add(1);
        await realize(twice);
        expect([...(await twice.data())]).toEqual(list.map((n) => n + 1));
        expect([...(await flip(twice, 0).data())]).toEqual(list.map((n) => n + 1).reverse());
        expect([...(await pad(twice, [[2, 3]], { value: 9 }).data())]).toEqual([
          9,
          9,
          ...list.map((n) => n + 1),
          9,
          9,
          9,
        ]);
        if (count > 3)
          expect([...(await slice(twice, [1], [count], [3]).data())]).toEqual(
            list.map((n) => n + 1).filter((_, i) => i % 3 === 1),
          );
        expect([...(await concat([twice, x]).data())]).toEqual([...list.map((n) => n + 1), ...list]);
      }
      const table = tensor(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        { dtype },
      );
      expect(await table.transpose(0, 1).data()).toEqual(await tensor([1, 4, 2, 5, 3, 6], { dtype }).data());
      expect([
        ...(await gather(
          table,
          1,
          tensor(
            [
              [2, 0],
              [1, 1],
            ],
            { dtype: 'int32' },
          ),
        ).data()),
      ]).toEqual([3, 1, 5, 5]);
      expect([...(await sort(table, 1, { descending: true }).values.data())]).toEqual([3, 2, 1, 6, 5, 4]);
      expect([
        ...(await concat(Array.from({ length: 12 }, () => table))
          .sum(0)
          .data()),
      ]).toEqual([60, 84, 108]);
      expect([...(await indexAdd(table, 0, [1, 1], table).data())]).toEqual([1, 2, 3, 9, 12, 15]);
    }
  });

  it('are variables, updated in place and exchanged', async () => {
    for (const dtype of ['float16', 'uint8'] as const) {
      const [a, b] = [variable(tensor([1, 2, 3, 4, 5], { dtype })), variable(tensor([10, 20, 30, 40, 50], { dtype }))];
      const step = compile(() => {
        assign(a, a.add(b));
        assign(b, a.sub(1));
        return a.mul(2);
      });
      expect([...(await step().data())]).toEqual([22, 44, 66, 88, 110]);
      expect([...(await b.data())]).toEqual([10, 21, 32, 43, 54]);
      const [before, after] = [await a.data(), await b.data()];
      assign(a, b);
      assign(b, tensor(before, { dtype }));
      expect(await a.data()).toEqual(after);
      expect(await b.data()).toEqual(before);
    }
  });

  it('sum in float32 and int32', async () => {
    // In float16 itself 2048 + 1 is 2048, and 65504 + 65504 − 65504 infinite.
    expect(await sum(tensor(new Float32Array(5001).fill(1), { dtype: 'float16' })).item()).toBe(5000);
    expect(await sum(tensor([65504, 65504, -65504], { dtype: 'float16' })).item()).toBe(65504);
    const bytes200 = tensor(new Uint8Array(1000).fill(200));
    expect([await bytes200.sum().item(), bytes200.sum().dtype]).toEqual([200_000, 'int32']);
    expect([...(await cumsum(tensor(new Uint8Array([200, 100])), 0).data())]).toEqual([200, 300]);
    const x = tensor(new Float32Array(6000).fill(1), { dtype: 'float16', shape: [2, 3000] });
    const product = matmul(x, x.transpose(0, 1));
    expect([product.dtype, ...(await product.data())]).toEqual(['float16', 3000, 3000, 3000, 3000]);
  });

  it('are carried and stacked by loops', async () => {
    const start = tensor([1, 0.1, 5], { dtype: 'float16' });
    const xs = tensor(
      [
        [1, 2, 3],
        [0.5, 0.25, 0.125],
      ],
      { dtype: 'float16' },
    );
    const [carry, ys] = scan((c: Tensor, x: Tensor) => [c.mul(x), c.add(x)], start, xs);
    const first = [1, roundToHalf(roundToHalf(0.1) * 2), 15];
    expect([carry.dtype, ys.dtype]).toEqual(['float16', 'float16']);
    expect([...(await carry.data())]).toEqual(first.map((c, i) => roundToHalf(c * ([0.5, 0.25, 0.125][i] ?? 0))));
    expect([...(await ys.data())].slice(3)).toEqual(first.map((c, i) => roundToHalf(c + ([0.5, 0.25, 0.125][i] ?? 0))));
  });

  it('convert: rounded, truncated, modulo 256', async () => {
    const x = tensor([300.7, -1.5, 1e10, NaN, 0.1, 65520]);
    expect([...(await x.to('uint8').data())]).toEqual([44, 255, 255, 0, 0, 240]);
    expect([...(await x.to('float16').data())]).toEqual([300.75, -1.5, Infinity, NaN, roundToHalf(0.1), Infinity]);
    expect([
      ...(await tensor([300, -1, 2 ** 30 + 5], { dtype: 'int32' })
        .to('uint8')
        .data()),
    ]).toEqual([44, 255, 5]);
    expect([...(await tensor([0.5, 0, NaN], { dtype: 'float16' }).to('bool').data())]).toEqual([1, 0, 1]);
    expect([...(await x.to('float16').to('float32').to('float16').data())]).toEqual([
      ...(await x.to('float16').data()),
    ]);
    expect(await zeros([0, 3], { dtype: 'float16' }).sum(0).toArray()).toEqual([0, 0, 0]);
    expect(await add(tensor(1, { dtype: 'float16' }), mul(2, tensor(2, { dtype: 'float16' }))).item()).toBe(5);
  });
});
