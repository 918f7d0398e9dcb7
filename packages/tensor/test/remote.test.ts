/**
 * A device behind a line of messages, as in a worker of a page: the same bytes, in order, and errors where values are read.
 *
 * @module-tag alone: it chooses how the device of the process starts.
 */
import { MessageChannel } from 'node:worker_threads';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type * as Hebb from '../src/index.ts';
import type { EngineWorker } from '../src/remote/client.ts';
import { serveEngine } from '../src/remote/serve.ts';
import type { Locks, Order } from '../src/remote/wire.ts';
import { compilingEngine } from '../src/compiler/engine.ts';
import { createWasmBackend } from '../src/wasm/backend.ts';

type Runtime = typeof Hebb;

// A worker leaves nothing out, and the tests say how many threads there are.
vi.stubEnv('HEBB_WITHOUT', '');
vi.stubEnv('HEBB_THREADS', '1');
const ports: { close(): void }[] = [];
afterAll(() => ports.forEach((port) => port.close()));

/** A worker that computes in this very thread, what it was told, and what ends it. */
function workerHere(
  make = (threads: number) => compilingEngine(createWasmBackend({ threads })),
  locks?: Locks,
): {
  worker: EngineWorker;
  orders: Order[];
  end: (message?: string) => void;
} {
  const { port1: page, port2: worker } = new MessageChannel();
  ports.push(page, worker);
  const orders: Order[] = [];
  const listeners: ((event: { message?: unknown }) => void)[] = [];
  worker.on('message', (order: Order) => orders.push(order));
  serveEngine(
    {
      postMessage: (message, transfer) => worker.postMessage(message, transfer),
      addEventListener: (_, listener) => void worker.on('message', (data: unknown) => listener({ data })),
    },
    make,
    locks,
  );
  return {
    worker: {
      postMessage: (message, transfer) => page.postMessage(message, transfer),
      addEventListener: (type: string, listener: (event: { data?: unknown; message?: unknown }) => void) => {
        if (type === 'message') page.on('message', (data: unknown) => listener({ data }));
        if (type === 'error') listeners.push(listener);
      },
    } as EngineWorker,
    orders,
    end: (message) => listeners.forEach((listener) => listener({ message })),
  };
}

/** A runtime of its own. */
async function runtime(options?: Hebb.DeviceOptions): Promise<Runtime> {
  vi.resetModules();
  const hebb: Runtime = await import('../src/index.ts');
  hebb.setDevice('wasm', options);
  return hebb;
}

/** Losses and weights of some steps of a small network with draws, a loop, a batch from the host and updates in place. */
async function trained(hebb: Runtime): Promise<unknown[]> {
  const { assign, compile, manualSeed, ones, randn, scan, tensor, variable } = hebb;
  manualSeed(3);
  const weight = variable(randn([6, 5]));
  const running = variable(ones([5]));
  const step = compile((x: Hebb.Tensor, rate: number) => {
    const noisy = x.add(randn([8, 6]).mul(0.1));
    const y = noisy.matmul(weight).tanh();
    const [carry] = scan((sum, row) => [sum.mul(0.9).add(row), undefined], running, y);
    assign(running, carry);
    assign(weight, weight.sub(noisy.transpose(0, 1).matmul(y).mul(rate)));
    return [y.mul(y).mean(), y.argmax(-1)];
  });
  const seen: unknown[] = [];
  for (let i = 0; i < 5; i++) {
    // A view of a larger array: what is sent is what is bound.
    const data = Float32Array.from({ length: 100 }, (_, j) => Math.sin(i + j)).subarray(20, 68);
    const [loss, best] = step(tensor(data, { shape: [8, 6] }), 0.01);
    seen.push(loss?.data(), best?.data());
    data.fill(NaN);
  }
  seen.push(weight.data(), running.data());
  return Promise.all(seen);
}

