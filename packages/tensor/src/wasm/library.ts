/**
 * The code of kernels that an engine has compiled: one module for what a plan brings along that no plan before had. A plan is no code but says which of these functions run in which order
 * (plan-tasks.ts), so that what several plans need is compiled, and gets fast, once in a process.
 *
 * Threads have instances of their own of all modules. A directory in memory says where the bytes lie of those that there are; helpers look there when they
 * are woken for a version of the library that they do not know (helper.ts).
 */
import type { Allocator } from './allocator.ts';
import { sizeClass } from './allocator.ts';
import { control } from './control.ts';
import type { WasmFunction } from './ir.ts';
import { renderModule } from './render.ts';

/** A function over a part of the grid of a kernel. */
export type KernelFunction = (begin: number, end: number, scratch: number, frame: number) => void;

/** Words of a module in the directory: its number, where its bytes lie, and how many they are. */
export const directoryWords = 3;

/** Functions that were compiled together, and stay as long as somebody uses one of them. */
export interface LibraryModule {
  readonly number: number;
  readonly codeBytes: number;
  /** Positions of its functions. */
  readonly positions: readonly number[];
  /** Memory that it holds: tables, and its bytes where other threads need them. */
  readonly owned: readonly { readonly address: number; readonly bytes: number }[];
  readonly code: number;
  users: number;
}

/** A function of the library. */
export interface LibraryFunction {
  readonly run: KernelFunction;
  /** In the tables of all threads. */
  readonly position: number;
}

export class KernelLibrary {
  readonly #allocator: Allocator;
  readonly #table: WebAssembly.Table | undefined;
  readonly #modules = new Map<number, LibraryModule>();
  readonly #free: number[] = [];
  #end = 0;
  #numbers = 0;
  #version = 0;
  #directory: { readonly address: number; readonly bytes: number } | undefined;

  /** @param table - through which jobs are called where several threads share the memory */
  constructor(allocator: Allocator, table: WebAssembly.Table | undefined) {
    this.#allocator = allocator;
    this.#table = table;
  }

  /** How many modules there are. */
  get count(): number {
    return this.#modules.size;
  }

  /** Compiles functions, with constant tables, whose addresses it gives. */
  add(
    targets: readonly WasmFunction[],
    tables: readonly Int32Array<ArrayBuffer>[],
  ): {
    readonly module: LibraryModule;
    readonly functions: ReadonlyMap<WasmFunction, LibraryFunction>;
    readonly addresses: readonly number[];
  } {
    const allocator = this.#allocator;
    const owned: { address: number; bytes: number }[] = [];
    const take = (bytes: number): number => {
      const address = allocator.allocate(bytes);
      owned.push({ address, bytes });
      return address;
    };
    const positions = targets.map(() => this.#free.pop() ?? this.#end++);
    try {
      const exports = new Map(targets.map((target, i) => [String(positions[i]), target]));
      const code = renderModule(exports, { sharedPages: this.#table && allocator.maximumPages });
      const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory: allocator.memory } });
      const functions = new Map(
        targets.map((target, i): [WasmFunction, LibraryFunction] => {
          const position = positions[i] as number;
          return [target, { position, run: instance.exports[String(position)] as KernelFunction }];
        }),
      );
      const addresses = placeTables(allocator, tables, take);
      const module: LibraryModule = {
        number: ++this.#numbers,
        codeBytes: code.byteLength,
        positions,
        owned,
        code: this.#table === undefined ? 0 : take(code.byteLength),
        users: 0,
      };
      const table = this.#table;
      if (table !== undefined) {
        this.#makeRoom();
        allocator.bytes().set(code, module.code);
        if (this.#end > table.length) table.grow(2 * this.#end - table.length);
        for (const { position, run } of functions.values()) table.set(position, run);
      }
      this.#modules.set(module.number, module);
      this.#publish();
      return { module, functions, addresses };
    } catch (error) {
      this.#free.push(...positions);
      for (const { address, bytes } of owned) allocator.free(address, bytes);
      throw error;
    }
  }

  /** Says that one user of a module has gone. */
  release(module: LibraryModule): void {
    if (--module.users > 0) return;
    this.#modules.delete(module.number);
    this.#publish();
    for (const position of module.positions) {
      this.#table?.set(position, null);
      this.#free.push(position);
    }
    for (const { address, bytes } of module.owned) this.#allocator.free(address, bytes);
  }

  /** Sees to it that the directory has room for as many modules as there are, and one more. */
  #makeRoom(): void {
    const old = this.#directory;
    const wanted = 4 * directoryWords * (this.#modules.size + 1);
    if (old !== undefined && old.bytes >= wanted) return;
    const bytes = sizeClass(2 * wanted);
    this.#directory = { address: this.#allocator.allocate(bytes), bytes };
    // Whoever still reads the old one finds that the version has changed.
    this.#publish();
    if (old !== undefined) this.#allocator.free(old.address, old.bytes);
  }

  /** Writes the directory, for the other threads. */
  #publish(): void {
    if (this.#directory === undefined) return;
    const words = this.#allocator.ints();
    Atomics.store(words, control.library / 4, 0);
    let at = this.#directory.address / 4;
    for (const { number, code, codeBytes } of this.#modules.values()) {
      words.set([number, code, codeBytes], at);
      at += directoryWords;
    }
    Atomics.store(words, control.directory / 4, this.#directory.address);
    Atomics.store(words, control.modules / 4, this.#modules.size);
    this.#version = (this.#version + 1) & 0x7fffffff || 1;
    Atomics.store(words, control.library / 4, this.#version);
  }
}

/** Writes constant tables, each once however often it is asked for; their addresses. */
function placeTables(
  allocator: Allocator,
  tables: readonly Int32Array<ArrayBuffer>[],
  take: (bytes: number) => number,
): number[] {
  const rooms = new Map<string, { readonly data: Int32Array; readonly offset: number }>();
  let bytes = 0;
  const keys = tables.map((data) => {
    const key = data.join();
    if (!rooms.has(key)) {
      rooms.set(key, { data, offset: bytes });
      bytes += Math.ceil(data.byteLength / 16) * 16;
    }
    return key;
  });
  if (bytes === 0) return [];
  const begin = take(bytes);
  for (const { data, offset } of rooms.values()) allocator.ints().set(data, (begin + offset) / 4);
  return keys.map((key) => begin + (rooms.get(key)?.offset ?? 0));
}
