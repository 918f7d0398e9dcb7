/**
 * What a helper does, as text: a worker made from text needs no file of its own, which bundlers would have to find. It knows Node's workers, which are
 * told by `workerData`, and those of the web, by a message.
 */
import { control, disposedWords, messageBytes } from './control.ts';

/** What a helper is told when it starts. */
export interface HelperStart {
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  /** Its number among all helpers that have been started. */
  readonly number: number;
}

const word = (address: number): number => address / 4;

export const helperSource: string = `'use strict';
const help = ({ memory, thread, number }) => {
  const words = new Int32Array(memory.buffer);
  const load = (position) => Atomics.load(words, position);
  /** By number of the plan: its function, with which this thread helps. */
  const plans = new Map();
  let disposed = load(${word(control.disposed)});
  const wanted = ${word(control.wanted)} + thread;
  const present = ${word(control.present)} + thread;

  const forget = () => {
    const count = load(${word(control.disposed)});
    if (count - disposed > ${disposedWords}) plans.clear();
    for (; disposed !== count; disposed = (disposed + 1) | 0)
      plans.delete(load(${word(control.disposedPlans)} + (disposed & ${disposedWords - 1})));
  };

  /** The plan's function; undefined if it is over before its module has been read. */
  const find = (plan) => {
    const known = plans.get(plan);
    if (known !== undefined) return known;
    const address = load(${word(control.code)});
    const bytes = load(${word(control.codeBytes)});
    if (load(${word(control.plan)}) !== plan) return undefined;
    // The view of memory that has grown elsewhere may be outdated.
    memory.grow(0);
    const code = new Uint8Array(memory.buffer).slice(address >>> 0, (address >>> 0) + bytes);
    if (load(${word(control.plan)}) !== plan) return undefined;
    const copy = new Uint8Array(bytes);
    copy.set(code);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(copy), { env: { memory, mark() {} } });
    plans.set(plan, exports.help);
    return exports.help;
  };

  const fail = (error) => {
    const text = String(error);
    const length = Math.min(text.length, ${messageBytes});
    const bytes = new Uint8Array(memory.buffer, ${control.message} + 4, ${messageBytes});
    for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i) & 127;
    Atomics.store(words, ${word(control.message)}, length);
    Atomics.store(words, ${word(control.failed)}, thread);
    Atomics.notify(words, ${word(control.done)});
  };

  try {
    for (;;) {
      const other = Atomics.compareExchange(words, present, 0, number);
      if (other === 0) break;
      Atomics.wait(words, present, other, 100);
    }
    for (;;) {
      const who = load(wanted);
      if (who === 0) Atomics.wait(words, wanted, 0);
      else if (who !== number) break;
      if (who !== number) continue;
      forget();
      const plan = load(${word(control.plan)});
      if (plan !== 0) {
        const own = find(plan);
        if (own !== undefined) own(thread);
        if (load(${word(control.plan)}) !== plan) continue;
      }
      Atomics.add(words, ${word(control.sleepers)}, 1);
      const bell = load(${word(control.bell)});
      const idle = load(${word(control.plan)}) === plan && (load(${word(control.ticket)}) & 0xffff) === 0;
      if (idle && load(wanted) === number) Atomics.wait(words, ${word(control.bell)}, bell);
      Atomics.sub(words, ${word(control.sleepers)}, 1);
    }
  } catch (error) {
    fail(error);
  }
  if (Atomics.compareExchange(words, present, number, 0) === number) Atomics.notify(words, present);
};
if (typeof require === 'function') help(require('node:worker_threads').workerData);
else onmessage = ({ data }) => { help(data); close(); };
`;