describe('a device in a worker', () => {
  it.each([1, 2])('computes the same bytes (%i threads)', async (threads) => {
    const expected = await trained(await runtime({ threads }));
    const { worker, orders } = workerHere();
    const hebb = await runtime({ worker, threads });
    expect(await trained(hebb)).toEqual(expected);
    expect(await hebb.device.ready()).toMatch(
      threads === 1 ? /, one thread, in a worker$/ : /, 2 threads, in a worker$/,
    );
    // A step is what it returns, its run, and what is read.
    const kinds = orders
      .map(({ kind }) => kind)
      .slice(-20)
      .join(' ');
    expect(kinds).toContain('allocate allocate run read read');
    expect(orders.filter(({ kind }) => kind === 'compile')).toHaveLength(2);
  });

  it('says what the worker said last of memory and of kernels', async () => {
    const hebb = await runtime({ worker: workerHere().worker });
    expect(hebb.device.memory().usedBytes).toBe(0);
    const x = hebb.ones([1000]).exp();
    await hebb.realize(x);
    expect(hebb.device.memory().usedBytes).toBeGreaterThanOrEqual(4000);
    expect(hebb.device.stats()).toMatchObject({ kernelsInLastRun: 1, runs: 1 });
    expect(hebb.device.stats().planCache.bytes).toBeGreaterThan(1024);
    x.dispose();
    await hebb.device.synchronize();
    expect(hebb.device.memory().buffers).toBe(0);
  });

  it('rejects what cannot be computed where it is read, and goes on', async () => {
    const hebb = await runtime({ worker: workerHere().worker });
    const fine = hebb.ones([3]).add(1);
    const large = hebb.rand([2 ** 30]);
    const behind = hebb.ones([2]).mul(2);
    await hebb.realize(fine);
    const read = large.data();
    await expect(read).rejects.toThrow(hebb.OutOfMemoryError);
    await expect(read).rejects.toThrow(/\n {2}hint: /);
    expect(await fine.toArray()).toEqual([2, 2, 2]);
    expect(await behind.toArray()).toEqual([2, 2]);
    // What nobody reads is told once, where all is waited for.
    const lost = hebb.variable(hebb.ones([2]));
    await hebb.realize(lost);
    hebb.assign(lost, hebb.sort(hebb.rand([2 ** 29])).values.slice([5], [7]));
    await expect(hebb.realize()).rejects.toThrow(hebb.OutOfMemoryError);
    await hebb.realize();
    await expect(lost.data()).rejects.toThrow(hebb.OutOfMemoryError);
    expect(await hebb.ones([2]).mul(3).toArray()).toEqual([3, 3]);
  });

  it('tries anew what there was no room for', async () => {
    const small = (threads: number) => compilingEngine(createWasmBackend({ threads, maximumPages: 640 }));
    const hebb = await runtime({ worker: workerHere(small).worker });
    const largest = hebb.compile(() => hebb.sort(hebb.rand([2 ** 20])).values.max());
    const wide = hebb.rand([6 * 2 ** 20]);
    await hebb.realize(wide);
    await expect(largest().item()).rejects.toThrow(hebb.OutOfMemoryError);
    wide.dispose();
    expect(await largest().item()).toBeCloseTo(1, 4);
  });

  it('tells of a worker that does not start, and of one that ends', async () => {
    const broken = await runtime({
      worker: workerHere(() => {
        throw new Error('no WebAssembly');
      }).worker,
    });
    await expect(broken.device.ready()).rejects.toThrow('no WebAssembly');

    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const silent = await runtime({ worker: { postMessage: () => {}, addEventListener: () => {} } });
    const answer = expect(silent.device.ready()).rejects.toThrow('does not start: no answer in 30 s');
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    await vi.advanceTimersByTimeAsync(30_000);
    await answer;
    vi.useRealTimers();

    // Known before the device starts.
    const missing = workerHere();
    const early = await runtime({ worker: missing.worker });
    missing.end();
    await expect(early.ones([1]).add(1).data()).rejects.toThrow(
      /does not start: its file was not found, or fails\.\n {2}hint: Its file is a module/,
    );

    const { worker, end } = workerHere();
    const hebb = await runtime({ worker });
    const x = hebb.ones([2]).add(1);
    await hebb.realize(x);
    const read = x.mul(2).data();
    end('the tab has no memory left');
    await expect(read).rejects.toThrow(hebb.DeviceError);
    await expect(read).rejects.toThrow('The worker of the WebAssembly device ended: the tab has no memory left');
    await expect((async () => x.mul(3).data())()).rejects.toThrow('The worker of the WebAssembly device ended');
  });

  it('tells of one that was terminated, by the lock that it held', async () => {
    const held = new Map<string, (() => unknown)[]>();
    const locks: Locks = {
      request: async (name, callback) => {
        const others = held.get(name);
        if (others === undefined) {
          held.set(name, []);
          return callback();
        }
        return new Promise((resolve) => others.push(() => resolve(callback())));
      },
    };
    vi.stubGlobal('navigator', { locks });
    const { worker } = workerHere(undefined, locks);
    const hebb = await runtime({ worker });
    const x = hebb.ones([2]).add(1);
    await hebb.realize(x);
    expect([...held.values()].map(({ length }) => length)).toEqual([1]);
    worker.postMessage = () => {};
    const read = x.mul(2).data();
    await new Promise((resolve) => setTimeout(resolve));
    for (const waiting of held.values()) for (const granted of waiting) granted();
    await expect(read).rejects.toThrow('The worker of the WebAssembly device ended: it was terminated');
    await expect((async () => x.mul(3).data())()).rejects.toThrow(hebb.DeviceError);
    vi.unstubAllGlobals();
  });

  it('goes on where no lock is to be had', async () => {
    const locks: Locks = { request: () => Promise.reject(new Error('not allowed here')) };
    const hebb = await runtime({ worker: workerHere(undefined, locks).worker });
    expect(await hebb.ones([2]).add(1).toArray()).toEqual([2, 2]);
  });

  it('is chosen before the device starts', async () => {
    const hebb = await runtime();
    await hebb.device.ready();
    expect(() => hebb.setDevice('wasm', { worker: workerHere().worker })).toThrow('has started outside of this worker');
    expect(() => hebb.setDevice('wasm')).not.toThrow();
    const { worker } = workerHere();
    expect(() => hebb.setDevice('reference', { worker })).toThrow("the device 'reference' has no worker to choose");
    expect(() => hebb.setDevice('wasm', { worker: true as never })).toThrow(
      'worker must be a worker of the web, not true',
    );
  });

  it('is not looked into', async () => {
    const hebb = await runtime({ worker: workerHere().worker });
    await expect(hebb.explain(() => hebb.ones([2]).add(1))).rejects.toThrow('does not see into the worker of a device');
    await expect(hebb.profile(() => hebb.ones([2]).add(1))).rejects.toThrow(hebb.DeviceError);
    expect(await hebb.ones([2]).add(1).toArray()).toEqual([2, 2]);
  });
});

describe('a program', () => {
  it('comes through as it was, loops and all', async () => {
    const { ones, rand, scan, topK } = await import('../src/index.ts');
    const { nodeOf } = await import('../src/handle.ts');
    const { linearize, toProgram } = await import('../src/graph/program.ts');
    const { packProgram, unpackProgram } = await import('../src/remote/wire.ts');
    const [carry, best] = scan((sum, x) => [sum.add(x), topK(x, 2).values], ones([5]), rand([4, 5]));
    const program = toProgram(linearize([nodeOf(carry), nodeOf(best)]));
    const back = unpackProgram(structuredClone(packProgram(program)));
    expect(back).toEqual(program);
    back.nodes.forEach(({ type }, i) => expect(type).toBe(program.nodes[i]?.type));
  });
});
