/**
 * The page's side of a device in a worker: an engine that hands everything on, in order, and waits for nothing but what is read. What goes wrong in
 * the worker rejects the read of what could not be computed.
 */
import { DeviceError } from '../graph/errors.ts';
import { elementBytes } from '../graph/types.ts';
import type { BackendMemory, DeviceBuffer, Executable, HostArray } from '../runtime/backend.ts';
import type { Engine } from '../runtime/engine.ts';
import { packProgram, unpackError, type Answer, type Line, type Locks, type Order } from './wire.ts';

/** Milliseconds that the file of a worker has to load and to answer. */
const patience = 30_000;

interface RemoteBuffer extends DeviceBuffer {
  readonly number: number;
}

interface RemoteExecutable extends Executable {
  readonly number: number;
  kernelCount: number;
  bytes: number;
}

interface Waiting {
  readonly resolve: (data: HostArray | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** A worker, as far as it is used here. */
export interface EngineWorker extends Line {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: { readonly message?: unknown }) => void): void;
}

/** The engine behind a worker, once it has started; `failed` is told of its errors. Rejects with a {@link DeviceError} where it does not start. */
export async function createRemoteEngine(
  worker: EngineWorker,
  failed: Promise<unknown>,
  threads: number,
): Promise<Engine> {
  let memory: BackendMemory = { usedBytes: 0, pooledBytes: 0, buffers: 0 };
  let description = '';
  let numbers = 0;
  const life = `hebb device ${Math.random()}`;
  let failure: DeviceError | undefined;
  const waiting = new Map<number | undefined, Waiting>();
  /** Those whose answer is still to come. A plan that is given up before has none any more. */
  const compiling = new Map<number, RemoteExecutable>();

  const order = (message: Order, transfer: ArrayBuffer[] = []): void => {
    if (failure !== undefined) throw failure;
    worker.postMessage(message, transfer);
  };
  const asked = (request: number | undefined): Promise<HostArray | undefined> =>
    new Promise((resolve, reject) => waiting.set(request, { resolve, reject }));
  const ask = (message: Order & { readonly request: number }): Promise<HostArray | undefined> => {
    order(message);
    return asked(message.request);
  };

  const hear = (answer: Answer): void => {
    ({ memory, description } = answer);
    if (answer.kind === 'compiled') {
      const { executable, kernelCount, bytes } = answer;
      Object.assign(compiling.get(executable) ?? {}, { kernelCount, bytes });
      compiling.delete(executable);
      return;
    }
    if (answer.kind === 'started' && answer.holds) {
      const { locks } = navigator as { readonly locks?: Locks };
      // Where there is none, as where the page itself ends, nobody is told.
      locks?.request(life, () => end('it was terminated')).catch(() => {});
    }
    const request = answer.kind === 'started' ? undefined : answer.request;
    const settle = waiting.get(request);
    waiting.delete(request);
    if (answer.kind === 'failed') settle?.reject(unpackError(answer.error));
    else settle?.resolve(answer.kind === 'done' ? answer.data : undefined);
  };
  const end = (reason: unknown): void => {
    failure ??= waiting.has(undefined)
      ? new DeviceError(`The worker of the WebAssembly device does not start: ${String(reason)}.`, {
          hint: "Its file is a module that calls serveDevice() of 'hebb/worker' or '@hebb/tensor/worker': new Worker(new URL('./device.js', import.meta.url), { type: 'module' }).",
        })
      : new DeviceError(`The worker of the WebAssembly device ended: ${String(reason)}.`, {
          hint: 'What it held is lost: load the page anew.',
        });
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  worker.addEventListener('message', ({ data }) => hear(data as Answer));
  void failed.then((event) => end((event as { message?: unknown }).message ?? 'its file was not found, or fails'));
  worker.addEventListener('messageerror', () => end('a message could not be read'));

  order({ kind: 'start', threads, life });
  // A file that says nothing at all is told of by nobody else.
  const silence = setTimeout(() => end(`no answer in ${patience / 1000} s`), patience);
  try {
    await asked(undefined);
  } finally {
    clearTimeout(silence);
  }

  const numberOf = (buffer: DeviceBuffer): number => (buffer as RemoteBuffer).number;
  return {
    name: 'wasm',
    get description() {
      return `${description}, in a worker`;
    },
    allocate: ({ dtype, shape, size }) => {
      const buffer: RemoteBuffer = { number: ++numbers, bytes: size * elementBytes[dtype] };
      order({ kind: 'allocate', buffer: buffer.number, dtype, shape });
      return buffer;
    },
    free: (buffer) => {
      if (failure === undefined) order({ kind: 'free', buffer: numberOf(buffer) });
    },
    write: (buffer, data) => {
      const copy = data.slice();
      order({ kind: 'write', buffer: numberOf(buffer), data: copy }, [copy.buffer]);
    },
    read: async (buffer, data) => {
      const { length } = data;
      const read = await ask({ kind: 'read', request: ++numbers, buffer: numberOf(buffer), length });
      if (read !== undefined) data.set(read);
    },
    compile: (program) => {
      const number = ++numbers;
      const executable: RemoteExecutable = {
        number,
        kernelCount: 0,
        bytes: 0,
        dispose: () => {
          compiling.delete(number);
          if (failure === undefined) order({ kind: 'dispose', executable: number });
        },
      };
      compiling.set(number, executable);
      order({ kind: 'compile', executable: number, program: packProgram(program) });
      return executable;
    },
    run: (executable, bindings, scalars) => {
      const copies: ArrayBuffer[] = [];
      const sent = bindings.map((binding) => {
        if (!ArrayBuffer.isView(binding)) return numberOf(binding);
        const copy = binding.slice();
        copies.push(copy.buffer);
        return copy;
      });
      order({ kind: 'run', executable: (executable as RemoteExecutable).number, bindings: sent, scalars }, copies);
    },
    synchronize: async () => {
      await ask({ kind: 'synchronize', request: ++numbers });
    },
    memory: () => memory,
    setThreads: (count) => {
      // Whoever computes next is told what went wrong.
      ask({ kind: 'threads', request: ++numbers, threads: count }).catch(() => {});
    },
    observer: () =>
      Promise.reject(
        new DeviceError('A profile or an explanation does not see into the worker of a device.', {
          hint: "Make it in a page or a program whose device has none: setDevice('wasm').",
        }),
      ),
    source: () => {
      throw new DeviceError('The code of a plan lies in the worker of its device.');
    },
  };
}
