/**
 * The target IR: structured statements over SSA values that are WebAssembly instructions. A value knows the deepest loop that
 * it depends on (`level`), from which the renderer decides where to compute it; equal values are one object. Schedules build
 * functions through function-builder.ts; render.ts turns them into bytes and listing.ts into text.
 */
import type { WasmType } from './opcodes.ts';

/** A local variable. Mutable ones change through `set`; the others are parameters or loop variables. */
export interface Variable {
  readonly id: number;
  readonly name: string;
  readonly type: WasmType;
  readonly level: number;
  readonly mutable: boolean;
}

interface ValueBase {
  readonly id: number;
  readonly type: WasmType;
  /** Number of loops around the place where the value can first be computed. */
  readonly level: number;
  /** Reads something that statements change: computed afresh by each statement that uses it. */
  readonly volatile: boolean;
}

export type Value =
  | (ValueBase & { readonly kind: 'i32'; readonly value: number })
  | (ValueBase & { readonly kind: 'v128'; readonly bytes: Uint8Array })
  | (ValueBase & { readonly kind: 'variable'; readonly variable: Variable })
  | (ValueBase & {
      readonly kind: 'op';
      readonly code: number;
      readonly args: readonly Value[];
      readonly lanes: readonly number[];
    })
  /**
   * The first argument, or where the last one (i32) is not 0 what `target` makes of the others: for what is seldom needed and too long to
   * be computed always.
   */
  | (ValueBase & { readonly kind: 'rare'; readonly target: WasmFunction; readonly args: readonly Value[] })
  | (ValueBase & {
      readonly kind: 'load';
      readonly code: number;
      /** The address, and for a lane load the vector that keeps the other lanes. */
      readonly args: readonly Value[];
      readonly offset: number;
      readonly lanes: readonly number[];
    });

/** A byte address: `base` + a constant that becomes the instruction's offset. */
export interface Address {
  readonly base: Value;
  readonly offset: number;
}

export type LoopRole = 'grid' | 'loop' | 'vector' | 'tail' | 'reduce' | 'pack' | 'tile';

/** A second variable that advances with the loop. */
export interface Induction {
  readonly variable: Variable;
  readonly begin: Value;
  readonly step: Value;
}

export type Statement =
  | {
      readonly kind: 'loop';
      readonly role: LoopRole;
      readonly variable: Variable;
      readonly begin: Value;
      readonly end: Value;
      readonly step: number;
      readonly inductions: readonly Induction[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: 'if';
      readonly condition: Value;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  /** Once, and again as long as the condition is not 0. */
  | { readonly kind: 'repeat'; readonly body: readonly Statement[]; readonly condition: Value }
  | { readonly kind: 'set'; readonly variable: Variable; readonly value: Value }
  | {
      readonly kind: 'store';
      readonly code: number;
      readonly address: Address;
      readonly value: Value;
      readonly lane: number | undefined;
    }
  /** An atomic instruction on the word at a fixed address; `result`, where it is given, becomes what it leaves. */
  | {
      readonly kind: 'atomic';
      readonly code: number;
      readonly address: number;
      readonly args: readonly Value[];
      readonly result: Variable | undefined;
    }
  | { readonly kind: 'trap' }
  /** Copies `bytes` bytes; the ranges may overlap. */
  | { readonly kind: 'copy'; readonly to: Value; readonly from: Value; readonly bytes: Value }
  | { readonly kind: 'evaluate'; readonly value: Value }
  | { readonly kind: 'call'; readonly target: WasmFunction; readonly args: readonly Value[] }
  /** Calls the function at a position of the imported table; all arguments are i32, and there is no result. */
  | { readonly kind: 'callAt'; readonly position: Value; readonly args: readonly Value[] }
  | { readonly kind: 'note'; readonly text: string };

/** A word of the frame, and the variable that holds it. */
export interface Binding {
  readonly slot: number;
  readonly variable: Variable;
}

/** A finished function; the module places it and everything it calls. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly Variable[];
  /** The last parameter where the function is bound to anything: the address of the words (bindings.ts) that it reads at its begin. */
  readonly frame: Variable | undefined;
  readonly bindings: readonly Binding[];
  readonly body: readonly Statement[];
  /** What it returns, computed after the body. */
  readonly result: Value | undefined;
  /** Functions that its `rare` values call. */
  readonly rarelyCalls: readonly WasmFunction[];
  /** All value ids are below. */
  readonly valueCount: number;
  /** The function as bytes, where that is all that is left of it. */
  readonly rendered?: RenderedFunction;
}

/** A function as bytes, but for what is known once a module has been put together of it and others. */
export interface RenderedFunction {
  readonly parameters: readonly WasmType[];
  readonly result: WasmType | undefined;
  readonly locals: readonly WasmType[];
  /** Without the final `end`, and without the numbers at `links`, which are in order. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly links: readonly Link[];
}

/** Where in the bytes of a function the number of a function or of a type belongs. */
export type Link =
  | { readonly kind: 'call'; readonly at: number; readonly target: WasmFunction }
  | {
      readonly kind: 'signature';
      readonly at: number;
      readonly parameters: readonly WasmType[];
      readonly result: WasmType | undefined;
    };
