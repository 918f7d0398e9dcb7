/**
 * `trace` and `dryRun` record a function for walkers that do not run it, and leave no sign of having done so.
 *
 * @module-tag alone: it counts the runs of the device.
 */
import { assign, compile, device, dryRun, ones, setDevice, tensor, variable, zeros } from '@hebb/tensor';
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

describe('dryRun', () => {
  it('computes nothing: an update that waits goes on waiting, also where the function assigns to its variable', async () => {
    await device.ready();
    const [weight, other] = [variable(tensor([1, 2])), variable(tensor([5]))];
    assign(weight, weight.mul(3));
    assign(other, other.add(1));
    const { runs } = device.stats();
    const shape = dryRun(() => {
      assign(weight, zeros([2]));
      assign(weight, weight.add(1));
      return weight.mul(other).shape;
    });
    expect(shape).toEqual([2]);
    expect(device.stats().runs).toBe(runs);
    expect(await weight.toArray()).toEqual([3, 6]);
    assign(weight, weight.add(other));
    expect(await weight.toArray()).toEqual([9, 12]);
    expect(await other.toArray()).toEqual([6]);
  });

  it('leaves what it had recorded of a variable without a value, and the value before where an error ends it', async () => {
    const weight = variable(ones([2]));
    assign(weight, weight.mul(2));
    expect(() =>
      dryRun(() => {
        assign(weight, zeros([2]));
        throw new Error('stop');
      }),
    ).toThrow('stop');
    const read = dryRun(() => weight.add(1));
    await expect(read.toArray()).rejects.toThrow();
    expect(await weight.toArray()).toEqual([2, 2]);
  });
});
