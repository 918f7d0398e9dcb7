/**
 * What a helper does, as text: a worker made from text needs no file of its own, which bundlers would have to find. It knows Node's workers, which are
 * told by `workerData`, and those of the web, by a message.
 */
import { control, messageBytes } from './control.ts';
import { directoryWords } from './library.ts';

/** What a helper is told when it starts. */
export interface HelperStart {
  readonly memory: WebAssembly.Memory;
  /** The module of what all threads call (sharing.ts). */
  readonly code: Uint8Array<ArrayBuffer>;
  readonly thread: number;
  /** Its number among all helpers that have been started. */
  readonly number: number;
}

const word = (address: number): number => address / 4;

export const helperSource: string = `'use strict';
const help = ({ memory, code, thread, number }) => {
  const words = new Int32Array(memory.buffer);
  const load = (position) => Atomics.load(words, position);
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 });
  const own = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory, table } }).exports;
  /** By number of the module: positions of its functions. */
  const modules = new Map();
  /** The version of the library that has been read. */
  let known = 0;
  const wanted = ${word(control.wanted)} + thread;
  const present = ${word(control.present)} + thread;

  /** Reads the library: compiles what is new, forgets what has gone. Whether it is still the version. */
  const read = (version) => {
    const directory = load(${word(control.directory)}) >>> 2;
    const count = load(${word(control.modules)});
    // The view of memory that has grown elsewhere may be outdated.
    memory.grow(0);
    const all = new Int32Array(memory.buffer);
    const there = new Set();
    const fresh = [];
    for (let i = 0; i < count; i++) {
      const at = directory + ${directoryWords} * i;
      const [module, address, bytes] = [all[at], all[at + 1] >>> 0, all[at + 2]];
      // What has been read since the version changed means nothing.
      if (load(${word(control.library)}) !== version) return false;
      there.add(module);
      if (modules.has(module)) continue;
      const copy = new Uint8Array(bytes);
      copy.set(new Uint8Array(memory.buffer).slice(address, address + bytes));
      fresh.push([module, copy]);
      if (load(${word(control.library)}) !== version) return false;
    }
    if (load(${word(control.library)}) !== version) return false;
    for (const [module, positions] of modules) {
      if (there.has(module)) continue;
      modules.delete(module);
      for (const position of positions) table.set(position, null);
    }
    for (const [module, copy] of fresh) {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(copy), { env: { memory } });
      const positions = Object.keys(exports).map(Number);
      const end = Math.max(...positions) + 1;
      if (end > table.length) table.grow(2 * end - table.length);
      for (const position of positions) table.set(position, exports[position]);
      modules.set(module, positions);
    }
    return true;
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
      const version = load(${word(control.library)});
      if (version !== 0) {
        if (version !== known) {
          if (!read(version)) continue;
          known = version;
        }
        own.help(thread, version);
        if (load(${word(control.library)}) !== version) continue;
      }
      Atomics.add(words, ${word(control.sleepers)}, 1);
      const bell = load(${word(control.bell)});
      const idle = load(${word(control.library)}) === version && (load(${word(control.ticket)}) & 0xffff) === 0;
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
