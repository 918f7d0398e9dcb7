/**
 * How the threads of a device share the work of a plan. The caller runs the plan; where a step is large, it is a job of many chunks, which the caller and
 * whoever of the helpers is awake take one by one from one word of memory, the ticket. So nobody waits for a helper that sleeps, that the system has put aside
 * or that has gone: the caller alone would do all chunks. It only waits for chunks that others have begun.
 *
 * The ticket says of which plan and job there are how many chunks left. It is taken by exchanging the whole word, so that a helper
 * that is late takes what it has seen or nothing.
 */
import { control } from './control.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { Value, WasmFunction } from './ir.ts';
import { op } from './opcodes.ts';

/** A part of a job: some units of the grid of a kernel are a chunk. */
export interface Portion {
  /** Takes the begin and end of a part of the grid, and the address of scratch memory. */
  readonly target: WasmFunction;
  readonly grid: number;
  /** Units of the grid in a chunk; the last may have fewer. */
  readonly size: number;
}

export type Job = readonly Portion[];

export function chunksOf({ grid, size }: Portion): number {
  return Math.ceil(grid / size);
}

/** Looks at the ticket, or at how much is done, before a thread that has nothing to do sleeps: about 0.2 ms and 20 µs. */
const helperPatience = 60_000;
const callerPatience = 6_000;
/** Nanoseconds after which the caller that sleeps looks whether a helper has failed. */
const nap = 20_000_000;

/** The functions of a module with jobs. */
export interface Sharing {
  /** share(job, chunks, whether it is worth waking helpers, scratch): the caller has a job done. */
  readonly share: WasmFunction;
  /** help(thread): does chunks of this plan until another one runs, or there has been nothing to do for a while. */
  readonly help: WasmFunction;
}

/** Where the scratch memory of threads lies: that of thread t `begin` + t · `stride` bytes after its begin. */
export interface ThreadMemory {
  readonly begin: number;
  readonly stride: number;
}

/** `plan` is the number of the plan. */
export function buildSharing(plan: number, jobs: readonly Job[], memory: ThreadMemory): Sharing {
  const run = buildDispatch(jobs);
  return { share: buildShare(plan, run), help: buildHelp(plan, run, memory) };
}

/** chunk(job, number, scratch): does a chunk. */
function buildDispatch(jobs: readonly Job[]): WasmFunction {
  const fb = new FunctionBuilder('chunk');
  const job = fb.parameter('job');
  const number = fb.parameter('number');
  const scratch = fb.parameter('scratch');
  /** One of the cases from `first` to before `end`, those from `begins[i]` on being case i. */
  const choose = (value: Value, begins: readonly number[], visit: (i: number) => void): void => {
    const among = (first: number, end: number): void => {
      if (end - first === 1) {
        visit(first);
        return;
      }
      const middle = (first + end) >> 1;
      fb.if(
        fb.op(op.i32LtU, value, fb.i32(begins[middle] ?? 0)),
        () => among(first, middle),
        () => among(middle, end),
      );
    };
    among(0, begins.length);
  };
  const numbers = jobs.map((_, i) => i);
  choose(job, numbers, (i) => {
    const portions = jobs[i] ?? [];
    let total = 0;
    const begins = portions.map((portion) => {
      const begin = total;
      total += chunksOf(portion);
      return begin;
    });
    choose(number, begins, (j) => {
      const portion = portions[j];
      if (portion === undefined) return;
      const { target, grid, size } = portion;
      const begin = fb.mul(fb.sub(number, begins[j] ?? 0), size);
      fb.call(target, begin, fb.minimum(fb.add(begin, size), grid), scratch);
    });
  });
  return fb.finish();
}

/** The last 16 bits of the ticket, and the 16 before. */
function leftOf(fb: FunctionBuilder, ticket: Value): Value {
  return fb.op(op.i32And, fb.op(op.i32WrapI64, ticket), fb.i32(0xffff));
}

function jobOf(fb: FunctionBuilder, ticket: Value): Value {
  return fb.op(op.i32ShrU, fb.op(op.i32WrapI64, ticket), fb.i32(16));
}

function wide(fb: FunctionBuilder, value: Value): Value {
  return fb.op(op.i64ExtendI32U, value);
}

/** Takes a chunk of the ticket, which has some, and does it, and then `after`; nothing if somebody else was faster. */
function take(fb: FunctionBuilder, run: WasmFunction, ticket: Value, scratch: () => Value, after: () => void): void {
  const rest = fb.op(op.i64Sub, ticket, wide(fb, fb.i32(1)));
  const found = fb.atomic(op.i64AtomicCompareExchange, control.ticket, ticket, rest);
  fb.if(fb.op(op.i64Eq, found, ticket), () => {
    fb.call(run, jobOf(fb, ticket), fb.sub(leftOf(fb, ticket), 1), scratch());
    after();
  });
}

