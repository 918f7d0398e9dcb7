/** Bits as numbers and numbers as bits: at every kind of float32, computed where there is no operator, and by the operator. */
import { bitcast, setDevice, tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectSameValues, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const powers = Array.from({ length: 277 }, (_, i) => 2 ** (i - 149));
const magnitudes = [
  ...[0, 0.1, 1 / 3, Math.PI, 2 ** -126 * (1 - 2 ** -23), 2 ** 127 * (2 - 2 ** -23), Infinity],
  ...powers,
  ...powers.flatMap((power) => [power * (1 - 2 ** -24), power * (1 + 2 ** -23)]),
];
const numbers = Float32Array.from([...magnitudes, ...magnitudes.map((x) => -x)]);

describe.each([
  [20, false],
  [26, true],
])('opset %i', (opset, hasOperator) => {
  it('gives the bits of numbers', async () => {
    const file = await expectSameValues((x) => [bitcast(x, 'int32')], [tensor(numbers)], { opset, tolerance: 0 });
    expect(operatorsOf(file).includes('BitCast')).toBe(hasOperator);
  });

  it('gives the numbers of bits', async () => {
    const bits = new Int32Array(numbers.buffer);
    const file = await expectSameValues(
      (x) => [bitcast(x, 'float32'), bitcast(x, 'float32').mul(0).add(1).div(bitcast(x, 'float32'))],
      [tensor(Int32Array.of(...bits, 0x7fc00000, 0x7f800001, -1))],
      { opset, tolerance: 0 },
    );
    expect(operatorsOf(file).includes('BitCast')).toBe(hasOperator);
  });

  it('gives a NaN that is one', async () => {
    const file = await expectSameValues((x) => [bitcast(x, 'int32')], [tensor([NaN])], { opset, tolerance: 0 });
    expect(operatorsOf(file).includes('BitCast')).toBe(hasOperator);
  });
});
