/**
 * Threads of the WebAssembly device: the same bytes for any number, no thread that anybody waits for in vain, no process that does not end.
 *
 * @module-tag alone: it loads the runtime anew, and starts threads.
 */
import { spawnSync } from 'node:child_process';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import type * as Hebb from '../../src/index.ts';
import { createWasmBackend } from '../../src/wasm/backend.ts';
import { control } from '../../src/wasm/control.ts';
import { generator } from './support.ts';

type Runtime = typeof Hebb;

/** A runtime of its own whose device has as many threads. */
async function withThreads(threads: number): Promise<Runtime> {
  vi.resetModules();
  const hebb: Runtime = await import('../../src/index.ts');
  hebb.setDevice('wasm', { threads });
  expect(await hebb.device.ready()).toMatch(
    threads === 1 ? /SIMD, one thread(, without .*)?$/ : new RegExp(`SIMD, ${threads} threads(, without .*)?$`),
  );
  return hebb;
}

const known = new Map<string, Float32Array>();

function numbers(count: number, seed: number): Float32Array {
  const random = generator(seed);
  const made = known.get(`${count} ${seed}`) ?? Float32Array.from({ length: count }, () => 2 * random() - 1);
  known.set(`${count} ${seed}`, made);
  return made;
}

type Program = (hebb: Runtime) => Hebb.Tensor | readonly Hebb.Tensor[];

const matrix = ({ tensor }: Runtime, rows: number, columns: number, seed: number): Hebb.Tensor =>
  tensor(numbers(rows * columns, seed)).reshape([rows, columns]);

const programs: Readonly<Record<string, Program>> = {
  'elementwise work': (hebb) =>
    matrix(hebb, 300, 1001, 1)
      .tanh()
      .mul(matrix(hebb, 300, 1001, 2))
      .exp(),
  'elementwise work along one axis': (hebb) => hebb.tensor(numbers(300_001, 1)).sin().add(1),
  'a transposition': (hebb) => matrix(hebb, 700, 501, 1).transpose(0, 1).add(1),
  'a concatenation': (hebb) => hebb.concat([matrix(hebb, 200, 800, 1), matrix(hebb, 300, 800, 2).exp()], 0),
  'sums of rows, of columns and of all': (hebb) => {
    const x = matrix(hebb, 511, 1023, 1);
    return [x.mul(x).sum(-1), x.mul(x).sum(0), x.mul(x).sum()];
  },
  'maxima and their places': (hebb) => {
    const x = matrix(hebb, 511, 1023, 1);
    return [x.max(-1), x.argmax(0), x.min(), x.argmax()];
  },
  'temporaries of eight megabytes': (hebb) => {
    const x = matrix(hebb, 1024, 1024, 1).exp();
    return x.sum(0).add(hebb.cumsum(x, 1).sin().max(1));
  },
  softmax: (hebb) => matrix(hebb, 1000, 333, 1).softmax(-1),
  'the norm of layers': (hebb) => hebb.layerNorm(matrix(hebb, 1000, 333, 1), [333], {}),
  'a matrix product of 64': (hebb) => matrix(hebb, 64, 64, 1).matmul(matrix(hebb, 64, 64, 2)),
  'a matrix product of 512': (hebb) => matrix(hebb, 512, 512, 1).matmul(matrix(hebb, 512, 512, 2)),
  'a matrix product of odd sizes': (hebb) =>
    matrix(hebb, 777, 301, 1)
      .matmul(matrix(hebb, 301, 1111, 2))
      .relu(),
  'a product with a vector': (hebb) => matrix(hebb, 1500, 1100, 1).matmul(hebb.tensor(numbers(1100, 2))),
  'a deep product': (hebb) => matrix(hebb, 50, 9000, 1).matmul(matrix(hebb, 9000, 70, 2)),
  'products of two matrices': (hebb) =>
    hebb.tensor(numbers(2 * 190 * 170, 1)).reshape([2, 190, 170]).matmul(hebb.tensor(numbers(2 * 170 * 150, 2)).reshape([2, 170, 150])), // prettier-ignore
  'products of many matrices': (hebb) =>
    hebb.tensor(numbers(24 * 90 * 70, 1)).reshape([24, 90, 70]).matmul(hebb.tensor(numbers(24 * 70 * 50, 2)).reshape([24, 70, 50])), // prettier-ignore
  'a convolution': (hebb) => {
    const [x, w] = [numbers(8 * 6 * 30 * 30, 1), numbers(12 * 6 * 9, 2)];
    return hebb.conv2d(hebb.tensor(x).reshape([8, 6, 30, 30]), hebb.tensor(w).reshape([12, 6, 3, 3]), { padding: 1 });
  },
  'a cumulative sum': (hebb) => [hebb.cumsum(matrix(hebb, 400, 500, 1), 0), hebb.cumsum(matrix(hebb, 400, 500, 1), 1)],
  'a sorted matrix': (hebb) => [hebb.sort(matrix(hebb, 300, 700, 1)).values, hebb.argSort(matrix(hebb, 700, 30, 1), 0)],
  'rows added where they belong': (hebb) => {
    const random = generator(5);
    const places = hebb.tensor(Int32Array.from({ length: 4000 }, () => Math.floor(random() * 300)));
    return [
      hebb.segmentSum(matrix(hebb, 4000, 64, 1), places, 300),
      hebb.segmentSum(hebb.tensor(numbers(4000, 2)), places, 300),
    ];
  },
  'draws, and what is dropped': (hebb) => {
    hebb.manualSeed(7);
    return [hebb.randn([200, 500]), hebb.dropout(matrix(hebb, 400, 500, 1), { probability: 0.4 })];
  },
  'a loop': (hebb) => {
    const w = matrix(hebb, 128, 128, 2).mul(0.1);
    return hebb.scan((h, x) => [h.matmul(w).add(x).tanh(), h.sum()], matrix(hebb, 128, 128, 1), hebb.tensor(numbers(12 * 128, 3)).reshape([12, 1, 128])); // prettier-ignore
  },
};