function buildShare(plan: number, run: WasmFunction): WasmFunction {
  const fb = new FunctionBuilder('share');
  const job = fb.parameter('job');
  const chunks = fb.parameter('chunks');
  const wake = fb.parameter('wake');
  const scratch = fb.parameter('scratch');
  const own = fb.variable('own', 'i32');
  const looks = fb.variable('looks', 'i32');
  const missing = fb.variable('missing', 'i32');
  fb.set(own, fb.i32(0));
  const before = fb.atomic(op.i32AtomicLoad, control.done);
  const name = fb.op(op.i32Or, fb.op(op.i32Shl, job, fb.i32(16)), chunks);
  const above = fb.op(op.i64Shl, wide(fb, fb.i32(plan)), wide(fb, fb.i32(32)));
  fb.atomicStore(op.i64AtomicStore, control.ticket, fb.op(op.i64Or, above, wide(fb, name)));
  fb.if(wake, () => {
    const sleepers = fb.atomic(op.i32AtomicLoad, control.sleepers);
    fb.if(sleepers, () => {
      fb.atomic(op.i32AtomicAdd, control.bell, fb.i32(1));
      fb.atomic(op.atomicNotify, control.bell, sleepers);
    });
  });
  fb.repeat(() => {
    const ticket = fb.atomic(op.i64AtomicLoad, control.ticket);
    const left = leftOf(fb, ticket);
    fb.if(left, () => take(fb, run, ticket, () => scratch, () => fb.set(own, fb.add(fb.get(own), 1)))); // prettier-ignore
    return left;
  });
  const look = (): Value => {
    const done = fb.atomic(op.i32AtomicLoad, control.done);
    fb.set(missing, fb.sub(fb.sub(chunks, fb.get(own)), fb.sub(done, before)));
    return done;
  };
  fb.set(looks, fb.i32(callerPatience));
  fb.repeat(() => {
    look();
    fb.set(looks, fb.sub(fb.get(looks), 1));
    return fb.select(fb.get(missing), fb.get(looks), fb.i32(0));
  });
  fb.if(fb.get(missing), () => {
    fb.atomicStore(op.i32AtomicStore, control.waiting, fb.i32(1));
    fb.repeat(() => {
      const done = look();
      fb.if(fb.atomic(op.i32AtomicLoad, control.failed), () => fb.trap());
      const sleeps = fb.select(fb.atomic(op.i32AtomicLoad, control.mayWait), fb.get(missing), fb.i32(0));
      fb.if(sleeps, () => fb.atomic(op.i32AtomicWait, control.done, done, wide(fb, fb.i32(nap))));
      return fb.get(missing);
    });
    fb.atomicStore(op.i32AtomicStore, control.waiting, fb.i32(0));
  });
  return fb.finish();
}

function buildHelp(plan: number, run: WasmFunction, memory: ThreadMemory): WasmFunction {
  const fb = new FunctionBuilder('help');
  const thread = fb.parameter('thread');
  const looks = fb.variable('looks', 'i32');
  const shift = fb.add(fb.mul(thread, memory.stride), memory.begin);
  fb.set(looks, fb.i32(helperPatience));
  fb.repeat(() => {
    const ticket = fb.atomic(op.i64AtomicLoad, control.ticket);
    fb.set(looks, fb.sub(fb.get(looks), 1));
    const owner = fb.op(op.i32WrapI64, fb.op(op.i64ShrU, ticket, wide(fb, fb.i32(32))));
    fb.if(
      fb.op(op.i32Ne, owner, fb.i32(plan)),
      () => fb.set(looks, fb.i32(0)),
      () =>
        fb.if(leftOf(fb, ticket), () => {
          const scratch = (): Value => fb.add(fb.atomic(op.i32AtomicLoad, control.scratch), shift);
          take(fb, run, ticket, scratch, () => {
            fb.atomic(op.i32AtomicAdd, control.done, fb.i32(1));
            const waiting = fb.atomic(op.i32AtomicLoad, control.waiting);
            fb.if(waiting, () => fb.atomic(op.atomicNotify, control.done, fb.i32(1)));
          });
          fb.set(looks, fb.i32(helperPatience));
        }),
    );
    return fb.get(looks);
  });
  return fb.finish();
}
