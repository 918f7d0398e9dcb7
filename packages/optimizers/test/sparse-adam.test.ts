/** Fifty steps on a table of which each reads a few rows, beside PyTorch's SparseAdam with sparse gradients. */
import { compile, embedding, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden } from '../../tensor/test/support/golden.ts';
import { Adam, minimize, SparseAdam } from '../src/index.ts';

interface Run {
  readonly options: { readonly learningRate: number };
  /** The table after so many steps, row by row. */
  readonly after: Readonly<Record<string, readonly number[]>>;
  readonly exp_avg: readonly number[];
  readonly exp_avg_sq: readonly number[];
}

const { table, direction, ids, runs } = golden(new URL('golden/sparse-adam.json', import.meta.url)) as {
  readonly table: number[][];
  readonly direction: number[];
  readonly ids: readonly (readonly number[])[];
  readonly runs: readonly Run[];
};
const shape = [table.length, table[0]?.length ?? 0];

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(runs.map((run) => [JSON.stringify(run.options), run] as const))(
    '%s: rows with a gradient move as PyTorch’s, others and their averages stay',
    async (_, { options, after, exp_avg, exp_avg_sq }) => {
      const weight = variable(tensor(table), { requiresGrad: true });
      const optimizer = new SparseAdam({ weight }, options);
      const step = compile((rows: Tensor) =>
        minimize(optimizer, () => embedding(rows, weight).matmul(tensor(direction)).tanh().square().sum()),
      );
      for (const [i, rows] of ids.entries()) {
        step(tensor([...rows], { dtype: 'int32' }));
        const data = after[i + 1];
        if (data !== undefined) await expectClose(weight, { shape, data }, `step ${i + 1}`);
      }
      const { state } = optimizer.stateDict();
      await expectClose(state.get('weight')?.['exp_avg'] as Tensor, { shape, data: exp_avg }, 'exp_avg');
      await expectClose(state.get('weight')?.['exp_avg_sq'] as Tensor, { shape, data: exp_avg_sq }, 'exp_avg_sq');
    },
  );
});

it('a row without a gradient is moved by Adam, and not by SparseAdam', async () => {
  setDevice('wasm');
  const after = async (Type: typeof Adam | typeof SparseAdam): Promise<unknown> => {
    const p = variable(tensor([[1], [1]]), { requiresGrad: true });
    const optimizer = new Type([p], { learningRate: 0.5 });
    optimizer.step([tensor([[2], [2]])]);
    optimizer.step([tensor([[2], [0]])]);
    return ((await p.toArray()) as number[][])[1]?.[0];
  };
  expect(await after(SparseAdam)).toBeCloseTo(0.5, 6);
  expect(await after(Adam)).toBeLessThan(0.3);
});
