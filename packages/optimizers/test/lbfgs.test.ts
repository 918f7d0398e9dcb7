/** L-BFGS beside PyTorch's in float64: parameters after each step, losses, and how often it asked for the loss. */
import { setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor, type Stored } from '../../tensor/test/support/golden.ts';
import { LBFGS, type LBFGSOptions, type LBFGSState } from '../src/index.ts';
import { lossOf, type Parameters } from './support/problem.ts';

const { x, y, initial, lbfgs } = golden(new URL('golden/problems.json', import.meta.url)) as {
  readonly x: Stored;
  readonly y: Stored;
  readonly initial: Readonly<Record<string, Stored>>;
  readonly lbfgs: readonly {
    readonly options: LBFGSOptions;
    readonly losses: readonly number[];
    readonly after: readonly (readonly number[])[];
    readonly evaluations: number;
    readonly iterations: number;
    readonly float32: { readonly parameters: number };
  }[];
};

const fresh = (): Parameters =>
  Object.fromEntries(
    Object.entries(initial).map(([name, value]) => [name, variable(toTensor(value), { requiresGrad: true })]),
  );

describe.each(devices.filter((device) => device !== 'reference'))('L-BFGS on %s', (device) => {
  beforeAll(() => setDevice(device));
  it.each(lbfgs.map((run) => [JSON.stringify(run.options), run] as const))('%s', async (_, run) => {
    let parameters = fresh();
    const [inputs, targets] = [toTensor(x), toTensor(y)];
    let optimizer = new LBFGS(parameters, run.options);
    for (const [i, expected] of run.after.entries()) {
      if (i === 2) {
        // Goes on from a saved state.
        const state = optimizer.stateDict();
        parameters = Object.fromEntries(Object.entries(parameters).map(([name, p]) => [name, variable(p.detach())]));
        optimizer = new LBFGS(parameters, run.options);
        optimizer.loadStateDict(state);
      }
      const now = parameters;
      const loss = await optimizer.step(() => lossOf(now, inputs, targets));
      await expectClose(loss, { shape: [], data: [run.losses[i] as number] }, `loss ${i}`);
      let at = 0;
      for (const [name, parameter] of Object.entries(parameters)) {
        const data = expected.slice(at, (at += parameter.size));
        // Near the minimum its directions are quotients of small differences: rounding alone leads as far in PyTorch.
        const bound = Math.max(1e-5, run.float32.parameters);
        await expectClose(parameter, { shape: parameter.shape, data }, `step ${i}, ${name}`, bound);
      }
    }
    expect([optimizer.iterations, optimizer.evaluations]).toEqual([run.iterations, run.evaluations]);
  });
});

describe('L-BFGS', () => {
  beforeAll(() => setDevice('wasm'));
  const parameter = (): Tensor => variable(tensor([3, -4]), { requiresGrad: true });

  it('is where a quadratic has its minimum after two directions, and asks no more', async () => {
    const p = parameter();
    const optimizer = new LBFGS([p], { lineSearchFn: 'strong_wolfe' });
    let asked = 0;
    const loss = (): Tensor => {
      asked++;
      return p
        .mul(tensor([1, 4]))
        .mul(p)
        .sum();
    };
    await optimizer.step(loss);
    expect(Math.hypot(...((await p.toArray()) as number[]))).toBeLessThan(1e-4);
    const before = asked;
    await optimizer.step(loss);
    expect(asked - before).toBeLessThan(6);
    expect(optimizer.evaluations).toBe(asked);
  });

  it('refuses a second step under way, closures without a loss, and states of other things', async () => {
    const p = parameter();
    const optimizer = new LBFGS([p]);
    const under = optimizer.step(() => p.square().sum());
    await expect(optimizer.step(() => p.sum())).rejects.toThrow('the last step is still under way');
    await under;
    await expect(optimizer.step((() => 3) as never)).rejects.toThrow('a tensor, the loss');
    await expect(optimizer.step(undefined as never)).rejects.toThrow('the closure');
    expect(() => new LBFGS([p], { lineSearchFn: 'armijo' as never })).toThrow("'strong_wolfe'");
    const state = optimizer.stateDict();
    expect(optimizer.differences(state)).toEqual([]);
    const other = { ...state, memory: { ...state.memory, d: tensor([1]) } } as LBFGSState;
    expect(optimizer.differences(other)).toEqual(['memory.d must be float32[2], not the tensor float32[1]']);
    expect(optimizer.differences({ ...state, type: 'SGD' })).toEqual([
      'the state is that of something else, not of LBFGS',
    ]);
  });

  it('follows a part that is unfrozen without the curvature of the others', async () => {
    const [a, b] = [parameter(), parameter()];
    const optimizer = new LBFGS({ a, b }, { lineSearchFn: 'strong_wolfe' });
    b.trainable = false;
    const loss = (): Tensor => a.square().sum().add(b.square().sum());
    await optimizer.step(loss);
    expect(await b.toArray()).toEqual([3, -4]);
    b.trainable = true;
    await optimizer.step(loss);
    expect(Math.hypot(...((await b.toArray()) as number[]))).toBeLessThan(1e-4);
  });
});
