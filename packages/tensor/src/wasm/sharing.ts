/**
 * How the threads of a device share the work of a plan. The caller runs the plan; where a step is large, it is a job of many chunks, which the caller and
 * whoever of the helpers is awake take one by one from one word of memory, the ticket. So nobody waits for a helper that sleeps, that the system has put aside
 * or that has gone: the caller alone would do all chunks. It only waits for chunks that others have begun.
 *
 * The ticket says how many chunks of the job at hand are left, and which code a thread must know for it (library.ts). It is taken by exchanging the whole word, so that a helper
 * that is late takes what there is or nothing. What a job is stands in memory: its portions, one after the other.
 */
import { control } from './control.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { Value, Variable, WasmFunction } from './ir.ts';
import { op } from './opcodes.ts';
import { renderModule } from './render.ts';

/** Words of a portion of a job: a part of the grid of a kernel. */
export const portion = {
  /** The position of the function in the table. */
  target: 0,
  frame: 1,
  grid: 2,
  /** Units of the grid in a chunk; the last may have fewer. */
  size: 3,
  chunks: 4,
} as const;

/** Words from one portion to the next. */
export const portionWords = 5;

/** Looks at the ticket, or at how much is done, before a thread that has nothing to do sleeps: about 0.2 ms and 20 µs. */
const helperPatience = 60_000;
const callerPatience = 6_000;
/** Nanoseconds after which the caller that sleeps looks whether a helper has failed. */
const nap = 20_000_000;

/** What the threads of a device call; one module for all of them. */
export interface Sharing {
  /** The caller has a job done, in so many chunks; whether it is worth waking helpers. */
  readonly share: (job: number, chunks: number, wake: number, scratch: number) => void;
  /** A helper does chunks until they take code that it does not know, or there has been nothing to do for a while. */
  readonly help: (thread: number, version: number) => void;
}

/** The module of {@link Sharing}, over the memory and a table of the functions of kernels. */
export function sharingModule(maximumPages: number): Uint8Array<ArrayBuffer> {
  const run = buildChunk();
  const exports = new Map([
    ['share', buildShare(run)],
    ['help', buildHelp(run)],
  ]);
  return renderModule(exports, { sharedPages: maximumPages, hasTable: true });
}

/** chunk(number, scratch): does a chunk of the job at hand. */
function buildChunk(): WasmFunction {
  const fb = new FunctionBuilder('chunk');
  const number = fb.parameter('number');
  const scratch = fb.parameter('scratch');
  const [at, rest] = [fb.variable('at', 'i32'), fb.variable('rest', 'i32')];
  const word = (name: keyof typeof portion): Value =>
    fb.load(op.i32Load, { base: fb.get(at), offset: 4 * portion[name] }, true);
  const advance = (variable: Variable, by: Value): void => fb.set(variable, fb.add(fb.get(variable), by));
  fb.set(at, fb.atomic(op.i32AtomicLoad, control.job));
  fb.set(rest, number);
  fb.repeat(() => {
    const later = fb.variable('later', 'i32');
    fb.set(later, fb.op(op.i32Eqz, fb.op(op.i32LtU, fb.get(rest), word('chunks'))));
    fb.if(fb.get(later), () => {
      fb.set(rest, fb.sub(fb.get(rest), word('chunks')));
      advance(at, fb.i32(4 * portionWords));
    });
    return fb.get(later);
  });
  const begin = fb.variable('begin', 'i32');
  fb.set(begin, fb.op(op.i32Mul, fb.get(rest), word('size')));
  const end = fb.minimum(fb.add(fb.get(begin), word('size')), word('grid'));
  fb.callAt(word('target'), fb.get(begin), end, scratch, word('frame'));
  return fb.finish();
}

/** The last 16 bits of the ticket. */
function leftOf(fb: FunctionBuilder, ticket: Value): Value {
  return fb.op(op.i32And, fb.op(op.i32WrapI64, ticket), fb.i32(0xffff));
}

function wide(fb: FunctionBuilder, value: Value): Value {
  return fb.op(op.i64ExtendI32U, value);
}

/** Takes a chunk of the ticket, which has some, and does it, and then `after`; nothing if somebody else was faster. */
function take(fb: FunctionBuilder, run: WasmFunction, ticket: Value, scratch: () => Value, after: () => void): void {
  const rest = fb.op(op.i64Sub, ticket, wide(fb, fb.i32(1)));
  const found = fb.atomic(op.i64AtomicCompareExchange, control.ticket, ticket, rest);
  fb.if(fb.op(op.i64Eq, found, ticket), () => {
    fb.call(run, fb.sub(leftOf(fb, ticket), 1), scratch());
    after();
  });
}

function buildShare(run: WasmFunction): WasmFunction {
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
  const version = fb.atomic(op.i32AtomicLoad, control.library);
  const above = fb.op(op.i64Shl, wide(fb, version), wide(fb, fb.i32(32)));
  fb.atomicStore(op.i32AtomicStore, control.job, job);
  fb.atomicStore(op.i64AtomicStore, control.ticket, fb.op(op.i64Or, above, wide(fb, chunks)));
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

function buildHelp(run: WasmFunction): WasmFunction {
  const fb = new FunctionBuilder('help');
  const thread = fb.parameter('thread');
  const version = fb.parameter('version');
  const looks = fb.variable('looks', 'i32');
  fb.set(looks, fb.i32(helperPatience));
  fb.repeat(() => {
    const ticket = fb.atomic(op.i64AtomicLoad, control.ticket);
    fb.set(looks, fb.sub(fb.get(looks), 1));
    const owner = fb.op(op.i32WrapI64, fb.op(op.i64ShrU, ticket, wide(fb, fb.i32(32))));
    fb.if(
      fb.op(op.i32Ne, owner, version),
      () => fb.set(looks, fb.i32(0)),
      () =>
        fb.if(leftOf(fb, ticket), () => {
          const scratch = (): Value =>
            fb.add(
              fb.atomic(op.i32AtomicLoad, control.shares),
              fb.op(op.i32Mul, thread, fb.atomic(op.i32AtomicLoad, control.shareBytes)),
            );
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