async function bytes(hebb: Runtime, program: Program): Promise<Uint8Array> {
  const made = program(hebb);
  const results = Array.isArray(made) ? made : [made];
  const data = await Promise.all(results.map((result) => result.data()));
  return Buffer.concat(
    data.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

/** Of one thread, by the program's name: each needs a device of its own. */
const alone = new Map<string, Uint8Array>();

describe.each([2, 4])('%d threads', (threads) => {
  let runtime: Promise<Runtime> | undefined;
  test.each(Object.entries(programs))('%s: the same bytes as one', async (name, program) => {
    if (alone.size === 0) {
      const hebb = await withThreads(1);
      for (const [key, each] of Object.entries(programs)) alone.set(key, await bytes(hebb, each));
    }
    const hebb = await (runtime ??= withThreads(threads));
    const expected = alone.get(name);
    for (let run = 0; run < 20; run++) expect(Buffer.compare(await bytes(hebb, program), expected ?? new Uint8Array())).toBe(0); // prettier-ignore
  });
});

/** What happens to be made by `start`: the memory of its device, and its workers, whose text is changed by `text`. */
async function seen<T>(
  start: () => Promise<T>,
  text = (source: string): string => source,
): Promise<{ readonly result: T; readonly words: Int32Array; readonly workers: readonly Worker[] }> {
  const { Memory } = WebAssembly;
  const memories: WebAssembly.Memory[] = [];
  const workers: Worker[] = [];
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  const threads = process.getBuiltinModule('node:worker_threads');
  const { Worker: Original } = threads;
  threads.Worker = class extends Original {
    constructor(source: string | URL, options: WorkerOptions) {
      super(text(String(source)), options);
      workers.push(this);
    }
  };
  try {
    const result = await start();
    return { result, words: new Int32Array(memories[0]?.buffer ?? new ArrayBuffer(0)), workers };
  } finally {
    WebAssembly.Memory = Memory;
    threads.Worker = Original;
  }
}

/** Work that pays for threads, with its sum. */
async function largeSum({ tensor }: Runtime): Promise<number> {
  return tensor(numbers(400_000, 3)).reshape([400, 1000]).tanh().softmax(-1).max().item();
}

const ended = (hebb: Runtime): Promise<unknown> =>
  largeSum(hebb).then(
    () => undefined,
    (error: unknown) => error,
  );

test('helpers take part in what is large', async () => {
  const { result: hebb, words } = await seen(() => withThreads(3));
  const done = (): number => Atomics.load(words, control.done / 4);
  const sum = await largeSum(hebb);
  for (const end = Date.now() + 30_000; done() < 10 && Date.now() < end;) expect(await largeSum(hebb)).toBe(sum);
  expect(done()).toBeGreaterThanOrEqual(10);
});

test('one thread, two, four, one again: the same numbers, whenever helpers come and go', async () => {
  const hebb = await withThreads(2);
  const sum = await largeSum(hebb);
  for (let cycle = 0; cycle < 40; cycle++) {
    hebb.setDevice('wasm', { threads: [4, 1, 2, 1, 3][cycle % 5] ?? 1 });
    if (cycle % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5 * (cycle % 7)));
    expect(await largeSum(hebb)).toBe(sum);
  }
});

test('plans come and go, more than helpers remember', async () => {
  const hebb = await withThreads(2);
  hebb.device.planCacheLimit = 200_000;
  for (let size = 1; size < 120; size++) {
    const sum = await hebb.tensor(numbers(3000 * size, 1)).reshape([size, 3000]).mul(0).add(1).tanh().div(Math.tanh(1)).sum().item(); // prettier-ignore
    expect(sum / (3000 * size)).toBeCloseTo(1, 5);
  }
});

test('two devices with threads, by turns', async () => {
  const [a, b] = [await withThreads(2), await withThreads(3)];
  const sum = await largeSum(a);
  for (let i = 0; i < 10; i++) expect([await largeSum(a), await largeSum(b)]).toEqual([sum, sum]);
});

test('a profile of 2 threads has the bytes of one, and as many threads at most in a kernel', async () => {
  const compute = (hebb: Runtime): Hebb.Tensor =>
    matrix(hebb, 300, 400, 1)
      .matmul(matrix(hebb, 400, 300, 2))
      .softmax(-1);
  const expected = await compute(await withThreads(1)).data();
  const hebb = await withThreads(2);
  let result: Hebb.Tensor | undefined;
  const { kernels, runs } = await hebb.profile(() => (result = compute(hebb)), { runs: 3 });
  expect(await result?.data()).toEqual(expected);
  expect(kernels.find(({ kind }) => kind === 'contraction')?.multiplyAdds).toBe(300 * 400 * 300);
  for (const { threads } of kernels) expect([1, 2]).toContain(threads);
  for (const run of runs) expect(run.kernelMilliseconds).toBeLessThanOrEqual(run.milliseconds);
  expect(await compute(hebb).data()).toEqual(expected);
}, 300_000);

test('a worker that ends is an error, and can be replaced', async () => {
  const { result: hebb, workers } = await seen(() => withThreads(2));
  const sum = await largeSum(hebb);
  await workers[0]?.terminate();
  const error = await ended(hebb);
  expect(error).toBeInstanceOf(hebb.DeviceError);
  expect(String(error)).toMatch(/A thread of the WebAssembly device ended: its worker has exited .*\n {2}hint: .*setDevice\('wasm', \{ threads: 2 \}\)/); // prettier-ignore
  expect(await ended(hebb)).toBeInstanceOf(hebb.DeviceError);
  hebb.setDevice('wasm', { threads: 2 });
  expect(await largeSum(hebb)).toBe(sum);
});

test('a worker that fails in the middle is an error within a second', async () => {
  const failing = `{
    const tickets = new BigInt64Array(memory.buffer, ${control.ticket}, 1);
    const ticket = Atomics.load(tickets, 0);
    if ((ticket & 0xffffn) !== 0n && Atomics.compareExchange(tickets, 0, ticket, ticket - 1n) === ticket) throw new Error('lost on the way');
  }`;
  const { result: hebb } = await seen(
    () => withThreads(2),
    (source) => source.replace('own.help(thread, version);', failing),
  );
  let error: unknown;
  let begin = 0;
  for (const end = Date.now() + 30_000; error === undefined && Date.now() < end;) {
    begin = performance.now();
    error = await ended(hebb);
  }
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(error).toBeInstanceOf(hebb.DeviceError);
  expect(String(error)).toMatch(/A thread of the WebAssembly device ended: Error: lost on the way/);
  expect(await ended(hebb)).toBeInstanceOf(hebb.DeviceError);
  hebb.setDevice('wasm', { threads: 2 });
  expect(await largeSum(hebb)).toBe(await largeSum(await withThreads(1)));
});

test('a process that has used threads ends by itself', () => {
  const source = new URL('../../src/index.ts', import.meta.url).href;
  const script = `
    import { device, setDevice, tensor } from ${JSON.stringify(source)};
    setDevice('wasm', { threads: 3 });
    console.log(await device.ready());
    for (let i = 0; i < 5; i++) await tensor(new Float32Array(300000)).exp().sum().item();
    console.log(await tensor(new Float32Array(300000)).exp().sum().item());
  `;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  expect(stdout).toMatch(/SIMD, 3 threads(, without .*)?\n300000\n$/);
});

describe('options', () => {
  test('that are none are refused', async () => {
    const { setDevice } = await withThreads(1);
    const given = (options: unknown) => () => setDevice('wasm', options as Hebb.DeviceOptions);
    expect(given({ threads: 0 })).toThrow('[setDevice] threads must be an integer ≥ 1 and ≤ 64, not 0.');
    for (const threads of [1.5, -1, 65, Infinity, '2', null, true])
      expect(given({ threads })).toThrow(/must be an integer/);
    expect(given({ thread: 2 })).toThrow("[setDevice] there is no option 'thread'.");
    expect(given(2)).toThrow('[setDevice] options are an object, not 2.');
    expect(() => setDevice('reference', { threads: 2 })).toThrow("[setDevice] the device 'reference' has no threads to choose."); // prettier-ignore
    expect(() => setDevice('webgpu', { threads: 2 })).toThrow(/has no threads/);
  });

  test('a device that has started with one thread keeps to it', async () => {
    const { device, DeviceError: Expected, setDevice } = await withThreads(1);
    setDevice('wasm', { threads: 1 });
    expect(() => setDevice('wasm', { threads: 2 })).toThrow(Expected);
    expect(() => setDevice('wasm', { threads: 2 })).toThrow(
      /has started with one thread.*\n {2}hint: .*HEBB_THREADS=2/,
    );
    expect(await device.ready()).toMatch(/one thread(, without .*)?$/);
  });

  test('HEBB_THREADS says how many there are where nothing else does', async () => {
    vi.resetModules();
    vi.stubEnv('HEBB_THREADS', '3');
    const { device, setDevice }: Runtime = await import('../../src/index.ts');
    setDevice('wasm');
    expect(await device.ready()).toMatch(/3 threads(, without .*)?$/);
    vi.stubEnv('HEBB_THREADS', 'many');
    vi.resetModules();
    const other: Runtime = await import('../../src/index.ts');
    other.setDevice('wasm');
    await expect(other.device.ready()).rejects.toThrow(/\[HEBB_THREADS\] there are no 'many' threads.*\n {2}hint: .*1 to 64/); // prettier-ignore
    vi.unstubAllEnvs();
  });

  test('where there can be no threads, the description says why', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    try {
      expect(createWasmBackend({ threads: 2 }).description).toMatch(/one thread \(there is no SharedArrayBuffer\)$/);
      vi.stubGlobal('crossOriginIsolated', false);
      expect(createWasmBackend({ threads: 2 }).description).toMatch(/one thread \(the page is not cross-origin isolated\)$/); // prettier-ignore
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
