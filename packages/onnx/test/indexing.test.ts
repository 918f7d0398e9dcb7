/** Positions that are data become ONNX's own operators, and what they name outside is what it is in Hebb. */
import { embedding, indexAdd, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectSame, numbers, operatorsOf } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const ids = { inputs: { ids: { shape: ['batch', 3], dtype: 'int32' } } } as const;
const table = tensor(numbers(20, 3), { shape: [5, 4] });

describe('positions that are data', () => {
  it('take whole rows by Gather', async () => {
    const look = (given: Tensor): Tensor => embedding(given.abs(), table);
    const operators = operatorsOf(await expectSame(look, ids, [{ batch: 1 }, { batch: 2 }, { batch: 7 }]));
    expect(operators).toContain('Gather');
    expect(operators).not.toContain('GatherElements');
  });

  it('add rows by ScatterElements', async () => {
    const add = (x: Tensor): Tensor => indexAdd(x, 1, [0, 2, 0], x.mul(2));
    const inputs = { inputs: { x: ['batch', 3] } } as const;
    const operators = operatorsOf(await expectSame(add, inputs, [{ batch: 1 }, { batch: 4 }]));
    expect(operators).toContain('ScatterElements');
  });
});
