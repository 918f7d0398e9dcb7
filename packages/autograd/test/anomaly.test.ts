/** Anomaly mode names the operation that made the first NaN, on the line that called it. */
import { assign, compile, maximum, setDevice, scan, softmax, tensor, variable, where, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { AnomalyError, backward, detectAnomaly, grad, jacobian, valueAndGrad, vmap } from '../src/index.ts';

/** The line of this file that calls it. */
function line(): number {
  const [, frame = ''] = String(new Error().stack)
    .split('\n')
    .filter((text) => text.includes('anomaly.test.ts'));
  return Number(/anomaly\.test\.ts:(\d+)/.exec(frame)?.[1]);
}

async function anomalyOf(f: () => unknown): Promise<{ operation: string; line: number; message: string }> {
  const error = await detectAnomaly(f).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AnomalyError)) throw error instanceof Error ? error : new Error('no anomaly was found');
  const [, frame = ''] = String(error.stack).split(/\n\s+at /);
  return {
    operation: error.operation,
    line: Number(/anomaly\.test\.ts:(\d+)/.exec(frame)?.[1]),
    message: error.message,
  };
}

describe.each(devices)('detectAnomaly on %s', (name) => {
  beforeAll(() => setDevice(name));

  it('returns what the function returns, where there is no NaN', async () => {
    const {
      value,
      grad: slope,
      text,
    } = await detectAnomaly(() => ({
      ...valueAndGrad((x: Tensor) => x.log().sum())(tensor([1, 2])),
      text: 'kept',
    }));
    expect(await value.item()).toBeCloseTo(Math.log(2));
    expect(await slope.toArray()).toEqual([1, 0.5]);
    expect(text).toBe('kept');
  });

  it('names the operation and its line', async () => {
    let at = 0;
    const found = await anomalyOf(() => {
      const x = tensor([1, -2]).mul(2);
      at = line() + 1;
      const y = x.log();
      return softmax(y.add(1).exp(), 0);
    });
    expect(found.operation).toBe('log');
    expect(found.message).toMatch(/^\[log\] makes the first NaN, float32\[2\], of inputs without NaN\.\n {2}hint: /);
    expect(found.line).toBe(at);
  });

  it('names the operation whose gradient it is, and the line of the operation', async () => {
    let at = 0;
    const f = (x: Tensor): Tensor => {
      at = line() + 1;
      const root = x.sub(1).square().sum().sqrt();
      return root.mul(0);
    };
    const found = await anomalyOf(() => grad(f)(tensor([1, 1])));
    expect(found.operation).toBe('gradient of sqrt');
    expect(found.message).toContain('[sqrt] the gradient of sqrt makes the first NaN, float32[]');
    expect(found.line).toBe(at);
  });

  it('looks at what the result has from it alone', async () => {
    const x = tensor([-1, 4]);
    const safe = (t: Tensor): Tensor => where(t.greater(0), t.sqrt(), 0).sum();
    expect(await (await detectAnomaly(() => safe(x))).item()).toBe(2);
    // The well-known trap: the gradient of the value that was not chosen is 0 / 0, or has the NaN of that value.
    expect((await anomalyOf(() => grad(safe)(tensor([0, 4])))).operation).toBe('gradient of sqrt');
    expect((await anomalyOf(() => grad(safe)(x))).operation).toBe('sqrt');
    const trap = await anomalyOf(() => safe(x).mul(tensor(0).div(tensor(0))));
    expect(trap.operation).toBe('div');
  });

  it('says of NaN that was there before who reads it', async () => {
    const data = tensor([1, NaN]);
    const found = await anomalyOf(() => maximum(data.mul(2), 0).sum());
    expect(found.message).toContain('[mul] reads NaN that was there before, in a tensor float32[2]');
    const weight = variable(tensor([NaN]), { requiresGrad: true });
    const training = await anomalyOf(() => {
      const loss = weight.square().sum();
      backward(loss);
      assign(weight, weight.sub(weight.grad as Tensor));
    });
    expect(training.message).toContain('reads NaN that was there before');
    // A value that is handed on as it is.
    expect((await anomalyOf(() => data)).message).toContain('NaN that was there before');
  });

  it('sees through compiled functions, and into loops and their gradients', async () => {
    const half = compile((x: Tensor) => x.log());
    expect((await anomalyOf(() => half(tensor([-1])))).operation).toBe('log');
    const at = line() + 1;
    const step = (s: Tensor): readonly [Tensor, Tensor] => [s.sub(1).log(), s.sub(2).sqrt()];
    const loop = (x: Tensor): Tensor => scan(step, x, undefined, { length: 3 })[0];
    expect(await anomalyOf(() => loop(tensor(2)))).toMatchObject({ operation: 'log', line: at });
    // √(x − 2) is 0 at the first step, and its derivative infinite.
    const once = (x: Tensor): Tensor => scan(step, x, undefined, { length: 1 })[1].mul(0).sum();
    expect(await anomalyOf(() => grad(once)(tensor(2)))).toMatchObject({ operation: 'gradient of sqrt', line: at });
  });

  it('finds the line in a function that is mapped over examples, and in its gradient', async () => {
    let at = 0;
    const f = (x: Tensor): Tensor => {
      at = line() + 1;
      const y = x.log();
      return y.mul(2).sum();
    };
    const xs = tensor([
      [1, 2],
      [3, -1],
    ]);
    expect(await anomalyOf(() => vmap(f)(xs))).toMatchObject({ operation: 'log', line: at });
    expect(await anomalyOf(() => vmap(vmap((x: Tensor) => f(x)))(xs))).toMatchObject({ operation: 'log', line: at });
    const root = (x: Tensor): Tensor => {
      at = line() + 1;
      const y = x.sqrt();
      return y.mul(0).sum();
    };
    const zero = tensor([
      [1, 0],
      [2, 3],
    ]);
    const slope = { operation: 'gradient of sqrt' };
    expect(await anomalyOf(() => vmap(grad(root))(zero))).toMatchObject({ ...slope, line: at });
    expect(await anomalyOf(() => grad((x: Tensor) => vmap(root)(x).sum())(zero))).toMatchObject({ ...slope, line: at });
    expect(await anomalyOf(() => jacobian(root)(tensor([1, 0])))).toMatchObject({ ...slope, line: at });
    const looped = (x: Tensor): Tensor =>
      scan((s) => [s.add(root(x)), undefined], tensor(0), undefined, { length: 2 })[0];
    expect(await anomalyOf(() => vmap(grad(looped))(zero))).toMatchObject({ ...slope, line: at });
  });

  it('goes through a step that returns nothing', async () => {
    const w = variable(tensor([0]), { requiresGrad: true });
    let at = 0;
    const found = await anomalyOf(() => {
      at = line() + 1;
      const loss = w.sqrt().mul(0).sum();
      backward(loss);
      assign(w, w.sub(w.grad as Tensor));
    });
    expect([found.operation, found.line]).toEqual(['gradient of sqrt', at]);
  });

  it('refuses async functions', async () => {
    await expect(detectAnomaly(async () => tensor([1]))).rejects.toThrow(/must not be async/);
  });
});
