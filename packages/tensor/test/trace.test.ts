/** `trace` records a function for walkers that do not run it, and leaves no sign of having done so. */
import { assign, compile, ones, setDevice, variable, zeros } from '@hebb/tensor';
import { makeLeaf, tensorOf, tensorType, trace } from '@hebb/tensor/graph';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => setDevice('reference'));

describe('trace', () => {
  it('gives the graph of a function of placeholders', () => {
    const x = tensorOf(makeLeaf('argument', tensorType('float32', [5, 2])));
    const { result, assigned } = trace(() => x.add(1).sum(0));
    expect(String(result)).toBe('float32[2]');
    expect(assigned).toBe(0);
  });

  it('forgets what was assigned, and does not disturb later updates', async () => {
    const weight = variable(ones([2]), { requiresGrad: true });
    const x = tensorOf(makeLeaf('argument', tensorType('float32', [2])));
    const kept: unknown[] = [];
    const { assigned } = trace(() => {
      kept.push(x.mul(weight));
      assign(weight, zeros([2]));
      return weight.add(x);
    });
    expect(assigned).toBe(1);
    expect(await weight.toArray()).toEqual([1, 1]);
    assign(weight, weight.mul(3));
    expect(await weight.toArray()).toEqual([3, 3]);
    expect(kept).toHaveLength(1);
  });

  it('refuses values inside, ends also on errors, and cannot be nested into a compiled function', async () => {
    await expect(trace(() => ones([1]).item()).result).rejects.toThrow(/cannot be read/);
    expect(() =>
      trace(() => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(await ones([1]).item()).toBe(1);
    expect(() => compile(() => trace(() => ones([1])).result)()).toThrow(/cannot be used inside a compiled function/);
  });
});
