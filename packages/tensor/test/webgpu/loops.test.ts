/** Loops on WebGPU: what is read and given step by step is seen where it is, as far as bindings may begin there, and otherwise copied. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ones, randn, scan, setDevice, tensor, zeros, type Tensor } from '../../src/index.ts';
import { placesApart } from '../../src/webgpu/schedule/bindings.ts';
import { everyStep, lowerPlan, type Copies, type Step } from '../../src/webgpu/schedule/lower.ts';
import { defaultLimits, gpuProfile } from '../../src/webgpu/profile.ts';
import { compileTensors } from '../support/programs.ts';
import { enabled } from './support.ts';

const values = (shape: readonly number[], seed = 1): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7 + seed)),
    { shape },
  );

/** Steps of the plan, and how many copies are made in each step of its loops. */
function lowered(tensors: readonly Tensor[], limits = defaultLimits): { steps: readonly Step[]; copies: number } {
  const { plan } = compileTensors(tensors);
  const { steps } = lowerPlan(plan, { limits, profile: gpuProfile }, placesApart(plan.parameterCount));
  const copies = everyStep(steps).filter((step): step is Copies => step.kind === 'copies');
  return { steps, copies: copies.reduce((count, { pieces }) => count + pieces.length, 0) };
}

const running = (n: number): Tensor[] => scan((s, x) => [s.add(x), s.mul(x)], zeros([n]), values([5, n]));
const nested = (n: number): Tensor[] =>
  scan(
    (s, rows) => {
      const [last, all] = scan((t, x) => [t.mul(0.5).add(x), t.sub(x)], s, rows);
      return [last, all];
    },
    zeros([n]),
    values([3, 4, n]),
  );

describe('parts of buffers', () => {
  beforeAll(() => setDevice('reference'));

  it('are seen where they are, where they begin at multiples of what the device asks for', () => {
    expect(lowered(running(64)).copies).toBe(0);
    expect(lowered(running(16), { ...defaultLimits, offsetAlignment: 32 }).copies).toBe(0);
    expect(lowered(nested(64)).copies).toBe(0);
    const moves = everyStep(lowered(nested(64)).steps).flatMap((step) =>
      step.kind === 'dispatch' ? step.bindings.map((binding) => binding.moves) : [],
    );
    expect(moves).toContainEqual([
      { depth: 0, stride: 4 * 4 * 64 },
      { depth: 1, stride: 4 * 64 },
    ]);
  });

  it('are copied where they do not, and where a kernel would have more of them than the device allows', () => {
    expect(lowered(running(16)).copies).toBe(2);
    expect(lowered(running(63)).copies).toBe(2);
    const many = (): Tensor[] => {
      const xs = Array.from({ length: 5 }, (_, i) => values([3, 64], i));
      return [scan((s, parts) => [parts.reduce((a, b) => a.mul(b), s), undefined], ones([64]), xs)[0]];
    };
    expect(lowered(many(), { ...defaultLimits, movingBuffers: 8 }).copies).toBe(0);
    expect(lowered(many()).steps.length).toBeGreaterThan(0);
  });

  it('are seen where they are beside the whole, where both are only read', () => {
    const xs = values([5, 64]);
    // Both are read: the steps of x, and all of x.
    expect(lowered([scan((s, x) => [s.add(x.mul(xs.sum(0))), undefined], zeros([64]), xs)[0]]).copies).toBe(0);
  });
});

describe.skipIf(!enabled)('loops on the device', () => {
  it.each([1, 3, 8, 16, 64, 100])('compute what the reference does, rows of %i', async (n) => {
    const all = async (name: 'reference' | 'webgpu'): Promise<number[]> => {
      setDevice(name);
      const w = values([n, n]).mul(0.1);
      const [last, states] = scan(
        (h, [x, y]) => {
          const next = h.matmul(w).add(x).tanh().mul(y);
          return [next, { next, sum: x.add(y), position: x.greater(0) }];
        },
        zeros([4, n]),
        [values([7, 4, n]), values([7, 4, n], 2)] as const,
        { reverse: true },
      );
      const results = [last, states.next, states.sum, states.position.to('float32'), ...running(n), ...nested(n)];
      const read: number[] = [];
      for (const result of results) read.push(...(await result.data()));
      return read;
    };
    const [expected, actual] = [await all('reference'), await all('webgpu')];
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 4));
  });

  it('hundreds of steps in several submissions', async () => {
    setDevice('webgpu');
    const noise = await randn([500, 64]).data();
    const xs = tensor(noise, { shape: [500, 64] });
    const [last] = scan((s, x) => [s.add(x), undefined], zeros([64]), xs);
    const actual = await last.data();
    for (let i = 0; i < 64; i++) {
      let sum = 0;
      for (let t = 0; t < 500; t++) sum += noise[t * 64 + i] ?? 0;
      expect(actual[i]).toBeCloseTo(sum, 3);
    }
  });
});
