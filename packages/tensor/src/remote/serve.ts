/** The worker's side of a device that does not keep its page from anything: an engine that does what it is told, in order. */
import { DeviceError, HebbError } from '../graph/errors.ts';
import type { Program } from '../graph/program.ts';
import { tensorType, type DType } from '../graph/types.ts';
import type { DeviceBuffer, Executable, HostArray } from '../runtime/backend.ts';
import type { Engine } from '../runtime/engine.ts';
import { makeHostArray } from '../runtime/host-array.ts';
import { packError, unpackProgram, type Answer, type Line, type Locks, type Order } from './wire.ts';

/** A plan: the program, until a run of it finds the memory that it needs, and where among the bindings it writes. */
interface Served {
  program: Program | undefined;
  executable: Executable | undefined;
  readonly written: readonly number[];
}

/** A buffer, and why it has no value, where what was to write it has failed. */
interface Held {
  readonly dtype: DType;
  readonly buffer: DeviceBuffer | undefined;
  failure: unknown;
}

const nothing = { usedBytes: 0, pooledBytes: 0, buffers: 0 };

/** Serves the engine that `make` makes when it is told to start. Among `locks` it holds one until it ends. */
export function serveEngine(line: Line, make: (threads: number) => Engine, locks?: Locks): void {
  let engine: Engine | undefined;
  const buffers = new Map<number, Held>();
  const plans = new Map<number, Served>();
  /** What went wrong and nobody has been told yet. */
  const untold = new Set<unknown>();

  type Said = Answer extends infer A ? (A extends Answer ? Omit<A, 'memory' | 'description'> : never) : never;
  const say = (said: Said, transfer: ArrayBuffer[] = []): void => {
    const memory = engine?.memory() ?? nothing;
    line.postMessage({ ...said, memory, description: engine?.description ?? '' }, transfer);
  };
  const fail = (request: number | undefined, error: unknown): void => {
    untold.delete(error);
    say({ kind: 'failed', request, error: packError(error) });
  };

  const started = (): Engine => {
    if (engine === undefined) throw new HebbError('internal: a device that has not started');
    return engine;
  };
  const held = (buffer: number): Held => {
    const found = buffers.get(buffer);
    if (found === undefined) throw new DeviceError('internal: a buffer that was freed, or that the device never had');
    return found;
  };
  /** The buffer, if it has a value, or is to get one. */
  const valueOf = (number: number): DeviceBuffer => {
    const { buffer, failure } = held(number);
    if (failure !== undefined) throw failure;
    if (buffer === undefined) throw new HebbError('internal: a buffer without memory');
    return buffer;
  };
  /** Notes why buffers have no value. */
  const lose = (numbers: readonly (number | undefined)[], error: unknown): void => {
    untold.add(error);
    for (const number of numbers) if (number !== undefined) held(number).failure ??= error;
  };

  const compiled = (number: number, plan: Served): Executable => {
    if (plan.executable !== undefined) return plan.executable;
    if (plan.program === undefined) throw new HebbError('internal: a plan without a program');
    const executable = started().compile(plan.program);
    plan.executable = executable;
    plan.program = undefined;
    const { kernelCount, bytes } = executable;
    say({ kind: 'compiled', executable: number, kernelCount, bytes });
    return executable;
  };

  const obey = (order: Order): void => {
    switch (order.kind) {
      case 'start':
        try {
          engine = make(order.threads);
          const started = (holds: boolean): void => say({ kind: 'started', holds });
          if (locks === undefined) started(false);
          else {
            const hold = (): Promise<never> => {
              started(true);
              return new Promise(() => {});
            };
            locks.request(order.life, hold).catch(() => started(false));
          }
        } catch (error) {
          fail(undefined, error);
        }
        return;
      case 'allocate':
        try {
          const buffer = started().allocate(tensorType(order.dtype, order.shape));
          buffers.set(order.buffer, { dtype: order.dtype, buffer, failure: undefined });
        } catch (error) {
          buffers.set(order.buffer, { dtype: order.dtype, buffer: undefined, failure: error });
          untold.add(error);
        }
        return;
      case 'free': {
        const { buffer } = held(order.buffer);
        buffers.delete(order.buffer);
        if (buffer !== undefined) started().free(buffer);
        return;
      }
      case 'write':
        try {
          started().write(valueOf(order.buffer), order.data);
        } catch (error) {
          lose([order.buffer], error);
        }
        return;
      case 'compile': {
        const program = unpackProgram(order.program);
        plans.set(order.executable, { program, executable: undefined, written: writtenBy(program) });
        return;
      }
      case 'run': {
        const plan = plans.get(order.executable);
        if (plan === undefined) throw new HebbError('internal: a plan that the device never had');
        try {
          const bindings = order.bindings.map((binding) => (typeof binding === 'number' ? valueOf(binding) : binding));
          started().run(compiled(order.executable, plan), bindings, order.scalars);
        } catch (error) {
          lose(
            plan.written.map((position) => order.bindings[position] as number),
            error,
          );
        }
        return;
      }
      case 'dispose':
        plans.get(order.executable)?.executable?.dispose();
        plans.delete(order.executable);
        return;
      case 'read': {
        const { request, buffer, length } = order;
        const read = async (): Promise<HostArray> => {
          const value = valueOf(buffer);
          const data = makeHostArray(held(buffer).dtype, length);
          await started().read(value, data);
          return data;
        };
        read().then(
          (data) => say({ kind: 'done', request, data }, [data.buffer as ArrayBuffer]),
          (error: unknown) => fail(request, error),
        );
        return;
      }
      case 'threads':
        try {
          started().setThreads?.(order.threads);
          say({ kind: 'done', request: order.request });
        } catch (error) {
          fail(order.request, error);
        }
        return;
      case 'synchronize': {
        const [error] = untold;
        untold.clear();
        if (error === undefined) say({ kind: 'done', request: order.request });
        else fail(order.request, error);
      }
    }
  };
  line.addEventListener('message', ({ data }) => obey(data as Order));
}

/** Positions among the bindings of a run that a program writes: parameters that it replaces, then its other results. */
function writtenBy({ parameters, outputs }: Program): number[] {
  let next = parameters.length;
  return outputs.map(({ parameter }) => (parameter < 0 ? next++ : parameter));
}
